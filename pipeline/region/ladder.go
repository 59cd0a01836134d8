package region

import (
	"image"
	"math"
)

// Limits are the sizes a network was trained for: sides in pixels and areas in square
// pixels, of the picture (not the latent).
type Limits struct {
	MinSide, MaxSide int
	MinArea, MaxArea int
}

// Wide are the limits where nothing is known of a network.
var Wide = Limits{256, 2048, 256 * 256, 2048 * 2048}

// maxPixels caps a pass of a network that likes no more: 6 megapixels.
const maxPixels = 6_000_000

// refineStrength is the denoise strength of the second of two passes.
const refineStrength = 0.4

// Around are the limits of a network trained for pictures of one side: sides within 20 % of
// it (in steps of 8), area its square.
func Around(side int) Limits {
	d := up(int(math.Round(0.2*float64(side))), 8)
	return Limits{side - d, side + d, side * side, side * side}
}

// Pass is one run of the network.
type Pass struct {
	Size     image.Point // pixels, multiples of 16
	Strength float64     // denoise strength 0..1
}

// Passes says at which sizes a context of the given size is processed: one pass at its
// own size where the network can, an enlarged one when it is too small, and two (a draft
// at model size, then a refinement at full size) when it is much too large.
func (l Limits) Passes(size image.Point, strength float64) []Pass {
	w, h := float64(max(size.X, 1)), float64(max(size.Y, 1))
	area := w * h
	final := ceil16(w, h)
	if most := max(maxPixels, l.MaxArea); final.X*final.Y > most {
		k := math.Sqrt(float64(most) / area)
		final = image.Pt(max(16, int(w*k)/16*16), max(16, int(h*k)/16*16))
		w, h = float64(final.X), float64(final.Y)
		area = w * h
	}
	low, high := math.Sqrt(float64(l.MinArea)/area), math.Sqrt(float64(l.MaxArea)/area)
	switch {
	case high < 0.9 && max(w, h) > float64(l.MaxSide):
		return []Pass{{ceil16(w*high, h*high), strength}, {final, refineStrength}}
	case low > 1 && max(w, h) < float64(l.MinSide):
		return []Pass{{ceil16(w*low, h*low), strength}}
	}
	return []Pass{{final, strength}}
}

// ceil16 rounds up to multiples of 16; the small allowance keeps 640.0000001 at 640.
func ceil16(w, h float64) image.Point {
	return image.Pt(up(int(math.Ceil(w-1e-6)), 16), up(int(math.Ceil(h-1e-6)), 16))
}
