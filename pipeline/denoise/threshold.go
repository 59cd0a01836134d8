package denoise

import (
	"fmt"
	"math"
	"slices"

	"pentimento/pipeline/tensor"
)

// Thresholding is dynamic thresholding after Saharia et al. 2022 (arXiv:2205.11487), for latents
// and with the numbers that mcmonkey's extension for A1111 gave it: the guided prediction of a
// strong guidance, brought to the spread that a weaker one (Mimic) would have had. All on clean latents.
type Thresholding struct {
	Mimic      float64 `json:"mimic_scale"`          // the guidance whose spread is wanted
	Percentile float64 `json:"percentile"`           // of the magnitudes, 0 to 1: what lies beyond is clamped
	MimicMode  string  `json:"mimic_mode,omitempty"` // how Mimic changes during a run; "" is constant
	MimicMin   float64 `json:"mimic_min,omitempty"`
	CFGMode    string  `json:"cfg_mode,omitempty"` // likewise the guidance itself
	CFGMin     float64 `json:"cfg_min,omitempty"`
	Schedule   float64 `json:"sched_val"` // of the modes that take a number
	Together   bool    `json:"together"`  // the spread is that of all channels, not of each
	Zero       bool    `json:"zero"`      // values are scaled from 0, not from their mean
	Deviation  bool    `json:"deviation"` // spread is the standard deviation, not the largest magnitude
	Share      float64 `json:"phi"`       // of the result, 0 to 1; the rest is plain guidance
}

// ThresholdingDefaults are the extension's.
func ThresholdingDefaults() Thresholding {
	return Thresholding{Mimic: 7, Percentile: 1, Schedule: 4, Share: 1}
}

// ThresholdModes are how scales change during a run, by the names that the extension has for
// them: the share of the scale above its minimum, of how far the run is (0 to 1) and a number.
var ThresholdModes = []struct {
	Name  string
	share func(at, by float64) float64
}{
	{"Constant", func(at, _ float64) float64 { return 1 }},
	{"Linear Down", func(at, _ float64) float64 { return 1 - at }},
	{"Cosine Down", func(at, _ float64) float64 { return math.Cos(at * 1.5707) }},
	{"Half Cosine Down", func(at, _ float64) float64 { return math.Cos(at) }},
	{"Linear Up", func(at, _ float64) float64 { return at }},
	{"Cosine Up", func(at, _ float64) float64 { return 1 - math.Cos(at*1.5707) }},
	{"Half Cosine Up", func(at, _ float64) float64 { return 1 - math.Cos(at) }},
	{"Power Up", math.Pow},
	{"Power Down", func(at, by float64) float64 { return 1 - math.Pow(at, by) }},
	{"Linear Repeating", func(at, by float64) float64 { return 2 * math.Abs(0.5-math.Mod(at*by, 1)) }},
	{"Cosine Repeating", func(at, by float64) float64 { return math.Cos(at*by*6.28318)/2 + 0.5 }},
	{"Sawtooth", func(at, by float64) float64 { return math.Mod(at*by, 1) }},
}

// at is a scale at a step, counted from 0, of a run of so many.
func (t Thresholding) at(scale float64, mode string, least float64, step, steps int) (float64, error) {
	done := float64(step) / float64(max(steps-1, 1))
	for _, m := range ThresholdModes {
		if m.Name == mode || mode == "" {
			return (scale-least)*m.share(done, t.Schedule) + least, nil
		}
	}
	return 0, fmt.Errorf("denoise: thresholding mode %q: unknown", mode)
}

// Combine is guidance of the given scale at a step, counted from 0, of a run of so many: cond and
// uncond [B,C,h,w] are clean latents. What is measured over all channels is so over all of B, too.
func (t Thresholding) Combine(cond, uncond *tensor.Tensor, scale float64, step, steps int) (*tensor.Tensor, error) {
	if !cond.SameShape(uncond) || len(cond.Shape) != 4 {
		return nil, fmt.Errorf("denoise: cond has shape %v and uncond %v, want both [B C h w]", cond.Shape, uncond.Shape)
	}
	return t.apply(tensor.Combine(1, cond, -1, uncond), uncond, scale, step, steps)
}

// each is Combine for every picture by itself, of the positive parts and the negative behind
// them; the weights are scaled already.
func (t Thresholding) each(clean []*tensor.Tensor, weights []float64, scale float64, step, steps int) *tensor.Tensor {
	last := len(clean) - 1
	relative, negative := tensor.New(clean[0].Shape...), clean[last]
	for i, c := range clean[:last] {
		w := float32(weights[i] / scale)
		tensor.CombineInto(relative, 1, relative, w, tensor.Combine(1, c, -1, negative))
	}
	parts := make([]*tensor.Tensor, negative.Shape[0])
	for b := range parts {
		var err error
		if parts[b], err = t.apply(relative.Batch(b, b+1), negative.Batch(b, b+1), scale, step, steps); err != nil {
			return sum(clean, weights) // requests with an unknown mode are refused before
		}
	}
	out, _ := tensor.Concat(0, parts...) // equal shapes
	return out
}

// apply adds a difference to what it is a difference from.
func (t Thresholding) apply(relative, from *tensor.Tensor, scale float64, step, steps int) (*tensor.Tensor, error) {
	mimic, err := t.at(t.Mimic, t.MimicMode, t.MimicMin, step, steps)
	if err != nil {
		return nil, err
	}
	if scale, err = t.at(scale, t.CFGMode, t.CFGMin, step, steps); err != nil {
		return nil, err
	}
	channels, plane := from.Shape[0]*from.Shape[1], tensor.Size(from.Shape[2:])
	group := 1 // how many channels are measured together
	if t.Together {
		group = channels
	}
	out := tensor.New(from.Shape...)
	wanted, given, means := make([]float64, group*plane), make([]float64, group*plane), make([]float64, group)
	for first := 0; first < channels; first += group {
		at := first * plane
		for i := range given {
			u, r := float64(from.Data[at+i]), float64(relative.Data[at+i])
			wanted[i], given[i] = u+mimic*r, u+scale*r
		}
		for c := range group {
			centre(wanted[c*plane : (c+1)*plane])
			means[c] = centre(given[c*plane : (c+1)*plane])
		}
		f := t.fitted(wanted, given)
		for i, v := range given {
			plain, mean := v+means[i/plane], means[i/plane]
			result := f(v) + mean
			if t.Zero {
				result = f(plain)
			}
			out.Data[at+i] = float32(t.Share*result + (1-t.Share)*plain)
		}
	}
	return out, nil
}

// fitted is what brings a value to the wanted spread; both lists are centred.
func (t Thresholding) fitted(wanted, given []float64) func(float64) float64 {
	want, have := spreadOf(wanted, 1), spreadOf(given, t.Percentile)
	if t.Deviation {
		want, have = deviation(wanted), deviation(given)
	}
	if have == 0 {
		return func(v float64) float64 { return v }
	}
	if t.Zero || t.Deviation {
		return func(v float64) float64 { return v * (want / have) }
	}
	most := max(want, have)
	return func(v float64) float64 { return min(max(v, -most), most) / most * want }
}

// centre takes the mean off and returns it.
func centre(v []float64) float64 {
	mean := 0.0
	for _, x := range v {
		mean += x
	}
	mean /= float64(len(v))
	for i := range v {
		v[i] -= mean
	}
	return mean
}

// spreadOf is the quantile of the magnitudes, interpolated.
func spreadOf(v []float64, quantile float64) float64 {
	all := make([]float64, len(v))
	for i, x := range v {
		all[i] = math.Abs(x)
	}
	slices.Sort(all)
	at := quantile * float64(len(all)-1)
	i := min(int(at), len(all)-1)
	if i == len(all)-1 {
		return all[i]
	}
	return all[i] + (at-float64(i))*(all[i+1]-all[i])
}

// deviation is the standard deviation of a sample about its mean.
func deviation(v []float64) float64 {
	var mean, square float64
	for _, x := range v {
		mean += x
	}
	mean /= float64(len(v))
	for _, x := range v {
		square += (x - mean) * (x - mean)
	}
	return math.Sqrt(square / float64(max(len(v)-1, 1)))
}
