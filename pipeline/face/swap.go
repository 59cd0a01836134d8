package face

import (
	"context"
	"encoding/binary"
	"fmt"
	"io"
	"math"
	"os"
	"path/filepath"

	"pentimento/fault"
	"pentimento/pipeline/graph"
	"pentimento/pipeline/model"
	"pentimento/pipeline/tensor"
)

// identity is how many numbers say whose face it is (ArcFace, Deng et al. 2019).
const identity = 512

// Knower is an ONNX file of a network that says whose face it sees: [n,3,112,112] from −1 to 1, red first, to 512
// numbers (insightface's w600k_r50 and its kin).
type Knower struct {
	Path    string
	in, out graph.Value
}

// OpenKnower reads what such a file is; a file of another kind is an error.
func OpenKnower(path string) (*Knower, error) {
	ins, outs, _, err := signature(path)
	if err != nil {
		return nil, err
	}
	if len(ins) != 1 || len(outs) != 1 || !isSquare(ins[0], int(ArcFace.Side)) || !isVector(outs[0]) {
		return nil, fault.New(fmt.Sprintf("%q: this is no network that knows faces; want ONNX from [1,3,112,112] to %d numbers", filepath.Base(path), identity), "insightface's w600k_r50.onnx is one (ArcFace).")
	}
	return &Knower{path, ins[0], outs[0]}, nil
}

// Swapper is an ONNX file of a network that paints a face with another identity: a square [1,3,n,n] from 0 to 1, red
// first, and an identity [1,512] to a square (insightface's inswapper_128).
type Swapper struct {
	Path         string
	Side         int
	picture, who graph.Value
	out          graph.Value
	turn         graph.Weight // [512,512]: what identities are multiplied by before
}

// OpenSwapper reads what such a file is; a file of another kind is an error.
func OpenSwapper(path string) (*Swapper, error) {
	ins, outs, g, err := signature(path)
	if err != nil {
		return nil, err
	}
	s := &Swapper{Path: path}
	for _, v := range ins {
		switch {
		case isPicture(v):
			s.picture = v
		case isVector(v):
			s.who = v
		}
	}
	wrong := fault.New(fmt.Sprintf("%q: this is no network that swaps faces; want ONNX from a square and an identity of %d numbers to a square", filepath.Base(path), identity), "insightface's inswapper_128.onnx is one.")
	if len(ins) != 2 || len(outs) != 1 || s.picture.Name == "" || s.who.Name == "" || !isPicture(outs[0]) || len(g.Weights) == 0 {
		return nil, wrong
	}
	s.out, s.turn, s.Side = outs[0], *g.Weights[len(g.Weights)-1], int(s.picture.Shape[2].Fixed)
	if s.Side < 64 || s.Side > 1024 || !isSquare(s.picture, s.Side) {
		return nil, wrong
	}
	if len(s.turn.Shape) != 2 || s.turn.Shape[0] != identity || s.turn.Shape[1] != identity || s.turn.Type != graph.Float32 && s.turn.Type != graph.Float16 {
		return nil, fault.New(fmt.Sprintf("%q: its last weight has shape %v, want [%d %d], by which identities are multiplied", filepath.Base(path), s.turn.Shape, identity, identity), "Other programs may have left it out: take insightface's own file.")
	}
	return s, nil
}

// signature is what an ONNX model reads and makes.
func signature(path string) (ins, outs []graph.Value, g *graph.Graph, err error) {
	if g, err = graph.Foreign(path); err != nil {
		return nil, nil, nil, fault.With(fmt.Errorf("%q: %w", filepath.Base(path), err), "Choose an ONNX file.")
	}
	ins, outs = g.Signature()
	return ins, outs, g, nil
}

func isSquare(v graph.Value, side int) bool {
	return isPicture(v) && int(v.Shape[2].Fixed) == side && int(v.Shape[3].Fixed) == side
}

func isVector(v graph.Value) bool {
	return len(v.Shape) == 2 && v.Shape[1].Fixed == identity && v.Shape[0].Fixed <= 1
}

// FFHQ's and ArcFace's squares differ; a Swapper's is ArcFace's, in squares of 128 pixels moved by 8, as
// insightface aligns them.
func (s *Swapper) template() Template {
	if s.Side%112 == 0 {
		return ArcFace.Scaled(s.Side)
	}
	k := float64(s.Side) / 128
	t := Template{Side: float64(s.Side)}
	for i, p := range ArcFace.Five {
		t.Five[i] = Point{(p.X + 8) * k, p.Y * k}
	}
	return t
}

// Onto brings a face of a picture to the square that the network reads.
func (s *Swapper) Onto(f Face) Similarity { return s.template().Onto(f) }

// Load opens the network.
func (k *Knower) Load(ctx context.Context, rt model.Runtime, o model.Options) (model.Session, error) {
	return taken(ctx, rt, o, k.Path, k.out.Name, [2]string{inName, k.in.Name})
}

// Load opens the network.
func (s *Swapper) Load(ctx context.Context, rt model.Runtime, o model.Options) (model.Session, error) {
	return taken(ctx, rt, o, s.Path, s.out.Name, [2]string{inName, s.picture.Name}, [2]string{whoName, s.who.Name})
}

func taken(ctx context.Context, rt model.Runtime, o model.Options, path, out string, ins ...[2]string) (model.Session, error) {
	g, err := graph.Foreign(path)
	if err != nil {
		return nil, err
	}
	for _, in := range ins {
		if err := g.Take(in[0], in[1]); err != nil {
			return nil, err
		}
	}
	if err := g.Give(outName, out); err != nil {
		return nil, err
	}
	return rt.Open(ctx, g, o)
}

// Who is the identity of a face, of length 1, by an opened Knower.
func (k *Knower) Who(ctx context.Context, s model.Session, square *Square) ([]float32, error) {
	all, err := s.Run(ctx, map[string]*tensor.Tensor{inName: square.Tensor(-1, 1)})
	if err != nil {
		return nil, err
	}
	t := all[outName]
	if t == nil || len(t.Data) != identity || t.BadValue() >= 0 {
		return nil, fmt.Errorf("%q: made no identity of %d numbers", filepath.Base(k.Path), identity)
	}
	return unit(t.Data), nil
}

// unit is a vector of length 1.
func unit(v []float32) []float32 {
	sum := 1e-24
	for _, x := range v {
		sum += float64(x) * float64(x)
	}
	out := make([]float32, len(v))
	for i, x := range v {
		out[i] = float32(float64(x) / math.Sqrt(sum))
	}
	return out
}

// Latent is what the network is given for an identity: it times the file's own matrix, of length 1. It reads the file.
func (s *Swapper) Latent(who []float32) ([]float32, error) {
	m, err := numbers(s.turn)
	if err != nil {
		return nil, fmt.Errorf("%q: %w", filepath.Base(s.Path), err)
	}
	out := make([]float32, identity)
	for j := range out {
		sum := 0.0
		for i, x := range who {
			sum += float64(x) * float64(m[i*identity+j])
		}
		out[j] = float32(sum)
	}
	return unit(out), nil
}

// numbers are a weight's values.
func numbers(w graph.Weight) ([]float32, error) {
	n := int(w.Shape[0] * w.Shape[1])
	size := int(w.Type.Size())
	data := w.Data
	if w.File != "" {
		if w.Length != int64(n*size) {
			return nil, fmt.Errorf("weight %q has %d bytes, want %d", w.Name, w.Length, n*size)
		}
		f, err := os.Open(w.File)
		if err != nil {
			return nil, err
		}
		defer f.Close()
		data = make([]byte, n*size)
		if _, err := io.ReadFull(io.NewSectionReader(f, w.Offset, w.Length), data); err != nil {
			return nil, err
		}
	}
	if len(data) != n*size {
		return nil, fmt.Errorf("weight %q is written in another form than as bytes", w.Name)
	}
	out := make([]float32, n)
	for i := range out {
		if size == 4 {
			out[i] = math.Float32frombits(binary.LittleEndian.Uint32(data[4*i:]))
		} else {
			out[i] = halfOf(binary.LittleEndian.Uint16(data[2*i:]))
		}
	}
	return out, nil
}

// halfOf is a number of half precision (IEEE 754).
func halfOf(b uint16) float32 {
	sign, exp, frac := 1-2*float64(b>>15), int(b>>10&31), float64(b&1023)
	switch exp {
	case 0:
		return float32(sign * math.Ldexp(frac, -24))
	case 31:
		return float32(math.NaN())
	}
	return float32(sign * math.Ldexp(1+frac/1024, exp-15))
}

// Swap paints a square with another identity, as Latent gives it, by an opened Swapper.
func (s *Swapper) Swap(ctx context.Context, session model.Session, square *Square, latent []float32) (*Square, error) {
	all, err := session.Run(ctx, map[string]*tensor.Tensor{inName: square.Tensor(0, 1), whoName: {Shape: []int{1, identity}, Data: latent}})
	if err != nil {
		return nil, err
	}
	return pictureOf(all[outName], s.Side, s.Path, 0, 1)
}
