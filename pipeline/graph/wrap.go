package graph

import (
	"encoding/binary"
	"errors"
	"fmt"
	"slices"
)

// Wrap lets every convolution see the picture continued by its own opposite side, along
// the width (x) and the height (y), instead of by zeros: what such a network makes tiles
// without a seam. Without either axis it changes nothing.
//
// 2026-11-23: one Pad in mode "wrap" (operator set 19) before the convolution. Joining
// slices instead costs two copies for two axes, and no more devices run it.
func Wrap(x, y bool) Change {
	return func(g *Graph) error {
		if !x && !y {
			return nil
		}
		if g.IsForeign() {
			return errors.New("an ONNX model runs as it is: what it makes can't be made to tile")
		}
		nodes := make([]*Node, 0, len(g.Nodes))
		for _, n := range g.Nodes {
			pads, _ := n.Attrs["pads"].([]int64)
			if n.Op != "Conv" || len(pads) != 4 {
				nodes = append(nodes, n)
				continue
			}
			around, left := []int64{0, 0, 0, 0, 0, 0, 0, 0}, slices.Clone(pads)
			for i, wrap := range []bool{y, x} {
				if wrap {
					around[2+i], around[6+i] = pads[i], pads[2+i]
					left[i], left[2+i] = 0, 0
				}
			}
			if slices.Max(around) == 0 {
				nodes = append(nodes, n)
				continue
			}
			pad := &Node{Op: "Pad", Name: n.Name + "/wrap", Inputs: []string{n.Inputs[0], g.ints(around)},
				Outputs: []string{n.Name + "/wrap"}, Attrs: map[string]any{"mode": "wrap"}}
			conv := *n
			conv.Inputs, conv.Attrs = slices.Clone(n.Inputs), map[string]any{}
			for k, v := range n.Attrs {
				conv.Attrs[k] = v
			}
			conv.Inputs[0], conv.Attrs["pads"] = pad.Outputs[0], left
			nodes = append(nodes, pad, &conv)
			if v, known := g.Values[n.Inputs[0]]; known {
				g.know(Value{Name: pad.Outputs[0], Type: v.Type, Shape: []Dim{v.Shape[0], v.Shape[1], Named("wrapped height"), Named("wrapped width")}})
			}
		}
		g.Nodes = nodes
		return nil
	}
}

// ints is the name of a constant of whole numbers, made where the graph has none such.
func (g *Graph) ints(values []int64) string {
	name := fmt.Sprint("int", values)
	if slices.ContainsFunc(g.Weights, func(w *Weight) bool { return w.Name == name }) {
		return name
	}
	w := &Weight{Name: name, Type: Int64, Shape: []int64{int64(len(values))}}
	for _, v := range values {
		w.Data = binary.LittleEndian.AppendUint64(w.Data, uint64(v))
	}
	g.Weights = append(g.Weights, w)
	g.know(Value{Name: name, Type: w.Type, Shape: dims(w.Shape)})
	return name
}
