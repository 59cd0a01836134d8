package unet

import (
	"math"

	"pentimento/pipeline/tensor"
)

// Bank is what evaluations of references have left for the one that reads it. The zero value has
// no reference: what reads it is as without. It is for one goroutine.
type Bank struct {
	At *References // of the network

	tokens           map[string][]*tensor.Tensor // by place, one of each reference
	means, variances map[string]*tensor.Tensor   // sums over the references
	fidelity         map[string][]float64
}

// allRows is more than any picture has, and exact in an input.
const allRows = 1 << 30

// Keep adds what a network gave for a reference: how far it takes part, and how little the negative
// prompt's latents follow it (1: not at all).
func (k *Bank) Keep(out map[string]*tensor.Tensor, r Reference, fidelity float64) {
	if k.fidelity == nil {
		k.tokens, k.means, k.variances, k.fidelity = map[string][]*tensor.Tensor{}, map[string]*tensor.Tensor{}, map[string]*tensor.Tensor{}, map[string][]float64{}
	}
	for _, p := range k.At.attentions {
		if r.Attention > p.least {
			k.tokens[p.path] = append(k.tokens[p.path], out[p.tokens()])
			k.fidelity[p.attends()] = append(k.fidelity[p.attends()], fidelity)
		}
	}
	for _, p := range k.At.groups {
		if r.Groups > p.least {
			k.means[p.path] = plus(k.means[p.path], out[p.mean()])
			k.variances[p.path] = plus(k.variances[p.path], out[p.variance()])
			k.fidelity[p.path] = append(k.fidelity[p.path], fidelity)
		}
	}
}

func plus(sum, t *tensor.Tensor) *tensor.Tensor {
	if sum == nil {
		return t
	}
	return tensor.Axpy(1, sum, t)
}

// alone is the share of what a place gives as without references, for a latent of the prompt or of
// the negative one: 1 where none has left anything there.
func (k *Bank) alone(place string, negative bool) float32 {
	all := k.fidelity[place]
	switch {
	case len(all) == 0:
		return 1
	case !negative:
		return 0
	}
	sum := 0.0
	for _, f := range all {
		sum += f
	}
	return float32(sum / float64(len(all)))
}

// Write are the inputs of an evaluation of n references, whose outputs are for Keep.
func (r *References) Write(n int) map[string]*tensor.Tensor {
	in := (&Bank{At: r}).inputs(make([]bool, n))
	if rows := in[referenceRows]; rows != nil {
		rows.Data[2] = allRows
	}
	return in
}

// Read are the inputs of an evaluation of n latents, of which some, or none (nil), are of the
// negative prompt.
func (k *Bank) Read(n int, negative []bool) (map[string]*tensor.Tensor, error) {
	flags := make([]bool, n)
	copy(flags, negative)
	in := k.inputs(flags)
	for _, p := range k.At.attentions {
		switch parts := k.tokens[p.path]; len(parts) {
		case 0:
		case 1:
			in[p.bank()] = parts[0]
		default:
			var err error
			if in[p.bank()], err = tensor.Concat(1, parts...); err != nil {
				return nil, err
			}
		}
	}
	for _, p := range k.At.groups {
		sum := k.means[p.path]
		if sum == nil {
			continue
		}
		share := 1 / float32(len(k.fidelity[p.path]))
		in[p.likeMean()] = tensor.Scale(share, sum)
		deviation := tensor.Scale(share, k.variances[p.path])
		for i, v := range deviation.Data {
			deviation.Data[i] = float32(math.Sqrt(max(float64(v), leastVariance)))
		}
		in[p.deviation()] = deviation
	}
	return in, nil
}

// inputs are those of latents of the prompt or of the negative one, with banks of nothing.
func (k *Bank) inputs(negative []bool) map[string]*tensor.Tensor {
	n, at := len(negative), k.At
	in := map[string]*tensor.Tensor{}
	if len(at.attentions) > 0 {
		share := k.shares(at.attentions, negative, place.attends)
		rows := &tensor.Tensor{Shape: []int{3}, Data: []float32{1, 1, 1}}
		for _, s := range share.Data {
			if s > 0 {
				rows.Data[0] = allRows
			}
			if s < 1 {
				rows.Data[1] = allRows
			}
		}
		in[referenceAlone], in[referenceRows] = share, rows
	}
	for _, p := range at.attentions {
		in[p.bank()] = tensor.New(n, 1, int(p.width))
	}
	if len(at.groups) > 0 {
		in[referenceGroups] = k.shares(at.groups, negative, func(p place) string { return p.path })
	}
	for _, p := range at.groups {
		in[p.likeMean()], in[p.deviation()] = tensor.New(n, int(p.width), 1, 1), tensor.New(n, int(p.width), 1, 1)
	}
	return in
}

// shares are those of places for latents, [n, places].
func (k *Bank) shares(places []place, negative []bool, key func(place) string) *tensor.Tensor {
	out := tensor.New(len(negative), len(places))
	for i, no := range negative {
		for j, p := range places {
			out.Data[i*len(places)+j] = k.alone(key(p), no)
		}
	}
	return out
}
