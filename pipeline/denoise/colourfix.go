package denoise

import (
	"context"

	"pentimento/pipeline/tensor"
)

// ColourFix keeps the large forms and colours of a picture at every prediction, and lets the network make the rest: the mean around each
// cell is the picture's (sd-webui-controlnet's preprocessors tile_colorfix and tile_colorfix+sharp).
type ColourFix struct {
	Latent *tensor.Tensor // the picture's, [1,C,h,w]
	Where  *tensor.Tensor // [1,1,h,w], 0 to 1; nil: everywhere
	Radius int            // the mean is of 2·Radius+1 cells a side; what is smaller may vary
	Sharp  float64        // how much of the mean the negative prompt's prediction is brought to, so that guidance leads away from it
	Weight float64        // 0 to 1
	On     func() bool    // whether it acts now; nil: always
}

// ColourFixed has predict's predictions fixed, for whole pictures.
func ColourFixed(predict Predictor, fixes []ColourFix) Predictor {
	if len(fixes) == 0 {
		return predict
	}
	means := make([]*tensor.Tensor, len(fixes))
	for i, f := range fixes {
		means[i] = MeanAround(f.Latent, f.Radius)
	}
	return func(ctx context.Context, x *tensor.Tensor, sigma float64, conditions []Condition) ([]*tensor.Tensor, error) {
		clean, err := predict(ctx, x, sigma, conditions)
		if err != nil {
			return nil, err
		}
		for i, f := range fixes {
			if f.On != nil && !f.On() {
				continue
			}
			for n, c := range conditions {
				clean[n] = f.fixed(clean[n], means[i], c.Negative)
			}
		}
		return clean, nil
	}
}

// fixed is one prediction with another mean around each cell.
func (f ColourFix) fixed(clean, mean *tensor.Tensor, negative bool) *tensor.Tensor {
	own := MeanAround(clean, f.Radius)
	out, size := tensor.New(clean.Shape...), len(mean.Data)
	for i, v := range clean.Data {
		out.Data[i] = v - own.Data[i] + mean.Data[i%size]
	}
	if f.Sharp != 0 && negative {
		smooth := MeanAround(out, f.Radius)
		for i, v := range smooth.Data {
			out.Data[i] += float32(f.Sharp) * (v - out.Data[i])
		}
	}
	plane := clean.Shape[2] * clean.Shape[3]
	for i, v := range clean.Data {
		weight := float32(f.Weight)
		if f.Where != nil {
			weight *= f.Where.Data[i%plane]
		}
		out.Data[i] = v + weight*(out.Data[i]-v)
	}
	return out
}

// MeanAround is the mean of 2·radius+1 cells a side around each of t [B,C,h,w]; beyond the sides the last cell goes on.
func MeanAround(t *tensor.Tensor, radius int) *tensor.Tensor {
	h, w := t.Shape[2], t.Shape[3]
	out := tensor.New(t.Shape...)
	across := func(from, to []float32, n, step int) {
		at := func(i int) float64 { return float64(from[min(max(i, 0), n-1)*step]) }
		sum := 0.0
		for i := -radius; i <= radius; i++ {
			sum += at(i)
		}
		for i := range n {
			to[i*step] = float32(sum / float64(2*radius+1))
			sum += at(i+radius+1) - at(i-radius)
		}
	}
	rows := make([]float32, h*w)
	for plane := 0; plane < len(t.Data); plane += h * w {
		for y := range h {
			across(t.Data[plane+y*w:], rows[y*w:], w, 1)
		}
		for x := range w {
			across(rows[x:], out.Data[plane+x:], h, w)
		}
	}
	return out
}
