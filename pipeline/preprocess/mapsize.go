package preprocess

import (
	"context"
	"fmt"
	"math"
	"slices"

	"pentimento/fault"
)

// Fit names a way to bring a map to the size of the canvas, as the extension does.
type Fit string

// The ways.
const (
	Stretch Fit = "resize" // each side to the canvas's
	Crop    Fit = "crop"   // fills the canvas, what is over is cut off all round
	Fill    Fit = "fill"   // whole in the canvas, the rest in the colour of its border
)

// ParseFit reads a way; "" is Crop, the extension's own. The extension's own names are read too.
func ParseFit(name string) (Fit, error) {
	switch name {
	case "", string(Crop), "Crop and Resize", "Scale to Fit (Inner Fit)", "INNER_FIT":
		return Crop, nil
	case string(Stretch), "Just Resize":
		return Stretch, nil
	case string(Fill), "Resize and Fill", "Envelope (Outer Fit)", "OUTER_FIT":
		return Fill, nil
	}
	return "", fault.New(fmt.Sprintf("resize mode %q, want %s, %s or %s", name, Stretch, Crop, Fill), "crop is what A1111 does when nothing is said.")
}

// MapSize brings a map to w × h pixels; the result has three channels.
func MapSize(ctx context.Context, p Picture, how Fit, w, h int) (Picture, error) {
	err := p.check()
	if err == nil {
		how, err = ParseFit(string(how))
	}
	if err == nil && (w < 1 || h < 1 || w > maxSide || h > maxSide) {
		err = fmt.Errorf("a map of %d × %d pixels, want sides of 1 to %d", w, h, maxSide)
	}
	if err == nil {
		err = fits(float64(w), float64(h))
	}
	if err != nil {
		return Picture{}, fmt.Errorf("map size: %w", err)
	}
	p = p.rgb()
	if how == Stretch {
		return drawnTo(ctx, p, w, h)
	}
	k0, k1 := float64(h)/float64(p.H), float64(w)/float64(p.W)
	k := max(k0, k1)
	if how == Fill {
		k = min(k0, k1)
	}
	newW, newH := int(math.RoundToEven(float64(p.W)*k)), int(math.RoundToEven(float64(p.H)*k))
	if err := fits(float64(newW), float64(newH)); err != nil {
		return Picture{}, fmt.Errorf("map size: %w", err)
	}
	ground := p.border()
	if p, err = drawnTo(ctx, p, max(newW, 1), max(newH, 1)); err != nil {
		return Picture{}, err
	}
	if how == Crop { // rounding never leaves it smaller
		return p.cropped((p.W-w)/2, (p.H-h)/2, w, h), nil
	}
	out := newPicture(w, h, 3)
	for i := range out.Pix {
		out.Pix[i] = ground[i%3]
	}
	left, top := (w-p.W)/2, (h-p.H)/2
	for y := range p.H {
		copy(out.Pix[3*((top+y)*w+left):], p.Pix[3*y*p.W:3*(y+1)*p.W])
	}
	return out, nil
}

// border is the median of what lies along the edges, cut to bytes.
func (p Picture) border() (out [3]uint8) {
	for c := range 3 {
		var all []float32
		value := func(x, y int) { all = append(all, float32(p.Pix[3*(y*p.W+x)+c])) }
		for x := range p.W {
			value(x, 0)
			value(x, p.H-1)
		}
		for y := range p.H {
			value(0, y)
			value(p.W-1, y)
		}
		out[c] = uint8(median(all))
	}
	return out
}

// drawnTo resizes a map by what it holds: few colours stay those colours, a drawing stays a
// drawing, anything else is a picture. The numbers are those of the extension's functions as
// they were run for the reference, where its last pass (thinning what the ridges leave) took
// nothing away.
func drawnTo(ctx context.Context, p Picture, w, h int) (Picture, error) {
	if p.W == w && p.H == h {
		return p.clone(), nil
	}
	colours := p.colours(200)
	drawing := p.binary(colours)
	thin := drawing && p.thinLines()
	how := cubic
	switch {
	case colours > 2 && colours < 200:
		how = nearest
	case w*h < p.W*p.H:
		how = area
	}
	out, err := resize(ctx, p, w, h, how)
	if err != nil || !drawing {
		return out, err
	}
	grey := newPicture(w, h, 1)
	for i := range grey.Pix {
		grey.Pix[i] = uint8(float32(int(out.Pix[3*i])+int(out.Pix[3*i+1])+int(out.Pix[3*i+2])) / 3)
	}
	if thin {
		grey = grey.ridges()
	}
	grey.otsu()
	return grey.rgb(), ctx.Err()
}

// PixelPerfect is the resolution at which a map of a picture of w × h, brought to a canvas of
// toW × toH, has one pixel for each of the canvas's.
func PixelPerfect(w, h, toW, toH int, how Fit) (int, error) {
	how, err := ParseFit(string(how))
	if err != nil {
		return 0, err
	}
	if sides := []int{w, h, toW, toH}; slices.Min(sides) < 1 || slices.Max(sides) > 1<<24 {
		return 0, fmt.Errorf("pixel perfect: a picture of %d × %d for %d × %d, want one pixel at least", w, h, toW, toH)
	}
	k0, k1 := float64(toH)/float64(h), float64(toW)/float64(w)
	k := max(k0, k1)
	if how == Fill {
		k = min(k0, k1)
	}
	return int(math.RoundToEven(k * float64(min(w, h)))), nil
}
