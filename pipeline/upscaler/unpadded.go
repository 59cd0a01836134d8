package upscaler

import (
	"context"
	"image"
	"slices"

	"pentimento/pipeline/graph"
	"pentimento/pipeline/model"
	"pentimento/pipeline/pixels"
	"pentimento/pipeline/tensor"
)

// Networks without padding, as waifu2x and Real-CUGAN are, make of a place and what lies around it the same
// wherever a tile begins: they leave out of what they make all that its border had a part in. Tiles
// that see as much of their surroundings as is left out need no margin, and no fading.

// unpadded says whether a network is one of those, and whether all of its steps divide those in which tiles
// begin.
func (f *File) unpadded(g *graph.Graph) bool {
	return !g.IsForeign() && !slices.ContainsFunc(g.Nodes, padded) && f.steps(g)
}

// inside are operators that look at single places, cut, or make of a mean what is done with all.
var inside = []string{"Shape", "Identity", "Slice", "Add", "Sub", "Mul", "LeakyRelu", "PRelu", "Relu", "Sigmoid", "Tanh", "Cast", "Transpose", "Concat", "DepthToSpace", "GlobalAveragePool", "Reshape", "Gemm"}

// padded says whether places at the border of what an operator makes are others than within.
func padded(n *graph.Node) bool {
	list := func(name string) [4]int64 {
		v, _ := n.Attrs[name].([]int64)
		return [4]int64(append(slices.Clone(v), 0, 0, 0, 0)[:4])
	}
	pads, kernel, steps := list("pads"), list("kernel_shape"), list("strides")
	switch n.Op {
	case "Conv":
		return pads != [4]int64{}
	case "ConvTranspose": // what fewer than all windows reach must be cut off
		if list("output_padding") != [4]int64{} || list("dilations") != [4]int64{1, 1} {
			return true
		}
		return min(pads[0], pads[2]) < kernel[0]-steps[0] || min(pads[1], pads[3]) < kernel[1]-steps[1]
	}
	return !slices.Contains(inside, n.Op)
}

// steps says whether all values of a network grow alike with what it reads, by Multiple.
func (f *File) steps(g *graph.Graph) bool {
	var at [3]map[string][]int64
	for i := range at {
		side := int64(112 + i*f.Multiple)
		var err error
		if at[i], err = g.Shapes(map[string][]int64{f.in: {1, 3, side, side}}); err != nil {
			return false
		}
	}
	for name, shape := range at[0] {
		for i := 2; i < len(shape); i++ {
			if at[1][name][i]-shape[i] != at[2][name][i]-at[1][name][i] {
				return false
			}
		}
	}
	return true
}

// workOf is what is alive at once in an evaluation for each pixel that is read, in bytes; 0 where that is not known.
func workOf(g *graph.Graph, in string) int64 {
	const side = 256
	all, err := g.Work(map[string][]int64{in: {1, 3, side, side}})
	if err != nil {
		return 0
	}
	return all / (side * side)
}

// around is one axis of a picture as a network without padding reads it: for each place that it reads, the
// picture's place.
type around struct {
	at    []int
	tiles []span
}

// around lays tiles along an axis of a picture so that none has more than side places of its own.
func (n *Network) around(length, side int) around {
	framed := length + 2*n.cut
	a := around{at: make([]int, up(framed, n.Multiple))}
	for i := range a.at {
		k := mirror(i, framed) - n.cut
		a.at[i] = mirror(max(k, -k), length)
	}
	for _, s := range spans(length, side, 0, n.Multiple) {
		s.first, s.end = s.from, min(s.from+up(s.to-s.from+2*n.cut, n.Multiple), len(a.at))
		a.tiles = append(a.tiles, s)
	}
	return a
}

// up is the next multiple.
func up(v, of int) int { return (v + of - 1) / of * of }

// passWhole takes a picture through a network without padding: what comes of it does not depend on the
// tiles, but for the order of sums.
func (n *Network) passWhole(ctx context.Context, p *Picture, side int, report func(float64)) (*Picture, error) {
	s := n.scale
	t, out := tiled{p, n.around(p.W, side), n.around(p.H, side)}, newPicture(p.W*s, p.H*s, false)
	make := func(by model.Session, in map[string]*tensor.Tensor, report func(float64)) error {
		return t.each(report, func(x, y int) error {
			col, row := t.cols.tiles[x], t.rows.tiles[y]
			in[n.in] = t.read(x, y)
			made, err := n.made(ctx, by, in)
			if err != nil {
				return err
			}
			made = cut(made, 0, (row.to-row.from)*s, (col.to-col.from)*s)
			if n.differs {
				addEnlarged(made, planes(p, image.Rect(col.from, row.from, col.to, row.to)), s)
			}
			col.first, row.first = col.from, row.from
			tiling{}.lay(out, made, col, row, s)
			return nil
		})
	}
	if len(t.cols.tiles)*len(t.rows.tiles) > 1 && n.stages != nil {
		return out, n.staged(ctx, t, report, make)
	}
	return out, make(n.Session, map[string]*tensor.Tensor{}, report)
}

// tiled is a picture and its tiles.
type tiled struct {
	p          *Picture
	cols, rows around
}

// each does something with all tiles.
func (t tiled) each(report func(float64), do func(x, y int) error) error {
	done, all := 0, len(t.cols.tiles)*len(t.rows.tiles)
	for y := range t.rows.tiles {
		for x := range t.cols.tiles {
			if err := do(x, y); err != nil {
				return err
			}
			done++
			report(float64(done) / float64(all))
		}
	}
	return nil
}

// read is what a network reads of a tile.
func (t tiled) read(x, y int) *tensor.Tensor {
	col, row := t.cols.tiles[x], t.rows.tiles[y]
	xs, ys := t.cols.at[col.first:col.end], t.rows.at[row.first:row.end]
	out := tensor.New(1, 3, len(ys), len(xs))
	pixels.InParallel(len(ys), func(i int) {
		line := t.p.Pix[3*ys[i]*t.p.W:][:3*t.p.W]
		for k, at := range xs {
			for c := range 3 {
				out.Data[(c*len(ys)+i)*len(xs)+k] = float32(line[3*at+c]) / 0xffff
			}
		}
	})
	return out
}
