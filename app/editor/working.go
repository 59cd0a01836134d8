package editor

import (
	"context"
	"errors"
	"strings"
	"time"

	"pentimento/app/desk"
	"pentimento/app/words"
	"pentimento/canvas"
	"pentimento/fault"
	"pentimento/tools"
)

// What takes longer than a frame and is no fill runs beside the window's goroutine and beside
// the queue of jobs, which a fill may hold for minutes: one at a time, Esc ends it.

// working is a tool's work under way; cancel is nil when there is none.
type working struct {
	cancel context.CancelFunc
	number int // tells the present one from those before it
}

// workActions end it.
var workActions = []Action{
	{ID: "work.cancel", Name: "Stop what is being painted", Keys: []string{"Escape"}, Run: func(e *Editor) { e.stopWork() }, Enabled: func(e *Editor) bool { return e.Working() && !e.pressed }, Help: "Stop a bucket fill or a gradient before it is done"},
}

// Working says whether a tool's work is under way.
func (p *page) Working() bool { return p.work.cancel != nil }

func (p *page) stopWork() {
	if p.work.cancel != nil {
		p.work.cancel()
		if p.work.cancel = nil; p.shown() {
			p.ed.Say("")
		}
	}
}

// do runs a tool's work and makes it one step. Where somebody was faster it is done again of
// what is there then; a stroke under way is waited for.
func (p *page) do(w tools.Work) {
	p.stopWork()
	ctx, cancel := context.WithCancel(context.Background())
	p.work.number++
	p.work.cancel = cancel
	base, doc, number := p.doc.State(), p.doc, p.work.number
	current := func() bool { return p.Working() && p.work.number == number }
	slow := time.AfterFunc(500*time.Millisecond, func() {
		p.ed.Post(func() {
			if current() && p.shown() {
				p.ed.Say(words.T("%s … Stop it (Escape)", words.Label(w.Label)))
			}
		})
	})
	p.ed.Go(strings.ToLower(w.Label), func() {
		out, err := w.Do(ctx, base)
		slow.Stop()
		p.land(func() {
			if current() {
				p.done(w, base, out, err, doc)
			}
		})
	}, func(err error) {
		if slow.Stop(); current() {
			p.stopWork()
			p.ed.Say(fault.Plain(err))
		}
	})
}

// done lands the present work.
func (p *page) done(w tools.Work, base, out *canvas.State, err error, doc *canvas.Document) {
	switch {
	case doc != p.doc:
		p.stopWork()
	case err == nil && base != p.doc.State():
		p.do(w)
	default:
		p.stopWork()
		if errors.Is(err, context.Canceled) || p.ed.Fail(err) {
			return
		}
		ed := p.doc.Begin(w.Label)
		ed.Become(out)
		p.Changed(ed.Commit(), desk.ToolChanged)
	}
}

// Past is the step that the history brush paints back (tools.Host).
func (e *Editor) Past() *canvas.State {
	if e.past.doc == e.doc {
		return e.past.state
	}
	all, _ := e.doc.Moments()
	return all[opened(all)].State
}

// opened is the step of the picture as it was opened: the oldest, except that a document begins
// empty and the picture comes with the step after.
func opened(all []canvas.Moment) int {
	if len(all) > 1 && all[0].Label == "New" && strings.HasPrefix(all[1].Label, openLabel) {
		return 1
	}
	return 0
}

// OpenedStep is the place in History of the picture as it was opened.
func (e *Editor) OpenedStep() int {
	all, _ := e.doc.Moments()
	return opened(all)
}

// past is a chosen step of a document; it stays though the history forgets it.
type past struct {
	doc   *canvas.Document
	state *canvas.State
	label string
}

// SetPast makes step i of History the one that the history brush paints back.
func (e *Editor) SetPast(i int) {
	if all, _ := e.doc.Moments(); i >= 0 && i < len(all) {
		e.past = past{e.doc, all[i].State, all[i].Label}
		e.Tell(desk.Change{What: desk.ToolChanged})
	}
}

// PastStep is the place in History of what the history brush paints back; -1 where the history
// has forgotten it.
func (e *Editor) PastStep() int {
	all, _ := e.doc.Moments()
	past := e.Past()
	for i, m := range all {
		if m.State == past {
			return i
		}
	}
	return -1
}
