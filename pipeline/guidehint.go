package pipeline

import (
	"context"
	"fmt"
	"image"
	"math"
	"strings"

	"pentimento/fault"
	"pentimento/pipeline/pixels"
	"pentimento/pipeline/preprocess"
	"pentimento/pipeline/tensor"
)

// maxWhole bounds the canvas that a guide's picture may be brought to, in pixels of the pass a side; only what the
// pass sees of it is made.
const maxWhole = 1 << 22

// hint is a guide's picture as its network sees it in a pass, [1,3,H,W] in 0 to 1 at the pass's
// size, and where it acts, [1,1,H,W], nil for everywhere. What lies beyond the picture is black,
// and the guide doesn't act there.
//
// The picture lies on the canvas: where it was placed, else as wide as the frame, brought to its
// shape by Guide.Resize. The pass sees of it what lies under the place that it works on, so that
// the guide follows the canvas when a fill looks at a part of the frame only.
func (p pass) hint(ctx context.Context, g Guide) (picture, region *tensor.Tensor, err error) {
	picture, region, err = p.wholeHint(ctx, g)
	if err != nil || p.box.Empty() {
		return picture, region, err
	}
	f := p.model.Factor()
	return p.within(picture, f), p.within(region, f), nil
}

// wholeHint is hint for all of a pass, in whatever part of it the guide acts now.
func (p pass) wholeHint(ctx context.Context, g Guide) (picture, region *tensor.Tensor, err error) {
	size := p.work.size
	if picture = g.tensors["hint"]; picture != nil {
		region = g.tensors["region"]
		return picture, region, checkHint(picture, region, size)
	}
	img := g.Image
	if img == nil && g.Placed {
		img = p.req.Image
	}
	if img == nil || img.Rect.Empty() {
		return nil, nil, fmt.Errorf("pipeline: guide %q: it has no picture", g.name())
	}
	if !g.Crop.Empty() && g.Crop.Intersect(img.Rect).Empty() {
		return nil, nil, fmt.Errorf("pipeline: guide %q: its crop %v is outside its picture", g.name(), g.Crop)
	}
	at := g.lies(p.req, g.cropped(img), p.work.place)
	whole, offset := scaledTo(at, p.work.place, size)
	if max(whole.X, whole.Y) > maxWhole {
		return nil, nil, fmt.Errorf("pipeline: guide %q: its picture would have %d×%d pixels, want at most %d a side", g.name(), whole.X, whole.Y, maxWhole)
	}
	window := image.Rectangle{offset, offset.Add(size)}.Intersect(image.Rectangle{Max: whole})
	made := image.NewNRGBA(image.Rectangle{})
	if !window.Empty() {
		if made, err = p.mapped(ctx, g, img, whole, window); err != nil {
			return nil, nil, fault.With(fmt.Errorf("pipeline: guide %q: %w", g.name(), err), fault.Hint(err))
		}
	}
	picture, region = cut(made, offset.Sub(window.Min), size)
	if g.inpaints() && p.req.Mask != nil {
		hidden := float32(-1) // no colour is
		if f, _, err := controlFile(g.Model); err == nil && f.Union() != nil {
			hidden = 0 // ProMax was trained on black
		}
		hide(picture, pixels.CropMask(p.req.Mask, p.work.place), size, hidden)
	}
	if mask := g.where(p.req.Frame); mask != nil {
		inside := maskTensor(pixels.CropMask(mask, p.work.place), size)
		if region == nil {
			region = inside
		} else {
			region = combined(region, inside, func(a, b float32) float32 { return a * b })
		}
	}
	return picture, region, nil
}

// lies is the rectangle of the canvas that a guide's picture covers in a run that works at a place.
func (g Guide) lies(q Request, img *image.NRGBA, place image.Rectangle) image.Rectangle {
	switch {
	case g.Placed:
		return img.Rect
	case !g.Place.Empty():
		return g.Place
	case !q.Frame.Empty():
		return q.Frame
	case q.Image != nil && !q.Image.Rect.Empty():
		return q.Image.Rect
	}
	return place
}

// Laid is a guide's picture brought over a frame, as a run would see it there: of the frame's size and place. It ends early with ctx.Err().
func (g Guide) Laid(ctx context.Context, frame image.Rectangle) (*image.NRGBA, error) {
	at := g.Place
	if at.Empty() {
		at = frame
	}
	if !g.Crop.Empty() && g.Crop.Intersect(g.Image.Rect).Empty() {
		return nil, fmt.Errorf("pipeline: guide %q: its crop %v is outside its picture", g.name(), g.Crop)
	}
	p, err := preprocess.MapWindow(ctx, preprocess.Of(g.cropped(g.Image)), preprocess.Fit(g.Resize), at.Dx(), at.Dy(), image.Rectangle{Max: at.Size()})
	if err != nil {
		return nil, fmt.Errorf("pipeline: guide %q: %w", g.name(), err)
	}
	img := p.NRGBA()
	img.Rect = img.Rect.Add(at.Min)
	if at != frame {
		img = pixels.Crop(img, frame)
	}
	return img, nil
}

// scaledTo is the size in pixels of a pass that a rectangle of the canvas has, and where the
// pass's own corner lies in it.
func scaledTo(at, place image.Rectangle, size image.Point) (whole, offset image.Point) {
	scale := func(n, of, to int) int { return int(math.Round(float64(n) * float64(to) / float64(max(of, 1)))) }
	whole = image.Pt(max(scale(at.Dx(), place.Dx(), size.X), 1), max(scale(at.Dy(), place.Dy(), size.Y), 1))
	d := place.Min.Sub(at.Min)
	return whole, image.Pt(scale(d.X, place.Dx(), size.X), scale(d.Y, place.Dy(), size.Y))
}

// cut takes size pixels of a picture from an offset on, which may lie outside, as values of 0 to 1;
// inside is where the picture is, nil where it is everywhere.
func cut(img *image.NRGBA, offset, size image.Point) (t, inside *tensor.Tensor) {
	t = tensor.New(1, 3, size.Y, size.X)
	window := image.Rectangle{offset, offset.Add(size)}.Add(img.Rect.Min)
	if !window.In(img.Rect) {
		inside = tensor.New(1, 1, size.Y, size.X)
	}
	plane := size.X * size.Y
	for y := range size.Y {
		for x := range size.X {
			at := window.Min.Add(image.Pt(x, y))
			if !at.In(img.Rect) {
				continue
			}
			i := img.PixOffset(at.X, at.Y)
			for c := range 3 {
				t.Data[c*plane+y*size.X+x] = float32(img.Pix[i+c]) / 255
			}
			if inside != nil {
				inside.Data[y*size.X+x] = 1
			}
		}
	}
	return t, inside
}

// maskTensor is a mask at a size, 0 to 1.
func maskTensor(m *image.Alpha, size image.Point) *tensor.Tensor {
	w, h := m.Rect.Dx(), m.Rect.Dy()
	t := tensor.New(1, 1, h, w)
	for y := range h {
		for x, v := range m.Pix[y*m.Stride:][:w] {
			t.Data[y*w+x] = float32(v) / 255
		}
	}
	t = resized(t, size)
	for i, v := range t.Data {
		t.Data[i] = min(max(v, 0), 1)
	}
	return t
}

// checkHint refuses tensors that no picture is made into.
func checkHint(picture, region *tensor.Tensor, size image.Point) error {
	if s := picture.Shape; len(s) != 4 || s[0] != 1 || s[1] != 3 || s[2] != size.Y || s[3] != size.X {
		return fmt.Errorf("pipeline: hint has shape %v, want [1 3 %d %d]", s, size.Y, size.X)
	}
	if region != nil {
		if s := region.Shape; len(s) != 4 || s[0] != 1 || s[1] != 1 || s[2] < 1 || s[3] < 1 {
			return fmt.Errorf("pipeline: region has shape %v, want [1 1 height width]", s)
		}
	}
	return nil
}

// inpaints says that the network is to see which pixels are painted (control_v11p_sd15_inpaint).
func (g Guide) inpaints() bool { return strings.HasPrefix(g.Preprocessor, "inpaint") }

// hide gives the masked pixels of a picture one value.
func hide(picture *tensor.Tensor, mask *image.Alpha, size image.Point, value float32) {
	m := scaleMask(mask, size)
	for i, v := range m.Pix {
		if v > 127 {
			for c := range 3 {
				picture.Data[c*size.X*size.Y+i] = value
			}
		}
	}
}
