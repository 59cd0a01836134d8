package adapter

import (
	"context"
	"encoding/binary"
	"fmt"
	"maps"
	"math"
	"runtime"
	"slices"
	"sync"

	"pentimento/fault"
	"pentimento/pipeline/checkpoint"
	"pentimento/pipeline/graph"
)

// Use is an adapter at the strength that one network is to have of it.
type Use struct {
	*File
	Strength float64
	// Ratio multiplies the change of each weight once more, for block weights: by the role of
	// its network and its name there, as in "denoiser", "input_blocks.4.1.proj_in.weight". nil
	// is 1 for all. It is called by several goroutines.
	Ratio func(role, weight string) float64
}

// of is the strength that a weight is to have of it.
func (u Use) of(role, weight string) float64 {
	if u.Ratio == nil {
		return u.Strength
	}
	return u.Strength * u.Ratio(role, weight)
}

// change is one module's on a weight.
type change struct {
	use      Use
	module   Module
	strength float64
}

// Over gives the weights of a part with the changes of the adapters that speak of it. It
// computes them all, on every processor core, and ends early with ctx.Err(). Adapters of
// strength 0 change nothing and are not read.
func Over(ctx context.Context, part *checkpoint.Part, uses ...Use) (graph.Source, error) {
	changes := map[string][]change{}
	all := targets(part)
	for _, u := range uses {
		if u.Strength == 0 {
			continue
		}
		if err := u.Changed(); err != nil {
			return nil, err
		}
		for _, name := range slices.Sorted(maps.Keys(u.modules)) {
			for _, weight := range all[name] {
				if strength := u.of(part.Role, weight); u.Kind.changes(weight) && strength != 0 {
					changes[weight] = append(changes[weight], change{u, u.modules[name], strength})
				}
			}
		}
	}
	merged, err := mergeAll(ctx, part, changes)
	return graph.Source(part.Weight).Over(merged), err
}

// mergeAll computes the weights that change, by name, up to the first that cannot be.
func mergeAll(ctx context.Context, part *checkpoint.Part, changes map[string][]change) (map[string]graph.Weight, error) {
	ctx, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	var mu sync.Mutex
	merged := map[string]graph.Weight{}
	names := make(chan string, len(changes))
	for name := range changes {
		names <- name
	}
	close(names)
	var workers fault.Group
	for range runtime.GOMAXPROCS(0) {
		workers.Go(func() {
			for name := range names {
				if ctx.Err() != nil {
					return
				}
				w, changed, err := merge(part.Tensors[name], changes[name])
				if err != nil {
					stop(err)
				} else if changed {
					mu.Lock()
					merged[name] = w
					mu.Unlock()
				}
			}
		})
	}
	workers.Wait()
	return merged, context.Cause(ctx)
}

// merge is a weight with its changes.
func merge(t checkpoint.Tensor, changes []change) (w graph.Weight, changed bool, err error) {
	values, err := t.Floats()
	if err != nil {
		return w, false, err
	}
	base := Tensor{t.Name, t.Shape, values}
	sum := slices.Clone(values)
	for _, c := range changes {
		if k := c.use.Kind; k.Fits != nil {
			if err := k.Fits(c.module, base); err != nil {
				return w, false, c.use.other(c.module.Name, err)
			}
		}
		delta, err := c.use.Kind.Delta(c.module, base)
		if err == nil && delta != nil && len(delta) != len(sum) {
			err = fmt.Errorf("a change of %d values for a weight of shape %v", len(delta), t.Shape)
		}
		if err != nil {
			return w, false, c.use.wrap(fmt.Errorf("module %q: %w", c.module.Name, err))
		}
		if delta == nil {
			continue
		}
		changed = true
		for i, d := range delta {
			d *= float32(c.strength)
			if d-d != 0 {
				return w, false, c.use.wrap(fault.New(fmt.Sprintf("module %q changes %q by %g, want a finite number", c.module.Name, t.Name, d),
					"The file is damaged, or its strength is too large."))
			}
			sum[i] += d
		}
	}
	data := make([]byte, 0, 4*len(sum))
	for _, v := range sum {
		data = binary.LittleEndian.AppendUint32(data, math.Float32bits(v))
	}
	return graph.Weight{Type: graph.Float32, Shape: t.Shape, Data: data}, changed, nil
}
