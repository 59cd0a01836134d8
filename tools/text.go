package tools

// text says where something is to be written; the editor finds out whether a text is there
// already, and edits it, or begins one.
type text struct {
	held, asked bool
	at          Vec
}

func newText() Tool { return &text{} }

// Writer is implemented by the tool whose Release asks for words at a place; ok is true once
// per release.
type Writer interface {
	Writes() (at Vec, ok bool)
}

// Press takes note.
func (t *text) Press(_ Host, p Pointer) { t.held, t.asked = p.Button == Left && near(p), false }

// Drag does nothing.
func (t *text) Drag(Host, Pointer) {}

// Release asks for words.
func (t *text) Release(_ Host, p Pointer) {
	if t.held && near(p) {
		t.at, t.asked = Vec{p.X, p.Y}, true
	}
	t.held = false
}

// Writes implements Writer.
func (t *text) Writes() (Vec, bool) {
	asked := t.asked
	t.asked = false
	return t.at, asked
}

// Cancel forgets the press.
func (t *text) Cancel(Host) { t.held, t.asked = false, false }

// Cursor is a cross.
func (t *text) Cursor(Host, Pointer) Cursor { return Cross }
