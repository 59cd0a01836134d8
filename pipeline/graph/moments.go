package graph

// A GroupNorm looks at the whole picture at once. Where a picture goes through a network
// in parts, the two halves of the norm come apart: what it measures, and what it applies.

// Moments are what a GroupNorm of x measures: the means of its groups and the inverses of
// their deviations, each [1, groups], for a batch of one. Places count by weight [1,1,h,w],
// as large as x and of mean 1.
func (b *Builder) Moments(path string, x, weight Value, groups int64, eps float32) (mean, scale Value) {
	if c := b.channels(path, x, 1); groups < 1 || c%groups != 0 {
		b.Failf("%s: %d channels in %d groups, want a multiple", path, c, groups)
		return x, x
	}
	one := []Dim{Fixed(1), Fixed(groups), Fixed(1)}
	average := func(v Value) Value {
		return b.Op("ReduceMean", path, Float32, one, nil, b.grouped(path, b.Mul(path, v, weight), groups), b.Ints(2))
	}
	mean = average(x)
	flat := b.grouped(path, x, groups)
	rest := b.Op("Sub", path, Float32, flat.Shape, nil, flat, mean)
	variance := average(b.Op("Reshape", path, Float32, x.Shape, nil, b.Mul(path, rest, rest), b.Sizes(x, 0, 4)))
	scale = b.Op("Reciprocal", path, Float32, one, nil, b.Op("Sqrt", path, Float32, one, nil, b.Add(path, variance, b.Scalar(eps))))
	row := func(v Value) Value {
		return b.Op("Reshape", path, Float32, []Dim{Fixed(1), Fixed(groups)}, nil, v, b.Ints(1, groups))
	}
	return row(mean), row(scale)
}

// GroupNormBy is GroupNorm by given moments, each [1, groups]. Gain, offset and moments
// become one factor and one summand a channel.
func (b *Builder) GroupNormBy(path string, x, mean, scale Value, groups int64) Value {
	c := b.channels(path, x, 1)
	if groups < 1 || c%groups != 0 {
		b.Failf("%s: %d channels in %d groups, want a multiple", path, c, groups)
		return x
	}
	column := func(v Value) Value {
		return b.Op("Reshape", path, Float32, []Dim{Fixed(groups), Fixed(1)}, nil, v, b.Ints(groups, 1))
	}
	spread := []Dim{Fixed(groups), Fixed(c / groups)}
	factor := b.Op("Mul", path, Float32, spread, nil, b.Weight(path+".weight", groups, c/groups), column(scale))
	shift := b.Op("Mul", path, Float32, spread, nil, factor, column(mean))
	summand := b.Op("Sub", path, Float32, spread, nil, b.Weight(path+".bias", groups, c/groups), shift)
	channel := func(v Value) Value {
		return b.Op("Reshape", path, Float32, []Dim{Fixed(c), Fixed(1), Fixed(1)}, nil, v, b.Ints(c, 1, 1))
	}
	return b.Add(path, b.Mul(path, x, channel(factor)), channel(summand))
}
