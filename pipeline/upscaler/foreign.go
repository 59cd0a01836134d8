package upscaler

import (
	"fmt"
	"path/filepath"

	"pentimento/fault"
	"pentimento/pipeline/graph"
)

// openForeign reads an ONNX model of another program that makes a picture of a picture: as it is. Its
// factor is known once it ran.
func openForeign(path string) (*File, error) {
	name := filepath.Base(path)
	g, err := graph.Foreign(path)
	if err != nil {
		return nil, fmt.Errorf("upscaler %q: %w", name, err)
	}
	in, out := g.Signature()
	read, made := pictures(in), pictures(out)
	if len(in) != 1 || len(read) != 1 || len(made) != 1 {
		return nil, fault.New(fmt.Sprintf("upscaler %q: this is an ONNX model that reads %s and makes %s; want one picture [1,3,height,width] each", name, graph.Told(in), graph.Told(out)),
			"Choose the ONNX file of an upscaler.")
	}
	shape := read[0].Shape
	f := &File{Path: path, Family: "ONNX", Multiple: 1, Margin: 16, Bytes: 16 << 10, in: "x", out: "out"}
	if h, w := shape[2].Fixed, shape[3].Fixed; h > 0 || w > 0 {
		if h != w || h < 2*int64(f.Margin)+16 {
			return nil, fault.New(fmt.Sprintf("upscaler %q: reads pictures of %d×%d only, want any size, or a square of at least 48", name, w, h), "Export it with free height and width.")
		}
		f.fixed = int(h)
	}
	f.build = func(graph.Variant) (*graph.Graph, error) {
		g, err := graph.Foreign(path)
		if err == nil {
			err = g.Take("x", read[0].Name)
		}
		if err == nil {
			err = g.Give("out", made[0].Name)
		}
		return g, err
	}
	return f, nil
}

// pictures are those of a signature's values that are pictures of three channels.
func pictures(all []graph.Value) (out []graph.Value) {
	for _, v := range all {
		if len(v.Shape) == 4 && (v.Shape[1].Fixed == 3 || v.Shape[1].Fixed <= 0) && (v.Type == graph.Float32 || v.Type == graph.Float16) {
			out = append(out, v)
		}
	}
	return out
}
