package pipeline

import (
	"context"
	"errors"
	"fmt"
	"image"
	"io"
	"os"
	"path/filepath"

	"pentimento/fault"
	"pentimento/pipeline/graph"
	"pentimento/pipeline/model"
	"pentimento/pipeline/preprocess"
	"pentimento/pipeline/tensor"
	"pentimento/pipeline/tflite"
)

// Map makes a preprocessor's map by a network of the person's, an ONNX file of one input, a
// picture of shape [1,C,H,W] or [1,H,W,C]. The network is opened for this call alone.
func (p *Pipeline) Map(ctx context.Context, m *preprocess.Module, file string, picture preprocess.Picture, by preprocess.Params, where Where) (preprocess.Picture, error) {
	if err := p.enter(ctx); err != nil {
		return preprocess.Picture{}, err
	}
	defer p.leave()
	return mapBy(ctx, p.runtime, m, file, picture, by, model.Options{Device: where.Device, Threads: where.Threads, Release: true})
}

// mapBy is Map within the turn at the networks. Of networks in several files one is named, and the others
// lie in its folder.
func mapBy(ctx context.Context, runtime model.Runtime, m *preprocess.Module, file string, picture preprocess.Picture, by preprocess.Params, o model.Options) (_ preprocess.Picture, err error) {
	if m.Wants == preprocess.OfPoints {
		people, err := findPeople(ctx, runtime, m, file, picture, o)
		if err != nil {
			return preprocess.Picture{}, err
		}
		return preprocess.DrawFound(picture, by, people...)
	}
	n, err := openMapNetwork(ctx, runtime, file, o)
	if err != nil {
		err = fmt.Errorf("preprocessor %q: network %q: %w", m.Name, filepath.Base(file), err)
		return preprocess.Picture{}, fault.With(err, fault.Hint(err))
	}
	defer func() { err = errors.Join(err, n.session.Close()) }()
	return m.RunNetwork(ctx, picture, by, n.fixed, n.eval)
}

// mapNetwork is an opened network that makes maps.
type mapNetwork struct {
	session model.Session
	last    bool        // channels stand last
	fixed   image.Point // the size that it reads; 0: any
	read    int         // channels; 0: any
	in      string
	outs    []string
}

const (
	mapPicture = "our picture" // names that no network has
	mapOut     = "our map %d"
)

func openMapNetwork(ctx context.Context, runtime model.Runtime, file string, o model.Options) (*mapNetwork, error) {
	g, err := foreign(file)
	if err != nil {
		return nil, err
	}
	n, ins, outs := &mapNetwork{}, []graph.Value{}, []graph.Value{}
	read, made := signature(g)
	for _, v := range read {
		if len(v.Shape) == 4 {
			ins = append(ins, v)
		}
	}
	for _, v := range made {
		if len(v.Shape) >= 2 && (v.Type == graph.Float32 || v.Type == graph.Float16) {
			outs = append(outs, v)
		}
	}
	if len(ins) == 0 || len(outs) == 0 {
		return nil, fault.New("it reads no picture, or makes no map", "Want an ONNX network that reads a picture and gives a map of it.")
	}
	dims := [4]int{}
	for i, d := range ins[0].Shape {
		dims[i] = int(d.Fixed)
	}
	channels := func(n int) bool { return n == 3 || n == 4 }
	n.last = channels(dims[3]) && !channels(dims[1])
	n.fixed, n.read = image.Pt(dims[3], dims[2]), dims[1]
	if n.last {
		n.fixed, n.read = image.Pt(dims[2], dims[1]), dims[3]
	}
	if n.in, n.outs, err = wire(g, ins[0], outs); err != nil {
		return nil, err
	}
	n.session, err = runtime.Open(ctx, g, o)
	return n, err
}

// foreign is the graph of a file of another program's: ONNX, or TensorFlow Lite.
func foreign(file string) (*graph.Graph, error) {
	f, err := os.Open(file)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	head := make([]byte, 8)
	if n, _ := io.ReadFull(f, head); tflite.Is(head[:n]) {
		return tflite.Open(file)
	}
	return graph.Foreign(file)
}

// signature is what such a graph reads and makes.
func signature(g *graph.Graph) (ins, outs []graph.Value) {
	if g.IsForeign() {
		return g.Signature()
	}
	return g.Inputs, g.Outputs
}

// wire names what is read and what is wanted of such a graph, which an ONNX file's has not until then.
func wire(g *graph.Graph, picture graph.Value, wanted []graph.Value) (in string, outs []string, err error) {
	if !g.IsForeign() {
		for _, v := range wanted {
			outs = append(outs, v.Name)
		}
		return picture.Name, outs, nil
	}
	err = g.Take(mapPicture, picture.Name)
	for i, v := range wanted {
		outs = append(outs, fmt.Sprintf(mapOut, i))
		err = errors.Join(err, g.Give(outs[i], v.Name))
	}
	return mapPicture, outs, err
}

func (n *mapNetwork) eval(ctx context.Context, in preprocess.Plane) ([]preprocess.Plane, error) {
	if n.read > 0 && n.read != in.C {
		return nil, fault.New(fmt.Sprintf("its network reads %d channels, want one that reads %d", n.read, in.C), "This is the file of another kind of network.")
	}
	t := &tensor.Tensor{Shape: []int{1, in.C, in.H, in.W}, Data: in.Data}
	if n.last {
		t = tensor.New(1, in.H, in.W, in.C)
		for i := range in.H * in.W {
			for c := range in.C {
				t.Data[i*in.C+c] = in.Data[c*in.H*in.W+i]
			}
		}
	}
	all, err := n.session.Run(ctx, map[string]*tensor.Tensor{n.in: t})
	if err != nil {
		return nil, err
	}
	var outs []preprocess.Plane
	for _, name := range n.outs {
		outs = append(outs, planeOf(all[name], n.last))
	}
	return outs, nil
}

// planeOf is what a network made of one picture: [..., C, H, W], or [..., H, W, C] where last.
func planeOf(t *tensor.Tensor, last bool) (p preprocess.Plane) {
	k := len(t.Shape)
	switch {
	case k < 2:
		return p
	case k == 2, k == 3 && !last:
		p = preprocess.Plane{C: 1, H: t.Shape[k-2], W: t.Shape[k-1], Data: t.Data}
	case !last:
		p = preprocess.Plane{C: t.Shape[k-3], H: t.Shape[k-2], W: t.Shape[k-1], Data: t.Data}
	default:
		p = preprocess.Plane{C: t.Shape[k-1], H: t.Shape[k-3], W: t.Shape[k-2], Data: make([]float32, len(t.Data))}
		for i := range p.H * p.W {
			for c := range p.C {
				p.Data[c*p.H*p.W+i] = t.Data[i*p.C+c]
			}
		}
	}
	if n := p.C * p.H * p.W; len(p.Data) > n {
		p.Data = p.Data[:n]
	}
	return p
}
