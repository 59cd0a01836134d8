package pipeline

import (
	"image"
	"math"

	"pentimento/pipeline/pixels"
	"pentimento/pipeline/tensor"
)

// resized scales planes [1,C,h,w] to size with Catmull-Rom's cubic (stretched where the
// picture shrinks, so that nothing is skipped). It works in float32 and clamps nothing: a
// picture on its way through the networks is rounded once, at the end. x/image/draw cuts
// every value to 8 bits and so darkens a little each time.
func resized(t *tensor.Tensor, size image.Point) *tensor.Tensor {
	c, h, w := t.Shape[1], t.Shape[2], t.Shape[3]
	if w == size.X && h == size.Y {
		return t
	}
	across, down := pixels.Taps(w, size.X, 2, catmullRom), pixels.Taps(h, size.Y, 2, catmullRom)
	mid, out := make([]float32, c*h*size.X), tensor.New(1, c, size.Y, size.X)
	pixels.InParallel(c*h, func(i int) {
		src, dst := t.Data[i*w:][:w], mid[i*size.X:][:size.X]
		for x := range dst {
			var v float32
			for k, f := range across[x].Weight {
				v += f * src[across[x].At[k]]
			}
			dst[x] = v
		}
	})
	pixels.InParallel(c*size.Y, func(i int) {
		plane, dst := mid[i/size.Y*h*size.X:], out.Data[i*size.X:][:size.X]
		for k, f := range down[i%size.Y].Weight {
			src := plane[down[i%size.Y].At[k]*size.X:][:size.X]
			for x, v := range src {
				dst[x] += f * v
			}
		}
	})
	return out
}

// catmullRom is the cubic of Keys (1981) with a = −1/2.
func catmullRom(t float64) float64 {
	t = math.Abs(t)
	switch {
	case t < 1:
		return (1.5*t-2.5)*t*t + 1
	case t < 2:
		return ((-0.5*t+2.5)*t-4)*t + 2
	}
	return 0
}
