package ncnn

import (
	"math"
	"slices"

	"pentimento/pipeline/graph"
)

// row is a kind of layer: how many blobs it must read, and how it is written.
type row struct {
	kind  string
	in    int
	write func(w *writer) graph.Value
}

// layers are the kinds that are read; their parameters are numbered as in ncnn's
// docs/developer-guide/operators.md.
var layers = []row{
	{"Split", 1, alias}, {"Noop", 1, alias}, {"Dropout", 1, alias},
	{"Convolution", 1, conv}, {"ConvolutionDepthWise", 1, conv}, {"Deconvolution", 1, deconv},
	{"InnerProduct", 1, innerProduct}, {"Pooling", 1, pooling}, {"PReLU", 1, prelu}, {"ReLU", 1, relu}, {"Clip", 1, clip},
	{"Sigmoid", 1, unary("Sigmoid")}, {"TanH", 1, unary("Tanh")}, {"AbsVal", 1, unary("Abs")}, {"Swish", 1, swish},
	{"Scale", 1, scale}, {"BinaryOp", 1, binaryOp}, {"Eltwise", 2, eltwise}, {"Concat", 1, concat},
	{"Interp", 1, interp}, {"PixelShuffle", 1, pixelShuffle}, {"Padding", 1, padding}, {"Crop", 1, crop},
}

func alias(w *writer) graph.Value { return w.in(0) }

func unary(op string) func(w *writer) graph.Value {
	return func(w *writer) graph.Value { return w.op(op, w.in(0).Shape, nil, w.in(0)) }
}

func swish(w *writer) graph.Value {
	x := w.in(0)
	return w.op("Mul", x.Shape, nil, x, w.op("Sigmoid", x.Shape, nil, x))
}

// conv is Convolution, and ConvolutionDepthWise, which has groups (7): kernel [out,in,h,w], offsets (5).
func conv(w *writer) graph.Value {
	g, groups, c := windowOf(w.l), int64(1), w.channels(0)
	if w.l.kind == "ConvolutionDepthWise" {
		groups = w.l.whole(7, 1)
	}
	if err := g.check(); err != nil {
		w.failf("%w", err)
		return w.in(0)
	}
	if groups < 1 || c%groups != 0 || g.out%groups != 0 || w.l.whole(6, 0) != g.out*(c/groups)*g.kernel[0]*g.kernel[1] {
		w.failf("has %d weights for %d channels from %d by %v in %d groups", w.l.whole(6, 0), g.out, c, g.kernel, groups)
		return w.in(0)
	}
	if w.l.whole(8, 0) != 0 || w.l.whole(19, 0) != 0 || w.l.number(18, 0) != 0 {
		w.failf("computes in 8 bits, with weights that are computed, or pads by a number, which is not read")
	}
	in := []graph.Value{w.in(0), w.weight("weight", true, g.out, c/groups, g.kernel[0], g.kernel[1])}
	if w.l.whole(5, 0) != 0 {
		in = append(in, w.weight("bias", false, g.out))
	}
	attrs := g.attrs()
	attrs["group"] = groups
	return w.activated(w.op("Conv", w.shape(g.out), attrs, in...))
}

// deconv is Deconvolution: kernel [out,in,h,w]; the pads are cut off what is made.
func deconv(w *writer) graph.Value {
	g, c := windowOf(w.l), w.channels(0)
	if err := g.check(); err != nil {
		w.failf("%w", err)
		return w.in(0)
	}
	if w.l.whole(6, 0) != g.out*c*g.kernel[0]*g.kernel[1] || w.l.whole(20, 0) != 0 || w.l.whole(21, 0) != 0 {
		w.failf("has %d weights for %d channels from %d by %v, or a size of its own", w.l.whole(6, 0), g.out, c, g.kernel)
		return w.in(0)
	}
	kernel := w.weight("weight", true, g.out, c, g.kernel[0], g.kernel[1])
	kernel = w.op("Transpose", kernel.Shape, map[string]any{"perm": []int64{1, 0, 2, 3}}, kernel)
	in := []graph.Value{w.in(0), kernel}
	if w.l.whole(5, 0) != 0 {
		in = append(in, w.weight("bias", false, g.out))
	}
	attrs := g.attrs()
	attrs["output_padding"] = []int64{w.l.whole(19, 0), w.l.whole(18, 0)}
	return w.activated(w.op("ConvTranspose", w.shape(g.out), attrs, in...))
}

// innerProduct is InnerProduct: all that it reads as one row, by a matrix [out,in].
func innerProduct(w *writer) graph.Value {
	out := w.l.whole(0, 0)
	if out < 1 || out > 1<<24 || w.l.whole(2, 0) < 1 || w.l.whole(2, 0)%out != 0 || w.l.whole(8, 0) != 0 {
		w.failf("has %d weights for %d numbers, want a multiple that is not of 8 bits", w.l.whole(2, 0), out)
		return w.in(0)
	}
	n := w.l.whole(2, 0) / out
	line := w.op("Reshape", []graph.Dim{graph.Fixed(1), graph.Fixed(n)}, nil, w.in(0), w.b.Ints(1, n))
	in := []graph.Value{line, w.weight("weight", true, out, n)}
	if w.l.whole(1, 0) != 0 {
		in = append(in, w.weight("bias", false, out))
	}
	v := w.op("Gemm", []graph.Dim{graph.Fixed(1), graph.Fixed(out)}, map[string]any{"transB": int64(1)}, in...)
	return w.activated(w.op("Reshape", list(out), nil, v, w.b.Ints(1, out, 1, 1)))
}

// pooling is Pooling: the largest (0) or the mean (1) of a window, or of all (4).
func pooling(w *writer) graph.Value {
	op := []string{"MaxPool", "AveragePool"}
	kind := w.l.whole(0, 0)
	if kind != 0 && kind != 1 || w.l.whole(7, 0) != 0 {
		w.failf("pools in the way %d, or adapts, which is not read", kind)
		return w.in(0)
	}
	if w.l.whole(4, 0) != 0 {
		return w.op("Global"+op[kind], list(w.channels(0)), nil, w.in(0))
	}
	x := w.l.whole(1, 0)
	steps, left := w.l.whole(2, 1), w.l.whole(3, 0)
	top := w.l.whole(13, left)
	g := geometry{out: 1, kernel: [2]int64{w.l.whole(11, x), x}, step: [2]int64{w.l.whole(12, steps), steps}, spread: [2]int64{1, 1},
		pads: [4]int64{top, left, w.l.whole(15, top), w.l.whole(14, left)}}
	if err := g.check(); err != nil {
		w.failf("%w", err)
	}
	attrs := map[string]any{"kernel_shape": g.kernel[:], "strides": g.step[:], "pads": g.pads[:]}
	switch w.l.whole(5, 0) {
	case 0: // what is left over at the end makes a window of its own
		attrs["ceil_mode"] = int64(1)
	case 1:
	default:
		w.failf("pads in the way %d, which is not read", w.l.whole(5, 0))
	}
	if kind == 1 {
		attrs["count_include_pad"] = map[bool]int64{true: 1}[w.l.whole(6, 0) != 0]
	}
	return w.op(op[kind], w.shape(w.channels(0)), attrs, w.in(0))
}

// prelu is PReLU: a slope for each channel, or one for all.
func prelu(w *writer) graph.Value {
	n := w.l.whole(0, 0)
	if n != 1 && n != w.channels(0) {
		w.failf("has %d slopes for %d channels", n, w.channels(0))
		return w.in(0)
	}
	return w.op("PRelu", w.in(0).Shape, nil, w.in(0), w.weight("slope", false, n, 1, 1))
}

// relu is ReLU: parameter 0 is the slope below zero.
func relu(w *writer) graph.Value {
	return w.op("LeakyRelu", w.in(0).Shape, map[string]any{"alpha": float32(w.l.number(0, 0))}, w.in(0))
}

func clip(w *writer) graph.Value {
	return w.op("Clip", w.in(0).Shape, nil, w.in(0), w.b.Scalar(float32(w.l.number(0, -math.MaxFloat32))), w.b.Scalar(float32(w.l.number(1, math.MaxFloat32))))
}

// scale is Scale: by a second blob, or by weights for each channel; then offsets (1).
func scale(w *writer) graph.Value {
	n := w.l.whole(0, 0)
	x, c := w.in(0), w.channels(0)
	var by graph.Value
	switch {
	case n == -233 && len(w.l.in) > 1:
		by = w.in(1)
	case n == c && len(w.l.in) == 1:
		by = w.weight("scale", false, c, 1, 1)
	default:
		w.failf("has %d scales for %d channels", n, c)
		return x
	}
	v := w.op("Mul", x.Shape, nil, x, by)
	if w.l.whole(1, 0) != 0 {
		v = w.op("Add", x.Shape, nil, v, w.weight("bias", false, c, 1, 1))
	}
	return v
}

// binaryOps are the operators of BinaryOp, by number; the last two the other way round.
var binaryOps = []string{"Add", "Sub", "Mul", "Div", "Max", "Min", "Pow", "Sub", "Div"}

// binaryOp is BinaryOp, of two blobs or of one and a number.
func binaryOp(w *writer) graph.Value {
	kind := w.l.whole(0, 0)
	if kind < 0 || kind >= int64(len(binaryOps)) || len(w.l.in) < 2 && w.l.whole(1, 0) == 0 {
		w.failf("computes %d of %d blobs, which is not read", kind, len(w.l.in))
		return w.in(0)
	}
	x, y := w.in(0), graph.Value{}
	shape := x.Shape
	if w.l.whole(1, 0) != 0 {
		y = w.b.Scalar(float32(w.l.number(2, 0)))
	} else {
		y = w.in(1)
		shape = w.wider(x, y)
	}
	if kind > 6 {
		x, y = y, x
	}
	return w.op(binaryOps[kind], shape, nil, x, y)
}

// wider is the shape of two blobs, one of which may be a list of channels.
func (w *writer) wider(x, y graph.Value) []graph.Dim {
	if a, b := x.Shape[1].Fixed, y.Shape[1].Fixed; a != b && a != 1 && b != 1 {
		w.failf("joins %d channels and %d", a, b)
	}
	shape := slices.Clone(x.Shape)
	for i := range shape {
		if shape[i].Fixed == 1 {
			shape[i] = y.Shape[i]
		}
	}
	return shape
}

// eltwise is Eltwise: the product (0), the sum by factors (1) or the largest (2).
func eltwise(w *writer) graph.Value {
	kind, factors := w.l.whole(0, 0), w.l.params[1]
	if kind < 0 || kind > 2 || len(factors) > 0 && len(factors) != len(w.l.in) {
		w.failf("joins %d blobs in the way %d by %d factors", len(w.l.in), kind, len(factors))
		return w.in(0)
	}
	part := func(i int) graph.Value {
		v := w.in(i)
		if kind == 1 && len(factors) > 0 && factors[i] != 1 {
			v = w.op("Mul", v.Shape, nil, v, w.b.Scalar(float32(factors[i])))
		}
		return v
	}
	v := part(0)
	for i := 1; i < len(w.l.in); i++ {
		y := part(i)
		v = w.op([]string{"Mul", "Add", "Max"}[kind], w.wider(v, y), nil, v, y)
	}
	return v
}

// concat is Concat, along channels (0), height (1) or width (2).
func concat(w *writer) graph.Value {
	axis, c := w.l.whole(0, 0), int64(0)
	if axis < 0 {
		axis += 3
	}
	var parts []graph.Value
	for i := range w.l.in {
		parts = append(parts, w.in(i))
		c += w.channels(i)
	}
	if axis < 0 || axis > 2 {
		w.failf("joins along dimension %d", axis)
	}
	if axis != 0 {
		c = w.channels(0)
	}
	return w.op("Concat", w.shape(c), map[string]any{"axis": axis + 1}, parts...)
}
