package editor

import (
	"image"
	"slices"
	"sync"
	"time"

	"pentimento/app/desk"
	"pentimento/app/fills"
	"pentimento/app/keeping"
	"pentimento/app/provenance"
	"pentimento/app/settings"
	"pentimento/canvas"
	"pentimento/canvas/file"
	"pentimento/pipeline"
	"pentimento/tools"
)

// page is one open document with all that belongs to it alone: history, view, fills and their
// jobs, journal, the values of the fill panel. The Editor has the one embedded that is shown;
// the others stay as they were left. What is computed for a document knows its page and
// arrives there, shown or not.
type page struct {
	ed      *Editor
	Fills   *fills.Fills
	Keeping *keeping.Keeping

	doc      *canvas.Document
	view     tools.View
	fitted   tools.View     // the one in which FitContent left it
	grown    bool           // it was said that a stroke has made the picture larger
	begun    bool           // the empty canvas is being worked on: a prompt is written for it
	painted  string         // the area of the region that the mask's tools paint
	maskSeen canvas.LayerID // whose mask is shown instead of the picture
	work     working
	past     past
	// lastExport is that of this document; nil: none yet.
	lastExport *exported
	trial      *trial // a change that is tried; nil: none
	look       look
	thing      thing
	before     string            // the engine that was chosen before words at the mask chose the model
	made       *provenance.Found // what the opened picture says
	colours    struct {          // of the document, as Colours says
		source *canvas.Source
		name   string
	}
	selected, used struct {
		state *canvas.State
		rect  image.Rectangle
	}

	// fill and live are the panel's values while another page is shown.
	fill  settings.Fill
	live  settings.Live
	later []func() // what is to be done when it is shown again
	// computed is what was made for it on other goroutines and has not landed.
	computed struct {
		sync.Mutex
		land []func()
	}
}

// newPage makes a page with an empty document; folder is where its journal is kept.
func (e *Editor) newPage(p *pipeline.Pipeline, r pipeline.Runner, folder string) *page {
	e.numbered++ // group 0 is nobody's
	n := &page{ed: e, doc: canvas.New(), view: tools.View{Scale: 1, W: 1, H: 1}, fill: e.Settings.Fill, live: e.Settings.Live}
	n.doc.Budget = int64(max(e.Settings.HistoryMB, 64)) << 20
	n.Fills = fills.New(e.Desk, n, e.Models, e.Prompting)
	n.Fills.Pipeline, n.Fills.Runner, n.Fills.Jobs, n.Fills.Memory, n.Fills.Number = p, r, e.Jobs, (*memory)(n), e.numbered
	n.Keeping = keeping.New(e.Desk, keeping.Config{Easel: n, Fills: n.Fills, Prompting: e.Prompting, Folder: folder, Program: "Pentimento " + e.Version, Shelf: e.shelf,
		Texts: func(s *canvas.State, r image.Rectangle) []file.Text { return e.Provenance.Texts(s, r, 0) }})
	return n
}

// Changed tells what follows from an Edit.
func (p *page) Changed(dirty image.Rectangle, more desk.What) {
	if !p.shown() {
		p.ed.Tell(desk.Change{What: desk.HistoryChanged | desk.ProjectChanged})
		return
	}
	p.ed.Tell(desk.Change{What: desk.Picture | desk.LayersChanged | desk.HistoryChanged | desk.OverlayChanged | more, Dirty: dirty})
}

// State is the picture as shown, with an Edit in progress.
func (p *page) State() *canvas.State { return p.doc.Visible() }

// Committed is the picture without an Edit in progress; safe to hand to any goroutine.
func (p *page) Committed() *canvas.State { return p.doc.State() }

// Begin opens an Edit on the document (tools.Host).
func (p *page) Begin(label string) *canvas.Edit { return p.doc.Begin(label) }

// Edit runs one Edit to its end: one step of history.
func (p *page) Edit(label string, change func(*canvas.Edit)) {
	p.SettleTool()
	ed := p.doc.Begin(label)
	change(ed)
	p.Changed(ed.Commit(), 0)
}

// land hands over, from any goroutine, what was computed for the page: f runs on the window's
// goroutine soon, whether the page is shown or not, after a stroke under way on it, and never once
// it is closed. Where the program ends before, Close runs it.
func (p *page) land(f func()) {
	p.computed.Lock()
	p.computed.land = append(p.computed.land, f)
	p.computed.Unlock()
	p.ed.Post(p.takeComputed)
}

func (p *page) takeComputed() {
	if p.Drawing() {
		time.AfterFunc(awaiting, func() { p.ed.Post(p.takeComputed) })
		return
	}
	p.computed.Lock()
	land := p.computed.land
	p.computed.land = nil
	p.computed.Unlock()
	for _, f := range land {
		if slices.Contains(p.ed.pages, p) {
			f()
		}
	}
}

// makes says whether something that was asked for is still to land.
func (p *page) makes() bool {
	p.computed.Lock()
	defer p.computed.Unlock()
	return len(p.computed.land) > 0 || p.Working() || p.Keeping.Makes()
}

// awaiting is how long is waited before what has to be over is looked at again.
const awaiting = 50 * time.Millisecond

// Document is the open document, for those that keep it.
func (p *page) Document() *canvas.Document { return p.doc }

// View is the part of the canvas that the window shows. What repeats in it follows the frame.
func (p *page) View() tools.View {
	v := p.view
	if !v.Tile.Empty() {
		v.Tile = p.tile()
	}
	return v
}

// SetView moves or zooms the view; with a Tile, whatever it is, the picture's own repeats.
func (p *page) SetView(v tools.View) {
	v.Scale = min(max(v.Scale, tools.MinScale), tools.MaxScale)
	if v != p.view {
		p.view = v
		p.ed.Tell(desk.Change{What: desk.ViewMoved})
	}
}

// Used is the exact rectangle of visible pixels of the committed picture.
func (p *page) Used() image.Rectangle { return p.UsedOf(p.doc.State()) }

// UsedOf is State.Used with the last answer remembered.
func (p *page) UsedOf(s *canvas.State) image.Rectangle {
	if p.used.state != s {
		p.used.state, p.used.rect = s, s.Used()
	}
	return p.used.rect
}

// Empty says whether there is nothing to lose or to show: the start screen's condition.
func (p *page) Empty() bool {
	s := p.doc.State()
	for _, l := range s.Layers {
		if l.Tiles.Len() > 0 {
			return false
		}
	}
	return s.Mask.Len() == 0 && len(s.References) == 0 && len(s.Channels) == 0 && !p.doc.Editing()
}

// Welcoming says whether the start screen belongs on the canvas: nothing is there, and
// nothing is on the way from a prompt.
func (p *page) Welcoming() bool {
	return p.Empty() && len(p.Fills.Stacks()) == 0 && !p.begun
}

// Path is the picture that was opened, "" for a new one.
func (p *page) Path() string { return p.Keeping.Path() }

// FitContent shows the whole picture, or three by three of what repeats.
func (p *page) FitContent() {
	if tile := p.View().Tile; !tile.Empty() {
		p.fit(image.Rectangle{Min: tile.Min.Sub(tile.Size()), Max: tile.Max.Add(tile.Size())})
	} else {
		p.fit(p.Used().Union(p.Fills.Bounds()))
	}
	p.fitted = p.view
}

// fit shows all of a rectangle; of an empty one, the frame.
func (p *page) fit(r image.Rectangle) {
	if r.Empty() {
		r = p.State().Frame
	}
	if v := p.view.Fit(r); v != p.view {
		p.SetView(v)
	} else {
		p.ed.Tell(desk.Change{What: desk.ViewMoved})
	}
}

// Reset puts another document in the place of the present one, opened from path ("" for
// none). Nobody is asked.
func (p *page) Reset(doc *canvas.Document, path string) {
	e := p.ed
	e.CancelTool()
	p.Fills.CancelPlaces()
	p.Keeping.Leave()
	doc.Budget = p.doc.Budget
	p.doc, p.lastExport, p.begun, p.grown = doc, nil, false, false
	p.Fills.Reset()
	p.painted = ""
	p.view.Turn, p.view.Mirror, p.view.Tile = 0, false, image.Rectangle{}
	p.opened(nil)
	p.Keeping.Begin(path)
	e.Tell(desk.Change{What: allOfIt, Dirty: p.view.Visible()})
}

// opened takes what the picture says that was opened.
func (p *page) opened(made *provenance.Found) {
	p.made = made
	p.ed.Provenance.Opened(made)
}

// allOfIt is what changes with the document.
const allOfIt = desk.DocumentOpened | desk.Picture | desk.LayersChanged | desk.HistoryChanged | desk.CandidatesChanged | desk.OverlayChanged

// What follows makes a page an Easel and a fills.Canvas, as far as that is not above.

func (p *page) shown() bool { return p.ed.page == p }

// Drawing says whether the pointer is down or an Edit is in progress.
func (p *page) Drawing() bool { return p.shown() && p.ed.pressed || p.doc.Editing() }

// CancelTool ends what is being drawn on it.
func (p *page) CancelTool() {
	if p.shown() {
		p.ed.CancelTool()
	}
}

// EndTool ends what is being drawn on it where the pointer is.
func (p *page) EndTool() {
	if p.shown() {
		p.ed.EndTool()
	}
}

// SettleTool is EndTool that leaves an outline of several clicks to go on.
func (p *page) SettleTool() {
	if p.shown() {
		p.ed.settleTool()
	}
}

// ToolName is the name of the current tool.
func (p *page) ToolName() string { return p.ed.toolName }

// SetTool chooses a tool.
func (p *page) SetTool(name string) { p.ed.SetTool(name) }

// Panel are the values of the fill panel, of a page that is not shown those that it was left with.
func (p *page) Panel() (settings.Fill, settings.Live) {
	if p.shown() {
		return p.ed.Settings.Fill, p.ed.Settings.Live
	}
	return p.fill, p.live
}
