package editor

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"image"
	"os"
	"path/filepath"
	"time"

	"pentimento/app/commission"
	"pentimento/app/provenance"
	"pentimento/app/words"
	"pentimento/canvas"
	"pentimento/canvas/file"
	"pentimento/canvas/render"
	"pentimento/fault"
	"pentimento/pipeline"
)

// Restoring is how faces are made clearer, and Restorer what a file that does it is, for the window.
type (
	Restoring = pipeline.Restoring
	Restorer  = pipeline.Restorer
)

// FaceFinders are the files of the networks that find faces.
var FaceFinders = pipeline.FaceFinders

// FaceParts are those of the picture, the active layer and the selection that there are: whose faces may be changed.
func (e *Editor) FaceParts() (out []string) {
	for _, what := range e.Enlarges() {
		if what != EnlargeFrame {
			out = append(out, what)
		}
	}
	return out
}

// CheckRestorer says what a file that faces are to be restored by is; one that can't is an error. It reads the
// file: for any other goroutine than the window's.
func CheckRestorer(path string) (Restorer, error) { return pipeline.CheckRestorer(path) }

// RestoreFaces makes the faces of a part clearer, in the background and as one step: what changes is a
// layer above. FaceFinders must be here (models.NetworkOf).
func (e *Editor) RestoreFaces(what string, how Restoring) {
	edit := func(p *page, change func(*canvas.Edit)) { p.Edit("Restore faces", change) }
	e.changeFaces(words.T("Restore faces"), words.T("Restored faces"), edit, what, pipeline.Request{Ask: pipeline.Ask{Task: pipeline.Restore}, Restore: &how})
}

// changeFaces runs a task that changes faces of a part and nothing else, as a job of that title; edit
// makes the one step that it becomes, with a layer of that name.
func (e *Editor) changeFaces(title, layer string, edit func(*page, func(*canvas.Edit)), what string, q pipeline.Request) {
	r, p, s := e.enlarged(what), e.page, e.doc.State()
	if what == EnlargeSelection && !r.Empty() { // a face is found by what lies around it
		r = r.Inset(-max(r.Dx(), r.Dy()) / 2).Intersect(s.Used())
	}
	if r.Empty() {
		e.Fail(fault.New(fmt.Sprintf("faces: there is no %s", what), "Open a picture, or select a part of it."))
		return
	}
	if e.Fail(render.CheckWhole("faces", r)) {
		return
	}
	p.CancelTool()
	var panel pipeline.Request
	pipeline.Apply(&panel, e.Settings.Fill.Get)
	q.Engine, q.Where, q.Frame = pipeline.Diffusion, panel.Where, r
	q.Device = e.Settings.Device
	var runner pipeline.Runner = e.Fills.Pipeline
	if e.Fills.Runner != nil {
		runner = e.Fills.Runner
	}
	runner = commission.In(s.Source.Space(), runner)
	above := s.Active
	if what != EnlargeLayer {
		above = s.Layers[len(s.Layers)-1].ID
	}
	p.ed.Jobs.Add(title, p.Fills.Group(), func(ctx context.Context, report func(string, float64)) error {
		q.Image = partOf(s, what, r)
		results, err := commission.Run(ctx, runner, q, func(g pipeline.Progress) {
			if g.Notice != "" {
				p.ed.Post(func() { p.ed.Say(g.Notice) })
			}
			report(g.Stage, g.Fraction)
		})
		if err == nil {
			err = ctx.Err()
		}
		if g := s.Chosen(); err == nil && what != EnlargePicture && g.Len() > 0 {
			within(results[0].Mask, canvas.CoverImage(g, r))
		}
		var changed *image.NRGBA
		if err == nil {
			changed = commission.Patch(results[0])
		}
		p.land(func() {
			if err != nil {
				if !errors.Is(err, context.Canceled) {
					p.ed.Fail(err)
				}
				return
			}
			p.landFaces(layer, edit, above, results[0], changed)
		})
		return err
	})
}

// partOf is what a part of the picture shows: of the active layer alone, or of all that is seen.
func partOf(s *canvas.State, what string, r image.Rectangle) *image.NRGBA {
	if what != EnlargeLayer {
		return render.Flatten(s, r, render.FlattenOptions{})
	}
	img := image.NewNRGBA(r)
	s.Layer(s.Active).Read(img.Pix, img.Stride, r)
	canvas.Unpremultiply(img.Pix, img.Pix)
	return img
}

// landFaces puts what changed into a layer of its own, with an account of how it was made.
func (p *page) landFaces(layer string, edit func(*page, func(*canvas.Edit)), above canvas.LayerID, res *pipeline.Result, patch *image.NRGBA) {
	_, faces := res.Request.FacesBy()
	if patch.Rect.Empty() {
		if faces == 0 {
			p.ed.Say(words.T("No face was found"))
		} else {
			p.ed.Say(words.T("The faces stayed as they were"))
		}
		return
	}
	edit(p, func(ed *canvas.Edit) {
		id := ed.AddLayer(layer, above)
		ed.Place(id, patch, patch)
		made := provenance.Finished{Result: res, Rect: patch.Rect, When: time.Now()}
		ed.Witness(&canvas.Origin{Rect: patch.Rect, Layer: id, Recipe: p.ed.Provenance.Recipe(made)}, res.Mask)
	})
	p.ed.Say(words.N(faces, "%d face was changed", "%d faces were changed"))
}

// within lowers a mask to another of its bounds.
func within(m, by *image.Alpha) {
	for i, v := range by.Pix {
		m.Pix[i] = min(m.Pix[i], v)
	}
}

// Swapping is how a face gets another identity, for the window.
type Swapping = pipeline.Swapping

// CheckSwapping says what is wrong with the two files of a swap. It reads them: for any other goroutine than the
// window's.
func CheckSwapping(swapper, embedder string) error {
	return cmp.Or(pipeline.CheckSwapper(swapper), pipeline.CheckEmbedder(embedder))
}

// SwapFace gives faces of a part the identity of the one in a picture file, in the background and as one
// step, likewise.
func (e *Editor) SwapFace(what, picture string, how Swapping) {
	edit := func(p *page, change func(*canvas.Edit)) { p.Edit("Swap a face", change) }
	e.Go(words.T("faces"), func() {
		f, err := os.Open(picture)
		if err == nil {
			defer f.Close()
			var p *file.Picture
			if p, err = file.Decode(context.Background(), f, nil); err == nil {
				how.Face, how.Name = p.NRGBA(), filepath.Base(picture)
			}
		}
		e.Post(func() {
			if !e.Fail(err) {
				e.changeFaces(words.T("Swap a face"), words.T("Swapped face"), edit, what, pipeline.Request{Ask: pipeline.Ask{Task: pipeline.Swap}, Swap: &how})
			}
		})
	}, nil)
}
