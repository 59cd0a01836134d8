package denoise

import "pentimento/pipeline/tensor"

// DeepCache (Ma et al. 2024, arXiv:2312.00858) keeps the deep feature of each condition's last
// whole evaluation, for the steps that evaluate the shallow part alone. It belongs to one run of
// one network.
type DeepCache struct {
	effort func() Effort
	kept   map[key]*tensor.Tensor
}

// NewDeepCache follows a plan; nil where the plan has no shallow step.
func NewDeepCache(plan []Effort, clock *Clock) *DeepCache {
	for _, e := range plan {
		if e == Shallow {
			return &DeepCache{planned(plan, clock), map[key]*tensor.Tensor{}}
		}
	}
	return nil
}

// prepare says how an evaluation of some conditions for a batch of latents is to be done: the
// shallow part alone where the plan has it and each condition has a feature.
func (d *DeepCache) prepare(in *Input, group []Condition, batch int) error {
	if d == nil {
		return nil
	}
	if d.effort() == Shallow {
		var parts []*tensor.Tensor
		for _, c := range group {
			if f := d.kept[c.key()]; f != nil && f.Shape[0] == batch {
				parts = append(parts, f)
			}
		}
		if len(parts) == len(group) {
			var err error
			in.Deep, err = tensor.Concat(0, parts...)
			return err
		}
	}
	in.Keep = func(deep *tensor.Tensor) {
		for i, c := range group {
			d.kept[c.key()] = deep.Batch(i*batch, (i+1)*batch)
		}
	}
	return nil
}
