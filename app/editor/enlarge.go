package editor

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"image"
	"image/draw"
	"slices"
	"time"

	"pentimento/app/commission"
	"pentimento/app/provenance"
	"pentimento/app/words"
	"pentimento/canvas"
	"pentimento/canvas/colour"
	"pentimento/canvas/file"
	"pentimento/canvas/render"
	"pentimento/fault"
	"pentimento/pipeline"
	"pentimento/tools"
)

// What is made larger.
const (
	EnlargePicture   = "picture"   // with all layers
	EnlargeLayer     = "layer"     // the active one, about its middle
	EnlargeSelection = "selection" // what is seen of it, as a new layer
	EnlargeFrame     = "frame"     // likewise
)

// Enlarges are those of them that there are now.
func (e *Editor) Enlarges() (out []string) {
	for _, what := range []string{EnlargePicture, EnlargeLayer, EnlargeSelection, EnlargeFrame} {
		if !e.enlarged(what).Empty() {
			out = append(out, what)
		}
	}
	return out
}

// enlarged is the rectangle that is made larger, document pixels.
func (e *Editor) enlarged(what string) image.Rectangle {
	s := e.doc.State()
	switch what {
	case EnlargeLayer:
		if l := s.Layer(s.Active); l != nil {
			return l.Used()
		}
	case EnlargeSelection:
		if g := s.Chosen(); g.Len() > 0 {
			return canvas.CoverUsed(g).Intersect(s.Used())
		}
	case EnlargeFrame:
		return s.Frame.Intersect(s.Used())
	case EnlargePicture:
		return s.Used()
	}
	return image.Rectangle{}
}

// EnlargedSize is what becomes of it, and what it is; an error where that is too large.
func (e *Editor) EnlargedSize(what string, by float64) (was, is image.Point, err error) {
	was = e.enlarged(what).Size()
	is, err = pipeline.EnlargedSize(was, by)
	return was, is, err
}

// CheckUpscaler says what an upscaler's file is, for people; a file that is none is an error. It reads the
// file: for any other goroutine than the window's.
func CheckUpscaler(path string) (string, error) { return pipeline.CheckUpscaler(path) }

// Enlarge makes the picture, a layer or a part of it larger, in the background and as one step: by the
// network of a file, or with "" by a filter.
func (e *Editor) Enlarge(what string, factor float64, upscaler string) {
	how := pipeline.Enlarging{By: factor, Upscaler: upscaler}
	by, made := e.resampler(how)
	e.enlargeBy(what, how, by, made)
}

// enlargeBy is Enlarge with what makes pictures larger, and the request that says how once it did.
func (e *Editor) enlargeBy(what string, how pipeline.Enlarging, by canvas.Resampler, made *pipeline.Request) {
	r := e.enlarged(what)
	size, err := pipeline.EnlargedSize(r.Size(), how.By)
	if r.Empty() {
		err = fault.New(fmt.Sprintf("enlarge: there is no %s", what), "Open a picture, or select a part of it.")
	}
	if e.Fail(err) || size == r.Size() {
		return
	}
	s := e.doc.State()
	switch what {
	case EnlargePicture:
		if e.placesWait() {
			return
		}
		e.reshapeThen("Enlarge", func(ctx context.Context, report func(float64), s *canvas.State) (*canvas.State, error) {
			r := s.Used()
			size, err := pipeline.EnlargedSize(r.Size(), how.By)
			if err != nil {
				return nil, err
			}
			out, err := s.Enlarged(ctx, r, size, by, report)
			if err != nil {
				return nil, err
			}
			return witnessed(out, made, 0), nil
		}, func() { // the view fits it: what is seen is as large as it was
			now := e.Used().Size()
			e.Say(words.T("Enlarged: the picture has %d × %d px now", now.X, now.Y))
		})
	case EnlargeLayer:
		if e.placesWait() || e.locked(s.Active, tools.Needs("transform", e.brush)) {
			return
		}
		id := s.Active
		e.reshape("Enlarge layer", func(ctx context.Context, report func(float64), s *canvas.State) (*canvas.State, error) {
			out, err := s.EnlargedLayer(ctx, id, size, by, report)
			if err != nil {
				return nil, err
			}
			return witnessed(out, made, id), nil
		})
	default:
		if s.Source.Deep() {
			e.Say(words.T("What is enlarged as a new layer has 8 bits a channel; the picture keeps its 16"))
		}
		e.enlargePart(what, r, size, by, made)
	}
}

// enlargePart makes what is seen of a part larger, as a layer of its own over all others.
func (e *Editor) enlargePart(what string, r image.Rectangle, size image.Point, by canvas.Resampler, how *pipeline.Request) {
	p, s := e.page, e.doc.State()
	p.CancelTool()
	p.ed.Jobs.Add(words.T("Enlarge"), p.Fills.Group(), func(ctx context.Context, report func(string, float64)) error {
		made, err := by(ctx, partSeen(s, r, what == EnlargeSelection), size.X, size.Y, func(f float64) { report(words.T("computing"), f) })
		if err == nil {
			err = ctx.Err()
		}
		p.land(func() {
			if err != nil {
				if !errors.Is(err, context.Canceled) {
					p.ed.Fail(err)
				}
				return
			}
			at := *commission.Narrow(made)
			at.Rect = image.Rectangle{Max: at.Rect.Size()}.Add(r.Min).Sub(at.Rect.Size().Sub(r.Size()).Div(2))
			p.Edit("Enlarge", func(ed *canvas.Edit) {
				layers := ed.State().Layers
				id := ed.AddLayer(words.T("Enlarged"), layers[len(layers)-1].ID)
				ed.Place(id, &at, &at)
				ed.Witness(&canvas.Origin{Rect: at.Rect, Layer: id, Recipe: provenance.Encode(how.Record(at.Rect, time.Now()))}, nil)
			})
		})
		return err
	})
}

// partSeen is what is seen of a part, or of what is selected there, with all bits that the opened picture's file has of it.
func partSeen(s *canvas.State, r image.Rectangle, selected bool) image.Image {
	if !s.Source.Deep() {
		if selected {
			return copyOf(s, nil, r)
		}
		return render.Flatten(s, r, render.FlattenOptions{})
	}
	seen := file.Finish(s, render.Flatten(s, r, render.FlattenOptions{}))
	out, ok := seen.(*image.NRGBA64)
	if !ok { // grey
		out = image.NewNRGBA64(r)
		draw.Draw(out, r, seen, r.Min, draw.Src)
	}
	if selected {
		for i, m := range canvas.CoverImage(s.Chosen(), r).Pix {
			if p := out.Pix[8*i:][:8]; m == 0 {
				clear(p)
			} else {
				binary.BigEndian.PutUint16(p[6:], uint16(uint32(binary.BigEndian.Uint16(p[6:]))*uint32(m)/255))
			}
		}
	}
	return out
}

// witnessed is a picture whose layers say how they were enlarged; with an id that one alone.
func witnessed(s *canvas.State, how *pipeline.Request, id canvas.LayerID) *canvas.State {
	out, all := *s, s.Used()
	if l := s.Layer(id); l != nil {
		all = l.Used()
	}
	recipe := provenance.Encode(how.Record(all, time.Now())) // one for all layers: it is told once
	out.Origins = slices.Clone(s.Origins)
	for _, l := range s.Layers {
		if r := l.Used(); !r.Empty() && (id == 0 || l.ID == id) {
			o := &canvas.Origin{Rect: r, Layer: l.ID, Recipe: recipe, Offset: l.Offset}
			o.Settle(l)
			out.Origins = append(out.Origins, o)
		}
	}
	return &out
}

// resampler enlarges pictures as the settings say: by a network in the engine, by the filter here. The request that
// comes with it says how, once it did.
func (e *Editor) resampler(how pipeline.Enlarging) (canvas.Resampler, *pipeline.Request) {
	var runner pipeline.Runner = e.Fills.Pipeline
	if e.Fills.Runner != nil && how.Upscaler != "" {
		runner = e.Fills.Runner
	}
	var panel pipeline.Request
	pipeline.Apply(&panel, e.Settings.Fill.Get)
	where, p, space := panel.Where, e.page, e.doc.State().Source.Space()
	where.Device = e.Settings.Device
	done := &pipeline.Request{Ask: pipeline.Ask{Engine: pipeline.Diffusion, Task: pipeline.Upscale}, Enlarge: &how, Where: where}
	return func(ctx context.Context, img image.Image, w, h int, report func(float64)) (image.Image, error) {
		one, r := how, img.Bounds()
		one.By = min(max(float64(w)/float64(r.Dx()), float64(h)/float64(r.Dy()), 1), 8)
		q := pipeline.Request{Ask: pipeline.Ask{Engine: pipeline.Diffusion, Task: pipeline.Upscale, Frame: r}, Enlarge: &one, Where: where}
		out, q, err := enlargedBy(ctx, runner, space, q, img, func(g pipeline.Progress) {
			if g.Notice != "" {
				p.ed.Post(func() { p.ed.Say(g.Notice) })
			}
			report(g.Fraction)
		})
		if err == nil && q.Enlarge != nil {
			how.Sum = q.Enlarge.Sum
		}
		return out, err
	}, done
}

// enlargedBy has a runner enlarge a picture of a colour space: with all of its bits where the runner can.
func enlargedBy(ctx context.Context, runner pipeline.Runner, space *colour.Space, q pipeline.Request, img image.Image, report func(pipeline.Progress)) (image.Image, pipeline.Request, error) {
	if by, ok := runner.(commission.Enlarger); ok {
		return commission.Enlarge(ctx, by, space, q, img, report)
	}
	q.Image = commission.Narrow(img)
	res, err := commission.In(space, runner).Run(ctx, q, report)
	if err != nil {
		return nil, q, err
	}
	return res.Image, res.Request, nil
}
