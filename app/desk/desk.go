// Package desk is what the parts of the program without its window share: the settings, the
// window and its goroutine, and the news of what has changed. It knows no picture.
//
// Everything belongs to one goroutine, the window's. Work that is done elsewhere comes back
// through Desk.Post.
//
// 2026-11-27: a leaf of its own, so that fills, keeping, prompting, models and provenance
// hear of each other's changes without importing the editor or one another.
package desk

import (
	"image"
	"slices"

	"pentimento/app/settings"
	"pentimento/fault"
)

// Window is what the program asks of whatever shows it. Every method returns at once;
// then is called later on the window's goroutine, or never when the person cancels.
type Window interface {
	AskOpen(title string, then func(path string))
	AskSave(suggestion string, then func(path string))
	AskFolder(title string, then func(path string))
	AskQuality(q Quality, then func(quality int))
	// Confirm asks before unsaved work is left behind: drop it and go on, or save first.
	Confirm(title, text, discard string, then, save func())
	Tell(title string, lines []string) // what a person should know, until it is read
	Show(what string)                  // "palette", "shortcuts", "settings", "about", "recent"
	Fail(err error)
	Say(text string) // a line that passes
	Clipboard() (png []byte, err error)
	SetClipboard(png []byte) error
	Quit()
}

// Quality is the question how well a picture is written.
type Quality struct {
	Form    string // "JPEG"
	Quality int    // to begin at, 1 to 100; 0: exactly
	Exact   bool   // the form can hold every pixel exactly, which 0 answers
	Notes   []string
}

// What is a set of things that changed.
type What uint32

// The things that change.
const (
	Picture What = 1 << iota // Change.Dirty says where
	ViewMoved
	ToolChanged
	LayersChanged
	HistoryChanged
	JobsChanged
	CandidatesChanged
	FillChanged
	SettingsChanged
	DocumentOpened
	OverlayChanged // the tool's shapes
	ProjectChanged // its file was opened, is being saved, or was
	NoticesChanged // keeping.Notices
	ModelsChanged  // the library of models
	DownloadsChanged
)

// Listeners receive a Change after it happened.
type Change struct {
	What  What
	Dirty image.Rectangle // document pixels, with Picture
}

// Desk is shared by all parts. Settings is never nil; Window is nil where nobody looks.
type Desk struct {
	Settings *settings.Store
	Window   Window
	// Post runs a function on the window's goroutine, soon and in order.
	Post func(func())
	// Advise brings the panel's numbers to what a newly chosen model advises, kept or not;
	// nil: nobody does.
	Advise func(kept bool)

	listeners []*func(Change)
}

// New returns a Desk. A nil post runs functions at once, on the caller's goroutine.
func New(s *settings.Store, w Window, post func(func())) *Desk {
	if post == nil {
		post = func(f func()) { f() }
	}
	return &Desk{Settings: s, Window: w, Post: post}
}

// Listen calls f after every change, on the window's goroutine, until stop is called.
func (d *Desk) Listen(f func(Change)) (stop func()) {
	own := &f
	d.listeners = append(d.listeners, own)
	return func() {
		d.listeners = slices.DeleteFunc(slices.Clone(d.listeners), func(o *func(Change)) bool { return o == own }) // a Tell may be going through them
	}
}

// Silence ends all news: there is no window any more that could show them.
func (d *Desk) Silence() { d.listeners, d.Window = nil, nil }

// Tell tells every listener of a change, in the order in which they began to listen.
func (d *Desk) Tell(c Change) {
	for _, f := range d.listeners {
		(*f)(c)
	}
}

// Go does work on a goroutine of its own. A panic in it is logged, said in the window, and
// given to failed (may be nil) on the window's goroutine, so that nobody waits for ever for what
// does not come. what says in a word or two what the work is.
func (d *Desk) Go(what string, work func(), failed func(error)) {
	go func() {
		err := fault.Guard(what, work)
		if err == nil {
			return
		}
		d.Post(func() {
			d.Say(fault.Plain(err))
			if failed != nil {
				failed(err)
			}
		})
	}()
}

// SetFill changes the fill panel's values. Numbers that were left as advised follow a newly
// chosen model.
func (d *Desk) SetFill(change func(*settings.Fill)) { d.setFill(change, false) }

// TakeFill is SetFill for values that come together with their engine and model: they stay
// as they are, also where they look like the usual ones.
func (d *Desk) TakeFill(change func(*settings.Fill)) { d.setFill(change, true) }

func (d *Desk) setFill(change func(*settings.Fill), kept bool) {
	change(&d.Settings.Fill)
	if d.Advise != nil {
		d.Advise(kept)
	}
	d.Tell(Change{What: FillChanged | OverlayChanged})
}

// Ask calls f with the window, if there is one.
func (d *Desk) Ask(f func(Window)) {
	if d.Window != nil {
		f(d.Window)
	}
}

// Fail shows an error, if there is one, and says whether there was.
func (d *Desk) Fail(err error) bool {
	if err != nil && d.Window != nil {
		d.Window.Fail(err)
	}
	return err != nil
}

// Say shows a line that passes.
func (d *Desk) Say(text string) { d.Ask(func(w Window) { w.Say(text) }) }

// Show opens one of the window's sheets by its name.
func (d *Desk) Show(what string) { d.Ask(func(w Window) { w.Show(what) }) }
