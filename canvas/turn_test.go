package canvas_test

import (
	"bytes"
	"image"
	"slices"
	"testing"

	"pentimento/canvas"
	"pentimento/canvas/canvastest"
)

// turns say where a pixel of r goes, written out by hand.
var turns = map[canvas.Turn]func(p image.Point, r image.Rectangle) image.Point{
	canvas.FlipHorizontal: func(p image.Point, r image.Rectangle) image.Point { return image.Pt(r.Min.X+r.Max.X-1-p.X, p.Y) },
	canvas.FlipVertical:   func(p image.Point, r image.Rectangle) image.Point { return image.Pt(p.X, r.Min.Y+r.Max.Y-1-p.Y) },
	canvas.TurnRight: func(p image.Point, r image.Rectangle) image.Point {
		return image.Pt(r.Min.X+r.Max.Y-1-p.Y, r.Min.Y+p.X-r.Min.X)
	},
	canvas.TurnLeft: func(p image.Point, r image.Rectangle) image.Point {
		return image.Pt(r.Min.X+p.Y-r.Min.Y, r.Min.Y+r.Max.X-1-p.X)
	},
	canvas.TurnAround: func(p image.Point, r image.Rectangle) image.Point {
		return image.Pt(r.Min.X+r.Max.X-1-p.X, r.Min.Y+r.Max.Y-1-p.Y)
	},
}

func pixel(l *canvas.Layer, p image.Point) (out [4]uint8) {
	l.Read(out[:], 4, image.Rectangle{p, p.Add(image.Pt(1, 1))})
	return out
}

// TestTurnedIsAPermutation: every pixel of every layer, of the mask and of what the file has
// beyond 8 bits is where the turn takes it, and the way back gives the picture back.
func TestTurnedIsAPermutation(t *testing.T) {
	rng := canvastest.Chance(t)
	backs := map[canvas.Turn]canvas.Turn{canvas.TurnRight: canvas.TurnLeft, canvas.TurnLeft: canvas.TurnRight}
	for range 4 {
		s := canvastest.Document(rng).State()
		r := canvastest.Area(rng, 300)
		for turn, goes := range turns {
			before, got := canvastest.Copy(s), s.Turned(turn, r)
			for i, l := range s.Layers {
				used := l.Used()
				for y := used.Min.Y; y < used.Max.Y; y += 3 {
					for x := used.Min.X; x < used.Max.X; x++ {
						p := image.Pt(x, y)
						if want, is := pixel(l, p), pixel(got.Layers[i], goes(p, r)); is != want {
							t.Fatalf("turn %d of %v: pixel %v of layer %d is %v, want %v", turn, r, p, i, is, want)
						}
					}
				}
				if a, b := got.Layers[i].Used().Size(), used.Size(); a.X*a.Y != b.X*b.Y {
					t.Fatalf("turn %d: layer %d of %v pixels is %v", turn, i, b, a)
				}
			}
			m := s.MaskImage(s.MaskUsed())
			turned := got.MaskImage(got.MaskUsed())
			for y := m.Rect.Min.Y; y < m.Rect.Max.Y; y++ {
				for x := m.Rect.Min.X; x < m.Rect.Max.X; x++ {
					if to := goes(image.Pt(x, y), r); m.AlphaAt(x, y) != turned.AlphaAt(to.X, to.Y) {
						t.Fatalf("turn %d: the mask at %d, %d differs", turn, x, y)
					}
				}
			}
			if src := s.Source; src != nil && src.Exact != nil {
				b, at, now := src.Exact.Bounds(), src.At(s), got.Source.At(got)
				if got.Source.Exact.Bounds().Min != (image.Point{}) {
					t.Fatal("the exact picture doesn't begin at 0, 0")
				}
				for y := b.Min.Y; y < b.Max.Y; y++ {
					for x := b.Min.X; x < b.Max.X; x++ {
						to := goes(image.Pt(x, y).Add(at), r).Sub(now)
						if src.Exact.At(x, y) != got.Source.Exact.At(to.X, to.Y) {
							t.Fatalf("turn %d: the exact pixel %d, %d differs", turn, x, y)
						}
					}
				}
			}
			back, ok := backs[turn]
			if !ok {
				back = turn
			}
			over := image.Rectangle{r.Min, r.Min.Add(r.Size())}
			if turn == canvas.TurnRight || turn == canvas.TurnLeft {
				over.Max = r.Min.Add(image.Pt(r.Dy(), r.Dx()))
			}
			again := got.Turned(back, over)
			if d := canvastest.Outside(s, again, nil); d != "" || again.Frame != s.Frame {
				t.Fatalf("turn %d there and back: %s, frame %v", turn, d, again.Frame)
			}
			if d := canvastest.Difference(before, s); d != "" {
				t.Fatalf("turning wrote into the old picture: %s", d)
			}
		}
	}
}

// TestTurningALayerAndBack: the same pixels, at odd sizes too, and no other layer moves.
func TestTurningALayerAndBack(t *testing.T) {
	rng := canvastest.Chance(t)
	for range 8 {
		s := canvastest.Document(rng).State()
		id := s.Active
		got := s.TurnedLayer(canvas.TurnRight, id)
		again := got.TurnedLayer(canvas.TurnLeft, id)
		if d := canvastest.Outside(s, again, nil); d != "" {
			t.Fatal(d)
		}
		for i, l := range s.Layers {
			if l.ID != id && got.Layers[i] != l {
				t.Fatalf("layer %d was touched", i)
			}
		}
	}
}

// TestFillsAreKnownAfterATurn: as many of a fill's pixels show as before, where they went.
func TestFillsAreKnownAfterATurn(t *testing.T) {
	rng := canvastest.Chance(t)
	d := canvas.New()
	e := d.Begin("fill")
	area := image.Rect(10, 20, 110, 80)
	e.Put(1, canvastest.Picture(rng, area, false), nil)
	m := canvastest.Blob(rng, area)
	e.Witness(&canvas.Origin{Rect: area, Layer: 1, Recipe: []byte("{}")}, m)
	canvastest.Paint(e, 1, canvastest.Stroke(rng, area, 20), 4, [4]uint8{1, 2, 3, 255})
	e.Commit()
	s := d.State()
	want, _ := s.Shown(s.Origins[0], area, 0)
	for turn := range turns {
		got := s.Turned(turn, area)
		if n, _ := got.Shown(got.Origins[0], got.Origins[0].Rect, 0); n != want || n == 0 {
			t.Errorf("turn %d: %d pixels of the fill show, want %d", turn, n, want)
		}
	}
	half := image.Rect(0, 0, 60, 300)
	inside, _ := s.Shown(s.Origins[0], half, 0)
	got := s.Cropped(half)
	if n, _ := got.Shown(got.Origins[0], got.Origins[0].Rect, 0); n != inside {
		t.Errorf("after a crop %d pixels of the fill show, want %d", n, inside)
	}
}

// TestCroppedKeepsTheInside bit for bit, and nothing else: not in the exact picture either.
func TestCroppedKeepsTheInside(t *testing.T) {
	rng := canvastest.Chance(t)
	for range 12 {
		s := canvastest.Document(rng).State()
		before := canvastest.Copy(s)
		r := canvastest.Area(rng, 300)
		got := s.Cropped(r)
		for i, l := range got.Layers {
			if used := l.Used(); !used.In(r) {
				t.Fatalf("layer %d has %v outside %v", i, used, r)
			}
			p, q := make([]uint8, 4*r.Dx()*r.Dy()), make([]uint8, 4*r.Dx()*r.Dy())
			s.Layers[i].Read(p, 4*r.Dx(), r)
			l.Read(q, 4*r.Dx(), r)
			if !bytes.Equal(p, q) {
				t.Fatalf("layer %d differs inside %v", i, r)
			}
		}
		if got.Frame != r || !got.MaskUsed().In(r) || !bytes.Equal(s.MaskImage(r).Pix, got.MaskImage(r).Pix) {
			t.Fatal("the frame isn't the crop, or the mask differs")
		}
		if src := got.Source; src != nil && src.Exact != nil {
			b := src.Exact.Bounds()
			if !b.Add(src.At(got)).In(r) || b.Min != (image.Point{}) {
				t.Fatalf("the exact picture is at %v, want it in %v", b.Add(src.At(got)), r)
			}
			by := src.At(got).Sub(s.Source.At(s))
			for y := range b.Dy() {
				for x := range b.Dx() {
					if src.Exact.At(x, y) != s.Source.Exact.At(x+by.X, y+by.Y) {
						t.Fatalf("the exact pixel %d, %d differs", x, y)
					}
				}
			}
		}
		if d := canvastest.Difference(before, s); d != "" {
			t.Fatalf("cropping wrote into the old picture: %s", d)
		}
	}
}

// TestBecomeIsOneStep, or none where nothing differs; undo gives the picture back.
func TestBecomeIsOneStep(t *testing.T) {
	rng := canvastest.Chance(t)
	d := canvastest.Document(rng)
	before := canvastest.Copy(d.State())
	h, _ := d.History()
	e := d.Begin("Flip")
	e.Become(e.Base().Turned(canvas.FlipHorizontal, image.Rect(0, 0, 99, 77)))
	e.Commit()
	if now, _ := d.History(); len(now) != len(h)+1 {
		t.Fatalf("%d steps, want %d", len(now), len(h)+1)
	}
	d.Undo()
	if d := canvastest.Difference(before, d.State()); d != "" {
		t.Fatal(d)
	}
	e = d.Begin("Mask")
	s := *e.Base()
	s.Mask = canvas.Grid[canvas.MaskTile]{}
	e.Become(&s)
	if e.Commit(); d.State().Mask.Len() != 0 {
		t.Error("a State that differs in its mask alone was no change")
	}
}

// TestBecomeNamesNewLayers: layers that were made beside the document get IDs that nobody has,
// and that no later layer gets.
func TestBecomeNamesNewLayers(t *testing.T) {
	d := canvas.New()
	s := *d.State()
	s.Layers = append(slices.Clone(s.Layers), &canvas.Layer{ID: ^canvas.LayerID(0), Name: "a"}, &canvas.Layer{ID: ^canvas.LayerID(0) - 1, Name: "b"})
	e := d.Begin("new ones")
	e.Become(&s)
	e.Commit()
	e = d.Begin("one more")
	e.AddLayer("c", 0)
	e.Commit()
	seen := map[canvas.LayerID]bool{}
	for _, l := range d.State().Layers {
		if seen[l.ID] || l.ID > 9 {
			t.Errorf("%q has the ID %d", l.Name, l.ID)
		}
		seen[l.ID] = true
	}
	if len(seen) != 4 {
		t.Errorf("%d layers", len(seen))
	}
}

// TestBecomeKeepsWhatNamesNewLayers: of layers that were made beside the document some may be gone again, and the IDs of the
// others need not be in order; the active layer, a group and an origin name the same ones after.
func TestBecomeKeepsWhatNamesNewLayers(t *testing.T) {
	d := canvas.New()
	aside := canvas.Open("aside", d.State())
	e := aside.Begin("aside")
	gone := e.AddLayer("gone", 0)
	upper := e.AddLayer("upper", gone)
	lower := e.AddLayer("lower", 0)
	e.MoveLayer(lower, 0)
	e.RemoveLayer(gone)
	e.SetActive(upper)
	e.AddOrigin(&canvas.Origin{Rect: image.Rect(0, 0, 2, 2), Layer: lower})
	e.Commit()
	e = d.Begin("become")
	e.Become(aside.State())
	e.Commit()
	s := d.State()
	seen := map[canvas.LayerID]bool{}
	for _, l := range s.Layers {
		if seen[l.ID] {
			t.Errorf("two layers have the ID %d", l.ID)
		}
		seen[l.ID] = true
	}
	if l := s.Layer(s.Active); l == nil || l.Name != "upper" {
		t.Errorf("active is %+v, want the upper layer", l)
	}
	if l := s.Layer(s.Origins[0].Layer); l == nil || l.Name != "lower" {
		t.Errorf("the origin is of %+v, want the lower layer", l)
	}
}
