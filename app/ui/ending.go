package ui

import (
	"os"
	"os/signal"
	"sync/atomic"
	"syscall"

	"fyne.io/fyne/v2"

	"pentimento/app/editor"
	"pentimento/fault"
)

// ending is the one way out of the window: everything is put on the disk on the window's
// goroutine while Fyne's loop still runs, and then the program ends.
//
// 2026-11-29: Fyne's own way down (2.7.1, internal/driver/glfw/loop.go) looks a last time for
// what is queued and then closes the queue; what comes between the two is waited for without
// end. That is one end of some ten thousands, in which the window is gone, the process stays and
// nothing that comes after it is done. So nothing is left for after it.
type ending struct {
	over atomic.Bool // nothing that is posted is done any more
	exit func(error)
}

// post is editor.Config.Post: f runs on the window's goroutine, unless the window is over. Fyne
// runs on the caller's what comes after the end of its loop.
func (e *ending) post(f func()) {
	if e.over.Load() {
		return
	}
	fyne.Do(func() {
		if !e.over.Load() {
			f()
		}
	})
}

// end closes the editor and ends the program with what went wrong. It runs on the window's goroutine; only
// the first call counts.
func (e *ending) end(ed *editor.Editor) {
	if e.over.Swap(true) {
		return
	}
	ed.Silence() // what the editor still has to do, nobody sees
	e.exit(ed.Close())
}

// hear has a signal that ends programs call f on the window's goroutine.
func hear(f func()) {
	signal.Reset(os.Interrupt, syscall.SIGTERM) // Fyne would leave its loop first
	heard := make(chan os.Signal, 1)
	signal.Notify(heard, os.Interrupt, syscall.SIGTERM)
	go func() { _ = fault.Guard("signals", func() { <-heard; fyne.Do(f) }) }()
}
