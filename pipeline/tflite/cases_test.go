package tflite

import (
	"math"
	"slices"
)

// instance is one operator, what it reads and what it must make, by hand.
type instance struct {
	name   string
	code   int32
	o      fields
	shape  []int32   // of what is read
	x      []float32 // nil: 1, 2, 3 …
	others []tensorSpec
	in     []int32 // what is read, in order: 0 is x, then the others; nil: all
	out    []int32 // shape
	want   []float32
	custom string
	raw    []byte
}

// model is the operator alone, or behind one that has the picture's channels turned to the front.
func (c instance) model(behind bool) []byte {
	tensors := append([]tensorSpec{{shape: c.shape}}, c.others...)
	s := step{code: c.code, custom: c.custom, raw: c.raw, o: c.o, in: slices.Clone(c.in), out: []int32{int32(len(tensors))}}
	if s.in == nil {
		for i := range tensors {
			s.in = append(s.in, int32(i))
		}
	}
	tensors = append(tensors, tensorSpec{shape: c.out})
	steps := []step{s}
	if behind {
		turned := int32(len(tensors))
		tensors = append(tensors, tensorSpec{shape: c.shape})
		for i, k := range s.in {
			if k == 0 {
				s.in[i] = turned
			}
		}
		steps = []step{{code: 17, o: fields{0: uint8(1), 1: int32(1), 2: int32(1), 3: int32(1), 4: int32(1)}, in: []int32{0}, out: []int32{turned}}, s}
	}
	return modelOf(tensors, steps, []int32{0}, s.out)
}

// counted are 1, 2, 3 … as many as a shape has places.
func counted(shape ...int32) []float32 {
	n := int32(1)
	for _, d := range shape {
		n *= d
	}
	v := make([]float32, n)
	for i := range v {
		v[i] = float32(i + 1)
	}
	return v
}

func constants(shape []int32, v ...float32) []tensorSpec {
	return []tensorSpec{{shape: shape, bytes: floats(v...)}}
}

func numbers(v ...int32) tensorSpec {
	return tensorSpec{shape: []int32{int32(len(v))}, kind: 2, bytes: whole(v...)}
}

// each is a function of every number by itself.
func each(name string, code int32, o fields, f func(x float64) float64, x ...float32) instance {
	c := instance{name: name, code: code, o: o, shape: []int32{1, 2, 1, int32(len(x)) / 2}, x: x, out: []int32{1, 2, 1, int32(len(x)) / 2}}
	for _, v := range x {
		c.want = append(c.want, float32(f(float64(v))))
	}
	return c
}

func bits(f float32) uint32 { return math.Float32bits(f) }

var (
	square8 = []int32{1, 2, 2, 2}
	line    = func(n int32) []int32 { return []int32{1, 1, n, 1} }
	field   = func(n int32) []int32 { return []int32{1, n, n, 1} }
	steps   = func(padding uint8, w, h int32, more fields) fields {
		o := fields{0: padding, 1: w, 2: h}
		for k, v := range more {
			o[k] = v
		}
		return o
	}
	threeOuter = []float32{1, 10, 100, 10, 100, 1000, 100, 1000, 10000}
)

var cases = []instance{
	each("FLOOR", 8, nil, math.Floor, -1.5, 0.2, 2.7, 3), each("LOGISTIC", 14, nil, func(x float64) float64 { return 1 / (1 + math.Exp(-x)) }, -2, 0, 1, 3),
	each("RELU", 19, nil, func(x float64) float64 { return max(x, 0) }, -2, 0, 1, 3), each("TANH", 28, nil, math.Tanh, -2, 0, 1, 3), each("EXP", 47, nil, math.Exp, -2, 0, 1, 3),
	each("NEG", 59, nil, func(x float64) float64 { return -x }, -2, 0, 1, 3), each("LOG", 73, nil, math.Log, 1, 2, 3, 4), each("SQRT", 75, nil, math.Sqrt, 1, 2, 3, 4),
	each("ABS", 101, nil, math.Abs, -2, 0, 1, 3), each("CEIL", 104, nil, math.Ceil, -1.5, 0.2, 2.7, 3), each("ROUND", 116, nil, math.RoundToEven, -1.2, 0.2, 2.7, 2.5),
	each("RELU_N1_TO_1", 20, nil, func(x float64) float64 { return min(max(x, -1), 1) }, -2, 0, 0.5, 3), each("RELU6", 21, nil, func(x float64) float64 { return min(max(x, 0), 6) }, -2, 0, 5, 7),
	each("RSQRT", 76, nil, func(x float64) float64 { return 1 / math.Sqrt(x) }, 1, 2, 3, 4), each("SQUARE", 92, nil, func(x float64) float64 { return x * x }, -1, 2, 3, 4),
	each("LEAKY_RELU", 98, fields{0: bits(0.5)}, func(x float64) float64 { return max(x, x/2) }, -1, 2, -3, 4),
	each("HARD_SWISH", 117, nil, func(x float64) float64 { return x * min(max(x+3, 0), 6) / 6 }, -4, -1, 2, 5), each("CAST", 53, nil, func(x float64) float64 { return x }, -4, -1, 2, 5),
	{name: "ADD, a channel each, to 6", code: 0, o: fields{0: uint8(3)}, shape: square8, others: constants([]int32{2}, 1, -4), out: square8, want: []float32{2, 0, 4, 0, 6, 2, 6, 4}},
	{name: "ADD, a tensor and itself", code: 0, shape: square8, in: []int32{0, 0}, out: square8, want: []float32{2, 4, 6, 8, 10, 12, 14, 16}},
	{name: "ADD, 8 bits", code: 0, shape: square8, others: []tensorSpec{{shape: []int32{2}, kind: 9, bytes: []byte{0xff, 4}, scale: []float32{0.5, 2}, zero: []int64{0, 1}}}, out: square8, want: []float32{0.5, 8, 2.5, 10, 4.5, 12, 6.5, 14}},
	{name: "MUL, by one number, at least 0", code: 18, o: fields{0: uint8(1)}, shape: square8, x: []float32{-1, 2, -3, 4, -5, 6, -7, 8}, others: constants([]int32{}, 2), out: square8, want: []float32{0, 4, 0, 8, 0, 12, 0, 16}},
	{name: "SUB, rank 4", code: 41, shape: square8, others: constants([]int32{1, 1, 1, 2}, 1, 2), out: square8, want: []float32{0, 0, 2, 2, 4, 4, 6, 6}},
	{name: "SUB, the constant first", code: 41, shape: square8, others: constants([]int32{2}, 1, 2), in: []int32{1, 0}, out: square8, want: []float32{0, 0, -2, -2, -4, -4, -6, -6}},
	{name: "DIV, rank 2", code: 42, shape: square8, others: constants([]int32{2, 2}, 1, 2, 2, 4), out: square8, want: []float32{1, 1, 1.5, 1, 5, 3, 3.5, 2}},
	{name: "MAXIMUM", code: 55, shape: square8, others: constants([]int32{1}, 4), out: square8, want: []float32{4, 4, 4, 4, 5, 6, 7, 8}},
	{name: "MINIMUM", code: 57, shape: square8, others: constants([]int32{1}, 4), out: square8, want: []float32{1, 2, 3, 4, 4, 4, 4, 4}},
	{name: "POW", code: 78, shape: square8, others: constants([]int32{2}, 1, 2), out: square8, want: []float32{1, 4, 3, 16, 5, 36, 7, 64}},
	{name: "SQUARED_DIFFERENCE", code: 99, shape: square8, others: constants([]int32{1}, 3), out: square8, want: []float32{4, 1, 0, 1, 4, 9, 16, 25}},
	{name: "SOFTMAX", code: 25, o: fields{0: bits(2)}, shape: []int32{1, 1, 2, 2}, out: []int32{1, 1, 2, 2}, want: []float32{0.119203, 0.880797, 0.119203, 0.880797}},
	{name: "PRELU", code: 54, shape: square8, x: []float32{-1, -2, 3, -4, -5, 6, 7, 8}, others: constants([]int32{1, 1, 2}, 0.5, 0.25), out: square8, want: []float32{-0.5, -0.5, 3, -1, -2.5, 6, 7, 8}},
	{name: "L2_NORMALIZATION", code: 11, shape: []int32{1, 1, 2, 2}, x: []float32{3, 4, 0, -2}, out: []int32{1, 1, 2, 2}, want: []float32{0.6, 0.8, 0, -1}},
	{name: "AVERAGE_POOL_2D, SAME", code: 1, o: steps(0, 2, 2, fields{3: int32(2), 4: int32(2)}), shape: field(3), out: field(2), want: []float32{3, 4.5, 7.5, 9}},
	{name: "MAX_POOL_2D, VALID", code: 17, o: steps(1, 1, 1, fields{3: int32(2), 4: int32(2)}), shape: field(3), out: field(2), want: []float32{5, 6, 8, 9}},
	{name: "MAX_POOL_2D, wide", code: 17, o: steps(1, 1, 1, fields{3: int32(3), 4: int32(1)}), shape: field(3), out: []int32{1, 3, 1, 1}, want: []float32{3, 6, 9}},
	{name: "CONV_2D, SAME by steps of 2", code: 3, o: steps(0, 2, 2, nil), shape: field(4), others: append(constants([]int32{1, 3, 3, 1}, repeated(9, 1)...), constants([]int32{1}, 1)...), out: field(2), want: []float32{55, 46, 73, 55}},
	{name: "CONV_2D, spread", code: 3, o: steps(1, 1, 1, fields{4: int32(2), 5: int32(2)}), shape: field(3), others: constants([]int32{1, 2, 2, 1}, 1, 2, 3, 4), out: field(1), want: []float32{1 + 6 + 21 + 36}},
	{name: "CONV_2D, channels, at least 0", code: 3, o: steps(1, 1, 1, fields{3: uint8(1)}), shape: []int32{1, 1, 2, 2}, others: constants([]int32{3, 1, 1, 2}, 1, 0, 0, -1, 1, 1), out: []int32{1, 1, 2, 3}, want: []float32{1, 0, 3, 3, 0, 7}},
	{name: "CONV_2D, steps down only", code: 3, o: steps(1, 1, 2, nil), shape: field(3), others: constants([]int32{1, 1, 1, 1}, 1), in: []int32{0, 1, -1}, out: []int32{1, 2, 3, 1}, want: []float32{1, 2, 3, 7, 8, 9}},
	{name: "CONV_2D, groups", code: 3, o: steps(1, 1, 1, nil), shape: []int32{1, 1, 1, 4}, others: constants([]int32{2, 1, 1, 2}, 1, 10, 100, 1000), out: []int32{1, 1, 1, 2}, want: []float32{21, 4300}},
	{name: "DEPTHWISE_CONV_2D, two of one", code: 4, o: steps(1, 1, 1, fields{3: int32(2)}), shape: []int32{1, 1, 1, 2}, x: []float32{3, 5}, others: constants([]int32{1, 1, 1, 4}, 1, 2, 10, 20), out: []int32{1, 1, 1, 4}, want: []float32{3, 6, 50, 100}},
	{name: "DEPTHWISE_CONV_2D", code: 4, o: steps(1, 1, 1, fields{3: int32(1), 4: uint8(3)}), shape: square8, x: []float32{0, 0, 0, 0.1, 1, 0, 0, 0.2}, others: constants(square8, 1, 2, 3, 4, 5, 6, 7, 8), out: []int32{1, 1, 1, 2}, want: []float32{5, 2}},
	{name: "FULLY_CONNECTED", code: 9, shape: square8, others: append(constants([]int32{2, 8}, 1, 1, 1, 1, 1, 1, 1, 1, 1, -1, 1, -1, 1, -1, 1, -1), constants([]int32{2}, 0, 1)...), out: []int32{1, 2}, want: []float32{36, -3}},
	{name: "TRANSPOSE_CONV", code: 67, o: steps(0, 2, 2, nil), shape: field(2), others: []tensorSpec{numbers(1, 4, 4, 1), constants(field(2), 1, 2, 3, 4)[0]}, in: []int32{1, 2, 0}, out: field(4),
		want: []float32{1, 2, 2, 4, 3, 4, 6, 8, 3, 6, 4, 8, 9, 12, 12, 16}},
	{name: "TRANSPOSE_CONV, cut", code: 67, o: steps(0, 2, 2, nil), shape: field(2), x: repeated(4, 1), others: []tensorSpec{numbers(1, 4, 4, 1), constants(field(3), threeOuter...)[0]}, in: []int32{1, 2, 0}, out: field(4),
		want: []float32{1, 10, 101, 10, 10, 100, 1010, 100, 101, 1010, 10201, 1010, 10, 100, 1010, 100}},
	{name: "Convolution2DTransposeBias", code: 32, custom: "Convolution2DTransposeBias", raw: whole(1, 2, 2), shape: field(2), others: append(constants([]int32{2, 2, 2, 1}, 1, 2, 3, 4, 0, 0, 0, 0), constants([]int32{2}, 1, 7)...), out: []int32{1, 4, 4, 2},
		want: []float32{2, 7, 3, 7, 3, 7, 5, 7, 4, 7, 5, 7, 7, 7, 9, 7, 4, 7, 7, 7, 5, 7, 9, 7, 10, 7, 13, 7, 13, 7, 17, 7}},
	{name: "RESIZE_BILINEAR", code: 23, shape: line(2), x: []float32{0, 1}, others: []tensorSpec{numbers(1, 4)}, out: line(4), want: []float32{0, 0.5, 1, 1}},
	{name: "RESIZE_BILINEAR, centres", code: 23, o: fields{3: uint8(1)}, shape: line(2), x: []float32{0, 1}, others: []tensorSpec{numbers(1, 4)}, out: line(4), want: []float32{0, 0.25, 0.75, 1}},
	{name: "RESIZE_BILINEAR, corners", code: 23, o: fields{2: uint8(1)}, shape: line(2), x: []float32{0, 3}, others: []tensorSpec{numbers(1, 4)}, out: line(4), want: []float32{0, 1, 2, 3}},
	{name: "RESIZE_NEAREST_NEIGHBOR", code: 97, shape: line(3), others: []tensorSpec{numbers(1, 2)}, out: line(2), want: []float32{1, 2}},
	{name: "RESIZE_NEAREST_NEIGHBOR, centres", code: 97, o: fields{1: uint8(1)}, shape: line(3), others: []tensorSpec{numbers(1, 2)}, out: line(2), want: []float32{1, 3}},
	{name: "RESIZE_NEAREST_NEIGHBOR, corners", code: 97, o: fields{0: uint8(1)}, shape: line(3), others: []tensorSpec{numbers(1, 5)}, out: line(5), want: []float32{1, 2, 2, 3, 3}},
	{name: "DEPTH_TO_SPACE", code: 5, o: fields{0: int32(2)}, shape: []int32{1, 1, 1, 8}, out: square8, want: counted(8)},
	{name: "SPACE_TO_DEPTH", code: 26, o: fields{0: int32(2)}, shape: square8, out: []int32{1, 1, 1, 8}, want: counted(8)},
	{name: "CONCATENATION, channels", code: 2, o: fields{0: int32(-1)}, shape: []int32{1, 1, 2, 2}, in: []int32{0, 0}, out: []int32{1, 1, 2, 4}, want: []float32{1, 2, 1, 2, 3, 4, 3, 4}},
	{name: "CONCATENATION, heights", code: 2, o: fields{0: int32(1), 1: uint8(3)}, shape: []int32{1, 1, 2, 2}, others: constants([]int32{1, 1, 2, 2}, 5, 6, 7, 8), out: square8, want: []float32{1, 2, 3, 4, 5, 6, 6, 6}},
	{name: "CONCATENATION, rank 2", code: 2, o: fields{0: int32(1)}, shape: []int32{2, 1}, in: []int32{0, 0}, out: []int32{2, 2}, want: []float32{1, 1, 2, 2}},
	{name: "PAD", code: 34, shape: []int32{1, 1, 1, 2}, others: []tensorSpec{numbers(0, 0, 1, 0, 0, 0, 0, 1)}, out: []int32{1, 2, 1, 3}, want: []float32{0, 0, 0, 1, 2, 0}},
	{name: "PADV2", code: 60, shape: []int32{1, 1, 1, 2}, others: []tensorSpec{numbers(0, 0, 1, 0, 0, 0, 0, 1), constants([]int32{1}, 9)[0]}, out: []int32{1, 2, 1, 3}, want: []float32{9, 9, 9, 1, 2, 9}},
	{name: "MIRROR_PAD", code: 100, shape: line(3), others: []tensorSpec{numbers(0, 0, 0, 0, 1, 1, 0, 0)}, out: line(5), want: []float32{2, 1, 2, 3, 2}},
	{name: "RESHAPE", code: 22, shape: square8, in: []int32{0}, out: []int32{2, 4}, want: counted(8)},
	{name: "SQUEEZE", code: 43, shape: []int32{1, 1, 2, 2}, out: []int32{2, 2}, want: counted(4)},
	{name: "EXPAND_DIMS", code: 70, shape: []int32{2, 2}, others: []tensorSpec{numbers(0)}, out: []int32{1, 2, 2}, want: counted(4)},
	{name: "TRANSPOSE", code: 39, shape: square8, others: []tensorSpec{numbers(0, 2, 1, 3)}, out: square8, want: []float32{1, 2, 5, 6, 3, 4, 7, 8}},
	{name: "STRIDED_SLICE, one place", code: 45, o: fields{4: int32(2 + 8)}, shape: square8, others: []tensorSpec{numbers(0, -1, 0, 1), numbers(1, 0, 1, 2), numbers(1, 1, 1, 1)}, out: []int32{1, 1}, want: []float32{6}},
	{name: "STRIDED_SLICE, backwards", code: 45, o: fields{0: int32(15), 1: int32(15)}, shape: square8, others: []tensorSpec{numbers(0, 0, 0, 0), numbers(0, 0, 0, 0), numbers(1, 1, -1, 1)}, out: square8, want: []float32{3, 4, 1, 2, 7, 8, 5, 6}},
	{name: "SLICE", code: 65, shape: square8, others: []tensorSpec{numbers(0, 0, 1, 0), numbers(-1, -1, 1, -1)}, out: []int32{1, 2, 1, 2}, want: []float32{3, 4, 7, 8}},
	{name: "SPLIT", code: 49, shape: []int32{1, 1, 2, 1}, others: []tensorSpec{numbers(2)}, in: []int32{1, 0}, out: []int32{1, 1, 2, 1}, want: counted(2)},
	{name: "MEAN, of a picture", code: 40, o: fields{0: uint8(1)}, shape: square8, others: []tensorSpec{numbers(1, 2)}, out: []int32{1, 1, 1, 2}, want: []float32{4, 5}},
	{name: "MEAN, gone", code: 40, shape: square8, others: []tensorSpec{numbers(1, 2)}, out: []int32{1, 2}, want: []float32{4, 5}},
	{name: "SUM, of heights", code: 74, shape: square8, others: []tensorSpec{numbers(1)}, out: []int32{1, 2, 2}, want: []float32{6, 8, 10, 12}},
	{name: "REDUCE_MAX, of channels", code: 82, o: fields{0: uint8(1)}, shape: square8, others: []tensorSpec{numbers(-1)}, out: []int32{1, 2, 2, 1}, want: []float32{2, 4, 6, 8}},
	{name: "REDUCE_MIN", code: 89, shape: square8, others: []tensorSpec{numbers(3)}, out: []int32{1, 2, 2}, want: []float32{1, 3, 5, 7}},
	{name: "REDUCE_PROD", code: 81, shape: square8, others: []tensorSpec{numbers(3)}, out: []int32{1, 2, 2}, want: []float32{2, 12, 30, 56}},
	{name: "sparse, in blocks", code: 0, shape: []int32{1, 1, 1, 4}, others: []tensorSpec{blocky}, in: []int32{0, 1}, out: []int32{1, 2, 1, 4}, want: []float32{1, 2, 3, 4, 1, 2, 13, 24}},
}

// blocky is [1,2,1,4] of 0 but for the last two numbers of the second row, 10 and 20: blocks of two
// along the last dimension, listed there.
var blocky = tensorSpec{shape: []int32{1, 2, 1, 4}, bytes: floats(10, 20), sparse: fields{0: []int32{0, 1, 2, 3, 4}, 1: []int32{3}, 2: []fields{
	{1: int32(1)}, {1: int32(2)}, {1: int32(1)},
	{0: uint8(1), 1: int32(2), 2: uint8(1), 3: fields{0: []int32{0, 0, 1}}, 4: uint8(2), 5: fields{0: []uint16{1}}}, {1: int32(2)},
}}}
