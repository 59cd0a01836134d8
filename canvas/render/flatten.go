package render

import (
	"fmt"
	"image"
	"image/color"
	"runtime"
	"sync/atomic"

	"pentimento/canvas"
	"pentimento/fault"
)

// FlattenOptions say what Flatten shows. The zero value is the picture as it is seen.
type FlattenOptions struct {
	// Only shows this layer alone, hidden or not, at its opacity; 0 for all visible layers.
	Only canvas.LayerID
	// Mask tints the mask as Look.Mask does; alpha 0 leaves it out.
	Mask color.NRGBA
}

// mostWhole is how many pixels a picture may have that is looked at as a whole: 1 GB of them.
const mostWhole = 1 << 28

// CheckWhole refuses what no memory holds as one picture, for somebody who wants to do something with it: on a
// canvas without edges two strokes may lie any distance apart.
func CheckWhole(what string, r image.Rectangle) error {
	if r.Dx() <= mostWhole/max(r.Dy(), 1) {
		return nil
	}
	return fault.New(fmt.Sprintf("%s: what is there lies within %d × %d pixels, want at most %d million", what, r.Dx(), r.Dy(), mostWhole>>20), "Crop the picture, or choose one layer.")
}

// Flatten is the picture in r (document pixels) at 1:1 with straight alpha, the same
// pixels that Render shows at 100 %. Where nothing is it is transparent black. It uses
// all cores and may be called from any goroutine with a committed State.
func Flatten(s *canvas.State, r image.Rectangle, opts FlattenOptions) *image.NRGBA {
	out := image.NewNRGBA(r)
	sc := flat(s, opts.Only)
	sc.tint = word(opts.Mask)
	inBands(r, func(next func() image.Rectangle) {
		for part := next(); !part.Empty(); part = next() {
			pix := out.Pix[out.PixOffset(r.Min.X, part.Min.Y):][:part.Dy()*out.Stride]
			sc.compose(pix, out.Stride, part)
			canvas.Unpremultiply(pix, pix)
		}
	})
	return out
}

// Rows shows the picture in r (document pixels) at 1:1 to look, row by row: premultiplied RGBA,
// r.Dx() pixels, only to be read and only during the call. It takes a few rows of memory where
// Flatten takes the whole picture. look is called from several goroutines, once for each row
// in no order.
func Rows(s *canvas.State, r image.Rectangle, look func(y int, row []uint8)) {
	sc, stride := flat(s, 0), 4*r.Dx()
	inBands(r, func(next func() image.Rectangle) {
		pix := make([]uint8, cellSize*stride)
		for part := next(); !part.Empty(); part = next() {
			sc.compose(pix, stride, part)
			for y := range part.Dy() {
				look(part.Min.Y+y, pix[y*stride:][:stride])
			}
		}
	})
}

// inBands cuts r into bands of a cell's height for all cores: each calls work once, which asks
// for one band after another until it gets an empty one.
func inBands(r image.Rectangle, work func(next func() image.Rectangle)) {
	bands := (r.Dy() + cellSize - 1) / cellSize
	var taken atomic.Int32
	next := func() image.Rectangle {
		y := r.Min.Y + (int(taken.Add(1))-1)*cellSize
		return image.Rect(r.Min.X, y, r.Max.X, min(y+cellSize, r.Max.Y)).Intersect(r)
	}
	var wg fault.Group
	for range min(runtime.GOMAXPROCS(0), bands) {
		wg.Go(func() { work(next) })
	}
	wg.Wait()
}

// flat is the scene of a State, or of one of its layers or groups alone.
func flat(s *canvas.State, only canvas.LayerID) *scene {
	if only != 0 {
		return staged(s, s.Alone(only), nil, 0)
	}
	return staged(s, s.Stack(), nil, 0)
}

// Thumbnail shows a layer alone (0: the whole picture) in sRGB, its used area fitted into size ×
// size pixels with its proportions kept; nil where nothing is. Each pixel is the mean of
// up to 16 samples, so that its cost does not grow with the picture. It may be called
// from any goroutine with a committed State.
func Thumbnail(s *canvas.State, layer canvas.LayerID, size int) *image.NRGBA {
	sc := flat(s, layer)
	var used image.Rectangle
	for _, l := range sc.layers {
		used = used.Union(l.Used())
	}
	if used.Empty() || size < 1 {
		return nil
	}
	w, h := size, size
	if used.Dx() > used.Dy() {
		h = max(1, size*used.Dy()/used.Dx())
	} else {
		w = max(1, size*used.Dx()/used.Dy())
	}
	const over = 4
	spread := func(n, from, length int) []int {
		at := make([]int, n*over)
		for i := range at {
			at[i] = from + (2*i+1)*length/(2*len(at))
		}
		return at
	}
	xs, ys := spread(w, used.Min.X, used.Dx()), spread(h, used.Min.Y, used.Dy())
	fine := make([]uint8, len(xs)*len(ys)*4)
	sc.sample(fine, xs, ys)
	out := image.NewNRGBA(image.Rect(0, 0, w, h))
	for y := range h {
		for x := range w {
			var sum [4]int
			for i := range over * over {
				p := fine[((y*over+i/over)*len(xs)+x*over+i%over)*4:]
				for c := range sum {
					sum[c] += int(p[c])
				}
			}
			for c := range sum {
				out.Pix[out.PixOffset(x, y)+c] = uint8((sum[c] + over*over/2) / (over * over))
			}
		}
	}
	canvas.Unpremultiply(out.Pix, out.Pix)
	s.Source.Space().ToSRGB(out)
	return out
}
