package tools_test

import (
	"image"
	"math"
	"testing"

	"pentimento/canvas/warp"
	"pentimento/tools"
	"pentimento/tools/toolstest"
)

// boxed is a layer of 200 × 100 pixels under the transform tool.
func boxed() (*toolstest.Host, func() tools.Transform) {
	h := toolstest.New("transform")
	img := image.NewNRGBA(image.Rect(100, 200, 300, 300))
	for i := range img.Pix {
		img.Pix[i] = 255
	}
	e := h.Doc.Begin("put")
	e.Put(h.Doc.State().Active, img, nil)
	e.Commit()
	return h, func() tools.Transform {
		at, _ := h.Tool.(tools.Transformer).Transform(h)
		return at
	}
}

// TestTransformHandles: what each drag makes of the box, and that no drag edits anything.
func TestTransformHandles(t *testing.T) {
	for _, c := range []struct {
		what     string
		from, to tools.Vec
		mods     tools.Mods
		want     [4]tools.Vec // the corners
	}{
		{"corner", tools.Vec{X: 300, Y: 300}, tools.Vec{X: 400, Y: 320}, 0, [4]tools.Vec{{X: 100, Y: 200}, {X: 400, Y: 200}, {X: 400, Y: 320}, {X: 100, Y: 320}}},
		{"corner with ratio", tools.Vec{X: 300, Y: 300}, tools.Vec{X: 400, Y: 350}, tools.Shift, [4]tools.Vec{{X: 100, Y: 200}, {X: 400, Y: 200}, {X: 400, Y: 350}, {X: 100, Y: 350}}},
		{"about the middle", tools.Vec{X: 300, Y: 250}, tools.Vec{X: 320, Y: 250}, tools.Alt, [4]tools.Vec{{X: 80, Y: 200}, {X: 320, Y: 200}, {X: 320, Y: 300}, {X: 80, Y: 300}}},
		{"mirrored", tools.Vec{X: 300, Y: 250}, tools.Vec{X: 50, Y: 250}, 0, [4]tools.Vec{{X: 100, Y: 200}, {X: 50, Y: 200}, {X: 50, Y: 300}, {X: 100, Y: 300}}},
		{"moved", tools.Vec{X: 180, Y: 230}, tools.Vec{X: 190.4, Y: 260}, 0, [4]tools.Vec{{X: 110, Y: 230}, {X: 310, Y: 230}, {X: 310, Y: 330}, {X: 110, Y: 330}}},
		{"perspective", tools.Vec{X: 300, Y: 200}, tools.Vec{X: 330, Y: 170}, tools.Control, [4]tools.Vec{{X: 100, Y: 200}, {X: 330, Y: 170}, {X: 300, Y: 300}, {X: 100, Y: 300}}},
		{"skewed", tools.Vec{X: 200, Y: 200}, tools.Vec{X: 240, Y: 190}, tools.Control, [4]tools.Vec{{X: 140, Y: 200}, {X: 340, Y: 200}, {X: 300, Y: 300}, {X: 100, Y: 300}}},
		{"turned by a quarter", tools.Vec{X: 350, Y: 250}, tools.Vec{X: 203, Y: 400}, tools.Shift, [4]tools.Vec{{X: 250, Y: 150}, {X: 250, Y: 350}, {X: 150, Y: 350}, {X: 150, Y: 150}}},
	} {
		h, at := boxed()
		before := h.Doc.State()
		h.Mods = c.mods
		h.Press(c.from.X, c.from.Y)
		h.Drag((c.from.X+c.to.X)/2, (c.from.Y+c.to.Y)/2)
		h.Release(c.to.X, c.to.Y)
		for i, p := range at().Corners() {
			if math.Hypot(p.X-c.want[i].X, p.Y-c.want[i].Y) > 1e-6 {
				t.Errorf("%s: corners %v, want %v", c.what, at().Corners(), c.want)
				break
			}
		}
		for i, p := range at().Map().Corners(at().Rect) {
			if q := at().Corners()[i]; math.Hypot(p.X-q.X, p.Y-q.Y) > 1e-6 {
				t.Errorf("%s: the map takes corner %d to %v, the box has it at %v", c.what, i, p, q)
			}
		}
		if h.Doc.State() != before || h.Doc.Editing() {
			t.Errorf("%s: the tool edited", c.what)
		}
	}
}

// TestTransformGoesOn from where the box is, and Cancel takes one drag back.
func TestTransformGoesOn(t *testing.T) {
	h, at := boxed()
	if at().Map() != warp.Identity {
		t.Fatal("at first it is not the identity")
	}
	h.Press(350, 250)
	h.Release(350, 260)
	turned := at()
	if turned.Angle == 0 {
		t.Fatal("a drag outside does not turn")
	}
	h.Press(200, 250)
	h.Drag(230, 270)
	if at() == turned {
		t.Fatal("the turned box does not move")
	}
	h.Cancel()
	if at() != turned {
		t.Error("Cancel left", at())
	}
	h.Tool.(tools.Transformer).Reset()
	if at().Map() != warp.Identity {
		t.Error("Reset left", at())
	}
}
