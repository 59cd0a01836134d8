package editor

import (
	"context"
	"fmt"
	"image"
	"path/filepath"
	"slices"
	"strings"

	"pentimento/app/commission"
	"pentimento/app/words"
	"pentimento/canvas"
	"pentimento/canvas/file"
	"pentimento/canvas/render"
	"pentimento/fault"
	"pentimento/pipeline"
	"pentimento/pipeline/harmony"
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
	Threshold float64 // these as pipeline.Cutting has them
	Shift     int
	Of        string // what of the picture it is the background of
}

// What of the picture gets a new background.
const (
	OfLayer   = ""        // the active layer
	OfShowing = "showing" // the active layer; what lies above it and would hide the new background is hidden
	OfPicture = "picture" // all that is seen, as it looks together
)

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

// Layered says whether more than one layer is seen.
func (e *Editor) Layered() bool {
	s, n := e.doc.State(), 0
	for _, l := range s.Layers {
		if !l.Group && l.Tiles.Len() > 0 && s.Counts(l) {
			n++
		}
	}
	return n > 1
}

// UsualOf is what of the picture most want the background of replaced: the active layer, unless fills that lie over another layer
// are a part of what it shows.
func (e *Editor) UsualOf() string {
	s := e.doc.State()
	below := false // something is seen below
	for i, l := range s.Layers {
		if l.Group || l.Tiles.Len() == 0 || !s.Counts(l) {
			continue
		}
		filled := slices.ContainsFunc(s.Origins, func(o *canvas.Origin) bool { return o.Layer == l.ID })
		if i >= s.Index(s.Active) && below && filled {
			return OfPicture
		}
		below = true
	}
	return OfLayer
}

// Lacks says what is still wanted before it can be made.
func (e *Editor) Lacks(how NewBackground) error {
	switch {
	case how.Network == "" && e.doc.State().Selection.Len() == 0:
		return fault.New("background: nothing is selected", "Select the subject, or let a network find it.")
	case how.By == ByPicture && how.File == "":
		return fault.New("background: no picture is chosen", "Choose the one that comes behind.")
	case how.By == ByWords && strings.TrimSpace(how.Prompt) == "":
		return fault.New("background: no words say what the model is to paint", "Describe the new background.")
	case how.By == ByWords:
		return e.CanPaintBackground()
	}
	return nil
}

// ReplaceBackground tries to put something else behind the subject of the active layer, or of all that is seen: it is shown at the
// screen's resolution, the subject looked for once, and the document does not know of it. told hears, on the window's goroutine,
// what there is to say. Made, it is one step: the subject behind a layer mask, its shadow and the new background are layers, and
// what was there stays below, hidden.
func (e *Editor) ReplaceBackground(r *Replacing, told func(Told)) {
	if e.Fail(e.CanReplaceBackground()) {
		return
	}
	try := replacing{of: r, how: r.NewBackground, red: r.Red, base: e.doc.State(), cut: e.cutter(), told: func(t Told) { e.Post(func() { told(t) }) }}
	try.space = try.base.Source.Space()
	r.outdated(try.how.behind())
	var full maker
	e.BeginTrial("Replace the background", func(ctx context.Context, s *canvas.State, id canvas.LayerID, _ image.Rectangle, scale float64, report func(float64)) (*canvas.State, error) {
		if report != nil {
			return full(ctx, s, id, report)
		}
		return try.preview(ctx, s, id, scale)
	})
	if e.Trying() != "" {
		e.trial.ready = func() (err error) {
			full, err = e.backgroundMaker(try.how)
			return err
		}
	}
}

// maker makes a new background in full.
type maker func(ctx context.Context, s *canvas.State, id canvas.LayerID, report func(float64)) (*canvas.State, error)

// backgroundMaker is the one of what is asked for, with the fill panel's settings as they are now.
func (e *Editor) backgroundMaker(how NewBackground) (maker, error) {
	if err := e.Lacks(how); err != nil {
		return nil, err
	}
	q, err := e.backgroundRequest(how)
	if err != nil {
		return nil, err
	}
	var runner pipeline.Runner = e.Fills.Pipeline
	if e.Fills.Runner != nil {
		runner = e.Fills.Runner
	}
	p := e.page
	return func(ctx context.Context, s *canvas.State, id canvas.LayerID, report func(float64)) (*canvas.State, error) {
		if how.Of == OfPicture {
			if err := render.CheckWhole("background", picture(s)); err != nil {
				return nil, err
			}
		}
		s, l := how.seenIn(s, id)
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
		out, top := behindSubject(s, l, one.Image, res.Layers, how.Of)
		return witnessed(out, &res.Request, top), nil
	}, nil
}

// look is how the subject is harmonised.
func (how *NewBackground) look() harmony.Look {
	l := pipeline.BackdropLook(how.Strength)
	if l.Shadow = how.Shadow; how.Strength == 0 && how.Shadow > 0 { // the strength is that of the shadow, too
		l.Strength, l.Colour, l.Seam = 1, 0, 0
	} else if how.Strength > 0 {
		l.Shadow = min(how.Shadow/how.Strength, 1)
	}
	return l
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
	b.Look = how.look()
	q.Engine, q.Task, q.Batch, q.Backdrop = pipeline.Diffusion, pipeline.Background, 1, &b
	if how.Network != "" {
		q.Cut = &pipeline.Cutting{Network: how.Network, Threshold: how.Threshold, Shift: how.Shift}
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
	img, err := backdropPicture(ctx, how.File)
	q.Backdrop.Picture, q.Backdrop.Name = img, filepath.Base(how.File)
	return q, err
}

// backdropPicture reads what comes behind, as sRGB.
func backdropPicture(ctx context.Context, path string) (*image.NRGBA, error) {
	p, err := file.Open(ctx, path, nil)
	if err != nil {
		return nil, fmt.Errorf("%q: %w", filepath.Base(path), err)
	}
	img := copyPixels(p.NRGBA())
	p.Space().ToSRGB(img)
	return img, nil
}

// copyPixels is a picture of its own.
func copyPixels(img *image.NRGBA) *image.NRGBA {
	out := *img
	out.Pix = slices.Clone(img.Pix)
	return &out
}

// behindSubject is a picture in which a layer, whose pixels are was, has another background: layers are those of the task, of says
// of what. The subject's layer is top.
func behindSubject(s *canvas.State, l *canvas.Layer, was *image.NRGBA, layers []*image.NRGBA, of string) (out *canvas.State, top canvas.LayerID) {
	subject, shows := pipeline.Unmasked(was, layers[len(layers)-1])
	doc := canvas.Open("Replace the background", s)
	ed := doc.Begin("Replace the background")
	name := l.Name
	like := func(id canvas.LayerID) {
		ed.SetLayer(id, func(n *canvas.Layer) { n.Placed, n.Clip = nil, l.Clip })
	}
	at := l.ID
	for i, img := range layers[:len(layers)-1] {
		at = ed.AddLayer([]string{words.T("New background"), words.T("Shadow of %s", name)}[i], at)
		ed.Place(at, img, img)
		like(at)
	}
	top = ed.AddLayer(words.T("Subject of %s", name), at)
	ed.Place(top, subject, subject)
	like(top)
	ed.SetLayerMask(top, canvas.NewLayerMask(alsoMasked(l, shows), 0))
	ed.SetLayer(l.ID, func(n *canvas.Layer) { n.Visible = false })
	switch of {
	case OfPicture: // what it was stamped from stays
		ed.RemoveLayer(l.ID)
	case OfShowing:
		for _, over := range hiding(s, l, shows) {
			ed.SetLayer(over.ID, func(n *canvas.Layer) { n.Visible = false })
		}
	}
	ed.SetActive(top)
	ed.Commit()
	return doc.State(), top
}
