package tflite

import (
	"math"
	"slices"

	"pentimento/pipeline/graph"
)

// unary is an operator that computes each number by itself.
func unary(op string) row {
	return row{1, func(w *writer) { w.each(op, nil) }}
}

func (w *writer) each(op string, attrs map[string]any, more ...graph.Value) {
	x, channels := w.either(0)
	w.gives(w.op(op, channels, attrs, append([]graph.Value{x}, more...)...), channels)
}

// either is a tensor in the form that is at hand, channels first if it can be.
func (w *writer) either(i int) (v graph.Value, channels bool) {
	if at := w.in(i); w.isPicture(at) {
		return w.first(at), true
	}
	return w.plain(w.in(i)), false
}

func clipped(kind int64) func(w *writer) {
	return func(w *writer) {
		x, channels := w.either(0)
		w.gives(w.activated(x, kind), channels)
	}
}

func rsqrt(w *writer) {
	x, channels := w.either(0)
	w.gives(w.op("Reciprocal", channels, nil, w.op("Sqrt", channels, nil, x)), channels)
}

func square(w *writer) {
	x, channels := w.either(0)
	w.gives(w.op("Mul", channels, nil, x, x), channels)
}

func leakyRelu(w *writer) {
	w.each("LeakyRelu", map[string]any{"alpha": math.Float32frombits(w.o.options.real(0))})
}

// hardSwish is x·max(0, min(6, x+3))/6.
func hardSwish(w *writer) {
	x, channels := w.either(0)
	gate := w.op("HardSigmoid", channels, map[string]any{"alpha": float32(1.0 / 6), "beta": float32(0.5)}, x)
	w.gives(w.op("Mul", channels, nil, x, gate), channels)
}

// softmax is SOFTMAX, along the last dimension.
func softmax(w *writer) {
	x := w.plain(w.in(0))
	if beta := math.Float32frombits(w.o.options.real(0)); beta != 1 {
		x = w.op("Mul", false, nil, x, w.b.Scalar(beta))
	}
	w.gives(w.op("Softmax", false, map[string]any{"axis": int64(-1)}, x), false)
}

// l2Normalization is L2_NORMALIZATION, along the last dimension.
func l2Normalization(w *writer) {
	w.gives(w.op("LpNormalization", false, map[string]any{"axis": int64(-1), "p": int64(2)}, w.plain(w.in(0))), false)
}

// binary2 is an operator of two tensors, the smaller spread over the larger. activation is the
// place of the option that names one; -1: it has none.
func binary2(op string, activation int64) row {
	return row{2, func(w *writer) {
		x, y, channels := w.both()
		v := w.op(op, channels, nil, x, y)
		if activation >= 0 {
			v = w.activated(v, w.o.options.small(activation))
		}
		w.gives(v, channels)
	}}
}

func squaredDifference(w *writer) {
	x, y, channels := w.both()
	d := w.op("Sub", channels, nil, x, y)
	w.gives(w.op("Mul", channels, nil, d, d), channels)
}

// prelu is PRELU: a slope for each channel, or each place, of a picture.
func prelu(w *writer) {
	x, slope, channels := w.both()
	w.gives(w.op("PRelu", channels, nil, x, slope), channels)
}

// both are two tensors in the same form.
func (w *writer) both() (x, y graph.Value, channels bool) {
	i, k := w.in(0), w.in(1)
	channels = len(w.made()) == 4 && (w.isPicture(i) || w.isPicture(k)) && w.canTurn(i) && w.canTurn(k)
	if channels {
		return w.beside(i), w.beside(k), true
	}
	return w.plain(i), w.plain(k), false
}

// canTurn says whether a tensor can be had with its channels first beside a picture.
func (w *writer) canTurn(i int64) bool {
	rank := len(w.n.tensors[i].shape)
	return rank == 4 || w.as[i] != nil && rank < 4
}

// beside is a tensor with its channels first, as it is spread over a picture.
func (w *writer) beside(i int64) graph.Value {
	a := w.as[i]
	if a == nil || len(a.shape) == 4 {
		return w.first(i)
	}
	if bytes, _ := graph.Bool.Bytes(a.shape); bytes == 1 {
		return w.constant(i, 1)
	}
	if len(a.shape) == 1 {
		return w.constant(i, a.shape[0], 1, 1)
	}
	full := append(slices.Repeat([]int64{1}, 4-len(a.shape)), a.shape...)
	return w.turn(w.constant(i, full...), toFirst)
}

// concatenation is CONCATENATION.
func concatenation(w *writer) {
	rank := int64(len(w.made()))
	axis := w.axis(w.o.options.number(0, 0), rank)
	channels := rank == 4
	for _, i := range w.o.in {
		if i < 0 {
			w.failf("joins a tensor that isn't there")
			return
		}
		channels = channels && len(w.n.tensors[i].shape) == 4
	}
	var parts []graph.Value
	for _, i := range w.o.in {
		if channels {
			parts = append(parts, w.first(i))
		} else {
			parts = append(parts, w.plain(i))
		}
	}
	if channels {
		axis = turned(axis)
	}
	v := w.op("Concat", channels, map[string]any{"axis": axis}, parts...)
	w.gives(w.activated(v, w.o.options.small(1)), channels)
}

// axis counts from the front.
func (w *writer) axis(a, rank int64) int64 {
	if a < 0 {
		a += rank
	}
	if a < 0 || a >= rank {
		w.failf("works along dimension %d of %d", a, rank)
		return 0
	}
	return a
}

// turned is where a dimension of a picture stands with the channels first.
func turned(axis int64) int64 { return int64(slices.Index(toFirst, axis)) }

// pad is PAD and PADV2: zeros, or the number that is read third.
func pad(w *writer) {
	fill := w.b.Scalar(0)
	if w.in(2) >= 0 {
		fill = w.b.Op("Reshape", w.path, graph.Float32, []graph.Dim{}, nil, w.constant(w.in(2), 1), w.b.Ints())
	}
	w.padded("constant", fill)
}

// mirrorPad is MIRROR_PAD: without the edge (REFLECT), or with it twice (SYMMETRIC), which ONNX
// has not.
func mirrorPad(w *writer) {
	if w.o.options.small(0) != 0 {
		w.failf("repeats the edge, which is not read")
	}
	w.padded("reflect")
}

func (w *writer) padded(mode string, fill ...graph.Value) {
	rank := len(w.made())
	by := w.ints(1, 2*rank)
	x, channels := w.either(0)
	pads := make([]int64, 2*rank)
	for i := range rank {
		at := i
		if channels {
			at = int(turned(int64(i)))
		}
		pads[at], pads[at+rank] = by[2*i], by[2*i+1]
	}
	w.gives(w.op("Pad", channels, map[string]any{"mode": mode}, append([]graph.Value{x, w.b.Ints(pads...)}, fill...)...), channels)
}

// reshape is RESHAPE, SQUEEZE and EXPAND_DIMS: the shape of what is made says all.
func reshape(w *writer) {
	w.gives(w.op("Reshape", false, nil, w.plain(w.in(0)), w.b.Ints(w.made()...)), false)
}

func transpose(w *writer) {
	rank := len(w.shape(0))
	perm := w.ints(1, rank)
	for i := range rank {
		if !slices.Contains(perm, int64(i)) {
			w.failf("orders %d dimensions by %v", rank, perm)
			return
		}
	}
	w.gives(w.op("Transpose", false, map[string]any{"perm": perm}, w.plain(w.in(0))), false)
}

// stridedSlice is STRIDED_SLICE: what the masks name begins and ends with the dimension.
func stridedSlice(w *writer) {
	shape, o := w.shape(0), w.o.options
	n := len(shape)
	from, to, step := w.ints(1, n), w.ints(2, n), w.ints(3, n)
	if o.number(2, 0) != 0 || o.number(3, 0) != 0 || o.small(5) != 0 {
		w.failf("slices by an ellipsis, a new dimension or an offset, which are not read")
	}
	for i := range n {
		bit := int64(1) << i
		if step[i] == 0 {
			w.failf("slices by steps of 0")
		}
		if o.number(0, 0)&bit != 0 {
			from[i] = map[bool]int64{true: 0, false: math.MaxInt32}[step[i] > 0]
		}
		if o.number(1, 0)&bit != 0 {
			to[i] = map[bool]int64{true: math.MaxInt32, false: math.MinInt32}[step[i] > 0]
		}
		if o.number(4, 0)&bit != 0 { // one place, and the dimension goes
			if step[i] = 1; from[i] < 0 {
				from[i] += shape[i]
			}
			to[i] = from[i] + 1
		}
	}
	w.sliced(from, to, step)
}

// slice is SLICE: from, and how many; -1: all.
func slice(w *writer) {
	n := len(w.shape(0))
	from, size := w.ints(1, n), w.ints(2, n)
	to, step := make([]int64, n), slices.Repeat([]int64{1}, n)
	for i := range n {
		if to[i] = from[i] + size[i]; size[i] < 0 {
			to[i] = math.MaxInt32
		}
	}
	w.sliced(from, to, step)
}

func (w *writer) sliced(from, to, step []int64) {
	if w.err != nil {
		return
	}
	axes := make([]int64, len(from))
	for i := range axes {
		axes[i] = int64(i)
	}
	v := w.b.Op("Slice", w.path, graph.Float32, nil, nil, w.plain(w.in(0)), w.b.Ints(from...), w.b.Ints(to...), w.b.Ints(axes...), w.b.Ints(step...))
	w.gives(w.op("Reshape", false, nil, v, w.b.Ints(w.made()...)), false)
}

// split is SPLIT: equal parts along a dimension, as many as are made.
func split(w *writer) {
	x := w.in(1)
	shape := w.shape(1)
	axis := w.axis(w.ints(0, 1)[0], int64(len(shape)))
	n := int64(len(w.o.out))
	if w.err != nil || shape[axis]%n != 0 {
		w.failf("divides %v into %d equal parts", shape, n)
		return
	}
	v, part := w.plain(x), shape[axis]/n
	for i, out := range w.o.out {
		at := int64(i) * part
		w.values[out].last = w.b.Op("Slice", w.path, graph.Float32, dims(w.n.tensors[out].shape), nil, v, w.b.Ints(at), w.b.Ints(at+part), w.b.Ints(axis))
	}
}

// reducing is an operator that makes one number along dimensions: MEAN, SUM …
func reducing(op string) row {
	return row{2, func(w *writer) {
		shape := w.shape(0)
		axes := slices.Clone(w.ints(1, -1))
		for i, a := range axes {
			axes[i] = w.axis(a, int64(len(shape)))
		}
		x, channels := w.either(0)
		keep := w.o.options.small(0) != 0 && len(w.made()) == len(shape)
		if channels {
			if !keep && !(len(axes) == 2 && slices.Contains(axes, 1) && slices.Contains(axes, 2)) { // what is left stands in another order
				x, channels = w.plain(w.in(0)), false
			}
		}
		if channels {
			for i, a := range axes {
				axes[i] = turned(a)
			}
		}
		kept := map[bool]int64{true: 1}[keep]
		w.gives(w.op(op, channels, map[string]any{"keepdims": kept}, x, w.b.Ints(axes...)), channels && keep)
	}}
}

// dequantize is DEQUANTIZE: weights of fp16 stay as they are, for the graph to widen.
func dequantize(w *writer) {
	if a := w.as[w.in(0)]; a != nil {
		w.as[w.o.out[0]] = a
		return
	}
	w.failf("computes in fewer bits than fp16, which is not read")
}

// densify is DENSIFY: a constant that lists only what isn't zero.
func densify(w *writer) {
	if w.as[w.in(0)] == nil {
		w.failf("fills up what is no constant")
	}
	w.as[w.o.out[0]] = w.as[w.in(0)]
}

// cast is CAST, between kinds of numbers that all become fp32 here.
func cast(w *writer) {
	kind := stored[w.n.tensors[w.o.out[0]].kind]
	if from := stored[w.n.tensors[w.in(0)].kind]; kind != graph.Float32 || from != graph.Float32 && from != graph.Float16 {
		w.failf("turns %s into %s, which is not read", from, kind)
		return
	}
	x, channels := w.either(0)
	w.gives(x, channels)
}
