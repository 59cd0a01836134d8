package cutout

import (
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"

	"pentimento/fault"
	"pentimento/pipeline/graph"
	"pentimento/pipeline/model"
	"pentimento/pipeline/tensor"
	"pentimento/pipeline/tflite"
)

// File is a network's file: what it is, known without its weights. It is read-only.
type File struct {
	Path string
	Kind *Kind
	W, H int // of the picture that it is shown

	last         bool // channels stand last
	reads, makes string
}

// Files says, for people, which files fit.
const Files = "ONNX files of U²-Net (u2net, u2netp, silueta), ISNet, BiRefNet or RMBG, and MediaPipe's selfie segmentation, fit."

// Open reads what a file is: ONNX, or TensorFlow Lite. A kind that is named ("" for none) comes before what
// the file looks like. A file of another kind is an error that says what it reads and makes.
func Open(path, kind string) (*File, error) {
	f := &File{Path: path}
	g, err := f.graph()
	if err != nil {
		return nil, fault.With(fmt.Errorf("cutout: %w", err), Files)
	}
	ins, outs := g.Inputs, g.Outputs
	if g.IsForeign() {
		ins, outs = g.Signature()
	}
	if err := f.signature(ins, outs); err != nil {
		return nil, err
	}
	if kind != "" {
		if f.Kind, err = FindKind(kind); err != nil {
			return nil, err
		}
	} else if findsText(g, f.makes) {
		return nil, fault.New(fmt.Sprintf("cutout %q: this network finds text (as PP-OCR's detector does), no subject", filepath.Base(path)), Files)
	} else {
		f.Kind = kindOf(g, f.W, outs, f.last)
	}
	if f.W <= 0 {
		f.W = f.Kind.side
	}
	if f.H <= 0 {
		f.H = f.Kind.side
	}
	return f, nil
}

// graph opens the file anew: a graph can be named its inputs once.
func (f *File) graph() (*graph.Graph, error) {
	r, err := os.Open(f.Path)
	if err != nil {
		return nil, err
	}
	defer r.Close()
	head := make([]byte, 8)
	if n, _ := io.ReadFull(r, head); tflite.Is(head[:n]) {
		return tflite.Open(f.Path)
	}
	return graph.Foreign(f.Path)
}

// signature finds the picture that is read and the map that is made: of several maps the first, which is the
// finest in all of these networks.
func (f *File) signature(ins, outs []graph.Value) error {
	is := func(v graph.Value, channels int64) (first, last bool) {
		if len(v.Shape) != 4 || v.Type != graph.Float32 && v.Type != graph.Float16 {
			return false, false
		}
		return v.Shape[1].Fixed == channels || v.Shape[1].Fixed <= 0 && v.Shape[3].Fixed != channels, v.Shape[3].Fixed == channels
	}
	if len(ins) == 1 {
		if first, last := is(ins[0], 3); first || last {
			f.reads, f.last = ins[0].Name, !first
		}
	}
	for _, v := range outs {
		first, last := is(v, 1)
		if f.makes == "" && (first && !f.last && !tiny(v.Shape[2:]) || last && f.last && !tiny(v.Shape[1:3])) {
			f.makes = v.Name
		}
	}
	if f.reads == "" || f.makes == "" {
		return fault.New(fmt.Sprintf("cutout %q: this network reads %s and makes %s; want one picture [1,3,height,width] and a map [1,1,height,width] of it", filepath.Base(f.Path), graph.Told(ins), graph.Told(outs)), Files)
	}
	shape := ins[0].Shape
	f.H, f.W = int(shape[2].Fixed), int(shape[3].Fixed)
	if f.last {
		f.H, f.W = int(shape[1].Fixed), int(shape[2].Fixed)
	}
	if f.W > 4096 || f.H > 4096 || f.W > 0 && f.W < 16 || f.H > 0 && f.H < 16 {
		return fault.New(fmt.Sprintf("cutout %q: this network reads pictures of %d×%d, want 16 to 4096", filepath.Base(f.Path), f.W, f.H), Files)
	}
	return nil
}

// tiny says whether a map is none, but a number or a few.
func tiny(sides []graph.Dim) bool {
	return slices.ContainsFunc(sides, func(d graph.Dim) bool { return d.Fixed > 0 && d.Fixed < 8 })
}

// findsText says whether a map is the one of a DB network, which finds text (Liao et al. 2020): the sigmoid of two transposed
// convolutions in a row. Networks that part subjects resize instead.
func findsText(g *graph.Graph, name string) bool {
	maker := map[string]*graph.Node{}
	for _, n := range g.Nodes {
		for _, out := range n.Outputs {
			maker[out] = n
		}
	}
	var way []string
	for n := maker[name]; n != nil && len(n.Inputs) > 0 && len(way) < 3; n = maker[n.Inputs[0]] {
		switch n.Op {
		case "Sigmoid", "ConvTranspose":
			way = append(way, n.Op)
		case "Add", "BatchNormalization", "Relu", "Identity", "Cast":
		default:
			return false
		}
	}
	return slices.Equal(way, []string{"Sigmoid", "ConvTranspose", "ConvTranspose"})
}

// transformers are operators that BiRefNet has and networks of convolutions alone have not.
var transformers = []string{"LayerNormalization", "Softmax", "MatMul", "Erf"}

// kindOf tells the kind by what the network is made of: MediaPipe's has its channels last; BiRefNet (and RMBG 2.0)
// is built on a transformer; U²-Net and its kin read 320² and give seven maps.
func kindOf(g *graph.Graph, side int, outs []graph.Value, last bool) *Kind {
	name := "isnet"
	switch {
	case last:
		name = "person"
	case slices.ContainsFunc(g.Nodes, func(n *graph.Node) bool { return slices.Contains(transformers, n.Op) }):
		name = "birefnet"
	case side > 0 && side <= 512, side <= 0 && len(outs) == 7:
		name = "u2net"
	}
	k, _ := FindKind(name)
	return k
}

// Network is an opened network. One goroutine at a time may use it.
type Network struct {
	*File
	model.Handle
	in, out string // what the graph calls what is read and made
}

// Load opens the network.
func (f *File) Load(ctx context.Context, rt model.Runtime, o model.Options) (*Network, error) {
	g, err := f.graph()
	if err != nil {
		return nil, err
	}
	n := &Network{File: f, in: f.reads, out: f.makes}
	if g.IsForeign() {
		n.in, n.out = "our picture", "our map" // names that no network has
		if err = g.Take(n.in, f.reads); err == nil {
			err = g.Give(n.out, f.makes)
		}
		if err != nil {
			return nil, err
		}
	}
	if n.Session, err = rt.Open(ctx, g, o); err != nil {
		return nil, err
	}
	return n, nil
}

// eval evaluates the network on three planes.
func (n *Network) eval(ctx context.Context, planes []float32) (*Matte, error) {
	in, size := &tensor.Tensor{Shape: []int{1, 3, n.H, n.W}, Data: planes}, n.W*n.H
	if n.last {
		in = tensor.New(1, n.H, n.W, 3)
		for i := range size {
			for c := range 3 {
				in.Data[3*i+c] = planes[c*size+i]
			}
		}
	}
	all, err := n.Run(ctx, map[string]*tensor.Tensor{n.in: in})
	if err != nil {
		return nil, err
	}
	t := all[n.out]
	if t == nil || len(t.Shape) != 4 || len(t.Data) == 0 {
		return nil, fmt.Errorf("cutout %q: the network gave no map", filepath.Base(n.Path))
	}
	m := &Matte{W: t.Shape[3], H: t.Shape[2]}
	if n.last {
		m.W, m.H = t.Shape[2], t.Shape[1]
	}
	if len(t.Data) < m.W*m.H || m.W*m.H == 0 {
		return nil, fmt.Errorf("cutout %q: the network gave a map of shape %v, want one channel", filepath.Base(n.Path), t.Shape)
	}
	m.A = slices.Clone(t.Data[:m.W*m.H])
	return m, nil
}
