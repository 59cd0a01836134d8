// Package desktest is a desk whose window remembers what it was asked, with the window's
// goroutine in the test's hands.
package desktest

import (
	"errors"
	"testing"
	"time"

	"pentimento/app/desk"
	"pentimento/app/settings"
)

// Window is a window that remembers. Answer is the file that every question for one gets,
// "" cancels it; Saves answers the question about unsaved work.
type Window struct {
	Answer string
	Saves  bool
	Text   string // on the clipboard
	Asked  []string
	Shown  []string
	Said   []string
	Told   []string
	Failed []error
}

// AskOpen answers with Answer.
func (w *Window) AskOpen(title string, then func(string)) { w.ask(title, then) }

// AskSave answers with Answer.
func (w *Window) AskSave(suggestion string, then func(string)) { w.ask(suggestion, then) }

// AskFolder answers with Answer.
func (w *Window) AskFolder(title string, then func(string)) { w.ask(title, then) }

// AskQuality answers with what the question begins at.
func (w *Window) AskQuality(q desk.Quality, then func(int)) {
	w.Asked = append(w.Asked, q.Form)
	then(q.Quality)
}

func (w *Window) ask(what string, then func(string)) {
	if w.Asked = append(w.Asked, what); w.Answer != "" {
		then(w.Answer)
	}
}

// Confirm saves where Saves says so, and else does nothing.
func (w *Window) Confirm(title, _, _ string, _, save func()) {
	if w.Asked = append(w.Asked, title); w.Saves {
		save()
	}
}

// Tell remembers the lines.
func (w *Window) Tell(_ string, lines []string) { w.Told = append(w.Told, lines...) }

// Show remembers what.
func (w *Window) Show(what string) { w.Shown = append(w.Shown, what) }

// Fail remembers the error.
func (w *Window) Fail(err error) { w.Failed = append(w.Failed, err) }

// Say remembers the line.
func (w *Window) Say(text string) { w.Said = append(w.Said, text) }

// Clipboard holds no picture.
func (w *Window) Clipboard() ([]byte, error) { return nil, errors.New("nothing copied") }

// SetClipboard takes nothing.
func (w *Window) SetClipboard([]byte) error { return errors.New("no clipboard") }

// ClipboardText is Text.
func (w *Window) ClipboardText() string { return w.Text }

// Quit does nothing.
func (w *Window) Quit() {}

// Desk is a desk with its Window and what was posted to the window's goroutine.
type Desk struct {
	*desk.Desk
	Seen   *Window
	Posted chan func()
	t      testing.TB
}

// New returns a desk with a new user's settings, which are written nowhere.
func New(t testing.TB) *Desk {
	t.Helper()
	store, err := settings.Open("")
	if err != nil {
		t.Fatal(err)
	}
	d := &Desk{Seen: &Window{}, Posted: make(chan func(), 1024), t: t}
	d.Desk = desk.New(store, d.Seen, func(f func()) { d.Posted <- f })
	return d
}

// Until runs what was posted until ok.
func (d *Desk) Until(what string, ok func() bool) {
	d.t.Helper()
	limit := time.After(3 * time.Minute)
	for !ok() {
		select {
		case f := <-d.Posted:
			f()
		case <-limit:
			d.t.Fatalf("%s never happened; failures: %v", what, d.Seen.Failed)
		}
	}
}
