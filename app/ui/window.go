package ui

import (
	"errors"
	"image/color"
	"runtime/debug"
	"strings"
	"time"

	"fyne.io/fyne/v2"
	fyneapp "fyne.io/fyne/v2/app"
	fynecanvas "fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/dialog"
	"fyne.io/fyne/v2/driver"
	"fyne.io/fyne/v2/lang"
	"fyne.io/fyne/v2/layout"
	"fyne.io/fyne/v2/widget"

	"pentimento/app/desk"
	"pentimento/app/editor"
	"pentimento/app/pen"
	"pentimento/app/words"
	"pentimento/assets"
	"pentimento/fault"
)

// window is the main window; it implements desk.Window.
type window struct {
	app        fyne.App
	win        fyne.Window
	ed         *editor.Editor
	view       *canvasView
	panels     []panel // everything that follows the editor's changes
	centre     *fyne.Container
	status     *statusBar
	layers     *layerPanel
	painted    *regionPanel
	references *referencePanel
	prompt     *promptEntry
	tips       *tips
	start      *startScreen
	bar        *maskBar
	colours    *colourPanel
	text       *textBar
	tools      *toolbar
	candidates *candidateBar
	column     *sideColumn
	tabs       *tabRow
	card       *card // of the change that is tried; nil: none is open
	cards      *fyne.Container
	title      string
	close      func()              // ends the window and the program, without a question
	registered map[string]bool     // shortcuts that the toolkit knows
	modals     []*modal            // open sheets, the top one last
	asking     bool                // a file dialog of the desktop is open
	regions    []fyne.CanvasObject // parts with controls, in the order of Ctrl+F6; the canvas is before the first
	tidy       *time.Timer         // gives the system the memory back that the last job has used
}

// panel is a part of the window that follows the editor.
type panel interface {
	// update brings the panel up to date after a change.
	update(desk.Change)
}

// Run opens the window. The window adds itself to the configuration and makes the editor from
// it; the first of paths is opened, the others are placed as layers. When the window is closed,
// or the system ends the program by SIGTERM or SIGINT, everything is put on the disk and exit is
// called with what went wrong, which ends the program. An error that is returned comes from before.
func Run(id string, config editor.Config, paths []string, exit func(error)) error {
	dropHalfPreferences(id)
	a := fyneapp.NewWithID(id)
	out := &ending{exit: exit}
	config.Post = out.post
	a.SetIcon(fyne.NewStaticResource("icon.png", assets.Icon))
	if err := translate(lang.SystemLocale()); err != nil {
		return err
	}
	w := newWindow(a, config)
	w.win.SetMaster()
	w.close = func() {
		w.win.Hide() // a save may take a while
		out.end(w.ed)
	}
	fyne.CurrentApp().Lifecycle().SetOnEnteredForeground(func() { w.ed.Post(w.ed.Models.Library.LookSoon) })
	a.Lifecycle().SetOnStarted(func() { // not before: fyne.Do has no window's goroutine yet
		hear(w.close)
		w.ed.OpenAll(paths)
		w.ed.Models.Library.LookSoon()
		w.ed.Keeping.LookForRecovery(func(crashed bool) {
			w.start.show()
			switch {
			case crashed && w.covered(): // Enter, meant for the sheet that was opened meanwhile, would answer it
				w.Say(words.T("There are canvases to recover: “Recover a canvas…” in the File menu lists them"))
			case crashed:
				w.Show("recovery")
			}
		})
		w.focusCanvas()
		handle := w.handle()
		fitScreen(handle)
		pen.Listen(w.view.stylus.tracker, handle)
		// What starting up has used and dropped (decoded icons, fonts) goes back at once.
		w.tidy.Reset(tidyAfter)
	})
	w.win.ShowAndRun()
	out.end(w.ed) // a signal came before there was a window
	return nil
}

// handle is the window's own of Windows, elsewhere 0; pen.Listen, which needs it, there finds
// pens and touch screens by itself, or leaves them to go on as a mouse does.
func (w *window) handle() (handle uintptr) {
	if n, ok := w.win.(driver.NativeWindow); ok {
		n.RunNative(func(context any) {
			if c, ok := context.(driver.WindowsWindowContext); ok {
				handle = c.HWND
			}
		})
	}
	return handle
}

// tidyAfter is how long nothing must be computed before memory is given back: a collection
// takes a core for a moment, which nobody misses between two fills.
const tidyAfter = 2 * time.Second

// newWindow builds everything but does not show it; tests use it with Fyne's test app.
func newWindow(a fyne.App, config editor.Config) *window {
	w := &window{app: a, title: "Pentimento", registered: map[string]bool{}, tidy: time.AfterFunc(tidyAfter, debug.FreeOSMemory)}
	w.win = a.NewWindow(w.title)
	w.win.SetPadded(false)
	config.Window = w
	if config.Post == nil {
		config.Post = func(f func()) { fyne.Do(f) }
	}
	w.ed = editor.New(config)
	a.Settings().SetTheme(look{light: w.ed.Settings.Theme == "light"})
	w.build()
	w.ed.Listen(w.changed)
	w.registerShortcuts()
	w.takeKeys()
	a.Lifecycle().SetOnExitedForeground(func() {
		w.view.FocusLost() // a key released elsewhere is not reported
		w.ed.Fills.Live.SetAway(true)
	})
	a.Lifecycle().SetOnEnteredForeground(func() { w.ed.Fills.Live.SetAway(false) })
	w.win.SetOnDropped(w.dropped)
	w.win.SetCloseIntercept(w.Quit)
	w.close = w.win.Close
	s := w.ed.Settings.Window
	w.win.Resize(fyne.NewSize(max(s.Width, 640), max(s.Height, 480)))
	return w
}

// build lays the window out: menu and options on top, tools left, panels right, jobs at
// the bottom, the canvas in the middle.
func (w *window) build() {
	w.view, w.tips = newCanvasView(w.ed), newTips(w)
	options := newOptionsBar(w)
	w.tools = newToolbar(w)
	w.colours = newColourPanel(w)
	fill, layers, history, refs := newFillPanel(w), newLayerPanel(w), newHistoryPanel(w), newReferencePanel(w)
	w.layers, w.prompt, w.painted, w.references = layers, fill.prompt.entry, fill.regions, refs
	w.status = newStatusBar(w)
	start, live := newStartScreen(w), newLiveBar(w)
	w.start, w.bar, w.text = start, newMaskBar(w), newTextBar(w)
	candidates := newCandidateBar(w, w.bar.floating, w.text.floating)
	w.candidates = candidates
	strip := newResultStrip(w)
	w.view.onPen = options.show
	w.tabs = newTabRow(w)
	w.view.onView = func() { w.status.follow(); candidates.dock(); w.bar.dock(); w.text.dock() }
	w.view.onGuide = w.showGuideLine
	ended, endedNotice := newDownloadNotice(w)
	made := newMadeNotice(w)
	notices := newNoticeBar(w, container.NewPadded(endedNotice), container.NewPadded(made.content))
	w.panels = append(w.panels, ended, made, notices, options, w.tools, fill, w.colours, layers, history, refs, w.status, start, candidates, w.bar, w.text, live, strip, w.tabs, &glyphs{w: w, has: map[rune]bool{}})

	column := newSideColumn(w, fill.head, append(fill.sections(),
		w.colours.section, newSection(w, words.T("References"), "guides", refs.content), newSection(w, words.T("Layers"), "layers", layers.content),
		newSection(w, words.T("History"), "history", history.content))...)
	w.panels, w.column = append(w.panels, column), column
	w.cards = container.New(byHand{})
	w.panels = append(w.panels, panelFunc(w.followTrial))
	w.centre = container.NewStack(w.view, candidates.layer, start.layer, live.layer, notices.layer, w.cards)
	top := container.NewVBox(container.NewHBox(menuBar(w)), separator(), options.content, separator())
	middle := container.NewBorder(w.tabs.content, strip.content, nil, nil, w.centre)
	// Tab goes from the canvas to the column, at whose head the prompt is, and to the rest after it.
	border := layout.NewBorderLayout(top, w.status.content, w.tools.content, column.content)
	all := container.New(&beside{border, w.tools.rail, []fyne.CanvasObject{top, w.status.content}}, middle, column.content, top, w.tools.content, w.status.content)
	w.win.SetContent(container.NewStack(all, w.tips.layer))
	w.regions = []fyne.CanvasObject{w.bar.box, candidates.box, column.content, strip.content, top, w.tools.content}
	seen := [4]bool{true, column.content.Visible(), strip.content.Visible(), false}
	w.panels = append(w.panels, panelFunc(func(desk.Change) {
		now := [4]bool{!w.ed.Bare(), column.content.Visible(), strip.content.Visible(), w.tabs.content.Visible()}
		if now == seen {
			return
		}
		for _, o := range []fyne.CanvasObject{top, w.tools.content, w.status.content} {
			showIf(o, now[0])
		}
		for _, c := range []*fyne.Container{all, middle} { // what is hidden keeps its room until then
			c.Layout.Layout(c.Objects, c.Size())
		}
		if now[0] != seen[0] {
			w.focusCanvas() // what had the keys may be gone
		}
		seen = now
	}))
	w.refreshTitle()
}

func separator() fyne.CanvasObject { return widget.NewSeparator() }

// spacer keeps a column at a width whatever stands in it.
func spacer(width float32) fyne.CanvasObject {
	r := fynecanvas.NewRectangle(color.Transparent)
	r.SetMinSize(fyne.NewSize(width, 1))
	return r
}

func (w *window) changed(c desk.Change) {
	for _, p := range w.panels {
		p.update(c)
	}
	if c.What&(desk.HistoryChanged|desk.DocumentOpened|desk.ProjectChanged|desk.CandidatesChanged) != 0 {
		w.refreshTitle()
	}
	if c.What&(desk.HistoryChanged|desk.DocumentOpened|desk.ToolChanged) != 0 {
		w.tips.over("", fyne.Position{}) // what it was about may be gone
	}
	if c.What&desk.JobsChanged != 0 {
		if w.tidy.Stop(); w.ed.Jobs.Active(0) == 0 {
			w.tidy.Reset(tidyAfter)
		}
	}
	if c.What&desk.SettingsChanged != 0 {
		w.registerShortcuts()
		if t, ok := w.app.Settings().Theme().(look); ok && t.light != (w.ed.Settings.Theme == "light") {
			w.app.Settings().SetTheme(look{light: w.ed.Settings.Theme == "light"})
		}
	}
}

func (w *window) refreshTitle() {
	if t := w.ed.Keeping.Title() + " — Pentimento"; t != w.title {
		w.title = t
		w.win.SetTitle(t)
	}
}

// pointing says that the pointer is on a control at a position of the window: the bar that it is
// part of keeps still.
func (w *window) pointing(at fyne.Position) {
	at = at.Subtract(fyne.CurrentApp().Driver().AbsolutePositionForObject(w.view))
	for _, f := range []*floating{w.candidates.floating, w.bar.floating, w.text.floating} {
		f.pointing(at)
	}
}

// unexplain ends what is said of a control that goes from under the pointer, of which it hears
// only when it is moved.
func (w *window) unexplain() {
	w.status.hint("")
	w.tips.over("", fyne.Position{})
}

func (w *window) focusCanvas() { w.view.focus() }

// Quit closes the window, asking first where work is unsaved.
func (w *window) Quit() {
	w.ed.Leave(func() {
		if !w.win.FullScreen() {
			w.ed.Settings.Window.Width, w.ed.Settings.Window.Height = w.win.Canvas().Size().Width, w.win.Canvas().Size().Height
		}
		w.close()
	})
}

// Confirm asks before unsaved work is lost. Enter takes the safe way: to save first.
func (w *window) Confirm(title, text, discard string, then, save func()) {
	label := widget.NewLabel(text)
	label.Wrapping = fyne.TextWrapWord
	d := dialog.NewCustomWithoutButtons(title, container.NewStack(spacer(420), label), w.win)
	button := func(text string, importance widget.Importance, tap func()) fyne.CanvasObject {
		b := widget.NewButton(text, func() { d.Hide(); tap() })
		b.Importance = importance
		return b
	}
	d.SetButtons([]fyne.CanvasObject{
		button(words.T("Cancel"), widget.MediumImportance, func() {}),
		button(discard, widget.MediumImportance, then),
		button(words.T("Save"), widget.HighImportance, save),
	})
	w.showSheetOver(d, func() { d.Hide(); save() }, nil)
}

// Fail shows an error in plain words and the advice that comes with it.
func (w *window) Fail(err error) {
	text := widget.NewLabel(sentence(err))
	text.Wrapping = fyne.TextWrapWord
	body := container.NewVBox(spacer(420), text)
	if h := fault.Hint(err); h != "" {
		advice := widget.NewLabel(sentence(errors.New(w.ed.Keyed(h))))
		advice.Wrapping = fyne.TextWrapWord
		advice.Importance = widget.HighImportance
		body.Add(advice)
	}
	w.showSheetOver(dialog.NewCustom(words.T("That didn't work"), words.T("OK"), body, w.win), nil, nil)
}

// Tell shows what a person should know of a file that was opened.
func (w *window) Tell(title string, lines []string) {
	body := container.NewVBox(spacer(460))
	for _, line := range lines {
		body.Add(wrapped(sentence(errors.New(line))))
	}
	body.Resize(fyne.NewSize(460, body.MinSize().Height)) // breaks the lines, which are as high as they are only then
	scroll := container.NewVScroll(body)
	scroll.SetMinSize(fyne.NewSize(470, min(body.MinSize().Height, 320)))
	w.showSheetOver(dialog.NewCustom(title, words.T("OK"), scroll, w.win), nil, nil)
}

// Say shows a line that passes.
func (w *window) Say(text string) { w.status.say(w.ed.Keyed(text)) }

// sentence makes an error readable: a capital first, a full stop last.
func sentence(err error) string {
	s := fault.Plain(err)
	if s == "" {
		return s
	}
	if r := []rune(s); r[0] >= 'a' && r[0] <= 'z' {
		r[0] -= 'a' - 'A'
		s = string(r)
	}
	return strings.TrimSuffix(s, ".") + "."
}
