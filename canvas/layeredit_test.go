package canvas_test

import (
	"bytes"
	"image"
	"image/color"
	"math/rand/v2"
	"runtime"
	"slices"
	"testing"

	"pentimento/canvas"
	"pentimento/canvas/blend"
	"pentimento/canvas/canvastest"
)

// flatten lays the visible layers over each other: premultiplied pixels of r.
func flatten(s *canvas.State, r image.Rectangle) *image.RGBA {
	out := image.NewRGBA(r)
	s.Stack().LayIn(out.Pix, out.Stride, r)
	return out
}

func names(s *canvas.State) (out []string) {
	for _, l := range s.Layers {
		out = append(out, l.Name)
	}
	return out
}

func abc() *canvas.Document {
	d := canvas.New()
	e := d.Begin("three")
	e.SetLayer(1, func(l *canvas.Layer) { l.Name = "a" })
	e.AddLayer("c", e.AddLayer("b", 1))
	e.Commit()
	return d
}

func TestLayersAreAddedMovedAndRemoved(t *testing.T) {
	d := abc()
	a, b, c := d.State().Layers[0].ID, d.State().Layers[1].ID, d.State().Layers[2].ID
	for _, step := range []struct {
		name   string
		act    func(e *canvas.Edit)
		want   []string
		active canvas.LayerID
	}{
		{"add above a", func(e *canvas.Edit) { e.AddLayer("x", a) }, []string{"a", "x", "b", "c"}, c + 1},
		{"add on top", func(e *canvas.Edit) { e.AddLayer("x", 999) }, []string{"a", "b", "c", "x"}, c + 1},
		{"move a up", func(e *canvas.Edit) { e.MoveLayer(a, 1) }, []string{"b", "a", "c"}, c},
		{"move a beyond", func(e *canvas.Edit) { e.MoveLayer(a, 9) }, []string{"b", "c", "a"}, c},
		{"move c below", func(e *canvas.Edit) { e.MoveLayer(c, -5) }, []string{"c", "a", "b"}, c},
		{"remove active", func(e *canvas.Edit) { e.RemoveLayer(c) }, []string{"a", "b"}, b},
		{"remove other", func(e *canvas.Edit) { e.RemoveLayer(a) }, []string{"b", "c"}, c},
		{"remove all", func(e *canvas.Edit) { e.RemoveLayer(a); e.RemoveLayer(b); e.RemoveLayer(c) }, []string{"Layer 1"}, c + 1},
		{"duplicate", func(e *canvas.Edit) { e.Duplicate(a) }, []string{"a", "a copy", "b", "c"}, c + 1},
		{"no such layer", func(e *canvas.Edit) { e.RemoveLayer(77); e.MoveLayer(77, 0); e.Duplicate(77); e.MergeDown(77) }, []string{"a", "b", "c"}, c},
	} {
		d := abc()
		e := d.Begin(step.name)
		step.act(e)
		e.Commit()
		if s := d.State(); !slices.Equal(names(s), step.want) || s.Active != step.active {
			t.Errorf("%s: %v, active %d; want %v, %d", step.name, names(s), s.Active, step.want, step.active)
		}
	}
}

func TestADuplicateIsPaintedApart(t *testing.T) {
	d := canvastest.Document(seeded(20))
	e := d.Begin("copy")
	id := d.State().Layers[1].ID
	c := e.Duplicate(id)
	canvastest.Paint(e, c, []canvastest.Sample{{X: 0, Y: 0, Pressure: 1}}, 300, [4]uint8{9, 9, 9, 255})
	before := canvastest.Copy(d.State())
	e.Commit()
	if diff := canvastest.Outside(before, d.State(), nil); diff != "" {
		t.Errorf("painting on the copy changed the original: %s", diff)
	}
	if d.State().Layer(c).Tiles.At(canvas.TileKey{}) == d.State().Layer(id).Tiles.At(canvas.TileKey{}) {
		t.Error("the copy was not painted")
	}
}

// With everything in normal mode, or only the two layers there, merging changes nothing
// one can see.
func TestMergeDownEqualsFlatten(t *testing.T) {
	rng := seeded(21)
	for i := range 24 {
		d := canvastest.Document(rng)
		e := d.Begin("two")
		for len(e.State().Layers) > 2+i%2 {
			e.RemoveLayer(e.State().Layers[0].ID)
		}
		bottomMode := blend.Mode(rng.IntN(int(blend.SourceAtop)))
		for n, l := range e.State().Layers {
			e.SetLayer(l.ID, func(l *canvas.Layer) {
				if i%2 == 1 && n > 0 {
					l.Blend = blend.Normal
				} else if n == 0 {
					l.Blend = bottomMode
				}
			})
		}
		e.Commit()
		a := d.State()
		e = d.Begin("merge")
		e.MergeDown(a.Layers[len(a.Layers)-1].ID)
		e.Commit()
		b := d.State()
		r := a.Content()
		p, q := flatten(a, r), flatten(b, r)
		tolerance := i % 2 * 2 // three layers: one rounding more
		for j := range p.Pix {
			if d := int(p.Pix[j]) - int(q.Pix[j]); d > tolerance || -d > tolerance {
				t.Fatalf("document %d: byte %d was %d, is %d: %v", i, j, p.Pix[j], q.Pix[j], b.Layers)
			}
		}
		if len(b.Layers) != len(a.Layers)-1 {
			t.Fatalf("%d layers after merging %d", len(b.Layers), len(a.Layers))
		}
	}
}

func TestPutTouchesNothingOutsideItsMask(t *testing.T) {
	rng := seeded(22)
	for range 15 {
		d := canvastest.Document(rng)
		a := d.State()
		id := a.Layers[rng.IntN(len(a.Layers))].ID
		area := canvastest.Area(rng, 200)
		img, mask := canvastest.Picture(rng, area, true), canvastest.Blob(rng, area.Inset(rng.IntN(9)-4))
		e := d.Begin("put")
		e.Put(id, img, mask)
		e.Commit()
		inside := image.NewAlpha(area.Intersect(mask.Rect))
		var want, got [4]uint8
		for y := inside.Rect.Min.Y; y < inside.Rect.Max.Y; y++ {
			for x := inside.Rect.Min.X; x < inside.Rect.Max.X; x++ {
				if mask.AlphaAt(x, y).A == 0 {
					continue
				}
				inside.SetAlpha(x, y, color.Alpha{A: 255})
				canvas.Premultiply(want[:], img.Pix[img.PixOffset(x, y):][:4])
				if d.State().Layer(id).Read(got[:], 4, image.Rect(x, y, x+1, y+1)); got != want {
					t.Fatalf("pixel %d,%d is %v, want %v", x, y, got, want)
				}
			}
		}
		if diff := canvastest.Outside(a, d.State(), inside); diff != "" {
			t.Fatalf("outside the mask: %s", diff)
		}
	}
}

func TestPlaceShowsThePictureAlone(t *testing.T) {
	rng := seeded(23)
	d := canvastest.Document(rng)
	id := d.State().Layers[1].ID
	pic := canvastest.Picture(rng, image.Rect(-77, 13, 60, 90), true)
	e := d.Begin("place")
	e.Place(id, pic, pic)
	e.Commit()
	l := d.State().Layer(id)
	if l.Placed == nil || l.Placed.Source != pic || l.Placed.Rect != pic.Rect || !l.Used().In(pic.Rect) {
		t.Fatalf("placed %v, used %v, want %v", l.Placed, l.Used(), pic.Rect)
	}
	e = d.Begin("move")
	e.SetLayer(id, func(l *canvas.Layer) { l.Offset = image.Pt(-5, 9) })
	e.Commit()
	if got := d.State().Layer(id).Placed; got == nil || got.Rect != pic.Rect.Add(image.Pt(-5, 9)) || l.Placed.Rect != pic.Rect {
		t.Errorf("moved, the placed picture fills %v", got)
	}
	e = d.Begin("paint")
	canvastest.Paint(e, id, []canvastest.Sample{{X: 0, Y: 40, Pressure: 1}}, 9, [4]uint8{1, 2, 3, 255})
	e.Commit()
	if d.State().Layer(id).Placed != nil {
		t.Error("a painted layer is still a placed picture")
	}
}

// Doing the same somewhere else gives the same somewhere else: nothing depends on where
// tiles or zero lie.
func TestEverythingMovesWithTheOrigin(t *testing.T) {
	for _, by := range []image.Point{{-37, -101}, {-64, 1}, {100003, -99991}} {
		at := func(shift image.Point) *canvas.State {
			rng := rand.New(rand.NewPCG(24, 1))
			d := canvas.New()
			for i := range 12 {
				e := d.Begin("step")
				id := e.AddLayer("layer", 0)
				e.SetLayer(id, func(l *canvas.Layer) { l.Offset = image.Pt(rng.IntN(99)-50, rng.IntN(99)-50) })
				area := canvastest.Area(rng, 150)
				img, mask := canvastest.Picture(rng, area, true), canvastest.Blob(rng, area)
				img.Rect, mask.Rect = area.Add(shift), area.Add(shift)
				e.Put(id, img, mask)
				e.SetMask(mask)
				stroke := canvastest.Stroke(rng, image.Rect(-200, -200, 200, 200), 30)
				for n := range stroke {
					stroke[n].X += float64(shift.X)
					stroke[n].Y += float64(shift.Y)
				}
				canvastest.Paint(e, id, stroke, 9, [4]uint8{200, 10, 30, 150})
				if i%3 == 2 {
					e.MergeDown(id)
				}
				e.Commit()
			}
			return d.State()
		}
		a, b := at(image.Point{}), at(by)
		if a.Used().Add(by) != b.Used() || a.MaskUsed().Add(by) != b.MaskUsed() {
			t.Fatalf("by %v: used %v and %v, mask %v and %v", by, a.Used(), b.Used(), a.MaskUsed(), b.MaskUsed())
		}
		r := a.Used().Union(a.MaskUsed()).Inset(-3)
		if !slices.Equal(flatten(a, r).Pix, flatten(b, r.Add(by)).Pix) {
			t.Errorf("by %v: other pixels", by)
		}
		if !slices.Equal(a.MaskImage(r).Pix, b.MaskImage(r.Add(by)).Pix) {
			t.Errorf("by %v: another mask", by)
		}
	}
}

func TestUsedIsExact(t *testing.T) {
	rng := seeded(25)
	for range 8 {
		d := canvastest.Document(rng)
		s := d.State()
		r := s.Content().Union(s.Mask.Bounds())
		mask := s.MaskImage(r)
		var used, masked image.Rectangle
		for y := r.Min.Y; y < r.Max.Y; y++ {
			for x := r.Min.X; x < r.Max.X; x++ {
				if mask.AlphaAt(x, y).A > 0 {
					masked = masked.Union(image.Rect(x, y, x+1, y+1))
				}
			}
		}
		one := image.NewRGBA(r)
		for _, l := range s.Layers {
			if l.Visible && l.Opacity > 0 {
				l.Read(one.Pix, one.Stride, r)
				for i := 3; i < len(one.Pix); i += 4 {
					if one.Pix[i] > 0 {
						p := image.Pt(i/4%r.Dx(), i/4/r.Dx()).Add(r.Min)
						used = used.Union(image.Rectangle{p, p.Add(image.Pt(1, 1))})
					}
				}
			}
		}
		if s.Used() != used || s.MaskUsed() != masked {
			t.Fatalf("used %v, mask %v; want %v, %v", s.Used(), s.MaskUsed(), used, masked)
		}
	}
}

func TestPremultiplyComesBackExactly(t *testing.T) {
	var p, q, back [4]uint8
	for a := range 256 {
		for c := 0; c <= a; c++ {
			p = [4]uint8{uint8(c), uint8(a - c), uint8(a), uint8(a)}
			canvas.Unpremultiply(q[:], p[:])
			if canvas.Premultiply(back[:], q[:]); back != p {
				t.Fatalf("%v becomes %v, then %v", p, q, back)
			}
		}
	}
}

// TestMergingAGroupCostsWhatIsInIt: two specks far apart are two tiles, not the rectangle
// around them.
func TestMergingAGroupCostsWhatIsInIt(t *testing.T) {
	d := canvas.New()
	e := d.Begin("specks")
	low := e.State().Active
	top := e.AddLayer("top", 1)
	e.Tile(low, canvas.TileKey{}).Pix[3] = 200
	e.SetLayer(top, func(l *canvas.Layer) { l.Offset = image.Pt(10, 20) })
	e.Tile(top, canvas.TileKey{X: 160, Y: 160}).Pix[7] = 100
	g := e.Group("specks", top)
	e.Nest(low, g, 0)
	e.Commit()
	before := flatten(d.State(), image.Rect(10240, 10240, 10340, 10340))
	var m, n runtime.MemStats
	runtime.ReadMemStats(&m)
	e = d.Begin("merge")
	e.MergeDown(g)
	e.Commit()
	runtime.ReadMemStats(&n)
	if took := n.TotalAlloc - m.TotalAlloc; took > 4<<20 {
		t.Errorf("merging two specks took %d kB", took>>10)
	}
	l := d.State().Layers
	if len(l) != 1 || l[0].Group || l[0].Tiles.Len() != 2 {
		t.Fatalf("%d layers, want one of two tiles", len(l))
	}
	if l[0].Tiles.At(canvas.TileKey{}).Pix[3] != 200 || !bytes.Equal(before.Pix, flatten(d.State(), before.Rect).Pix) {
		t.Error("a speck is lost")
	}
}
