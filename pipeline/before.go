package pipeline

import (
	"context"
	"errors"
	"image"

	"pentimento/pipeline/infill"
	"pentimento/pipeline/pixels"
	"pentimento/pipeline/region"
)

// placeSeed is that of the random choices before denoising, the infill's and the bite's.
// They do not follow the request's seed: pictures of a batch share them, and each can be
// made again alone.
const placeSeed = 1

// before fills under the mask before denoising, and every blank pixel, so that a
// network never sees the hidden colour of transparency. It returns the part of img in the
// masks' bounds; the content-aware infill takes from more of it.
func (r *run) before(ctx context.Context, img *image.NRGBA, m masks, strength float64) (*image.NRGBA, error) {
	place, mode := m.fill.Rect, r.req.Infill
	r.say("filling in under the mask", 0.02)
	fill := func(hole *image.Alpha, mode infill.Mode) (*image.NRGBA, error) {
		return filled(ctx, img, place, hole, infill.Options{Mode: mode, Seed: placeSeed, Even: r.task.Grows})
	}
	switch {
	case mode == InfillAuto && r.model.Inpainting && r.blend() == BlendAuto && strength >= 1:
		return pixels.Crop(img, place), nil // the network sees the mask grey and starts from noise
	case mode == InfillAuto && strength < 1:
		return fill(nil, infill.Content)
	case mode == InfillAuto:
		return fill(m.fill, infill.Content)
	case mode == InfillOriginal:
		return fill(nil, infill.Edge)
	case mode == InfillNeutral, mode == InfillNoise:
		base, err := fill(nil, infill.Edge)
		if err != nil {
			return nil, err
		}
		return infill.Fill(ctx, base, m.fill, infill.Options{Mode: infill.Mode(mode), Seed: placeSeed}, nil)
	}
	return fill(m.fill, infill.Mode(mode))
}

// filled returns the part of img in place with every pixel of hole (nil: none) and every
// blank pixel filled from the rest. Where the rest is too small for the mode it is a
// cheaper one; where nothing is left it is grey.
func filled(ctx context.Context, img *image.NRGBA, place image.Rectangle, hole *image.Alpha, opt infill.Options) (*image.NRGBA, error) {
	old := pixels.Crop(img, place)
	mask, all := image.NewAlpha(place), true
	eachPixel(old, func(i, alpha int) {
		if alpha == 0 || hole != nil && hole.Pix[i] > 0 {
			mask.Pix[i] = 255
		} else {
			all = false
		}
	})
	holes := pixels.Bounds(mask)
	if holes.Empty() {
		return old, nil
	}
	if opt.Mode == infill.Content {
		wide := sources(holes, img.Rect).Union(place)
		out, err := infill.Fill(ctx, pixels.Crop(img, wide), pixels.CropMask(mask, wide), opt, nil)
		var refused *infill.Error
		if err == nil {
			return pixels.Crop(out, place), nil
		} else if !errors.As(err, &refused) {
			return nil, err
		}
		opt.Mode = infill.Edge
	}
	if all {
		opt.Mode = infill.Neutral
	}
	return infill.Fill(ctx, old, mask, opt, nil)
}

// sources is the part of a picture that the content-aware infill takes from.
func sources(hole, picture image.Rectangle) image.Rectangle {
	l, err := region.Plan(region.Input{Method: region.ContentAware, Selection: hole, Picture: picture, Bounds: picture})
	if err != nil {
		return image.Rectangle{}
	}
	return l.Context
}
