package pipeline

import (
	"context"
	"errors"
	"image"

	"pentimento/pipeline/infill"
)

// before fills what lies under the mask before denoising, and every blank pixel, so that a
// network never sees the hidden colour of transparency. img and the masks are of one run.
func (r *run) before(ctx context.Context, img *image.NRGBA, m masks, strength float64) (*image.NRGBA, error) {
	mode, unseen := r.req.Infill, r.model.Channels == 9 && r.blend() == BlendAuto && strength >= 1
	if mode == InfillAuto {
		switch {
		case unseen: // an inpainting network sees the mask grey and starts from noise
			return img, nil
		case strength >= 1:
			mode = InfillContent
		default:
			mode = InfillOriginal
		}
		if mode == InfillOriginal {
			return filled(ctx, img, nil, infill.Content, r.req.Seed)
		}
	}
	switch mode {
	case InfillOriginal:
		return filled(ctx, img, nil, infill.Edge, r.req.Seed)
	case InfillNeutral, InfillNoise:
		base, err := filled(ctx, img, nil, infill.Edge, r.req.Seed)
		if err != nil {
			return nil, err
		}
		return infill.Fill(ctx, base, m.fill, infill.Options{Mode: infill.Mode(mode), Seed: r.req.Seed}, nil)
	}
	return filled(ctx, img, m.fill, infill.Mode(mode), r.req.Seed)
}

// filled returns img with every pixel of hole (nil: none) and every blank pixel filled
// from the rest. Where the rest is too small for the mode it is a cheaper one; where
// nothing is left it is grey.
func filled(ctx context.Context, img *image.NRGBA, hole *image.Alpha, mode infill.Mode, seed int64) (*image.NRGBA, error) {
	mask, masked, all := image.NewAlpha(img.Rect), false, true
	eachPixel(img, func(i, alpha int) {
		if alpha == 0 || hole != nil && hole.Pix[i] > 0 {
			mask.Pix[i], masked = 255, true
		} else {
			all = false
		}
	})
	switch {
	case !masked:
		return img, nil
	case all:
		mode = infill.Neutral
	}
	out, err := infill.Fill(ctx, img, mask, infill.Options{Mode: mode, Seed: seed}, nil)
	var refused *infill.Error
	if errors.As(err, &refused) && mode == infill.Content {
		return infill.Fill(ctx, img, mask, infill.Options{Mode: infill.Edge, Seed: seed}, nil)
	}
	return out, err
}
