package vae

import (
	"fmt"

	"pentimento/pipeline/checkpoint"
	"pentimento/pipeline/graph"
)

// A picture too large for memory goes through the large part of a half (every level but
// the one at the latent's own size) step by step, each step tile by tile. A step ends
// where a norm must know the whole picture.

// stepKind is what a step does with the picture.
type stepKind int

const (
	plain  stepKind = iota // a convolution, perhaps with a change of size
	peek                   // a residual block up to its second norm, only to measure there
	block                  // a residual block
	finish                 // the decoder's end
)

// step is one pass over the picture.
type step struct {
	kind     stepKind
	path     string
	up, down int // by how much it enlarges or reduces each side
	body     func(n half, x graph.Value) graph.Value
}

// norms gives the norms of a step, in order, the moments they apply.
type norms struct {
	means, scales []graph.Value // [1, groups] each
	next          int
}

// norm is GroupNorm as n.norms says.
func (n half) norm(path string, x graph.Value) graph.Value {
	k := n.norms
	if k == nil {
		return n.GroupNorm(path, x, n.groups, eps)
	}
	if k.next == len(k.means) {
		n.Failf("%s: more norms than moments", path)
		return x
	}
	k.next++
	return n.GroupNormBy(path, x, k.means[k.next-1], k.scales[k.next-1], n.groups)
}

// decoderSteps lists the decoder's large part; ok is false where it has attention, which
// no tile can do alone.
func decoderSteps(p *checkpoint.Part) (steps []step, ok bool) {
	has := func(name string) bool { _, ok := p.Weight(name); return ok }
	top := p.Layers("decoder.up.") - 1
	for i := top; i >= 0; i-- {
		level := fmt.Sprintf("decoder.up.%d", i)
		if i < top {
			var ok bool
			if steps, ok = blocks(steps, has, level); !ok {
				return nil, false
			}
		}
		if has(level + ".upsample.conv.weight") {
			steps = append(steps, step{kind: plain, path: level, up: 2, down: 1, body: func(n half, x graph.Value) graph.Value {
				return n.Conv(level+".upsample.conv", n.Upsample(level, x, nil), graph.Same)
			}})
		}
	}
	return append(steps, step{kind: finish, path: "end", up: 1, down: 1, body: func(n half, x graph.Value) graph.Value { return n.end("decoder", x) }}), true
}

// encoderSteps is the same of the encoder.
func encoderSteps(p *checkpoint.Part) (steps []step, ok bool) {
	has := func(name string) bool { _, ok := p.Weight(name); return ok }
	steps = []step{{kind: plain, path: "start", up: 1, down: 1, body: func(n half, x graph.Value) graph.Value {
		return n.Conv("encoder.conv_in", x, graph.Same)
	}}}
	for i := range p.Layers("encoder.down.") - 1 {
		level := fmt.Sprintf("encoder.down.%d", i)
		var ok bool
		if steps, ok = blocks(steps, has, level); !ok {
			return nil, false
		}
		if has(level + ".downsample.conv.weight") {
			steps = append(steps, step{kind: plain, path: level, up: 1, down: 2, body: func(n half, x graph.Value) graph.Value {
				return n.Conv(level+".downsample.conv", x, graph.ConvOptions{Stride: 2, Pads: [4]int64{0, 0, 1, 1}})
			}})
		}
	}
	return steps, true
}

// blocks adds the residual blocks of a level: a look at the second norm, then the block.
func blocks(steps []step, has func(string) bool, level string) ([]step, bool) {
	for j := 0; has(fmt.Sprintf("%s.block.%d.norm1.weight", level, j)); j++ {
		if has(fmt.Sprintf("%s.attn.%d.norm.weight", level, j)) {
			return nil, false
		}
		path := fmt.Sprintf("%s.block.%d", level, j)
		steps = append(steps,
			step{peek, path, 1, 1, func(n half, x graph.Value) graph.Value { return n.opening(path, x) }},
			step{block, path, 1, 1, func(n half, x graph.Value) graph.Value { return n.residual(path, x) }})
	}
	return steps, true
}

// build writes the graph of a step: in [1,C,h,w], weight [1,1,h',w'] and, for each norm
// it applies, mean.i and scale.i [1,groups] → out, but not of a peek, and the moments of
// what it made, mean and scale, but not of the end.
func (s step) build(p *checkpoint.Part, channels int64) (*graph.Graph, error) {
	n := newHalf("vae step "+s.path, p)
	batch, groups := graph.Named("batch"), graph.Fixed(p.Groups)
	x := n.Input("in", batch, graph.Fixed(channels), graph.Named("height"), graph.Named("width"))
	n.norms = &norms{}
	for i := range s.norms() {
		n.norms.means = append(n.norms.means, n.Input(fmt.Sprintf("mean.%d", i), graph.Fixed(1), groups))
		n.norms.scales = append(n.norms.scales, n.Input(fmt.Sprintf("scale.%d", i), graph.Fixed(1), groups))
	}
	made := s.body(n, x)
	if s.kind != finish {
		weight := n.Input("weight", graph.Fixed(1), graph.Fixed(1), graph.Named("made height"), graph.Named("made width"))
		mean, scale := n.Moments(s.path, made, weight, p.Groups, eps)
		n.Output("mean", mean, graph.Fixed(1), groups)
		n.Output("scale", scale, graph.Fixed(1), groups)
	}
	if s.kind != peek {
		n.Output("out", made, made.Shape...)
	}
	return n.Finish()
}

// norms is how many norms a step applies.
func (s step) norms() int { return [...]int{plain: 0, peek: 1, block: 2, finish: 1}[s.kind] }

// buildDecoderSmall writes z → features at the latent's size, and their moments.
func buildDecoderSmall(p *checkpoint.Part) (*graph.Graph, error) {
	n := newHalf("vae decoder, small part", p)
	h, err := n.decodeSmall(p)
	if err != nil {
		return nil, err
	}
	n.Output("out", h, h.Shape...)
	return n.Finish()
}

// buildEncoderSmall writes features → moments.
func buildEncoderSmall(p *checkpoint.Part, channels int64) (*graph.Graph, error) {
	n := newHalf("vae encoder, small part", p)
	n.encodeSmall(p, n.Input("in", graph.Named("batch"), graph.Fixed(channels), graph.Named("height"), graph.Named("width")))
	return n.Finish()
}
