package tools_test

import (
	"image"
	"testing"

	"pentimento/canvas"
	"pentimento/canvas/figure"
	"pentimento/tools/toolstest"
)

// posed is a host whose active layer shows a person, moved by an offset, with the move tool.
func posed(t *testing.T) (h *toolstest.Host, f figure.Figure, offset image.Point) {
	t.Helper()
	h, offset = toolstest.New("move"), image.Pt(40, 25)
	f = figure.Figure{Unit: 1, People: []figure.Person{figure.Standing(image.Rect(0, 0, 400, 400))}}
	e := h.Doc.Begin("pose")
	id := e.AddLayer("pose", 0)
	e.Put(id, h.Figure(f), nil)
	e.SetLayer(id, func(l *canvas.Layer) { l.Text, l.Guide, l.Offset = f.Encode(), true, offset })
	e.Commit()
	return h, f, offset
}

// now is the figure that the active layer shows; it must be what is drawn there.
func now(t *testing.T, h *toolstest.Host) figure.Figure {
	t.Helper()
	s := h.State()
	l := s.Layer(s.Active)
	f, ok := figure.Decode(l.Text)
	if !ok {
		t.Fatalf("the layer shows no figure: %q", l.Text)
	}
	for i, at := range f.People[0].Body {
		var p [4]uint8
		c := image.Pt(int(at.X), int(at.Y)).Add(l.Offset)
		if l.Read(p[:], 4, image.Rectangle{c, c.Add(image.Pt(1, 1))}); p[3] == 0 && !at.Hidden {
			t.Errorf("joint %d is not drawn at %v", i, c)
		}
	}
	return f
}

// A joint is dragged in one step that undo takes back; the drawing follows while it goes on, Esc leaves no
// trace, and beside the joints the layer moves as ever.
func TestTheMoveToolDragsJoints(t *testing.T) {
	h, f, offset := posed(t)
	before := h.Doc.State()
	wrist := f.People[0].Body[7]
	x, y := wrist.X+float64(offset.X), wrist.Y+float64(offset.Y)
	h.Press(x+2, y)
	h.Drag(x+32, y-50)
	if got := now(t, h).People[0].Body[7]; got.X != wrist.X+30 || got.Y != wrist.Y-50 {
		t.Errorf("while it is dragged the wrist is at %v, want %v moved by 30, -50", got, wrist)
	}
	h.Cancel()
	if h.Doc.State() != before || h.State() != before {
		t.Fatal("a drag that was cancelled left something")
	}
	h.Press(x, y)
	h.Release(x+30, y-50)
	moved := now(t, h)
	if got := moved.People[0].Body[7]; got.X != wrist.X+30 || got.Y != wrist.Y-50 || moved.People[0].Body[6] != f.People[0].Body[6] {
		t.Errorf("the wrist went to %v and the elbow to %v", got, moved.People[0].Body[6])
	}
	if steps, at := h.Doc.History(); at != 2 || steps[at].Label != "Pose" {
		t.Errorf("history is at %d, %v", at, steps)
	}
	h.Doc.Undo()
	if h.Doc.State() != before {
		t.Error("undo does not take the drag back")
	}
	h.Press(x+150, y+20)
	h.Release(x+160, y+25)
	l := h.Doc.State().Layer(h.Doc.State().Active)
	if l.Offset != offset.Add(image.Pt(10, 5)) || string(l.Text) != string(f.Encode()) {
		t.Errorf("beside the joints the layer went to %v", l.Offset)
	}
}

// The right button hides a joint and shows it again; a layer whose pixels are locked keeps its pose.
func TestARightClickHidesAJoint(t *testing.T) {
	h, f, offset := posed(t)
	nose := f.People[0].Body[0]
	x, y := nose.X+float64(offset.X), nose.Y+float64(offset.Y)
	h.Button = 1
	for _, want := range []bool{true, false} {
		h.Click(x, y)
		if got := now(t, h).People[0].Body[0]; got.Hidden != want || got.X != nose.X {
			t.Errorf("the nose is %+v, want hidden %v", got, want)
		}
	}
	e := h.Doc.Begin("lock")
	e.SetLayer(h.State().Active, func(l *canvas.Layer) { l.Lock = canvas.LockPixels })
	e.Commit()
	h.Click(x, y)
	if now(t, h).People[0].Body[0].Hidden {
		t.Error("a locked pose was changed")
	}
}
