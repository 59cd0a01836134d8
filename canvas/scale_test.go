package canvas_test

import (
	"context"
	"errors"
	"image"
	"image/color"
	"testing"

	"github.com/disintegration/imaging"

	"pentimento/canvas"
	"pentimento/canvas/canvastest"
)

func scaled(t *testing.T, s *canvas.State, r image.Rectangle, size image.Point) *canvas.State {
	t.Helper()
	out, err := s.Scaled(context.Background(), r, size, nil, func(float64) {})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// TestScaledIsLanczos of the whole picture, of exactly the size that was asked for; layers
// stay together, mask and frame go along.
func TestScaledIsLanczos(t *testing.T) {
	r := image.Rect(30, -20, 231, 131)
	img := canvastest.Texture(r, 1)
	d := canvas.New()
	e := d.Begin("put")
	e.Put(1, img, nil)
	e.SetFrame(r)
	small := image.Rect(80, 10, 180, 60)
	id := e.AddLayer("flat", 1)
	e.Put(id, canvastest.Flat(small, color.NRGBA{9, 200, 30, 255}), nil)
	m := image.NewAlpha(small)
	for i := range m.Pix {
		m.Pix[i] = 255
	}
	e.SetMask(m)
	e.SetSource(&canvas.Source{Exact: image.NewNRGBA64(image.Rect(0, 0, 9, 9)), Profile: []byte("p"), Layer: 1})
	e.Commit()
	s := d.State()
	for _, size := range []image.Point{{100, 75}, {402, 302}, {77, 200}} {
		got := scaled(t, s, r, size)
		to := image.Rectangle{r.Min, r.Min.Add(size)}
		if got.Frame != to || got.Layers[0].Used() != to {
			t.Fatalf("frame %v, picture %v, want %v", got.Frame, got.Layers[0].Used(), to)
		}
		want := imaging.Resize(img, size.X, size.Y, imaging.Lanczos)
		row := make([]uint8, len(want.Pix))
		got.Layers[0].Read(row, want.Stride, to)
		if string(row) != string(want.Pix) {
			t.Errorf("%v: other pixels than the filter's", size)
		}
		mid := r.Min.Add(image.Pt((130-r.Min.X)*size.X/r.Dx(), (35-r.Min.Y)*size.Y/r.Dy()))
		if p := pixel(got.Layers[1], mid); p != [4]uint8{9, 200, 30, 255} {
			t.Errorf("%v: the middle of the flat layer is %v", size, p)
		}
		if a := got.MaskImage(image.Rectangle{mid, mid.Add(image.Pt(1, 1))}).Pix[0]; a != 255 {
			t.Errorf("%v: the mask is %d there", size, a)
		}
		if got.Source.Exact != nil || string(got.Source.Profile) != "p" {
			t.Error("the source has samples of another picture, or lost its profile")
		}
	}
	if scaled(t, s, r, r.Size()) != s {
		t.Error("its own size changed the picture")
	}
	ctx, stop := context.WithCancel(context.Background())
	stop()
	if _, err := s.Scaled(ctx, r, image.Pt(5, 5), nil, func(float64) {}); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: %v", err)
	}
	if _, err := s.Scaled(context.Background(), r, image.Pt(60000, 60000), nil, func(float64) {}); err == nil {
		t.Error("3600 million pixels were no error")
	}
}

// TestScaledPlacedPicturesKeepTheirOriginals, so that scaling up again loses nothing.
func TestScaledPlacedPicturesKeepTheirOriginals(t *testing.T) {
	r := image.Rect(0, 0, 120, 80)
	img := canvastest.Texture(r, 2)
	d := canvas.New()
	e := d.Begin("place")
	e.Place(1, img, img)
	e.Commit()
	small := scaled(t, d.State(), r, image.Pt(30, 20))
	big := scaled(t, small, image.Rect(0, 0, 30, 20), r.Size())
	if d := canvastest.Outside(d.State(), big, nil); d != "" {
		t.Error(d)
	}
}

func TestFillsAreKnownAfterScaling(t *testing.T) {
	rng := canvastest.Chance(t)
	d := canvas.New()
	e := d.Begin("fill")
	e.Put(1, canvastest.Picture(rng, image.Rect(0, 0, 200, 100), false), nil)
	e.Witness(&canvas.Origin{Rect: image.Rect(20, 20, 60, 60), Layer: 1, Recipe: []byte("{}")}, nil)
	e.Commit()
	got := scaled(t, d.State(), image.Rect(0, 0, 200, 100), image.Pt(100, 50))
	if n, at := got.Shown(got.Origins[0], image.Rect(0, 0, 200, 200), 0); n != 400 || at != image.Rect(10, 10, 30, 30) {
		t.Errorf("%d pixels of the fill show in %v", n, at)
	}
}
