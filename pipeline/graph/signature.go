package graph

import (
	"fmt"
	"slices"
)

// IsForeign says whether the graph is another program's.
func (g *Graph) IsForeign() bool { return g.foreign != nil }

// Signature is what the model of another program reads and makes.
func (g *Graph) Signature() (inputs, outputs []Value) { return g.foreign.inputs, g.foreign.outputs }

// Find looks a value of a signature up.
func Find(values []Value, name string) (Value, bool) {
	i := slices.IndexFunc(values, func(v Value) bool { return v.Name == name })
	if i < 0 {
		return Value{}, false
	}
	return values[i], true
}

// Take makes the fp32 input ours what the model's input theirs reads, cast to its type.
func (g *Graph) Take(ours, theirs string) error {
	v, ok := Find(g.foreign.inputs, theirs)
	if !ok {
		return fmt.Errorf("ONNX model of %s: has no input %q", g.Name, theirs)
	}
	g.Inputs = append(g.Inputs, Value{Name: ours, Type: Float32, Shape: v.Shape})
	g.Nodes = slices.Insert(g.Nodes, 0, &Node{Op: "Cast", Name: ours + "/cast", Inputs: []string{ours}, Outputs: []string{theirs}, Attrs: map[string]any{"to": int64(v.Type)}})
	return nil
}

// Give makes the model's output theirs, cast to fp32, the output ours.
func (g *Graph) Give(ours, theirs string) error {
	v, ok := Find(g.foreign.outputs, theirs)
	if !ok {
		return fmt.Errorf("ONNX model of %s: has no output %q", g.Name, theirs)
	}
	g.Outputs = append(g.Outputs, Value{Name: ours, Type: Float32, Shape: v.Shape})
	g.Nodes = append(g.Nodes, &Node{Op: "Cast", Name: ours + "/cast", Inputs: []string{theirs}, Outputs: []string{ours}, Attrs: map[string]any{"to": int64(Float32)}})
	return nil
}
