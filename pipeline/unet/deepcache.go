package unet

import (
	"context"
	"fmt"

	"pentimento/pipeline/checkpoint"
	"pentimento/pipeline/graph"
	"pentimento/pipeline/model"
	"pentimento/pipeline/tensor"
)

// DeepCache (Ma et al. 2024, arXiv:2312.00858): between two evaluations of the whole network
// the deep part of it, everything below one of its skip connections, is not evaluated again:
// what it gave last time is joined with what the shallow part makes of the new latent. The
// shallow part is a graph of its own over the same weights in the file.
//
// Skips are numbered from the shallowest: 0 is the one between the first block of the way down
// and the last of the way up. The feature at skip k is what the way up brings to that
// connection, [B,C,h,w] at the size of the k-th block.

// Skips is how many skip connections a network has at which it can be cut in two; 0 for a part
// that is no such network.
func Skips(p *checkpoint.Part) int {
	n := 0
	for {
		if _, ok := p.Tensors[fmt.Sprintf("output_blocks.%d.0.in_layers.0.weight", n)]; !ok {
			return max(n-1, 0)
		}
		n++
	}
}

// DeepSite is the site whose value is the feature at a skip.
func DeepSite(p *checkpoint.Part, skip int) string {
	return fmt.Sprintf("output_blocks.%d", Skips(p)-1-skip)
}

// deepInput is the name of the feature among the inputs of a shallow graph.
const deepInput = "deep"

// BuildShallow writes the graph of what is above a skip, from 0 to Skips-1. Its inputs and
// output are those of Build and one input more, deep, the feature at that skip. Hooks at sites
// of the deep part are left out.
func BuildShallow(p *checkpoint.Part, v graph.Variant, skip int) (*graph.Graph, error) {
	g, _, err := buildShallow(p, v, skip)
	return g, err
}

func buildShallow(p *checkpoint.Part, v graph.Variant, skip int) (*graph.Graph, dims, error) {
	n := &network{Builder: graph.NewBuilder(p.Role+", shallow", p.Weight, v), part: p}
	if all := Skips(p); skip < 0 || skip >= all {
		return nil, dims{}, fmt.Errorf("unet: skip %d: the network has %d", skip, all)
	}
	x, d := n.inputs()
	n.down(x, skip)
	first := Skips(p) - skip // the block of the way up that takes the feature
	c := n.dim(fmt.Sprintf("output_blocks.%d.0.in_layers.2.weight", first), 1) - n.skips[skip].Shape[1].Fixed
	like := n.skips[skip].Shape
	h := n.Input(deepInput, graph.Named("batch"), graph.Fixed(c), like[2], like[3])
	g, err := n.end(x, n.up(h, first))
	return g, d, err
}

// Cut is a network opened in two graphs, for DeepCache. The embedded one is the whole; it and
// the shallow one share the file of the weights, and whatever Variant.Source has made of them.
// What a session makes of its weights for itself, widened or packed, it makes of the shallow
// part's again: at skip 0 of 0.9 % of SD 1.5's bytes and 0.4 % of SDXL's, at skip 2 of 3.5 % and
// 0.9 % (TestWorkOfTheShallowPart).
type Cut struct {
	*Network
	shallow *Network
	inputs  map[string]bool // of the shallow graph
	site    string
}

// OpenCut opens the denoiser of a checkpoint cut at a skip.
func OpenCut(ctx context.Context, rt model.Runtime, ck *checkpoint.Checkpoint, o model.Options, v graph.Variant, skip int) (*Cut, error) {
	g, d, err := buildShallow(ck.Denoiser, v, skip)
	if err != nil {
		return nil, err
	}
	c := &Cut{site: DeepSite(ck.Denoiser, skip), inputs: map[string]bool{}}
	for _, v := range g.Inputs {
		c.inputs[v.Name] = true
	}
	tapped := v
	tapped.Hooks = append(append([]graph.Hook{}, v.Hooks...), graph.Tap(c.site))
	if c.Network, err = Open(ctx, rt, ck, o, tapped); err != nil {
		return nil, err
	}
	s, err := rt.Open(ctx, g, o)
	if err != nil {
		_ = c.Network.Close()
		return nil, err
	}
	c.shallow = d.network(s)
	return c, c.follow(ctx)
}

// Whole runs the whole network once: the raw prediction and the feature at the skip.
func (c *Cut) Whole(ctx context.Context, in Input) (out, deep *tensor.Tensor, err error) {
	all, err := c.Network.Run(ctx, in)
	return all["out"], all[c.site], err
}

// Shallow runs what is above the skip, with a feature of the same latents' shape.
func (c *Cut) Shallow(ctx context.Context, in Input, deep *tensor.Tensor) (*tensor.Tensor, error) {
	more := map[string]*tensor.Tensor{deepInput: deep}
	for name, t := range in.More {
		if c.inputs[name] { // others are read in the deep part
			more[name] = t
		}
	}
	in.More = more
	return c.shallow.Eval(ctx, in)
}

// Guide is Network.Guide for both graphs.
func (c *Cut) Guide(scale float64) bool {
	c.shallow.Guide(scale)
	return c.Network.Guide(scale)
}

// Use brings both graphs into a form; see model.Former.
func (c *Cut) Use(ctx context.Context, packed bool) error {
	if err := c.Network.Use(ctx, packed); err != nil {
		return err
	}
	return c.shallow.Use(ctx, packed)
}

// Usual brings the whole network into the form that it opened in, and the shallow one with it.
func (c *Cut) Usual(ctx context.Context) error {
	if err := c.Network.Usual(ctx); err != nil {
		return err
	}
	return c.follow(ctx)
}

// Weigh replaces loose weights of both graphs; see model.Weigher.
func (c *Cut) Weigh(ctx context.Context, weights map[string]graph.Weight) error {
	if err := c.Network.Weigh(ctx, weights); err != nil {
		return err
	}
	return c.shallow.Weigh(ctx, weights)
}

// follow brings the shallow graph into the form of the whole: one bit says of a run's
// evaluations which rounding they had.
func (c *Cut) follow(ctx context.Context) error { return c.shallow.Use(ctx, c.Packed()) }

// Close closes both.
func (c *Cut) Close() error {
	err := c.Network.Close()
	if e := c.shallow.Close(); err == nil {
		err = e
	}
	return err
}
