// Package fills takes a fill from the press on Fill to the accepted candidate: planning and
// checks, the queue of jobs, the results that wait at their places, live mode.
//
// Start at Fills, then plan.go (which pixels), fill.go (from press to candidate) and
// candidate.go (accept). preflight.go checks a fill before it runs, live.go fills by
// itself, parked.go is for jobs whose engine was lost, panel.go and references.go are
// what the panel adds to a request.
//
// 2026-11-27: it sees the picture through Canvas and tells Memory of what arrives: neither
// journal, library nor tools are needed to test it.
package fills

import (
	"image"
	"slices"
	"time"

	"pentimento/app/desk"
	"pentimento/app/jobs"
	"pentimento/app/models"
	"pentimento/app/prompting"
	"pentimento/app/settings"
	"pentimento/canvas"
	"pentimento/pipeline"
)

// Canvas is the picture that is filled.
type Canvas interface {
	Committed() *canvas.State // without an Edit in progress
	State() *canvas.State     // with it; it belongs to the window's goroutine
	UsedOf(*canvas.State) image.Rectangle
	Tile() image.Rectangle // the part of the picture that repeats all over the view; empty: none
	Drawing() bool         // the pointer is down, or an Edit is in progress
	CancelTool()           // ends what is being drawn, without a trace
	EndTool()              // ends it where the pointer is: what is painted by then stays, an outline is closed
	SettleTool()           // EndTool that leaves an outline of several clicks to go on
	Begin(label string) *canvas.Edit
	Changed(dirty image.Rectangle, more desk.What) // after an Edit
}

// Memory is notified of what must outlast the window. Its methods are called on the window's
// goroutine.
type Memory interface {
	// Recipe is what the picture remembers of an accepted candidate.
	Recipe(*Candidate) []byte
	// Arrived is notified of every finished candidate; it may give it an ID.
	Arrived(*Stack, *Candidate)
	// Keepsake returns what a job of that stack calls with its result, on the job's goroutine
	// and before the window sees it.
	Keepsake(stack int64) func(*pipeline.Result, time.Time)
	// Asked says that all candidates of a new stack, Stack.Queued of them, are to be computed. No job is there yet.
	Asked(*Stack)
	// Queued says that candidate i of a stack is still to be computed; tries is how often the
	// program ended before it was.
	Queued(job jobs.ID, stack int64, i, tries int)
}

// Fills is all places that are being filled. It belongs to the window's goroutine.
type Fills struct {
	// Pipeline plans and checks; Runner runs. A nil Runner is the Pipeline itself.
	Pipeline *pipeline.Pipeline
	Runner   pipeline.Runner
	Jobs     *jobs.Queue
	Live     *Live
	Maps     *Maps
	Memory   Memory
	// Photo says that the document began as a picture that doesn't say it was painted by a
	// model; Reset forgets it.
	Photo bool
	// Number tells the groups of this document's jobs from those of others, which wait in the
	// same queue.
	Number int
	// Results are the names in the library of what was made on this document, oldest first.
	Results []string

	desk      *desk.Desk
	canvas    Canvas
	models    *models.Models
	prompting *prompting.Prompting

	stacks    []*Stack
	discarded *Stack
	shown     int64 // the stack whose bar is shown
	comparing bool
	split     bool            // old and new are shown side by side
	newSide   image.Rectangle // where the new is shown then
	begun     *canvas.State   // whose pixels at the mask a fill is to begin with
	looked    *image.NRGBA    // an earlier result that is compared
	previewed string          // what previews cost in the run that ended last
	nextGroup int64
	epoch     int     // counts the documents
	told      failure // of the last job that failed
	outlined  *outlineCache
	survey    *survey                      // of the last outline
	plain     canvas.Grid[canvas.MaskTile] // the last mask that had no degrees
	checked   *problemCache
	found     []Problem // of the last look at files, see preflight
	looking   bool      // one is under way
	// links: attachments of pictures of the strip; what is not here is not attached
	links    map[*canvas.Reference]Attachment
	waiting  []Waiting
	unions   map[string]*unionLook // of files, see UnionTypes
	regional Regional
	stop     func() // hears no changes any more
}

// New returns the fills of a canvas, which has none yet. Pipeline, Runner, Jobs and Memory
// must be set before the first fill.
func New(d *desk.Desk, c Canvas, m *models.Models, p *prompting.Prompting) *Fills {
	f := &Fills{desk: d, canvas: c, models: m, prompting: p}
	f.Live, f.Maps = &Live{f: f}, &Maps{f: f}
	live, maps := d.Listen(f.Live.follow), d.Listen(f.Maps.follow)
	f.stop = func() { live(); maps() }
	return f
}

// Rest drops what is made again when it is asked for: another document is shown. Jobs go on.
func (f *Fills) Rest() {
	f.plain = canvas.Grid[canvas.MaskTile]{}
	f.outlined, f.survey, f.checked, f.looked = nil, nil, nil, nil
	f.Maps.open, f.Maps.over = false, nil
	f.Maps.rest()
	for _, s := range f.stacks {
		s.Preview = nil
	}
}

// Close cancels all jobs of the document, which is closed.
func (f *Fills) Close() {
	f.Live.Set(false)
	f.Maps.rest()
	for _, i := range f.Jobs.List() {
		if _, own := f.owned(i.Group); own {
			f.Jobs.Cancel(i.ID)
		}
	}
	f.stop()
}

// Group is that of the document's jobs that are no place's.
func (f *Fills) Group() int64 { return f.group(0) }

// group is that of a place's jobs in the queue.
func (f *Fills) group(stack int64) int64 { return int64(f.Number)<<32 | stack }

// owned is the number of the place that a group of jobs is of, 0 for no place's; ok is false
// where it is another document's, or nobody's.
func (f *Fills) owned(group int64) (stack int64, ok bool) {
	stack = group & (1<<32 - 1)
	return stack, group > 0 && group == f.group(stack)
}

// Active is how many jobs of a place wait or run.
func (f *Fills) Active(s *Stack) int { return f.Jobs.Active(f.group(s.ID)) }

// Configure passes changed settings on to the Runner.
func (f *Fills) Configure() {
	if c, ok := f.Runner.(configured); ok {
		c.Configure(f.desk.Settings.Runtime, f.desk.Settings.Device)
	}
}

// CancelPlaces cancels the jobs of all places.
func (f *Fills) CancelPlaces() {
	for _, s := range f.stacks {
		f.Jobs.CancelGroup(f.group(s.ID))
	}
}

// Reset drops all places, for another document.
func (f *Fills) Reset() {
	f.CancelPlaces()
	f.stacks, f.discarded, f.Photo, f.Results, f.looked, f.begun = nil, nil, false, nil, nil, nil
	f.regional, f.waiting = Regional{}, nil
	f.epoch++
}

// Take puts a stack back that was kept with its document: in view, or as the one that can
// be brought back. One without a number gets the next.
func (f *Fills) Take(s *Stack, discarded bool) {
	if s.ID == 0 {
		s.ID = f.nextGroup + 1
	}
	f.nextGroup = max(f.nextGroup, s.ID)
	if discarded {
		f.discarded = s
		return
	}
	f.stacks = append(f.stacks, s)
}

// Reserve gives no place that number any more: something that cannot be read has it.
func (f *Fills) Reserve(id int64) { f.nextGroup = max(f.nextGroup, id) }

// Discarded are the candidates that BringBack would show, nil for none.
func (f *Fills) Discarded() *Stack { return f.discarded }

// All are the places on show, and last the one that can be brought back.
func (f *Fills) All() []*Stack {
	all := slices.Clone(f.stacks)
	if f.discarded != nil {
		all = append(all, f.discarded)
	}
	return all
}

// Current is the candidate on show, nil for none.
func (f *Fills) Current() *Candidate {
	if s := f.Shown(); s != nil {
		return s.Current()
	}
	return nil
}

// add makes a new stack for a request and shows it.
func (f *Fills) add(place image.Rectangle, q pipeline.Request, finished ...*Candidate) *Stack {
	f.nextGroup++
	s := &Stack{ID: f.nextGroup, Place: place, Request: q, Candidates: finished}
	f.stacks = append(f.stacks, s)
	f.shown = s.ID
	return s
}

// remember puts the panel's texts first among those used before.
func (f *Fills) remember() {
	panel := f.desk.Settings.Fill
	f.prompting.Remember(settings.Prompt{Prompt: panel.Prompt, Negative: panel.Negative})
}

// now is a variable so that a test can hold the clock.
var now = time.Now
