package region

import (
	"image"
	"image/color"
	"testing"

	"pentimento/pipeline/pixels"
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

// TestNoContrastShinesThroughAFade: of a thing with a margin around it, or flush with the mask's border, no more shines through than
// pictures that are taken for alike may differ by, however much or little it stands out.
func TestNoContrastShinesThroughAFade(t *testing.T) {
	r := image.Rect(0, 0, 80, 70)
	old, made, mask := image.NewNRGBA(r), image.NewNRGBA(r), image.NewAlpha(r)
	pixels.Fill(mask, image.Rect(10, 15, 70, 55), 255)
	for _, thing := range []image.Rectangle{image.Rect(13, 18, 40, 52), image.Rect(10, 15, 40, 55)} {
		for _, contrast := range []int{10, 20, 45, 80} {
			for y := range r.Max.Y {
				for x := range r.Max.X {
					made.SetNRGBA(x, y, color.NRGBA{100, 100, 100, 255})
					old.SetNRGBA(x, y, color.NRGBA{100, 100, 100, 255})
					if image.Pt(x, y).In(thing) {
						old.SetNRGBA(x, y, color.NRGBA{uint8(100 + contrast), 100, 100, 255})
					}
				}
			}
			got := FadeAlike(FadeFitting(old, mask, 8), mask, old, made)
			for y := thing.Min.Y; y < thing.Max.Y; y++ {
				for x := thing.Min.X; x < thing.Max.X; x++ {
					if v := int(got.AlphaAt(x, y).A); (255-v)*contrast > 255*(alike+2) {
						t.Fatalf("of a thing at %v with a contrast of %d, at %d,%d the new picture is %d of 255", thing, contrast, x, y, v)
					}
				}
			}
		}
	}
}

// TestARestOfAThingDoesNotGrow: what a brush left of a thing, a gap between its strokes and a tip that it didn't reach, stays as
// small as it is, where a fade would draw it out.
func TestARestOfAThingDoesNotGrow(t *testing.T) {
	r := image.Rect(-5, 3, 125, 123)
	masked := image.Rect(20, 20, 96, 100)
	for name, c := range map[string]struct{ thing, gap image.Rectangle }{
		"a gap": {image.Rect(30, 40, 86, 80), image.Rect(50, 54, 64, 66)},
		"a tip": {image.Rect(60, 40, 101, 80), image.Rectangle{}}, // 5 pixels of it are beside the mask
	} {
		old, made, mask := image.NewNRGBA(r), image.NewNRGBA(r), image.NewAlpha(r)
		for y := r.Min.Y; y < r.Max.Y; y++ {
			for x := r.Min.X; x < r.Max.X; x++ {
				p := image.Pt(x, y)
				made.SetNRGBA(x, y, color.NRGBA{150, 160, 170, 255})
				old.SetNRGBA(x, y, color.NRGBA{150, 160, 170, 255})
				if p.In(c.thing) {
					old.SetNRGBA(x, y, color.NRGBA{220, 40, 90, 255})
				}
				if p.In(masked) && !p.In(c.gap) {
					mask.SetAlpha(x, y, color.Alpha{255})
				}
			}
		}
		fade := FadeFitting(old, mask, 8)
		got := FadeAlike(fade, mask, old, made)
		for y := c.thing.Min.Y; y < c.thing.Max.Y; y++ {
			for x := c.thing.Min.X; x < c.thing.Max.X; x++ {
				if v, full := got.AlphaAt(x, y).A, mask.AlphaAt(x, y).A; v < full && v < 245 {
					t.Fatalf("%s: at %d,%d in the thing the new picture is %d of 255, the fade was %d", name, x, y, v, fade.AlphaAt(x, y).A)
				}
			}
		}
	}
}
