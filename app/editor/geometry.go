package editor

import (
	"context"
	"errors"
	"fmt"
	"image"
	"math"
	"weak"

	"pentimento/app/commission"
	"pentimento/app/jobs"
	"pentimento/app/words"
	"pentimento/canvas"
	"pentimento/canvas/warp"
	"pentimento/fault"
	"pentimento/tools"
)

// imageActions change the whole picture's shape.
var imageActions = []Action{
	{ID: "image.size", Name: "Image size…", Menu: "Image", Keys: []string{"Ctrl+Alt+S"}, Run: func(e *Editor) { e.Desk.Show("imagesize") }, Enabled: hasContent, Why: "Open or paint a picture first", Help: "Scale the whole picture with all layers, in pixels or per cent"},
	{ID: "image.enlarge", Name: "Enlarge…", Menu: "Image", Run: func(e *Editor) { e.Desk.Show("enlarge") }, Enabled: hasContent, Why: "Open or paint a picture first", Help: "Make the picture, a layer or a part of it larger by an upscaler's network, or by a filter"},
	{ID: "image.restore", Name: "Restore faces…", Menu: "Image", Run: func(e *Editor) { e.Desk.Show("restore") }, Enabled: hasContent, Why: "Open or paint a picture first", Help: "Make the faces in the picture, a layer or the selection clearer by a network: GFPGAN, CodeFormer or an upscaler"},
	{ID: "image.swap", Name: "Swap a face…", Menu: "Image", Run: func(e *Editor) { e.Desk.Show("swap") }, Enabled: hasContent, Why: "Open or paint a picture first", Help: "Give a face another identity, by two files of yours; for pictures of yourself and of people who have agreed"},
	{ID: "image.canvas", Name: "Canvas size…", Menu: "Image", Keys: []string{"Ctrl+Alt+N"}, Run: func(e *Editor) { e.Desk.Show("canvassize") }, Enabled: hasContent, Why: "Open or paint a picture first", Help: "Add transparent room at the picture's sides, or cut them off"},
	{ID: "image.fliph", Name: "Flip horizontally", Menu: "Image", Gap: true, Keys: []string{"Ctrl+Alt+H"}, Run: turnCanvas(canvas.FlipHorizontal), Enabled: hasContent, Why: "Open or paint a picture first", Help: "Mirror the whole picture, left to right"},
	{ID: "image.flipv", Name: "Flip vertically", Menu: "Image", Keys: []string{"Ctrl+Alt+V"}, Run: turnCanvas(canvas.FlipVertical), Enabled: hasContent, Why: "Open or paint a picture first", Help: "Mirror the whole picture, top to bottom"},
	{ID: "image.right", Name: "Rotate 90° right", Menu: "Image", Gap: true, Keys: []string{"Ctrl+Alt+]"}, Run: turnCanvas(canvas.TurnRight), Enabled: hasContent, Why: "Open or paint a picture first", Help: "Rotate the whole picture clockwise"},
	{ID: "image.left", Name: "Rotate 90° left", Menu: "Image", Keys: []string{"Ctrl+Alt+["}, Run: turnCanvas(canvas.TurnLeft), Enabled: hasContent, Why: "Open or paint a picture first", Help: "Rotate the whole picture anticlockwise"},
	{ID: "image.around", Name: "Rotate 180°", Menu: "Image", Keys: []string{"Ctrl+Alt+U"}, Run: turnCanvas(canvas.TurnAround), Enabled: hasContent, Why: "Open or paint a picture first", Help: "Turn the whole picture upside down"},
	{ID: "image.turn", Name: "Rotate by an angle…", Menu: "Image", Run: func(e *Editor) { e.Desk.Show("turn") }, Enabled: hasContent, Why: "Open or paint a picture first", Help: "Rotate the whole picture with all layers by any angle"},
	{ID: "image.offset", Name: "Offset by half", Menu: "Image", Run: (*Editor).Offset, Enabled: hasContent, Why: "Open or paint a picture first", Help: "Shift all layers by half the frame, what goes over a side of it coming in on the other one: the seams of a tile are then in its middle"},
	{ID: "image.cropmask", Name: "Crop to mask", Menu: "Image", Gap: true, Keys: []string{"Ctrl+Alt+C"}, Run: (*Editor).CropToMask, Enabled: func(e *Editor) bool { return hasMask(e) && hasContent(e) }, Why: "Mask what is to stay first (M)", Help: "Remove everything outside the masked rectangle, in all layers"},
	{ID: "image.cropframe", Name: "Crop to frame", Menu: "Image", Keys: []string{"Ctrl+Alt+F"}, Run: func(e *Editor) { e.crop(e.doc.State().Frame.Intersect(e.PictureRect()), false) }, Enabled: hasContent, Why: "Open or paint a picture first", Help: "Remove everything outside the frame, in all layers"},
}

// turnLayerActions turn the active layer.
var turnLayerActions = []Action{
	{ID: "layer.transform", Name: "Transform layer", Menu: "Layer", Icon: "transform", Gap: true, Keys: []string{"Ctrl+T"}, Run: (*Editor).TransformLayer, Enabled: hasLayerPixels, Help: "Scale, turn, skew the active layer by handles or numbers, always from its present pixels; apply (Enter) or cancel (Escape)"},
	{ID: "layer.fliph", Name: "Flip layer horizontally", Menu: "Layer", Run: turnLayer(canvas.FlipHorizontal), Enabled: hasTurnable, Help: "Mirror the active layer or group, left to right"},
	{ID: "layer.flipv", Name: "Flip layer vertically", Menu: "Layer", Run: turnLayer(canvas.FlipVertical), Enabled: hasTurnable, Help: "Mirror the active layer or group, top to bottom"},
	{ID: "layer.right", Name: "Rotate layer 90° right", Menu: "Layer", Run: turnLayer(canvas.TurnRight), Enabled: hasTurnable, Help: "Rotate the active layer or group clockwise about its middle"},
	{ID: "layer.left", Name: "Rotate layer 90° left", Menu: "Layer", Run: turnLayer(canvas.TurnLeft), Enabled: hasTurnable, Help: "Rotate the active layer or group anticlockwise about its middle"},
	{ID: "layer.around", Name: "Rotate layer 180°", Menu: "Layer", Run: turnLayer(canvas.TurnAround), Enabled: hasTurnable, Help: "Turn the active layer or group upside down"},
	{ID: "layer.offset", Name: "Offset layer by half", Menu: "Layer", Run: (*Editor).OffsetLayer, Enabled: hasTurnable, Help: "Shift the active layer or group by half the frame, what goes over a side of it coming in on the other one: the seams of a tile are then in its middle"},
}

func hasLayerPixels(e *Editor) bool {
	s := e.doc.State()
	l := s.Layer(s.Active)
	return l != nil && l.Tiles.Len() > 0
}

// hasTurnable says whether the active layer, or something in the active group, has pixels.
func hasTurnable(e *Editor) bool { return len(turnable(e.doc.State())) > 0 }

// turnable are the layers with pixels that a turn of the active one moves.
func turnable(s *canvas.State) (out []canvas.LayerID) {
	for _, l := range s.Layers {
		if l.Tiles.Len() > 0 && (l.ID == s.Active || s.In(l.ID, s.Active)) {
			out = append(out, l.ID)
		}
	}
	return out
}

// picture is the rectangle that is the picture of a State: all that is visible, else the frame.
func picture(s *canvas.State) image.Rectangle {
	if r := s.Used(); !r.Empty() {
		return r
	}
	return s.Frame
}

func turnCanvas(t canvas.Turn) func(*Editor) {
	return func(e *Editor) {
		if e.placesWait() {
			return
		}
		turned := plainly(func(s *canvas.State) *canvas.State { return s.Turned(t, picture(s)) })
		if t == canvas.FlipHorizontal || t == canvas.FlipVertical {
			e.reshape("Flip picture", turned)
		} else {
			e.reshape("Rotate picture", turned)
		}
	}
}

func turnLayer(t canvas.Turn) func(*Editor) {
	return func(e *Editor) {
		for _, id := range turnable(e.doc.State()) {
			if e.locked(id, tools.Needs("transform", e.brush)) {
				return
			}
		}
		turned := plainly(func(s *canvas.State) *canvas.State { return s.TurnedLayer(t, s.Active) })
		if t == canvas.FlipHorizontal || t == canvas.FlipVertical {
			e.reshape("Flip layer", turned)
		} else {
			e.reshape("Rotate layer", turned)
		}
	}
}

// CropToMask removes everything outside the mask's rectangle, and then the mask.
func (e *Editor) CropToMask() { e.crop(e.doc.State().MaskUsed().Intersect(e.PictureRect()), true) }

// crop removes everything outside r, which becomes the frame, and, where it has served, the mask.
func (e *Editor) crop(r image.Rectangle, unmask bool) {
	if e.placesWait() {
		return
	}
	if r.Intersect(picture(e.doc.State())).Empty() {
		e.Fail(fault.New("crop: nothing of the picture is inside", "mask a part of it, or move the frame over it"))
		return
	}
	e.reshape("Crop", plainly(func(s *canvas.State) *canvas.State {
		out := s.Cropped(r)
		if unmask {
			out.Mask = canvas.Grid[canvas.MaskTile]{}
		}
		return out
	}))
}

// PictureRect is the rectangle of the picture, document pixels.
func (e *Editor) PictureRect() image.Rectangle { return picture(e.doc.State()) }

// ResizePicture scales the whole picture to w × h pixels and says what that costs.
func (e *Editor) ResizePicture(w, h int) {
	size := image.Pt(w, h)
	switch {
	case size == e.PictureRect().Size() || e.placesWait():
		return
	case w < 1 || h < 1 || w > 1<<15 || h > 1<<15:
		e.Fail(fault.New(fmt.Sprintf("image size: %d × %d pixels, want 1 to %d a side", w, h, 1<<15), "type a smaller size, or a percentage"))
		return
	}
	if e.doc.State().Source.Deep() && max(w, h) > commission.MostScaled {
		e.Say(words.T("A scaled picture has 8 bits a channel; undo brings its 16 back"))
	}
	e.reshape("Image size", func(ctx context.Context, report func(float64), s *canvas.State) (*canvas.State, error) {
		return s.Scaled(ctx, picture(s), size, commission.Scaled, report)
	})
}

// SetCanvas makes r (document pixels) the picture's size: what is outside is cut off, new room
// is transparent, and the frame is r.
func (e *Editor) SetCanvas(r image.Rectangle) {
	switch {
	case r == e.PictureRect() && r == e.doc.State().Frame || e.placesWait():
		return
	case r.Empty() || r.Dx() > 1<<15 || r.Dy() > 1<<15:
		e.Fail(fault.New(fmt.Sprintf("canvas size: %d × %d pixels, want 1 to %d a side", r.Dx(), r.Dy(), 1<<15), "cut off less"))
		return
	}
	e.reshape("Canvas size", plainly(func(s *canvas.State) *canvas.State { return s.Cropped(r) }))
	if !r.In(e.PictureRect()) {
		e.Say(words.T("The new room is transparent; Export frame writes it, too"))
	}
}

// TurnPicture rotates the whole picture by an angle in degrees, clockwise.
func (e *Editor) TurnPicture(degrees float64) {
	quarters := map[float64]canvas.Turn{90: canvas.TurnRight, 180: canvas.TurnAround, -180: canvas.TurnAround, -90: canvas.TurnLeft}
	degrees = math.Remainder(degrees, 360)
	if turn := quarters[degrees]; turn != 0 {
		turnCanvas(turn)(e)
		return
	}
	if degrees == 0 || math.IsNaN(degrees) || e.placesWait() {
		return
	}
	lines := len(e.doc.State().GuideLines) > 0
	e.reshapeThen("Rotate picture", func(ctx context.Context, report func(float64), s *canvas.State) (*canvas.State, error) {
		r := picture(s)
		x, y := float64(r.Min.X+r.Max.X)/2, float64(r.Min.Y+r.Max.Y)/2
		m := warp.Move(-x, -y).Then(warp.Turn(degrees)).Then(warp.Move(x, y))
		return warp.Picture(ctx, s, r, m, warp.Options{Report: report})
	}, func() {
		if lines {
			e.Say(words.T("Guide lines are upright or level and cannot turn with the picture: they are gone; undo brings them back"))
		}
	})
}

// placesWait says, and tells, that places have candidates, which the picture would leave.
func (p *page) placesWait() bool {
	if len(p.Fills.Stacks()) > 0 {
		p.ed.Fail(fault.New("image: a place still has candidates, or waits for them", "accept or discard them first"))
		return true
	}
	return false
}

// reshaping makes another State of one, on any goroutine.
type reshaping func(ctx context.Context, report func(float64), s *canvas.State) (*canvas.State, error)

// plainly is a change that is quick and cannot fail.
func plainly(change func(*canvas.State) *canvas.State) reshaping {
	return func(_ context.Context, _ func(float64), s *canvas.State) (*canvas.State, error) {
		return change(s), nil
	}
}

// reshape is rework for what changes the picture's shape: the view follows.
func (e *Editor) reshape(label string, change reshaping) { e.reshapeThen(label, change, nil) }

// reshapeThen calls then (not nil) when the change is there and its document is shown.
func (e *Editor) reshapeThen(label string, change reshaping, then func()) {
	p := e.page
	p.rework(label, change, func(done bool) {
		if done {
			if e.copied.of == weak.Make(p.doc) {
				e.copied.at = image.Rectangle{}
			}
			if used := p.Used(); !used.In(p.view.Visible()) {
				p.FitContent()
			}
			if then != nil {
				e.on(p, then)
			}
		}
	})
}

// rework runs a change of the picture beside the window's goroutine and makes it one step.
// Where somebody was faster it is done again of what is there then. ended hears on the
// window's goroutine whether it was made.
func (p *page) rework(label string, change reshaping, ended func(done bool)) {
	p.reworkIn(p.ed.Jobs.Add, label, change, ended)
}

// reworkIn is rework in its turn (Jobs.Add) or beside whatever runs (Jobs.Now).
func (p *page) reworkIn(queue func(string, int64, jobs.Work) jobs.ID, label string, change reshaping, ended func(done bool)) {
	p.CancelTool()
	base, doc, places := p.doc.State(), p.doc, len(p.Fills.Stacks())
	job := queue(words.Label(label), p.Fills.Group(), func(ctx context.Context, report func(string, float64)) error {
		out, err := change(ctx, func(f float64) { report(words.T("computing"), f) }, base)
		if err == nil {
			err = ctx.Err()
		}
		p.land(func() {
			switch {
			case err != nil:
				if !errors.Is(err, context.Canceled) {
					p.ed.Fail(err)
				}
				ended(false)
			case doc != p.doc:
				ended(false)
			case len(p.Fills.Stacks()) > places:
				p.placesWait() // a fill began meanwhile
				ended(false)
			case base != p.doc.State():
				p.reworkIn(queue, label, change, ended)
			default:
				p.Edit(label, func(ed *canvas.Edit) { ed.Become(out) })
				ended(true)
			}
		})
		return err
	})
	p.Keeping.Making(job, label)
}
