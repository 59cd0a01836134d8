package tfjs

import (
	"fmt"
	"slices"

	"pentimento/pipeline/graph"
)

// shaped gives v another shape: -1 is what is left.
func (w *writer) shaped(v graph.Value, to []int64) {
	shape := make([]graph.Dim, len(to))
	for i, d := range to {
		if shape[i] = graph.Named(fmt.Sprintf("%s[%d]", w.path, i)); d > 0 {
			shape[i] = graph.Fixed(d)
		}
	}
	w.gives(w.op("Reshape", shape, nil, v, w.b.Ints(to...)), false)
}

func reshapeNode(w *writer, n *node) {
	v, to := w.plain(n.Input[0]), w.ints(n.Input[1])
	if w.err == nil {
		w.shaped(v, to)
	}
}

func concatNode(w *writer, n *node) {
	last := len(n.Input) - 1
	axis := w.ints(n.Input[last])
	if len(axis) != 1 {
		w.failf("joins along %v", axis)
		return
	}
	w.concat(n.Input[:last], axis[0])
}

// unpackNode takes the one part out that there is along a dimension, packNode puts one in.
func unpackNode(w *writer, n *node) {
	if number(n.Attr["num"].I, 0) != 1 {
		w.failf("takes %s parts apart, which is not read", n.Attr["num"].I)
		return
	}
	w.squeeze(n.Input[0], []int64{number(n.Attr["axis"].I, 0)})
}

func packNode(w *writer, n *node) {
	if len(n.Input) != 1 {
		w.failf("puts %d parts together, which is not read", len(n.Input))
		return
	}
	w.expand(n.Input[0], number(n.Attr["axis"].I, 0))
}

func expandNode(w *writer, n *node) {
	if axis := w.ints(n.Input[1]); len(axis) == 1 {
		w.expand(n.Input[0], axis[0])
	} else {
		w.failf("adds the dimensions %v", axis)
	}
}

func squeezeNode(w *writer, n *node) {
	axes := n.Attr["squeeze_dims"].ints()
	if len(axes) == 0 {
		w.failf("leaves dimensions away that it does not name, which is not read")
	}
	w.squeeze(n.Input[0], axes)
}

func (w *writer) expand(in string, axis int64) {
	v := w.plain(in)
	rank := int64(len(v.Shape))
	if axis < 0 {
		axis += rank + 1
	}
	if axis < 0 || axis > rank || w.err != nil {
		w.failf("adds dimension %d to %d", axis, rank)
		return
	}
	w.gives(w.op("Unsqueeze", slices.Insert(slices.Clone(v.Shape), int(axis), graph.Fixed(1)), nil, v, w.b.Ints(axis)), false)
}

func (w *writer) squeeze(in string, axes []int64) {
	v := w.plain(in)
	axes, shape := w.axes(axes, len(v.Shape)), []graph.Dim{}
	for i, d := range v.Shape {
		if !slices.Contains(axes, int64(i)) {
			shape = append(shape, d)
		}
	}
	w.gives(w.op("Squeeze", shape, nil, v, w.b.Ints(axes...)), false)
}

// axes are dimensions counted from the front.
func (w *writer) axes(axes []int64, rank int) (out []int64) {
	for _, a := range axes {
		if a < 0 {
			a += int64(rank)
		}
		if a < 0 || a >= int64(rank) || slices.Contains(out, a) {
			w.failf("works along dimensions %v of %d", axes, rank)
			return nil
		}
		out = append(out, a)
	}
	return out
}

func meanNode(w *writer, n *node) {
	v := w.plain(n.Input[0])
	axes, keep, shape := w.axes(w.ints(n.Input[1]), len(v.Shape)), n.Attr["keep_dims"].B, []graph.Dim{}
	for i, d := range v.Shape {
		switch one := slices.Contains(axes, int64(i)); {
		case one && keep:
			shape = append(shape, graph.Fixed(1))
		case !one:
			shape = append(shape, d)
		}
	}
	w.gives(w.op("ReduceMean", shape, map[string]any{"keepdims": map[bool]int64{true: 1}[keep]}, v, w.b.Ints(axes...)), false)
}
