package pipelinetest

import (
	"strconv"
	"strings"

	"pentimento/pipeline/graph"
)

// Work is what one evaluation of a denoiser's graph takes for one picture: multiplications of
// its convolutions, matrices and attentions, and the bytes of the weights it reads.
type Work struct{ Multiplications, WeightBytes int64 }

// WorkOf counts a graph's work for a latent of h×w places and a text of so many tokens. Sizes
// that no shape says follow from the operators: all others keep the number of their first
// input's values.
func WorkOf(g *graph.Graph, h, w, tokens int64) (out Work) {
	values := map[string]int64{} // how many each value has
	size := func(v graph.Value) int64 {
		n := int64(1)
		for _, d := range v.Shape {
			name, by, _ := strings.Cut(d.Name, "/")
			k := d.Fixed
			switch name {
			case "":
			case "batch":
				k = 1
			case "height", "width":
				k = map[string]int64{"height": h, "width": w}[name]
				for by != "" {
					var one string
					one, by, _ = strings.Cut(by, "/")
					f, _ := strconv.ParseInt(one, 10, 64)
					k = (k + f - 1) / f
				}
			default:
				return 0 // not said
			}
			n *= k
		}
		return n
	}
	for _, v := range g.Inputs {
		if values[v.Name] = size(v); v.Name == "context" {
			values[v.Name] = tokens * v.Shape[2].Fixed
		}
	}
	for _, wt := range g.Weights {
		values[wt.Name] = size(g.Values[wt.Name])
		if wt.File != "" {
			out.WeightBytes += wt.Length
		}
	}
	for _, n := range g.Nodes {
		in := func(i int) int64 { return values[n.Inputs[i]] }
		made := g.Values[n.Outputs[0]]
		count := size(made)
		switch {
		case n.Op == "Conv":
			out.Multiplications += count * in(1) / made.Shape[1].Fixed
		case n.Op == "Gemm":
			width := made.Shape[1].Fixed
			count = in(0) / (in(1) / width) * width
			out.Multiplications += count * in(1) / width
		case n.Op == "MultiHeadAttention": // queries with keys, weights with values
			width := g.Values[n.Inputs[0]].Shape[2].Fixed
			count = in(0)
			out.Multiplications += 2 * in(0) * in(1) / width
		case n.Op == "Split":
			count = in(0) / int64(len(n.Outputs))
		case count == 0:
			count = in(0)
		}
		for _, name := range n.Outputs {
			values[name] = count
		}
	}
	return out
}
