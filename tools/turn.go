package tools

import "math"

// turn drags the view round its middle. Control turns by steps.
type turn struct {
	before View
	from   float64 // of the pointer at Press, degrees round the view's middle
	held   bool
}

// TurnStep is the step of the keys and of Control, in degrees.
const TurnStep = 15

func newTurn() Tool { return &turn{} }

// Press takes hold of the view.
func (t *turn) Press(h Host, p Pointer) {
	t.Cancel(h)
	t.before, t.held = h.View(), true
	t.from = bearing(h.View(), p)
}

// Drag turns it by as much as the pointer went round the middle since Press.
func (t *turn) Drag(h Host, p Pointer) {
	if !t.held || !near(p) {
		return
	}
	v := h.View()
	angle := t.before.Turn + bearing(v, p) - t.from
	if p.Mods&Control != 0 {
		angle = math.Round(angle/TurnStep) * TurnStep
	} else {
		angle = math.Round(angle*2) / 2
	}
	h.SetView(t.before.Turned(angle, t.before.Mirror, float64(v.W)/2, float64(v.H)/2))
}

// bearing is the pointer's direction from the view's middle on the screen, in degrees.
func bearing(v View, p Pointer) float64 {
	x, y := v.ToView(p.X, p.Y)
	return math.Atan2(y-float64(v.H)/2, x-float64(v.W)/2) * 180 / math.Pi
}

// Release lets go.
func (t *turn) Release(h Host, p Pointer) {
	t.Drag(h, p)
	t.held = false
}

// Cancel goes back to the view before Press.
func (t *turn) Cancel(h Host) {
	if t.held {
		t.held = false
		h.SetView(t.before)
	}
}

// Cursor is a hand.
func (t *turn) Cursor(Host, Pointer) Cursor { return Hand }
