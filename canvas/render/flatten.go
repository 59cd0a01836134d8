package render

import (
	"image"
	"image/color"
	"runtime"
	"sync"

	"pentimento/canvas"
)

// FlattenOptions say what Flatten shows. The zero value is the picture as it is seen.
type FlattenOptions struct {
	// Only shows this layer alone, hidden or not, at its opacity; 0 for all visible layers.
	Only canvas.LayerID
	// Mask tints the mask as Look.Mask does; alpha 0 leaves it out.
	Mask color.NRGBA
}

// Flatten is the picture in r (document pixels) at 1:1 with straight alpha, the same
// pixels that Render shows at 100 %. Where nothing is it is transparent black. It uses
// all cores and may be called from any goroutine with a committed State.
func Flatten(s *canvas.State, r image.Rectangle, opts FlattenOptions) *image.NRGBA {
	out := image.NewNRGBA(r)
	sc := flat(s, opts.Only)
	sc.tint = word(opts.Mask)
	bands := (out.Rect.Dy() + cellSize - 1) / cellSize
	var wg sync.WaitGroup
	workers := min(runtime.GOMAXPROCS(0), bands)
	for w := range workers {
		wg.Go(func() {
			for b := w * bands / workers; b < (w+1)*bands/workers; b++ {
				y := r.Min.Y + b*cellSize
				part := image.Rect(r.Min.X, y, r.Max.X, min(y+cellSize, r.Max.Y))
				pix := out.Pix[out.PixOffset(r.Min.X, y):][:part.Dy()*out.Stride]
				sc.compose(pix, out.Stride, part)
				canvas.Unpremultiply(pix, pix)
			}
		})
	}
	wg.Wait()
	return out
}

// flat is the scene of a State, or of one of its layers or groups alone.
func flat(s *canvas.State, only canvas.LayerID) *scene {
	if only != 0 {
		return staged(s, s.Alone(only), nil, 0)
	}
	return newScene(s, nil, 0)
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
