package pipeline

import (
	"context"
	"fmt"
	"image"
	"time"

	"pentimento/pipeline/region"
)

// inpaint paints what is masked and leaves every other pixel bit for bit. What is read
// around the mask follows region.Plan inside Request.Image; with a work size of its own
// (Width, Height) the whole picture is read. A network with mask channels is shown mask
// and picture; any other is held to the picture's latent outside the mask.
func (r *run) inpaint(ctx context.Context) (*Result, error) {
	img, mask := r.req.Image, r.req.Mask
	if img == nil || mask == nil || img.Rect != mask.Rect {
		return nil, fmt.Errorf("pipeline: task %q has no picture or no mask of the picture's size, want both", r.req.Task)
	}
	selection := bounds(mask)
	if selection.Empty() {
		return nil, &Error{Text: "pipeline: the mask is empty, want at least one masked pixel", Advice: "Paint over what is to be replaced first."}
	}
	began := time.Now()
	j, err := r.plan(ctx, img, mask, selection)
	if err != nil {
		return nil, err
	}
	r.clock("infill", began)
	composite := region.FadeInside(img, mask, r.req.Feather)
	res, err := r.paint(ctx, j, func(made *image.NRGBA) (*image.NRGBA, error) {
		return layBack(img, composite, made, j)
	})
	if err != nil {
		return nil, err
	}
	res.Mask = composite
	return res, nil
}

// plan decides what is read and fills what the network must not see.
func (r *run) plan(ctx context.Context, img *image.NRGBA, mask *image.Alpha, selection image.Rectangle) (job, error) {
	in := region.Input{
		Method: region.Auto, Selection: selection, Picture: img.Rect, Bounds: img.Rect,
		Strength: r.req.Strength, FeatherPct: -1, Limits: r.limits(),
	}
	if r.req.Width > 0 {
		in.Method, in.Work = region.WholePicture, image.Pt(r.req.Width, r.req.Height)
	}
	layout, err := region.Plan(in)
	if err != nil {
		return job{}, err
	}
	j := job{place: layout.Context, passes: layout.Passes}
	j.base, j.mask = crop(img, j.place), cropMask(mask, j.place)
	hole := j.mask // at full strength nothing of the old content counts
	if r.req.Strength < 1 {
		hole = nil
	}
	j.base, err = filled(ctx, j.base, hole)
	return j, err
}

// layBack puts what was made over the picture: colours matched to what the network was
// told to keep, then only where the composite mask allows.
func layBack(img *image.NRGBA, composite *image.Alpha, made *image.NRGBA, j job) (*image.NRGBA, error) {
	made, err := region.MatchColor(made, crop(img, j.place), j.mask)
	if err != nil {
		return nil, err
	}
	part, err := region.Blend(crop(img, j.place), made, cropMask(composite, j.place))
	if err != nil {
		return nil, err
	}
	out := crop(img, img.Rect)
	in := j.place.Intersect(img.Rect)
	for y := in.Min.Y; y < in.Max.Y; y++ {
		copy(out.Pix[out.PixOffset(in.Min.X, y):][:4*in.Dx()], part.Pix[part.PixOffset(in.Min.X, y):])
	}
	return out, nil
}
