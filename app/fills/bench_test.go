package fills

import (
	"image"
	"testing"
	"time"

	"pentimento/app/desk"
	"pentimento/app/desk/desktest"
	"pentimento/app/jobs"
	"pentimento/app/models"
	"pentimento/app/prompting"
	"pentimento/app/settings"
	"pentimento/canvas"
	"pentimento/canvas/canvastest"
	"pentimento/canvas/render"
	"pentimento/pipeline"
	"pentimento/pipeline/pixels"
	"pentimento/pipeline/prompt"
)

// easel is a picture without tools: what a test paints is an Edit.
type easel struct {
	doc  *canvas.Document
	d    *desktest.Desk
	edit *canvas.Edit // while the pointer is down
	tile image.Rectangle
}

func (e *easel) Committed() *canvas.State               { return e.doc.State() }
func (e *easel) State() *canvas.State                   { return e.doc.Visible() }
func (e *easel) UsedOf(s *canvas.State) image.Rectangle { return s.Used() }
func (e *easel) Tile() image.Rectangle                  { return e.tile }
func (e *easel) Drawing() bool                          { return e.edit != nil }
func (e *easel) Begin(label string) *canvas.Edit        { return e.doc.Begin(label) }
func (e *easel) CancelTool() {
	if e.edit != nil {
		e.edit.Rollback()
		e.edit = nil
	}
}
func (e *easel) EndTool() {
	if e.edit != nil {
		e.edit.Commit()
		e.edit = nil
	}
}
func (e *easel) SettleTool() { e.EndTool() }
func (e *easel) Changed(dirty image.Rectangle, more desk.What) {
	e.d.Tell(desk.Change{What: desk.Picture | desk.LayersChanged | desk.HistoryChanged | desk.OverlayChanged | more, Dirty: dirty})
}

// forgetful is a Memory that keeps nothing.
type forgetful struct{}

func (forgetful) Recipe(*Candidate) []byte   { return []byte("{}") }
func (forgetful) Arrived(*Stack, *Candidate) {}
func (forgetful) Keepsake(int64) func(*pipeline.Result, time.Time) {
	return func(*pipeline.Result, time.Time) {}
}
func (forgetful) Asked(*Stack)                    {}
func (forgetful) Queued(jobs.ID, int64, int, int) {}

// bench is the fills of an easel, with the window's goroutine in the test's hands.
type bench struct {
	*Fills
	*easel
	Settings *settings.Store
	seen     *desktest.Window
	posted   chan func()
	t        testing.TB
}

func newBench(t testing.TB) *bench {
	t.Helper()
	d := desktest.New(t)
	d.Settings.Fill.Feather, d.Settings.Fill.Count = 0, 1
	b := &bench{easel: &easel{doc: canvas.New(), d: d}, Settings: d.Settings, seen: d.Seen, posted: d.Posted, t: t}
	p := pipeline.New(nil)
	m := models.New(d.Desk, nil, func(model string) (prompt.Encoder, prompt.Spec, error) { return b.Pipeline.TextWindow(model) })
	b.Fills = New(d.Desk, b.easel, m, prompting.New(d.Desk, m, nil))
	b.Pipeline, b.Memory = p, forgetful{}
	b.Jobs = jobs.New(1, func() { d.Post(func() { d.Tell(desk.Change{What: desk.JobsChanged}) }) })
	t.Cleanup(b.Jobs.Close)
	return b
}

func (b *bench) until(what string, ok func() bool) { b.t.Helper(); b.d.Until(what, ok) }

// idle runs everything until no job is left.
func (b *bench) idle() {
	b.t.Helper()
	b.until("the end of all jobs", func() bool { return b.Jobs.Active(0) == 0 && len(b.posted) == 0 })
}

func (b *bench) SetFill(change func(*settings.Fill)) { b.d.SetFill(change) }

// Edit is one step of history.
func (b *bench) Edit(label string, change func(*canvas.Edit)) {
	ed := b.doc.Begin(label)
	change(ed)
	b.Changed(ed.Commit(), 0)
}

func (b *bench) layer(change func(*canvas.Layer)) {
	b.Edit("layer", func(ed *canvas.Edit) { ed.SetLayer(ed.State().Active, change) })
}

func (b *bench) put(img *image.NRGBA) {
	b.Edit("put", func(ed *canvas.Edit) { ed.Put(ed.State().Active, img, nil) })
}

func (b *bench) maskRect(r image.Rectangle) {
	b.Edit("mask", func(ed *canvas.Edit) { ed.SetMask(pixels.Full(r)) })
}

func (b *bench) setFrame(r image.Rectangle) {
	b.Edit("frame", func(ed *canvas.Edit) { ed.SetFrame(r) })
}

func (b *bench) refer(name string, img *image.NRGBA) {
	b.Edit("refer", func(ed *canvas.Edit) { ed.AddReference(&canvas.Reference{Name: name, Image: img}) })
}

// undo goes a step back; redo a step forward.
func (b *bench) undo() { dirty, _ := b.doc.Undo(); b.Changed(dirty, 0) }
func (b *bench) redo() { dirty, _ := b.doc.Redo(); b.Changed(dirty, 0) }

// press begins a stroke, which release ends.
func (b *bench) press() {
	b.edit = b.doc.Begin("stroke")
	b.edit.Put(b.edit.State().Active, texture(image.Rect(28, 28, 33, 33), 1), nil)
	b.d.Tell(desk.Change{What: desk.OverlayChanged})
}

func (b *bench) release() {
	dirty := b.edit.Commit()
	b.edit = nil
	b.Changed(dirty, 0)
}

// reset puts an empty document in the place of the present one.
func (b *bench) reset() {
	b.doc = canvas.New()
	b.Reset()
	b.d.Tell(desk.Change{What: desk.DocumentOpened | desk.Picture})
}

// accept lays a finished result of a request down, as if it had been computed.
func (b *bench) accept(r image.Rectangle, q pipeline.Request, seed uint64) {
	q.Mask = pixels.Full(r)
	s := b.add(r, q)
	b.arrive(s.ID, Finished(&pipeline.Result{Image: texture(r, seed), Mask: q.Mask, Request: q}, now()))
	b.Accept()
}

func diffusion(prompt string, seed int64) pipeline.Request {
	return pipeline.Request{Ask: pipeline.Ask{Engine: pipeline.Diffusion, Task: pipeline.Inpaint}, Text: pipeline.Text{Prompt: prompt}, Sampling: pipeline.Sampling{Seed: seed}}
}

// Pictures of tests.
var (
	texture = canvastest.Texture
	flat    = canvastest.Flat
)

func flatten(s *canvas.State, r image.Rectangle) *image.NRGBA {
	return render.Flatten(s, r, render.FlattenOptions{})
}

// Problems are those of Fills once all files were looked at.
func (b *bench) Problems() []Problem {
	b.t.Helper()
	b.until("the answer of files", func() bool { return b.preflight().whole })
	return b.Fills.Problems()
}
