package tools_test

import (
	"context"
	"image"
	"image/color"
	"math"
	"math/rand/v2"
	"testing"

	"pentimento/canvas"
	"pentimento/canvas/canvastest"
	"pentimento/tools"
	"pentimento/tools/toolstest"
)

// blotches is a picture of few colours in patches.
func blotches(rng *rand.Rand, r image.Rectangle) *image.NRGBA {
	img := image.NewNRGBA(r)
	colours := []color.NRGBA{{200, 30, 30, 255}, {30, 200, 30, 255}, {}, {210, 40, 35, 255}, {30, 30, 200, 128}}
	for range 60 {
		p := image.Pt(r.Min.X+rng.IntN(r.Dx()), r.Min.Y+rng.IntN(r.Dy()))
		q := image.Rectangle{Min: p, Max: p.Add(image.Pt(4+rng.IntN(120), 4+rng.IntN(120)))}.Intersect(r)
		c := colours[rng.IntN(len(colours))]
		for y := q.Min.Y; y < q.Max.Y; y++ {
			for x := q.Min.X; x < q.Max.X; x++ {
				img.SetNRGBA(x, y, c)
			}
		}
	}
	return img
}

// TestTheBucketsEdgeIsAsSmoothAsThePictures: a disc with a smooth edge is filled without a rim
// of its old colour, and with the switch only what is all of that colour.
func TestTheBucketsEdgeIsAsSmoothAsThePictures(t *testing.T) {
	disc := image.NewNRGBA(image.Rect(0, 0, 100, 100))
	for y := range 100 {
		for x := range 100 {
			in := min(max(30.5-math.Hypot(float64(x)-50, float64(y)-50), 0), 1)
			v := uint8(math.Round(255 * (1 - in)))
			disc.SetNRGBA(x, y, color.NRGBA{255, v, v, 255}) // red on white
		}
	}
	for _, hard := range []bool{false, true} {
		h := toolstest.New("bucket")
		e := h.Doc.Begin("picture")
		e.Put(h.State().Active, disc, nil)
		e.Commit()
		b := h.Brush()
		b.Colour, b.Tolerance, b.HardEdge = color.NRGBA{0, 0, 255, 255}, 8, hard
		h.SetBrush(b)
		h.Click(50, 50)
		rim, half := 0, 0
		for y := range 100 {
			for x := range 100 {
				was, is := disc.NRGBAAt(x, y), h.Pixel(x, y)
				switch {
				case was.G == 255 && is != [4]uint8{255, 255, 255, 255}:
					t.Fatalf("hard %v: the paper at %d,%d became %v", hard, x, y, is)
				case was.G > 8 && was.G < 255:
					if half++; is[0] == 255 && is[2] == was.G { // red still
						rim++
					}
				}
			}
		}
		if hard && rim != half || !hard && rim > half/5 {
			t.Errorf("hard %v: %d of %d pixels of the edge are as they were", hard, rim, half)
		}
	}
}

func TestTheBucketFillsWhatItFindsAndNothingElse(t *testing.T) {
	rng := canvastest.Chance(t)
	h := toolstest.New("bucket")
	img := blotches(rng, image.Rect(0, 0, 400, 300))
	e := h.Doc.Begin("picture")
	e.Put(h.State().Active, img, nil)
	e.SetFrame(image.Rectangle{})
	sel := image.NewAlpha(image.Rect(50, 50, 300, 200))
	for i := range sel.Pix {
		sel.Pix[i] = 255
	}
	e.SetSelection(canvas.Cover(sel))
	e.Commit()
	b := h.Brush()
	b.Colour, b.Tolerance = color.NRGBA{1, 2, 3, 255}, 0
	b.HardEdge = true
	h.SetBrush(b)
	before := h.State()
	h.Click(120.5, 90.5)
	if h.Steps() != 3 {
		t.Fatalf("%d steps, want 3", h.Steps())
	}
	part := img.SubImage(sel.Rect).(*image.NRGBA)
	of := part.NRGBAAt(120, 90)
	want, todo := map[image.Point]bool{}, []image.Point{{120, 90}}
	for len(todo) > 0 {
		p := todo[len(todo)-1]
		todo = todo[:len(todo)-1]
		if p.In(part.Rect) && !want[p] && part.NRGBAAt(p.X, p.Y) == of {
			want[p] = true
			todo = append(todo, p.Add(image.Pt(1, 0)), p.Add(image.Pt(-1, 0)), p.Add(image.Pt(0, 1)), p.Add(image.Pt(0, -1)))
		}
	}
	for y := range 300 {
		for x := range 400 {
			p := image.Pt(x, y)
			var was, is [4]uint8
			r := image.Rectangle{Min: p, Max: p.Add(image.Pt(1, 1))}
			before.Layers[0].Read(was[:], 4, r)
			h.State().Layers[0].Read(is[:], 4, r)
			if want[p] && is != [4]uint8{1, 2, 3, 255} || !want[p] && is != was {
				t.Fatalf("pixel %v: %v became %v, filled: %v", p, was, is, want[p])
			}
		}
	}
	if h.Undo(); h.State() != before {
		t.Error("it is not one step")
	}
	e = h.Doc.Begin("hide")
	e.SetLayer(h.State().Active, func(l *canvas.Layer) { l.Visible = false })
	e.Commit()
	before = h.State()
	if h.Click(120, 90); h.State() != before {
		t.Error("a hidden layer was painted")
	}
}

// TestLocksHoldWithEveryPaintingTool: a locked layer is not painted, one whose transparency is
// protected keeps its alpha and takes colour where it has any.
func TestLocksHoldWithEveryPaintingTool(t *testing.T) {
	for _, name := range []string{"bucket", "gradient", "stamp", "history"} {
		for _, lock := range []canvas.Lock{canvas.LockPixels, canvas.LockAlpha} {
			h := toolstest.New(name)
			e := h.Doc.Begin("picture")
			id := h.State().Active
			e.Put(id, flat(image.Rect(0, 0, 90, 90), color.NRGBA{200, 100, 50, 128}), nil)
			low := e.AddLayer("", 0)
			e.Put(low, flat(image.Rect(0, 0, 300, 200), color.NRGBA{1, 2, 3, 255}), nil)
			e.MoveLayer(low, 0)
			e.SetActive(id)
			e.Commit()
			e = h.Doc.Begin("lock")
			e.SetLayer(id, func(l *canvas.Layer) { l.Lock = lock })
			e.Commit()
			b := h.Brush()
			b.Size, b.Tolerance = 60, 255
			h.SetBrush(b)
			before := h.State()
			h.Mods = tools.Alt
			h.Click(200, 150)
			h.Mods = 0
			h.Stroke(tools.Vec{X: 40, Y: 40}, tools.Vec{X: 120, Y: 40})
			if lock == canvas.LockPixels {
				if h.State() != before {
					t.Errorf("%s painted on a locked layer", name)
				}
				continue
			}
			if h.State() == before && name != "history" { // it has nothing else to paint back
				t.Errorf("%s painted nothing", name)
			}
			for _, p := range []image.Point{{40, 40}, {80, 40}, {100, 40}, {120, 60}} {
				want := uint8(0)
				if p.In(image.Rect(0, 0, 90, 90)) {
					want = 128
				}
				if got := h.Pixel(p.X, p.Y); got[3] != want {
					t.Errorf("%s: pixel %v has the alpha %d, want %d", name, p, got[3], want)
				}
			}
		}
	}
}

func TestPaintingEndsWhenItIsStopped(t *testing.T) {
	h := toolstest.New("bucket")
	stop, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := h.State().Painted(stop, h.State().Active, image.Rect(0, 0, 99, 99), func(*canvas.Tile, image.Rectangle) {}); err != context.Canceled {
		t.Errorf("stopped, painting says %v", err)
	}
}

func BenchmarkBucket24MP(b *testing.B) {
	h := toolstest.New("bucket")
	e := h.Doc.Begin("picture")
	e.Put(h.State().Active, flat(image.Rect(0, 0, 6000, 4000), color.NRGBA{200, 100, 50, 255}), nil)
	e.Commit()
	for b.Loop() {
		h.Click(3000, 2000)
		h.Undo()
	}
}
