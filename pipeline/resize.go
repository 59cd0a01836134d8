package pipeline

import (
	"image"
	"math"
	"runtime"

	"pentimento/fault"
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
	across, down := taps(w, size.X), taps(h, size.Y)
	mid, out := make([]float32, c*h*size.X), tensor.New(1, c, size.Y, size.X)
	inParallel(c*h, func(i int) {
		src, dst := t.Data[i*w:][:w], mid[i*size.X:][:size.X]
		for x := range dst {
			var v float32
			for k, f := range across[x].weight {
				v += f * src[across[x].at[k]]
			}
			dst[x] = v
		}
	})
	inParallel(c*size.Y, func(i int) {
		plane, dst := mid[i/size.Y*h*size.X:], out.Data[i*size.X:][:size.X]
		for k, f := range down[i%size.Y].weight {
			src := plane[down[i%size.Y].at[k]*size.X:][:size.X]
			for x, v := range src {
				dst[x] += f * v
			}
		}
	})
	return out
}

// tap says which values of a line make one value of the scaled line. Beyond the ends the
// line goes on as it ends.
type tap struct {
	at     []int
	weight []float32
}

func taps(from, to int) []tap {
	out, scale := make([]tap, to), float64(from)/float64(to)
	wide := max(scale, 1)
	for i := range out {
		centre, sum := (float64(i)+0.5)*scale-0.5, 0.0
		for at := int(math.Ceil(centre - 2*wide)); float64(at) <= centre+2*wide; at++ {
			if f := catmullRom((float64(at) - centre) / wide); f != 0 {
				out[i].at = append(out[i].at, min(max(at, 0), from-1))
				out[i].weight = append(out[i].weight, float32(f))
				sum += f
			}
		}
		for k := range out[i].weight {
			out[i].weight[k] /= float32(sum)
		}
	}
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

// inParallel runs do for 0…n−1 on all cores.
func inParallel(n int, do func(i int)) {
	parts := min(runtime.GOMAXPROCS(0), n)
	var wg fault.Group
	for p := range parts {
		wg.Go(func() {
			for i := n * p / parts; i < n*(p+1)/parts; i++ {
				do(i)
			}
		})
	}
	wg.Wait()
}
