package pipeline

import (
	"context"
	"errors"
	"fmt"
	"image"

	"pentimento/pipeline/denoise"
	"pentimento/pipeline/region"
	"pentimento/pipeline/sampler"
	"pentimento/pipeline/tensor"
)

// job is what a task asks of the networks, in canvas terms.
type job struct {
	place  image.Rectangle // what is read and made
	base   *image.NRGBA    // the picture there, no blank pixels, bounds place; nil for nothing
	mask   *image.Alpha    // how far each pixel is painted, bounds place; nil for everything
	passes []region.Pass
}

// made is one finished picture that covers a job's place.
type made struct {
	img  *image.NRGBA
	soft *tensor.Tensor // of soft inpainting: where it changed, [1,1,h,w] at latent size
}

// batch makes the pictures of a request, as many at a time as go together, and hands each
// to finish with its number.
func (r *run) batch(ctx context.Context, j job, prompts *prompts, finish func(i int, m made) error) error {
	for i := 0; i < r.req.Batch; {
		n, err := r.together(ctx, j)
		if err != nil {
			return err
		}
		n = min(n, r.req.Batch-i)
		pictures, err := r.make(ctx, j, prompts, i, n)
		if err != nil {
			return err
		}
		for k, m := range pictures {
			if err := finish(i+k, m); err != nil {
				return err
			}
		}
		i += n
	}
	return nil
}

// together is how many pictures go through the networks at once: the request's number, or
// on a device of its own as many as have four times 512×512 pixels together. A processor
// gains nothing from it. A sampler that chooses its steps by the whole batch would give
// other pictures than alone.
func (r *run) together(ctx context.Context, j job) (int, error) {
	n := r.req.BatchSize
	switch {
	case r.req.Batch == 1 || r.single || r.row.WholeBatch:
		return 1, nil
	case n > 0:
		return n, nil
	case r.req.LowMemory, r.model.tight:
		return 1, nil
	}
	net, err := r.model.denoiser(ctx)
	if err != nil {
		return 0, err
	}
	if at := net.Device(); at == "cpu" || at == "" {
		return 1, nil
	}
	most := 0
	for _, p := range j.passes {
		most = max(most, p.Size.X*p.Size.Y)
	}
	return min(max(1, 4*512*512/max(most, 1)), 4), nil
}

// make renders pictures first to first+n−1 of the batch. A batch that runs out of memory, or
// fails for another reason of the device, is retried one by one.
func (r *run) make(ctx context.Context, j job, prompts *prompts, first, n int) ([]made, error) {
	out, err := r.passesOf(ctx, j, prompts, first, n)
	var bad *sampler.BadValueError
	if n == 1 || err == nil || ctx.Err() != nil || errors.As(err, &bad) {
		return out, err
	}
	r.single = true
	r.report(Progress{Stage: r.now.Stage, Fraction: r.now.Fraction, Notice: fmt.Sprintf("a batch of %d failed (%v): the pictures are made one by one", n, err)})
	out = nil
	for i := range n {
		m, err := r.passesOf(ctx, j, prompts, first+i, 1)
		if err != nil {
			return nil, err
		}
		out = append(out, m...)
	}
	return out, nil
}

// passesOf makes n pictures pass by pass: each pass begins on what the one before it made.
func (r *run) passesOf(ctx context.Context, j job, prompts *prompts, first, n int) ([]made, error) {
	bases := []*image.NRGBA{}
	if j.base != nil {
		bases = append(bases, j.base)
	}
	out := make([]made, n)
	var begins *tensor.Tensor // the latents of the pass before, resized
	for at, pass := range j.passes {
		w, err := r.work(j, pass, at, bases)
		if err != nil {
			return nil, err
		}
		w.count, w.latent = n, begins
		latents, err := r.sample(ctx, w, prompts, first)
		if err != nil {
			return nil, err
		}
		if at+1 < len(j.passes) {
			bases, begins, err = r.between(ctx, j, latents, w.size, j.passes[at+1])
		} else {
			err = r.decoded(ctx, j, latents, out)
		}
		if err != nil {
			return nil, err
		}
	}
	return out, nil
}

// decoded are the pictures of the last pass.
func (r *run) decoded(ctx context.Context, j job, latents *tensor.Tensor, out []made) (err error) {
	r.say("decoding", r.fraction())
	for i := range out {
		latent := latents.Batch(i, i+1)
		if out[i].img, err = r.toPicture(ctx, latent, j.place); err != nil {
			return err
		}
		if out[i].soft, err = r.moved(latent, i); err != nil {
			return err
		}
	}
	return nil
}

// between is what the next pass begins on, after one of a size made latents: pictures, or the latents themselves,
// resized. Where a part of the picture is kept, or the network looks at it, there are pictures in any case.
func (r *run) between(ctx context.Context, j job, latents *tensor.Tensor, size image.Point, next region.Pass) (bases []*image.NRGBA, begins *tensor.Tensor, err error) {
	filter, resizes := r.latentWay()
	if resizes {
		to := r.fitting(next.Size).Div(r.model.Factor())
		if begins, err = tensor.Resize(latents, to.Y, to.X, filter); err != nil || j.mask == nil && !r.model.Inpainting {
			return nil, begins, err
		}
	}
	r.say("decoding", r.fraction())
	own := r.req.hires() != nil && r.req.Hires.Upscaler != "" && !resizes
	for i := range latents.Shape[0] {
		place := j.place
		if own {
			place = image.Rectangle{Max: size}
		}
		base, err := r.toPicture(ctx, latents.Batch(i, i+1), place)
		if err == nil && own {
			base, err = r.larger(ctx, j, base, next)
		}
		if err == nil && j.mask != nil {
			base, err = region.Blend(j.base, base, j.mask)
		}
		if err != nil {
			return nil, nil, err
		}
		bases = append(bases, base)
	}
	return bases, begins, nil
}

// work is pass number at of a job in the networks' terms; bases are one picture for all
// or one each, or none.
func (r *run) work(j job, pass region.Pass, at int, bases []*image.NRGBA) (work, error) {
	w := work{size: r.fitting(pass.Size), place: j.place, strength: pass.Strength, steps: r.stepsOf(at), again: at > 0 && r.req.hires() != nil}
	var pictures []*tensor.Tensor
	for _, b := range bases {
		pictures = append(pictures, toTensor(b, w.size))
	}
	switch len(pictures) {
	case 0:
	case 1:
		w.picture = pictures[0]
	default:
		var err error
		if w.picture, err = tensor.Concat(0, pictures...); err != nil {
			return work{}, err
		}
	}
	if j.mask != nil {
		w.paint = softMask(j.mask, w.size.Div(r.model.Factor()))
		if r.model.Inpainting {
			m := j.mask
			if r.graded && r.blend() == BlendDifferential {
				m = region.AtLeast(m, 128) // what keeps more than half of itself is seen
			}
			w.hide = hard(softMask(m, w.size))
		}
	}
	return w, nil
}

// stepsOf is the number of steps of pass number at, before strength shortens it.
func (r *run) stepsOf(at int) int {
	if h := r.req.hires(); h != nil && at > 0 && h.Steps > 0 {
		return h.Steps
	}
	return r.req.Steps
}

// count adds the steps of a job for n pictures to what the run has ahead of it.
func (r *run) count(j job, n int) {
	for at, p := range j.passes {
		steps := r.stepsOf(at)
		if j.base != nil || at > 0 {
			steps = min(steps, int(p.Strength*float64(steps))+1)
		}
		r.total += n * steps
	}
}

// moved is the composite mask of picture number i of a pass, where soft inpainting is on.
func (r *run) moved(latent *tensor.Tensor, i int) (*tensor.Tensor, error) {
	if r.blend() != BlendSoft || r.kept == nil || r.kept.paint == nil {
		return nil, nil
	}
	before := r.kept.latent
	if before.Shape[0] > 1 {
		before = before.Batch(i, i+1)
	}
	return denoise.SoftComposite(latent, before, r.kept.paint, r.req.soft())
}

// finished fills in what the result of a task says that made its pictures itself.
func (r *run) finished(res *Result, last image.Point) *Result {
	for i := range res.Images {
		q := r.req.Nth(i)
		res.Seeds = append(res.Seeds, q.Seed)
	}
	r.req.Width, r.req.Height = last.X, last.Y
	r.req.Packed = r.forms.list(len(res.Images))
	r.device = r.model.device()
	return res
}

// fitting rounds a size up to what the autoencoder can halve evenly.
func (r *run) fitting(size image.Point) image.Point {
	f := r.model.Factor()
	return image.Pt((max(size.X, 1)+f-1)/f*f, (max(size.Y, 1)+f-1)/f*f)
}
