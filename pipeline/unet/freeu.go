package unet

import (
	"math"

	"pentimento/pipeline/checkpoint"
	"pentimento/pipeline/graph"
)

// FreeU (Si et al. 2023, arXiv:2309.11497) acts where the way up joins what comes from below
// with what comes from the way down: half of the former's channels are multiplied by b, the
// lowest frequencies of the latter by s. In version 2 the multiplier follows the mean of the
// channels, from 1 where it is lowest to b where it is highest. Only the levels of four and of two
// times the network's channels change.

// freeU is FreeU at each join. Its numbers are an input.
func freeU(p *checkpoint.Part, version int) graph.Hook {
	numbers, stage := &shared{}, -1
	base := p.Tensors["input_blocks.0.0.weight"].Shape[0]
	joins, skips := map[string]bool{}, map[string]bool{}
	for k := range Skips(p) + 1 {
		joins[below(k)], skips[beside(k)] = true, true
	}
	return graph.Hook{Do: func(b *graph.Builder, at graph.Site, v graph.Value) graph.Value {
		switch {
		case joins[at.Name]:
			stage = -1
			for i, times := range []int64{4, 2} {
				if v.Shape[1].Fixed == times*base {
					stage = i
				}
			}
			if stage < 0 {
				return v
			}
			b.Full(func() { v = backbone(b, at.Name, v, number(b, numbers, stage), version) })
		case skips[at.Name] && stage >= 0:
			b.Full(func() { v = skipFilter(b, at.Name, v, number(b, numbers, 2+stage)) })
		}
		return v
	}}
}

// number is one of the four, [1].
func number(b *graph.Builder, numbers *shared, i int) graph.Value {
	all := numbers.in(b, freeUInput, graph.Fixed(4))
	return b.Op("Slice", "freeu", graph.Float32, []graph.Dim{graph.Fixed(1)}, nil, all, b.Ints(int64(i)), b.Ints(int64(i+1)), b.Ints(0))
}

// backbone multiplies the first half of the channels.
func backbone(b *graph.Builder, path string, h, by graph.Value, version int) graph.Value {
	half := h.Shape[1].Fixed / 2
	shape := []graph.Dim{h.Shape[0], graph.Fixed(half), h.Shape[2], h.Shape[3]}
	part := func(from, to int64) graph.Value {
		return b.Op("Slice", path, graph.Float32, shape, nil, h, b.Ints(from), b.Ints(to), b.Ints(1))
	}
	if version == 2 {
		one := []graph.Dim{h.Shape[0], graph.Fixed(1), h.Shape[2], h.Shape[3]}
		mean := b.Op("ReduceMean", path, graph.Float32, one, nil, h, b.Ints(1))
		point := []graph.Dim{h.Shape[0], graph.Fixed(1), graph.Fixed(1), graph.Fixed(1)}
		low := b.Op("ReduceMin", path, graph.Float32, point, nil, mean, b.Ints(2, 3))
		high := b.Op("ReduceMax", path, graph.Float32, point, nil, mean, b.Ints(2, 3))
		// Where the channels' mean is the same everywhere, as in a picture of one place, nothing is multiplied.
		most := b.Op("Max", path, graph.Float32, point, nil, b.Op("Sub", path, graph.Float32, point, nil, high, low), b.Scalar(math.SmallestNonzeroFloat32*(1<<24)))
		scaled := b.Op("Div", path, graph.Float32, one, nil, b.Op("Sub", path, graph.Float32, one, nil, mean, low), most)
		more := b.Op("Sub", path, graph.Float32, by.Shape, nil, by, b.Scalar(1))
		by = b.Add(path, b.Mul(path, scaled, more), b.Scalar(1))
	}
	return b.Op("Concat", path, graph.Float32, h.Shape, map[string]any{"axis": int64(1)}, b.Mul(path, part(0, half), by), part(half, 2*half))
}

// skipFilter multiplies by s the four components of the discrete Fourier transform whose
// frequencies are 0 or −1 along both axes: x + (s − 1)·(their sum). A transform of the whole would
// be a great detour: the sum is x·E·Eᵀ/(h·w) for a matrix E [h·w, 7] of the mean's and three
// cosines' and sines' values at the places. Along an axis of one place −1 is 0, and counts once.
func skipFilter(b *graph.Builder, path string, x, s graph.Value) graph.Value {
	places := graph.Named("place")
	waves := b.Op("Concat", path, graph.Float32, []graph.Dim{graph.Fixed(7), places}, map[string]any{"axis": int64(0)}, fourier(b, path, x)...)
	flat := b.Op("Reshape", path, graph.Float32, []graph.Dim{x.Shape[0], x.Shape[1], places}, nil, x, b.Ints(0, 0, -1))
	across := b.Op("Transpose", path, graph.Float32, []graph.Dim{places, graph.Fixed(7)}, map[string]any{"perm": []int64{1, 0}}, waves)
	found := b.Op("MatMul", path, graph.Float32, []graph.Dim{x.Shape[0], x.Shape[1], graph.Fixed(7)}, nil, flat, across)
	count := b.Op("ReduceSum", path, graph.Float32, []graph.Dim{graph.Fixed(1), graph.Fixed(1)}, nil, first(b, path, waves), b.Ints(1))
	found = b.Op("Div", path, graph.Float32, found.Shape, nil, found, count)
	low := b.Op("MatMul", path, graph.Float32, flat.Shape, nil, found, waves)
	low = b.Op("Reshape", path, graph.Float32, x.Shape, nil, low, b.Sizes(x, 0, 4))
	return b.Add(path, x, b.Mul(path, low, b.Op("Sub", path, graph.Float32, s.Shape, nil, s, b.Scalar(1))))
}

// first is the row of ones: its sum is the number of places, in floats.
func first(b *graph.Builder, path string, waves graph.Value) graph.Value {
	return b.Op("Slice", path, graph.Float32, []graph.Dim{graph.Fixed(1), waves.Shape[1]}, nil, waves, b.Ints(0), b.Ints(1), b.Ints(0))
}

// fourier are the seven rows of Eᵀ, [1, h·w] each.
func fourier(b *graph.Builder, path string, x graph.Value) []graph.Value {
	y, manyRows := b.Turns(path, x, 2)
	z, manyColumns := b.Turns(path, x, 3)
	grid := []graph.Dim{y.Shape[0], z.Shape[1]}
	row := func(v graph.Value) graph.Value {
		return b.Op("Reshape", path, graph.Float32, []graph.Dim{graph.Fixed(1), graph.Named("place")}, nil, v, b.Ints(1, -1))
	}
	spread := func(v graph.Value) graph.Value { // over the whole grid
		zero := b.Mul(path, b.Op("Add", path, graph.Float32, grid, nil, y, z), b.Scalar(0))
		return b.Op("Add", path, graph.Float32, grid, nil, zero, v)
	}
	out := []graph.Value{row(spread(b.Scalar(1)))}
	for _, wave := range []struct{ angle, there graph.Value }{
		{spread(y), manyRows}, {spread(z), manyColumns},
		{b.Op("Add", path, graph.Float32, grid, nil, y, z), b.Mul(path, manyRows, manyColumns)},
	} {
		for _, op := range []string{"Cos", "Sin"} {
			out = append(out, row(b.Mul(path, b.Op(op, path, graph.Float32, grid, nil, wave.angle), wave.there)))
		}
	}
	return out
}
