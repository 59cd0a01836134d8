package warp

import (
	"context"
	"errors"
	"image"
	"image/color"
	"sync"
	"testing"

	"pentimento/canvas"
	"pentimento/canvas/canvastest"
)

// painted is s with a picture of 8 bits painted onto its first layer, at document pixels.
func painted(s *canvas.State, img *image.NRGBA, sel canvas.Grid[canvas.MaskTile]) *canvas.State {
	d := canvas.Open("painted", s)
	e := d.Begin("paint")
	e.Put(1, img, nil)
	e.SetSelection(sel)
	e.Commit()
	return d.State()
}

// TestWhatIsPaintedBesideADeepPictureMoves: pixels of a layer beyond what was opened into it go
// where they are moved, and no sample of the 16 bits that is neither selected nor beneath changes.
func TestWhatIsPaintedBesideADeepPictureMoves(t *testing.T) {
	r := image.Rect(0, 0, 100, 100)
	for name, beside := range map[string]image.Rectangle{
		"left": image.Rect(-50, 0, -10, 20), "above": image.Rect(20, -40, 60, -20),
		"below": image.Rect(10, 120, 50, 140), "right": image.Rect(130, 70, 170, 95),
	} {
		s := selectedIn(deepPicture(r), image.Point{}, image.NewAlpha(image.Rectangle{}))
		s = painted(s, canvastest.Flat(beside, color.NRGBA{R: 7, G: 90, B: 200, A: 255}), canvas.CoverRect(beside))
		to := image.Rectangle{Max: beside.Size()}.Add(image.Pt(20, 20))
		by := to.Min.Sub(beside.Min)
		out := chosen(t, s, Move(float64(by.X), float64(by.Y)), Lanczos)
		for y := -60; y < 200; y++ {
			for x := -60; x < 200; x++ {
				want := deepAt(s, x, y)
				switch p := image.Pt(x, y); {
				case p.In(to):
					want = [4]uint16{7 * 257, 90 * 257, 200 * 257, 65535}
				case p.In(beside):
					want = [4]uint16{}
				}
				if got := deepAt(out, x, y); got != want {
					t.Fatalf("%s: at %d, %d there is %v, want %v", name, x, y, got, want)
				}
			}
		}
	}
}

// TestALargeSelectionLimitsNoSmallLayer: what counts is what is selected of the layer. Perspective
// whose horizon lies beyond the layer, and a scale that would make the selection huge, are had.
func TestALargeSelectionLimitsNoSmallLayer(t *testing.T) {
	r := image.Rect(900, 900, 1100, 1100)
	all := image.NewAlpha(image.Rect(0, 0, 4000, 4000))
	for i := range all.Pix {
		all.Pix[i] = 255
	}
	s := selectedIn(canvastest.Texture(r, 5), image.Point{}, all)
	alone := selectedIn(canvastest.Texture(r, 5), image.Point{}, image.NewAlpha(image.Rectangle{}))
	for name, m := range map[string]Map{
		"perspective": Quad(r, [4]Point{{950, 900}, {1050, 900}, {1100, 1100}, {900, 1100}}),
		"larger":      Move(-1000, -1000).Then(Scale(3, 3)).Then(Move(1000, 1000)),
	} {
		out, err := Selected(context.Background(), s, 1, m, Options{Filter: Bilinear})
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		want, err := Layer(context.Background(), alone, 1, m, Options{Filter: Bilinear})
		if err != nil {
			t.Fatal(err)
		}
		if got := out.Used(); got != want.Used() {
			t.Errorf("%s: the layer is at %v, want %v", name, got, want.Used())
		}
		if got := canvas.CoverUsed(out.Selection); got != want.Used() {
			t.Errorf("%s: selected is %v, want what was moved, %v", name, got, want.Used())
		}
	}
}

// TestADeepPictureIsNoLargerThanItMust: what is blank at its edges is cut off, so that moving
// all of it far away and back takes no room, and what would take too much is refused in words.
func TestADeepPictureIsNoLargerThanItMust(t *testing.T) {
	r := image.Rect(0, 0, 60, 40)
	all := image.NewAlpha(r)
	for i := range all.Pix {
		all.Pix[i] = 255
	}
	s := selectedIn(deepPicture(r), image.Point{}, all)
	there := chosen(t, s, Move(2000, 1500), Lanczos)
	if got := there.Source.Exact.Bounds(); got != r {
		t.Errorf("moved far away, the picture of 16 bits is %v, want %v", got, r)
	}
	if a, b := deepAt(there, 2017, 1511), deepAt(s, 17, 11); a != b {
		t.Errorf("the pixel there is %v, was %v", a, b)
	}
	half := image.NewAlpha(image.Rect(0, 0, 30, 40))
	for i := range half.Pix {
		half.Pix[i] = 255
	}
	s = selectedIn(deepPicture(r), image.Point{}, half)
	if _, err := Selected(context.Background(), s, 1, Move(9000, 9000), Options{}); err == nil {
		t.Error("a picture of 16 bits as large as all between two far places is made without a word")
	}
}

// TestALongSelectionCanBeLeft: a selection of many pixels that turns says soon how far it is and
// ends when it is told to.
func TestALongSelectionCanBeLeft(t *testing.T) {
	r := image.Rect(0, 0, 1500, 1200)
	all := image.NewAlpha(r)
	for i := range all.Pix {
		all.Pix[i] = 255
	}
	s := selectedIn(canvastest.Flat(r, color.NRGBA{R: 9, A: 255}), image.Point{}, all)
	for _, at := range []float64{0, 0.1, 0.5} {
		ctx, cancel := context.WithCancel(context.Background())
		last := 0.0
		var mu sync.Mutex
		_, err := Selected(ctx, s, 1, Turn(20), Options{Report: func(f float64) {
			mu.Lock()
			defer mu.Unlock()
			if f >= at {
				cancel()
			}
			last = max(last, f)
		}})
		cancel()
		if !errors.Is(err, context.Canceled) {
			t.Errorf("cancelled at %.2f it ends with %v", at, err)
		}
		if last > at+0.3 {
			t.Errorf("cancelled at %.2f it goes on to %.2f", at, last)
		}
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := cover(ctx, s.Selection, r, Turn(20), Turn(-20), image.Rectangle{}, nil); !errors.Is(err, context.Canceled) {
		t.Error("a selection on its way cannot be left:", err)
	}
	o := &canvas.Origin{Rect: r, Layer: 1}
	if _, err := goes(ctx, s, o, Turn(20), r, nil, nil); !errors.Is(err, context.Canceled) {
		t.Error("fills on their way cannot be left:", err)
	}
}
