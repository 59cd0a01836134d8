package pipeline

import (
	"pentimento/pipeline/noise"
	"pentimento/pipeline/sampler"
	"pentimento/pipeline/tensor"
)

// draws are the random numbers of one picture: the start noise, then what a stochastic
// sampler asks for, from the same stream (or from a Brownian path, where the field's
// tools use one).
type draws struct {
	start *tensor.Tensor
	next  sampler.Noise
}

// draw prepares picture number i of the batch: its seed is the request's plus i. With a
// variation the pictures share the seed and the variation's seeds count up, as in A1111.
func (r *run) draw(i int, shape []int, sigmas []float64) (draws, error) {
	q := r.req
	kind, err := noise.ParseKind(q.RNG)
	if err != nil {
		return draws{}, err
	}
	seed := q.Seed + int64(i)
	if q.VariationStrength > 0 {
		seed = q.Seed
	}
	n := tensor.Size(shape)
	stream := noise.New(kind, seed)
	start := stream.Normal(n)
	if q.VariationStrength > 0 {
		other := noise.New(kind, q.VariationSeed+int64(i)).Normal(n)
		noise.Variation(start, other, shape[1], shape[2], shape[3], q.VariationStrength)
	}
	wrap := func(v []float32) *tensor.Tensor { return &tensor.Tensor{Shape: shape, Data: v} }
	d := draws{start: wrap(start), next: func(_, _ float64) *tensor.Tensor { return wrap(stream.Normal(n)) }}
	if r.row.Brownian {
		low, high := span(sigmas)
		path := noise.NewBrownian(seed, n, low, high)
		d.next = func(sigma, next float64) *tensor.Tensor { return wrap(path.Normal(sigma, next)) }
	}
	return d, nil
}

// span is the range of the sigmas above zero.
func span(sigmas []float64) (low, high float64) {
	for _, s := range sigmas {
		if s > 0 && (low == 0 || s < low) {
			low = s
		}
		high = max(high, s)
	}
	return low, high
}

// drawAll are the draws of n pictures from number first on, as one batch: every picture
// has the numbers it would have alone.
func (r *run) drawAll(first, n int, shape []int, sigmas []float64) (draws, error) {
	all := make([]draws, n)
	for i := range all {
		var err error
		if all[i], err = r.draw(first+i, shape, sigmas); err != nil {
			return draws{}, err
		}
	}
	if n == 1 {
		return all[0], nil
	}
	join := func(of func(d draws) *tensor.Tensor) *tensor.Tensor {
		out := tensor.New(append([]int{n}, shape[1:]...)...)
		for i, d := range all {
			copy(out.Data[i*tensor.Size(shape):], of(d).Data)
		}
		return out
	}
	return draws{
		start: join(func(d draws) *tensor.Tensor { return d.start }),
		next: func(sigma, next float64) *tensor.Tensor {
			return join(func(d draws) *tensor.Tensor { return d.next(sigma, next) })
		},
	}, nil
}
