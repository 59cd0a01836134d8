package denoise

import (
	"context"
	"errors"
	"math"

	"pentimento/pipeline/tensor"
)

// Two kinds of guidance look at a network's self-attention.
//
// Perturbed-attention guidance (Ahn et al. 2024, arXiv:2403.17377) evaluates the positive prompt
// once more, with every place attending to itself alone in the middle block, and leads away
// from that: out + scale·(positive − perturbed).
//
// Self-attention guidance (Hong et al. 2023, arXiv:2210.00939) blurs the negative's prediction
// where the middle block attends, noises it again, evaluates the negative on that, and
// leads away from it: out + scale·(blurred − its prediction).

// SelfAttention are the numbers of self-attention guidance.
type SelfAttention struct {
	Scale     float64
	Blur      float64 // the standard deviation in latent places of a kernel of nine
	Threshold float64 // blurred is what more than so much attention rests on; 1 is the mean
}

func (s *SelfAttention) on() bool { return s != nil && s.Scale != 0 }

// leastBlurred is the side that a latent must be longer than to be blurred: the kernel is
// reflected at the sides.
const leastBlurred = 4

// selfGuided adds self-attention guidance.
func (g Guidance) selfGuided(ctx context.Context, predict Predictor, a *asked, out, negative, x *tensor.Tensor, sigma float64) (*tensor.Tensor, error) {
	if min(x.Shape[2], x.Shape[3]) <= leastBlurred {
		return out, nil
	}
	if a.maps == nil {
		return nil, errors.New("denoise: the network gave no map of its self-attention")
	}
	worse := degraded(negative, a.maps, *g.Self)
	again := a.conditions[a.parts]
	again.Attention = nil
	clean, err := predict(ctx, tensor.Axpy(1, x, tensor.Combine(1, worse, -1, negative)), sigma, []Condition{again})
	if err != nil {
		return nil, err
	}
	return tensor.Axpy(float32(g.Self.Scale), tensor.Combine(1, worse, -1, clean[0]), out), nil
}

// degraded is a clean latent [B,C,h,w], blurred where the attention maps [B,n] of a smaller
// grid of places exceed the threshold.
func degraded(clean, maps *tensor.Tensor, s SelfAttention) *tensor.Tensor {
	h, w := clean.Shape[2], clean.Shape[3]
	n := maps.Shape[1]
	rows := gridRows(n, h, w)
	columns := n / rows
	blurred := blur(clean, s.Blur)
	out := clean.Clone()
	channels := clean.Shape[1]
	for b := range clean.Shape[0] {
		for y := range h {
			for x := range w {
				if float64(maps.Data[b*n+y*rows/h*columns+x*columns/w]) <= s.Threshold {
					continue
				}
				for c := range channels {
					i := ((b*channels+c)*h+y)*w + x
					out.Data[i] = blurred.Data[i]
				}
			}
		}
	}
	return out
}

// gridRows is how many rows n places have that stand for h×w ones: the divisor of n nearest to
// what the shape says, found as the original does.
func gridRows(n, h, w int) int {
	want := int(math.RoundToEven(math.Sqrt(float64(h) / float64(w) * float64(n))))
	for i := range n + 1 {
		for _, rows := range []int{want + i, max(1, want-i)} {
			if rows > 0 && rows <= n && n%rows == 0 {
				return rows
			}
		}
	}
	return 1
}

// blur smooths each channel by a Gaussian kernel of nine places a side, reflected at the sides.
func blur(t *tensor.Tensor, sigma float64) *tensor.Tensor {
	const half = 4
	var kernel [2*half + 1]float64
	total := 0.0
	for i := range kernel {
		d := float64(i-half) / sigma
		kernel[i] = math.Exp(-d * d / 2)
		total += kernel[i]
	}
	h, w := t.Shape[2], t.Shape[3]
	out, row := tensor.New(t.Shape...), make([]float64, h*w)
	for at := 0; at < len(t.Data); at += h * w {
		for y := range h {
			for x := range w {
				v := 0.0
				for i, k := range kernel {
					v += k * float64(t.Data[at+y*w+reflected(x+i-half, w)])
				}
				row[y*w+x] = v / total
			}
		}
		for y := range h {
			for x := range w {
				v := 0.0
				for i, k := range kernel {
					v += k * row[reflected(y+i-half, h)*w+x]
				}
				out.Data[at+y*w+x] = float32(v / total)
			}
		}
	}
	return out
}

// reflected is an index beyond the sides, mirrored at the first or last place.
func reflected(i, n int) int {
	if i < 0 {
		i = -i
	}
	if i >= n {
		i = 2*(n-1) - i
	}
	return i
}
