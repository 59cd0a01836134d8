package fills

import (
	"cmp"
	"image"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"pentimento/app/commission"
	"pentimento/app/desk"
	"pentimento/app/jobs"
	"pentimento/app/words"
	"pentimento/canvas"
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

// Finished is a result as a candidate, which was there at a time. It looks at every pixel: not for the window's goroutine.
func Finished(res *pipeline.Result, when time.Time) *Candidate {
	return &Candidate{Result: res, Patch: commission.Patch(res), When: when}
}

// Seen is what a small picture of the candidate shows: what it paints, with some of what is around; across the
// sides of a tile in one piece. That takes long where the tile is large: not for the window's goroutine.
func (c *Candidate) Seen() *image.NRGBA {
	if q := c.Result.Request; q.Task == pipeline.Inpaint && q.TileX && q.TileY && c.Result.Image.Rect == q.Frame {
		if img := commission.InOnePiece(q.Frame, c.Result.Image, c.Result.Mask); img != nil {
			return img
		}
	}
	around := c.Patch.Rect.Inset(-c.Patch.Rect.Dx() / 8).Intersect(c.Result.Image.Rect)
	if around.Empty() {
		return c.Patch
	}
	return c.Result.Image.SubImage(around).(*image.NRGBA)
}

// Stack is the candidates of one place, in the order they arrived.
type Stack struct {
	ID         int64 // among the places of its document
	Place      image.Rectangle
	Candidates []*Candidate
	At         int
	Preview    *image.NRGBA // what the running job shows of itself; nil between
	Request    pipeline.Request
	Queued     int  // jobs queued so far; the next one counts its seed from here
	Stale      bool // of a project in which the pictures that request reads are damaged
	awaited    bool // one more was asked for: it is shown once it is there
	attempts   map[jobs.ID]*attempt
	making     *making // of its request; nil: it is whole
}

// Current is the candidate on show, or nil while the first one is computed.
func (s *Stack) Current() *Candidate {
	if s.At < 0 || s.At >= len(s.Candidates) {
		return nil
	}
	return s.Candidates[s.At]
}

// Stacks are all places with candidates or running jobs.
func (f *Fills) Stacks() []*Stack { return f.stacks }

// Shown is the stack whose bar is docked to its place: the last one touched, or nil.
func (f *Fills) Shown() *Stack {
	if s := f.Stack(f.shown); s != nil {
		return s
	}
	if len(f.stacks) > 0 {
		return f.stacks[len(f.stacks)-1]
	}
	return nil
}

// Show makes a stack the one whose bar is shown.
func (f *Fills) Show(id int64) {
	f.shown = id
	f.desk.Tell(desk.Change{What: desk.CandidatesChanged | desk.Picture})
}

// NextPlace goes round the places that have candidates or jobs.
func (f *Fills) NextPlace() {
	if s := f.Shown(); s != nil {
		i := slices.Index(f.stacks, s)
		f.Show(f.stacks[(i+1)%len(f.stacks)].ID)
	}
}

func (f *Fills) Stack(id int64) *Stack {
	i := slices.IndexFunc(f.stacks, func(s *Stack) bool { return s.ID == id })
	if i < 0 {
		return nil
	}
	return f.stacks[i]
}

func (f *Fills) Bounds() image.Rectangle {
	var r image.Rectangle
	for _, s := range f.stacks {
		r = r.Union(s.Place)
	}
	return r
}

// Overlays are the pictures that lie over the document without being in it: live mode's,
// then candidates and previews, oldest first. Holding the compare key hides them.
func (f *Fills) Overlays() []*image.NRGBA {
	if f.comparing {
		return nil
	}
	var out []*image.NRGBA
	if p := f.Live.Shown(); p != nil {
		out = append(out, p)
	}
	for _, s := range f.stacks {
		switch c := s.Current(); {
		case c != nil:
			out = append(out, c.Patch)
		case s.Preview != nil:
			out = append(out, s.Preview)
		}
	}
	if f.looked != nil {
		out = append(out, f.looked)
	}
	if !f.Splitting() {
		return out
	}
	var parts []*image.NRGBA
	for _, p := range out {
		if part, ok := p.SubImage(f.newSide).(*image.NRGBA); ok && !part.Rect.Empty() {
			parts = append(parts, part)
		}
	}
	return parts
}

// LookAt lays an earlier result over the picture, to compare; nil takes it away.
func (f *Fills) LookAt(img *image.NRGBA) {
	if f.looked = img; img == nil {
		f.desk.Tell(desk.Change{What: desk.CandidatesChanged | desk.Picture})
		return
	}
	f.desk.Tell(desk.Change{What: desk.CandidatesChanged | desk.Picture, Dirty: img.Rect})
}

// maxResults bounds the results that a document names.
const maxResults = 200

// Made notes that a result of this document is in the library.
func (f *Fills) Made(id string) {
	if id != "" && !slices.Contains(f.Results, id) {
		f.Results = append(slices.Clone(f.Results), id) // what was frozen for a save stays
		f.Results = f.Results[max(len(f.Results)-maxResults, 0):]
	}
}

// Compare hides candidates while on, so that the original can be seen.
func (f *Fills) Compare(on bool) {
	if on != f.comparing {
		f.comparing = on
		f.desk.Tell(desk.Change{What: desk.CandidatesChanged | desk.Picture, Dirty: f.Bounds()})
	}
}

// ComparedIn is the rectangle in which there is something to compare: the place whose bar is
// shown, or the earlier result that is looked at.
func (f *Fills) ComparedIn() (r image.Rectangle) {
	if s := f.Shown(); s != nil && (s.Current() != nil || s.Preview != nil) {
		r = s.Place
	}
	if f.looked != nil {
		r = f.looked.Rect
	}
	return r
}

// Split shows the picture as it was on one side of a line, or all of what is new again.
func (f *Fills) Split(on bool) {
	if on != f.split {
		f.split = on
		f.desk.Tell(desk.Change{What: desk.CandidatesChanged | desk.Picture, Dirty: f.Bounds().Union(f.ComparedIn())})
	}
}

// Splitting says whether a line divides old and new. It ends with what was compared.
func (f *Fills) Splitting() bool {
	f.split = f.split && !f.ComparedIn().Empty()
	return f.split
}

// SplitAt says where what is new is shown while Splitting, document pixels.
func (f *Fills) SplitAt(newSide image.Rectangle) { f.newSide = newSide }

// Comparing says whether the original is being looked at.
func (f *Fills) Comparing() bool { return f.comparing }

func (f *Fills) stackChanged(s *Stack) {
	f.desk.Tell(desk.Change{What: desk.CandidatesChanged | desk.Picture, Dirty: s.Place})
}

// arrive adds a candidate to its stack. A stack that was discarded meanwhile takes nothing more.
func (f *Fills) arrive(id int64, c *Candidate) {
	s := f.Stack(id)
	if s == nil {
		return
	}
	f.measure(c.Result)
	s.Candidates = append(s.Candidates, c)
	f.Memory.Arrived(s, c)
	s.Preview = nil
	if s.awaited { // one that was asked for is shown; a sibling leaves in view what Enter would accept
		s.At, s.awaited = len(s.Candidates)-1, false
	}
	f.stackChanged(s)
}

// measure keeps what previews cost in a run that showed some.
func (f *Fills) measure(res *pipeline.Result) {
	one, all := res.Previews.OfStep(res.Steps), 0.0
	if one == 0 {
		return
	}
	for _, s := range res.Steps {
		all += s
	}
	percent := func(share float64) string { return strconv.FormatFloat(share*100, 'f', max(0, 1-int(share*10)), 64) }
	by := words.T("Linear")
	if file := res.Previews.By; file != "" {
		by = strings.TrimSuffix(file, filepath.Ext(file))
	}
	f.previewed = words.T("%s: a preview took %s %% of a step, all of them %s %% of the last run.", by, percent(one), percent(res.Previews.Seconds/all))
}

// PreviewCost says in a sentence what previews cost in the run that ended last; "" before one.
func (f *Fills) PreviewCost() string { return f.previewed }

// NextCandidate shows another candidate of the shown stack: by is +1 or -1.
func (f *Fills) NextCandidate(by int) {
	s := f.Shown()
	if s == nil || len(s.Candidates) == 0 {
		return
	}
	n := len(s.Candidates)
	s.At, s.awaited = ((s.At+by)%n+n)%n, false
	f.stackChanged(s)
}

// DiscardOne drops the candidate on show; DiscardAll the whole stack with its jobs.
func (f *Fills) DiscardOne() {
	s := f.Shown()
	if s == nil || s.Current() == nil {
		return
	}
	s.Candidates = slices.Delete(s.Candidates, s.At, s.At+1)
	s.At = min(s.At, len(s.Candidates)-1)
	if len(s.Candidates) == 0 && f.Active(s) == 0 {
		f.Drop(s)
		return
	}
	s.At = max(s.At, 0)
	f.stackChanged(s)
}

// DiscardAll drops the shown stack and cancels its jobs. What was discarded can be
// brought back until the next discard.
func (f *Fills) DiscardAll() {
	if s := f.Shown(); s != nil {
		if len(s.Candidates) > 0 {
			f.discarded = s
		}
		f.Drop(s)
	}
}

// BringBack shows the candidates that were discarded last.
func (f *Fills) BringBack() {
	if s := f.discarded; s != nil {
		f.discarded = nil
		s.Preview = nil
		f.stacks = append(f.stacks, s)
		f.shown = s.ID
		f.stackChanged(s)
	}
}

func (f *Fills) Drop(s *Stack) {
	f.stacks = slices.DeleteFunc(f.stacks, func(o *Stack) bool { return o == s })
	f.Jobs.CancelGroup(f.group(s.ID))
	f.desk.Tell(desk.Change{What: desk.CandidatesChanged | desk.Picture, Dirty: s.Place})
}

// Accept lays the candidate on show into the picture as one step of history and cancels
// its waiting siblings, no other place's. Settings.AcceptInto says where: a new layer on
// top ("new"), the active layer ("active"), or a new layer in the place of those that hold
// nothing but earlier results that this one covers ("replace"). In the first two the
// pixels outside the result's mask are not touched.
func (f *Fills) Accept() {
	s := f.Shown()
	if s == nil || s.Current() == nil {
		return
	}
	f.canvas.SettleTool()
	c := s.Current()
	ed := f.canvas.Begin("Accept " + Describe(c.Result.Request))
	now := f.canvas.Committed()
	id, above := now.Active, now.Layers[len(now.Layers)-1].ID
	into := f.desk.Settings.AcceptInto == "active"
	if into && (!now.Takes(id) || now.Layer(id).Guide) { // nothing can be laid on it: just above it
		into, above = false, id
	}
	if !into {
		id = ed.AddLayer(LayerName(c.Result.Request), above)
	}
	if f.desk.Settings.AcceptInto == "replace" {
		for _, old := range outdone(f.canvas.Committed(), c.Result.Mask) {
			ed.RemoveLayer(old)
		}
		ed.SetActive(id)
	}
	before := f.canvas.Committed()
	ed.Put(id, c.Patch, c.Result.Mask)
	ed.Witness(&canvas.Origin{Rect: c.Patch.Rect, Layer: id, Recipe: f.Memory.Recipe(c)}, c.Result.Mask)
	if !f.desk.Settings.KeepMask {
		ed.ClearMask()
	}
	if used := f.canvas.UsedOf(before); before.Frame == used { // the frame of a whole picture stays that
		ed.SetFrame(used.Union(pixels.Bounds(c.Result.Mask)))
	}
	dirty := ed.Commit()
	f.Drop(s)
	f.canvas.Changed(dirty, desk.CandidatesChanged)
	was, is := f.canvas.UsedOf(before), f.canvas.UsedOf(f.canvas.Committed())
	if c.Result.Request.Task == pipeline.Inpaint && !was.Empty() && !is.In(was) {
		f.desk.Say(words.T("The mask went past the picture's edge, so the picture is larger now: %d × %d px. The tool Crop cuts it back", is.Dx(), is.Dy()))
	}
}

// UseSeed copies the seed of the candidate on show into the fill panel and locks it.
func (f *Fills) UseSeed() {
	if s := f.Shown(); s != nil && s.Current() != nil {
		r, panel := s.Current().Result.Request, &f.desk.Settings.Fill
		panel.Seed, panel.LockSeed = r.Seed, true
		if r.VariationStrength > 0 {
			panel.Variation, panel.VariationStrength = r.VariationSeed, r.VariationStrength
		}
		f.desk.Tell(desk.Change{What: desk.FillChanged})
	}
}

// Describe names a request in a few words for history and jobs.
func Describe(r pipeline.Request) string {
	task, engine := r.Task.Row(), r.Engine.Row()
	switch {
	case r.Prompt != "":
		return desk.Shorten(r.Prompt, 40)
	case engine.Network || task.Grows:
		return strings.ToLower(task.Label)
	}
	return strings.ToLower(engine.Name) + " fill"
}

func LayerName(r pipeline.Request) string {
	if r.Prompt != "" {
		return desk.Shorten(r.Prompt, 24)
	}
	return words.Label(cmp.Or(r.Task.Row().Label, pipeline.Inpaint.Row().Label))
}
