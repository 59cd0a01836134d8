package denoise

import (
	"context"
	"math"
	"testing"

	"pentimento/pipeline/tensor"
)

// TestAColourFixKeepsTheMean: as sd-webui-controlnet has it, written out again in double precision; the negative prompt alone is smoothed.
func TestAColourFixKeepsTheMean(t *testing.T) {
	const h, w, k, sharp, weight = 7, 9, 2, 0.3, 0.8
	wave := func(shift float64) *tensor.Tensor {
		out := tensor.New(2, 3, h, w)
		for i := range out.Data {
			out.Data[i] = float32(math.Sin(shift + 1.7*float64(i)))
		}
		return out
	}
	mean := func(v func(y, x int) float64) func(y, x int) float64 {
		return func(y, x int) float64 {
			sum := 0.0
			for j := -k; j <= k; j++ {
				for i := -k; i <= k; i++ {
					sum += v(min(max(y+j, 0), h-1), min(max(x+i, 0), w-1))
				}
			}
			return sum / ((2*k + 1) * (2*k + 1))
		}
	}
	clean, latent, on := wave(0), wave(2).Batch(0, 1), true
	predict := ColourFixed(func(context.Context, *tensor.Tensor, float64, []Condition) ([]*tensor.Tensor, error) {
		return []*tensor.Tensor{clean, clean}, nil
	}, []ColourFix{{Latent: latent, Radius: k, Sharp: sharp, Weight: weight, On: func() bool { return on }}})
	got, err := predict(t.Context(), clean, 1, []Condition{{}, {Negative: true}})
	if err != nil {
		t.Fatal(err)
	}
	for plane := range 6 {
		own := func(y, x int) float64 { return float64(clean.Data[plane*h*w+y*w+x]) }
		of := func(y, x int) float64 { return float64(latent.Data[plane%3*h*w+y*w+x]) }
		fixed := func(y, x int) float64 { return own(y, x) - mean(own)(y, x) + mean(of)(y, x) }
		for y := range h {
			for x := range w {
				v := fixed(y, x)
				for n, want := range []float64{v, v + sharp*(mean(fixed)(y, x)-v)} {
					want = own(y, x) + weight*(want-own(y, x))
					if g := float64(got[n].Data[plane*h*w+y*w+x]); math.Abs(g-want) > 1e-5 {
						t.Fatalf("condition %d, plane %d, %d, %d: %g, want %g", n, plane, x, y, g, want)
					}
				}
			}
		}
	}
	on = false
	if got, _ = predict(t.Context(), clean, 1, []Condition{{}, {}}); got[0] != clean {
		t.Error("it acts where it is off")
	}
}
