package vae

import (
	"fmt"

	"pentimento/pipeline/checkpoint"
	"pentimento/pipeline/graph"
)

// A picture too large for memory goes through the large part of a half (every level but
// the one at the latent's own size) step by step, each step tile by tile. A step ends
// where a norm must know the whole picture.

// step is one pass over the picture. It gives the moments of what it made and, unless it
// only measures, the made itself.
type step struct {
	path     string
	norms    int   // how many norms it applies, of moments measured before
	measures bool  // what it makes is not kept: the next step makes it again
	last     bool  // the decoder's end, after which no norm comes
	up, down int   // by how much it enlarges or reduces each side
	channels int64 // the most it has at the size that it ends with
	makes    int64 // channels of the result
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

// large is the large part of a half while its steps are listed.
type large struct {
	*checkpoint.Part
	steps []step
	whole bool // a level has attention, which no tile can do alone
}

// out is how many channels a convolution makes, 0 where there is none.
func (l *large) out(path string) int64 {
	if w, ok := l.Weight(path + ".weight"); ok && len(w.Shape) > 0 {
		return w.Shape[0]
	}
	return 0
}

// decoderSteps lists the decoder's large part. Where direct says so of an enlarged picture,
// by its channels and by how much its sides are still to grow, it is never kept, but made
// again for each of the three steps that need it: at full size it is by far the largest
// thing there is. ok is false where a level has attention.
func decoderSteps(p *checkpoint.Part, direct func(channels int64, grows int) bool) (steps []step, ok bool) {
	l := &large{Part: p}
	top, done := p.Layers("decoder.up.")-1, 0
	for i := top; i >= 0; i-- {
		level := fmt.Sprintf("decoder.up.%d", i)
		if i < top {
			l.blocks(level, done)
		}
		done = 0
		conv := level + ".upsample.conv"
		wide := l.out(conv)
		if wide == 0 {
			continue
		}
		enlarge := func(n half, x graph.Value) graph.Value {
			return n.Conv(conv, n.Upsample(level, x, nil), graph.Same)
		}
		first := fmt.Sprintf("decoder.up.%d.block.0", i-1)
		if l.out(first+".conv1") == 0 || !direct(wide, l.enlargements(i)) {
			l.steps = append(l.steps, step{path: level, up: 2, down: 1, channels: wide, makes: wide, body: enlarge})
			continue
		}
		l.steps = append(l.steps, step{path: level, measures: true, up: 2, down: 1, channels: wide, makes: wide, body: enlarge})
		l.block(first, 2, enlarge)
		done = 1
	}
	return append(l.steps, step{path: "end", norms: 1, last: true, up: 1, down: 1, channels: l.out("decoder.norm_out"), makes: l.out("decoder.conv_out"),
		body: func(n half, x graph.Value) graph.Value { return n.end("decoder", x) }}), !l.whole
}

// enlargements is by how much the levels after level i enlarge a side.
func (l *large) enlargements(i int) int {
	by := 1
	for j := range i {
		if l.out(fmt.Sprintf("decoder.up.%d.upsample.conv", j)) > 0 {
			by *= 2
		}
	}
	return by
}

// encoderSteps is the same of the encoder.
func encoderSteps(p *checkpoint.Part) (steps []step, ok bool) {
	l := &large{Part: p}
	l.steps = []step{{path: "start", up: 1, down: 1, channels: l.out("encoder.conv_in"), makes: l.out("encoder.conv_in"), body: func(n half, x graph.Value) graph.Value {
		return n.Conv("encoder.conv_in", x, graph.Same)
	}}}
	for i := range p.Layers("encoder.down.") - 1 {
		level := fmt.Sprintf("encoder.down.%d", i)
		l.blocks(level, 0)
		if conv := level + ".downsample.conv"; l.out(conv) > 0 {
			l.steps = append(l.steps, step{path: level, up: 1, down: 2, channels: 4 * l.out(conv), makes: l.out(conv), body: func(n half, x graph.Value) graph.Value {
				return n.Conv(conv, x, graph.ConvOptions{Stride: 2, Pads: [4]int64{0, 0, 1, 1}})
			}})
		}
	}
	return l.steps, !l.whole
}

// blocks adds the residual blocks of a level but the first few.
func (l *large) blocks(level string, but int) {
	for j := 0; l.out(fmt.Sprintf("%s.block.%d.conv1", level, j)) > 0; j++ {
		l.whole = l.whole || l.out(fmt.Sprintf("%s.attn.%d.norm", level, j)) > 0
		if j >= but {
			l.block(fmt.Sprintf("%s.block.%d", level, j), 1, func(_ half, x graph.Value) graph.Value { return x })
		}
	}
}

// block adds a residual block on what before makes of the picture: a look at its second
// norm, then the block.
func (l *large) block(path string, up int, before func(half, graph.Value) graph.Value) {
	wide := max(l.out(path+".norm1"), l.out(path+".conv1"))
	l.steps = append(l.steps,
		step{path: path, norms: 1, measures: true, up: up, down: 1, channels: wide,
			body: func(n half, x graph.Value) graph.Value { return n.opening(path, before(n, x)) }},
		step{path: path, norms: 2, up: up, down: 1, channels: wide, makes: l.out(path + ".conv1"),
			body: func(n half, x graph.Value) graph.Value { return n.residual(path, before(n, x)) }})
}

// build writes the graph of a step: in [1,C,h,w], weight [1,1,h',w'] and, for each norm
// it applies, mean.i and scale.i [1,groups] → out, unless it only measures, and the
// moments of what it made, mean and scale, unless it is the last.
func (s step) build(p *checkpoint.Part, v graph.Variant, channels int64) (*graph.Graph, error) {
	n := newHalf("vae step "+s.path, p, v)
	batch, groups := graph.Named("batch"), graph.Fixed(p.Groups)
	x := n.Input("in", batch, graph.Fixed(channels), graph.Named("height"), graph.Named("width"))
	n.norms = &norms{}
	for i := range s.norms {
		n.norms.means = append(n.norms.means, n.Input(fmt.Sprintf("mean.%d", i), graph.Fixed(1), groups))
		n.norms.scales = append(n.norms.scales, n.Input(fmt.Sprintf("scale.%d", i), graph.Fixed(1), groups))
	}
	made := s.body(n, x)
	if !s.last {
		weight := n.Input("weight", graph.Fixed(1), graph.Fixed(1), graph.Named("made height"), graph.Named("made width"))
		mean, scale := n.Moments(s.path, made, weight, p.Groups, eps)
		n.Output("mean", mean, graph.Fixed(1), groups)
		n.Output("scale", scale, graph.Fixed(1), groups)
	}
	if !s.measures {
		n.Output("out", made, made.Shape...)
	}
	return n.Finish()
}

// buildDecoderSmall writes z → features at the latent's size, and their moments.
func buildDecoderSmall(p *checkpoint.Part, v graph.Variant) (*graph.Graph, error) {
	n := newHalf("vae decoder, small part", p, v)
	h, err := n.decodeSmall(p)
	if err != nil {
		return nil, err
	}
	n.Output("out", h, h.Shape...)
	return n.Finish()
}

// buildEncoderSmall writes features → moments.
func buildEncoderSmall(p *checkpoint.Part, v graph.Variant, channels int64) (*graph.Graph, error) {
	n := newHalf("vae encoder, small part", p, v)
	n.encodeSmall(p, n.Input("in", graph.Named("batch"), graph.Fixed(channels), graph.Named("height"), graph.Named("width")))
	return n.Finish()
}
