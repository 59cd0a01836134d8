package upscaler

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"pentimento/fault"
	"pentimento/pipeline/graph"
)

// SwinIR (Liang et al. 2021): attention within windows, every other time shifted by half a window. Its
// four ends are told by their keys: pixelshuffle, pixelshuffledirect, nearest+conv, and none, which
// restores a picture at its own size.

func findSwinIR(keys []string) (map[string]string, bool) {
	names := map[string]string{}
	for _, k := range keys {
		if strings.Contains(k, "logit_scale") || strings.Contains(k, "overlap_attn") || strings.Contains(k, ".conv_block.") {
			return nil, false // of Swin2SR and HAT
		}
		if strings.HasSuffix(k, ".attn_mask") || strings.HasSuffix(k, ".relative_position_index") {
			continue // computed
		}
		names[k] = k
	}
	_, ok := names["layers.0.residual_group.blocks.0.attn.relative_position_bias_table"]
	return names, ok
}

// swin is what a file's shapes say of its network.
type swin struct {
	layers
	dim, window, heads int64
	upsampler          string
}

func readSwinIR(f *File, l layers) (func(graph.Variant) (*graph.Graph, error), error) {
	first, table := l.shape("conv_first.weight"), l.shape("layers.0.residual_group.blocks.0.attn.relative_position_bias_table")
	if len(first) != 4 || first[1] != 3 || len(table) != 2 {
		return nil, fault.New(fmt.Sprintf("its first convolution has shape %v, want [width 3 3 3]", first), "Networks for grey pictures are not read.")
	}
	s := swin{layers: l, dim: first[0], window: (root(table[0]) + 1) / 2, heads: table[1]}
	if s.window < 2 || s.heads < 1 || s.dim%s.heads != 0 {
		return nil, fmt.Errorf("a table of positions of shape %v for width %d, want [(2w−1)² heads]", table, s.dim)
	}
	if l.has("absolute_pos_embed") {
		return nil, fault.New("it has a fixed embedding of positions, want one for pictures of any size", "Use another file of this network.")
	}
	scale, err := s.settle()
	if err != nil {
		return nil, err
	}
	f.Scale, f.Multiple, f.Margin = scale, int(s.window), int(4*s.window)
	f.Bytes = max(4*(12*s.dim+3*s.heads*s.window*s.window), 4*64*3*int64(scale*scale))
	return s.build, nil
}

// settle finds the network's end and its factor.
func (s *swin) settle() (scale int, err error) {
	switch up := s.shape("upsample.0.weight"); {
	case s.has("conv_up1.weight"):
		s.upsampler, scale = "nearest+conv", 1<<s.count("conv_up%d.weight", 1)
	case s.has("conv_before_upsample.0.weight") && len(up) == 4:
		s.upsampler, scale = "pixelshuffle", 1
		for i := 0; s.has(fmt.Sprintf("upsample.%d.weight", i)); i += 2 {
			at := s.shape(fmt.Sprintf("upsample.%d.weight", i))
			scale *= int(root(at[0] / at[1]))
		}
	case len(up) == 4:
		s.upsampler, scale = "pixelshuffledirect", int(root(up[0]/3))
	default:
		scale = 1
	}
	if scale < 1 || scale > 8 {
		return 0, fmt.Errorf("it enlarges %d times, want 1 to 8", scale)
	}
	return scale, nil
}

func (s swin) build(v graph.Variant) (*graph.Graph, error) {
	b := graph.NewBuilder("upscaler", s.source, v)
	x := input(b)
	mean := b.Op("Concat", "mean", graph.Float32, []graph.Dim{graph.Fixed(3)}, map[string]any{"axis": int64(0)}, b.Filled(0.4488, 1), b.Filled(0.4371, 1), b.Filled(0.4040, 1))
	mean = b.Op("Reshape", "mean", graph.Float32, []graph.Dim{graph.Fixed(3), graph.Fixed(1), graph.Fixed(1)}, nil, mean, b.Ints(3, 1, 1))
	centred := b.Op("Sub", "mean", graph.Float32, x.Shape, nil, x, mean)
	h := conv(b, s.layers, "conv_first", centred)
	out := s.end(b, b.Add("conv_after_body", s.convs(b, "conv_after_body", s.body(b, h)), h), centred)
	return finish(b, s.layers, b.Add("mean", out, mean))
}

// body is the network between the first convolution and the last of its size.
func (s swin) body(b *graph.Builder, h graph.Value) graph.Value {
	w := newWindows(b, h, s.window)
	rows := b.Rows("patch_embed", h)
	if s.has("patch_embed.norm.weight") {
		rows = b.LayerNorm("patch_embed.norm", rows, 1e-5)
	}
	for i := range s.count("layers.%d.residual_group.blocks.0.norm1.weight", 0) {
		path, from := fmt.Sprint("layers.", i), rows
		for k := range s.count(path+".residual_group.blocks.%d.norm1.weight", 0) {
			rows = s.block(b, w, fmt.Sprintf("%s.residual_group.blocks.%d", path, k), rows, k%2 == 1)
		}
		rows = b.Add(path, b.Rows(path, s.convs(b, path+".conv", b.Picture(path, rows, h))), from)
	}
	return b.Picture("norm", b.LayerNorm("norm", rows, 1e-5), h)
}

// convs is one convolution, or three with activations between them.
func (s swin) convs(b *graph.Builder, path string, x graph.Value) graph.Value {
	if s.has(path + ".weight") {
		return conv(b, s.layers, path, x)
	}
	for i := 0; i <= 4; i += 2 {
		if x = conv(b, s.layers, fmt.Sprintf("%s.%d", path, i), x); i < 4 {
			x = leaky(b, path, x, 0.2)
		}
	}
	return x
}

// end enlarges.
func (s swin) end(b *graph.Builder, h, centred graph.Value) graph.Value {
	if s.has("conv_before_upsample.0.weight") {
		h = leaky(b, "conv_before_upsample", conv(b, s.layers, "conv_before_upsample.0", h), 0.01)
	}
	switch s.upsampler {
	case "pixelshuffle":
		for i := 0; s.has(fmt.Sprintf("upsample.%d.weight", i)); i += 2 {
			path := fmt.Sprint("upsample.", i)
			shape := s.shape(path + ".weight")
			h = shuffle(b, path, conv(b, s.layers, path, h), root(shape[0]/shape[1]))
		}
		return conv(b, s.layers, "conv_last", h)
	case "pixelshuffledirect":
		h = conv(b, s.layers, "upsample.0", h)
		return shuffle(b, "upsample", h, root(h.Shape[1].Fixed/3))
	case "nearest+conv":
		for i := range s.count("conv_up%d.weight", 1) {
			path := fmt.Sprint("conv_up", i+1)
			h = leaky(b, path, conv(b, s.layers, path, b.Upsample(path, h, nil)), 0.2)
		}
		h = leaky(b, "conv_hr", conv(b, s.layers, "conv_hr", h), 0.2)
		return conv(b, s.layers, "conv_last", h)
	}
	return b.Add("conv_last", centred, conv(b, s.layers, "conv_last", h))
}

// block is attention within windows and a feed-forward, both beside ways straight through.
func (s swin) block(b *graph.Builder, w *windows, path string, rows graph.Value, shifted bool) graph.Value {
	h := w.split(path, b.LayerNorm(path+".norm1", rows, 1e-5), shifted)
	h = s.attention(b, w, path+".attn", h, shifted)
	rows = b.Add(path, rows, w.join(path, h, shifted))
	m := b.Linear(path+".mlp.fc1", b.LayerNorm(path+".norm2", rows, 1e-5))
	return b.Add(path, rows, b.Linear(path+".mlp.fc2", b.GELU(path+".mlp", m)))
}

// attention is that of all windows, rows [n·window², C].
func (s swin) attention(b *graph.Builder, w *windows, path string, rows graph.Value, shifted bool) graph.Value {
	places, size := w.size*w.size, s.dim/s.heads
	n, dims := graph.Named("windows"), func(d ...int64) []graph.Dim {
		out := []graph.Dim{graph.Named("windows")}
		for _, v := range d {
			out = append(out, graph.Fixed(v))
		}
		return out
	}
	all := b.Op("Reshape", path, graph.Float32, dims(places, 3, s.heads, size), nil, b.Linear(path+".qkv", rows), b.Ints(-1, places, 3, s.heads, size))
	part := func(i int64, perm ...int64) graph.Value {
		one := b.Op("Gather", path, graph.Float32, dims(places, s.heads, size), map[string]any{"axis": int64(2)}, all, b.Ints(i))
		one = b.Op("Reshape", path, graph.Float32, dims(places, s.heads, size), nil, one, b.Ints(-1, places, s.heads, size))
		return b.Op("Transpose", path, graph.Float32, []graph.Dim{n, graph.Fixed(s.heads), graph.Named("a"), graph.Named("b")}, map[string]any{"perm": perm}, one)
	}
	q, k, v := part(0, 0, 2, 1, 3), part(1, 0, 2, 3, 1), part(2, 0, 2, 1, 3)
	scores := b.Op("MatMul", path, graph.Float32, dims(s.heads, places, places), nil, b.Mul(path, q, b.Scalar(float32(1/math.Sqrt(float64(size))))), k)
	scores = b.Add(path, scores, w.bias(path, s.heads))
	if shifted {
		scores = b.Add(path, scores, w.mask())
	}
	scores = b.Op("Softmax", path, graph.Float32, scores.Shape, map[string]any{"axis": int64(-1)}, scores)
	mixed := b.Op("MatMul", path, graph.Float32, dims(s.heads, places, size), nil, scores, v)
	mixed = b.Op("Transpose", path, graph.Float32, dims(places, s.heads, size), map[string]any{"perm": []int64{0, 2, 1, 3}}, mixed)
	mixed = b.Op("Reshape", path, graph.Float32, []graph.Dim{graph.Named("row"), graph.Fixed(s.dim)}, nil, mixed, b.Ints(-1, s.dim))
	return b.Linear(path+".proj", mixed)
}

// relative are the rows of a window's table of positions for each pair of its places.
func relative(window int64) []int64 {
	var out []int64
	for a := range window * window {
		for c := range window * window {
			out = append(out, (a/window-c/window+window-1)*(2*window-1)+a%window-c%window+window-1)
		}
	}
	return slices.Clip(out)
}
