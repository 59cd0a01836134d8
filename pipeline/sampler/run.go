package sampler

import (
	"context"
	"fmt"
	"iter"
	"math"

	"pentimento/pipeline/tensor"
)

// vec is a latent in double precision.
type vec []float64

// w is one weighted term of a sum.
type w struct {
	by float64
	of vec
}

// sum adds weighted terms into a new vec, in blocks that stay in the nearest cache. Terms
// of weight zero are left out, so that an infinite value with no weight does no harm.
func sum(terms ...w) vec {
	const block = 1024
	out := make(vec, len(terms[0].of))
	for from := 0; from < len(out); from += block {
		to := min(from+block, len(out))
		for _, t := range terms {
			if t.by == 0 {
				continue
			}
			o, v, by := out[from:to], t.of[from:to], t.by
			for i := range o {
				o[i] += by * v[i]
			}
		}
	}
	return out
}

// slope is the probability-flow derivative dx/dsigma = (x − denoised)/sigma.
func slope(x, denoised vec, sigma float64) vec {
	return sum(w{1 / sigma, x}, w{-1 / sigma, denoised})
}

// run is one sampling run. Its first error sticks: steps ends and eval returns zeros,
// so that methods hold no error handling and stay as short as in the papers.
type run struct {
	ctx     context.Context
	denoise Denoiser
	noise   Noise
	step    func(Step)
	sigmas  []float64
	o       Options

	x     vec            // the latent
	in    *tensor.Tensor // x as the denoiser sees it
	clean *tensor.Tensor // last prediction
	index int
	err   error
}

// method is a sampler's own arithmetic: it moves r.x from the first sigma to the last.
type method func(r *run)

// sampler wraps a method with its options into a Sampler.
func (m method) sampler(o Options) Sampler {
	return func(ctx context.Context, denoise Denoiser, x *tensor.Tensor, sigmas []float64, noise Noise, step func(Step)) (*tensor.Tensor, error) {
		sigmas, err := checked(sigmas)
		if err != nil {
			return nil, err
		}
		r := &run{ctx: ctx, denoise: denoise, noise: noise, step: step, sigmas: sigmas, o: o, x: widen(x), in: x.Clone()}
		if len(sigmas) > 1 {
			m(r)
		}
		if r.err != nil {
			return nil, r.err
		}
		out := narrow(r.x, x.Shape)
		if i := out.BadValue(); i >= 0 {
			return nil, &BadValueError{Step: r.index + 1, Total: len(sigmas) - 1, Sigma: sigmas[r.index], Value: float64(out.Data[i])}
		}
		return out, nil
	}
}

// checked copies sigmas without repetitions; all must be finite and falling, and only
// the last may be zero.
func checked(sigmas []float64) ([]float64, error) {
	var out []float64
	for i, s := range sigmas {
		switch {
		case math.IsNaN(s) || math.IsInf(s, 0) || s < 0:
			return nil, fmt.Errorf("sampler: sigma %d is %v, want a finite number, zero or more", i, s)
		case len(out) > 0 && s > out[len(out)-1]:
			return nil, fmt.Errorf("sampler: sigma %d is %v after %v, want falling values", i, s, out[len(out)-1])
		case len(out) == 0 || s < out[len(out)-1]:
			out = append(out, s)
		}
	}
	return out, nil
}

// steps yields the index of each step, reporting it first.
func (r *run) steps() iter.Seq[int] {
	return func(yield func(int) bool) {
		for i := range len(r.sigmas) - 1 {
			if r.report(i); r.err != nil || !yield(i) || r.err != nil {
				return
			}
		}
	}
}

// report says that step i is about to begin.
func (r *run) report(i int) {
	r.index = i
	if r.step != nil {
		narrowInto(r.in, r.x)
		r.step(Step{Index: i, Total: len(r.sigmas) - 1, Sigma: r.sigmas[i], X: r.in, Denoised: r.clean})
	}
}

// eval asks the denoiser.
func (r *run) eval(x vec, sigma float64) vec {
	if r.err == nil {
		r.err = r.ctx.Err()
	}
	if r.err != nil {
		return make(vec, len(x))
	}
	narrowInto(r.in, x)
	d, err := r.denoise(r.ctx, r.in, sigma)
	switch {
	case err != nil:
		r.err = err
	case len(d.Data) != len(x):
		r.err = fmt.Errorf("sampler: the denoiser returned shape %v for %v", d.Shape, r.in.Shape)
	default:
		if i := d.BadValue(); i >= 0 {
			r.err = &BadValueError{Step: r.index + 1, Total: len(r.sigmas) - 1, Sigma: sigma, Value: float64(d.Data[i])}
		}
	}
	if r.err != nil {
		return make(vec, len(x))
	}
	r.clean = d
	return widen(d)
}

// draw asks for noise for the step from sigma to next.
func (r *run) draw(sigma, next float64) vec {
	if r.err == nil && r.noise == nil {
		r.err = fmt.Errorf("sampler: this sampler draws noise and none was given")
	}
	if r.err != nil {
		return make(vec, len(r.x))
	}
	n := r.noise(sigma, next)
	if n == nil || len(n.Data) != len(r.x) {
		r.err = fmt.Errorf("sampler: the noise does not have the latent's shape %v", r.in.Shape)
		return make(vec, len(r.x))
	}
	return widen(n)
}

// kick adds noise of the given strength (times SNoise) to the latent.
func (r *run) kick(strength, sigma, next float64) {
	if strength *= r.o.SNoise; strength != 0 {
		r.x = sum(w{1, r.x}, w{strength, r.draw(sigma, next)})
	}
}

// renoise scales the latent by keep, which is 1 on the exploding path, and kicks it.
func (r *run) renoise(keep, strength, sigma, next float64) {
	if keep != 1 {
		r.x = sum(w{keep, r.x})
	}
	r.kick(strength, sigma, next)
}

func widen(t *tensor.Tensor) vec {
	out := make(vec, len(t.Data))
	for i, v := range t.Data {
		out[i] = float64(v)
	}
	return out
}

func narrow(x vec, shape []int) *tensor.Tensor {
	out := tensor.New(shape...)
	narrowInto(out, x)
	return out
}

func narrowInto(out *tensor.Tensor, x vec) {
	for i := range out.Data {
		out.Data[i] = float32(x[i])
	}
}

// BadValueError says that a prediction or the latent left the finite numbers.
type BadValueError struct {
	Step, Total int     // counted from 1
	Sigma       float64 // noise level of the evaluation
	Value       float64 // NaN or an infinity
}

func (e *BadValueError) Error() string {
	return fmt.Sprintf("sampler: step %d of %d (sigma %.4g) gave %v, want finite numbers", e.Step, e.Total, e.Sigma, e.Value)
}

// Hint says what usually causes it.
func (e *BadValueError) Hint() string {
	if e.Step <= 1 {
		return "The model itself returns broken numbers: the file may be damaged, or half precision overflows on this device. Try another device, or full precision."
	}
	return "The values grew step by step: lower the guidance scale, take more steps, or choose another sampler."
}
