// Package graph holds an ONNX graph as Go values: nodes, values with shapes, and
// weights that point into the user's own checkpoint file. Networks (clip, unet, vae)
// are functions that build one; Encode writes it as the bytes ONNX Runtime loads.
//
// Because a graph is plain data until it is encoded, later work (adapters, control
// residuals, reference attention, gradients) rewrites it without an exporter.
package graph

// DType is an ONNX element type; the numbers are those of onnx.proto's TensorProto.DataType.
type DType int32

// The element types that checkpoints and graphs here use.
const (
	Float32  DType = 1
	Int32    DType = 6
	Int64    DType = 7
	Bool     DType = 9
	Float16  DType = 10
	Float64  DType = 11
	BFloat16 DType = 16
)

// Graph is one network. Inputs and outputs are float32 (token ids too: the graph
// casts them), so that a session speaks tensors only.
type Graph struct {
	Name            string
	Inputs, Outputs []Value
	Nodes           []*Node
	Weights         []*Weight
	Meta            map[string]string
}

// Value names an input or output. A dimension is either fixed (Fixed > 0) or named.
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
}

// Node is one operator. Domain is empty for ai.onnx, "com.microsoft" for the runtime's own.
type Node struct {
	Op, Domain, Name string
	Inputs, Outputs  []string
	Attrs            map[string]any // int64, float32, string, []int64, []float32
}
