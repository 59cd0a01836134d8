package upscaler

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"pentimento/fault"
	"pentimento/pipeline/graph"
	"pentimento/pipeline/ncnn"
	"pentimento/pipeline/tensor"
)

// openNCNN reads a network of ncnn's, such as Real-ESRGAN, waifu2x and Real-CUGAN; ok is false for files
// of others: torch has .bin, too. Its factor, and what it cuts off at its borders, are known once it
// ran.
func openNCNN(path string) (f *File, ok bool, err error) {
	if !isPair(path) {
		return nil, false, nil
	}
	f, err = readNCNN(path)
	return f, true, err
}

// isPair says whether a path names one of ncnn's two files: a .param, or a .bin beside one.
func isPair(path string) bool {
	switch ext := filepath.Ext(path); strings.ToLower(ext) {
	case ".param":
		return true
	case ".bin":
		_, err := os.Stat(strings.TrimSuffix(path, ext) + ".param")
		return err == nil
	}
	return false
}

func readNCNN(path string) (*File, error) {
	g, err := ncnn.Open(path)
	if err != nil {
		return nil, fmt.Errorf("upscaler %q: %w", filepath.Base(path), err)
	}
	if len(g.Inputs) != 1 || len(g.Outputs) != 1 || len(g.Inputs[0].Shape) != 4 || g.Inputs[0].Shape[1].Fixed != 3 {
		return nil, fault.New(fmt.Sprintf("upscaler %q: this is a network of ncnn's that reads %s and makes %s; want one picture each", filepath.Base(path), graph.Told(g.Inputs), graph.Told(g.Outputs)),
			"Choose the .param or .bin file of an upscaler.")
	}
	f := &File{Path: path, Family: "ncnn", Multiple: 4, Margin: 48, Bytes: 12 << 10, in: g.Inputs[0].Name, out: g.Outputs[0].Name}
	if slices.ContainsFunc(g.Nodes, func(n *graph.Node) bool { return n.Op == "PRelu" }) { // it works at the size of what it reads
		f.Bytes, f.Margin = 1600, 24
	}
	if deep := reach(g); deep > 200 { // Real-ESRGAN x4plus
		f.Margin = deepMargin
	}
	f.build = func(graph.Variant) (*graph.Graph, error) { return ncnn.Open(path) }
	return f, nil
}

// measure finds, by two grey pictures, the factor of a network, how much of what it reads it cuts off on
// each side, and whether it makes a difference to the enlarged picture, as Real-CUGAN ×4 does.
func (n *Network) measure(ctx context.Context) error {
	var made [2]int
	for i, side := range [2]int{80, 112} {
		grey := tensor.New(1, 3, side, side)
		for k := range grey.Data {
			grey.Data[k] = 0.5
		}
		all, err := n.Session.Run(ctx, map[string]*tensor.Tensor{n.in: grey})
		if err != nil {
			return err
		}
		out := all[n.out]
		if out == nil || len(out.Shape) != 4 || out.Shape[1] != 3 || out.Shape[2] != out.Shape[3] {
			return n.strange("a picture of another shape")
		}
		made[i] = out.Shape[2]
		sum := float32(0)
		for _, v := range out.Data {
			sum += v
		}
		n.differs = sum/float32(len(out.Data)) < 0.25
	}
	n.scale = (made[1] - made[0]) / 32
	if n.scale < 1 || n.scale > 8 || n.scale*32 != made[1]-made[0] {
		return n.strange(fmt.Sprintf("%d and %d pixels a side of 80 and 112", made[0], made[1]))
	}
	lost := 80*n.scale - made[0]
	if n.cut = lost / (2 * n.scale); lost < 0 || lost != 2*n.scale*n.cut || n.cut > 40 {
		return n.strange(fmt.Sprintf("%d pixels a side of 80", made[0]))
	}
	return nil
}

func (n *Network) strange(found string) error {
	return fault.New(fmt.Sprintf("upscaler %q: makes %s, want a picture 1 to 8 times as large", filepath.Base(n.Path), found), "Choose the file of an upscaler.")
}

// framed continues a picture by reflection on all four sides.
func framed(x *tensor.Tensor, by int) *tensor.Tensor {
	h, w := x.Shape[2], x.Shape[3]
	H, W := h+2*by, w+2*by
	out := tensor.New(1, 3, H, W)
	inside := func(i, n int) int {
		if i < 0 {
			i = -i
		}
		return mirror(i, n)
	}
	for c := range 3 {
		for y := range H {
			row, to := x.Data[(c*h+inside(y-by, h))*w:][:w], out.Data[(c*H+y)*W:][:W]
			for i := range to {
				to[i] = row[inside(i-by, w)]
			}
		}
	}
	return out
}

// addEnlarged adds to what a network made of x the picture with each pixel repeated.
func addEnlarged(out, x *tensor.Tensor, scale int) {
	h, w := x.Shape[2], x.Shape[3]
	H, W := out.Shape[2], out.Shape[3]
	for c := range 3 {
		for y := range H {
			row := x.Data[(c*h+y/scale)*w:][:w]
			for i := range W {
				out.Data[(c*H+y)*W+i] += row[i/scale]
			}
		}
	}
}
