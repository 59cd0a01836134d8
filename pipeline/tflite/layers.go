package tflite

import (
	"encoding/binary"

	"pentimento/pipeline/graph"
)

// codeCustom is the kind of operators that go by a name.
const codeCustom = 32

// row is an operator: how many of what it reads must be there, and how it is written.
type row struct {
	in    int
	write func(w *writer)
}

// operators are those that are read, by their BuiltinOperator (schema.fbs). Names of their options
// stand in the same file; the comments have the operators' own.
var operators = [...]row{
	0: binary2("Add", 0), 18: binary2("Mul", 0), 41: binary2("Sub", 0), 42: binary2("Div", 0),
	55: binary2("Max", -1), 57: binary2("Min", -1), 78: binary2("Pow", -1), 99: {2, squaredDifference},
	8: unary("Floor"), 14: unary("Sigmoid"), 19: unary("Relu"), 28: unary("Tanh"), 47: unary("Exp"), 59: unary("Neg"),
	73: unary("Log"), 75: unary("Sqrt"), 101: unary("Abs"), 104: unary("Ceil"), 116: unary("Round"),
	20: {1, clipped(2)}, 21: {1, clipped(3)}, 76: {1, rsqrt}, 92: {1, square}, 98: {1, leakyRelu}, 117: {1, hardSwish},
	25: {1, softmax}, 54: {2, prelu}, 11: {1, l2Normalization},
	1: {1, pool("AveragePool")}, 17: {1, pool("MaxPool")}, 3: {2, conv}, 4: {2, depthwise}, 9: {2, fullyConnected}, 67: {3, transposeConv},
	23: {2, resize("linear")}, 97: {2, resize("nearest")}, 5: {1, blocks("DepthToSpace")}, 26: {1, blocks("SpaceToDepth")},
	2: {1, concatenation}, 34: {2, pad}, 60: {3, pad}, 100: {2, mirrorPad},
	22: {1, reshape}, 43: {1, reshape}, 70: {1, reshape}, 39: {2, transpose}, 45: {4, stridedSlice}, 65: {3, slice}, 49: {2, split},
	40: reducing("ReduceMean"), 74: reducing("ReduceSum"), 82: reducing("ReduceMax"), 89: reducing("ReduceMin"), 81: reducing("ReduceProd"),
	6: {1, dequantize}, 124: {1, densify}, 53: {1, cast},
}

// customs are operators outside the schema: MediaPipe's.
var customs = map[string]row{"Convolution2DTransposeBias": {3, convTransposeBias}}

// conv is CONV_2D: kernel [out,h,w,in].
func conv(w *writer) {
	kernel, k := w.kernel(1, 0, 3, 1, 2)
	c := w.picture(0)[3]
	if k[1] < 1 || c%k[1] != 0 {
		w.failf("has a kernel of %d channels for %d", k[1], c)
		return
	}
	o := w.o.options
	w.convolve(kernel, k, c/k[1], convOptions{o.small(0), o.number(2, 1), o.number(1, 1), o.number(5, 1), o.number(4, 1), o.small(3)})
}

// depthwise is DEPTHWISE_CONV_2D: kernel [1,h,w,in·multiplier].
func depthwise(w *writer) {
	kernel, k := w.kernel(1, 3, 0, 1, 2)
	c := w.picture(0)[3]
	if k[1] != 1 || k[0]%c != 0 {
		w.failf("has a kernel of shape %v for %d channels", w.shape(1), c)
		return
	}
	o := w.o.options
	w.convolve(kernel, k, c, convOptions{o.small(0), o.number(2, 1), o.number(1, 1), o.number(6, 1), o.number(5, 1), o.small(4)})
}

// convOptions are the options of a convolution, heights first. Of padding, 0 is SAME, 1 VALID.
type convOptions struct{ padding, stepH, stepW, spreadH, spreadW, activation int64 }

func (w *writer) convolve(kernel graph.Value, k []int64, groups int64, o convOptions) {
	in := []graph.Value{w.first(w.in(0)), kernel}
	if w.in(2) >= 0 {
		in = append(in, w.constant(w.in(2), k[0]))
	}
	pads := w.pads(o.padding, [2]int64{k[2], k[3]}, [2]int64{o.stepH, o.stepW}, [2]int64{o.spreadH, o.spreadW})
	v := w.op("Conv", true, map[string]any{"kernel_shape": k[2:], "strides": []int64{o.stepH, o.stepW},
		"dilations": []int64{o.spreadH, o.spreadW}, "group": groups, "pads": pads}, in...)
	w.gives(w.activated(v, o.activation), true)
}

// pads are a window's at the top, left, bottom and right of the picture that is read. Under SAME
// there are as many places as steps fit into the picture, the odd pixel at the end.
func (w *writer) pads(padding int64, window, step, spread [2]int64) []int64 {
	size := w.picture(0)[1:3]
	out := make([]int64, 4)
	for i := range 2 {
		if window[i] < 1 || step[i] < 1 || spread[i] < 1 {
			w.failf("has a window of %d, a step of %d and a spread of %d, want at least 1", window[i], step[i], spread[i])
			return out
		}
		if padding == 0 {
			out[i], out[i+2] = around(size[i], (size[i]+step[i]-1)/step[i], (window[i]-1)*spread[i]+1, step[i])
		}
	}
	return out
}

// around is what a window needs before and behind a line of in pixels, to stand at out places.
func around(in, out, window, step int64) (before, behind int64) {
	all := max((out-1)*step+window-in, 0)
	return all / 2, all - all/2
}

// pool is AVERAGE_POOL_2D and MAX_POOL_2D.
func pool(op string) func(w *writer) {
	return func(w *writer) {
		o := w.o.options
		window, step := [2]int64{o.number(4, 1), o.number(3, 1)}, [2]int64{o.number(2, 1), o.number(1, 1)}
		pads := w.pads(o.small(0), window, step, [2]int64{1, 1})
		v := w.op(op, true, map[string]any{"kernel_shape": window[:], "strides": step[:], "pads": pads}, w.first(w.in(0)))
		w.gives(w.activated(v, o.small(5)), true)
	}
}

// transposeConv is TRANSPOSE_CONV, which reads its own size, kernel [out,h,w,in] and picture.
func transposeConv(w *writer) {
	o := w.o.options
	w.spread(2, 3, o.small(0) == 0, o.number(2, 1), o.number(1, 1), o.small(3))
}

// convTransposeBias is MediaPipe's operator; its options are three numbers of 32 bits: the padding
// (1 SAME, 2 VALID), the steps along width and height.
func convTransposeBias(w *writer) {
	raw := []byte(w.o.raw)
	if len(raw) < 12 {
		w.failf("has %d bytes of options, want 12", len(raw))
		return
	}
	number := func(i int) int64 { return int64(int32(binary.LittleEndian.Uint32(raw[4*i:]))) }
	w.spread(0, 2, number(0) == 1, number(2), number(1), 0)
}

// spread is a convolution the other way round: of the picture at from, with the kernel at 1.
func (w *writer) spread(from, bias int, same bool, stepH, stepW, activation int64) {
	kernel, k := w.kernel(1, 3, 0, 1, 2)
	w.picture(from)
	read, made := w.shape(from), w.made()
	if w.err != nil || stepH < 1 || stepW < 1 {
		w.failf("has steps of %d and %d", stepH, stepW)
		return
	}
	pads, more := make([]int64, 4), make([]int64, 2)
	for i, step := range []int64{stepH, stepW} {
		if same { // the picture that is made is read by the convolution, this one by us
			pads[i], pads[i+2] = around(made[1+i], read[1+i], k[2+i], step)
		}
		more[i] = made[1+i] - ((read[1+i]-1)*step + k[2+i] - pads[i] - pads[i+2])
		if more[i] < 0 || more[i] >= step {
			w.failf("makes a picture of shape %v of one of %v by steps of %d", made, read, step)
			return
		}
	}
	in := []graph.Value{w.first(w.in(from)), kernel}
	if w.in(bias) >= 0 {
		in = append(in, w.constant(w.in(bias), k[1]))
	}
	v := w.op("ConvTranspose", true, map[string]any{"kernel_shape": k[2:], "strides": []int64{stepH, stepW}, "pads": pads, "output_padding": more}, in...)
	w.gives(w.activated(v, activation), true)
}

// fullyConnected is FULLY_CONNECTED: kernel [out,in], rows of all that stands before.
func fullyConnected(w *writer) {
	k := w.shape(1)
	if len(k) != 2 || w.o.options.small(1) != 0 {
		w.failf("has a kernel of shape %v, want [out in] in the usual order", k)
		return
	}
	rows := w.b.Op("Reshape", w.path, graph.Float32, []graph.Dim{graph.Named("row"), graph.Fixed(k[1])}, nil, w.plain(w.in(0)), w.b.Ints(-1, k[1]))
	in := []graph.Value{rows, w.plain(w.in(1))}
	if w.in(2) >= 0 {
		in = append(in, w.constant(w.in(2), k[0]))
	}
	v := w.b.Op("Gemm", w.path, graph.Float32, []graph.Dim{graph.Named("row"), graph.Fixed(k[0])}, map[string]any{"transB": int64(1)}, in...)
	v = w.op("Reshape", false, nil, w.activated(v, w.o.options.small(0)), w.b.Ints(w.made()...))
	w.gives(v, false)
}

// resize is RESIZE_BILINEAR and RESIZE_NEAREST_NEIGHBOR.
func resize(how string) func(w *writer) {
	return func(w *writer) {
		size, o := w.ints(1, 2), w.o.options
		corners, centres := o.small(0), o.small(1)
		if how == "linear" { // two options of old stand before
			corners, centres = o.small(2), o.small(3)
		}
		attrs := map[string]any{"mode": how, "coordinate_transformation_mode": "asymmetric"}
		if how == "nearest" {
			attrs["nearest_mode"] = "floor"
		}
		if corners != 0 || centres != 0 {
			attrs["coordinate_transformation_mode"] = map[bool]string{true: "align_corners", false: "half_pixel"}[corners != 0]
			if how == "nearest" {
				attrs["nearest_mode"] = "round_prefer_ceil"
			}
		}
		s := w.picture(0)
		none := graph.Value{}
		w.gives(w.op("Resize", true, attrs, w.first(w.in(0)), none, none, w.b.Ints(s[0], s[3], size[0], size[1])), true)
	}
}

// blocks is DEPTH_TO_SPACE and SPACE_TO_DEPTH.
func blocks(op string) func(w *writer) {
	return func(w *writer) {
		w.picture(0)
		w.gives(w.op(op, true, map[string]any{"blocksize": w.o.options.number(0, 1)}, w.first(w.in(0))), true)
	}
}
