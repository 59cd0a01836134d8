package graph

// side is an axis of a picture that is resized, 2 the height and 3 the width: how long it was and is
// to be, as fp32 scalars and as a vector of whole numbers, and the dimensions that say so.
type side struct {
	axis     int64
	old, new Value
	was, is  Dim
}

// sides are those of x that is to have sizes, a vector of four, of which out says the same.
func (b *Builder) sides(path string, x, sizes Value, out []Dim) (height, width side) {
	at := func(axis int64) side {
		length := func(v Value) Value {
			return b.Op("Reshape", path, Float32, []Dim{}, nil, b.Cast(v, Float32), b.Ints())
		}
		is := b.Op("Slice", path, Int64, []Dim{Fixed(1)}, nil, sizes, b.Ints(axis), b.Ints(axis+1), b.Ints(0))
		return side{axis, length(b.Sizes(x, axis, axis+1)), length(is), x.Shape[axis], out[axis]}
	}
	return at(2), at(3)
}

// places are 0, 1, 2, … up to a length.
func (b *Builder) places(path string, length Value, is Dim) Value {
	return b.Op("Range", path, Float32, []Dim{is}, nil, b.Scalar(0), length, b.Scalar(1))
}

// binary is an operator of two values, of the shape of the first or as wide says.
func (b *Builder) binary(op, path string, x, y Value, wide ...Dim) Value {
	if wide == nil {
		wide = x.Shape
	}
	return b.Op(op, path, Float32, wide, nil, x, y)
}

func (b *Builder) unary(op, path string, x Value) Value {
	return b.Op(op, path, Float32, x.Shape, nil, x)
}

// area resizes as PyTorch does by "area": each pixel is the mean of those that it covers, whole
// ones (adaptive average pooling). Both axes are products with a matrix of shares.
func (b *Builder) area(path string, x, sizes Value, out []Dim) Value {
	height, width := b.sides(path, x, sizes, out)
	x = b.Op("MatMul", path, Float32, []Dim{x.Shape[0], x.Shape[1], out[2], x.Shape[3]}, nil, b.shares(path, height), x)
	turned := b.Op("Transpose", path, Float32, []Dim{width.was, width.is}, map[string]any{"perm": []int64{1, 0}}, b.shares(path, width))
	return b.Op("MatMul", path, Float32, out, nil, x, turned)
}

// shares is the matrix [new, old] of what each old place gives to each new one.
func (b *Builder) shares(path string, s side) Value {
	rows, table := []Dim{s.is, Fixed(1)}, []Dim{s.is, s.was}
	i := b.Op("Reshape", path, Float32, rows, nil, b.places(path, s.new, s.is), b.Ints(-1, 1))
	j := b.places(path, s.old, s.was)
	// New place i covers the old ones from ⌊i·old/new⌋ to before ⌈(i+1)·old/new⌉. Divided as floats these
	// are exact for all sides that memory has room for.
	border := func(round string, i Value) Value {
		return b.unary(round, path, b.binary("Div", path, b.binary("Mul", path, i, s.old), s.new))
	}
	from, to := border("Floor", i), border("Ceil", b.binary("Add", path, i, b.Scalar(1)))
	covered := b.binary("Sub", path, b.binary("Min", path, to, b.binary("Add", path, j, b.Scalar(1)), table...), b.binary("Max", path, from, j, table...))
	return b.binary("Div", path, b.binary("Max", path, covered, b.Scalar(0)), b.binary("Sub", path, to, from))
}

// bislerp resizes as ComfyUI does by that name: linearly along the width, then along the height,
// but what lies between two pixels is on the arc between them (Shoemake 1985), all channels
// together, and its length between theirs.
func (b *Builder) bislerp(path string, x, sizes Value, out []Dim) Value {
	height, width := b.sides(path, x, sizes, out)
	return b.slerp(path, b.slerp(path, x, width), height)
}

// slerp is bislerp along one axis.
func (b *Builder) slerp(path string, x Value, s side) Value {
	line := []Dim{s.is}
	at := b.binary("Add", path, b.places(path, s.new, s.is), b.Scalar(0.5))
	at = b.binary("Sub", path, b.binary("Mul", path, at, b.binary("Div", path, s.old, s.new)), b.Scalar(0.5))
	last := b.binary("Sub", path, s.old, b.Scalar(1))
	at = b.binary("Min", path, b.binary("Max", path, at, b.Scalar(0)), last)
	first := b.unary("Floor", path, at)
	share := b.Op("Reshape", path, Float32, line, nil, b.binary("Sub", path, at, first), b.Ints(-1))
	if s.axis == 2 {
		share = b.Op("Reshape", path, Float32, []Dim{s.is, Fixed(1)}, nil, share, b.Ints(-1, 1))
	}
	shape := append([]Dim{}, x.Shape...)
	shape[s.axis] = s.is
	gather := func(places Value) Value {
		return b.Op("Gather", path, Float32, shape, map[string]any{"axis": s.axis}, x, b.Cast(places, Int64))
	}
	one, two := gather(first), gather(b.binary("Min", path, b.binary("Add", path, first, b.Scalar(1)), last))
	return b.arc(path, one, two, share)
}

// arc is what lies between two pictures at a share of the way.
func (b *Builder) arc(path string, one, two, share Value) Value {
	plane := []Dim{one.Shape[0], Fixed(1), one.Shape[2], one.Shape[3]}
	over := func(x, y Value) Value { // the sum over the channels of a product
		return b.Op("ReduceSum", path, Float32, plane, nil, b.binary("Mul", path, x, y), b.Ints(1))
	}
	unit := func(v Value) (length, direction Value) {
		length = b.unary("Sqrt", path, over(v, v))
		return length, b.binary("Div", path, v, b.binary("Max", path, length, b.Scalar(1e-30)))
	}
	lengthOne, a := unit(one)
	lengthTwo, c := unit(two)
	cosine := over(a, c)
	angle := b.unary("Acos", path, b.binary("Min", path, b.binary("Max", path, cosine, b.Scalar(-nearly)), b.Scalar(nearly)))
	rest := b.binary("Sub", path, b.Scalar(1), share, share.Shape...)
	sine := func(share Value) Value {
		return b.binary("Div", path, b.unary("Sin", path, b.binary("Mul", path, angle, share)), b.unary("Sin", path, angle))
	}
	between := func(x, y Value) Value {
		return b.binary("Add", path, b.binary("Mul", path, x, rest), b.binary("Mul", path, y, share))
	}
	arc := b.binary("Add", path, b.binary("Mul", path, a, sine(rest)), b.binary("Mul", path, c, sine(share)))
	arc = b.binary("Mul", path, arc, between(lengthOne, lengthTwo))
	choose := func(op string, x, y, then, otherwise Value) Value {
		is := b.Op(op, path, Bool, x.Shape, nil, x, y)
		return b.Op("Where", path, Float32, one.Shape, nil, is, then, otherwise)
	}
	arc = choose("Less", cosine, b.Scalar(1e-5-1), between(one, two), arc) // opposite: there is no arc
	arc = choose("Greater", cosine, b.Scalar(1-1e-5), one, arc)            // the same
	return choose("Equal", share, b.Scalar(0), one, arc)                   // exactly
}

// nearly is a cosine beyond which there is no arc to compute.
const nearly = 1 - 1e-6
