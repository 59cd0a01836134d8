// Package graph holds an ONNX graph as Go values: nodes, values with shapes, and
// weights that point into the user's own checkpoint file. Networks (clip, unet, vae)
// are functions that build one; Encode writes it as the bytes ONNX Runtime loads.
//
// Because a graph is plain data until it is encoded, a network is changed in three places
// and without an exporter (Variant): its weights by a Source around the file's own
// (pipeline/adapter), its values by hooks at named sites while it is written (variant.go), the
// finished graph by a Change (wrap.go, plain.go). The sites of a network are listed in its
// own package comment.
//
// Decisions:
// 2026-11-27: a Graph keeps the type and shape of every value, so that a Change knows ranks
// and broadcasts. A dimension's name describes it; equal names do not promise equal sizes.
package graph

import (
	"maps"
	"slices"
	"unsafe"
)

// DType is an ONNX element type; the numbers are those of onnx.proto's TensorProto.DataType.
type DType int32

// The element types that checkpoints and graphs here use.
const (
	Float32  DType = 1
	UInt8    DType = 2
	Int8     DType = 3
	Int32    DType = 6
	Int64    DType = 7
	Bool     DType = 9
	Float16  DType = 10
	Float64  DType = 11
	BFloat16 DType = 16
	// The 8-bit floats of Micikevicius et al. (2022): E4M3 has bias 7, no infinities and NaN
	// at 0x7f and 0xff, E5M2 is the upper byte of a Float16.
	Float8E4M3 DType = 17
	Float8E5M2 DType = 19
)

// Graph is one network. Inputs and outputs are float32 (token ids too: the graph
// casts them), so that a session speaks tensors only.
type Graph struct {
	Name            string
	Inputs, Outputs []Value
	Nodes           []*Node
	Weights         []*Weight
	Meta            map[string]string
	// Values has the type and shape of every input, weight and result of a node, by name,
	// in graphs that a Builder has written.
	Values map[string]Value

	foreign *foreign // of another program's file; nil: a graph of this one
}

// Value is an input, a weight or the result of a node. A dimension is either fixed (Fixed > 0) or named.
type Value struct {
	Name  string
	Type  DType
	Shape []Dim
}

// Dim is one dimension of a Value: Fixed when positive, otherwise the symbol Name.
type Dim struct {
	Fixed int64
	Name  string
}

// Weight is an initializer. Exactly one of File and Data is set: File is the absolute
// path of the checkpoint whose bytes [Offset, Offset+Length) hold the values, so that
// nothing is copied; Data holds them in memory, little-endian. Shape may differ from the
// checkpoint's own as long as the number of elements agrees ([C] seen as [C,1,1]).
type Weight struct {
	Name           string
	Type           DType
	Shape          []int64
	File           string
	Offset, Length int64
	Data           []byte
	// Decode makes the values, little-endian, of what File has at Offset, where that is another
	// form of them; nil: it is the values themselves. It reads the file when it is called.
	Decode func() ([]byte, error)
	// Blocks are the same values in another form, where the file has them so (KeepBlocks); nil: it
	// has not.
	Blocks *Blocks
	// Scale is what the values are to be multiplied by once they are widened; 0: nothing.
	Scale float32
	raw   []byte // the tensor as another program wrote it; else nil

	// Loose weights can be replaced while a session of the graph is open (model.Weigher), by
	// the name that their source has them under. They are fp32 and in memory.
	Loose bool
	From  string
}

// Node is one operator. Domain is empty for ai.onnx, "com.microsoft" for the runtime's own.
type Node struct {
	Op, Domain, Name string
	Inputs, Outputs  []string
	Attrs            map[string]any // int64, float32, string, []int64, []float32
	Full             bool           // it computes in fp32 also where the network is in half precision (Half)
	raw              []byte         // the node as another program wrote it; else nil
}

// Copy is a graph that changes may be made to while others read this one: its lists are its
// own. Nodes and weights are shared; a Change replaces them and never writes to one.
func (g *Graph) Copy() *Graph {
	c := *g
	c.Inputs, c.Outputs = slices.Clone(g.Inputs), slices.Clone(g.Outputs)
	c.Nodes, c.Weights = slices.Clone(g.Nodes), slices.Clone(g.Weights)
	c.Meta, c.Values = maps.Clone(g.Meta), maps.Clone(g.Values)
	return &c
}

// Floats is the data of an fp32 weight in memory as numbers, the same memory: all machines
// that this program runs on are little-endian.
func (w Weight) Floats() []float32 {
	if len(w.Data) == 0 {
		return nil
	}
	return unsafe.Slice((*float32)(unsafe.Pointer(&w.Data[0])), len(w.Data)/4)
}

// Reweighed is a copy of the graph with other data for loose weights, by what their source
// calls them; g itself where it has none of them.
func (g *Graph) Reweighed(weights map[string]Weight) (_ *Graph, changed bool) {
	out := g
	for i, w := range g.Weights {
		now, ok := weights[w.From]
		if !ok || !w.Loose {
			continue
		}
		if out == g {
			out = g.Copy()
		}
		one := *w
		one.Data = now.Data
		out.Weights[i] = &one
	}
	return out, out != g
}

// know keeps what is known of a value.
func (g *Graph) know(v Value) {
	if g.Values == nil {
		g.Values = map[string]Value{}
	}
	g.Values[v.Name] = v
}
