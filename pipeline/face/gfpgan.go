package face

import (
	"fmt"
	"math"

	"pentimento/fault"
	"pentimento/pipeline/graph"
)

// GFPGAN (Wang et al., Towards Real-World Blind Face Restoration with Generative Facial Prior, 2021) in the form
// without operators of its own ("clean", v1.2 to v1.4): a U-Net reads the face and says a style for each layer
// of a StyleGAN2 (Karras et al. 2020), and scales and shifts for its features. Widths, levels and whether
// half of the features or all are changed follow from the tensors.
//
// 2026-11-28: the noise of StyleGAN2 is the one that the file holds, so that the same face comes out the same;
// GFPGAN's own program draws another each time.

type gfpgan struct {
	*graph.Builder
	l      layers
	levels int // doublings from 4 × 4
	style  int64
	half   bool // scales and shifts are for the second half of the features
}

func readGFPGAN(f *File, l layers) (func(graph.Variant) (*graph.Graph, error), error) {
	n := l.count("conv_body_down.%d.conv1.weight")
	if !l.has("conv_body_first.weight") || n < 1 || n > 8 {
		return nil, fault.New("found the first form, with operators of its own, or a part of the network; want GFPGAN v1.2, v1.3 or v1.4", "GFPGANv1.4.pth is the usual file.")
	}
	g := gfpgan{l: l, levels: n, style: l.dim("stylegan_decoder.style_conv1.modulated_conv.modulation.weight", 1)}
	if latents := int64(2*n + 2); g.style < 1 || l.dim("final_linear.weight", 0) != latents*g.style {
		return nil, fmt.Errorf("the style has %d numbers, want %d for each of %d layers", l.dim("final_linear.weight", 0), g.style, 2*n+2)
	}
	wide, changed := l.dim("stylegan_decoder.style_convs.0.modulated_conv.weight", 1), l.dim("condition_scale.0.2.weight", 0)
	if g.half = wide == 2*changed; !g.half && wide != changed {
		return nil, fmt.Errorf("%d scales for %d features, want as many or half", changed, wide)
	}
	f.Side = 4 << n
	return func(v graph.Variant) (*graph.Graph, error) {
		g := g
		g.Builder = graph.NewBuilder("face restorer", l.source, v)
		return g.write()
	}, nil
}

func (g *gfpgan) leaky(path string, x graph.Value) graph.Value {
	return g.Op("LeakyRelu", path, graph.Float32, x.Shape, map[string]any{"alpha": float32(0.2)}, x)
}

// conv keeps height and width.
func (g *gfpgan) conv(path string, x graph.Value) graph.Value {
	pad := g.l.dim(path+".weight", 2) / 2
	return g.Conv(path, x, graph.ConvOptions{Pads: [4]int64{pad, pad, pad, pad}})
}

// halved is the mean of each 2 × 2 pixels, doubled is interpolated linearly; both are squares.
func (g *gfpgan) halved(path string, x graph.Value) graph.Value {
	n := x.Shape[2].Fixed / 2
	return g.Op("AveragePool", path, graph.Float32, []graph.Dim{x.Shape[0], x.Shape[1], graph.Fixed(n), graph.Fixed(n)},
		map[string]any{"kernel_shape": []int64{2, 2}, "strides": []int64{2, 2}}, x)
}

func (g *gfpgan) doubled(path string, x graph.Value) graph.Value {
	c, n := x.Shape[1].Fixed, x.Shape[2].Fixed*2
	return g.Op("Resize", path, graph.Float32, []graph.Dim{x.Shape[0], x.Shape[1], graph.Fixed(n), graph.Fixed(n)},
		map[string]any{"mode": "linear", "coordinate_transformation_mode": "half_pixel"}, x, graph.Value{}, graph.Value{}, g.Ints(1, c, n, n))
}

// block is a residual block that halves or doubles the picture.
func (g *gfpgan) block(path string, x graph.Value, scaled func(string, graph.Value) graph.Value) graph.Value {
	h := scaled(path, g.leaky(path, g.conv(path+".conv1", x)))
	h = g.leaky(path, g.conv(path+".conv2", h))
	return g.Add(path, h, g.conv(path+".skip", scaled(path, x)))
}

func (g *gfpgan) write() (*graph.Graph, error) {
	side := int64(4 << g.levels)
	x := g.Input("x", graph.Fixed(1), graph.Fixed(3), graph.Fixed(side), graph.Fixed(side))
	h := g.leaky("conv_body_first", g.conv("conv_body_first", x))
	var skips []graph.Value
	for i := range g.levels {
		h = g.block(fmt.Sprint("conv_body_down.", i), h, g.halved)
		skips = append(skips, h)
	}
	h = g.leaky("final_conv", g.conv("final_conv", h))
	c := h.Shape[1].Fixed
	flat := g.Op("Reshape", "final_linear", graph.Float32, []graph.Dim{graph.Fixed(1), graph.Fixed(16 * c)}, nil, h, g.Ints(1, 16*c))
	styles := g.Linear("final_linear", flat)
	var scales, shifts []graph.Value
	for i := range g.levels {
		h = g.block(fmt.Sprint("conv_body_up.", i), g.Add("skip", h, skips[g.levels-1-i]), g.doubled)
		scales, shifts = append(scales, g.condition("condition_scale", i, h)), append(shifts, g.condition("condition_shift", i, h))
	}
	out := g.decode(styles, scales, shifts)
	g.Output("out", out, graph.Fixed(1), graph.Fixed(3), graph.Fixed(side), graph.Fixed(side))
	return g.Finish()
}

func (g *gfpgan) condition(kind string, i int, h graph.Value) graph.Value {
	path := fmt.Sprint(kind, ".", i)
	return g.conv(path+".2", g.leaky(path, g.conv(path+".0", h)))
}

// decode is the StyleGAN2: features grow from a constant, and each level adds to the picture.
func (g *gfpgan) decode(styles graph.Value, scales, shifts []graph.Value) graph.Value {
	const at = "stylegan_decoder."
	first := g.l.shape(at + "constant_input.weight")
	if len(first) != 4 {
		g.Failf("%sconstant_input.weight has shape %v, want [1 channels 4 4]", at, first)
		return styles
	}
	h := g.Weight(at + "constant_input.weight")
	h = g.styled(at+"style_conv1", h, g.latent(styles, 0), 0)
	picture := g.rgb(at+"to_rgb1", h, g.latent(styles, 1))
	for i := range g.levels {
		one, two := fmt.Sprint(at, "style_convs.", 2*i), fmt.Sprint(at, "style_convs.", 2*i+1)
		h = g.styled(one, g.doubled(one, h), g.latent(styles, 2*i+1), 2*i+1)
		h = g.changed(one, h, scales[i], shifts[i])
		h = g.styled(two, h, g.latent(styles, 2*i+2), 2*i+2)
		path := fmt.Sprint(at, "to_rgbs.", i)
		picture = g.Add(path, g.rgb(path, h, g.latent(styles, 2*i+3)), g.doubled(path, picture))
	}
	return picture
}

// latent is the style of a layer [1,n].
func (g *gfpgan) latent(styles graph.Value, i int) graph.Value {
	return g.slice("latent", styles, int64(i)*g.style, int64(i+1)*g.style)
}

// slice are the places from to to along the second axis.
func (g *gfpgan) slice(path string, x graph.Value, from, to int64) graph.Value {
	shape := append([]graph.Dim{x.Shape[0], graph.Fixed(to - from)}, x.Shape[2:]...)
	return g.Op("Slice", path, graph.Float32, shape, nil, x, g.Ints(from), g.Ints(to), g.Ints(1))
}

// changed scales and shifts features by what the U-Net saw.
func (g *gfpgan) changed(path string, h, scale, shift graph.Value) graph.Value {
	if !g.half {
		return g.Add(path, g.Mul(path, h, scale), shift)
	}
	c := h.Shape[1].Fixed
	return g.Concat(path, g.slice(path, h, 0, c/2), g.Add(path, g.Mul(path, g.slice(path, h, c/2, c), scale), shift))
}

// modulated is StyleGAN2's convolution (Karras et al. 2020, section 2.2): its weights are scaled by a style for each
// channel that is read. Here the channels are scaled before, and divided by the length of the scaled weights after:
// the same numbers, with weights that never change.
func (g *gfpgan) modulated(path string, x, style graph.Value, demodulate bool) graph.Value {
	shape := g.l.shape(path + ".weight")
	if len(shape) != 5 || shape[0] != 1 || shape[2] != x.Shape[1].Fixed || shape[3] != shape[4] {
		g.Failf("%s: weight has shape %v, want [1 out %d k k]", path, shape, x.Shape[1].Fixed)
		return x
	}
	out, in, k := shape[1], shape[2], shape[3]
	s := g.Linear(path+".modulation", style)
	w := g.Weight(path+".weight", out, in, k, k)
	spread := func(v graph.Value, c int64) graph.Value {
		return g.Op("Reshape", path, graph.Float32, []graph.Dim{graph.Fixed(1), graph.Fixed(c), graph.Fixed(1), graph.Fixed(1)}, nil, v, g.Ints(1, c, 1, 1))
	}
	h := g.Op("Conv", path, graph.Float32, []graph.Dim{x.Shape[0], graph.Fixed(out), x.Shape[2], x.Shape[3]},
		map[string]any{"kernel_shape": []int64{k, k}, "strides": []int64{1, 1}, "pads": []int64{k / 2, k / 2, k / 2, k / 2}}, g.Mul(path, x, spread(s, in)), w)
	if !demodulate {
		return h
	}
	length := g.Op("ReduceSumSquare", path, graph.Float32, []graph.Dim{graph.Fixed(out), graph.Fixed(in)}, map[string]any{"keepdims": int64(0)}, w, g.Ints(2, 3))
	all := g.Op("Gemm", path, graph.Float32, []graph.Dim{graph.Fixed(1), graph.Fixed(out)}, map[string]any{"transB": int64(1)}, g.Mul(path, s, s), length)
	all = g.Op("Sqrt", path, graph.Float32, all.Shape, nil, g.Add(path, all, g.Scalar(1e-8)))
	return g.Op("Div", path, graph.Float32, h.Shape, nil, h, spread(all, out))
}

// styled is a modulated convolution with noise and bias.
func (g *gfpgan) styled(path string, x, style graph.Value, layer int) graph.Value {
	h := g.Mul(path, g.modulated(path+".modulated_conv", x, style, true), g.Scalar(math.Sqrt2))
	if noise := fmt.Sprint("stylegan_decoder.noises.noise", layer); g.l.has(noise) {
		h = g.Add(path, h, g.Mul(path, g.Weight(noise), g.Weight(path+".weight", 1, 1, 1, 1)))
	}
	return g.leaky(path, g.Add(path, h, g.Weight(path+".bias", 1, h.Shape[1].Fixed, 1, 1)))
}

func (g *gfpgan) rgb(path string, x, style graph.Value) graph.Value {
	return g.Add(path, g.modulated(path+".modulated_conv", x, style, false), g.Weight(path+".bias", 1, 3, 1, 1))
}
