package ui

import (
	"fmt"
	"image"
	"math"
	"strings"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"pentimento/app/desk"
	"pentimento/app/jobs"
	"pentimento/app/words"
	"pentimento/canvas/render"
)

// statusBar is the line at the bottom: what the pointer is on, the running job with its
// time left, cancel and queue, and where the pointer stands. Nothing in it moves when a
// job comes or goes.
type statusBar struct {
	w        *window
	content  fyne.CanvasObject
	bar      *widget.ProgressBar
	label    *widget.Label
	cancel   *hintButton
	queue    *hintButton
	job      *fyne.Container
	stopped  *stoppedButton
	coming   *hintButton // how far downloads are
	line     *widget.Label
	readout  *widget.Label
	row      *fyne.Container   // line, and what is at its right
	where    fyne.CanvasObject // the readout with its room; a sentence that needs it has it
	left     time.Duration     // of the running job
	said     string
	saidAt   time.Time
	engine   string // that was chosen then
	hinted   string
	lastText string
}

func newStatusBar(w *window) *statusBar {
	s := &statusBar{w: w, bar: widget.NewProgressBar(), label: widget.NewLabel(""), line: widget.NewLabel(""), readout: widget.NewLabel("")}
	s.bar.TextFormatter = s.barText
	s.cancel = newHintButton(w, icon("discardall"), words.T("Cancel this job"), func() {
		if i, ok := current(w.ed.Jobs.List()); ok {
			w.ed.Jobs.Cancel(i.ID)
		}
		w.focusCanvas()
	})
	s.queue = newHintButton(w, nil, words.T("Waiting jobs; choose one to cancel it"), s.showQueue)
	s.label.Truncation, s.line.Truncation = fyne.TextTruncateEllipsis, fyne.TextTruncateEllipsis
	s.label.Alignment, s.readout.Alignment = fyne.TextAlignTrailing, fyne.TextAlignTrailing
	s.job = container.NewHBox(container.NewStack(spacer(230), s.label), container.NewStack(spacer(150), s.bar), s.cancel, container.NewStack(spacer(36), s.queue))
	s.job.Hide()
	s.stopped = newStoppedButton(w)
	s.coming = newHintButton(w, icon("download"), words.T("Downloads"), func() { w.ed.Do("file.getmodel") })
	s.coming.Hide()
	right := container.NewHBox(s.coming, container.NewStack(spacer(112), s.stopped.hintButton), s.job, container.NewStack(spacer(290), s.readout))
	s.where = right.Objects[3]
	s.row = container.New(lineLayout{}, s.line, right)
	s.content = container.NewVBox(widget.NewSeparator(), s.row)
	s.follow()
	return s
}

// barText is what stands in the bar: how far, and how long still.
func (s *statusBar) barText() string {
	text := fmt.Sprintf("%.0f %%", s.bar.Value*100)
	switch {
	case s.left >= 90*time.Second:
		text += ", " + words.T("%.0f min left", math.Ceil(s.left.Minutes()))
	case s.left >= time.Second:
		text += ", " + words.T("%.0f s left", math.Ceil(s.left.Seconds()))
	}
	return text
}

// showQueue offers to cancel any job that has not ended.
func (s *statusBar) showQueue() {
	var items []*fyne.MenuItem
	for _, i := range s.w.ed.Jobs.List() {
		if i.Status <= jobs.Running {
			item := fyne.NewMenuItem(words.T("Cancel “%s”", i.Label), func() { s.w.ed.Jobs.Cancel(i.ID) })
			item.Icon = icon("discardall")
			items = append(items, item)
		}
	}
	all := fyne.NewMenuItem(words.T("Cancel all jobs"), func() { s.w.ed.Do("fill.cancel") })
	menu := widget.NewPopUpMenu(fyne.NewMenu("", append(items, fyne.NewMenuItemSeparator(), all)...), s.w.win.Canvas())
	at := fyne.CurrentApp().Driver().AbsolutePositionForObject(s.queue)
	menu.ShowAtPosition(at.SubtractXY(0, menu.MinSize().Height))
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

func (s *statusBar) update(c desk.Change) {
	if c.What&(desk.HistoryChanged|desk.DocumentOpened|desk.ToolChanged) != 0 && s.said != "" && time.Since(s.saidAt) > readTime {
		s.say("") // it was about what the picture was before
	}
	if c.What&desk.FillChanged != 0 && s.said != "" && s.engine != s.w.ed.Settings.Fill.Engine && time.Since(s.saidAt) > time.Second {
		s.say("") // it may be about what fills
	}
	if c.What&desk.DownloadsChanged != 0 {
		s.showComing()
	}
	if c.What&desk.JobsChanged == 0 {
		return
	}
	s.stopped.update()
	list := s.w.ed.Jobs.List()
	i, ok := current(list)
	if !ok {
		s.job.Hide()
		return
	}
	text := i.Label
	if i.Stage != "" {
		text = words.Label(i.Stage) + " — " + text // the end is what may be cut off
	}
	if text != s.label.Text {
		s.label.SetText(text)
	}
	waiting := ""
	if n := s.w.ed.Jobs.Active(0); n > 1 {
		waiting = fmt.Sprintf("+%d", n-1)
	}
	if waiting != s.queue.Text {
		s.queue.SetText(waiting)
	}
	s.queue.enable(waiting != "")
	if before := s.barText(); math.Abs(i.Fraction-s.bar.Value) > 0.004 {
		s.left = i.Left
		s.bar.SetValue(i.Fraction)
	} else if s.left = i.Left; s.barText() != before {
		s.bar.Refresh()
	}
	s.job.Show()
}

// showComing says how far the downloads are that run now.
func (s *statusBar) showComing() {
	text := s.w.ed.Downloads.Coming()
	if text != "" && text != s.coming.Text {
		s.coming.SetText(text)
	}
	showIf(s.coming, text != "")
}

// readTime is how long a line stays although the picture went on.
const readTime = 4 * time.Second

// staleTime is how long a line stays where nothing happens.
const staleTime = time.Minute

// say shows a line until the pointer explains something else, or the picture or the tool changes
// once it could be read, for a minute at most; hint one while the pointer is on what it explains.
func (s *statusBar) say(text string) {
	now := time.Now()
	s.said, s.saidAt, s.engine = text, now, s.w.ed.Settings.Fill.Engine
	s.showLine()
	if text == "" {
		return
	}
	time.AfterFunc(staleTime, func() {
		s.w.ed.Post(func() {
			if s.saidAt.Equal(now) {
				s.say("")
			}
		})
	})
}

func (s *statusBar) hint(text string) {
	if text != "" {
		s.said = ""
	}
	s.hinted, _, _ = strings.Cut(s.w.ed.Keyed(text), "\n")
	s.showLine()
}

func (s *statusBar) showLine() {
	text := s.hinted
	if s.said != "" {
		text = s.said
	}
	if s.line.Text == text {
		return
	}
	s.line.SetText(text)
	room := s.row.Size().Width - s.row.Objects[1].MinSize().Width
	if !s.where.Visible() {
		room -= s.where.MinSize().Width
	}
	wide := fyne.MeasureText(text, (look{}).Size("text"), fyne.TextStyle{}).Width + 2*theme.InnerPadding()
	if now := s.said == "" || wide <= room; now != s.where.Visible() {
		showIf(s.where, now)
		s.row.Layout.Layout(s.row.Objects, s.row.Size())
	}
}

// follow shows where the pointer stands, the picture's size and the zoom.
func (s *statusBar) follow() {
	ed := s.w.ed
	text := percent(ed.View().Scale)
	if ed.Wraps() {
		text += " " + words.T("wraps")
	}
	if turn := ed.View().Turn; turn != 0 {
		text += fmt.Sprintf(" %.4g°", turn)
	}
	if ed.View().Mirror {
		text += " " + words.T("mirrored")
	}
	if r := ed.Selected(); !r.Empty() {
		text = words.T("Selected %d × %d px", r.Dx(), r.Dy()) + "   " + text
	} else if used := ed.Used(); !used.Empty() {
		text = words.T("%d × %d px from %d, %d", used.Dx(), used.Dy(), used.Min.X, used.Min.Y) + "   " + text
	}
	if colours := ed.Colours(); colours != "" {
		text = desk.Shorten(colours, 24) + "   " + text
	}
	if v := s.w.view; v != nil && v.pointer.inside {
		x, y := ed.View().ToDoc(v.pointer.x+0.5, v.pointer.y+0.5)
		at := repeats(render.View(ed.View()), image.Pt(floor(x), floor(y)))
		text = fmt.Sprintf("x %d, y %d   ", at.X, at.Y) + text
		if m := ed.State().MaskAt(at.X, at.Y); m > 0 && m < 255 {
			text = words.T("mask %d %%", (int(m)*100+127)/255) + "   " + text
		}
	}
	if text != s.lastText {
		s.lastText = text
		s.readout.SetText(text)
	}
}
