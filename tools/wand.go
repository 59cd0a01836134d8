package tools

import (
	"image"

	"pentimento/canvas"
)

// wandTool takes what looks like the pixel that is clicked. Of a large picture that takes a while,
// so the host does it (Seeker).
type wandTool struct {
	pressed bool
	search  Search
	sought  bool
}

func newWand() Tool { return &wandTool{} }

// Search is what a Seeker asks for: the area that looks like the pixel At, in the way of the
// AreaSettings, joined with what is there.
type Search struct {
	At    image.Point
	How   canvas.Joining
	Label string // of the step of history
}

// Seeker is implemented by a tool whose Release asks for what looks like a pixel; ok is true
// once per release.
type Seeker interface {
	Sought() (s Search, ok bool)
}

// Press notes the pixel.
func (t *wandTool) Press(h Host, p Pointer) {
	if t.pressed = p.Button != Middle && near(p); t.pressed {
		a := h.Brush().Area
		how := a.joins(p)
		t.search = Search{p.Point(), how, areaLabel(a.Selects, "Wand", how)}
	}
}

// Drag does nothing.
func (t *wandTool) Drag(Host, Pointer) {}

// Release asks for the area.
func (t *wandTool) Release(Host, Pointer) { t.sought, t.pressed = t.pressed, false }

// Cancel asks for none.
func (t *wandTool) Cancel(Host) { t.pressed, t.sought = false, false }

// Sought is what is asked for.
func (t *wandTool) Sought() (Search, bool) {
	ok := t.sought
	t.sought = false
	return t.search, ok
}

// Cursor is a cross.
func (t *wandTool) Cursor(Host, Pointer) Cursor { return Cross }
