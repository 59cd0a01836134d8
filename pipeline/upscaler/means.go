package upscaler

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"path/filepath"

	"pentimento/pipeline/graph"
	"pentimento/pipeline/model"
	"pentimento/pipeline/tensor"
)

// Squeeze-and-excitation (Hu et al. 2018), as in Real-CUGAN and waifu2x' CUNet, weighs channels by their
// means over all of the picture. In tiles the means are taken first, one after another since each is made
// with those before it: the part of the network up to a mean runs over all tiles, whose sums make it.
//
// Decision
//   - 2026-11-28: what tiles computed before a mean is computed again after it. Real-CUGAN ×2 costs 2.9 times an
//     evaluation so, and no memory; to keep it would be 1.5 kB for each pixel of the picture. The margins that its
//     tiles had before cost more.

// stage is a part of a network, up to a mean or, of the last, to its end.
type stage struct {
	net      *graph.Graph // makes the sum of a tile's, by weights for its rows and columns
	of, mean string       // the values that it sums, and what the network calls their mean; of the last ""
}

// The names of what the parts of a network read and make beside what it does itself.
const (
	meanRows = "mean rows" // [1,h] weights
	meanCols = "mean cols" // [w,1] weights
	meanSum  = "mean sum"  // [1,C,1,1]
)

// stagesOf are those of a network; of one without means there are none.
func stagesOf(g *graph.Graph) (out []stage, err error) {
	var given []string
	for _, node := range g.Nodes {
		if node.Op != "GlobalAveragePool" {
			continue
		}
		s := stage{of: node.Inputs[0], mean: node.Outputs[0]}
		if s.net, err = g.Only(fmt.Sprint(g.Name, ", mean ", len(out)+1), given, []string{s.of}); err != nil {
			return nil, err
		}
		summed(s.net, g.Values[s.of])
		given = append(given, s.mean)
		out = append(out, s)
	}
	if len(out) == 0 {
		return nil, nil
	}
	rest, err := g.Only(g.Name+", by its means", given, []string{g.Outputs[0].Name})
	return append(out, stage{net: rest}), err
}

// summed makes of a network's only output the sum of its places, by weights.
func summed(g *graph.Graph, of graph.Value) {
	h, w, one := graph.Named("mean height"), graph.Named("mean width"), graph.Fixed(1)
	value := func(name string, shape ...graph.Dim) graph.Value {
		v := graph.Value{Name: name, Type: graph.Float32, Shape: shape}
		g.Values[name] = v
		return v
	}
	product := func(a, b string, out graph.Value) {
		g.Nodes = append(g.Nodes, &graph.Node{Op: "MatMul", Name: out.Name, Inputs: []string{a, b}, Outputs: []string{out.Name}})
	}
	c := of.Shape[1]
	g.Inputs = append(g.Inputs, value(meanRows, one, h), value(meanCols, w, one))
	across := value("mean columns", one, c, h, one)
	product(of.Name, meanCols, across)
	sum := value(meanSum, one, c, one, one)
	product(meanRows, across.Name, sum)
	g.Outputs = []graph.Value{sum}
}

// staged runs a network's stages one after another over all tiles; the last is given over to do. Each is
// open as long as it runs.
func (n *Network) staged(ctx context.Context, t tiled, report func(float64), do func(by model.Session, in map[string]*tensor.Tensor, report func(float64)) error) error {
	in, parts := map[string]*tensor.Tensor{}, len(n.stages)*(len(n.stages)+1)/2
	for i, s := range n.stages {
		before := float64(i*(i+1)/2) / float64(parts) // later ones do more
		part := func(f float64) { report(before + f*float64(i+1)/float64(parts)) }
		by, err := n.open(ctx, s.net)
		if err != nil {
			return err
		}
		if s.of == "" {
			err = do(by, in, part)
		} else {
			in[s.mean], err = n.mean(ctx, by, s, t, in, part)
		}
		if err = cmp.Or(err, by.Close()); err != nil {
			return err
		}
	}
	return nil
}

// mean is a stage's of all tiles: [1,C,1,1].
func (n *Network) mean(ctx context.Context, by model.Session, s stage, t tiled, before map[string]*tensor.Tensor, report func(float64)) (*tensor.Tensor, error) {
	cols, err := n.shares(t.cols, s.of, 3)
	if err != nil {
		return nil, err
	}
	rows, err := n.shares(t.rows, s.of, 2)
	if err != nil {
		return nil, err
	}
	in, sums := maps.Clone(before), []float64(nil)
	err = t.each(report, func(x, y int) error {
		down, across := rows[y], cols[x]
		in[n.in] = t.read(x, y)
		in[meanRows] = &tensor.Tensor{Shape: []int{1, len(down)}, Data: down}
		in[meanCols] = &tensor.Tensor{Shape: []int{len(across), 1}, Data: across}
		out, err := by.Run(ctx, in)
		if err != nil {
			return err
		}
		sum := out[meanSum]
		if sums == nil {
			sums = make([]float64, len(sum.Data))
		}
		for i, v := range sum.Data {
			sums[i] += float64(v)
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	out := tensor.New(1, len(sums), 1, 1)
	for i, v := range sums {
		out.Data[i] = float32(v)
	}
	return out, nil
}

// shares are for each tile along an axis the weights of its places of a value. Tiles overlap there; each place
// of the whole counts once, in that tile in which it lies further inside, and all weights add up to 1.
func (n *Network) shares(a around, of string, axis int) (out [][]float32, err error) {
	size := func(read int) int {
		shapes, bad := n.graph.Shapes(map[string][]int64{n.in: {1, 3, int64(read), int64(read)}})
		if err = cmp.Or(err, bad); err != nil {
			return 0
		}
		return int(shapes[of][axis])
	}
	all, from := size(len(a.at)), 0
	for i, t := range a.tiles {
		begin, to := all-size(len(a.at)-t.first), all
		end := begin + size(t.end-t.first)
		if i+1 < len(a.tiles) {
			to = (end + all - size(len(a.at)-a.tiles[i+1].first)) / 2
		}
		if err != nil {
			return nil, err
		}
		if from < begin || to > end || to < from {
			return nil, fmt.Errorf("upscaler %q: a tile has the places %d to %d of a mean, wants %d to %d", filepath.Base(n.Path), begin, end, from, to)
		}
		weights := make([]float32, end-begin)
		for k := from; k < to; k++ {
			weights[k-begin] = 1 / float32(all)
		}
		out, from = append(out, weights), to
	}
	return out, nil
}
