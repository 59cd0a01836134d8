package adapter

import (
	"fmt"
	"math"
	"slices"

	"pentimento/fault"
	"pentimento/pipeline/checkpoint"
)

// Use is an adapter at the strength that one network is to have of it.
type Use struct {
	*File
	Strength float64
	// Ratio multiplies the change of each weight once more, for block weights: by the role of
	// its network and its name there, as in "denoiser", "input_blocks.4.1.proj_in.weight". nil
	// is 1 for all. It is called by several goroutines.
	Ratio func(role, weight string) float64
	Ranks int // so many of a LoRA's ranks count, the first ones; 0: all
}

// of is the strength that a weight is to have of it.
func (u Use) of(role, weight string) float64 {
	if u.Ratio == nil {
		return u.Strength
	}
	return u.Strength * u.Ratio(role, weight)
}

// change is a place of a use.
type change struct {
	place
	use      Use
	strength float64
}

// changesOf lists the changes of a part by weight.
func changesOf(part *checkpoint.Part, uses []Use) (map[string][]change, error) {
	changes := map[string][]change{}
	all := targetsOf(part)
	for _, u := range uses {
		if u.Strength == 0 {
			continue
		}
		if err := u.Changed(); err != nil {
			return nil, err
		}
		places, err := u.places(all)
		if err != nil {
			return nil, err
		}
		for _, at := range places {
			at.module.Ranks = u.Ranks
			if strength := u.of(part.Role, at.weight); strength != 0 {
				changes[at.weight] = append(changes[at.weight], change{at, u, strength})
			}
		}
	}
	return changes, nil
}

// Change is what the adapters together change one weight of a part by, zeros where they do
// not speak of it.
func Change(part *checkpoint.Part, weight string, uses ...Use) ([]float32, error) {
	changes, err := changesOf(part, uses)
	if err != nil {
		return nil, err
	}
	base, err := part.Tensors[weight].Floats()
	if err != nil {
		return nil, err
	}
	sum := make([]float32, len(base))
	_, err = add(sum, base, part.Tensors[weight], changes[weight])
	return sum, err
}

// add adds to sum the changes of a weight with the given values, which may be sum itself:
// all changes are computed before the first is added.
func add(sum, values []float32, t checkpoint.Tensor, changes []change) (changed bool, err error) {
	base := Tensor{t.Name, t.Shape, values}
	if sideways(t.Name) {
		base.Shape, base.Values = swapped(t.Shape), transposed(values, int(t.Shape[0]))
	}
	deltas := make([]Delta, len(changes))
	for i, c := range changes {
		if deltas[i], err = c.deltaOf(t, base); err != nil {
			return false, err
		}
	}
	for i, c := range changes {
		d := deltas[i]
		if d.Values == nil && d.Up == nil {
			continue
		}
		changed = true
		if sideways(t.Name) {
			v := make([]float32, len(sum))
			d.addTo(v, int(base.Shape[0]), 1)
			d = Delta{Values: transposed(v, int(base.Shape[0]))}
		}
		d.addTo(sum, int(t.Shape[0]), float32(c.strength))
		if !d.small(c.strength) {
			if err := c.broken(t, sum); err != nil {
				return false, err
			}
		}
	}
	return changed, nil
}

// deltaOf is delta, once the shapes were looked at. Its error says whose it is.
func (c change) deltaOf(t checkpoint.Tensor, base Tensor) (Delta, error) {
	shape, err := c.seen(t)
	if err != nil {
		return Delta{}, c.use.other(c.module.Name, err)
	}
	plain := size(shape) < size(base.Shape)
	if plain {
		base.Values = latent(base.Values, base.Shape, shape)
	}
	d, err := c.delta(Tensor{base.Name, shape, base.Values})
	if err != nil {
		return Delta{}, c.use.wrap(fmt.Errorf("module %q: %w", c.module.Name, err))
	}
	if plain {
		d = d.padded(base.Shape, shape)
	}
	return d, nil
}

// looks says whether what the change is depends on the weight's values.
func (c change) looks() bool { return !c.kind.Blind || c.module.Has(doraKey) }

// delta is what the change makes of the model's own weight, at strength 1.
func (c change) delta(base Tensor) (Delta, error) {
	d, err := c.kind.Delta(c.module, base)
	if err == nil && c.module.Has(doraKey) && slices.Contains(c.kind.Keys, doraKey) {
		d, err = dora(c.module, base, d)
	}
	if err == nil && d.Values != nil && int64(len(d.Values)) != size(base.Shape) {
		err = fmt.Errorf("a change of %d values for a weight of shape %v", len(d.Values), base.Shape)
	}
	return d, err
}

// small says that the change is a product of factors too small to make anything but finite numbers.
func (d Delta) small(strength float64) bool {
	return d.Values == nil && math.Abs(strength)*largest(d.Up)*largest(d.Down)*float64(len(d.Up)) < 1e30
}

// broken is an error where the change has made a value of a sum that is not finite.
func (c change) broken(t checkpoint.Tensor, sum []float32) error {
	for _, v := range sum {
		if v-v != 0 {
			return c.use.wrap(fault.New(fmt.Sprintf("module %q changes %q to %g, want a finite number", c.module.Name, t.Name, v),
				"The file is damaged, or its strength is too large."))
		}
	}
	return nil
}
