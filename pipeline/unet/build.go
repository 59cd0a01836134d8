package unet

import (
	"fmt"
	"math"
	"strings"

	"pentimento/pipeline/checkpoint"
	"pentimento/pipeline/graph"
)

// The constants of these networks that no shape shows.
const (
	epsResidual    = 1e-5
	epsTransformer = 1e-6
	epsLayerNorm   = 1e-5
)

// dims are the sizes a caller of the network must know.
type dims struct {
	channels, latent, context, sinusoid, label, guidance int64
	theirs                                               *theirs // of another program's graph; else nil
}

// network is what the blocks share while the graph is written.
type network struct {
	*graph.Builder
	part    *checkpoint.Part
	embed   graph.Value   // SiLU of the time (and label) embedding, rows [batch, E]
	context graph.Value   // text, rows [batch·token, W]
	skips   []graph.Value // outputs of the way down, as the way up sees them
	level   int           // how often the picture was halved
	read    int64         // the width of the text, where no weight says it; 0: 1
}

// Build writes the graph of a denoiser. Inputs: x [batch,4,height,width], for inpainting networks
// concat [batch,5,height,width] (mask and masked latent: it stays as it is while x changes), sinusoid
// [batch,S] (see Sinusoid), context [batch,token,W] and, for SDXL, label [batch,L],
// for networks that read the strength of guidance, guidance [batch,G] (see Guidance);
// output: out [batch,4,height,width].
func Build(p *checkpoint.Part, v graph.Variant) (*graph.Graph, error) {
	g, _, err := build(p, v)
	return g, err
}

func build(p *checkpoint.Part, v graph.Variant) (*graph.Graph, dims, error) {
	if p.ONNX != nil {
		return foreign(p, v)
	}
	n := &network{Builder: graph.NewBuilder(p.Role, p.Weight, v), part: p}
	x, d := n.inputs()
	h := n.down(x, math.MaxInt)
	h, _ = n.block("middle_block", h)
	h = n.up(n.Site("middle_block", h), 0)
	g, err := n.end(x, h, func() {
		if left := n.Unused(p.Names()); len(left) > 0 {
			n.Failf("tensor %q and %d more have no place in this network", left[0], len(left)-1)
		}
		n.NoHookLeft()
	})
	return g, d, err
}

// inputs are the graph's, of which x is returned.
func (n *network) inputs() (graph.Value, dims) {
	d := n.sizes()
	batch := graph.Named("batch")
	x := n.Input("x", batch, graph.Fixed(d.latent), graph.Named("height"), graph.Named("width"))
	if d.channels > d.latent {
		x = n.Concat("x", x, n.Input("concat", batch, graph.Fixed(d.channels-d.latent), graph.Named("height"), graph.Named("width")))
	}
	n.Full(func() { n.embed = n.embedding(d) })
	n.context = n.Flat("context", n.Input("context", batch, graph.Named("token"), graph.Fixed(d.context)))
	return x, d
}

// end makes the output of what the way up ends on, after a last look at what was written.
func (n *network) end(x, h graph.Value, checks ...func()) (*graph.Graph, error) {
	h = n.Module("out", h, nil, func(h graph.Value) graph.Value {
		return n.Conv("out.2", n.SiLU("out", n.GroupNorm("out.0", h, n.part.Groups, epsResidual)), graph.Same)
	})
	n.Output("out", h, graph.Named("batch"), h.Shape[1], x.Shape[2], x.Shape[3])
	for _, check := range checks {
		check()
	}
	return n.Finish()
}

// down runs the blocks of the way down, up to and including number last.
func (n *network) down(h graph.Value, last int) graph.Value {
	for k := 0; k <= last; k++ {
		path := fmt.Sprintf("input_blocks.%d", k)
		next, found := n.block(path, h)
		if !found {
			return h
		}
		h = n.Site(path, next)
		n.skips = append(n.skips, n.Site(path+".skip", h))
		h = n.Site(path+".after", h)
	}
	return h
}

// up runs the blocks of the way up from number first on, each on the result of the one before
// and of the one of its size on the way down.
func (n *network) up(h graph.Value, first int) graph.Value {
	for k := first; ; k++ {
		path := fmt.Sprintf("output_blocks.%d", k)
		if !n.Has(path + ".0.in_layers.0.weight") {
			break
		}
		if len(n.skips) == 0 {
			n.Failf("%s: more blocks on the way up than down", path)
			break
		}
		last := len(n.skips) - 1
		skip := n.skips[last]
		h = n.SiteBeside(below(k), h, skip)
		h = n.Concat(path, h, n.Site(beside(k), skip))
		n.skips = n.skips[:last]
		h, _ = n.block(path, h)
		h = n.Site(path, h)
	}
	if len(n.skips) > 0 {
		n.Failf("%d blocks of the way down have none on the way up", len(n.skips))
	}
	return h
}

// below and beside are the sites of what a block of the way up joins.
func below(k int) string  { return fmt.Sprintf("output_blocks.%d.below", k) }
func beside(k int) string { return fmt.Sprintf("output_blocks.%d.beside", k) }

// sizes reads what the inputs must look like.
func (n *network) sizes() dims {
	d := dims{channels: n.dim("input_blocks.0.0.weight", 1), sinusoid: n.dim("time_embed.0.weight", 1), context: max(n.read, 1)}
	if d.latent = d.channels; n.read == 0 {
		d.latent = min(n.dim("out.2.weight", 0), d.channels)
	}
	if n.Has("label_emb.0.0.weight") {
		d.label = n.dim("label_emb.0.0.weight", 1)
	}
	if n.Has(guided + ".weight") {
		d.guidance = n.dim(guided+".weight", 1)
	}
	if w := TextWidth(n.part); w > 0 {
		d.context = w
	}
	return d
}

// TextWidth is the width of the text that a network reads; 0 where it reads none.
func TextWidth(p *checkpoint.Part) int64 {
	for _, name := range p.Names() {
		if t := p.Tensors[name]; strings.HasSuffix(name, ".attn2.to_k.weight") && len(t.Shape) > 1 {
			return t.Shape[1]
		}
	}
	return 0
}

func (n *network) dim(name string, i int) int64 {
	if shape := n.Dims(name); i < len(shape) && shape[i] > 0 {
		return shape[i]
	}
	n.Failf("tensor %q has too few dimensions, or none", name)
	return 1
}

// guided is the layer by which a distilled network reads the strength of guidance.
const guided = "time_embed.cond_proj"

// embedding is the time embedding, plus that of the label where there is one, after the
// SiLU that every residual block begins with.
func (n *network) embedding(d dims) graph.Value {
	batch := graph.Named("batch")
	waves := n.Input("sinusoid", batch, graph.Fixed(d.sinusoid))
	if d.guidance > 0 {
		waves = n.Add(guided, waves, n.Linear(guided, n.Input("guidance", batch, graph.Fixed(d.guidance))))
	}
	e := n.Site("time_embed", n.Linear("time_embed.2", n.SiLU("time_embed.1", n.Linear("time_embed.0", waves))))
	if d.label > 0 {
		label := n.Input("label", batch, graph.Fixed(d.label))
		l := n.Linear("label_emb.0.2", n.SiLU("label_emb.0.1", n.Linear("label_emb.0.0", label)))
		e = n.Add("label_emb", e, l)
	}
	return n.SiLU("embedding", e)
}

// block runs the numbered modules of one block; found is false where it has none.
func (n *network) block(path string, x graph.Value) (out graph.Value, found bool) {
	for j := 0; ; j++ {
		at := fmt.Sprintf("%s.%d", path, j)
		switch {
		case n.Has(at + ".in_layers.0.weight"):
			x = n.Module(at, x, nil, func(x graph.Value) graph.Value { return n.residual(at, x) })
		case n.Has(at + ".proj_in.weight"):
			x = n.Module(at, x, nil, func(x graph.Value) graph.Value { return n.transformer(at, x) })
		case n.Has(at + ".op.weight"):
			x = n.Conv(at+".op", x, graph.ConvOptions{Stride: 2, Pads: graph.Same.Pads})
			n.level++
		case n.Has(at + ".conv.weight"):
			x = n.double(at, x)
		case n.Has(at + ".weight"):
			x = n.Conv(at, x, graph.Same)
		default:
			return x, j > 0
		}
	}
}

// double enlarges the picture to exactly the size of what it will be joined with.
func (n *network) double(path string, x graph.Value) graph.Value {
	if len(n.skips) == 0 {
		n.Failf("%s: nothing to grow to", path)
		return x
	}
	n.level--
	return n.Conv(path+".conv", n.Upsample(path, x, &n.skips[len(n.skips)-1]), graph.Same)
}

// residual is norm, SiLU, convolution twice, with the embedding added in between.
func (n *network) residual(path string, x graph.Value) graph.Value {
	h := n.SiLU(path+".in_layers.1", n.GroupNorm(path+".in_layers.0", x, n.part.Groups, epsResidual))
	h = n.Conv(path+".in_layers.2", h, graph.Same)
	c := h.Shape[1].Fixed
	e := n.Linear(path+".emb_layers.1", n.embed)
	if e.Shape[1].Fixed != c {
		n.Failf("%s: embedding of width %d for %d channels", path, e.Shape[1].Fixed, c)
	}
	e = n.Op("Reshape", path+".emb", graph.Float32, []graph.Dim{graph.Named("batch"), graph.Fixed(c), graph.Fixed(1), graph.Fixed(1)}, nil, e, n.Ints(-1, c, 1, 1))
	h = n.Add(path, h, e)
	h = n.SiLU(path+".out_layers.1", n.GroupNorm(path+".out_layers.0", h, n.part.Groups, epsResidual))
	h = n.Conv(path+".out_layers.3", h, graph.Same)
	if n.Has(path + ".skip_connection.weight") {
		x = n.Conv(path+".skip_connection", x, graph.ConvOptions{})
	} else if x.Shape[1] != h.Shape[1] {
		n.Failf("%s: %d channels in, %d out and no skip_connection", path, x.Shape[1].Fixed, c)
	}
	return n.Add(path, x, h)
}

// transformer attends over the picture's places and the text, any number of times.
func (n *network) transformer(path string, x graph.Value) graph.Value {
	rows := n.Rows(path, n.GroupNorm(path+".norm", x, n.part.Groups, epsTransformer))
	rows = n.Linear(path+".proj_in", rows)
	heads, err := n.part.Heads.Of(n.level, rows.Shape[1].Fixed)
	if err != nil {
		n.Failf("%s: %w", path, err)
	}
	for i := 0; n.Has(fmt.Sprintf("%s.transformer_blocks.%d.norm1.weight", path, i)); i++ {
		at := fmt.Sprintf("%s.transformer_blocks.%d", path, i)
		h := n.Site(at+".norm1", n.LayerNorm(at+".norm1", rows, epsLayerNorm))
		rows = n.Add(at, rows, n.Module(at+".attn1", h, &x, func(h graph.Value) graph.Value { return n.attend(at+".attn1", h, h, heads) }))
		h = n.LayerNorm(at+".norm2", rows, epsLayerNorm)
		rows = n.Add(at, rows, n.Module(at+".attn2", h, &x, func(h graph.Value) graph.Value { return n.attend(at+".attn2", h, n.context, heads) }))
		h = n.LayerNorm(at+".norm3", rows, epsLayerNorm)
		rows = n.Add(at, rows, n.Linear(at+".ff.net.2", n.GEGLU(at+".ff.net.0.proj", h)))
	}
	rows = n.Linear(path+".proj_out", rows)
	return n.Add(path, x, n.Picture(path, rows, x))
}

func (n *network) attend(path string, from, to graph.Value, heads int64) graph.Value {
	h := n.Attention(path, n.Linear(path+".to_q", from), n.Linear(path+".to_k", to), n.Linear(path+".to_v", to), heads, false)
	return n.Linear(path+".to_out.0", h)
}
