package ui

import (
	"slices"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/driver/desktop"
	"fyne.io/fyne/v2/widget"

	"pentimento/app/words"
)

// Where keys go: to the canvas, unless something that wants text has the focus or a
// sheet is open. Fyne gives the focus to every control that is clicked; the types of this
// file hand the keys on, so that a letter chooses a tool after any click.

// modal is a sheet over the window: Escape closes it, Enter says yes.
type modal struct{ close, yes func() }

// sheet is what dialogs have in common.
type sheet interface {
	Show()
	Hide()
	SetOnClosed(func())
}

// showSheetOver shows a dialog and lets keys work on it; closed (may be nil) runs when it
// is gone. yes (may be nil) is what Enter does.
func (w *window) showSheetOver(d sheet, yes, closed func()) {
	m := &modal{close: d.Hide, yes: yes}
	if yes == nil {
		m.yes = d.Hide
	}
	d.SetOnClosed(func() {
		w.modals = slices.DeleteFunc(w.modals, func(o *modal) bool { return o == m })
		w.focusCanvas()
		if closed != nil {
			closed()
		}
	})
	w.modals = append(w.modals, m)
	d.Show()
}

// covered says whether a sheet, a menu, the palette or a file dialog is over the window.
func (w *window) covered() bool { return w.asking || w.win.Canvas().Overlays().Top() != nil }

// takeKeys sends keys that no control has the focus for to the open sheet, or else to
// the canvas.
func (w *window) takeKeys() {
	c := w.win.Canvas()
	c.SetOnTypedRune(func(r rune) {
		if !w.covered() {
			w.view.TypedRune(r)
		}
	})
	c.SetOnTypedKey(func(k *fyne.KeyEvent) {
		if !w.covered() {
			w.view.TypedKey(k)
			return
		}
		if n := len(w.modals); n > 0 && !w.asking {
			switch k.Name {
			case fyne.KeyEscape:
				w.modals[n-1].close()
			case fyne.KeyReturn, fyne.KeyEnter:
				w.modals[n-1].yes()
			}
		}
	})
	if d, ok := c.(desktop.Canvas); ok {
		d.SetOnKeyDown(func(k *fyne.KeyEvent) {
			if !w.covered() {
				w.view.KeyDown(k)
			}
		})
		d.SetOnKeyUp(w.view.KeyUp)
	}
}

// keysBack takes the focus from a control and hands a key on to the next one.
func keysBack(o fyne.CanvasObject, k *fyne.KeyEvent) {
	c := fyne.CurrentApp().Driver().CanvasForObject(o)
	if c == nil {
		return
	}
	unfocus(c)
	if d, ok := c.(desktop.Canvas); ok && k != nil && d.OnKeyDown() != nil {
		d.OnKeyDown()(k)
	}
}

// field is an entry that lets go: Escape, and Enter in a single line, give the keys back,
// and the table's Ctrl keys work in it, except those that edit text.
type field struct {
	widget.Entry
	left  func()          // when it loses the focus; may be nil
	enter func()          // after Enter has ended it; may be nil
	leave func()          // after Escape has ended it; may be nil
	down  func()          // for the arrow down in a single line; may be nil
	pass  func(rune) bool // takes a letter that is not meant for the text; may be nil
	fresh func() bool     // nothing was typed: undo and redo are the picture's; may be nil
	own   bool            // Enter is done with it, and none of the sheet's
}

func newField() *field {
	f := &field{}
	f.ExtendBaseWidget(f)
	return f
}

func newMultiLineField() *field {
	f := newField()
	f.MultiLine, f.Wrapping = true, fyne.TextWrapWord
	return f
}

// TypedKey implements fyne.Focusable.
func (f *field) TypedKey(k *fyne.KeyEvent) {
	if k.Name == fyne.KeyDown && f.down != nil {
		f.down()
		return
	}
	enter := !f.MultiLine && (k.Name == fyne.KeyReturn || k.Name == fyne.KeyEnter)
	c := fyne.CurrentApp().Driver().CanvasForObject(f)
	var over fyne.CanvasObject // what a sheet that Enter opens is asked, it must not answer
	if c != nil {
		over = c.Overlays().Top()
	}
	if k.Name != fyne.KeyEscape {
		f.Entry.TypedKey(k)
	}
	if c == nil || k.Name != fyne.KeyEscape && !enter {
		return
	}
	unfocus(c)
	if enter && f.enter != nil {
		f.enter()
	}
	if k.Name == fyne.KeyEscape && f.leave != nil {
		f.leave()
	}
	if top := c.Overlays().Top(); top != nil && top == over && !(enter && f.own) && c.OnTypedKey() != nil { // in a sheet they are the sheet's keys too
		c.OnTypedKey()(k)
	}
}

// TypedRune implements fyne.Focusable.
func (f *field) TypedRune(r rune) {
	if f.pass == nil || !f.pass(r) {
		f.Entry.TypedRune(r)
	}
}

// TypedShortcut implements fyne.Shortcutable.
func (f *field) TypedShortcut(s fyne.Shortcut) {
	custom, ok := s.(*desktop.CustomShortcut)
	c := fyne.CurrentApp().Driver().CanvasForObject(f)
	to, can := c.(fyne.Shortcutable)
	steps := s.ShortcutName() == "Undo" || s.ShortcutName() == "Redo"
	if can && (ok && custom.Modifier&ctrlKey(string(custom.KeyName)) != 0 && !editsText[custom.KeyName] || steps && f.fresh != nil && f.fresh()) {
		to.TypedShortcut(s)
		return
	}
	f.Entry.TypedShortcut(s)
}

// editsText are the keys that move in text or delete from it with Ctrl held.
var editsText = map[fyne.KeyName]bool{
	fyne.KeyLeft: true, fyne.KeyRight: true, fyne.KeyUp: true, fyne.KeyDown: true, fyne.KeyHome: true,
	fyne.KeyEnd: true, fyne.KeyBackspace: true, fyne.KeyDelete: true,
}

// FocusLost implements fyne.Focusable.
func (f *field) FocusLost() {
	f.Entry.FocusLost()
	if f.left != nil {
		f.left()
	}
}

// choice is a drop-down list that keeps the keys only when it was reached by Tab. It shows
// its options in the person's language; its callers see them in English.
type choice struct {
	widget.Select
	options []string // in English, as c.Options show them
	tapped  bool
	ring    ring
}

func newChoice(options []string, changed func(string)) *choice {
	c := &choice{}
	c.PlaceHolder = words.T("(choose)")
	if changed != nil {
		c.OnChanged = func(string) { changed(c.chosen()) }
	}
	c.offer(options)
	c.ExtendBaseWidget(c)
	return c
}

// offer changes the options without choosing one.
func (c *choice) offer(options []string) {
	c.options, c.Options = options, make([]string, len(options))
	for i, o := range options {
		c.Options[i] = words.Label(o)
	}
}

// chosen is the option that is selected, "" for none.
func (c *choice) chosen() string {
	if i := slices.Index(c.Options, c.Selected); i >= 0 {
		return c.options[i]
	}
	return c.Selected
}

// SetSelected selects an option, as widget.Select does.
func (c *choice) SetSelected(option string) { c.Select.SetSelected(words.Label(option)) }

// Tapped implements fyne.Tappable.
func (c *choice) Tapped(ev *fyne.PointEvent) {
	c.tapped = true
	c.ring.show(false)
	c.Select.Tapped(ev)
}

// CreateRenderer implements fyne.Widget.
func (c *choice) CreateRenderer() fyne.WidgetRenderer {
	return c.ring.around(c.Select.CreateRenderer())
}

// FocusGained implements fyne.Focusable.
func (c *choice) FocusGained() {
	c.Select.FocusGained()
	c.ring.show(true)
}

// FocusLost implements fyne.Focusable.
func (c *choice) FocusLost() {
	c.Select.FocusLost()
	c.ring.show(false)
	c.tapped = false
}

// TypedKey implements fyne.Focusable: Escape and Enter are the window's, as at a slider.
func (c *choice) TypedKey(k *fyne.KeyEvent) {
	if !windowsKey(c, k) {
		c.Select.TypedKey(k)
	}
}

// KeyDown implements desktop.Keyable.
func (c *choice) KeyDown(k *fyne.KeyEvent) {
	if c.tapped {
		keysBack(c, k)
	}
}

// KeyUp implements desktop.Keyable.
func (c *choice) KeyUp(*fyne.KeyEvent) {}

// slide is a slider that keeps the keys only when it was reached by Tab.
type slide struct {
	widget.Slider
	tapped bool
	ring   ring
}

func newSlide(low, high float64) *slide {
	s := &slide{}
	s.Min, s.Max, s.Step = low, high, 1
	s.ExtendBaseWidget(s)
	return s
}

// Tapped implements fyne.Tappable.
func (s *slide) Tapped(ev *fyne.PointEvent) {
	s.tapped = true
	s.ring.show(false)
	s.Slider.Tapped(ev)
}

// TypedKey implements fyne.Focusable: what moves no slider is the window's.
func (s *slide) TypedKey(k *fyne.KeyEvent) {
	if !windowsKey(s, k) {
		s.Slider.TypedKey(k)
	}
}

// windowsKey hands Escape and Enter on to the window, and says whether it did.
func windowsKey(o fyne.CanvasObject, k *fyne.KeyEvent) bool {
	c := fyne.CurrentApp().Driver().CanvasForObject(o)
	if c == nil || c.OnTypedKey() == nil || k.Name != fyne.KeyEscape && k.Name != fyne.KeyReturn && k.Name != fyne.KeyEnter {
		return false
	}
	c.Unfocus()
	c.OnTypedKey()(k)
	return true
}

// CreateRenderer implements fyne.Widget.
func (s *slide) CreateRenderer() fyne.WidgetRenderer {
	return s.ring.around(s.Slider.CreateRenderer())
}

// FocusGained implements fyne.Focusable.
func (s *slide) FocusGained() {
	s.Slider.FocusGained()
	s.ring.show(true)
}

// FocusLost implements fyne.Focusable.
func (s *slide) FocusLost() {
	s.Slider.FocusLost()
	s.ring.show(false)
	s.tapped = false
}

// KeyDown implements desktop.Keyable.
func (s *slide) KeyDown(k *fyne.KeyEvent) {
	if s.tapped {
		keysBack(s, k)
	}
}

// KeyUp implements desktop.Keyable.
func (s *slide) KeyUp(*fyne.KeyEvent) {}

// tick is a check box that keeps the keys only when it was reached by Tab.
type tick struct {
	widget.Check
	tapped bool
	ring   ring
}

func newTick(text string, changed func(bool)) *tick {
	t := &tick{}
	t.Text, t.OnChanged = text, changed
	t.ExtendBaseWidget(t)
	return t
}

// Tapped implements fyne.Tappable.
func (t *tick) Tapped(ev *fyne.PointEvent) {
	t.tapped = true
	t.ring.show(false)
	t.Check.Tapped(ev)
}

// TypedKey implements fyne.Focusable.
func (t *tick) TypedKey(k *fyne.KeyEvent) {
	if !windowsKey(t, k) {
		t.Check.TypedKey(k)
	}
}

// CreateRenderer implements fyne.Widget.
func (t *tick) CreateRenderer() fyne.WidgetRenderer {
	return t.ring.around(t.Check.CreateRenderer())
}

// FocusGained implements fyne.Focusable.
func (t *tick) FocusGained() {
	t.Check.FocusGained()
	t.ring.show(true)
}

// FocusLost implements fyne.Focusable.
func (t *tick) FocusLost() {
	t.Check.FocusLost()
	t.ring.show(false)
	t.tapped = false
}

// KeyDown implements desktop.Keyable.
func (t *tick) KeyDown(k *fyne.KeyEvent) {
	if t.tapped {
		keysBack(t, k)
	}
}

// KeyUp implements desktop.Keyable.
func (t *tick) KeyUp(*fyne.KeyEvent) {}
