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
		*merging
	}
	mergedText struct {
		family.Network
		*merging
	}
)

// merging is what sets of adapters make of one network's weights, and whose of them the network has.
// Of each set that had a turn the weights are held, so that another turn costs the processor nothing.
type merging struct {
	part  *checkpoint.Part
	files []*adapter.File
	sets  []*adapter.Merger
	shown int
}

// of is the merger of a set.
func (m *merging) of(set int) *adapter.Merger {
	for len(m.sets) <= set {
		m.sets = append(m.sets, adapter.NewMerger(m.part, m.files...))
	}
	return m.sets[set]
}

// keep lets go of all sets but the first n, one of which the network has.
func (m *merging) keep(n int) { m.sets = m.sets[:min(n, len(m.sets)):min(n, len(m.sets))] }

// source gives the weights with which a network is opened.
func (m *merging) source() graph.Source { return m.of(m.shown).Source() }

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

// mergingOf merges the adapters of a part; nil where it has none.
func (o *opened) mergingOf(ctx context.Context, p *checkpoint.Part, strength func(adapted) float64, uses []adapter.Use) (*merging, error) {
	var files []*adapter.File
	for _, a := range o.source.adapters {
		if strength(a) != 0 {
			files = append(files, a.file)
		}
	}
	if len(files) == 0 {
		return nil, nil
	}
	m := &merging{part: p, files: files}
	return m, m.of(0).Merge(ctx, untold, uses...)
}

// untold is for weights that nobody reads yet.
func untold(map[string]graph.Weight) error { return nil }

// weigh brings an open network's weights to what the adapters of a set say now. Where its session
// cannot take them it is closed. Where sets take turns in one memory all of them are merged there.
func (o *opened) weigh(ctx context.Context, n weigher, m *merging, set int, key string, uses []adapter.Use) error {
	if o.turns {
		set = 0
	}
	broken := false
	tell := func(changed map[string]graph.Weight) error {
		err := n.Weigh(ctx, changed)
		broken = err != nil
		return err
	}
	var err error
	if set == m.shown {
		err = m.of(set).Merge(ctx, tell, uses...)
	} else if err = m.of(set).Merge(ctx, untold, uses...); err == nil {
		if err = tell(m.of(set).Weights()); err == nil {
			m.shown = set
		}
	}
	if broken {
		o.lease.Drop(key)
	}
	return err
}

// usesAt are the adapters of a set that act on the denoiser at a step.
func (s source) usesAt(set int, at point) (out []adapter.Use) {
	for _, a := range s.set(set) {
		if a.Weight != 0 && a.acts(at) {
			out = append(out, a.use(a.Weight))
		}
	}
	return out
}

// weighed is a text encoder as a set of the run's adapters wants it. It reads a text or two with each: its sets
// always take turns in one memory.
func (o *opened) weighed(ctx context.Context, n family.Network, it shelf.Item, set int) (family.Network, error) {
	t, ok := n.(mergedText)
	if !ok {
		return n, nil
	}
	w, ok := t.Network.(weigher)
	if !ok {
		return t.Network, nil
	}
	return t.Network, o.weigh(ctx, w, t.merging, 0, it.Key, uses(o.source.set(set), adapted.onText))
}

// stepped is a denoiser whose weights change with the steps of a run, and with the set of adapters of an
// evaluation.
type stepped struct {
	family.Denoiser
	before func(ctx context.Context, set int) error
}

// Eval is a denoise.Network.
func (s stepped) Eval(ctx context.Context, in denoise.Input) (*tensor.Tensor, error) {
	if err := s.before(ctx, in.Set); err != nil {
		return nil, err
	}
	return s.Denoiser.Eval(ctx, in)
}

// stepping is the denoiser with the adapters that act at the clock's step of so many, of the set that
// is asked for.
func (r *run) stepping(net family.Denoiser, clock *denoise.Clock, steps int) family.Denoiser {
	m, ok := net.(mergedDenoiser)
	if !ok || !r.model.source.scheduled() && len(r.model.source.sets) < 2 {
		return net
	}
	type turn struct{ step, set int }
	last := turn{-1, -1}
	return stepped{net, func(ctx context.Context, set int) error {
		now := turn{clock.Step() - 1, set}
		if now == last {
			return nil
		}
		if err := r.model.weigh(ctx, m, m.merging, set, r.model.denoiserItem().Key, r.model.source.usesAt(set, point{now.step, steps})); err != nil {
			return err
		}
		last = now
		return nil
	}}
}
