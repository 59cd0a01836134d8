package ui

import (
	"math"
	"slices"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/driver/desktop"

	"pentimento/app/editor"
	"pentimento/app/pen"
	"pentimento/tools"
)

// pointerState is what Fyne's events leave to be remembered: a drag event carries neither
// button nor modifiers, and a release outside the widget comes as DragEnd alone.
type pointerState struct {
	x, y    float64 // device pixels in the view
	inside  bool
	down    bool
	button  tools.Button
	pending []pointerEvent
	start   time.Time
	heldPan bool // the pan tool is held by the middle button
	space   bool
}

type pointerEvent struct {
	kind byte // 'p'ress, 'd'rag, 'r'elease, 'h'over; 'l': the pen was lifted
	p    tools.Pointer
	x, y float64 // device pixels
}

// device converts a position in the widget to device pixels of the view. Fyne rounds the
// widget's own position to whole device pixels, so the fraction is taken from there.
func (v *canvasView) device(pos fyne.Position) (float64, float64) {
	at := fyne.CurrentApp().Driver().AbsolutePositionForObject(v)
	conv := func(p, a float32) float64 {
		return float64((p+a)*v.scale) - math.Round(float64(a*v.scale))
	}
	return conv(pos.X, at.X), conv(pos.Y, at.Y)
}

// pointerAt is the pointer event for a widget position. A device pixel's centre is half a
// pixel inside it; Fyne reports its corner.
func (v *canvasView) pointerAt(pos fyne.Position) tools.Pointer {
	v.pointer.x, v.pointer.y = v.device(pos)
	x, y := v.ed.View().ToDoc(v.pointer.x+0.5, v.pointer.y+0.5)
	return tools.Pointer{X: x, Y: y, Pressure: 1, Button: v.pointer.button, Mods: modifiers(), Time: time.Since(v.pointer.start).Seconds()}
}

func modifiers() tools.Mods {
	d, ok := fyne.CurrentApp().Driver().(desktop.Driver)
	if !ok {
		return 0
	}
	held := d.CurrentKeyModifiers()
	var m tools.Mods
	if held&fyne.KeyModifierShift != 0 {
		m |= tools.Shift
	}
	if held&fyne.KeyModifierShortcutDefault != 0 {
		m |= tools.Control
	}
	if held&fyne.KeyModifierAlt != 0 {
		m |= tools.Alt
	}
	return m
}

// add keeps an event for the next frame: a burst of 1,000 moves is one frame's work.
func (v *canvasView) add(kind byte, p tools.Pointer) {
	if n := len(v.pointer.pending); kind == 'h' && n > 0 && v.pointer.pending[n-1].kind == 'h' {
		v.pointer.pending[n-1] = pointerEvent{kind, p, v.pointer.x, v.pointer.y}
	} else {
		v.pointer.pending = append(v.pointer.pending, pointerEvent{kind, p, v.pointer.x, v.pointer.y})
	}
	v.wake()
}

// flushPointer hands the gathered events to the editor, once per frame.
func (v *canvasView) flushPointer() {
	f := v.pens()
	v.lifted(f)
	events := v.pointer.pending
	v.pointer.pending = v.pointer.pending[:0]
	for i, e := range events {
		if v.stray(&e, f, i, len(events)) {
			continue
		}
		if name := v.ed.ToolName(); name == "pan" || name == "turn" { // the event before has moved the view
			e.p.X, e.p.Y = v.ed.View().ToDoc(e.x+0.5, e.y+0.5)
		}
		switch e.kind {
		case 'p':
			v.ed.Press(e.p)
		case 'd':
			v.ed.Drag(e.p)
		case 'r':
			v.ed.Release(e.p)
			if v.pointer.heldPan {
				v.pointer.heldPan = false
				v.ed.Unhold()
			}
		case 'h':
			v.ed.Hover(e.p)
		}
	}
	if n := len(events); n > 0 {
		v.ed.Tail()
		v.stylus.place(events[n-1], f)
	} else {
		v.lean(f)
	}
	v.fingers(f)
}

// MouseDown begins a drag: left works, right erases or undoes a choice, middle pans.
func (v *canvasView) MouseDown(ev *desktop.MouseEvent) {
	v.focus()
	v.flushPointer()
	if v.stylus.writes(v.pointer.down) { // the hand that holds the pen came down, or the pen beside it
		return
	}
	if v.pointer.down { // a second button while dragging: Esc by mouse
		v.pointer.down = false
		v.ed.CancelTool()
		return
	}
	v.pointer.button = tools.Left
	if ev.Button == desktop.MouseButtonPrimary && (v.takeLine(ev.Position) || v.takeFind(v.pointerAt(ev.Position))) {
		return
	}
	switch ev.Button {
	case desktop.MouseButtonSecondary:
		v.pointer.button = tools.Right
	case desktop.MouseButtonTertiary:
		v.pointer.button = tools.Middle
		v.ed.Hold("pan")
		v.pointer.heldPan = true
	}
	v.stylus.by = pen.Mouse // the next frame knows who pressed
	clear(v.stylus.hand)
	v.pointer.down, v.pointer.start = true, time.Now()
	v.add('p', v.pointerAt(ev.Position))
}

// MouseUp ends a drag inside the widget.
func (v *canvasView) MouseUp(ev *desktop.MouseEvent) {
	v.dropLine()
	v.release(v.pointerAt(ev.Position))
}

// Dragged and DragEnd carry left and middle drags, beyond the widget's border too.
func (v *canvasView) Dragged(ev *fyne.DragEvent) {
	if v.dragLine(ev.Position) {
		return
	}
	if v.pointer.down {
		v.add('d', v.pointerAt(ev.Position))
	}
}

// DragEnd ends a drag wherever the pointer is.
func (v *canvasView) DragEnd() {
	v.dropLine()
	if !v.pointer.down { // MouseUp was first
		return
	}
	v.focus() // Fyne drops the focus when the button is released elsewhere
	x, y := v.ed.View().ToDoc(v.pointer.x+0.5, v.pointer.y+0.5)
	v.release(tools.Pointer{X: x, Y: y, Pressure: 1, Button: v.pointer.button, Mods: modifiers(), Time: time.Since(v.pointer.start).Seconds()})
}

// release ends the stroke before the next key comes: what is typed at once after it belongs to
// the prompt at the mask.
func (v *canvasView) release(p tools.Pointer) {
	if v.pointer.down && !v.stylus.writes(true) {
		v.pointer.down = false
		v.add('r', p)
		v.flushPointer()
	}
}

// MouseIn, MouseMoved and MouseOut follow the pointer; a right drag comes this way too.
func (v *canvasView) MouseIn(ev *desktop.MouseEvent) {
	v.pointer.inside = true
	v.MouseMoved(ev)
}

// MouseMoved implements desktop.Hoverable.
func (v *canvasView) MouseMoved(ev *desktop.MouseEvent) {
	v.home = ev.AbsolutePosition.Subtract(ev.Position)
	if v.dragLine(ev.Position) {
		return
	}
	p := v.pointerAt(ev.Position)
	switch {
	case v.pointer.down && ev.Button == 0 && v.pointer.button == tools.Right:
		v.release(p) // the right button was released outside
	case v.pointer.down:
		v.add('d', p)
	default:
		v.add('h', p)
	}
}

// MouseOut implements desktop.Hoverable.
func (v *canvasView) MouseOut() {
	v.pointer.inside = false
	v.pointer.pending = slices.DeleteFunc(v.pointer.pending, func(e pointerEvent) bool { return e.kind == 'h' })
	v.ed.Away()
	v.wake()
}

// notch is what Fyne reports for one step of a mouse wheel.
const notch = 25

// Scrolled zooms at the pointer with a wheel, pans with a touchpad (whose steps are not
// whole notches) and with Shift, and sizes the brush with Ctrl. After a click on a thing Shift takes
// a larger one or a smaller.
func (v *canvasView) Scrolled(ev *fyne.ScrollEvent) {
	v.pointer.x, v.pointer.y = v.device(ev.Position)
	dx, dy := float64(ev.Scrolled.DX), float64(ev.Scrolled.DY)
	mods := modifiers()
	wheel := dx == 0 && math.Mod(dy, notch) == 0
	switch {
	case mods&tools.Control != 0:
		b := v.ed.Brush()
		b.Size = max(b.Size*math.Pow(1.1, dy/notch), 1)
		v.ed.SetBrush(b)
	case wheel && mods == tools.Shift && dy != 0 && v.ed.Walks():
		v.ed.Walk(int(math.Copysign(1, dy)))
	case wheel && mods&tools.Shift == 0:
		v.ed.ZoomAt(math.Pow(1.2, dy/notch), v.pointer.x, v.pointer.y)
	default:
		v.ed.SetView(v.ed.View().Panned(-dx*2, -dy*2))
	}
	v.wake()
}

// asks shows what a fill would read and change, while the pointer is over a Fill button.
func (v *canvasView) asks(on bool) {
	v.overlay.asked = on
	v.wake()
}

func (v *canvasView) focus() {
	if c := fyne.CurrentApp().Driver().CanvasForObject(v); c != nil && c.Focused() != fyne.Focusable(v) {
		c.Focus(v)
	}
}

// FocusGained implements fyne.Focusable.
func (v *canvasView) FocusGained() {}

// FocusLost cancels what is being drawn and lets go of held keys.
func (v *canvasView) FocusLost() {
	if v.pointer.down {
		return // a drag that leaves the window keeps going until DragEnd
	}
	v.pointer.space = false
	v.ed.Unhold()
	v.ed.Fills.Compare(false)
}

// compareKey shows the original while held.
const compareKey = fyne.KeyC

// KeyDown holds the pan tool (Space), the turn tool (Shift+Space) and the original (C). What was drawn before the
// key comes before what the key does.
func (v *canvasView) KeyDown(k *fyne.KeyEvent) {
	if v.pointer.down {
		v.flushPointer()
	}
	switch k.Name {
	case fyne.KeySpace:
		if !v.pointer.space && !v.pointer.down {
			v.pointer.space = true
			if modifiers()&tools.Shift != 0 {
				v.ed.Hold("turn")
			} else {
				v.ed.Hold("pan")
			}
		}
	case compareKey:
		if modifiers()&(tools.Control|tools.Shift) == 0 {
			v.ed.Fills.Compare(true)
		}
	}
}

// KeyUp lets go of them.
func (v *canvasView) KeyUp(k *fyne.KeyEvent) {
	switch k.Name {
	case fyne.KeySpace:
		v.pointer.space = false
		if !v.pointer.heldPan {
			v.ed.Unhold()
		}
	case compareKey:
		v.ed.Fills.Compare(false)
	}
}

// TypedRune runs single-letter shortcuts.
func (v *canvasView) TypedRune(r rune) { runKey(v.ed, string(r)) }

// named are the keys that come without a rune.
var named = map[fyne.KeyName]string{
	fyne.KeyEscape: "Escape", fyne.KeyReturn: "Enter", fyne.KeyEnter: "Enter", fyne.KeyDelete: "Delete", fyne.KeyBackspace: "Backspace",
	fyne.KeyLeft: "Left", fyne.KeyRight: "Right", fyne.KeyUp: "Up", fyne.KeyDown: "Down",
	fyne.KeyF1: "F1", fyne.KeyF2: "F2", fyne.KeyF3: "F3", fyne.KeyF4: "F4", fyne.KeyF5: "F5", fyne.KeyF6: "F6", fyne.KeyF7: "F7", fyne.KeyF8: "F8",
	fyne.KeyF9: "F9", fyne.KeyF10: "F10", fyne.KeyF11: "F11", fyne.KeyF12: "F12", fyne.KeyTab: "Tab",
	fyne.KeyHome: "Home", fyne.KeyEnd: "End", fyne.KeyPageUp: "PageUp", fyne.KeyPageDown: "PageDown", fyne.KeyInsert: "Insert",
}

// AcceptsTab implements fyne.Tabbable: on the canvas Tab hides the panels. Shift+Tab goes to the
// control before it, and Ctrl+F6 to the next part of the window.
func (v *canvasView) AcceptsTab() bool { return modifiers() == 0 }

// TypedKey runs shortcuts on keys without a letter. An arrow that nothing answers to
// moves the view.
func (v *canvasView) TypedKey(k *fyne.KeyEvent) {
	if k.Name == fyne.KeyEscape && v.onEscape != nil {
		v.onEscape()
		return
	}
	if (k.Name == fyne.KeyReturn || k.Name == fyne.KeyEnter) && v.onEnter != nil {
		v.onEnter()
		return
	}
	name, ok := named[k.Name]
	if !ok || modifiers()&(tools.Control|tools.Alt) != 0 {
		return
	}
	if modifiers()&tools.Shift != 0 && v.ed.Key("Shift+"+name) || v.ed.Key(name) {
		return
	}
	const step = 64
	view := v.ed.View()
	switch k.Name {
	case fyne.KeyLeft:
		view = view.Panned(-step, 0)
	case fyne.KeyRight:
		view = view.Panned(step, 0)
	case fyne.KeyUp:
		view = view.Panned(0, -step)
	case fyne.KeyDown:
		view = view.Panned(0, step)
	}
	v.ed.SetView(view)
}

// runKey maps a typed rune to the table's spelling: letters in upper case, a capital
// letter is its Shift form.
func runKey(ed *editor.Editor, s string) {
	upper := []rune(s)[0]
	switch {
	case upper >= 'a' && upper <= 'z':
		ed.Key(string(upper - 'a' + 'A'))
	case upper >= 'A' && upper <= 'Z':
		if !ed.Key("Shift+" + s) {
			ed.Key(s)
		}
	default:
		ed.Key(s)
	}
}
