package face

import (
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"pentimento/fault"
	"pentimento/pipeline/graph"
)

// What the inputs and the output of models of other programs are called here: names that those do not use.
const inName, whoName, weightName, outName = "face.in", "face.who", "face.weight", "face.out"

// usual is the side of networks whose file leaves it open.
const usual = 512

// openForeign reads an ONNX model of another program that makes a face of a face (GFPGAN, CodeFormer, RestoreFormer,
// GPEN): it reads a square [1,3,n,n] from −1 to 1, red first, and perhaps a number, the weight.
func openForeign(path string) (f *File, ok bool, err error) {
	g, err := graph.Foreign(path)
	if err != nil {
		return nil, false, fmt.Errorf("%q: %w", filepath.Base(path), err)
	}
	ins, outs := g.Signature()
	read, weight, made := graph.Value{}, graph.Value{}, graph.Value{}
	for _, v := range ins {
		switch {
		case isPicture(v) && read.Name == "":
			read = v
		case len(v.Shape) < 2 && weight.Name == "" && (v.Type == graph.Float32 || v.Type == graph.Float64 || v.Type == graph.Float16):
			weight = v
		default:
			return nil, false, nil
		}
	}
	for _, v := range outs {
		if isPicture(v) && made.Name == "" {
			made = v
		}
	}
	side := read.Shape
	if read.Name == "" || made.Name == "" || side[2].Fixed != side[3].Fixed {
		return nil, false, nil
	}
	f = &File{Path: path, Kind: foreignKind(path), Side: usual, Weighs: weight.Name != "", in: inName, weight: weightName, out: outName}
	if n := side[2].Fixed; n > 0 {
		f.Side = int(n)
	} else if !f.Weighs && f.Kind == "ONNX" { // more likely an upscaler
		return nil, false, nil
	}
	if n := made.Shape[2].Fixed; f.Side < 64 || f.Side > mostSide || n > 0 && int(n) != f.Side {
		return nil, false, nil
	}
	f.build = func(graph.Variant) (*graph.Graph, error) {
		g, err := graph.Foreign(path)
		if err == nil {
			err = g.Take(inName, read.Name)
		}
		if err == nil && f.Weighs {
			err = takeNumber(g, weight)
		}
		if err == nil {
			err = g.Give(outName, made.Name)
		}
		return g, err
	}
	return f, true, nil
}

// takeNumber lets the input weight [1] be the model's number.
func takeNumber(g *graph.Graph, v graph.Value) error {
	switch {
	case len(v.Shape) == 0: // without dimensions
		g.Inputs = append(g.Inputs, graph.Value{Name: weightName, Type: graph.Float32, Shape: []graph.Dim{graph.Fixed(1)}})
		g.Nodes = slices.Insert(g.Nodes, 0,
			&graph.Node{Op: "Cast", Name: weightName + "/cast", Inputs: []string{weightName}, Outputs: []string{weightName + "/number"}, Attrs: map[string]any{"to": int64(v.Type)}},
			&graph.Node{Op: "Squeeze", Name: weightName + "/squeeze", Inputs: []string{weightName + "/number"}, Outputs: []string{v.Name}})
		return nil
	case v.Shape[0].Fixed > 1:
		return fault.New(fmt.Sprintf("its input %q has %d numbers, want one", v.Name, v.Shape[0].Fixed), "Choose the ONNX file of a network that restores faces.")
	}
	return g.Take(weightName, v.Name)
}

func isPicture(v graph.Value) bool {
	return len(v.Shape) == 4 && v.Shape[1].Fixed == 3 && (v.Type == graph.Float32 || v.Type == graph.Float16)
}

// foreignKind is what a file's name says that it is.
func foreignKind(path string) string {
	name := strings.ToLower(filepath.Base(path))
	for _, k := range []string{GFPGAN, CodeFormer, "RestoreFormer", "GPEN"} {
		if strings.Contains(name, strings.ToLower(k)) {
			return k
		}
	}
	return "ONNX"
}
