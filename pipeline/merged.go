package pipeline

import (
	"context"
	"math"

	"pentimento/pipeline/adapter"
	"pentimento/pipeline/checkpoint"
	"pentimento/pipeline/denoise"
	"pentimento/pipeline/family"
	"pentimento/pipeline/graph"
	"pentimento/pipeline/model"
	"pentimento/pipeline/shelf"
	"pentimento/pipeline/tensor"
)

// Networks with adapters stay open from one strength to the next, and from a step at which an
// adapter acts to one at which it does not: their sessions take the weights that change from
// us (model.Weigher), and a merger makes again those that are others.
//
// 2026-11-28: which weights are loose follows from the adapters' files and not from their
// strengths, so that the same request has the same graph, and the same rounding, whatever ran
// before it.

// weigher is a network whose loose weights can be replaced.
type weigher interface {
	Weigh(ctx context.Context, weights map[string]graph.Weight) error
}

// mergedDenoiser and mergedText are networks with the mergers of their weights.
type (
	mergedDenoiser struct {
		family.Denoiser
		merger *adapter.Merger
	}
	mergedText struct {
		family.Network
		merger *adapter.Merger
	}
)

// Device implements model.Placed.
func (t mergedText) Device() string {
	if at, ok := t.Network.(model.Placed); ok {
		return at.Device()
	}
	return ""
}

// point is a step of a run, counted from 0, and how many it has.
type point struct{ step, of int }

// acts says whether the adapter acts on the denoiser at a step. A1111's extension counts in
// this way: its step lags by one, and those of an adapter that starts at 5 and stops at 10 are
// the sixth to the tenth.
func (a Adapter) acts(at point) bool {
	in := func(v float64) int {
		if v < 1 {
			return max(1, int(math.RoundToEven(v*float64(at.of))))
		}
		return int(v)
	}
	seen := max(at.step-1, 0)
	return (a.Start == 0 || seen > in(a.Start)-2) && (a.Stop == 0 || seen <= in(a.Stop)-2)
}

// scheduled says whether an adapter acts in a part of the steps only.
func (s source) scheduled() bool {
	for _, a := range s.adapters {
		if a.Weight != 0 && (a.Start != 0 || a.Stop != 0) {
			return true
		}
	}
	return false
}

// mergerOf merges the adapters of a part; nil where it has none.
func (o *opened) mergerOf(ctx context.Context, p *checkpoint.Part, strength func(adapted) float64, uses []adapter.Use) (*adapter.Merger, error) {
	var files []*adapter.File
	for _, a := range o.source.adapters {
		if strength(a) != 0 {
			files = append(files, a.file)
		}
	}
	if len(files) == 0 {
		return nil, nil
	}
	m := adapter.NewMerger(p, files...)
	return m, m.Merge(ctx, func(map[string]graph.Weight) error { return nil }, uses...)
}

// weigh brings an open network's weights to what adapters say now. Where its session cannot
// take them it is closed.
func (o *opened) weigh(ctx context.Context, n weigher, m *adapter.Merger, key string, uses []adapter.Use) error {
	broken := false
	err := m.Merge(ctx, func(changed map[string]graph.Weight) error {
		err := n.Weigh(ctx, changed)
		broken = err != nil
		return err
	}, uses...)
	if broken {
		o.lease.Drop(key)
	}
	return err
}

// usesAt are the adapters that act on the denoiser at a step.
func (s source) usesAt(at point) (out []adapter.Use) {
	for _, a := range s.adapters {
		if a.Weight != 0 && a.acts(at) {
			out = append(out, a.use(a.Weight))
		}
	}
	return out
}

// weighed is a text encoder as the run's adapters want it.
func (o *opened) weighed(ctx context.Context, n family.Network, it shelf.Item) (family.Network, error) {
	t, ok := n.(mergedText)
	if !ok {
		return n, nil
	}
	w, ok := t.Network.(weigher)
	if !ok {
		return t.Network, nil
	}
	return t.Network, o.weigh(ctx, w, t.merger, it.Key, o.source.uses(adapted.onText))
}

// stepped is a denoiser whose weights change with the steps of a run.
type stepped struct {
	family.Denoiser
	before func(ctx context.Context) error
}

// Eval is a denoise.Network.
func (s stepped) Eval(ctx context.Context, in denoise.Input) (*tensor.Tensor, error) {
	if err := s.before(ctx); err != nil {
		return nil, err
	}
	return s.Denoiser.Eval(ctx, in)
}

// stepping is the denoiser with the adapters that act at the clock's step of so many.
func (r *run) stepping(net family.Denoiser, clock *denoise.Clock, steps int) family.Denoiser {
	m, ok := net.(mergedDenoiser)
	if !ok || !r.model.source.scheduled() {
		return net
	}
	last := -1
	return stepped{net, func(ctx context.Context) error {
		step := clock.Step() - 1
		if step == last {
			return nil
		}
		if err := r.model.weigh(ctx, m, m.merger, r.model.denoiserItem().Key, r.model.source.usesAt(point{step, steps})); err != nil {
			return err
		}
		last = step
		return nil
	}}
}
