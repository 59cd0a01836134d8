package keeping

import (
	"image"
	"testing"
	"time"

	"pentimento/app/desk"
	"pentimento/app/desk/desktest"
	"pentimento/app/fills"
	"pentimento/app/jobs"
	"pentimento/app/models"
	"pentimento/app/prompting"
	"pentimento/app/settings"
	"pentimento/canvas"
	"pentimento/canvas/canvastest"
	"pentimento/canvas/journal"
	"pentimento/canvas/render"
	"pentimento/pipeline"
	"pentimento/pipeline/pixels"
	"pentimento/tools"
)

// bench is a kept canvas with its fills and without tools: what a test paints is an Edit. The
// window's goroutine is in the test's hands.
type bench struct {
	order int // of its document
	*Keeping
	d        *desktest.Desk
	seen     *desktest.Window
	Settings *settings.Store
	posted   chan func()
	t        testing.TB

	doc  *canvas.Document
	view tools.View
	tool string
}

func newBench(t testing.TB) *bench { return newKeptBench(t, "", nil) }

// newKeptBench is a bench whose canvases are kept in a folder.
func newKeptBench(t testing.TB, folder string, disk journal.Disk) *bench {
	t.Helper()
	d := desktest.New(t)
	d.Settings.Fill.Feather, d.Settings.Fill.Count = 0, 1
	b := &bench{d: d, seen: d.Seen, Settings: d.Settings, posted: d.Posted, t: t, doc: canvas.New(), view: tools.View{Scale: 1, W: 1, H: 1}, tool: "mask"}
	p := pipeline.New(nil)
	m := models.New(d.Desk, nil, p.TextWindow)
	words := prompting.New(d.Desk, m, nil)
	f := fills.New(d.Desk, b, m, words)
	f.Pipeline, f.Memory = p, memory{b}
	f.Jobs = jobs.New(1, func() { d.Post(func() { d.Tell(desk.Change{What: desk.JobsChanged}) }) })
	b.Keeping = New(d.Desk, Config{Easel: b, Fills: f, Prompting: words, Folder: folder, Disk: disk, Program: "Pentimento test"})
	t.Cleanup(b.end)
	return b
}

// end closes everything, as the program does at its end.
func (b *bench) end() {
	b.Fills.Jobs.Close()
	b.Keeping.Close()
}

// memory is the Memory of fills that only keeping has.
type memory struct{ b *bench }

func (m memory) Recipe(*fills.Candidate) []byte         { return []byte("{}") }
func (m memory) Arrived(*fills.Stack, *fills.Candidate) {}
func (m memory) Asked(s *fills.Stack)                   { m.b.Keeping.Asked(s) }
func (m memory) Queued(id jobs.ID, stack int64, i, tries int) {
	m.b.Keeping.Queued(id, stack, i, tries)
}
func (m memory) Keepsake(stack int64) func(*pipeline.Result, time.Time) {
	return m.b.Keeping.Keepsake(stack)
}

// What follows makes a bench an Easel and a fills.Canvas.

func (b *bench) Document() *canvas.Document             { return b.doc }
func (b *bench) Committed() *canvas.State               { return b.doc.State() }
func (b *bench) State() *canvas.State                   { return b.doc.Visible() }
func (b *bench) UsedOf(s *canvas.State) image.Rectangle { return s.Used() }
func (b *bench) Used() image.Rectangle                  { return b.doc.State().Used() }
func (b *bench) Tile() image.Rectangle                  { return b.view.Tile }
func (b *bench) Drawing() bool                          { return b.doc.Editing() }
func (b *bench) CancelTool()                            {}
func (b *bench) EndTool()                               {}
func (b *bench) SettleTool()                            {}
func (b *bench) Begin(label string) *canvas.Edit        { return b.doc.Begin(label) }
func (b *bench) View() tools.View                       { return b.view }
func (b *bench) SetView(v tools.View)                   { b.view = v }
func (b *bench) Panel() (settings.Fill, settings.Live)  { return b.Settings.Fill, b.Settings.Live }
func (b *bench) Room(then func(*Keeping))               { then(b.Keeping) }
func (b *bench) Order() int                             { return b.order }
func (b *bench) Front()                                 {}
func (b *bench) Elsewhere(string) bool                  { return false }
func (b *bench) FitContent()                            { b.view = b.view.Fit(b.Used()) }
func (b *bench) ToolName() string                       { return b.tool }
func (b *bench) SetTool(name string)                    { b.tool = name }
func (b *bench) Empty() bool {
	s := b.doc.State()
	return s.Used().Empty() && s.Mask.Len() == 0 && len(s.References) == 0
}

func (b *bench) Changed(dirty image.Rectangle, more desk.What) {
	b.d.Tell(desk.Change{What: desk.Picture | desk.LayersChanged | desk.HistoryChanged | more, Dirty: dirty})
}

func (b *bench) Reset(doc *canvas.Document, path string) {
	b.Fills.CancelPlaces()
	b.Leave()
	b.doc = doc
	b.Fills.Reset()
	b.Keeping.Begin(path)
	b.d.Tell(desk.Change{What: desk.DocumentOpened | desk.CandidatesChanged})
}

// open opens a project, as a job does.
func (b *bench) open(path string) error {
	return b.OpenProject(b.t.Context(), path, func(float64) {}, func(error) {})
}

func (b *bench) until(what string, ok func() bool) { b.t.Helper(); b.d.Until(what, ok) }

// idle runs everything until no job is left.
func (b *bench) idle() {
	b.t.Helper()
	b.until("the end of all jobs", func() bool { return b.Fills.Jobs.Active(0) == 0 && len(b.posted) == 0 })
}

func (b *bench) SetFill(change func(*settings.Fill)) { b.d.SetFill(change) }

// Edit is one step of history.
func (b *bench) Edit(label string, change func(*canvas.Edit)) {
	ed := b.doc.Begin(label)
	change(ed)
	b.Changed(ed.Commit(), 0)
}

func (b *bench) put(img *image.NRGBA) {
	b.Edit("put", func(ed *canvas.Edit) { ed.Put(ed.State().Active, img, nil) })
}

func (b *bench) maskRect(r image.Rectangle) {
	b.Edit("mask", func(ed *canvas.Edit) { ed.SetMask(pixels.Full(r)) })
}

func (b *bench) AddLayer() {
	b.Edit("layer", func(ed *canvas.Edit) { ed.AddLayer("one more", ed.State().Active) })
}

func (b *bench) AddReference(name string, img *image.NRGBA) {
	b.Edit("reference", func(ed *canvas.Edit) { ed.AddReference(&canvas.Reference{Name: name, Image: img}) })
}

func (b *bench) SetActive(id canvas.LayerID) {
	if old := b.doc.State(); old.Active != id {
		b.Activated(old, b.doc.Activate(id))
		b.d.Tell(desk.Change{What: desk.LayersChanged})
	}
}

func (b *bench) Undo() {
	if dirty, ok := b.doc.Undo(); ok {
		b.Changed(dirty, 0)
	}
}

func (b *bench) Redo() {
	if dirty, ok := b.doc.Redo(); ok {
		b.Changed(dirty, 0)
	}
}

func (b *bench) CanUndo() bool { _, at := b.doc.History(); return at > 0 }
func (b *bench) CanRedo() bool { h, at := b.doc.History(); return at < len(h)-1 }

func flatten(s *canvas.State, r image.Rectangle) *image.NRGBA {
	return render.Flatten(s, r, render.FlattenOptions{})
}

// texture is a picture of tests.
var texture = canvastest.Texture
