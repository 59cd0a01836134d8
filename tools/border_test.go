package tools_test

import (
	"image"
	"slices"
	"testing"

	"pentimento/tools"
	"pentimento/tools/toolstest"
)

// pictured has one opaque picture from -100,50 to 540,530.
func pictured(name string) *toolstest.Host {
	h := toolstest.New(name)
	e := h.Doc.Begin("picture")
	img := noise(image.Rect(-100, 50, 540, 530), 3)
	for i := 3; i < len(img.Pix); i += 4 {
		img.Pix[i] = 255
	}
	e.Put(h.Doc.State().Active, img, nil)
	e.Commit()
	return h
}

func extension(h *toolstest.Host) (from, to image.Rectangle, ok bool) {
	return h.Tool.(tools.Extender).Extension()
}

func TestBorderGrowsOutwardInSteps(t *testing.T) {
	from := image.Rect(-100, 50, 540, 530)
	for _, c := range []struct {
		what   string
		at, to tools.Vec
		mods   tools.Mods
		want   image.Rectangle
		labels []string
	}{
		{"right by 250: 256", tools.Vec{X: 540, Y: 290}, tools.Vec{X: 790, Y: 999}, 0, image.Rect(-100, 50, 796, 530), []string{"+256 px"}},
		{"right with Alt: 248", tools.Vec{X: 540, Y: 290}, tools.Vec{X: 790, Y: 290}, tools.Alt, image.Rect(-100, 50, 788, 530), []string{"+248 px"}},
		{"right with Control: 250", tools.Vec{X: 540, Y: 290}, tools.Vec{X: 790, Y: 290}, tools.Control, image.Rect(-100, 50, 790, 530), []string{"+250 px"}},
		{"taken 6 px off", tools.Vec{X: 546, Y: 290}, tools.Vec{X: 674, Y: 290}, 0, image.Rect(-100, 50, 668, 530), []string{"+128 px"}},
		{"top", tools.Vec{X: 220, Y: 50}, tools.Vec{X: 220, Y: -80}, 0, image.Rect(-100, -78, 540, 530), []string{"+128 px"}},
		{"left", tools.Vec{X: -100, Y: 290}, tools.Vec{X: -170, Y: 290}, 0, image.Rect(-164, 50, 540, 530), []string{"+64 px"}},
		{"bottom left corner", tools.Vec{X: -100, Y: 530}, tools.Vec{X: -230, Y: 600}, 0, image.Rect(-228, 50, 540, 594), []string{"+64 px", "+128 px"}},
		{"an edge between its handles", tools.Vec{X: 400, Y: 530}, tools.Vec{X: 420, Y: 595}, 0, image.Rect(-100, 50, 540, 594), []string{"+64 px"}},
		{"an edge, taken 6 px off", tools.Vec{X: -106, Y: 120}, tools.Vec{X: -234, Y: 90}, 0, image.Rect(-228, 50, 540, 530), []string{"+128 px"}},
		{"past the end of an edge", tools.Vec{X: 570, Y: 530}, tools.Vec{X: 570, Y: 700}, 0, from, nil},
		{"inward", tools.Vec{X: 540, Y: 290}, tools.Vec{X: 300, Y: 290}, 0, from, nil},
		{"a corner inward and outward", tools.Vec{X: 540, Y: 50}, tools.Vec{X: 400, Y: -20}, 0, image.Rect(-100, -14, 540, 530), []string{"+64 px"}},
		{"a bit", tools.Vec{X: 540, Y: 290}, tools.Vec{X: 560, Y: 290}, 0, from, nil},
		{"very far", tools.Vec{X: 540, Y: 290}, tools.Vec{X: 1e6, Y: 290}, 0, image.Rect(-100, 50, 540+4096, 530), []string{"+4096 px"}},
		{"not on a handle", tools.Vec{X: 700, Y: 700}, tools.Vec{X: 900, Y: 900}, 0, from, nil},
	} {
		h := pictured("border")
		before := h.Doc.State()
		h.Mods = c.mods
		h.Press(c.at.X, c.at.Y)
		h.Drag(c.to.X, c.to.Y)
		var labels []string
		ghosts := 0
		for _, s := range h.Overlay() {
			if s.Kind == tools.Label {
				labels = append(labels, s.Text)
			}
			if s.Kind == tools.Box && s.Ghost {
				ghosts++
			}
		}
		slices.Sort(labels)
		want := slices.Sorted(slices.Values(c.labels))
		if !slices.Equal(labels, want) || ghosts != len(want) {
			t.Errorf("%s: labels %q on %d ghost strips, want %q", c.what, labels, ghosts, want)
		}
		if _, _, ok := extension(h); ok {
			t.Errorf("%s: growth is asked for before Release", c.what)
		}
		h.Release(c.to.X, c.to.Y)
		a, b, ok := extension(h)
		if ok != (c.want != from) || ok && (a != from || b != c.want) {
			t.Errorf("%s: extension %v %v %v, want %v to %v", c.what, a, b, ok, from, c.want)
		}
		if _, _, again := extension(h); again {
			t.Errorf("%s: growth is asked for twice", c.what)
		}
		if h.Doc.State() != before {
			t.Errorf("%s: the border tool edited the picture", c.what)
		}
	}
}

func TestCancelledBorderAsksForNothing(t *testing.T) {
	h := pictured("border")
	h.Press(540, 290)
	h.Drag(800, 290)
	h.Cancel()
	h.Release(800, 290)
	if _, _, ok := extension(h); ok {
		t.Error("a cancelled drag asks for growth")
	}
	h.Press(540, 290)
	h.Drag(800, 290)
	h.Release(800, 290)
	h.Press(540, 290) // nobody asked in between: the old wish is void
	h.Release(540, 290)
	if _, _, ok := extension(h); ok {
		t.Error("a click after a drag asks for the drag's growth")
	}
}

func TestBorderFollowsThePicture(t *testing.T) {
	h := toolstest.New("border")
	if len(h.Overlay()) != 0 || h.Cursor(0, 0) != tools.Arrow {
		t.Error("an empty picture shows handles")
	}
	e := h.Doc.Begin("grow")
	e.Put(h.Doc.State().Active, noise(image.Rect(0, 0, 200, 100), 4), nil)
	e.Commit()
	if h.Cursor(200, 50) != tools.ResizeEW || h.Cursor(0, 0) != tools.ResizeNWSE || h.Cursor(100, 100) != tools.ResizeNS {
		t.Error("the handles do not lie on the used area")
	}
	h.Undo()
	if h.Cursor(200, 50) != tools.Arrow {
		t.Error("the handles stay after undo")
	}
}

// TestBorderMeasuresAgainAtPress: an Edit's State keeps its pointer while it changes.
func TestBorderMeasuresAgainAtPress(t *testing.T) {
	h := toolstest.New("border")
	e := h.Doc.Begin("grow")
	id := h.Doc.State().Active
	e.Put(id, noise(image.Rect(0, 0, 200, 100), 4), nil)
	h.Overlay()
	e.Put(id, noise(image.Rect(0, 0, 300, 100), 4), nil)
	e.Commit()
	h.Press(300, 50)
	h.Release(364, 50)
	if from, to, ok := extension(h); !ok || from != image.Rect(0, 0, 300, 100) || to != image.Rect(0, 0, 364, 100) {
		t.Errorf("extension %v to %v, %v", from, to, ok)
	}
}
