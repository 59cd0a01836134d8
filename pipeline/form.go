package pipeline

import (
	"context"

	"pentimento/pipeline/denoise"
	"pentimento/pipeline/family"
	"pentimento/pipeline/tensor"
)

// forms follows which form of the denoiser each picture of a run is made with.
type forms struct {
	evaluations map[int]int // of each picture so far
	packed      map[int]int // as Request.Packed
}

// formed is the network as picture number i of the batch sees it: in the forms that the
// request wants, noting those it had.
func (r *run) formed(net family.Denoiser, i int) denoise.Network {
	if r.forms.evaluations == nil {
		r.forms = forms{map[int]int{}, map[int]int{}}
	}
	return func(ctx context.Context, in denoise.Input) (*tensor.Tensor, error) {
		n := r.forms.evaluations[i]
		if err := r.form(ctx, net, i); err != nil {
			return nil, err
		}
		out, err := r.atOnce(ctx, net, in)
		r.forms.evaluations[i]++
		if _, known := r.forms.packed[i]; !known && net.Packed() {
			r.forms.packed[i] = n
		}
		return out, err
	}
}

// form brings the network into that of picture number i's next evaluation.
func (r *run) form(ctx context.Context, net family.Denoiser, i int) error {
	if r.req.Exact && i < len(r.req.Packed) {
		from := r.req.Packed[i]
		return net.Use(ctx, from >= 0 && r.forms.evaluations[i] >= from)
	}
	return net.Usual(ctx) // a run before this one can have left it in another
}

// list is what a finished run of so many pictures says of itself; nil for a device with
// one form only.
func (f forms) list(pictures int) []int {
	out := make([]int, pictures)
	for i := range out {
		if n, ok := f.packed[i]; ok {
			out[i] = n
		} else {
			out[i] = -1
		}
	}
	return out
}
