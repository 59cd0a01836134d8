package tools

import (
	"image"
	"image/color"

	"pentimento/canvas"
	"pentimento/tools/stroke"
)

// brush is the four tools that draw with a round brush: on the mask or on the active
// layer, adding or taking away. On a hidden layer (or none) it does nothing, silently:
// paint that one cannot see is paint one does not want. If something else ends the Edit
// during a stroke (a job's result, an undo), the rest of the stroke goes nowhere.
type brush struct {
	label   string
	onMask  bool
	erases  bool
	under   *painting
	last    Vec // where the last stroke ended, for straight lines
	hasLast bool
	hover   Pointer
	paint   func(h Host, p Pointer, l *canvas.Layer, u *painting) bool // what it lays, where it isn't the colour
	size    sizing
	pick    picker // with Alt or Control the brush picks a colour
}

func newBrush() Tool  { return &brush{label: "Brush"} }
func newEraser() Tool { return &brush{label: "Erase", erases: true} }

// Press begins a stroke; with Shift by a straight line from where the last one ended.
func (t *brush) Press(h Host, p Pointer) {
	t.Cancel(h)
	if p.Button == Middle || !near(p) {
		return
	}
	if t.size.takes(p) {
		t.size.press(h, p)
		return
	}
	if t.picks(p) {
		t.pick.Press(h, p)
		return
	}
	u := &painting{pressure: p.Pressure}
	if !t.prepare(h, p, u) {
		return
	}
	if u.edit = h.Begin(t.label); !t.onMask {
		u.edit.Within(u.edit.Base().Selection)
	}
	b := h.Brush()
	u.stroke = stroke.New(stroke.Brush{
		Size: b.Size, Hardness: b.Hardness, Smoothing: b.Smoothing,
		PressureSize: b.Pressure&PressureSize != 0, PressureOpacity: b.Pressure&PressureOpacity != 0 && !t.onMask,
		Gamma: b.Gamma, TiltSize: b.Tilt,
	})
	u.stroke.Wrap(h.View().Tile.Sub(u.offset))
	t.under = u
	if p.Mods&Shift != 0 && t.hasLast {
		from := p
		from.X, from.Y = t.last.X, t.last.Y
		u.stroke.Add(u.sample(from))
		u.stroke.Line(u.sample(p))
	} else {
		u.stroke.Add(u.sample(p))
	}
	t.last, t.hasLast = Vec{p.X, p.Y}, true
	u.show(h)
}

// picks says whether a press takes a colour instead of painting.
func (t *brush) picks(p Pointer) bool {
	return !t.onMask && !t.erases && t.paint == nil && p.Button == Left && p.Mods&(Alt|Control) != 0 && p.Mods&Shift == 0
}

// prepare chooses what is painted on; false where there is nothing.
func (t *brush) prepare(h Host, p Pointer, u *painting) bool {
	b := h.Brush()
	erase := t.erases || p.Button == Right
	if t.onMask {
		u.surface = maskSurface{erase: erase || b.Erase, share: b.Area.share()}
		return true
	}
	s := h.State()
	l := s.Layer(s.Active)
	if l == nil || !s.Seen(l) {
		return false
	}
	u.offset = l.Offset
	if t.paint != nil {
		return !(b.LayerMask && l.Mask != nil) && t.paint(h, p, l, u)
	}
	if b.LayerMask && l.Mask != nil {
		value := uint8(0)
		if !erase {
			value = lightness(b.Colour)
		}
		u.surface = layerMaskSurface{l.ID, value, stroke.Strength(b.Opacity)}
		return true
	}
	locks := s.Locks(l.ID)
	if !s.Takes(l.ID) || erase && locks&canvas.LockAlpha != 0 {
		return false
	}
	strength := b.Opacity
	if !erase {
		strength *= float64(b.Colour.A) / 255
	}
	c := s.Source.Space().Brush(b.Colour)
	u.surface = layerSurface{l.ID, erase, locks&canvas.LockAlpha != 0, stroke.Strength(strength), c.R, c.G, c.B}
	return true
}

// lightness is a colour as a mask's coverage: black hides, white shows.
func lightness(c color.NRGBA) uint8 {
	return uint8((299*uint32(c.R) + 587*uint32(c.G) + 114*uint32(c.B) + 500) / 1000)
}

// Drag goes on with the stroke.
func (t *brush) Drag(h Host, p Pointer) {
	if t.size.held {
		t.size.drag(h, p)
		return
	}
	t.pick.Drag(h, p)
	if t.under == nil {
		return
	}
	t.under.stroke.Add(t.under.sample(p))
	if near(p) {
		t.last, t.under.pressure = Vec{p.X, p.Y}, p.Pressure
	}
	t.under.show(h)
}

// Tail shows the stroke up to the pointer.
func (t *brush) Tail(h Host) {
	if t.under != nil {
		t.under.stroke.Tail()
		t.under.show(h)
	}
}

// Release ends the stroke where the pointer is: one step of history.
func (t *brush) Release(h Host, p Pointer) {
	t.size.held = false
	t.pick.Release(h, p)
	if t.under == nil {
		return
	}
	u := t.under
	p.Pressure = u.pressure // a pen that is lifted reports none, a mouse all of it
	u.stroke.Add(u.sample(p))
	u.stroke.End()
	if near(p) {
		t.last = Vec{p.X, p.Y}
	}
	u.show(h)
	t.under = nil
	h.Invalidate(u.edit.Commit())
}

// Cancel drops the stroke.
func (t *brush) Cancel(h Host) {
	t.size.cancel(h)
	t.pick.Cancel(h)
	if u := t.under; u != nil {
		t.under = nil
		drop(h, u.edit)
	}
}

// Hover remembers the pointer for the line that Shift would draw.
func (t *brush) Hover(h Host, p Pointer) {
	if (t.hover.Mods|p.Mods)&Shift != 0 && t.hasLast {
		r := image.Rect(floor(p.X), floor(p.Y), floor(t.last.X), floor(t.last.Y))
		h.Invalidate(r.Union(image.Rect(floor(t.hover.X), floor(t.hover.Y), floor(t.last.X), floor(t.last.Y))).Inset(-2))
	}
	t.hover = p
}

// Overlay shows the straight line that Shift+click would draw, or the brush that is being sized.
func (t *brush) Overlay(h Host) []Shape {
	if t.size.held {
		return t.size.overlay(h)
	}
	if t.under != nil || t.hover.Mods&Shift == 0 || !t.hasLast {
		return nil
	}
	return []Shape{{Kind: Line, Points: []Vec{t.last, {t.hover.X, t.hover.Y}}}}
}

// Cursor is the brush's circle, a cross where a press would pick a colour.
func (t *brush) Cursor(_ Host, p Pointer) Cursor {
	if t.size.held || t.pick.held || t.picks(p) {
		return Cross
	}
	return Ring
}
