package denoise

import (
	"context"
	"math"
	"slices"

	"pentimento/pipeline/sampler"
	"pentimento/pipeline/tensor"
)

// SoftOptions are those of A1111's soft inpainting, under its labels.
type SoftOptions struct {
	ScheduleBias       float64 // above 1 keeps the picture in early steps, below 1 in late ones
	Preservation       float64 // how strongly partly masked places are kept
	ContrastBoost      float64 // exponent in which magnitudes are blended
	MaskInfluence      float64 // of the mask on the final composite, 0 to 1
	DifferenceLimit    float64 // change at which the old picture shows half
	DifferenceContrast float64 // how sharply the composite turns from old to new
}

// SoftDefaults are A1111's.
func SoftDefaults() SoftOptions {
	return SoftOptions{ScheduleBias: 1, Preservation: 0.5, ContrastBoost: 4, DifferenceLimit: 0.5, DifferenceContrast: 2}
}

// Soft blends each prediction with the kept picture by a soft mask (1 paint, 0 keep,
// [1,1,h,w]): the keep share n becomes n^(sigma^bias · preservation), and the blended
// latents are brought to the blended magnitude, so that halves of two pictures do not
// turn grey. sigma is that of the exploding path; path is the model's.
func Soft(d sampler.Denoiser, path sampler.Path, mask, latent *tensor.Tensor, o SoftOptions) sampler.Denoiser {
	return func(ctx context.Context, x *tensor.Tensor, sigma float64) (*tensor.Tensor, error) {
		clean, err := d(ctx, x, sigma)
		if err != nil {
			return nil, err
		}
		kept, err := spread(latent, x.Shape[0])
		if err != nil {
			return nil, err
		}
		at, err := tensor.Repeat(mask, x.Shape)
		if err != nil {
			return nil, err
		}
		power := math.Pow(path.Ratio(sigma), o.ScheduleBias) * o.Preservation
		plane, channels := tensor.Size(x.Shape[2:]), x.Shape[1]
		for b := range x.Shape[0] {
			for p := range plane {
				first := b*channels*plane + p
				keep := math.Pow(1-float64(mask.Data[at(first)]), power)
				blendMagnitude(clean.Data[first:], kept.Data[first:], channels, plane, keep, o.ContrastBoost)
			}
		}
		return clean, nil
	}
}

// blendMagnitude blends one latent pixel of b into a, channel by channel, and gives the
// result the magnitude ((1−t)·|a|^e + t·|b|^e)^(1/e).
func blendMagnitude(a, b []float32, channels, plane int, t, e float64) {
	switch t {
	case 0:
		return
	case 1:
		for c := range channels {
			a[c*plane] = b[c*plane]
		}
		return
	}
	var sizeA, sizeB, size float64
	for c := range channels {
		va, vb := float64(a[c*plane]), float64(b[c*plane])
		v := va*(1-t) + vb*t
		sizeA, sizeB, size = sizeA+va*va, sizeB+vb*vb, size+v*v
		a[c*plane] = float32(v)
	}
	want := math.Pow((1-t)*math.Pow(math.Sqrt(sizeA), e)+t*math.Pow(math.Sqrt(sizeB), e), 1/e)
	f := want / (math.Sqrt(size) + 1e-5)
	for c := range channels {
		a[c*plane] = float32(float64(a[c*plane]) * f)
	}
}

// SoftComposite is the mask to lay the finished picture back with, in latent size: 1 where
// it changed for good, 0 where the old one should show. It looks at how far each latent
// pixel moved, smoothed by two weighted histogram windows. Shapes: result and original
// [B,C,h,w], mask as in Soft; the result is [B,1,h,w].
func SoftComposite(result, original, mask *tensor.Tensor, o SoftOptions) (*tensor.Tensor, error) {
	kept, err := spread(original, result.Shape[0])
	if err != nil {
		return nil, err
	}
	h, w := result.Shape[2], result.Shape[3]
	one := []int{result.Shape[0], 1, h, w}
	at, err := tensor.Repeat(mask, one)
	if err != nil {
		return nil, err
	}
	out, plane, channels := tensor.New(one...), h*w, result.Shape[1]
	for b := range result.Shape[0] {
		moved := make([]float64, plane)
		for p := range moved {
			for c := range channels {
				i := (b*channels+c)*plane + p
				d := float64(result.Data[i]) - float64(kept.Data[i])
				moved[p] += d * d
			}
			moved[p] = math.Sqrt(moved[p])
		}
		moved = window(window(moved, h, w, 0.9, 1), h, w, 0.25, 0.75)
		for p, d := range moved {
			keep := 1 - float64(mask.Data[at(b*plane+p)])
			q := 0.5*(1-o.MaskInfluence) + (1-math.Pow(keep, o.Preservation/2))*o.MaskInfluence
			q /= 1.00001 - q
			share := 1.0 // of the old picture
			if reach := o.DifferenceLimit * q; reach > 0 {
				share = 1 / (1 + math.Pow(d/reach, o.DifferenceContrast))
			} else if d > 0 {
				share = 0
			}
			out.Data[b*plane+p] = float32(1 - smootherstep(share))
		}
	}
	return out, nil
}

func smootherstep(x float64) float64 { return x * x * x * (x*(6*x-15) + 10) }

// window replaces each value by the weighted mean of those of its 5×5 neighbours (Gaussian
// weights, deviation 1.5) that lie between two quantiles of their distribution.
func window(in []float64, h, w int, low, high float64) []float64 {
	type near struct{ value, weight float64 }
	out := make([]float64, len(in))
	var list []near
	for y := range h {
		for x := range w {
			list = list[:0]
			total := 0.0
			for dy := max(y-2, 0); dy <= min(y+2, h-1); dy++ {
				for dx := max(x-2, 0); dx <= min(x+2, w-1); dx++ {
					weight := math.Exp(-float64((dx-x)*(dx-x)+(dy-y)*(dy-y)) / (2 * 1.5 * 1.5))
					list = append(list, near{in[dy*w+dx], weight})
					total += weight
				}
			}
			slices.SortFunc(list, func(a, b near) int {
				switch {
				case a.value < b.value:
					return -1
				case a.value > b.value:
					return 1
				}
				return 0
			})
			var below, sum, weight float64
			for _, n := range list {
				from, to := max(below, low*total), min(below+n.weight, high*total)
				if share := to - from; share > 0 {
					sum, weight = sum+share*n.value, weight+share
				}
				below += n.weight
			}
			out[y*w+x] = sum / weight
		}
	}
	return out
}
