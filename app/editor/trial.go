package editor

import (
	"context"
	"errors"
	"image"
	"math"
	"slices"

	"pentimento/app/desk"
	"pentimento/app/jobs"
	"pentimento/app/words"
	"pentimento/canvas"
	"pentimento/fault"
	"pentimento/tools"
)

// Try makes a State in which one layer is changed. For a preview s is the picture at a
// fraction (scale) of its size, and only what is within has to be right; an empty within is
// all. It is called from any goroutine.
type Try func(ctx context.Context, s *canvas.State, layer canvas.LayerID, within image.Rectangle, scale float64, report func(float64)) (*canvas.State, error)

// trial is a change of a layer that is tried before it is made: it is shown, computed of what
// is visible at the screen's resolution and off the window's goroutine, and the document does
// not know of it. Making it is one step, computed in full as a job.
type trial struct {
	label  string
	try    Try
	doc    *canvas.Document
	base   *canvas.State
	layer  canvas.LayerID
	making bool         // it is being made: the preview stays until then
	hidden bool         // the picture is shown as it is, to compare
	told   bool         // a tool was told to wait for it
	ready  func() error // asked on the window's goroutine before it is made; nil: it can be

	ctx         context.Context // of its previews
	stop        context.CancelFunc
	busy, again bool
	low         *canvas.State // base at level; nil: not made yet
	level       int
	within      image.Rectangle // pixels of low that shown is right for
	shown       *canvas.State   // nil: nothing yet
}

// BeginTrial tries a change of the active layer, in place of another that was tried.
func (e *Editor) BeginTrial(label string, try Try) { e.beginTrial(label, try, false) }

// beginTrial is BeginTrial; dragging says that a tool asks for it, whose drag goes on.
func (e *Editor) beginTrial(label string, try Try, dragging bool) {
	s := e.doc.State()
	if e.trial != nil && (e.trial.making || e.trial.label == label && e.trial.doc == e.doc) {
		if !e.trial.making {
			e.trial.try = try
			e.preview()
		}
		return
	}
	e.CancelTrial()
	if !hasLayerPixels(e) {
		e.Fail(fault.New("the active layer is empty", "choose the layer with the pixels to change"))
		return
	}
	if e.locked(s.Active, canvas.LockPixels) {
		return
	}
	if !dragging {
		e.CancelTool()
	}
	e.trial = &trial{label: label, try: try, doc: e.doc, base: s, layer: s.Active}
	e.trial.ctx, e.trial.stop = context.WithCancel(context.Background())
	e.preview()
	e.Tell(desk.Change{What: desk.ToolChanged})
}

// Trying is the label of the change that is tried, "" for none.
func (e *Editor) Trying() string {
	if e.trial == nil || e.trial.making {
		return ""
	}
	return e.trial.label
}

// tries says whether a change is tried, or being made, in the document that is shown.
func (e *Editor) tries() bool { return e.trial != nil && e.trial.doc == e.doc }

// leaveTrial is what undo does first: a change that is tried, or that is being made, is no step yet, and the step before it
// stays. It says whether there was one.
func (e *Editor) leaveTrial() bool {
	if !e.tries() {
		return false
	}
	t := e.trial
	if t.making {
		for _, i := range e.jobsOf(t) {
			e.Jobs.Cancel(i.ID)
		}
	} else {
		e.EndTransform(false)
	}
	e.Say(words.T("“%s” was not applied. Undo once more takes the step before it back", words.Label(t.label)))
	return true
}

// waitsForTrial says, in words as well, that what would change the picture beneath a change that is tried must wait for it.
func (e *Editor) waitsForTrial() bool {
	if e.tries() {
		e.sayTried()
	}
	return e.tries()
}

// sayTried says what has to be done first.
func (e *Editor) sayTried() {
	if e.trial.told = true; e.trial.making {
		e.Say(words.T("The change is being applied: one moment"))
	} else {
		e.Say(words.T("First apply the change (Enter) or cancel it (Escape)"))
	}
}

// jobsOf are the jobs that make a trial's change, waiting or running.
func (e *Editor) jobsOf(t *trial) []jobs.Info {
	return slices.DeleteFunc(e.Jobs.List(), func(i jobs.Info) bool {
		return i.Status.Final() || i.Group != e.Fills.Group() || i.Label != words.Label(t.label)
	})
}

// HideTrial shows the picture as it is, or the change that is tried again.
func (e *Editor) HideTrial(hidden bool) {
	if t := e.trial; t != nil && t.hidden != hidden {
		t.hidden = hidden
		e.Tell(desk.Change{What: desk.Picture, Dirty: e.view.Visible()})
	}
}

// TrialPicture is the picture to show in place of the document's, and how often it was halved;
// nil where nothing is tried.
func (e *Editor) TrialPicture() (*canvas.State, int) {
	if t := e.trial; t != nil && !t.hidden && t.shown != nil && t.doc == e.doc {
		return t.shown, t.level
	}
	return nil, 0
}

// CancelTrial leaves no trace of what was tried.
func (e *Editor) CancelTrial() {
	if t := e.trial; t != nil {
		t.stop()
		if e.trial = nil; t.told {
			e.Say("")
		}
		for _, tool := range []tools.Tool{e.tool, e.heldTool} {
			if x, ok := tool.(tools.Transformer); ok {
				x.Reset()
			}
		}
		e.Tell(desk.Change{What: desk.Picture | desk.ToolChanged | desk.OverlayChanged, Dirty: e.view.Visible()})
	}
}

// MakeTrial makes the change that is tried: one step.
func (e *Editor) MakeTrial() {
	t := e.trial
	if t == nil || t.making || t.ready != nil && e.Fail(t.ready()) {
		return
	}
	if t.making, t.hidden = true, false; t.told {
		e.Say("")
	}
	e.Tell(desk.Change{What: desk.ToolChanged})
	p, confirmed := e.page, e.doc.State()
	queue := p.ed.Jobs.Add
	if t.label == transformLabel {
		queue = p.ed.Jobs.Now
	}
	p.reworkIn(queue, t.label, func(ctx context.Context, report func(float64), s *canvas.State) (*canvas.State, error) {
		return t.made(ctx, s, confirmed, report)
	}, func(bool) {
		switch {
		case p.trial != t:
		case p.shown():
			e.CancelTrial()
		default:
			t.stop()
			p.trial = nil
		}
	})
}

// made is s with the change as it was confirmed in another State: of what was selected then, and a
// transform only where the layer still has the pixels that its box was drawn around. What was
// selected since stays selected.
func (t *trial) made(ctx context.Context, s, confirmed *canvas.State, report func(float64)) (*canvas.State, error) {
	if t.label == transformLabel && !samePixels(s.Layer(t.layer), confirmed.Layer(t.layer)) {
		return nil, fault.New("transform: the layer was changed before it was done, and stays as it is", "transform it once more")
	}
	here := *s
	here.Selection = confirmed.Selection
	out, err := t.try(ctx, &here, t.layer, image.Rectangle{}, 1, report)
	if err == nil && !canvas.SameCover(s.Selection, confirmed.Selection) {
		n := *out
		n.Selection = s.Selection
		out = &n
	}
	return out, err
}

// samePixels says whether two layers have the same pixels at the same place.
func samePixels(a, b *canvas.Layer) bool {
	if a == nil || b == nil {
		return a == b
	}
	same := a.Offset == b.Offset
	a.Tiles.Diff(b.Tiles, func(canvas.TileKey) { same = false })
	return same
}

// followTrial brings a trial along when view or picture have changed.
func (e *Editor) followTrial(c desk.Change) {
	t := e.trial
	switch {
	case t == nil:
	case t.doc != e.doc:
		e.CancelTrial()
	case t.making && c.What&(desk.JobsChanged|desk.DocumentOpened) != 0:
		if len(e.jobsOf(t)) == 0 { // it was cancelled before it began
			e.CancelTrial()
		}
	case !t.making && t.label == transformLabel && e.doc.State().Active != t.layer:
		e.MakeTrial()
	case !t.making && t.label == transformLabel && e.doc.State().Layer(t.layer) != t.base.Layer(t.layer):
		e.CancelTrial()
	case !t.making && t.label == transformLabel && t.base != e.doc.State() && !canvas.SameCover(t.base.Selection, e.doc.State().Selection):
		e.CancelTrial()
	case !t.making && t.base != e.doc.State() && c.What&(desk.Picture|desk.LayersChanged|desk.HistoryChanged) != 0:
		if l := e.doc.State().Layer(t.layer); l == nil || l.Tiles.Len() == 0 {
			e.CancelTrial()
			return
		}
		t.base, t.low = e.doc.State(), nil
		e.preview()
	case c.What&desk.ViewMoved != 0 && (levelOf(e.view) != t.level || !e.withinTrial(t.level).In(t.within)):
		e.preview()
	}
}

// withinTrial is what is visible, in pixels of a level.
func (e *Editor) withinTrial(level int) image.Rectangle {
	v := e.view.Visible()
	return image.Rect(v.Min.X>>level, v.Min.Y>>level, v.Max.X>>level+1, v.Max.Y>>level+1)
}

// levelOf is how often the picture can be halved and still be as fine as the screen.
func levelOf(v tools.View) int {
	level := 0
	for s := v.Scale; s <= 0.5 && level < 8; s *= 2 {
		level++
	}
	return level
}

// preview computes what is shown, one at a time: what is asked for meanwhile comes next.
func (e *Editor) preview() {
	t := e.trial
	if t == nil || t.making {
		return
	}
	if t.busy {
		t.again = true
		return
	}
	level := levelOf(e.view)
	within := e.withinTrial(level)
	base, low, try := t.base, t.low, t.try
	if t.level != level {
		low = nil
	}
	t.busy, t.again = true, false
	e.Go("preview", func() {
		if low == nil {
			low = base.Reduced(level)
		}
		out, err := try(t.ctx, low, t.layer, within.Inset(-16), math.Pow(0.5, float64(level)), nil)
		e.Post(func() {
			t.busy = false
			if e.trial != t || t.making {
				return
			}
			if t.again && errors.Is(err, context.Canceled) { // for what is wanted now
				e.preview()
				return
			}
			if err != nil {
				e.Fail(err)
				e.CancelTrial()
				return
			}
			if t.base == base {
				t.low, t.level, t.within, t.shown = low, level, within, out
				e.Tell(desk.Change{What: desk.Picture, Dirty: e.view.Visible()})
			}
			if t.again || t.base != base {
				e.preview()
			}
		})
	}, func(error) {
		if e.trial == t {
			e.CancelTrial()
		}
	})
}

// trialActions come before all others: while something is tried, Enter makes it and Escape
// leaves it.
var trialActions = []Action{
	{ID: "trial.make", Name: "Apply the change", Keys: []string{"Enter"}, Run: func(e *Editor) { e.EndTransform(true) }, Enabled: func(e *Editor) bool { return e.Trying() != "" }, Help: "Make the change that is shown"},
	{ID: "trial.cancel", Name: "Cancel the change", Keys: []string{"Escape"}, Run: func(e *Editor) { e.EndTransform(false) }, Enabled: func(e *Editor) bool { return e.Trying() != "" && !e.pressed }, Help: "Leave the picture as it was"},
	{ID: "transform.leave", Name: "Leave the transform tool", Keys: []string{"Enter", "Escape"}, Run: (*Editor).leaveTransform, Enabled: endsTransform, Help: "Back to the tool before, where nothing was changed"},
}

// holdsTool says, and tells, that a tool must wait for the change that is tried.
func (e *Editor) holdsTool() bool {
	t := e.trial
	if t == nil || e.toolName == "pan" || e.toolName == "zoom" || e.toolName == "picker" || e.toolName == "transform" && e.Trying() == transformLabel {
		return false
	}
	e.sayTried()
	return true
}
