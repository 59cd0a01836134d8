// Package editor is the program without its window: the document, the tools, the view, the
// files, and the one table of actions. It joins what the program consists of: app/fills (from
// the press on Fill to the accepted candidate), app/keeping (journal, project, recovery),
// app/provenance (recipes, library), app/models and app/prompting. app/ui draws what is
// here and forwards what the person does.
//
// Start at Editor (this file) and page.go (one open document; tabs.go: several), then actions.go
// (the table behind menu, toolbar, shortcuts, palette), tooling.go (the pointer), opensave.go
// (files), arrival.go (pictures that come in, and their colours) and candidates.go (how fills,
// provenance and keeping hear of each other).
//
// Everything belongs to one goroutine, the window's. Jobs run elsewhere and come back
// through Desk.Post.
//
// 2026-11-27: one type had 304 methods. Its parts are fields now (Editor.Fills,
// Editor.Keeping …) that the window reaches directly.
// Arrows run one way: editor → keeping → fills → models → prompting → desk; provenance
// stands beside, on models.
package editor

import (
	"cmp"
	"image"
	"slices"
	"time"

	"pentimento/app/collection"
	"pentimento/app/desk"
	"pentimento/app/fetch"
	"pentimento/app/jobs"
	"pentimento/app/keeping"
	"pentimento/app/library"
	"pentimento/app/merging"
	"pentimento/app/models"
	"pentimento/app/prompting"
	"pentimento/app/provenance"
	"pentimento/app/settings"
	"pentimento/app/words"
	"pentimento/canvas"
	"pentimento/canvas/warp"
	"pentimento/pipeline"
	"pentimento/pipeline/prompt"
	"pentimento/tools"
)

// Config is what an Editor is built from.
type Config struct {
	// Pipeline plans, checks and counts; Runner runs. A nil Runner is the Pipeline itself.
	Pipeline *pipeline.Pipeline
	Runner   pipeline.Runner
	Settings *settings.Store
	Window   desk.Window
	// Post runs a function on the window's goroutine, soon and in order.
	Post    func(func())
	Version string
	Sample  []byte // the bundled sample picture, an image file
	// Notices are plain sentences from the runtime (a device that failed, what is used
	// instead); they are shown as they come. May be nil.
	Notices <-chan string
	// Starter is the path of the model to fill with while no checkpoint is open, laid out at
	// the first call; nil where none is built in.
	Starter func() (string, error)
	// Networks says why networks can't run here, with the setting of the library that runs them (settings.Runtime);
	// nil: they can.
	Networks func(library string) error
	// Fetch brings models from the Internet; nil: nothing does.
	Fetch *fetch.Client
	// Library keeps every result; nil keeps none.
	Library *library.Store
	// Collection is the library of models; nil: there is none.
	Collection *collection.Collection
	// Previews is a folder for small pictures of files; "" keeps none.
	Previews string
	// Folder is where journals of canvases without a file lie; "" keeps no journal at all.
	Folder string
}

// Editor is the running program. Build it with New.
type Editor struct {
	*desk.Desk
	Jobs       *jobs.Queue
	written    chan struct{} // closed once the last of the jobs that write files has ended; nil: there was none
	Prompting  *prompting.Prompting
	Models     *models.Models
	Downloads  *models.Downloads // nil: there are none
	Merging    *merging.Merging
	Provenance *provenance.Provenance
	*page              // the document that is shown
	pages      []*page // all that are open, as their tabs stand
	numbered   int     // so many were opened so far

	shelf    *keeping.Shelf
	keeper   *settings.Keeper
	Version  string
	Sample   []byte
	Previews string

	tool     tools.Tool
	toolName string
	held     string // tool to go back to after a held key
	heldTool tools.Tool
	keeps    bool   // a tool that is being put away for a moment goes on later
	lastTool string // chosen before this one

	transformFrom string // the tool from which the command took the transform tool; "": it was chosen itself
	carries       bool   // a drag of the move tool takes what is selected along
	stamp         stamp
	pressed       bool
	hand          tools.Pointer // where the drag is
	toTile        tools.Vec     // how far the tool takes it to be from there
	edge          tools.Tool    // the border tool, which grows the picture with any tool in hand
	grips         bool          // the pointer is near the picture's edge, or drags it
	pulling       bool          // and drags it
	bare          bool          // all panels are hidden
	brush         tools.BrushSettings
	joining       [2]canvas.Joining // of areas that mask, and that select
	share         float64           // of all that may change, that the mask's tools paint; 0: all. Not remembered between runs
	pointer       image.Point       // document pixel that the pointer was on last
	key           string            // that ran an action last
	digit         digit             // of the opacity, typed last
	writing       *writing          // nil: no text is being written
	copied        clipboard
	line          heldLine
	filter        warp.Filter
	nudged        nudged
	Picked        string // the picture file that is offered to a fill
	scenery       scenery
	glance        glance
	exhibit       exhibit
}

// New builds an editor with an empty document.
func New(c Config) *Editor {
	if c.Pipeline == nil {
		c.Pipeline = pipeline.New(nil) // the engines that need no network
	}
	e := &Editor{Desk: desk.New(c.Settings, c.Window, c.Post), Version: c.Version, Sample: c.Sample, Previews: c.Previews, shelf: &keeping.Shelf{}}
	e.Models = models.New(e.Desk, c.Starter, func(model string) (prompt.Encoder, prompt.Spec, error) { return c.Pipeline.TextWindow(model) })
	e.Models.Library.Collection, e.Models.Networks = c.Collection, c.Networks
	if c.Fetch != nil {
		e.Downloads = models.NewDownloads(e.Models, c.Fetch)
	}
	e.Prompting = prompting.New(e.Desk, e.Models, e.Models.Adapters)
	e.Prompting.OpenModel = e.Models.Open
	e.brush = brushOf(c.Settings.Brush)
	e.joining = [2]canvas.Joining{canvas.Add, canvas.Replace}
	e.Jobs = jobs.New(1, func() { e.Post(func() { e.Tell(desk.Change{What: desk.JobsChanged}) }) })
	e.Merging = merging.New(e.Desk, e.Jobs, e.Models)
	e.Provenance = provenance.New(e.Desk, e.Models, e, c.Library, c.Version)
	e.page = e.newPage(c.Pipeline, c.Runner, c.Folder)
	e.pages = []*page{e.page}
	e.Listen(e.holdResults)
	e.Listen(e.followText)
	e.Listen(e.followTrial)
	e.Listen(e.lookAway)
	e.keeper = settings.NewKeeper(c.Settings, time.Second, e.Post, e.remember)
	e.Listen(func(desk.Change) { e.keeper.Touch() })
	if c.Notices != nil {
		e.Go("notices", func() {
			for s := range c.Notices {
				e.Post(func() { e.Say(s) })
			}
		}, nil)
	}
	e.edge = tools.NewGrips()
	if e.SetTool(c.Settings.Tool); e.tool == nil {
		e.SetTool(tools.All[0].Name)
	}
	return e
}

// Close ends all jobs and saves the settings. What was computed by then lands in its document.
func (e *Editor) Close() error {
	for _, p := range e.pages {
		p.Keeping.Ending()
	}
	e.EndTool() // the system may end the program in the middle of a stroke
	for _, p := range e.pages {
		p.Fills.CancelPlaces() // they are taken up at the next start
	}
	e.finish()
	for _, p := range e.pages {
		p.stopWork()
	}
	e.Fills.Live.Set(false)
	e.Jobs.Close()
	e.landAll() // what ended meanwhile
	if e.Downloads != nil {
		e.Downloads.Close()
	}
	e.Models.Close()
	e.Provenance.Close()
	for _, p := range e.pages {
		p.Keeping.Close()
	}
	return e.keeper.Close()
}

// finishing is how long the end of the program waits for what is being made of a picture: sessions end programs that take
// much longer.
const finishing = 4 * time.Second

// finish lands what was confirmed and is being made, such as an adjustment, and has files written that were asked for;
// of what takes longer the journal says so.
func (e *Editor) finish() {
	for end := time.Now().Add(finishing); ; time.Sleep(awaiting / 5) {
		e.landAll()
		if !slices.ContainsFunc(e.pages, (*page).makes) && !e.writes() || time.Now().After(end) {
			return
		}
	}
}

// landAll lands what was computed for any document, and does what waits until one is shown.
func (e *Editor) landAll() {
	shown := e.page
	for _, p := range e.pages {
		if p.takeComputed(); len(p.later) > 0 {
			e.show(p)
			p.catchUp()
		}
	}
	e.show(shown)
}

// remember puts into the settings what is only changed here.
func (e *Editor) remember() {
	e.Settings.Brush = kept(e.brush)
	e.Settings.Tool = cmp.Or(e.held, e.toolName)
}

// Brush is what the brushes paint with.
func (e *Editor) Brush() tools.BrushSettings {
	b := e.brush
	b.Area = e.Area()
	return b
}

// SetBrush changes it.
func (e *Editor) SetBrush(b tools.BrushSettings) {
	b.Size = min(max(b.Size, 1), 1000)
	b.Hardness, b.Opacity = min(max(b.Hardness, 0), 1), min(max(b.Opacity, 0.01), 1)
	b.Smoothing = min(max(b.Smoothing, 0), 1)
	if b.Area != e.Area() {
		e.setArea(b.Area)
	}
	if b.Area = e.brush.Area; b != e.brush { // Brush adds those
		e.brush = b
		e.Tell(desk.Change{What: desk.ToolChanged})
	}
}

// Invalidate says that document pixels look different now (tools.Host).
func (e *Editor) Invalidate(r image.Rectangle) {
	e.Tell(desk.Change{What: desk.Picture | desk.OverlayChanged, Dirty: r})
}

// Undo goes one step back; Redo one forward; GoTo to a step of the history.
func (e *Editor) Undo() {
	if e.writing != nil {
		e.EndText(false)
		return
	}
	if !e.leaveTrial() {
		steps, at := e.doc.History()
		e.travel(e.doc.Undo)
		if _, now := e.doc.History(); now < at {
			e.Say(words.T("Undone: %s", words.Label(steps[at].Label)))
		}
	}
}

// Redo goes one step forward.
func (e *Editor) Redo() {
	if !e.waitsForTrial() && e.CanRedo() {
		e.travel(e.doc.Redo)
		steps, at := e.doc.History()
		e.Say(words.T("Redone: %s", words.Label(steps[at].Label)))
	}
}

// GoTo makes step i of History the present one.
func (e *Editor) GoTo(i int) {
	e.CancelTool()
	e.travel(func() (image.Rectangle, bool) { return e.doc.Go(i) })
}

// travel goes through the history. Where the picture is then of another scale, all of it is shown.
func (e *Editor) travel(step func() (dirty image.Rectangle, moved bool)) {
	was, before := e.State().Frame, e.Used()
	dirty, moved := step()
	if moved {
		e.pressed = false
		e.Changed(dirty, 0)
	}
	if moved && rescaled(was, e.State().Frame) && rescaled(before, e.Used()) {
		e.FitContent()
	}
}

// rescaled says whether a rectangle became much larger or smaller along both sides.
func rescaled(a, b image.Rectangle) bool {
	larger := func(a, b image.Rectangle) bool { return 4*a.Dx() >= 5*b.Dx() && 4*a.Dy() >= 5*b.Dy() }
	return !a.Empty() && !b.Empty() && (larger(a, b) || larger(b, a))
}

// CanUndo and CanRedo say whether there is such a step.
func (e *Editor) CanUndo() bool {
	_, at := e.doc.History()
	return at > 0 || e.doc.Editing() || e.tries()
}

// CanRedo says whether there is a step forward.
func (e *Editor) CanRedo() bool { h, at := e.doc.History(); return at < len(h)-1 }

// History lists the steps and the present one.
func (e *Editor) History() ([]canvas.Step, int) { return e.doc.History() }

// now is a variable so that a test can hold the clock.
var now = time.Now
