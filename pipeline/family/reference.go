package family

import (
	"context"
	"maps"
	"slices"

	"pentimento/pipeline/denoise"
	"pentimento/pipeline/tensor"
	"pentimento/pipeline/unet"
)

// cite evaluates the references of an evaluation, and gives the inputs by which it reads them. Each
// costs one evaluation more; for latents that follow none of them, there is none.
func (d unetDenoiser) cite(ctx context.Context, in denoise.Input) (map[string]*tensor.Tensor, error) {
	n := in.X.Shape[0]
	bank := unet.Bank{At: d.references}
	all := in.References
	if allOf(in.Negative, n) && !slices.ContainsFunc(all, func(r denoise.Reference) bool { return r.Fidelity < 1 }) {
		all = nil
	}
	for _, r := range all {
		one := in
		one.X, one.Concat, one.References, one.Control, one.Features, one.Refined = r.X, r.Concat, nil, nil, nil, denoise.Refined{}
		u := d.input(one)
		maps.Copy(u.More, d.references.Write(n))
		out, err := d.Network.Run(ctx, u)
		if err != nil {
			return nil, err
		}
		bank.Keep(out, unet.Reference{Attention: r.Attention, Groups: r.Groups}, r.Fidelity)
	}
	return bank.Read(n, in.Negative)
}

// allOf says whether n flags are all set.
func allOf(flags []bool, n int) bool {
	for _, f := range flags {
		if !f {
			return false
		}
	}
	return len(flags) == n
}
