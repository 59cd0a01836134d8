package render

import (
	"bytes"
	"image"
	"image/color"
	"testing"

	"pentimento/canvas"
	"pentimento/canvas/blend"
	"pentimento/canvas/canvastest"
)

func TestFlattenIsLayerOverLayer(t *testing.T) {
	rng := seeded(40)
	for range 12 {
		d := canvastest.Document(rng)
		s := d.State()
		r := canvastest.Area(rng, 500)
		want, one := image.NewNRGBA(r), image.NewNRGBA(r)
		for _, l := range s.Layers {
			if l.Visible {
				l.Read(one.Pix, one.Stride, r)
				blend.Span(want.Pix, one.Pix, l.Blend, l.Opacity)
			}
		}
		canvas.Unpremultiply(want.Pix, want.Pix)
		got := Flatten(s, r, FlattenOptions{})
		if got.Rect != r || !bytes.Equal(got.Pix, want.Pix) {
			t.Fatalf("%v differs", r)
		}
		l := s.Layers[rng.IntN(len(s.Layers))]
		clear(want.Pix)
		l.Read(one.Pix, one.Stride, r)
		blend.Span(want.Pix, one.Pix, blend.Normal, l.Opacity)
		canvas.Unpremultiply(want.Pix, want.Pix)
		if got := Flatten(s, r, FlattenOptions{Only: l.ID}); !bytes.Equal(got.Pix, want.Pix) {
			t.Fatalf("layer %q alone differs", l.Name)
		}
	}
}

func TestFlattenOfNothingIsClear(t *testing.T) {
	s := canvas.New().State()
	for _, r := range []image.Rectangle{{}, image.Rect(-3, -3, 4, 5), image.Rect(5, 5, 5, 9)} {
		got := Flatten(s, r, FlattenOptions{Only: 99, Mask: color.NRGBA{1, 2, 3, 255}})
		if got.Rect != r || bytes.ContainsFunc(got.Pix, func(b rune) bool { return b != 0 }) {
			t.Errorf("%v gives %v", r, got)
		}
	}
}

func TestThumbnailsKeepProportionAndColour(t *testing.T) {
	for _, size := range []image.Point{{900, 300}, {300, 900}, {7, 5}, {1, 1}, {5000, 2}} {
		d := canvas.New()
		e := d.Begin("fill")
		img := image.NewNRGBA(image.Rectangle{image.Pt(-33, 17), image.Pt(-33, 17).Add(size)})
		for i := 0; i < len(img.Pix); i += 4 {
			copy(img.Pix[i:], []uint8{200, 100, 50, 255})
		}
		e.Put(1, img, nil)
		e.AddLayer("empty", 1)
		e.Commit()
		if got := Thumbnail(d.State(), 2, 48); got != nil {
			t.Errorf("the thumbnail of an empty layer is %v", got.Rect)
		}
		for _, layer := range []canvas.LayerID{0, 1} {
			got := Thumbnail(d.State(), layer, 48)
			want := image.Pt(48, max(1, 48*size.Y/size.X))
			if size.Y > size.X {
				want = image.Pt(48*size.X/size.Y, 48)
			}
			if got.Rect.Size() != want {
				t.Errorf("%v becomes %v, want %v", size, got.Rect, want)
			}
			for i := 0; i < len(got.Pix); i += 4 {
				if !bytes.Equal(got.Pix[i:i+4], []uint8{200, 100, 50, 255}) {
					t.Fatalf("%v: a pixel is %v", size, got.Pix[i:i+4])
				}
			}
		}
	}
}

// scenery is a fixed small picture with everything that is drawn in its own way.
func scenery() *canvas.Document {
	rng := seeded(41)
	d := canvas.New()
	e := d.Begin("scenery")
	e.Put(1, canvastest.Picture(rng, image.Rect(-40, -30, 90, 70), false), nil)
	soft := e.AddLayer("soft", 1)
	e.SetLayer(soft, func(l *canvas.Layer) { l.Blend, l.Opacity, l.Offset = blend.Multiply, 200, image.Pt(-13, 7) })
	area := image.Rect(20, 10, 140, 110)
	e.Put(soft, canvastest.Picture(rng, area, true), nil)
	stroke := e.AddLayer("stroke", soft)
	canvastest.Paint(e, stroke, canvastest.Stroke(rng, image.Rect(-60, -50, 130, 100), 60), 8, [4]uint8{20, 60, 220, 160})
	e.SetMask(canvastest.Blob(rng, image.Rect(60, 40, 150, 120)))
	e.Commit()
	return d
}

func TestFramesLookAsTheyDid(t *testing.T) {
	d := scenery()
	r := patient(DefaultLook)
	r.SetState(d.State(), image.Rectangle{})
	over := image.Rect(-20, 50, 30, 90)
	overlay := canvastest.Picture(seeded(42), over, false)
	for _, c := range []struct {
		name string
		v    View
		q    Quality
		over bool
	}{
		{"full", View{X: -70, Y: -60, Scale: 1, W: 240, H: 200}, Smooth, false},
		{"overlay", View{X: -70, Y: -60, Scale: 1, W: 240, H: 200}, Smooth, true},
		{"smooth70", View{X: -70, Y: -60, Scale: 0.7, W: 170, H: 140}, Smooth, false},
		{"nearest70", View{X: -70, Y: -60, Scale: 0.7, W: 170, H: 140}, Nearest, false},
		{"smooth30", View{X: -80, Y: -70, Scale: 0.3, W: 80, H: 64}, Smooth, true},
		{"smooth150", View{X: 30, Y: 20, Scale: 1.5, W: 200, H: 160}, Smooth, false},
		{"crisp600", View{X: 80, Y: 50, Scale: 6, W: 200, H: 160}, Smooth, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			if r.SetOverlay(nil, nil); c.over {
				r.SetOverlay(overlay, canvastest.Blob(seeded(43), over))
			}
			canvastest.Golden(t, c.name, draw(t, r, c.v, c.q))
		})
	}
	t.Run("thumbnail", func(t *testing.T) { canvastest.Golden(t, "thumbnail", Thumbnail(d.State(), 0, 64)) })
}
