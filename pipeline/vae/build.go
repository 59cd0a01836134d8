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
	norms  *norms // nil: every norm sees its whole picture
}

func newHalf(name string, p *checkpoint.Part, v graph.Variant) half {
	return half{graph.NewBuilder(name, p.Weight, v), p.Groups, nil}
}

// BuildDecoder writes the graph z [batch,Z,height,width] → image [batch,3,8h,8w].
func BuildDecoder(p *checkpoint.Part, v graph.Variant) (*graph.Graph, error) {
	if p.ONNX != nil {
		return foreign(p.ONNX.Model, v, "z", "latent_sample", "image", p.Tensors["decoder.conv_in.weight"].Shape[1])
	}
	n := newHalf("vae decoder", p, v)
	h, err := n.decodeSmall(p)
	if err != nil {
		return nil, err
	}
	n.Output("image", n.decodeLarge(p, h), graph.Named("batch"), graph.Fixed(3), graph.Named("picture height"), graph.Named("picture width"))
	return n.finish(p, "decoder.", "post_quant_conv.")
}

// decodeSmall is the decoder's part at the latent's own size: all attention is in it.
func (n half) decodeSmall(p *checkpoint.Part) (graph.Value, error) {
	first := n.Dims("decoder.conv_in.weight")
	if len(first) != 4 || first[1] < 1 {
		return graph.Value{}, fmt.Errorf("vae: decoder.conv_in has shape %v, want four dimensions", first)
	}
	h := n.Input("z", graph.Named("batch"), graph.Fixed(first[1]), graph.Named("height"), graph.Named("width"))
	if n.Has("post_quant_conv.weight") {
		h = n.Conv("post_quant_conv", h, graph.ConvOptions{})
	}
	h = n.middle("decoder.mid", n.Conv("decoder.conv_in", h, graph.Same))
	return n.level(fmt.Sprintf("decoder.up.%d", p.Layers("decoder.up.")-1), h), nil
}

// decodeLarge is the rest: it doubles the picture level by level.
func (n half) decodeLarge(p *checkpoint.Part, h graph.Value) graph.Value {
	top := p.Layers("decoder.up.") - 1
	for i := top; i >= 0; i-- {
		level := fmt.Sprintf("decoder.up.%d", i)
		if i < top {
			h = n.level(level, h)
		}
		if n.Has(level + ".upsample.conv.weight") {
			h = n.Conv(level+".upsample.conv", n.Upsample(level, h, nil), graph.Same)
		}
	}
	return n.end("decoder", h)
}

// BuildEncoder writes the graph image [batch,3,height,width] → moments [batch,2Z,h/8,w/8].
func BuildEncoder(p *checkpoint.Part, v graph.Variant) (*graph.Graph, error) {
	if p.ONNX != nil {
		return foreign(p.ONNX.Encoder, v, "image", "sample", "moments", 3)
	}
	n := newHalf("vae encoder", p, v)
	h := n.Input("image", graph.Named("batch"), graph.Fixed(3), graph.Named("height"), graph.Named("width"))
	n.encodeSmall(p, n.encodeLarge(p, h))
	return n.finish(p, "encoder.", "quant_conv.")
}

// encodeLarge is all levels but the last, each of which halves the picture.
func (n half) encodeLarge(p *checkpoint.Part, h graph.Value) graph.Value {
	h = n.Conv("encoder.conv_in", h, graph.Same)
	for i := range p.Layers("encoder.down.") - 1 {
		h = n.halve(fmt.Sprintf("encoder.down.%d", i), h)
	}
	return h
}

// encodeSmall is the last level and what follows; all attention is in it.
func (n half) encodeSmall(p *checkpoint.Part, h graph.Value) {
	h = n.halve(fmt.Sprintf("encoder.down.%d", p.Layers("encoder.down.")-1), h)
	h = n.end("encoder", n.middle("encoder.mid", h))
	if n.Has("quant_conv.weight") {
		h = n.Conv("quant_conv", h, graph.ConvOptions{})
	}
	n.Output("moments", h, graph.Named("batch"), h.Shape[1], graph.Named("latent height"), graph.Named("latent width"))
}

func (n half) halve(level string, h graph.Value) graph.Value {
	h = n.level(level, h)
	if n.Has(level + ".downsample.conv.weight") {
		// The original pads on the right and below only.
		h = n.Conv(level+".downsample.conv", h, graph.ConvOptions{Stride: 2, Pads: [4]int64{0, 0, 1, 1}})
	}
	return h
}

// finish refuses weights of this half that found no place.
func (n half) finish(p *checkpoint.Part, mine ...string) (*graph.Graph, error) {
	left := slices.DeleteFunc(n.Unused(p.Names()), func(name string) bool {
		return !strings.HasPrefix(name, mine[0]) && !strings.HasPrefix(name, mine[1])
	})
	if len(left) > 0 {
		n.Failf("tensor %q and %d more have no place in this network", left[0], len(left)-1)
	}
	n.NoHookLeft()
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
	return n.Site(path, x)
}

func (n half) middle(path string, x graph.Value) graph.Value {
	x = n.residual(path+".block_1", x)
	if n.Has(path + ".attn_1.norm.weight") {
		x = n.attention(path+".attn_1", x)
	}
	return n.Site(path, n.residual(path+".block_2", x))
}

func (n half) end(path string, x graph.Value) graph.Value {
	return n.Conv(path+".conv_out", n.SiLU(path, n.norm(path+".norm_out", x)), graph.Same)
}

// opening is a residual block up to its second norm.
func (n half) opening(path string, x graph.Value) graph.Value {
	return n.Conv(path+".conv1", n.SiLU(path, n.norm(path+".norm1", x)), graph.Same)
}

func (n half) residual(path string, x graph.Value) graph.Value {
	h := n.opening(path, x)
	h = n.Conv(path+".conv2", n.SiLU(path, n.norm(path+".norm2", h)), graph.Same)
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
	rows := n.Rows(path, n.norm(path+".norm", x))
	h := n.Attention(path, n.Linear(path+".q", rows), n.Linear(path+".k", rows), n.Linear(path+".v", rows), 1, false)
	return n.Add(path, x, n.Picture(path, n.Linear(path+".proj_out", h), x))
}
