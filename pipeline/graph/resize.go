package graph

import (
	"fmt"
	"maps"
	"math"
	"strings"
)

// resizes are the ways to resize a picture, as PyTorch names and computes them: half a pixel is
// half a pixel, sides are continued by their last pixel, nothing is smoothed before it shrinks.
var resizes = map[string]map[string]any{
	"bicubic":       {"mode": "cubic", "cubic_coeff_a": float32(-0.75), "coordinate_transformation_mode": "half_pixel"},
	"bilinear":      {"mode": "linear", "coordinate_transformation_mode": "half_pixel"},
	"nearest-exact": {"mode": "nearest", "coordinate_transformation_mode": "half_pixel", "nearest_mode": "round_prefer_ceil"},
}

// Resize makes x as high and wide as like, by a way of PyTorch's: bicubic, bilinear,
// nearest-exact, area, or by ComfyUI's bislerp. Where it is so already nothing changes.
func (b *Builder) Resize(path string, x, like Value, how string) Value {
	sizes := b.Op("Concat", path, Int64, []Dim{Fixed(4)}, map[string]any{"axis": int64(0)}, b.Sizes(x, 0, 2), b.Sizes(like, 2, 4))
	return b.resize(path, x, sizes, []Dim{x.Shape[0], x.Shape[1], like.Shape[2], like.Shape[3]}, how)
}

// Shrink divides height and width by by [1], a number from 1 on; halves of pixels go to the even size.
func (b *Builder) Shrink(path string, x, by Value, how string) Value {
	two := []Dim{Fixed(2)}
	sides := b.Cast(b.Sizes(x, 2, 4), Float32)
	part := b.Op("Mul", path, Float32, two, nil, sides, b.Op("Reciprocal", path, Float32, []Dim{Fixed(1)}, nil, by))
	whole := b.Op("Max", path, Float32, two, nil, b.Op("Round", path, Float32, two, nil, part), b.Scalar(1))
	sizes := b.Op("Concat", path, Int64, []Dim{Fixed(4)}, map[string]any{"axis": int64(0)}, b.Sizes(x, 0, 2), b.Cast(whole, Int64))
	out := []Dim{x.Shape[0], x.Shape[1], Named(x.Shape[2].Name + " shrunk"), Named(x.Shape[3].Name + " shrunk")}
	return b.resize(path, x, sizes, out, how)
}

func (b *Builder) resize(path string, x, sizes Value, out []Dim, how string) Value {
	switch {
	case how == "area":
		return b.area(path, x, sizes, out)
	case how == "bislerp":
		return b.bislerp(path, x, sizes, out)
	case resizes[how] == nil:
		b.Failf("%s: resizing by %q: unknown", path, how)
		return x
	}
	return b.Op("Resize", path, Float32, out, resizes[how], x, Value{}, Value{}, sizes)
}

// Enlarge makes a picture by times as high and wide: bicubic, bilinear or nearest-exact as PyTorch does, the first two also
// with "-aa" for smoothed. by is a power of two.
func (b *Builder) Enlarge(path string, x Value, by int, how string) Value {
	return b.scaled(path, x, float32(by), fmt.Sprint("*", by), how)
}

// Reduce makes it by times as small, by the same ways, or by the mean or the maximum of the places that one covers ("mean",
// "max"). Height and width are multiples of by.
func (b *Builder) Reduce(path string, x Value, by int, how string) Value {
	op := map[string]string{"mean": "AveragePool", "max": "MaxPool"}[how]
	name := fmt.Sprint("/", by)
	if op == "" {
		return b.scaled(path, x, 1/float32(by), name, how)
	}
	side := []int64{int64(by), int64(by)}
	return b.Op(op, path, Float32, sides(x, name), map[string]any{"kernel_shape": side, "strides": side}, x)
}

// sides is the shape of x with sides of other names.
func sides(x Value, name string) []Dim {
	return []Dim{x.Shape[0], x.Shape[1], Named(x.Shape[2].Name + name), Named(x.Shape[3].Name + name)}
}

func (b *Builder) scaled(path string, x Value, by float32, name, how string) Value {
	plain, smooth := strings.CutSuffix(how, "-aa")
	attrs := maps.Clone(resizes[plain])
	if attrs == nil || smooth && plain == "nearest-exact" {
		b.Failf("%s: resizing by %q: unknown", path, how)
		return x
	}
	if smooth {
		attrs["antialias"] = int64(1)
		if plain == "bicubic" {
			attrs["cubic_coeff_a"], attrs["exclude_outside"] = float32(-0.5), int64(1)
		}
	}
	scales := b.constant(fmt.Sprint("scales ", by), Float32, floats(1, 1, by, by), 4)
	resize := func(x Value) Value { return b.Op("Resize", path, Float32, sides(x, name), attrs, x, Value{}, scales) }
	if smooth && plain == "bilinear" && by < 1 {
		return b.leftOut(path, x, int64(math.Round(1/float64(by))), resize)
	}
	return resize(x)
}

// leftOut makes x by times as small by a mean that leaves out what lies beyond its sides, as PyTorch's does. ONNX Runtime repeats
// the sides there, and leaves out for bicubic ways alone (exclude_outside): so zeros stand around x, and the shares that they have are divided away.
func (b *Builder) leftOut(path string, x Value, by int64, mean func(Value) Value) Value {
	round := func(x Value) Value {
		wide := b.Op("Pad", path, Float32, sides(x, " padded"), nil, x, b.Ints(0, 0, by, by, 0, 0, by, by))
		small := mean(wide)
		return b.Op("Slice", path, Float32, small.Shape, nil, small, b.Ints(1, 1), b.Ints(-1, -1), b.Ints(2, 3))
	}
	size := b.Op("Concat", path, Int64, []Dim{Fixed(4)}, map[string]any{"axis": int64(0)}, b.Ints(1, 1), b.Sizes(x, 2, 4))
	ones := b.Op("Expand", path, Float32, []Dim{Fixed(1), Fixed(1), x.Shape[2], x.Shape[3]}, nil, b.Scalar(1), size)
	out := round(x)
	return b.Op("Div", path, Float32, out.Shape, nil, out, round(ones))
}

// Scores are the shares of an attention, [B,heads,n,m]: of each of n rows of q the shares that
// m rows of k have in what it mixes.
func (b *Builder) Scores(path string, q, k Value, heads int64) Value {
	size := Fixed(b.channels(path, q, 1) / heads)
	apart := func(v Value, rows string, perm ...int64) Value {
		by := []Dim{Named("batch"), Named(rows), Fixed(heads), size}
		split := b.Op("Reshape", path, Float32, by, nil, b.Deep(path, v), b.Ints(0, 0, heads, -1))
		return b.Op("Transpose", path, Float32, []Dim{by[perm[0]], by[perm[1]], by[perm[2]], by[perm[3]]}, map[string]any{"perm": perm}, split)
	}
	from, to := apart(q, "query", 0, 2, 1, 3), apart(k, "key", 0, 2, 3, 1)
	square := []Dim{Named("batch"), Fixed(heads), Named("query"), Named("key")}
	from = b.Mul(path, from, b.Scalar(float32(1/math.Sqrt(float64(size.Fixed)))))
	return b.Op("Softmax", path, Float32, square, map[string]any{"axis": int64(-1)}, b.Op("MatMul", path, Float32, square, nil, from, to))
}

// Turns are the places along an axis of a picture, as angles of one turn in all: along the height
// [h,1], along the width [1,w]. many [1] is 1, or 0 where there is one place only.
func (b *Builder) Turns(path string, x Value, axis int64) (angles, many Value) {
	count := b.Sizes(x, axis, axis+1)
	float := b.Cast(count, Float32)
	scalar := b.Op("Reshape", path, Float32, []Dim{}, nil, float, b.Ints())
	name := fmt.Sprintf("along %d", axis)
	places := b.Op("Range", path, Float32, []Dim{Named(name)}, nil, b.Scalar(0), scalar, b.Scalar(1))
	angles = b.Op("Mul", path, Float32, []Dim{Named(name)}, nil, b.Op("Div", path, Float32, []Dim{Named(name)}, nil, places, float), b.Scalar(2*math.Pi))
	shape, dims := []int64{-1, 1}, []Dim{Named(name), Fixed(1)}
	if axis == 3 {
		shape, dims = []int64{1, -1}, []Dim{Fixed(1), Named(name)}
	}
	angles = b.Op("Reshape", path, Float32, dims, nil, angles, b.Ints(shape...))
	return angles, b.Op("Min", path, Float32, []Dim{Fixed(1)}, nil, b.Op("Sub", path, Float32, []Dim{Fixed(1)}, nil, float, b.Scalar(1)), b.Scalar(1))
}
