package tools_test

import (
	"bytes"
	"image"
	"image/color"
	"math"
	"math/rand/v2"
	"path"
	"slices"
	"strings"
	"testing"

	"pentimento/canvas"
	"pentimento/tools"
	"pentimento/tools/toolstest"
)

// busy is a Host whose document has something for every tool to work on: a placed
// picture, paint, a mask, an offset, a frame.
func busy(name string) *toolstest.Host {
	h := toolstest.New(name)
	e := h.Doc.Begin("setup")
	id := h.Doc.State().Active
	e.Put(id, noise(image.Rect(-100, -50, 300, 250), 1), nil)
	e.SetLayer(id, func(l *canvas.Layer) { l.Offset = image.Pt(13, -7) })
	e.Commit()
	e = h.Doc.Begin("place")
	id = e.AddLayer("placed", id)
	src := noise(image.Rect(0, 0, 80, 60), 2)
	at := noise(image.Rect(33, 49, 113, 109), 2)
	e.Place(id, src, at)
	e.SetLayer(id, func(l *canvas.Layer) { // moved since
		l.Offset = image.Pt(17, -9)
		l.Placed = &canvas.Placed{Source: src, Rect: image.Rect(50, 40, 130, 100)}
	})
	e.Commit()
	e = h.Doc.Begin("mask")
	m := image.NewAlpha(image.Rect(-30, -30, 400, 100))
	for i := range m.Pix {
		m.Pix[i] = uint8(i*7) | 1
	}
	e.SetMask(m)
	e.SetFrame(image.Rect(0, 0, 256, 192))
	e.Commit()
	h.Dirty = image.Rectangle{}
	return h
}

func noise(r image.Rectangle, seed uint64) *image.NRGBA {
	rng := rand.New(rand.NewPCG(seed, 0))
	img := image.NewNRGBA(r)
	for i := range img.Pix {
		img.Pix[i] = uint8(rng.Uint32())
	}
	for i := 3; i < len(img.Pix); i += 4 {
		img.Pix[i] |= 128
	}
	return img
}

// pixels are the whole of what a State shows in a rectangle.
func pixels(s *canvas.State, r image.Rectangle) [][]uint8 {
	var out [][]uint8
	for _, l := range s.Layers {
		p := make([]uint8, 4*r.Dx()*r.Dy())
		l.Read(p, 4*r.Dx(), r)
		out = append(out, p)
	}
	m := make([]uint8, r.Dx()*r.Dy())
	s.ReadMask(m, r.Dx(), r)
	return append(out, m)
}

func same(a, b *canvas.State, r image.Rectangle) bool {
	return a.Frame == b.Frame && slices.EqualFunc(pixels(a, r), pixels(b, r), slices.Equal[[]uint8])
}

var whole = image.Rect(-320, -320, 560, 560)

// eachTool runs a test for every row of the table.
func eachTool(t *testing.T, test func(t *testing.T, h *toolstest.Host)) {
	for _, row := range tools.All {
		t.Run(row.Name, func(t *testing.T) { test(t, busy(row.Name)) })
	}
}

func TestTableIsSound(t *testing.T) {
	names, keys := map[string]bool{}, map[string]bool{}
	for _, row := range tools.All {
		if row.Name == "" || row.Icon == "" || row.Help == "" || len(strings.TrimPrefix(row.Key, "Shift+")) != 1 || names[row.Name] || keys[row.Key] {
			t.Errorf("row %+v: name, icon, help and a key of one letter, with Shift or without, must be there and unique", row)
		}
		names[row.Name], keys[row.Key] = true, true
		if row.New() == row.New() {
			t.Errorf("%s: New returns the same tool twice", row.Name)
		}
	}
}

// drags are paths that make every tool do something in some of them.
var drags = [][]tools.Vec{
	{{60, 50}, {90, 90}, {140, 60}},                // inside everything
	{{130, 100}, {190, 170}, {200, 180}},           // a handle of the placed picture
	{{256, 192}, {330, 300}, {321, 289}},           // a handle of the frame
	{{312, 92}, {420, 100}, {500, 92}},             // near the border's right handle
	{{-300, -300}, {-200, -150}, {-180.5, -120.2}}, // outside
}

func TestCancelLeavesNoTrace(t *testing.T) {
	eachTool(t, func(t *testing.T, h *toolstest.Host) {
		for _, button := range []tools.Button{tools.Left, tools.Right, tools.Middle} {
			for i, d := range drags {
				h.Button = button
				state, brush, view, steps := h.Doc.State(), h.Brush(), h.View(), h.Steps()
				h.Press(d[0].X, d[0].Y)
				for _, p := range d[1:] {
					h.Drag(p.X, p.Y)
				}
				h.Cancel()
				if h.Doc.State() != state || h.State() != state || h.Steps() != steps || h.Doc.Editing() {
					t.Fatalf("drag %d: Cancel left another State or an open Edit", i)
				}
				if h.Brush() != brush || h.View() != view {
					t.Fatalf("drag %d: Cancel left another brush or view", i)
				}
				h.Release(d[0].X, d[0].Y)
				h.Drag(d[1].X, d[1].Y)
				if h.Doc.State() != state || h.View() != view || h.Doc.Editing() {
					t.Fatalf("drag %d: Release after Cancel did something", i)
				}
			}
		}
	})
}

// TestPressWithoutReleaseIsACancel interrupts a drag by another one, which must end as
// if the first had not been.
func TestPressWithoutReleaseIsACancel(t *testing.T) {
	eachTool(t, func(t *testing.T, h *toolstest.Host) {
		plain := busy(path.Base(t.Name()))
		h.Press(60, 50)
		h.Drag(110, 130)
		h.Press(20, 30)
		h.Drag(170, 60)
		h.Release(180, 70)
		plain.Press(20, 30)
		plain.Drag(170, 60)
		plain.Release(180, 70)
		if !same(h.State(), plain.State(), whole) || h.Steps() != plain.Steps() || h.View() != plain.View() {
			t.Error("an interrupted drag changed what the next one does")
		}
		if h.Doc.Editing() {
			t.Error("an Edit is still open")
		}
	})
}

func TestToolSwitchCancels(t *testing.T) {
	eachTool(t, func(t *testing.T, h *toolstest.Host) {
		before := h.Doc.State()
		h.Press(60, 50)
		h.Drag(110, 130)
		h.Use("pan")
		if h.State() != before || h.Doc.Editing() {
			t.Error("a tool switch during a drag left a trace")
		}
	})
}

func TestUndoAndRedoAreExact(t *testing.T) {
	eachTool(t, func(t *testing.T, h *toolstest.Host) {
		for _, d := range drags {
			before, steps := h.Doc.State(), h.Steps()
			h.Stroke(d...)
			after := h.Doc.State()
			switch h.Steps() - steps {
			case 0:
				if after != before {
					t.Fatal("the State changed without a step of history")
				}
				continue
			case 1:
			default:
				t.Fatalf("one drag made %d steps of history", h.Steps()-steps)
			}
			if h.Undo(); h.State() != before {
				t.Fatal("undo is not the State from before")
			}
			if h.Redo(); h.State() != after {
				t.Fatal("redo is not the State from after")
			}
		}
	})
}

// TestSomethingElseEndsTheEdit is a job's result arriving, or an undo, in mid-drag.
func TestSomethingElseEndsTheEdit(t *testing.T) {
	eachTool(t, func(t *testing.T, h *toolstest.Host) {
		for _, d := range drags {
			h.Press(d[0].X, d[0].Y)
			h.Drag(d[1].X, d[1].Y)
			editing := h.Doc.Editing()
			e := h.Begin("result")
			e.AddLayer("result", 0)
			e.Commit()
			want := h.Doc.State()
			h.Drag(d[2].X, d[2].Y)
			if editing {
				h.Release(d[2].X, d[2].Y)
				if h.Doc.State() != want || h.State() != want {
					t.Fatal("a drag went on after its Edit was ended")
				}
			}
			h.Cancel()
			if h.Doc.Editing() {
				t.Fatal("an Edit is still open")
			}
			h.Undo()
		}
	})
}

func TestReleaseAndDragWithoutPressDoNothing(t *testing.T) {
	eachTool(t, func(t *testing.T, h *toolstest.Host) {
		before, view, brush := h.Doc.State(), h.View(), h.Brush()
		h.Drag(60, 50)
		h.Release(100, 90)
		h.Cancel()
		if h.State() != before || h.View() != view || h.Brush() != brush {
			t.Error("a drag without a press did something")
		}
	})
}

func TestFarAndBrokenPointersAreIgnored(t *testing.T) {
	eachTool(t, func(t *testing.T, h *toolstest.Host) {
		for _, v := range []float64{1 << 25, -1e18, math.Inf(1), math.Inf(-1), math.NaN()} {
			before := h.Doc.State()
			h.Press(v, 3)
			h.Drag(5, v)
			h.Release(v, v)
			if h.State() != before || h.Doc.Editing() {
				t.Fatalf("a press at %v changed the picture", v)
			}
			h.Press(60, 50)
			h.Drag(v, v)
			h.Drag(80, v)
			h.Cancel()
			if h.State() != before {
				t.Fatalf("a drag to %v left a trace", v)
			}
			if view := h.View(); math.IsNaN(view.X+view.Y+view.Scale) || math.IsInf(view.X+view.Y, 0) {
				t.Fatalf("a pointer at %v broke the view: %+v", v, view)
			}
		}
	})
}

// TestDirtyCoversEveryChange: after every event, what the tool did not invalidate looks
// as before it; an interrupting press included.
func TestDirtyCoversEveryChange(t *testing.T) {
	eachTool(t, func(t *testing.T, h *toolstest.Host) {
		for i, d := range drags {
			if testing.Short() && i > 0 {
				break
			}
			events := []func(){
				func() { h.Press(d[0].X, d[0].Y) },
				func() { h.Drag(d[1].X, d[1].Y) },
				func() { h.Drag(d[2].X, d[2].Y) },
				func() { h.Press(-200, 300) },
				func() { h.Cancel() },
				func() { h.Press(d[0].X, d[0].Y) },
				func() { h.Drag(d[1].X, d[1].Y) },
				func() { h.Release(d[2].X, d[2].Y) },
			}
			seen := pixels(h.State(), whole)
			for j, event := range events {
				h.Dirty = image.Rectangle{}
				event()
				now := pixels(h.State(), whole)
				if at, ok := changedOutside(seen, now, whole, h.Dirty); ok {
					t.Fatalf("drag %d, event %d: pixel %v changed outside the invalidated %v", i, j, at, h.Dirty)
				}
				seen = now
			}
		}
	})
}

// TestStrokesKeepTheRest: random strokes, some cancelled, change nothing out of the
// brush's reach, and undoing all of them is the first State.
func TestStrokesKeepTheRest(t *testing.T) {
	rng := rand.New(rand.NewPCG(11, 12))
	for range 12 {
		h := busy("mask")
		first, kept := h.Doc.State(), 0
		for range 10 {
			h.Use([]string{"mask", "mask-eraser", "brush", "eraser"}[rng.IntN(4)])
			h.SetBrush(tools.BrushSettings{
				Size: 1 + rng.Float64()*70, Hardness: rng.Float64(), Opacity: rng.Float64(), Smoothing: rng.Float64(),
				Colour: color.NRGBA{uint8(rng.Uint32()), uint8(rng.Uint32()), uint8(rng.Uint32()), uint8(rng.Uint32())},
			})
			h.Button = tools.Button(rng.IntN(2))
			before := h.Doc.State()
			reach := drag(h, rng)
			if rng.IntN(3) == 0 {
				h.Cancel()
				if h.Doc.State() != before {
					t.Fatal("a cancelled stroke left another State")
				}
				continue
			}
			h.Release(float64(reach.Min.X+40), float64(reach.Min.Y+40))
			if h.Doc.State() != before {
				kept++
			}
			area := image.Rect(-300, -300, 500, 500)
			if at, ok := changedOutside(pixels(before, area), pixels(h.Doc.State(), area), area, reach); ok {
				t.Fatalf("pixel %v changed outside the stroke's reach %v", at, reach)
			}
		}
		for range kept {
			h.Undo()
		}
		if h.Doc.State() != first {
			t.Fatal("undoing every stroke is not the first State")
		}
	}
}

// drag presses and drags at random and returns the rectangle the brush can reach.
func drag(h *toolstest.Host, rng *rand.Rand) image.Rectangle {
	x, y := rng.IntN(300)-100, rng.IntN(300)-100
	reach := image.Rect(x-40, y-40, x+141, y+141) // a curve may bulge, but not by a pixel more than half a step
	h.Press(float64(x), float64(y))
	for range 6 {
		h.Drag(float64(x)+20+rng.Float64()*60, float64(y)+20+rng.Float64()*60)
	}
	return reach
}

// changedOutside finds a pixel in area that differs between two pictures and does not lie
// in reach.
func changedOutside(a, b [][]uint8, area, reach image.Rectangle) (image.Point, bool) {
	for i := range a {
		stride := len(a[i]) / area.Dy()
		for y := range area.Dy() {
			ra, rb := a[i][y*stride:(y+1)*stride], b[i][y*stride:(y+1)*stride]
			if bytes.Equal(ra, rb) {
				continue
			}
			for x := range ra {
				at := area.Min.Add(image.Pt(x*area.Dx()/stride, y))
				if ra[x] != rb[x] && !at.In(reach) {
					return at, true
				}
			}
		}
	}
	return image.Point{}, false
}
