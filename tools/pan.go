package tools

// pan drags the view: the document pixel under the pointer at Press stays under it.
// Pointers come through the view as it is at each event.
type pan struct {
	anchor Vec
	before View
	held   bool
}

func newPan() Tool { return &pan{} }

// Press takes hold of the picture. Every button pans.
func (t *pan) Press(h Host, p Pointer) {
	t.Cancel(h)
	t.anchor, t.before, t.held = Vec{p.X, p.Y}, h.View(), true
}

// Drag moves the view.
func (t *pan) Drag(h Host, p Pointer) {
	v := h.View()
	v.X, v.Y = v.X+t.anchor.X-p.X, v.Y+t.anchor.Y-p.Y
	if t.held && near(Pointer{X: v.X, Y: v.Y}) {
		h.SetView(v)
	}
}

// Release lets go.
func (t *pan) Release(h Host, p Pointer) {
	t.Drag(h, p)
	t.held = false
}

// Cancel goes back to the view before Press.
func (t *pan) Cancel(h Host) {
	if t.held {
		t.held = false
		h.SetView(t.before)
	}
}

// Cursor is a hand.
func (t *pan) Cursor(Host, Pointer) Cursor { return Hand }
