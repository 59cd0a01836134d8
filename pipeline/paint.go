package pipeline

import (
	"context"
	"image"
	"time"

	"pentimento/pipeline/infill"
	"pentimento/pipeline/region"
)

// job is what a task asks of the networks, in canvas terms.
type job struct {
	place  image.Rectangle // what is read and made
	base   *image.NRGBA    // the picture there, no blank pixels, bounds place; nil for nothing
	mask   *image.Alpha    // what is painted, bounds place; nil for everything
	passes []region.Pass
}

// paint makes the pictures of a batch, each of them covering j.place, and lays each back
// with finish.
func (r *run) paint(ctx context.Context, j job, finish func(made *image.NRGBA) (*image.NRGBA, error)) (*Result, error) {
	prompts, err := r.readPrompts(ctx)
	if err != nil {
		return nil, err
	}
	r.total = r.req.Batch * len(j.passes) * r.req.Steps
	res := &Result{}
	for i := range r.req.Batch {
		made, err := r.picture(ctx, j, prompts, i)
		if err != nil {
			return nil, err
		}
		began := time.Now()
		img, err := finish(made)
		if err != nil {
			return nil, err
		}
		r.clock("blend", began)
		res.Images = append(res.Images, img)
		seed := r.req.Seed + int64(i)
		if r.req.VariationStrength > 0 {
			seed = r.req.Seed
		}
		res.Seeds = append(res.Seeds, seed)
	}
	last := j.passes[len(j.passes)-1].Size
	r.req.Width, r.req.Height = last.X, last.Y
	res.Image, res.Request, res.Timings, res.Steps = res.Images[0], r.req, r.timings, r.steps
	if r.model.unet != nil {
		res.Device = r.model.unet.Device()
	}
	r.say("done", 1)
	return res, ctx.Err()
}

// picture makes picture number i of the batch, pass by pass: each begins on what the one
// before it made.
func (r *run) picture(ctx context.Context, j job, prompts *prompts, i int) (*image.NRGBA, error) {
	base := j.base
	var made *image.NRGBA
	for _, pass := range j.passes {
		w := work{size: r.fitting(pass.Size), place: j.place, strength: pass.Strength}
		if base != nil {
			w.picture = toTensor(base, w.size)
		}
		if j.mask != nil {
			f := r.model.factor()
			w.paint = latentMask(scaleMask(j.mask, w.size.Div(f)))
			w.hide = latentMask(scaleMask(j.mask, w.size))
		}
		latent, err := r.sample(ctx, w, prompts, i)
		if err != nil {
			return nil, err
		}
		r.say("decoding", r.fraction())
		if made, err = r.toPicture(ctx, latent, j.place); err != nil {
			return nil, err
		}
		if base = made; j.mask != nil {
			if base, err = region.Blend(j.base, made, j.mask); err != nil {
				return nil, err
			}
		}
	}
	return made, nil
}

// fitting rounds a size up to what the autoencoder can halve evenly.
func (r *run) fitting(size image.Point) image.Point {
	f := r.model.factor()
	return image.Pt((max(size.X, 1)+f-1)/f*f, (max(size.Y, 1)+f-1)/f*f)
}

// limits are the sizes this model was trained for.
func (r *run) limits() region.Limits {
	o := r.model
	name, usual := region.Family(o.Family.Name), o.Family.NativeSize
	if o.Family.Name == "sd1" || o.Family.Name == "sd2" && o.NativeSize == 512 {
		name, usual = region.SD15, 512
	}
	if o.NativeSize != usual || o.Family.Name == "sd2" && name != region.SD15 {
		return region.LimitsFor("", false, o.NativeSize)
	}
	return region.LimitsFor(name, o.Channels == 9, 0)
}

// passes are the sizes a place is worked at: the request's own, or what the model likes.
func (r *run) passes(place image.Rectangle) []region.Pass {
	if r.req.Width > 0 {
		return []region.Pass{{Size: image.Pt(r.req.Width, r.req.Height), Strength: r.req.Strength}}
	}
	return r.limits().Passes(place.Size(), r.req.Strength)
}

// filled returns img with every pixel of hole filled from the rest, and with every blank
// pixel filled too, so that a network never sees the hidden colour of transparency. Where
// nothing is left to fill from it is grey.
func filled(ctx context.Context, img *image.NRGBA, hole *image.Alpha) (*image.NRGBA, error) {
	mask := image.NewAlpha(img.Rect)
	w, any, all := img.Rect.Dx(), false, true
	for y := range img.Rect.Dy() {
		px, m := img.Pix[y*img.Stride:][:4*w], mask.Pix[y*mask.Stride:][:w]
		for x := range m {
			if hole != nil {
				m[x] = hole.Pix[y*hole.Stride+x]
			}
			if px[4*x+3] == 0 {
				m[x] = 255
			}
			any, all = any || m[x] > 0, all && m[x] > 0
		}
	}
	if !any {
		return img, nil
	}
	mode := infill.Edge
	if all {
		mode = infill.Neutral
	}
	return infill.Fill(ctx, img, mask, infill.Options{Mode: mode}, nil)
}

// crop copies the part of img that lies in r; what r has beyond img is blank.
func crop(img *image.NRGBA, r image.Rectangle) *image.NRGBA {
	out := image.NewNRGBA(r)
	in := r.Intersect(img.Rect)
	for y := in.Min.Y; y < in.Max.Y; y++ {
		copy(out.Pix[out.PixOffset(in.Min.X, y):][:4*in.Dx()], img.Pix[img.PixOffset(in.Min.X, y):])
	}
	return out
}

// cropMask is crop for masks.
func cropMask(m *image.Alpha, r image.Rectangle) *image.Alpha {
	out := image.NewAlpha(r)
	in := r.Intersect(m.Rect)
	for y := in.Min.Y; y < in.Max.Y; y++ {
		copy(out.Pix[out.PixOffset(in.Min.X, y):][:in.Dx()], m.Pix[m.PixOffset(in.Min.X, y):])
	}
	return out
}

// bounds is the smallest rectangle that holds every painted pixel.
func bounds(m *image.Alpha) image.Rectangle {
	var r image.Rectangle
	for y := m.Rect.Min.Y; y < m.Rect.Max.Y; y++ {
		row := m.Pix[m.PixOffset(m.Rect.Min.X, y):][:m.Rect.Dx()]
		for x, v := range row {
			if v > 0 {
				r = r.Union(image.Rect(m.Rect.Min.X+x, y, m.Rect.Min.X+x+1, y+1))
			}
		}
	}
	return r
}

// whole is a mask that paints everything.
func whole(r image.Rectangle) *image.Alpha {
	m := image.NewAlpha(r)
	for i := range m.Pix {
		m.Pix[i] = 255
	}
	return m
}
