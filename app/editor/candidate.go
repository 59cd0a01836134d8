package editor

import (
	"context"
	"errors"
	"fmt"
	"image"
	"path/filepath"
	"slices"
	"time"

	"pentimento/app/desk"
	"pentimento/app/jobs"
	"pentimento/app/provenance"
	"pentimento/canvas"
	"pentimento/canvas/file"
	"pentimento/pipeline"
	"pentimento/pipeline/pixels"
)

// Candidate is one finished result that waits to be accepted.
type Candidate struct {
	Result *pipeline.Result
	// Patch holds the pixels that would be laid down: the result where its mask is above
	// 0, transparent elsewhere. Its bounds lie within the result's.
	Patch *image.NRGBA
	When  time.Time
	// ID is its name in the library; "" where it is not kept there.
	ID        string
	Favourite bool
}

// Stack is the candidates of one place, in the order they arrived.
type Stack struct {
	ID         int64 // also the group of its jobs
	Place      image.Rectangle
	Candidates []*Candidate
	At         int
	Preview    *image.NRGBA // what the running job shows of itself; nil between
	request    pipeline.Request
	queued     int  // jobs queued so far; the next one counts its seed from here
	stale      bool // of a project in which the pictures that request reads are damaged
	attempts   map[jobs.ID]*attempt
}

// Current is the candidate on show, or nil while the first one is computed.
func (s *Stack) Current() *Candidate {
	if s.At < 0 || s.At >= len(s.Candidates) {
		return nil
	}
	return s.Candidates[s.At]
}

// Stacks are all places with candidates or running jobs.
func (e *Editor) Stacks() []*Stack { return e.stacks }

// Shown is the stack whose bar is docked to its place: the last one touched, or nil.
func (e *Editor) Shown() *Stack {
	if s := e.stack(e.shown); s != nil {
		return s
	}
	if len(e.stacks) > 0 {
		return e.stacks[len(e.stacks)-1]
	}
	return nil
}

// Show makes a stack the one whose bar is shown.
func (e *Editor) Show(id int64) {
	e.shown = id
	e.Tell(desk.Change{What: desk.CandidatesChanged | desk.Picture})
}

// NextPlace goes round the places that have candidates or jobs.
func (e *Editor) NextPlace() {
	if s := e.Shown(); s != nil {
		i := slices.Index(e.stacks, s)
		e.Show(e.stacks[(i+1)%len(e.stacks)].ID)
	}
}

func (e *Editor) stack(id int64) *Stack {
	i := slices.IndexFunc(e.stacks, func(s *Stack) bool { return s.ID == id })
	if i < 0 {
		return nil
	}
	return e.stacks[i]
}

func (e *Editor) candidateBounds() image.Rectangle {
	var r image.Rectangle
	for _, s := range e.stacks {
		r = r.Union(s.Place)
	}
	return r
}

// Overlays are the pictures that lie over the document without being in it: live mode's,
// then candidates and previews, oldest first. Holding the compare key hides them.
func (e *Editor) Overlays() []*image.NRGBA {
	if e.comparing {
		return nil
	}
	var out []*image.NRGBA
	if p := e.liveShown(); p != nil {
		out = append(out, p)
	}
	for _, s := range e.stacks {
		switch c := s.Current(); {
		case c != nil:
			out = append(out, c.Patch)
		case s.Preview != nil:
			out = append(out, s.Preview)
		}
	}
	return out
}

// Compare hides candidates while on, so that the original can be seen.
func (e *Editor) Compare(on bool) {
	if on != e.comparing {
		e.comparing = on
		e.Tell(desk.Change{What: desk.CandidatesChanged | desk.Picture, Dirty: e.candidateBounds()})
	}
}

// Comparing says whether the original is being looked at.
func (e *Editor) Comparing() bool { return e.comparing }

func (e *Editor) stackChanged(s *Stack) {
	e.Tell(desk.Change{What: desk.CandidatesChanged | desk.Picture, Dirty: s.Place})
}

// arrive adds a result that was finished at a time to its stack. A stack that was discarded meanwhile
// takes nothing more.
func (e *Editor) arrive(id int64, res *pipeline.Result, when time.Time) {
	s := e.stack(id)
	if s == nil {
		return
	}
	c := &Candidate{Result: res, Patch: pixels.Visible(res.Image, res.Mask), When: when}
	s.Candidates = append(s.Candidates, c)
	e.keepResult(s, c)
	s.Preview = nil
	if len(s.Candidates) > 1 && s.At < len(s.Candidates)-2 {
		e.stackChanged(s) // the person is looking at another one: leave it in view
		return
	}
	s.At = len(s.Candidates) - 1
	e.stackChanged(s)
}

// NextCandidate shows another candidate of the shown stack: by is +1 or -1.
func (e *Editor) NextCandidate(by int) {
	s := e.Shown()
	if s == nil || len(s.Candidates) == 0 {
		return
	}
	n := len(s.Candidates)
	s.At = ((s.At+by)%n + n) % n
	e.stackChanged(s)
}

// DiscardOne drops the candidate on show; DiscardAll the whole stack with its jobs.
func (e *Editor) DiscardOne() {
	s := e.Shown()
	if s == nil || s.Current() == nil {
		return
	}
	s.Candidates = slices.Delete(s.Candidates, s.At, s.At+1)
	s.At = min(s.At, len(s.Candidates)-1)
	if len(s.Candidates) == 0 && e.Jobs.Active(s.ID) == 0 {
		e.dropStack(s)
		return
	}
	s.At = max(s.At, 0)
	e.stackChanged(s)
}

// DiscardAll drops the shown stack and cancels its jobs. What was discarded can be
// brought back until the next discard.
func (e *Editor) DiscardAll() {
	if s := e.Shown(); s != nil {
		if len(s.Candidates) > 0 {
			e.discarded = s
		}
		e.dropStack(s)
	}
}

// BringBack shows the candidates that were discarded last.
func (e *Editor) BringBack() {
	if s := e.discarded; s != nil {
		e.discarded = nil
		s.Preview = nil
		e.stacks = append(e.stacks, s)
		e.shown = s.ID
		e.stackChanged(s)
	}
}

func (e *Editor) dropStack(s *Stack) {
	e.stacks = slices.DeleteFunc(e.stacks, func(o *Stack) bool { return o == s })
	e.Jobs.CancelGroup(s.ID)
	e.Tell(desk.Change{What: desk.CandidatesChanged | desk.Picture, Dirty: s.Place})
}

// Accept lays the candidate on show into the picture as one step of history and cancels
// its waiting siblings, no other place's. Settings.AcceptInto says where: a new layer on
// top ("new"), the active layer ("active"), or a new layer in the place of those that hold
// nothing but earlier results that this one covers ("replace"). In the first two the
// pixels outside the result's mask are not touched.
func (e *Editor) Accept() {
	s := e.Shown()
	if s == nil || s.Current() == nil {
		return
	}
	e.CancelTool()
	c := s.Current()
	ed := e.doc.Begin("Accept " + describe(c.Result.Request))
	id := e.doc.State().Active
	if e.Settings.AcceptInto != "active" {
		top := e.doc.State().Layers[len(e.doc.State().Layers)-1].ID
		id = ed.AddLayer(layerName(c.Result.Request), top)
	}
	if e.Settings.AcceptInto == "replace" {
		for _, old := range outdone(e.doc.State(), c.Result.Mask) {
			ed.RemoveLayer(old)
		}
		ed.SetActive(id)
	}
	ed.Put(id, c.Patch, c.Result.Mask)
	ed.Witness(&canvas.Origin{Rect: c.Patch.Rect, Layer: id, Recipe: e.Provenance.Recipe(c.finished())}, c.Result.Mask)
	if !e.Settings.KeepMask {
		ed.ClearMask()
	}
	dirty := ed.Commit()
	e.dropStack(s)
	e.changed(dirty, desk.CandidatesChanged)
}

// UseSeed copies the seed of the candidate on show into the fill panel and locks it.
func (e *Editor) UseSeed() {
	if s := e.Shown(); s != nil && s.Current() != nil {
		r, f := s.Current().Result.Request, &e.Settings.Fill
		f.Seed, f.LockSeed = r.Seed, true
		if r.VariationStrength > 0 {
			f.Variation, f.VariationStrength = r.VariationSeed, r.VariationStrength
		}
		e.Tell(desk.Change{What: desk.FillChanged})
	}
}

// describe names a request in a few words for history and jobs.
func describe(r pipeline.Request) string {
	switch {
	case r.Prompt != "":
		return desk.Shorten(r.Prompt, 40)
	case r.Task == pipeline.Outpaint:
		return "outpaint"
	case r.Engine == pipeline.Content:
		return "content-aware fill"
	}
	return string(r.Engine) + " fill"
}

func layerName(r pipeline.Request) string {
	if r.Task == pipeline.Outpaint && r.Prompt == "" {
		return "Outpaint"
	}
	if r.Prompt != "" {
		return desk.Shorten(r.Prompt, 24)
	}
	return "Fill"
}

// finished is the candidate as provenance takes it.
func (c *Candidate) finished() provenance.Finished {
	return provenance.Finished{Result: c.Result, Rect: c.Patch.Rect, When: c.When}
}

// keepResult writes a candidate that has just arrived into the library.
func (e *Editor) keepResult(s *Stack, c *Candidate) {
	mask := s.request.Mask
	if mask == nil {
		mask = c.Result.Request.Mask
	}
	c.ID = e.Provenance.Keep(c.finished(), c.Patch, mask)
}

// holdResults keeps what is on show, or may be brought back, from being deleted.
func (e *Editor) holdResults(c desk.Change) {
	if c.What&(desk.CandidatesChanged|desk.DocumentOpened) == 0 {
		return
	}
	stacks := e.stacks
	if e.discarded != nil {
		stacks = append(stacks[:len(stacks):len(stacks)], e.discarded)
	}
	var ids []string
	for _, s := range stacks {
		for _, c := range s.Candidates {
			if c.ID != "" {
				ids = append(ids, c.ID)
			}
		}
	}
	e.Provenance.Hold(ids)
}

// Favourite marks the candidate on show in the library, or takes the mark away.
func (e *Editor) Favourite() {
	if !canFavour(e) {
		return
	}
	s := e.Shown()
	c := s.Current()
	if c.ID == "" { // one that was there when a project was opened
		e.keepResult(s, c)
	}
	if c.ID == "" {
		return
	}
	c.Favourite = !c.Favourite
	e.Provenance.StarResult(c.ID, c.Favourite, nil)
	e.Tell(desk.Change{What: desk.CandidatesChanged})
}

func isFavourite(e *Editor) bool { return hasCandidate(e) && e.Shown().Current().Favourite }

func canFavour(e *Editor) bool { return e.Provenance.Library != nil && hasCandidate(e) }

// SaveCandidate writes the candidate on show as a PNG, as a job, without accepting it.
func (e *Editor) SaveCandidate() {
	if !hasCandidate(e) {
		return
	}
	c := e.Shown().Current()
	e.Ask(func(w desk.Window) {
		w.AskSave(fmt.Sprintf("candidate-%d.png", c.Result.Request.Seed), func(path string) {
			var texts []file.Text
			if e.Settings.Metadata {
				texts = e.Provenance.TextsOf(c.finished())
			}
			e.Jobs.Add("Save candidate", 0, func(ctx context.Context, _ func(string, float64)) error {
				err := writePNG(ctx, path, c.Result.Image, texts)
				e.Post(func() {
					if !errors.Is(err, context.Canceled) && !e.Fail(err) {
						e.Say("Saved " + filepath.Base(path))
					}
				})
				return err
			})
		})
	})
}
