package region

import (
	"image"
	"image/color"
	"testing"
)

// TestNothingShinesThroughAFade: of a thing that a mask covers nothing is left in the fade at the mask's border, and where what
// was there is like what was made but for its texture, the fade stays as it is.
func TestNothingShinesThroughAFade(t *testing.T) {
	r := image.Rect(10, 20, 130, 120)
	old, made, mask := image.NewNRGBA(r), image.NewNRGBA(r), image.NewAlpha(r)
	thing := image.Rect(43, 53, 70, 87) // in the left half of what is masked, 3 pixels from its sides
	masked := image.Rect(40, 50, 100, 90)
	for y := r.Min.Y; y < r.Max.Y; y++ {
		for x := r.Min.X; x < r.Max.X; x++ {
			grain := func(k int) uint8 { return uint8(100 + (x*7+y*11+x*y*k)%31) }
			o, n := grain(3), grain(5)
			made.SetNRGBA(x, y, color.NRGBA{n, n, n, 255})
			old.SetNRGBA(x, y, color.NRGBA{o, o, o, 255})
			if p := image.Pt(x, y); p.In(thing) {
				old.SetNRGBA(x, y, color.NRGBA{220, 40, 20, 255})
			}
			if image.Pt(x, y).In(masked) {
				mask.SetAlpha(x, y, color.Alpha{255})
			}
		}
	}
	fade := FadeFitting(old, mask, 8)
	got := FadeAlike(fade, mask, old, made)
	kept := 0
	for y := r.Min.Y; y < r.Max.Y; y++ {
		for x := r.Min.X; x < r.Max.X; x++ {
			p, v := image.Pt(x, y), got.AlphaAt(x, y).A
			switch was, full := fade.AlphaAt(x, y).A, mask.AlphaAt(x, y).A; {
			case v < was || v > full:
				t.Fatalf("at %v the mask is %d, the fade was %d of %d", p, v, was, full)
			case p.In(thing) && v < 250:
				t.Fatalf("at %v in the thing the new picture is %d of 255", p, v)
			case x > 76 && int(v) > int(was)+30:
				t.Fatalf("at %v, where nothing but grain differs, the fade went from %d to %d", p, was, v)
			case x > 76 && was > 0 && was < full && v == was:
				kept++
			}
		}
	}
	if kept < 200 {
		t.Errorf("of the fade beside the thing %d pixels stayed", kept)
	}
}
