package pipeline

import (
	"context"
	"image"
	"math"
	"time"

	"pentimento/fault"
	"pentimento/pipeline/infill"
	"pentimento/pipeline/pixels"
	"pentimento/pipeline/region"
)

// refine reworks the picture in the frame, beginning on it: image to image. Strength
// says how far it may go. Transparency stays as it was. Where the frame ends inside the
// picture, new pixels fade in over Feather pixels (0: 32 times the strength) within the
// frame: no pixel outside it changes.
func (r *run) refine(ctx context.Context) (*Result, error) {
	img := r.req.Image
	if img == nil || img.Rect.Empty() {
		return nil, fault.New("pipeline: refine has no picture", "Place a picture in the frame, or generate one.")
	}
	place := r.req.Frame.Intersect(img.Rect)
	if place.Empty() {
		place = img.Rect
	}
	if err := r.plan(Scene{Selection: place, Picture: img.Rect, Bounds: img.Rect}); err != nil {
		return nil, err
	}
	prompts, err := r.readPrompts(ctx)
	if err != nil {
		return nil, err
	}
	old := pixels.Crop(img, place)
	base, err := filled(ctx, old, place, nil, infill.Options{Mode: infill.Edge})
	if err != nil {
		return nil, err
	}
	feather := r.req.Feather
	if feather == 0 {
		feather = int(math.Round(32 * r.req.Strength))
	}
	composite := region.FadeInside(img, pixels.CropMask(pixels.Full(place), img.Rect), feather)
	res := &Result{Mask: composite}
	j := job{place: place, base: base, passes: r.req.Plan.Layout.Passes}
	r.count(j, r.req.Batch)
	err = r.batch(ctx, j, prompts, func(_ int, m made) error {
		began := time.Now()
		defer func() { r.clock("blend", began) }()
		keepAlpha(m.img, old)
		out := pixels.Crop(img, img.Rect)
		pixels.Paste(out, m.img)
		out, err := region.Blend(img, out, composite)
		res.Images = append(res.Images, out)
		return err
	})
	if err != nil {
		return nil, err
	}
	return r.finished(res, j.passes[len(j.passes)-1].Size), nil
}

// keepAlpha gives img the transparency of old, and of its blank pixels the hidden colours.
func keepAlpha(img, old *image.NRGBA) {
	w := img.Rect.Dx()
	for y := range img.Rect.Dy() {
		src, dst := old.Pix[y*old.Stride:][:4*w], img.Pix[y*img.Stride:][:4*w]
		for x := 3; x < 4*w; x += 4 {
			dst[x] = src[x]
			if src[x] == 0 {
				copy(dst[x-3:x], src[x-3:x])
			}
		}
	}
}
