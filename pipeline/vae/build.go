package vae

import (
	"fmt"
	"slices"
	"strings"

	"pentimento/pipeline/checkpoint"
	"pentimento/pipeline/graph"
)

// eps is that of every GroupNorm of an autoencoder.
const eps = 1e-6

// half is one side of the autoencoder while its graph is written.
type half struct {
	*graph.Builder
	groups int64
}

// BuildDecoder writes the graph z [batch,Z,height,width] → image [batch,3,8h,8w].
func BuildDecoder(p *checkpoint.Part) (*graph.Graph, error) {
	n := half{graph.NewBuilder("vae decoder", p.Weight), p.Groups}
	first := n.Dims("decoder.conv_in.weight")
	if len(first) != 4 || first[1] < 1 {
		return nil, fmt.Errorf("vae: decoder.conv_in has shape %v, want four dimensions", first)
	}
	batch := graph.Named("batch")
	h := n.Input("z", batch, graph.Fixed(first[1]), graph.Named("height"), graph.Named("width"))
	if n.Has("post_quant_conv.weight") {
		h = n.Conv("post_quant_conv", h, graph.ConvOptions{})
	}
	h = n.middle("decoder.mid", n.Conv("decoder.conv_in", h, graph.Same))
	for i := p.Layers("decoder.up.") - 1; i >= 0; i-- {
		level := fmt.Sprintf("decoder.up.%d", i)
		h = n.level(level, h)
		if n.Has(level + ".upsample.conv.weight") {
			h = n.Conv(level+".upsample.conv", n.Upsample(level, h, nil), graph.Same)
		}
	}
	n.Output("image", n.end("decoder", h), batch, graph.Fixed(3), graph.Named("picture height"), graph.Named("picture width"))
	return n.finish(p, "decoder.", "post_quant_conv.")
}

// BuildEncoder writes the graph image [batch,3,height,width] → moments [batch,2Z,h/8,w/8].
func BuildEncoder(p *checkpoint.Part) (*graph.Graph, error) {
	n := half{graph.NewBuilder("vae encoder", p.Weight), p.Groups}
	batch := graph.Named("batch")
	h := n.Input("image", batch, graph.Fixed(3), graph.Named("height"), graph.Named("width"))
	h = n.Conv("encoder.conv_in", h, graph.Same)
	for i := range p.Layers("encoder.down.") {
		level := fmt.Sprintf("encoder.down.%d", i)
		h = n.level(level, h)
		if n.Has(level + ".downsample.conv.weight") {
			// The original pads on the right and below only.
			h = n.Conv(level+".downsample.conv", h, graph.ConvOptions{Stride: 2, Pads: [4]int64{0, 0, 1, 1}})
		}
	}
	h = n.end("encoder", n.middle("encoder.mid", h))
	if n.Has("quant_conv.weight") {
		h = n.Conv("quant_conv", h, graph.ConvOptions{})
	}
	n.Output("moments", h, batch, h.Shape[1], graph.Named("latent height"), graph.Named("latent width"))
	return n.finish(p, "encoder.", "quant_conv.")
}

// finish refuses weights of this half that found no place.
func (n half) finish(p *checkpoint.Part, mine ...string) (*graph.Graph, error) {
	left := slices.DeleteFunc(n.Unused(p.Names()), func(name string) bool {
		return !strings.HasPrefix(name, mine[0]) && !strings.HasPrefix(name, mine[1])
	})
	if len(left) > 0 {
		n.Failf("tensor %q and %d more have no place in this network", left[0], len(left)-1)
	}
	return n.Finish()
}

// level is the residual blocks of one size, each with attention where it has weights.
func (n half) level(path string, x graph.Value) graph.Value {
	for j := 0; n.Has(fmt.Sprintf("%s.block.%d.norm1.weight", path, j)); j++ {
		x = n.residual(fmt.Sprintf("%s.block.%d", path, j), x)
		if at := fmt.Sprintf("%s.attn.%d", path, j); n.Has(at + ".norm.weight") {
			x = n.attention(at, x)
		}
	}
	return x
}

func (n half) middle(path string, x graph.Value) graph.Value {
	x = n.residual(path+".block_1", x)
	if n.Has(path + ".attn_1.norm.weight") {
		x = n.attention(path+".attn_1", x)
	}
	return n.residual(path+".block_2", x)
}

func (n half) end(path string, x graph.Value) graph.Value {
	return n.Conv(path+".conv_out", n.SiLU(path, n.GroupNorm(path+".norm_out", x, n.groups, eps)), graph.Same)
}

func (n half) residual(path string, x graph.Value) graph.Value {
	h := n.Conv(path+".conv1", n.SiLU(path, n.GroupNorm(path+".norm1", x, n.groups, eps)), graph.Same)
	h = n.Conv(path+".conv2", n.SiLU(path, n.GroupNorm(path+".norm2", h, n.groups, eps)), graph.Same)
	switch {
	case n.Has(path + ".nin_shortcut.weight"):
		x = n.Conv(path+".nin_shortcut", x, graph.ConvOptions{})
	case x.Shape[1] != h.Shape[1]:
		n.Failf("%s: %d channels in, %d out and no shortcut", path, x.Shape[1].Fixed, h.Shape[1].Fixed)
	}
	return n.Add(path, x, h)
}

// attention is one head over all places of the picture.
func (n half) attention(path string, x graph.Value) graph.Value {
	rows := n.Rows(path, n.GroupNorm(path+".norm", x, n.groups, eps))
	h := n.Attention(path, n.Linear(path+".q", rows), n.Linear(path+".k", rows), n.Linear(path+".v", rows), 1, false)
	return n.Add(path, x, n.Picture(path, n.Linear(path+".proj_out", h), x))
}
