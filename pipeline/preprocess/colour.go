package preprocess

import (
	"context"
	"fmt"
	"math"
	"sync"
)

// luminance is CIE L* after a gamma. The extension takes red for blue here, and so do we.
func luminance(_ context.Context, p Picture, by Params) (Picture, error) {
	t := lightness()
	return recoloured(p, by.A, func(red, green, blue uint8) uint8 { return t.of(blue, green, red) })
}

// intensity is the brightest channel after a gamma.
func intensity(_ context.Context, p Picture, by Params) (Picture, error) {
	return recoloured(p, by.A, func(red, green, blue uint8) uint8 { return max(red, green, blue) })
}

func recoloured(p Picture, gamma float64, grey func(red, green, blue uint8) uint8) (Picture, error) {
	if err := positive("gamma", gamma, 1e6); err != nil {
		return Picture{}, err
	}
	var after [256]uint8
	for v := range after {
		part := float32(v) / 255
		after[v] = uint8(min(max(float32(math.Pow(float64(part), float64(float32(gamma))))*255, 0), 255))
	}
	out := newPicture(p.W, p.H, 3)
	for i := 0; i < len(p.Pix); i += 3 {
		v := after[grey(p.Pix[i], p.Pix[i+1], p.Pix[i+2])]
		out.Pix[i], out.Pix[i+1], out.Pix[i+2] = v, v, v
	}
	return out, nil
}

// lightnesses are the tables of OpenCV's L* of bytes: linear light with 3 bits behind the
// byte's, and the cube root with 15 bits.
type lightnesses struct {
	linear [256]int32
	root   [256 * 3 / 2 * 8]int32
}

var lightness = sync.OnceValue(func() *lightnesses {
	t := &lightnesses{}
	for i := range t.linear {
		x := float64(i) / 255
		if x <= 0.04045 {
			x /= 12.92
		} else {
			x = math.Pow((x+0.055)/1.055, 2.4)
		}
		t.linear[i] = int32(math.RoundToEven(255 * 8 * x))
	}
	for i := range t.root {
		x := float64(i) / (255 * 8)
		if x < 0.008856 {
			x = x*7.787 + 16.0/116
		} else {
			x = math.Cbrt(x)
		}
		t.root[i] = int32(math.RoundToEven((1 << 15) * x))
	}
	return t
})

// of is L* from 0 to 255 of an sRGB colour; the weights are Y's (D65) in 12 bits.
func (t *lightnesses) of(red, green, blue uint8) uint8 {
	const scale, shift = (116*255 + 50) / 100, -((16*255*(1<<15) + 50) / 100)
	y := (t.linear[red]*871 + t.linear[green]*2929 + t.linear[blue]*296 + 1<<11) >> 12
	return uint8(min(max((scale*t.root[y]+shift+1<<14)>>15, 0), 255))
}

// colourGrid is one colour a field of 64 × 64 pixels.
func colourGrid(ctx context.Context, p Picture, by Params) (Picture, error) {
	w, h := by.Res, by.Res
	if p.H < p.W {
		w = int(math.RoundToEven(float64(p.W) / float64(p.H) * float64(by.Res)))
	} else {
		h = int(math.RoundToEven(float64(p.H) / float64(p.W) * float64(by.Res)))
	}
	if err := fits(float64(w), float64(h)); err != nil {
		return Picture{}, err
	}
	if by.Res < 64 {
		return Picture{}, fmt.Errorf("resolution %d, want 64 at least: a field has 64 × 64 pixels", by.Res)
	}
	p, err := resize(ctx, p, w, h, area)
	if err != nil {
		return Picture{}, err
	}
	if p, err = resize(ctx, p, w/64, h/64, cubic); err != nil {
		return Picture{}, err
	}
	return resize(ctx, p, w, h, nearest)
}
