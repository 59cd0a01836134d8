package ui

import (
	"fmt"
	"math"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/widget"

	"pentimento/app/editor"
	"pentimento/app/jobs"
)

// statusBar is the line at the bottom: the running job with its cancel button, then what
// the pointer is on, where it stands and how far the view is zoomed.
type statusBar struct {
	w        *window
	content  fyne.CanvasObject
	bar      *widget.ProgressBar
	label    *widget.Label
	cancel   *hintButton
	job      *fyne.Container
	line     *widget.Label
	readout  *widget.Label
	said     string
	hinted   string
	lastText string
}

func newStatusBar(w *window) *statusBar {
	s := &statusBar{w: w, bar: widget.NewProgressBar(), label: widget.NewLabel(""), line: widget.NewLabel(""), readout: widget.NewLabel("")}
	s.bar.TextFormatter = func() string { return fmt.Sprintf("%.0f %%", s.bar.Value*100) }
	s.cancel = newHintButton(w, icon("discardall"), "Cancel this job", func() {
		if i, ok := current(w.ed.Jobs.List()); ok {
			w.ed.Jobs.Cancel(i.ID)
		}
	})
	s.label.Truncation, s.line.Truncation = fyne.TextTruncateEllipsis, fyne.TextTruncateEllipsis
	s.job = container.NewHBox(container.NewStack(spacer(330), s.label), container.NewStack(spacer(160), s.bar), s.cancel)
	s.job.Hide()
	s.content = container.NewVBox(widget.NewSeparator(), container.NewBorder(nil, nil, s.job, s.readout, s.line))
	s.follow()
	return s
}

// current is the job to show: the running one, otherwise the first that waits.
func current(list []jobs.Info) (jobs.Info, bool) {
	var waiting jobs.Info
	found := false
	for _, i := range list {
		if i.Status == jobs.Running {
			return i, true
		}
		if i.Status == jobs.Waiting && !found {
			waiting, found = i, true
		}
	}
	return waiting, found
}

func (s *statusBar) update(c editor.Change) {
	if c.What&editor.JobsChanged == 0 {
		return
	}
	list := s.w.ed.Jobs.List()
	i, ok := current(list)
	if !ok {
		s.job.Hide()
		return
	}
	text := i.Label
	if i.Stage != "" {
		text += " — " + i.Stage
	}
	if i.Left > time.Second {
		text += fmt.Sprintf(", %s left", i.Left.Round(time.Second))
	}
	if n := s.w.ed.Jobs.Active(0); n > 1 {
		text += fmt.Sprintf(" (+%d waiting)", n-1)
	}
	if text != s.label.Text {
		s.label.SetText(text)
	}
	if math.Abs(i.Fraction-s.bar.Value) > 0.004 {
		s.bar.SetValue(i.Fraction)
	}
	s.job.Show()
}

// say shows a line until the pointer explains something else; hint one while it does.
func (s *statusBar) say(text string) { s.said = text; s.showLine() }

func (s *statusBar) hint(text string) {
	if text != "" {
		s.said = ""
	}
	s.hinted = text
	s.showLine()
}

func (s *statusBar) showLine() {
	text := s.hinted
	if s.said != "" {
		text = s.said
	}
	if s.line.Text != text {
		s.line.SetText(text)
	}
}

// follow shows where the pointer stands, the picture's size and the zoom.
func (s *statusBar) follow() {
	ed := s.w.ed
	text := percent(ed.View().Scale)
	if used := ed.Used(); !used.Empty() {
		text = fmt.Sprintf("%d × %d px from %d, %d   ", used.Dx(), used.Dy(), used.Min.X, used.Min.Y) + text
	}
	if v := s.w.view; v != nil && v.pointer.inside {
		x, y := ed.View().ToDoc(v.pointer.x+0.5, v.pointer.y+0.5)
		text = fmt.Sprintf("x %d, y %d   ", int(math.Floor(x)), int(math.Floor(y))) + text
	}
	if text != s.lastText {
		s.lastText = text
		s.readout.SetText(text)
	}
}
