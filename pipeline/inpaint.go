package pipeline

import (
	"context"
	"fmt"
	"image"
	"time"

	"pentimento/pipeline/pixels"
	"pentimento/pipeline/region"
)

// inpaint paints what is masked. What is read around the mask, how the mask grows and at
// which sizes the networks work says the Plan; the request's own, or the same function's
// over Image and Mask. A network with mask channels is shown mask and picture; any other
// is held to the picture (Request.Blend). Outside the composite mask every pixel stays bit
// for bit.
func (r *run) inpaint(ctx context.Context) (*Result, error) {
	img, mask := r.req.Image, r.req.Mask
	if img == nil || mask == nil || img.Rect != mask.Rect {
		return nil, fmt.Errorf("pipeline: task %q has no picture or no mask of the picture's size, want both", r.req.Task)
	}
	if pixels.Bounds(mask).Empty() {
		return nil, emptyMask()
	}
	r.graded = region.Graded(mask)
	if err := r.plan(scene(img, mask, r.req.Task)); err != nil {
		return nil, err
	}
	prompts, err := r.readPrompts(ctx)
	if err != nil {
		return nil, err
	}
	res := &Result{Mask: image.NewAlpha(img.Rect), Images: make([]*image.NRGBA, r.req.Batch)}
	last, err := r.runs(ctx, prompts, res)
	if err != nil {
		return nil, err
	}
	return r.finished(res, last), nil
}

// scene is what planning sees of a request that was not planned: the picture is all there
// is, and nothing beyond it is read.
func scene(img *image.NRGBA, mask *image.Alpha, task Task) Scene {
	s := Scene{Selection: pixels.Bounds(mask), Picture: img.Rect, Bounds: img.Rect}
	if task.Row().Grows {
		old := opaqueBounds(img, mask)
		if pixels.Bounds(pixels.CropMask(mask, old)).Empty() {
			s.Old = old
		}
	}
	return s
}

// opaqueBounds is the smallest rectangle that holds every pixel of a picture that is
// neither blank nor masked (equal bounds).
func opaqueBounds(img *image.NRGBA, mask *image.Alpha) image.Rectangle {
	return pixels.BoundsWhere(img.Rect, func(x, y int) bool {
		return img.Pix[img.PixOffset(x, y)+3] > 0 && mask.Pix[mask.PixOffset(x, y)] == 0
	})
}

// plan makes the request's plan unless it came with one.
func (r *run) plan(s Scene) error {
	if r.req.Plan != nil {
		return r.req.Plan.check()
	}
	var err error
	r.req.Plan, err = plan(r.req, s, r.model.Limits())
	return err
}

// check refuses a plan that nobody made here, as one in a picture's record can be.
func (p *Plan) check() error {
	for _, s := range p.runs() {
		if !readable(s.Context.Size()) || len(s.Passes) == 0 {
			return fmt.Errorf("pipeline: the plan reads %v in %d passes, want at most %d pixels a side and one pass at least", s.Context, len(s.Passes), maxReplay)
		}
		for _, pass := range s.Passes {
			if n := pass.Size; min(n.X, n.Y) < 1 || !readable(n) {
				return fmt.Errorf("pipeline: the plan works at %d×%d pixels, want 1 to %d a side", n.X, n.Y, maxReplay)
			}
		}
	}
	return nil
}

// runs carries out the plan for the whole batch: in one run all pictures go together as
// far as memory allows, in several each picture is carried through all of them.
func (r *run) runs(ctx context.Context, prompts *prompts, res *Result) (last image.Point, err error) {
	strips := r.req.Plan.runs()
	for i := range res.Images {
		res.Images[i] = r.req.Image
	}
	lay := func(i int, p *patch, m made) error {
		began := time.Now()
		img, composite, err := r.layBack(res.Images[i], p, m)
		if err != nil {
			return err
		}
		res.Images[i] = img
		pixels.Raise(res.Mask, composite)
		r.clock("blend", began)
		return nil
	}
	if len(strips) == 1 {
		p, err := r.patch(ctx, r.req.Image, strips[0], nil)
		if err != nil {
			return last, err
		}
		r.count(p.job, r.req.Batch)
		return p.last(), r.batch(ctx, p.job, prompts, func(i int, m made) error { return lay(i, p, m) })
	}
	for _, s := range strips {
		r.count(job{passes: s.Passes}, r.req.Batch)
	}
	for i := range res.Images {
		done := image.NewAlpha(r.req.Image.Rect)
		for _, s := range strips {
			p, err := r.patch(ctx, res.Images[i], s, done)
			if err != nil {
				return last, err
			}
			if p == nil { // nothing of the mask is there
				continue
			}
			m, err := r.make(ctx, p.job, prompts, i, 1)
			if err != nil {
				return last, err
			}
			if err := lay(i, p, m[0]); err != nil {
				return last, err
			}
			last = p.last()
		}
	}
	return last, nil
}

// patch is one run of a plan: what the networks are asked and where it is laid.
type patch struct {
	job
	masks
	old *image.NRGBA // the picture there, as it was; bounds place
}

func (p *patch) last() image.Point { return p.passes[len(p.passes)-1].Size }

// patch prepares a run on a picture. done, where given, is what the runs before it
// painted: it is not painted again but for the bite, and grows by what this run will
// paint. nil where nothing is left to paint.
func (r *run) patch(ctx context.Context, img *image.NRGBA, s Strip, done *image.Alpha) (*patch, error) {
	began := time.Now()
	p := &patch{job: job{place: s.Context, passes: s.Passes}, old: pixels.Crop(img, s.Context)}
	selection := pixels.CropMask(r.req.Mask, s.Context)
	if done != nil {
		take(selection, s.Target, done)
		if pixels.Bounds(selection).Empty() {
			return nil, nil
		}
	}
	switch seam := r.req.Plan.Seam; {
	case seam != nil:
		p.masks = seam.masks(p.old, selection, pixels.CropMask(r.req.Mask, s.Context))
	case r.task.Grows:
		selection = region.Bite(p.old, selection, r.req.oldOverMask(), placeSeed)
		fallthrough
	default:
		p.masks = r.req.masksFor(p.old, selection, r.req.Plan.Layout.Fade)
	}
	if r.graded && r.blend() == BlendDifferential {
		p.followed(r.req)
	}
	p.mask = p.denoise
	r.clock("masks", began)
	began = time.Now()
	defer func() { r.clock("infill", began) }()
	var err error
	p.base, err = r.before(ctx, img, p.masks, p.passes[0].Strength)
	return p, err
}

// take leaves of a selection what is in target and was not done, and marks it as done.
func take(selection *image.Alpha, target image.Rectangle, done *image.Alpha) {
	r := selection.Rect
	for y := r.Min.Y; y < r.Max.Y; y++ {
		row := selection.Pix[selection.PixOffset(r.Min.X, y):][:r.Dx()]
		for i := range row {
			at := image.Pt(r.Min.X+i, y)
			if row[i] == 0 {
				continue
			}
			if !at.In(target) || !at.In(done.Rect) || done.Pix[done.PixOffset(at.X, at.Y)] > 0 {
				row[i] = 0
				continue
			}
			done.Pix[done.PixOffset(at.X, at.Y)] = 255
		}
	}
}

// layBack puts what was made over the picture: colours matched to what the network was
// told to keep, then only where the composite mask allows. It returns a new picture and
// the composite mask of this run.
func (r *run) layBack(img *image.NRGBA, p *patch, m made) (*image.NRGBA, *image.Alpha, error) {
	composite := p.composite
	made, err := region.MatchColor(m.img, p.old, p.denoise)
	if err != nil {
		return nil, nil, err
	}
	switch {
	case m.soft != nil:
		composite = p.changed(p.old, m.soft)
	case p.most != nil && p.passes[0].Strength >= 1: // below, the old picture is meant to show
		composite = region.FadeAlike(composite, p.most, p.old, made)
	}
	switch {
	case r.req.Plan.Seam != nil:
		made = region.Join(made, p.old, p.selection, composite)
	case r.req.Poisson:
		made = region.Poisson(made, p.old, composite)
	}
	part, err := region.Blend(p.old, made, composite)
	if err != nil {
		return nil, nil, err
	}
	out := pixels.Crop(img, img.Rect)
	pixels.Paste(out, part)
	return out, composite, nil
}
