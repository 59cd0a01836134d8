package face

import (
	"fmt"
	"slices"
	"strconv"

	"pentimento/fault"
	"pentimento/pipeline/graph"
)

// CodeFormer (Zhou et al., Towards Robust Blind Face Restoration with Codebook Lookup Transformer, 2022): an encoder
// makes 16 × 16 places of the face, a transformer says which entry of a codebook each is most likely, and
// a generator paints those. Between them, at four sizes, blocks let through what the encoder saw, as far as the
// weight says. What each numbered block is follows from its tensors.

type codeFormer struct {
	*graph.Builder
	l      layers
	side   int64
	fusing map[int64]bool // sizes with a block between encoder and generator
}

const (
	formerHeads = 8
	mostSide    = 2048
)

func readCodeFormer(f *File, l layers) (func(graph.Variant) (*graph.Graph, error), error) {
	c := codeFormer{l: l, fusing: map[int64]bool{}}
	places, least := l.dim("position_emb", 0), int64(1)
	for least*least < places {
		least++
	}
	downs := 0
	for i := range l.blocks("encoder") {
		if l.has(fmt.Sprintf("encoder.blocks.%d.conv.weight", i)) {
			downs++
		}
	}
	width := l.dim("position_emb", 1)
	if least*least != places || places < 4 || downs < 1 || downs > 8 || width%formerHeads != 0 || width == 0 || least<<downs > mostSide {
		return nil, fault.New(fmt.Sprintf("found %d places of %d numbers and %d halvings, want a square of places of a picture of at most %d pixels a side", places, width, downs, mostSide), "codeformer.pth is the usual file.")
	}
	c.side = least << downs
	for n := least; n <= c.side; n *= 2 {
		c.fusing[n] = l.has(fmt.Sprintf("fuse_convs_dict.%d.scale.0.weight", n))
	}
	f.Side, f.Weighs = int(c.side), true
	return func(v graph.Variant) (*graph.Graph, error) {
		c := c
		c.Builder = graph.NewBuilder("face restorer", l.source, v)
		return c.write()
	}, nil
}

// blocks are how many numbered blocks a half has; one of a number beyond that of all tensors is none.
func (l layers) blocks(half string) (n int) {
	for _, k := range l.keys {
		var i int
		if _, err := fmt.Sscanf(k, half+".blocks.%d.", &i); err == nil && i < len(l.keys) {
			n = max(n, i+1)
		}
	}
	return n
}

func (c *codeFormer) write() (*graph.Graph, error) {
	side := graph.Fixed(c.side)
	x := c.Input("x", graph.Fixed(1), graph.Fixed(3), side, side)
	weight := c.Input("weight", graph.Fixed(1))
	seen := map[int64]graph.Value{}
	h, size := x, c.side
	for i := range c.l.blocks("encoder") {
		path := "encoder.blocks." + strconv.Itoa(i)
		if c.l.has(path + ".conv.weight") { // what is seen of a size is what goes into its halving
			seen[size] = h
			size /= 2
		}
		h = c.block(path, h, size, false)
	}
	h = c.codes(h)
	grown := false // the next residual block is the first of its size
	for i := range c.l.blocks("generator") {
		path := "generator.blocks." + strconv.Itoa(i)
		if c.l.has(path + ".conv.weight") {
			size *= 2
		}
		h = c.block(path, h, size, true)
		switch {
		case c.l.has(path + ".conv.weight"):
			grown = true
		case grown && c.l.has(path+".conv1.weight"):
			if grown = false; c.fusing[size] {
				h = c.fused(size, seen[size], h, weight)
			}
		}
	}
	c.Output("out", h, graph.Fixed(1), graph.Fixed(3), side, side)
	return c.Finish()
}

// block is one numbered block; size is that of what comes out.
func (c *codeFormer) block(path string, x graph.Value, size int64, grows bool) graph.Value {
	switch {
	case c.l.has(path + ".conv1.weight"):
		return c.residual(path, x)
	case c.l.has(path + ".q.weight"):
		rows := c.Rows(path, c.norm(path+".norm", x))
		h := c.Attention(path, c.Linear(path+".q", rows), c.Linear(path+".k", rows), c.Linear(path+".v", rows), 1, false)
		return c.Add(path, x, c.Picture(path, c.Linear(path+".proj_out", h), x))
	case c.l.has(path+".conv.weight") && grows:
		x = c.sized(c.Upsample(path, x, nil), size)
		return c.sized(c.Conv(path+".conv", x, graph.Same), size)
	case c.l.has(path + ".conv.weight"): // a row and a column of nothing at the right and below
		return c.sized(c.Conv(path+".conv", x, graph.ConvOptions{Stride: 2, Pads: [4]int64{0, 0, 1, 1}}), size)
	case len(c.l.shape(path+".weight")) == 1:
		return c.norm(path, x)
	}
	return c.Conv(path, x, graph.Same)
}

// sized is a value whose height and width are known.
func (c *codeFormer) sized(x graph.Value, size int64) graph.Value {
	x.Shape = []graph.Dim{x.Shape[0], x.Shape[1], graph.Fixed(size), graph.Fixed(size)}
	return x
}

func (c *codeFormer) norm(path string, x graph.Value) graph.Value {
	return c.GroupNorm(path, x, 32, 1e-6)
}

func (c *codeFormer) residual(path string, x graph.Value) graph.Value {
	h := c.Conv(path+".conv1", c.SiLU(path, c.norm(path+".norm1", x)), graph.Same)
	h = c.Conv(path+".conv2", c.SiLU(path, c.norm(path+".norm2", h)), graph.Same)
	if c.l.has(path + ".conv_out.weight") {
		x = c.Conv(path+".conv_out", x, graph.ConvOptions{})
	}
	return c.Add(path, x, h)
}

// codes is the generator's input: for each place the entry of the codebook that the transformer says, with the
// mean and spread of what the encoder saw (adaptive instance normalization, Huang and Belongie 2017), as
// CodeFormer's own program and A1111 have it.
func (c *codeFormer) codes(seen graph.Value) graph.Value {
	h := c.Linear("feat_emb", c.Rows("feat_emb", seen))
	at := c.Weight("position_emb")
	for i := range c.l.count("ft_layers.%d.norm1.weight") {
		h = c.layer("ft_layers."+strconv.Itoa(i), h, at)
	}
	scores := c.Linear("idx_pred_layer.1", c.LayerNorm("idx_pred_layer.0", h, 1e-5))
	best := c.Op("ArgMax", "codes", graph.Int64, scores.Shape[:1], map[string]any{"axis": int64(1), "keepdims": int64(0)}, scores)
	book := c.Weight("quantize.embedding.weight")
	rows := c.Op("Gather", "codes", graph.Float32, []graph.Dim{scores.Shape[0], book.Shape[1]}, map[string]any{"axis": int64(0)}, book, best)
	code := c.Picture("codes", rows, seen)
	mean, spread := c.moments(code)
	meant, spreads := c.moments(seen)
	flat := c.Op("Sub", "codes", graph.Float32, code.Shape, nil, code, mean)
	flat = c.Op("Div", "codes", graph.Float32, code.Shape, nil, flat, spread)
	return c.Add("codes", c.Mul("codes", flat, spreads), meant)
}

// moments are the mean of each channel and the root of its variance (by n − 1) and a little.
func (c *codeFormer) moments(x graph.Value) (mean, spread graph.Value) {
	n := float64(c.l.dim("position_emb", 0))
	shape := []graph.Dim{x.Shape[0], x.Shape[1], graph.Fixed(1), graph.Fixed(1)}
	over := func(v graph.Value) graph.Value {
		return c.Op("ReduceMean", "moments", graph.Float32, shape, nil, v, c.Ints(2, 3))
	}
	mean = over(x)
	d := c.Op("Sub", "moments", graph.Float32, x.Shape, nil, x, mean)
	v := c.Mul("moments", over(c.Mul("moments", d, d)), c.Scalar(float32(n/(n-1))))
	return mean, c.Op("Sqrt", "moments", graph.Float32, shape, nil, c.Add("moments", v, c.Scalar(1e-5)))
}

// layer is a layer of the transformer (Vaswani et al. 2017, with its norms before), where places are added to
// what asks and what is asked, and not to what is told.
func (c *codeFormer) layer(path string, x, at graph.Value) graph.Value {
	told := c.LayerNorm(path+".norm1", x, 1e-5)
	asks := c.Add(path, told, at)
	q, k, v := c.third(path, asks, 0), c.third(path, asks, 1), c.third(path, told, 2)
	x = c.Add(path, x, c.Linear(path+".self_attn.out_proj", c.Attention(path, q, k, v, formerHeads, false)))
	h := c.GELU(path, c.Linear(path+".linear1", c.LayerNorm(path+".norm2", x, 1e-5)))
	return c.Add(path, x, c.Linear(path+".linear2", h))
}

// third is one of the three projections that a layer's file holds in one matrix.
func (c *codeFormer) third(path string, rows graph.Value, i int64) graph.Value {
	n := c.l.dim("position_emb", 1)
	part := func(kind string, width ...int64) graph.Value {
		name := path + ".self_attn.in_proj_" + kind
		if s := c.l.shape(name); !slices.Equal(s, append([]int64{3 * n}, width...)) {
			c.Failf("%s has shape %v, want three blocks of %d", name, s, n)
		}
		shape := []graph.Dim{graph.Fixed(n)}
		for _, w := range width {
			shape = append(shape, graph.Fixed(w))
		}
		return c.Op("Slice", name, graph.Float32, shape, nil, c.Weight(name), c.Ints(i*n), c.Ints((i+1)*n), c.Ints(0))
	}
	return c.Op("Gemm", path, graph.Float32, rows.Shape, map[string]any{"transB": int64(1)}, rows, part("weight", n), part("bias"))
}

// fused lets what the encoder saw of a size change the generator's features, as far as the weight says.
func (c *codeFormer) fused(size int64, seen, h, weight graph.Value) graph.Value {
	path := fmt.Sprint("fuse_convs_dict.", size)
	both := c.residual(path+".encode_enc", c.Concat(path, seen, h))
	way := func(kind string) graph.Value {
		v := c.Conv(path+kind+".0", both, graph.Same)
		v = c.Op("LeakyRelu", path, graph.Float32, v.Shape, map[string]any{"alpha": float32(0.2)}, v)
		return c.Conv(path+kind+".2", v, graph.Same)
	}
	change := c.Add(path, c.Mul(path, h, way(".scale")), way(".shift"))
	return c.Add(path, h, c.Mul(path, change, weight))
}
