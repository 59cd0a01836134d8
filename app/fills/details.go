package fills

import (
	"context"
	"errors"
	"image"
	"math/rand/v2"

	"pentimento/app/desk"
	"pentimento/app/words"
	"pentimento/canvas"
	"pentimento/canvas/render"
	"pentimento/fault"
	"pentimento/pipeline"
	"pentimento/pipeline/pixels"
)

// Seen is what a search found, with a small picture of it to look at.
type Seen struct {
	Pass    pipeline.Detailing // that has looked
	Picture *image.NRGBA       // at most seenSide pixels a side
	Masks   []*image.Alpha     // of Pass.Found, of its size
}

// seenSide is the longer side of what is shown of a search.
const seenSide = 440

// Look has a pass look at the picture, as a job: what lies outside a selection doesn't count. then is called on the
// window's goroutine, also where nothing was found, and not at all where it failed or was stopped.
func (f *Fills) Look(pass pipeline.Detailing, then func(Seen)) {
	state := f.canvas.Committed()
	rect := f.canvas.UsedOf(state)
	if rect.Empty() {
		f.desk.Fail(fault.New("find: there is no picture", "Open one, or paste it."))
		return
	}
	if f.desk.Fail(render.CheckWhole("find", rect)) {
		return
	}
	req := pipeline.Request{
		Ask:     pipeline.Ask{Engine: pipeline.Diffusion, Task: pipeline.Finding, Frame: rect},
		Details: []pipeline.Detailing{pass}, Where: pipeline.Where{Device: f.desk.Settings.Device},
	}
	runner := f.runner(state)
	f.Jobs.Add(words.T("Find"), f.group(0), func(ctx context.Context, report func(string, float64)) error {
		if state.Selection.Len() > 0 {
			req.Mask = canvas.CoverImage(state.Selection, rect)
		}
		req.Image = render.Flatten(state, rect, render.FlattenOptions{})
		res, err := runner.Run(ctx, req, func(p pipeline.Progress) { report(p.Stage, p.Fraction) })
		var seen Seen
		if err == nil {
			seen = seenOf(res.Request.Details[0], req.Image)
		}
		f.desk.Post(func() {
			switch {
			case errors.Is(err, context.Canceled):
			case err != nil:
				f.desk.Fail(err)
			default:
				then(seen)
			}
		})
		return err
	})
}

// seenOf makes the small picture and masks of what was found.
func seenOf(pass pipeline.Detailing, img *image.NRGBA) Seen {
	size := img.Rect.Size()
	k := min(1, seenSide/float64(max(size.X, size.Y)))
	w, h := max(int(float64(size.X)*k), 1), max(int(float64(size.Y)*k), 1)
	out := Seen{Pass: pass, Picture: image.NewNRGBA(image.Rect(0, 0, w, h))}
	at := func(x, y int) image.Point {
		return image.Pt(x*size.X/w, y*size.Y/h).Add(img.Rect.Min)
	}
	for y := range h {
		for x := range w {
			p := at(x, y)
			copy(out.Picture.Pix[out.Picture.PixOffset(x, y):][:4], img.Pix[img.PixOffset(p.X, p.Y):])
		}
	}
	for _, found := range pass.Found {
		whole, small := found.Mask(), image.NewAlpha(out.Picture.Rect)
		for y := range h {
			for x := range w {
				p := at(x, y)
				small.Pix[y*small.Stride+x] = whole.AlphaAt(p.X, p.Y).A
			}
		}
		out.Masks = append(out.Masks, small)
	}
	return out
}

// Drawn is the small picture with those finds tinted that are not off.
func (s Seen) Drawn() *image.NRGBA {
	out := pixels.Crop(s.Picture, s.Picture.Rect)
	for i, m := range s.Masks {
		if s.Pass.Found[i].Off {
			continue
		}
		for k, v := range m.Pix {
			if v > 0 {
				p := out.Pix[4*k:][:4]
				p[0], p[1], p[2], p[3] = uint8(int(p[0])*11/20+115), uint8(int(p[1])*11/20), uint8(int(p[2])*11/20+36), 255
			}
		}
	}
	return out
}

// Redo makes what a pass has found anew, each find by itself, as candidates of one place: by the chosen engine and
// the panel's numbers. An engine without a network fills all of them at once.
func (f *Fills) Redo(pass pipeline.Detailing) {
	f.canvas.CancelTool()
	state := f.canvas.Committed()
	rect := f.canvas.UsedOf(state)
	if f.desk.Fail(render.CheckWhole("redo", rect)) {
		return
	}
	var out Outline
	if f.needsModel(&out); f.desk.Fail(out.Err) {
		return
	}
	req := f.request(pipeline.Detail)
	req.Details, req.Guides, req.Batch, req.Feather = []pipeline.Detailing{pass}, nil, 1, 4*pass.Blur
	req.Width, req.Height, req.Frame = 0, 0, rect
	req.Mask = pipeline.Covers(req.Details, rect)
	place := pixels.Bounds(req.Mask)
	if place.Empty() {
		f.desk.Fail(fault.New("redo: nothing that was found is there any more", "Find it again."))
		return
	}
	req.Image = render.Flatten(state, rect, render.FlattenOptions{})
	if f.models.Generates() {
		f.remember()
	}
	if !f.desk.Settings.Fill.LockSeed {
		req.Seed = int64(rand.Uint32())
		f.desk.Settings.Fill.Seed = req.Seed
		f.desk.Tell(desk.Change{What: desk.FillChanged})
	}
	s := f.add(place, req)
	for i := range max(f.desk.Settings.Fill.Count, 1) {
		f.queue(s, i)
	}
	f.stackChanged(s)
}
