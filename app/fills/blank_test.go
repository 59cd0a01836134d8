package fills

import (
	"image"
	"image/color"
	"testing"

	"pentimento/canvas"
	"pentimento/canvas/canvastest"
	"pentimento/canvas/render"
	"pentimento/pipeline/pixels"
)

// TestBlankIsWhereNothingShows: mask and bounds say of any part what the flattened picture says.
func TestBlankIsWhereNothingShows(t *testing.T) {
	rng := canvastest.Chance(t)
	for range 20 {
		s, r := canvastest.Document(rng).State(), canvastest.Area(rng, 400)
		img, m := render.Flatten(s, r, render.FlattenOptions{}), BlankMask(s, r)
		var blank, shown image.Rectangle
		for y := r.Min.Y; y < r.Max.Y; y++ {
			for x := r.Min.X; x < r.Max.X; x++ {
				empty, one := img.NRGBAAt(x, y).A == 0, image.Rect(x, y, x+1, y+1)
				if (m.AlphaAt(x, y).A == 255) != empty {
					t.Fatalf("%d, %d of %v: %v is %v", x, y, r, img.NRGBAAt(x, y), m.AlphaAt(x, y))
				}
				if empty {
					blank = blank.Union(one)
				} else {
					shown = shown.Union(one)
				}
			}
		}
		if got := blankBounds(s, r); got != blank {
			t.Fatalf("blank in %v is %v, want %v", r, got, blank)
		}
		if got := pictureBounds(s, r); got != shown {
			t.Fatalf("the picture in %v is %v, want %v", r, got, shown)
		}
	}
}

// TestASurveyFollowsThePicture: after any change, and in any rectangle, it says what a first look says.
func TestASurveyFollowsThePicture(t *testing.T) {
	rng := canvastest.Chance(t)
	b := newBench(t)
	in := image.Rect(-70, -40, 333, 222)
	for i := range 60 {
		b.Edit("change", func(ed *canvas.Edit) {
			switch r := canvastest.Area(rng, 200); i % 5 {
			case 0:
				ed.AddLayer("layer", ed.State().Active)
			case 1:
				ed.SetLayer(ed.State().Active, func(l *canvas.Layer) { l.Opacity = uint8(i % 2 * 127) })
			case 2:
				ed.SetMask(pixels.Full(r))
			default:
				ed.Put(ed.State().Active, flat(r, color.NRGBA{1, 2, 3, uint8(i % 4 * 85)}), nil)
			}
		})
		if i%20 == 19 {
			b.undo()
			in = canvastest.Area(rng, 400)
		}
		s := b.Committed()
		if got := b.surveyed(s, in); got.blank() != blankBounds(s, in) || got.shown() != pictureBounds(s, in) {
			t.Fatalf("change %d, %v: blank %v, want %v; shown %v, want %v", i, in, got.blank(), blankBounds(s, in), got.shown(), pictureBounds(s, in))
		}
	}
}

// TestASurveyOfAPhotograph, a layer that is opaque but for a hole or two, says what composing it says.
func TestASurveyOfAPhotograph(t *testing.T) {
	rng := canvastest.Chance(t)
	for i := range 40 {
		b := newBench(t)
		b.Edit("picture", func(ed *canvas.Edit) {
			under := ed.State().Active
			ed.SetLayer(under, func(l *canvas.Layer) { l.Offset = image.Pt(i%3*21, -i%5*13) })
			ed.Put(under, flat(image.Rect(-50, -40, 250, 210), color.NRGBA{9, 9, 9, 255}), nil)
			if i%4 == 1 {
				ed.Put(under, flat(canvastest.Area(rng, 60), color.NRGBA{}), nil)
			}
			over := ed.AddLayer("over", under)
			ed.Put(over, flat(canvastest.Area(rng, 200), color.NRGBA{1, 2, 3, 90}), nil)
			if i%8 == 7 {
				ed.SetLayer(over, func(l *canvas.Layer) {
					for !l.Blend.Clears() {
						l.Blend++
					}
				})
			}
		})
		s, in := b.Committed(), image.Rect(-50+i%3, -40, 250-i, 210-i)
		if i%2 == 1 {
			in = canvastest.Area(rng, 300)
		}
		if got := b.surveyed(s, in); got.blank() != blankBounds(s, in) || got.shown() != pictureBounds(s, in) {
			t.Fatalf("picture %d, %v: blank %v, want %v; shown %v, want %v", i, in, got.blank(), blankBounds(s, in), got.shown(), pictureBounds(s, in))
		}
	}
}
