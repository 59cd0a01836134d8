package preprocess

import (
	"context"
	"fmt"
	"math"
	"slices"
)

func positive(what string, v, most float64) error {
	if !(v > 0 && v <= most) {
		return fmt.Errorf("%s is %g, want more than 0 and at most %g", what, v, most)
	}
	return nil
}

// darkest is the smallest of a pixel's three values.
func darkest[T uint8 | float32](p []T) T { return min(p[0], p[1], p[2]) }

// onPadded runs a filter on the padded picture of a resolution and cuts its map to size.
func onPadded(ctx context.Context, p Picture, res int, filter func(Picture) (Picture, error)) (Picture, error) {
	p, err := p.worked(ctx, res)
	if err != nil {
		return Picture{}, err
	}
	out, err := filter(p.padded())
	if err != nil {
		return Picture{}, err
	}
	return out.cropped(0, 0, p.W, p.H), nil
}

// threshold is white where every channel is above by.A.
func threshold(ctx context.Context, p Picture, by Params) (Picture, error) {
	p, err := p.worked(ctx, by.Res)
	if err != nil {
		return Picture{}, err
	}
	out := newPicture(p.W, p.H, 3)
	for i := 0; i < len(p.Pix); i += 3 {
		if float64(darkest(p.Pix[i:i+3])) > by.A {
			out.Pix[i], out.Pix[i+1], out.Pix[i+2] = 255, 255, 255
		}
	}
	return out, nil
}

// xdog is white where a fine Gaussian (sigma 1/2) is brighter than a coarse one (5) by more
// than half of by.A in some channel.
func xdog(ctx context.Context, p Picture, by Params) (Picture, error) {
	return onPadded(ctx, p, by.Res, func(p Picture) (Picture, error) {
		fine, err := blurFloat(ctx, p, 0.5)
		if err != nil {
			return Picture{}, err
		}
		coarse, err := blurFloat(ctx, p, 5)
		if err != nil {
			return Picture{}, err
		}
		for i := range coarse {
			coarse[i] -= fine[i]
		}
		out := newPicture(p.W, p.H, 3)
		for i := 0; i < len(coarse); i += 3 {
			kept := uint8(min(max(255-darkest(coarse[i:i+3]), 0), 255))
			if float64(2*(255-kept)) > by.A { // a byte: what is above 255 begins anew, as in the extension
				out.Pix[i], out.Pix[i+1], out.Pix[i+2] = 255, 255, 255
			}
		}
		return out, nil
	})
}

// lineart is how much darker a pixel is than its surroundings (sigma 6), over the median of
// what is clearly so.
func lineart(ctx context.Context, p Picture, by Params) (Picture, error) {
	return onPadded(ctx, p, by.Res, func(p Picture) (Picture, error) {
		ground, err := blurFloat(ctx, p, 6)
		if err != nil {
			return Picture{}, err
		}
		depth, clear := make([]float32, p.W*p.H), []float32(nil)
		for i := range depth {
			for c := range 3 {
				ground[3*i+c] -= float32(p.Pix[3*i+c])
			}
			depth[i] = min(max(darkest(ground[3*i:3*i+3]), 0), 255)
			if depth[i] > 8 {
				clear = append(clear, depth[i])
			}
		}
		by, out := max(16, median(clear)), newPicture(p.W, p.H, 1)
		for i, v := range depth {
			out.Pix[i] = uint8(min(float32(v/by)*127, 255))
		}
		return out, nil
	})
}

// median is 0 of nothing, and the mean of the middle two of an even number.
func median(v []float32) float32 {
	if len(v) == 0 {
		return 0
	}
	slices.Sort(v)
	n := len(v) / 2
	if len(v)%2 == 1 {
		return v[n]
	}
	return (v[n-1] + v[n]) / 2
}

func invert(_ context.Context, p Picture, _ Params) (Picture, error) {
	out := p.clone()
	for i, v := range out.Pix {
		out.Pix[i] = 255 - v
	}
	return out, nil
}

// tileResample is the picture at 1/by.A of each side; below 1.1 it stays as it is.
func tileResample(ctx context.Context, p Picture, by Params) (Picture, error) {
	if by.A < 1.1 {
		return p.clone(), nil
	}
	w, h := int(float64(p.W)/by.A), int(float64(p.H)/by.A)
	if w < 1 || h < 1 {
		return Picture{}, fmt.Errorf("a picture of %d × %d pixels made %g times smaller has none left, want a side of %.0f at least", p.W, p.H, by.A, math.Ceil(by.A))
	}
	return resize(ctx, p, w, h, area)
}
