package preprocess

import (
	"context"
	"fmt"
	"image"
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
	if w > maxSide || h > maxSide {
		return Picture{}, fmt.Errorf("map size: a map of %d × %d pixels, want sides of 1 to %d", w, h, maxSide)
	}
	return mapIn(ctx, p, how, w, h, image.Rect(0, 0, w, h), true)
}

// MapWindow is a window of what MapSize makes, which must lie within: a map of a canvas of which
// little is looked at takes no more memory and time than that. Where the whole is not much larger, the
// pixels are those of MapSize; else a drawing is made black and white at the middle, and not where the
// whole map's values part best.
func MapWindow(ctx context.Context, p Picture, how Fit, w, h int, window image.Rectangle) (Picture, error) {
	if window.Empty() || !window.In(image.Rect(0, 0, w, h)) {
		return Picture{}, fmt.Errorf("map size: a window at %v of %d × %d pixels, want it within", window, w, h)
	}
	const small = 1 << 22
	if float64(w)*float64(h) > max(small, 4*float64(window.Dx())*float64(window.Dy())) {
		return mapIn(ctx, p, how, w, h, window, false)
	}
	out, err := MapSize(ctx, p, how, w, h)
	if err != nil {
		return Picture{}, err
	}
	return out.cropped(window.Min.X, window.Min.Y, window.Dx(), window.Dy()), nil
}

// mapIn is a window of a map at a size; otsu makes drawings black and white by the values in it.
func mapIn(ctx context.Context, p Picture, how Fit, w, h int, window image.Rectangle, otsu bool) (Picture, error) {
	p, l, err := p.layout(how, w, h)
	seen := window.Intersect(l.at)
	if err == nil {
		err = fits(float64(window.Dx()), float64(window.Dy()))
	}
	if err != nil {
		return Picture{}, fmt.Errorf("map size: %w", err)
	}
	out := newPicture(window.Dx(), window.Dy(), 3)
	if l.fill {
		colour := p.border()
		for i := range out.Pix {
			out.Pix[i] = colour[i%3]
		}
	}
	if seen.Empty() {
		return out, nil
	}
	made, err := p.drawnIn(ctx, l.at.Size(), seen.Sub(l.at.Min), otsu)
	if err != nil {
		return Picture{}, err
	}
	at := seen.Min.Sub(window.Min)
	for y := range made.H {
		copy(out.Pix[3*((at.Y+y)*out.W+at.X):], made.Pix[3*y*made.W:3*(y+1)*made.W])
	}
	return out, nil
}

// layout is where a map lies on the canvas: over it, or in it.
type layout struct {
	at   image.Rectangle
	fill bool // what it leaves is the colour of its border
}

// layout checks a map, gives it three channels and finds its place on w × h pixels.
func (p Picture) layout(how Fit, w, h int) (Picture, layout, error) {
	err := p.check()
	if err == nil {
		how, err = ParseFit(string(how))
	}
	if err == nil && (w < 1 || h < 1 || w > 1<<30 || h > 1<<30) {
		err = fmt.Errorf("a map of %d × %d pixels, want one pixel at least", w, h)
	}
	if err != nil {
		return p, layout{}, err
	}
	k0, k1 := float64(h)/float64(p.H), float64(w)/float64(p.W)
	k := max(k0, k1)
	switch how {
	case Stretch:
		return p.rgb(), layout{at: image.Rect(0, 0, w, h)}, nil
	case Fill:
		k = min(k0, k1)
	}
	newW, newH := max(int(math.RoundToEven(float64(p.W)*k)), 1), max(int(math.RoundToEven(float64(p.H)*k)), 1)
	left, top := (w-newW)/2, (h-newH)/2
	if how == Crop { // rounding never leaves it smaller
		left, top = -((newW - w) / 2), -((newH - h) / 2)
	}
	return p.rgb(), layout{image.Rect(left, top, left+newW, top+newH), how == Fill}, nil
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

// drawnIn is a window of the map at another size, resized by what the map holds: few colours stay those
// colours, a drawing stays a drawing, anything else is a picture. The numbers are those of the
// extension's functions as they were run for the reference, where its last pass (thinning what
// the ridges leave) took nothing away.
func (p Picture) drawnIn(ctx context.Context, size image.Point, window image.Rectangle, otsu bool) (Picture, error) {
	if p.W == size.X && p.H == size.Y {
		return p.cropped(window.Min.X, window.Min.Y, window.Dx(), window.Dy()), nil
	}
	colours := p.colours(200)
	drawing := p.binary(colours)
	how := cubic
	switch {
	case colours > 2 && colours < 200:
		how = nearest
	case float64(size.X)*float64(size.Y) < float64(p.W)*float64(p.H):
		how = area
	}
	if !drawing {
		return resizeIn(ctx, p, size.X, size.Y, window, how)
	}
	wide := window.Inset(-1).Intersect(image.Rectangle{Max: size}) // a ridge is one beside its neighbours
	out, err := resizeIn(ctx, p, size.X, size.Y, wide, how)
	if err != nil {
		return Picture{}, err
	}
	grey := newPicture(out.W, out.H, 1)
	for i := range grey.Pix {
		grey.Pix[i] = uint8(float32(int(out.Pix[3*i])+int(out.Pix[3*i+1])+int(out.Pix[3*i+2])) / 3)
	}
	if p.thinLines() {
		grey = grey.ridges()
	}
	level := 127
	if otsu {
		level = grey.otsu()
	}
	grey.part(level)
	at := window.Min.Sub(wide.Min)
	return grey.rgb().cropped(at.X, at.Y, window.Dx(), window.Dy()), ctx.Err()
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
