package fills

import (
	"context"
	"errors"
	"image"
	"math/rand/v2"

	"pentimento/app/desk"
	"pentimento/app/jobs"
	"pentimento/app/words"
	"pentimento/canvas"
	"pentimento/canvas/render"
	"pentimento/fault"
	"pentimento/pipeline"
)

// Sighting is what a pass has found, before its numbers say what of that counts and how far it is grown. Nobody changes it.
type Sighting struct {
	Found  []pipeline.Found
	Frame  image.Rectangle // of the picture, in canvas pixels
	Within *image.Alpha    // what of it counts; nil: all
	Least  float64         // how sure the least sure find could be
}

// Seen is what passes have found as their numbers are now, with small masks of it to look at.
type Seen struct {
	Passes []pipeline.Detailing // those that have looked are Looked
	From   [][]int              // which of a pass' Sighting.Found each of its finds is
	Frame  image.Rectangle      // of the picture, in canvas pixels
	Masks  [][]*image.Alpha     // of the finds of each pass, in pixels of which Size are as large as Frame
	Size   image.Point
}

// seenSide is the longer side of what is shown of a search.
const seenSide = 1024

// Look has passes look at the picture, as a job: what lies outside a selection doesn't count. then is called on the
// window's goroutine with what each has found, and with nil where it failed, which was said, or was stopped.
func (f *Fills) Look(passes []pipeline.Detailing, then func([]*Sighting)) jobs.ID {
	state := f.canvas.Committed()
	rect := f.canvas.UsedOf(state)
	if rect.Empty() {
		f.desk.Fail(fault.New("find: there is no picture", "Open one, or paste it."))
		then(nil)
		return 0
	}
	if f.desk.Fail(render.CheckWhole("find", rect)) {
		then(nil)
		return 0
	}
	req := pipeline.Request{
		Ask:   pipeline.Ask{Engine: pipeline.Diffusion, Task: pipeline.Finding, Frame: rect},
		Where: pipeline.Where{Device: f.desk.Settings.Device},
	}
	for _, d := range passes {
		req.Details = append(req.Details, d.Bare())
	}
	runner := f.runner(state)
	return f.Jobs.Add(words.T("Find"), f.group(0), func(ctx context.Context, report func(string, float64)) error {
		var within *image.Alpha
		if state.Selection.Len() > 0 {
			within = canvas.CoverImage(state.Selection, rect)
		}
		req.Image = render.Flatten(state, rect, render.FlattenOptions{})
		res, err := runner.Run(ctx, req, func(p pipeline.Progress) { report(p.Stage, p.Fraction) })
		var all []*Sighting
		if err == nil {
			for _, d := range res.Request.Details {
				all = append(all, &Sighting{d.Found, rect, within, d.Find.Least()})
			}
		}
		f.desk.Post(func() {
			if err != nil && !errors.Is(err, context.Canceled) {
				f.desk.Fail(err)
			}
			then(all)
		})
		return err
	})
}

// See is what passes have found by their numbers, of what each has sighted (nil: it has not looked). It takes long where finds are
// large: not for the window's goroutine.
func See(passes []pipeline.Detailing, sighted []*Sighting) Seen {
	out := Seen{}
	for i, d := range passes {
		d.Found, d.Looked = nil, false
		var from []int
		if s := sighted[i]; s != nil {
			out.Frame = out.Frame.Union(s.Frame)
			d, from = d.Among(s.Found, s.Frame, s.Within)
		}
		out.Passes, out.From = append(out.Passes, d), append(out.From, from)
	}
	size := out.Frame.Size()
	k := min(1, seenSide/float64(max(size.X, size.Y, 1)))
	out.Size = image.Pt(max(int(float64(size.X)*k), 1), max(int(float64(size.Y)*k), 1))
	for _, pass := range out.Passes {
		var masks []*image.Alpha
		for _, found := range pass.Found {
			masks = append(masks, out.small(found.Mask()))
		}
		out.Masks = append(out.Masks, masks)
	}
	return out
}

// small is a mask of canvas pixels at the size that is shown.
func (s Seen) small(m *image.Alpha) *image.Alpha {
	all, r := s.Frame.Size(), m.Rect.Sub(s.Frame.Min)
	out := image.NewAlpha(image.Rect(r.Min.X*s.Size.X/all.X, r.Min.Y*s.Size.Y/all.Y, r.Max.X*s.Size.X/all.X, r.Max.Y*s.Size.Y/all.Y))
	for y := out.Rect.Min.Y; y < out.Rect.Max.Y; y++ {
		for x := out.Rect.Min.X; x < out.Rect.Max.X; x++ {
			at := image.Pt((2*x+1)*all.X/(2*s.Size.X), (2*y+1)*all.Y/(2*s.Size.Y)).Add(s.Frame.Min)
			out.Pix[out.PixOffset(x, y)] = m.AlphaAt(at.X, at.Y).A
		}
	}
	return out
}

// Tint is clear but for the finds that are not off; it lies over Frame.
func (s Seen) Tint() *image.NRGBA {
	out := image.NewNRGBA(image.Rectangle{Max: s.Size})
	for i, masks := range s.Masks {
		for k, m := range masks {
			if s.Passes[i].Found[k].Off {
				continue
			}
			for y := m.Rect.Min.Y; y < m.Rect.Max.Y; y++ {
				for x := m.Rect.Min.X; x < m.Rect.Max.X; x++ {
					if m.AlphaAt(x, y).A > 0 && image.Pt(x, y).In(out.Rect) {
						copy(out.Pix[out.PixOffset(x, y):], []uint8{255, 40, 110, 110})
					}
				}
			}
		}
	}
	return out
}

// At is the smallest find whose box holds a place of the canvas: find k of pass i.
func (s Seen) At(x, y float64) (i, k int, ok bool) {
	least := 0
	for p, pass := range s.Passes {
		for n, f := range pass.Found {
			area := f.Box.Dx() * f.Box.Dy()
			if x >= float64(f.Box.Min.X) && x < float64(f.Box.Max.X) && y >= float64(f.Box.Min.Y) && y < float64(f.Box.Max.Y) && (!ok || area < least) {
				i, k, ok, least = p, n, true, area
			}
		}
	}
	return i, k, ok
}

// Redo makes what passes have found anew, each find by itself and one pass after the other, as candidates of one place: by
// the chosen engine and the panel's numbers. An engine without a network fills all of them at once. What the
// picture is like is put together beside the window's goroutine.
func (f *Fills) Redo(passes []pipeline.Detailing) {
	f.canvas.EndTool()
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
	req.Details, req.Guides, req.Batch = passes, nil, 1
	for _, d := range passes {
		req.Feather = max(req.Feather, 4*d.Blur)
	}
	req.Width, req.Height, req.Frame = 0, 0, rect
	place := reach(passes).Intersect(rect)
	if place.Empty() {
		f.desk.Fail(fault.New("redo: nothing that was found is there any more", "Find it again."))
		return
	}
	if f.models.Generates() {
		f.remember()
	}
	if !f.desk.Settings.Fill.LockSeed {
		req.Seed = int64(rand.Uint32())
		f.desk.Settings.Fill.Seed = req.Seed
		f.desk.Tell(desk.Change{What: desk.FillChanged})
	}
	s := f.add(place, req)
	f.make(s, scene{state: state, read: rect, finds: true}, nil)
	f.queueAll(s)
}

// reach is the rectangle of all finds that count.
func reach(passes []pipeline.Detailing) (r image.Rectangle) {
	for _, d := range passes {
		for _, found := range d.Found {
			if !found.Off {
				r = r.Union(found.Box)
			}
		}
	}
	return r
}
