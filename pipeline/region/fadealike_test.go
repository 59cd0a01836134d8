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
			case p.In(thing) && v < 245: // most is left at its corners
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

// TestAFadeStaysWhereAThingGoesOn: a bar that goes on outside the mask fades into what took its place; one that ends at the mask's
// border leaves nothing, nor does one of which a pixel is left outside.
func TestAFadeStaysWhereAThingGoesOn(t *testing.T) {
	r := image.Rect(-7, 4, 143, 124)
	masked := image.Rect(23, 24, 113, 104)
	cut, ends, rest := image.Rect(-7, 40, 60, 56), image.Rect(53, 24, 69, 60), image.Rect(60, 70, 114, 86)
	old, made, mask := image.NewNRGBA(r), image.NewNRGBA(r), image.NewAlpha(r)
	for y := r.Min.Y; y < r.Max.Y; y++ {
		for x := r.Min.X; x < r.Max.X; x++ {
			p := image.Pt(x, y)
			made.SetNRGBA(x, y, color.NRGBA{150, 160, 170, 255})
			old.SetNRGBA(x, y, color.NRGBA{150, 160, 170, 255})
			if p.In(cut) || p.In(ends) || p.In(rest) {
				old.SetNRGBA(x, y, color.NRGBA{30, 20, 60, 255})
			}
			if p.In(masked) {
				mask.SetAlpha(x, y, color.Alpha{255})
			}
		}
	}
	fade := FadeFitting(old, mask, 8)
	got := FadeAlike(fade, mask, old, made)
	at := func(m *image.Alpha, x, y int) int { return int(m.AlphaAt(x, y).A) }
	for d := range 8 {
		if x := masked.Min.X + d; at(got, x, 48) > at(fade, x, 48)+10 {
			t.Errorf("%d pixels inside, where the bar goes on, the mask is %d, the fade was %d", d, at(got, x, 48), at(fade, x, 48))
		}
		if y := masked.Min.Y + d; at(got, 61, y) < 250 {
			t.Errorf("%d pixels inside, where the bar ends at the border, the mask is %d", d, at(got, 61, y))
		}
		if x := masked.Max.X - 1 - d; at(got, x, 78) < 250 {
			t.Errorf("%d pixels inside, where a pixel is left of the bar, the mask is %d", d, at(got, x, 78))
		}
	}
}

// TestAFadeIsDecidedByWhatIsNear: a thing in the lower half of what is masked changes nothing of the fade at the upper border.
func TestAFadeIsDecidedByWhatIsNear(t *testing.T) {
	r := image.Rect(0, 0, 120, 120)
	old, made, mask := image.NewNRGBA(r), image.NewNRGBA(r), image.NewAlpha(r)
	for y := range 120 {
		for x := range 120 {
			made.SetNRGBA(x, y, color.NRGBA{90, 90, 90, 255})
			old.SetNRGBA(x, y, color.NRGBA{90, 90, 90, 255})
			if image.Pt(x, y).In(image.Rect(20, 60, 100, 96)) {
				old.SetNRGBA(x, y, color.NRGBA{240, 240, 20, 255})
			}
			if image.Pt(x, y).In(image.Rect(20, 20, 100, 100)) {
				mask.SetAlpha(x, y, color.Alpha{255})
			}
		}
	}
	fade := FadeFitting(old, mask, 8)
	got := FadeAlike(fade, mask, old, made)
	for y := 20; y < 30; y++ {
		for x := range 120 {
			if v, was := got.AlphaAt(x, y).A, fade.AlphaAt(x, y).A; v != was {
				t.Fatalf("at %d,%d the mask is %d, the fade was %d", x, y, v, was)
			}
		}
	}
}
