package ui

import (
	"errors"
	"image"
	"image/png"
	"os"
	"path/filepath"
	"testing"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/storage"
	native "github.com/sqweek/dialog"

	"pentimento/canvas"
)

func tool(w *window) string {
	_, name := w.ed.Tool()
	return name
}

func TestKeysReachTheCanvasWithoutFocus(t *testing.T) {
	w := open(t)
	c := w.win.Canvas()
	c.Unfocus() // as after a click on a label
	c.OnTypedRune()('b')
	if tool(w) != "brush" {
		t.Errorf("B chose %s", tool(w))
	}
}

func TestTypingInAFieldChoosesNoTool(t *testing.T) {
	w := open(t)
	c := w.win.Canvas()
	before := tool(w)
	got := 0.0
	n := newNumberSlider("Size", 1, 500, 1, "px", func(v float64) { got = v })
	other := fyne.CurrentApp().NewWindow("")
	other.SetContent(n.content)
	oc := other.Canvas()
	oc.Focus(n.entry)
	n.entry.SetText("")
	for _, r := range "12" {
		n.entry.TypedRune(r)
	}
	n.entry.TypedKey(&fyne.KeyEvent{Name: fyne.KeyReturn})
	if got != 12 || oc.Focused() != nil {
		t.Errorf("Enter gave %v, focus %v", got, oc.Focused())
	}
	oc.Focus(n.entry)
	n.entry.SetText("b")
	oc.Unfocus()
	if n.entry.Text != "12" || got != 12 {
		t.Errorf("nonsense left %q and %v, want what was there", n.entry.Text, got)
	}
	if tool(w) != before || c == nil {
		t.Errorf("typing chose %s", tool(w))
	}
}

func TestAFileDialogOfTheDesktopTakesTheKeys(t *testing.T) {
	t.Setenv(fileDialogs, "")
	t.Setenv("DISPLAY", ":0")
	w := open(t)
	before := tool(w)
	answered, asked := make(chan struct{}), make(chan struct{})
	w.choose(func() (string, error) { close(asked); <-answered; return "", native.ErrCancelled }, func() { t.Error("none was possible") }, nil)
	<-asked
	if c := w.win.Canvas(); c.Focused() == nil {
		c.OnTypedRune()('b')
	}
	if close(answered); tool(w) != before {
		t.Error("a letter reached the canvas under a file dialog")
	}
}

func TestAnOpenSheetTakesTheKeys(t *testing.T) {
	w := open(t)
	c := w.win.Canvas()
	before := tool(w)
	w.Fail(errors.New("a thing happened"))
	c.OnTypedRune()('b')
	if tool(w) != before {
		t.Error("a letter reached the canvas under a sheet")
	}
	c.OnTypedKey()(&fyne.KeyEvent{Name: fyne.KeyEscape})
	if w.covered() || len(w.modals) != 0 {
		t.Error("Escape did not close the sheet")
	}
	left := false
	w.Confirm("Unsaved work", "…", "Discard and quit", func() { left = true }, func() {})
	c.OnTypedKey()(&fyne.KeyEvent{Name: fyne.KeyEscape})
	if left || w.covered() {
		t.Error("Escape must stay")
	}
}

func TestEscapeClosesASheetFromAFocusedList(t *testing.T) {
	w := open(t)
	paintTestPicture(w)
	w.ed.Do("image.enlarge")
	list, _ := w.win.Canvas().Focused().(*choice)
	if list == nil || !w.covered() {
		t.Fatalf("the sheet opened with %T focused, want a list", w.win.Canvas().Focused())
	}
	list.TypedKey(&fyne.KeyEvent{Name: fyne.KeyEscape})
	if w.covered() {
		t.Error("a list kept Escape from the sheet it is in")
	}
}

func TestDroppedFilesLandUnderThePointerOrInTheStrip(t *testing.T) {
	w := open(t)
	paintTestPicture(w)
	name := filepath.Join(t.TempDir(), "drop.png")
	f, err := os.Create(name)
	if err != nil {
		t.Fatal(err)
	}
	if err := png.Encode(f, image.NewNRGBA(image.Rect(0, 0, 40, 20))); err != nil {
		t.Fatal(err)
	}
	f.Close()
	wait := func(ok func() bool) bool {
		for end := time.Now().Add(10 * time.Second); time.Now().Before(end) && !ok(); time.Sleep(5 * time.Millisecond) {
			w.view.settle()
		}
		return ok()
	}
	at := fyne.CurrentApp().Driver().AbsolutePositionForObject(w.view)
	uris := []fyne.URI{storage.NewFileURI(name)}
	w.dropped(at.AddXY(120, 90), uris)
	wait(func() bool { return w.win.Canvas().Focused() != nil }) // not before the file was looked at
	menu := w.win.Canvas().Focused()                             // asks how to use it; "New layer here" comes first
	if menu == nil {
		t.Fatal("no question after the drop")
	}
	menu.TypedKey(&fyne.KeyEvent{Name: fyne.KeyDown})
	menu.TypedKey(&fyne.KeyEvent{Name: fyne.KeyReturn})
	if !wait(func() bool { return len(w.ed.Committed().Layers) == 2 }) {
		t.Fatal("nothing was placed")
	}
	l := w.ed.Committed().Layers[1]
	// The canvas begins at a fraction of a pixel below the panels, hence the room of one.
	if want := image.Rect(80, 60, 120, 80); l.Placed == nil || l.Placed.Rect.Size() != want.Size() || !l.Placed.Rect.In(want.Inset(-1)) {
		t.Errorf("placed %+v, want it centred at 100,70: %v", l.Placed, want)
	}
	w.dropped(at.AddXY(w.view.Size().Width+60, 300), uris)
	if !wait(func() bool { return len(w.ed.Committed().References) == 1 }) {
		t.Error("a drop on the panels was not kept as a reference")
	}
	if len(w.ed.Committed().Layers) != 2 {
		t.Error("a drop on the panels was placed as well")
	}
}

func TestUndoInAPromptIsThePicturesUntilSomethingIsTyped(t *testing.T) {
	w, _ := diffusing(t)
	paintTestPicture(w)
	for x := range 2 {
		m := image.NewAlpha(image.Rect(20*x, 0, 20*x+9, 9))
		m.Pix[0] = 255
		w.ed.Edit("a mask", func(ed *canvas.Edit) { ed.SetMask(m) })
	}
	prompt := of[*maskBar](w).prompt
	w.win.Canvas().Focus(prompt)
	_, before := w.ed.History()
	prompt.TypedShortcut(&fyne.ShortcutUndo{})
	if _, at := w.ed.History(); at != before-1 {
		t.Errorf("undo in the prompt went from step %d to %d, want one back", before, at)
	}
	prompt.TypedShortcut(&fyne.ShortcutRedo{})
	prompt.TypedRune('a')
	prompt.TypedShortcut(&fyne.ShortcutUndo{})
	if _, at := w.ed.History(); at != before || prompt.Text != "" {
		t.Errorf("after typing it is at step %d with %q, want step %d and the letter undone", at, prompt.Text, before)
	}
}

func TestALineInTheStatusBarGoesWhenThePictureGoesOn(t *testing.T) {
	w := open(t)
	change := func() {
		w.ed.Edit("paint", func(ed *canvas.Edit) { ed.Put(ed.State().Active, image.NewNRGBA(image.Rect(0, 0, 9, 9)), nil) })
	}
	w.Say("Exported a.png")
	if change(); w.status.line.Text == "" {
		t.Error("the line went before it could be read")
	}
	w.status.saidAt = time.Now().Add(-time.Minute)
	if change(); w.status.line.Text != "" {
		t.Errorf("%q stands over another picture", w.status.line.Text)
	}
}

func TestAButtonThatHasTheFocusKeepsNoKeyOfTheTable(t *testing.T) {
	w := open(t)
	c := w.win.Canvas()
	pressed := 0
	b := newHintButton(w, nil, "", func() { pressed++ })
	c.Focus(b)
	b.TypedKey(&fyne.KeyEvent{Name: fyne.KeySpace})
	b.TypedRune(' ')
	b.TypedKey(&fyne.KeyEvent{Name: fyne.KeyReturn})
	if b.TypedRune('b'); tool(w) != "brush" || pressed != 2 || c.Focused() != fyne.Focusable(w.view) {
		t.Errorf("the tool is %s, pressed %d times, focus %v", tool(w), pressed, c.Focused())
	}
}
