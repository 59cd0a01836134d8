package unet

import (
	"context"
	"fmt"
	"math"

	"pentimento/pipeline/checkpoint"
	"pentimento/pipeline/graph"
	"pentimento/pipeline/model"
	"pentimento/pipeline/tensor"
)

// What ControlNets and T2I-Adapters give a denoiser are inputs of its graph: one for each block
// of the way down and one for the middle, each [1 or B, 1 or C, 1 or h, 1 or w]. What is not
// given is a zero, which every shape takes.

// residualInput is what is added to skip k as the way up reads it; to what the middle block makes, for k
// the number of blocks of the way down.
func residualInput(k int) string { return fmt.Sprintf("residual.%d", k) }

// featureInput is what is added to what block k makes, for the way down too.
func featureInput(k int) string { return fmt.Sprintf("feature.%d", k) }

// addInput adds an input that may be smaller along any axis than the value at the site.
func addInput(site, input string) graph.Hook {
	return graph.Hook{At: site, Do: func(b *graph.Builder, at graph.Site, v graph.Value) graph.Value {
		var shape []graph.Dim
		for _, axis := range []string{"batch", "channel", "height", "width"} {
			shape = append(shape, graph.Named(input+"."+axis))
		}
		return b.Op("Add", at.Name, graph.Float32, v.Shape, nil, v, b.Input(input, shape...))
	}}
}

// adding are the hooks of a network's Control or Features.
func adding(p *checkpoint.Part, at func(k int) string, input func(k int) string) (all []graph.Hook) {
	blocks := Skips(p) + 1
	for k := range blocks {
		all = append(all, addInput(at(k), input(k)))
	}
	return append(all, addInput("middle_block", input(blocks)))
}

func skipSite(k int) string { return fmt.Sprintf("input_blocks.%d.skip", k) }
func downSite(k int) string { return fmt.Sprintf("input_blocks.%d", k) }

// added are the inputs for what is given, of all there are: those of the blocks, then of the middle.
func added(all map[string]*tensor.Tensor, blocks int, given []*tensor.Tensor, input func(k int) string) {
	for k := range blocks + 1 {
		all[input(k)] = zero
		if k < len(given) && given[k] != nil {
			all[input(k)] = given[k]
		}
	}
}

var zero = tensor.New(1, 1, 1, 1)

// SkipChannels are the channels of what each block of the way down makes, then of the middle.
func SkipChannels(p *checkpoint.Part) (all []int64) {
	width := func(names ...string) int64 {
		for _, name := range names {
			if t, ok := p.Tensors[name]; ok && len(t.Shape) > 0 {
				return t.Shape[0]
			}
		}
		return 0
	}
	for k := range Skips(p) + 1 {
		at := fmt.Sprintf("input_blocks.%d.0.", k)
		all = append(all, width(at+"out_layers.3.weight", at+"op.weight", at+"weight"))
	}
	return append(all, width("middle_block.0.out_layers.3.weight"))
}

// Ends are what a network has around the way down and the middle of a denoiser in place of a
// way up: what is added to what the first block makes, and what becomes of each block's value,
// the middle's coming last.
type Ends struct {
	Begin func(b *graph.Builder, h graph.Value) graph.Value
	End   func(b *graph.Builder, k int, h graph.Value)
}

// OpenDown opens such a network. Its Run gives what its ends make outputs; base is a denoiser that it
// is made for, which says how attention is split into heads.
func OpenDown(ctx context.Context, rt model.Runtime, p, base *checkpoint.Part, o model.Options, v graph.Variant, ends Ends) (*Network, error) {
	g, d, err := buildDown(p, base, v, ends)
	if err != nil {
		return nil, err
	}
	s, err := rt.Open(ctx, g, o)
	if err != nil {
		return nil, err
	}
	return d.network(s), nil
}

// BuildDown writes its graph, with the inputs of Build.
func BuildDown(p, base *checkpoint.Part, v graph.Variant, ends Ends) (*graph.Graph, error) {
	g, _, err := buildDown(p, base, v, ends)
	return g, err
}

func buildDown(p, base *checkpoint.Part, v graph.Variant, ends Ends) (*graph.Graph, dims, error) {
	own := *p
	own.Heads, own.Groups = base.Heads, base.Groups
	n := &network{Builder: graph.NewBuilder(p.Role, own.Weight, v), part: &own, read: max(TextWidth(base), 1)}
	x, d := n.inputs()
	h, _ := n.block("input_blocks.0", x)
	h = ends.Begin(n.Builder, h)
	ends.End(n.Builder, 0, h)
	for k := 1; k < math.MaxInt; k++ {
		next, found := n.block(downSite(k), h)
		if !found {
			h, _ = n.block("middle_block", h)
			ends.End(n.Builder, k, h)
			break
		}
		h = next
		ends.End(n.Builder, k, h)
	}
	if left := n.Unused(own.Names()); len(left) > 0 {
		n.Failf("tensor %q and %d more have no place in this network", left[0], len(left)-1)
	}
	n.NoHookLeft()
	g, err := n.Finish()
	return g, d, err
}
