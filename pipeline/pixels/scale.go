package pixels

import (
	"math"
	"runtime"

	"pentimento/fault"
)

// Tap says which values of a line make one value of the scaled line.
type Tap struct {
	At     []int // in rising order
	Weight []float32
}

// Taps are those of a line of from values that is scaled to so many, by a kernel that is zero from a
// radius on and is widened where the line becomes shorter. Beyond the ends the line goes on as it ends.
func Taps(from, to int, radius float64, kernel func(t float64) float64) []Tap {
	return taps(from, to, radius, kernel, true)
}

// taps are Taps, or without beyond those of a line that ends: what is there counts alone.
func taps(from, to int, radius float64, kernel func(t float64) float64, beyond bool) []Tap {
	out, scale := make([]Tap, to), float64(from)/float64(to)
	wide := max(scale, 1)
	for i := range out {
		centre, sum := (float64(i)+0.5)*scale-0.5, 0.0
		for at := int(math.Ceil(centre - radius*wide)); float64(at) <= centre+radius*wide; at++ {
			if f := kernel((float64(at) - centre) / wide); f != 0 && (beyond || at >= 0 && at < from) {
				out[i].At = append(out[i].At, min(max(at, 0), from-1))
				out[i].Weight = append(out[i].Weight, float32(f))
				sum += f
			}
		}
		for k := range out[i].Weight {
			out[i].Weight[k] /= float32(sum)
		}
	}
	return out
}

// InParallel runs do for 0…n−1 on all cores.
func InParallel(n int, do func(i int)) {
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
