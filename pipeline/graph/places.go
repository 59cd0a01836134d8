package graph

import (
	"fmt"
	"slices"
)

// Shapes are those of all values of an evaluation, by name, for inputs of the given shapes. It knows the
// operators that Work knows; others are an error.
func (g *Graph) Shapes(inputs map[string][]int64) (map[string][]int64, error) {
	if g.IsForeign() {
		return nil, fmt.Errorf("graph %q: of another program: its shapes are not known", g.Name)
	}
	w, err := newWorker(g, inputs)
	if err != nil {
		return nil, err
	}
	for _, n := range g.Nodes {
		if err := w.infer(n); err != nil {
			return nil, fmt.Errorf("graph %q: node %q (%s): %w", g.Name, n.Name, n.Op, err)
		}
	}
	return w.shapes, nil
}

func (n *Node) number(name string) int64 { v, _ := n.Attrs[name].(int64); return v }

// axis is that of a node among so many dimensions.
func (n *Node) axis(rank int) int { return (int(n.number("axis")) + rank) % rank }

// along are a node's numbers for height and width, 1 where it says none.
func (n *Node) along(name string) [2]int64 {
	if v, _ := n.Attrs[name].([]int64); len(v) == 2 {
		return [2]int64{v[0], v[1]}
	}
	return [2]int64{1, 1}
}

// places is the shape that an operator makes that changes the height and width of pictures, or cuts.
func (w *worker) places(n *Node, in [][]int64) ([]int64, error) {
	if len(in[0]) != 4 {
		return nil, fmt.Errorf("reads shape %v, want a picture", in[0])
	}
	kernel, steps, spread := n.along("kernel_shape"), n.along("strides"), n.along("dilations")
	pads, _ := n.Attrs["pads"].([]int64)
	if len(pads) != 4 {
		pads = make([]int64, 4)
	}
	out := slices.Clone(in[0])
	switch n.Op {
	case "GlobalAveragePool":
		out[2], out[3] = 1, 1
	case "DepthToSpace":
		by := max(n.number("blocksize"), 1)
		out[1], out[2], out[3] = out[1]/(by*by), by*out[2], by*out[3]
	case "Slice":
		return w.sliced(n, out)
	case "Conv":
		out[1] = in[1][0]
		for i := range 2 {
			out[2+i] = (in[0][2+i]+pads[i]+pads[2+i]-spread[i]*(kernel[i]-1)-1)/steps[i] + 1
		}
	case "ConvTranspose":
		out[1] = in[1][1] * max(n.number("group"), 1)
		more, _ := n.Attrs["output_padding"].([]int64)
		for i := range 2 {
			if out[2+i] = (in[0][2+i]-1)*steps[i] + spread[i]*(kernel[i]-1) + 1 - pads[i] - pads[2+i]; len(more) == 2 {
				out[2+i] += more[i]
			}
		}
	}
	return out, nil
}

// sliced is the shape of what a Slice leaves, whose beginnings, ends and axes are known.
func (w *worker) sliced(n *Node, shape []int64) ([]int64, error) {
	if len(n.Inputs) != 4 {
		return nil, fmt.Errorf("cuts with %d inputs, want 4", len(n.Inputs))
	}
	from, to := w.ints[n.Inputs[1]], w.ints[n.Inputs[2]]
	for i, axis := range w.ints[n.Inputs[3]] {
		if axis < 0 {
			axis += int64(len(shape))
		}
		if axis < 0 || axis >= int64(len(shape)) || i >= len(from) || i >= len(to) {
			return nil, fmt.Errorf("cuts along dimension %d of %v", axis, shape)
		}
		at := func(v int64) int64 {
			if v < 0 {
				v += shape[axis]
			}
			return min(max(v, 0), shape[axis])
		}
		shape[axis] = at(to[i]) - at(from[i])
	}
	return shape, nil
}

// times are the factors of a Resize.
func (w *worker) times(name string) []float32 {
	for _, x := range w.g.Weights {
		if x.Name == name && x.Type == Float32 {
			return x.Floats()
		}
	}
	return nil
}
