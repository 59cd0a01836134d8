package editor

import (
	"context"
	"fmt"
	"image"
	"path/filepath"
	"slices"

	"pentimento/app/commission"
	"pentimento/app/words"
	"pentimento/canvas"
	"pentimento/canvas/file"
	"pentimento/canvas/render"
	"pentimento/fault"
	"pentimento/pipeline"
)

// Backdrop is what comes behind a subject.
type Backdrop = pipeline.Backdrop

// Where a new background comes from.
const (
	ByWords   = pipeline.ByWords
	ByPicture = pipeline.ByPicture
	ByColour  = pipeline.ByColour
	ByBlur    = pipeline.ByBlur
)

// NewBackground is what the active layer's background is replaced by, and how its subject is found.
type NewBackground struct {
	Network string // that finds the subject; "": what is selected is it
	Backdrop
	File      string  // the picture's, of ByPicture
	Prompt    string  // of ByWords
	Strength  float64 // of harmonising, 0 to 1
	Shadow    float64 // 0 to 1
	Threshold float64 // as pipeline.Cutting has it
}

// CanPaintBackground is an error where no model could paint one of words.
func (e *Editor) CanPaintBackground() error {
	if !e.Models.Generates() {
		return fault.New("no model is open that could paint it", "Open a checkpoint, or choose the Starter in the fill panel.")
	}
	return nil
}

// CanReplaceBackground says, where the active layer's background can't be replaced, why not.
func (e *Editor) CanReplaceBackground() error {
	s := e.doc.State()
	l := s.Layer(s.Active)
	switch {
	case l == nil || l.Tiles.Len() == 0:
		return fault.New("background: the active layer is empty", "Choose the layer with the subject.")
	case s.Locks(l.ID)&canvas.LockPixels != 0:
		return fault.New("background: the pixels of “"+l.Name+"” are locked", "Unlock them in the layers, or work on a copy.")
	}
	return nil
}

// ReplaceBackground puts something else behind the subject of the active layer, beside the painting and as one step: the subject
// behind a layer mask, its shadow and the new background are layers, and the layer as it was stays below, hidden.
func (e *Editor) ReplaceBackground(how NewBackground) {
	if e.Fail(e.CanReplaceBackground()) {
		return
	}
	s := e.doc.State()
	if how.Network == "" && s.Selection.Len() == 0 {
		e.Fail(fault.New("background: nothing is selected", "Select the subject, or let a network find it."))
		return
	}
	q, err := e.backgroundRequest(how)
	if e.Fail(err) {
		return
	}
	var runner pipeline.Runner = e.Fills.Pipeline
	if e.Fills.Runner != nil {
		runner = e.Fills.Runner
	}
	id, p := s.Active, e.page
	e.page.rework("Replace the background", func(ctx context.Context, report func(float64), s *canvas.State) (*canvas.State, error) {
		l := s.Layer(id)
		if l == nil || l.Used().Empty() {
			return s, nil
		}
		if err := render.CheckWhole("background", l.Used()); err != nil {
			return nil, err
		}
		one, err := backgroundOf(ctx, q, how, s, l)
		if err != nil {
			return nil, err
		}
		res, err := commission.In(s.Source.Space(), runner).Run(ctx, one, func(g pipeline.Progress) {
			if g.Notice != "" {
				p.ed.Post(func() { p.ed.Say(g.Notice) })
			}
			report(g.Fraction)
		})
		if err != nil {
			return nil, err
		}
		if len(res.Layers) < 2 {
			return nil, fmt.Errorf("background: the engine made %d layers, want a background and a subject", len(res.Layers))
		}
		return behindSubject(s, l, one.Image, res), nil
	}, func(bool) {})
}

// backgroundRequest is what is asked for, without pictures.
func (e *Editor) backgroundRequest(how NewBackground) (q pipeline.Request, err error) {
	if how.By == ByWords {
		if err := e.CanPaintBackground(); err != nil {
			return q, err
		}
		if q, err = e.Fills.Alone(pipeline.Background); err != nil {
			return q, err
		}
		q.Prompt = how.Prompt
		if q, err = q.Expanded(); err != nil {
			return q, err
		}
	} else {
		var panel pipeline.Request
		pipeline.Apply(&panel, e.Settings.Fill.Get)
		q.Where = panel.Where
		q.Device = e.Settings.Device
	}
	b := how.Backdrop
	b.Look = pipeline.BackdropLook(how.Strength)
	if b.Look.Shadow = how.Shadow; how.Strength == 0 && how.Shadow > 0 { // the strength is that of the shadow, too
		b.Look.Strength, b.Look.Colour, b.Look.Seam = 1, 0, 0
	} else if how.Strength > 0 {
		b.Look.Shadow = min(how.Shadow/how.Strength, 1)
	}
	q.Engine, q.Task, q.Batch, q.Backdrop = pipeline.Diffusion, pipeline.Background, 1, &b
	if how.Network != "" {
		q.Cut = &pipeline.Cutting{Network: how.Network, Threshold: how.Threshold}
	}
	return q, nil
}

// backgroundOf gives a request its pictures.
func backgroundOf(ctx context.Context, q pipeline.Request, how NewBackground, s *canvas.State, l *canvas.Layer) (pipeline.Request, error) {
	q = q.Clone()
	q.Image = pixelsOf(l)
	q.Frame = q.Image.Rect
	if how.Network == "" {
		q.Mask = canvas.CoverImage(s.Selection, q.Image.Rect)
	}
	if how.By != ByPicture {
		return q, nil
	}
	p, err := file.Open(ctx, how.File, nil)
	if err != nil {
		return q, fmt.Errorf("%q: %w", filepath.Base(how.File), err)
	}
	q.Backdrop.Picture, q.Backdrop.Name = copyPixels(p.NRGBA()), filepath.Base(how.File)
	p.Space().ToSRGB(q.Backdrop.Picture)
	return q, nil
}

// copyPixels is a picture of its own.
func copyPixels(img *image.NRGBA) *image.NRGBA {
	out := *img
	out.Pix = slices.Clone(img.Pix)
	return &out
}

// behindSubject is a picture in which a layer, whose pixels are was, has another background.
func behindSubject(s *canvas.State, l *canvas.Layer, was *image.NRGBA, res *pipeline.Result) *canvas.State {
	subject, shows := pipeline.Unmasked(was, res.Layers[len(res.Layers)-1])
	doc := canvas.Open("Replace the background", s)
	ed := doc.Begin("Replace the background")
	name := l.Name
	like := func(id canvas.LayerID) {
		ed.SetLayer(id, func(n *canvas.Layer) { n.Placed, n.Clip, n.Parent = nil, l.Clip, l.Parent })
	}
	at := l.ID
	for i, img := range res.Layers[:len(res.Layers)-1] {
		at = ed.AddLayer([]string{words.T("New background"), words.T("Shadow of %s", name)}[i], at)
		ed.Place(at, img, img)
		like(at)
	}
	top := ed.AddLayer(words.T("Subject of %s", name), at)
	ed.Place(top, subject, subject)
	like(top)
	ed.SetLayerMask(top, canvas.NewLayerMask(alsoMasked(l, shows), 0))
	ed.SetLayer(l.ID, func(n *canvas.Layer) { n.Visible = false })
	ed.SetActive(top)
	ed.Commit()
	return witnessed(doc.State(), &res.Request, top)
}
