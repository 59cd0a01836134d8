package ui

import (
	"fmt"
	"math"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/widget"

	"pentimento/app/jobs"
	"pentimento/app/words"
)

// queueList is the queue at the right end of the strip: what runs and what waits, each with
// its time, a waiting one with a button that brings it forward.
type queueList struct {
	w       *window
	content *fyne.Container
	lines   *fyne.Container
	all     []*queueLine
}

// queueLine is one job.
type queueLine struct {
	id             jobs.ID
	box            *fyne.Container
	text           *captionLine
	sooner, cancel *hintButton
}

const queueWidth = 250

func newQueueList(w *window) *queueList {
	q := &queueList{w: w, lines: container.New(&tight{})}
	q.content = container.NewBorder(nil, nil, widget.NewSeparator(), nil, container.NewStack(spacer(queueWidth), container.NewVScroll(container.New(&inset{right: scrollRoom + 4}, q.lines))))
	q.content.Hide()
	return q
}

// update shows the jobs that wait or run; lines are reused.
func (q *queueList) update() {
	var now []jobs.Info
	for _, i := range q.w.ed.Jobs.List() {
		if i.Status == jobs.Running {
			now = append([]jobs.Info{i}, now...)
		} else if i.Status == jobs.Waiting {
			now = append(now, i)
		}
	}
	for len(q.all) < len(now) {
		q.all = append(q.all, q.line())
	}
	var objects []fyne.CanvasObject
	var ahead time.Duration // until the line begins
	for i, j := range now {
		l := q.all[i]
		l.id = j.ID
		right := ""
		if j.Status == jobs.Running {
			right, ahead = running(j), j.Left
		} else if ahead > 0 {
			right = words.T("in %.0f s", math.Ceil(ahead.Seconds()))
			ahead += whole(now[0])
		}
		l.text.set(j.Label, right, j.Label, false)
		l.sooner.enable(i > 1)
		showIf(l.sooner, j.Status == jobs.Waiting)
		objects = append(objects, l.box)
	}
	if len(objects) != len(q.lines.Objects) {
		q.lines.Objects = objects
		q.lines.Refresh()
	}
	showIf(q.content, len(objects) > 0)
}

// running is how far a job is, and its time left.
func running(j jobs.Info) string {
	text := fmt.Sprintf("%.0f %%", 100*j.Fraction)
	if j.Left >= time.Second {
		text += ", " + words.T("%.0f s left", math.Ceil(j.Left.Seconds()))
	}
	return text
}

// whole is how long a running job takes, as far as it can be told: its siblings take as long.
func whole(j jobs.Info) time.Duration {
	if j.Fraction >= 1 {
		return 0
	}
	return time.Duration(float64(j.Left) / (1 - j.Fraction))
}

func (q *queueList) line() *queueLine {
	l := &queueLine{}
	l.text = newCaptionLine(q.w, func() {})
	l.text.calm = true
	l.sooner = newHintButton(q.w, icon("up"), words.T("Do this one sooner"), func() { q.w.ed.Jobs.Sooner(l.id); q.w.focusCanvas() })
	l.cancel = newHintButton(q.w, icon("discardall"), words.T("Cancel this job"), func() { q.w.ed.Jobs.Cancel(l.id); q.w.focusCanvas() })
	l.box = container.NewBorder(nil, nil, nil, container.New(&tight{across: true}, l.sooner, l.cancel), l.text)
	return l
}

// tight is a row or column without gaps, whose buttons are as low as their icons allow.
type tight struct{ across bool }

// lineHeight is a line's of the queue.
const lineHeight = 22

// Layout implements fyne.Layout.
func (t *tight) Layout(all []fyne.CanvasObject, size fyne.Size) {
	at := fyne.Position{}
	for _, o := range all {
		if !o.Visible() {
			continue
		}
		o.Move(at)
		if t.across {
			o.Resize(fyne.NewSize(lineHeight+2, size.Height))
			at.X += lineHeight + 2
		} else {
			o.Resize(fyne.NewSize(size.Width, lineHeight))
			at.Y += lineHeight
		}
	}
}

// MinSize implements fyne.Layout.
func (t *tight) MinSize(all []fyne.CanvasObject) fyne.Size {
	n := float32(0)
	for _, o := range all {
		if o.Visible() {
			n++
		}
	}
	if t.across {
		return fyne.NewSize(n*(lineHeight+2), lineHeight)
	}
	return fyne.NewSize(queueWidth-24, n*lineHeight)
}
