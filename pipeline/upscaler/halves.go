package upscaler

import (
	"context"
	"errors"
	"fmt"

	"pentimento/pipeline/graph"
	"pentimento/pipeline/model"
	"pentimento/pipeline/pixels"
	"pentimento/pipeline/tensor"
)

// ESRGAN works at the size of what it reads until its last layers, which enlarge: those look two pixels around a place
// and take most of the memory. So the two are opened one by one, and the last layers go over parts of what
// the first made. What is read at once may then be larger, and less of it is margin. 2026-11-28: of x4plus tiles of 394
// pixels in place of 233 by the same memory.

// halves is a network in two: Run makes what the whole one makes.
type halves struct {
	first, last model.Session
	mid, out    string // what the one gives to the other, and what comes out
}

const (
	lastSide   = 96 // of a part that the last layers read
	lastMargin = 4  // of it that they read and do not make, on each side
)

// openHalves opens a network in two; ok is false for one that is better whole.
func (f *File) openHalves(ctx context.Context, g *graph.Graph, open func(context.Context, *graph.Graph) (model.Session, error)) (s *halves, each int64, ok bool, err error) {
	first, last := f.halved(g)
	if first == nil {
		return nil, 0, false, nil
	}
	s = &halves{mid: last.Inputs[0].Name, out: f.out}
	if s.first, err = open(ctx, first); err != nil {
		return nil, 0, false, err
	}
	if s.last, err = open(ctx, last); err != nil {
		return nil, 0, false, errors.Join(err, s.first.Close())
	}
	return s, 2 * workOf(first, f.in), true, nil // as measured: 1.9 of what is alive at once
}

// halved are a network's two halves, nil where it has none: where it enlarges for the first time, one value alone
// must go on, and the layers before must take far less than those after.
func (f *File) halved(g *graph.Graph) (first, last *graph.Graph) {
	const side = 64
	if g.IsForeign() {
		return nil, nil
	}
	shapes, err := g.Shapes(map[string][]int64{f.in: {1, 3, side, side}})
	if err != nil {
		return nil, nil
	}
	for _, n := range g.Nodes {
		now := shapes[n.Outputs[0]]
		if len(now) != 4 || now[2] <= side {
			continue
		}
		mid := n.Inputs[0]
		if was := shapes[mid]; n.Op != "Resize" || was[2] != side || was[3] != side {
			return nil, nil
		}
		if last, err = g.Only(g.Name+", last layers", []string{mid}, []string{f.out}); err != nil || len(last.Inputs) != 1 || reach(last) > 2*lastMargin {
			return nil, nil
		}
		first, err = g.Only(g.Name+", first layers", nil, []string{mid})
		if err != nil || 2*workOf(first, f.in) > workOf(g, f.in) {
			return nil, nil
		}
		return first, last
	}
	return nil, nil
}

// reach is how many places around one a network's convolutions see, each counted at its own size.
func reach(g *graph.Graph) (n int) {
	for _, node := range g.Nodes {
		if k, _ := node.Attrs["kernel_shape"].([]int64); len(k) == 2 {
			n += int(max(k[0], k[1]) / 2)
		}
	}
	return n
}

func (s *halves) Run(ctx context.Context, in map[string]*tensor.Tensor) (map[string]*tensor.Tensor, error) {
	made, err := s.first.Run(ctx, in)
	if err != nil {
		return nil, err
	}
	mid := made[s.mid]
	h, w := mid.Shape[2], mid.Shape[3]
	var out *tensor.Tensor
	for _, row := range spans(h, lastSide, lastMargin, 1) {
		for _, col := range spans(w, lastSide, lastMargin, 1) {
			made, err := s.last.Run(ctx, map[string]*tensor.Tensor{s.mid: partOf(mid, col, row)})
			if err != nil {
				return nil, err
			}
			part := made[s.out]
			by := part.Shape[3] / (col.end - col.first)
			if part.Shape[1] != 3 || part.Shape[2] != by*(row.end-row.first) {
				return nil, fmt.Errorf("the last layers made a picture of shape %v of %d×%d", part.Shape, col.end-col.first, row.end-row.first)
			}
			if out == nil {
				out = tensor.New(1, 3, by*h, by*w)
			}
			for c := range 3 {
				for y := by * row.from; y < by*row.to; y++ {
					copy(out.Data[(c*by*h+y)*by*w+by*col.from:][:by*(col.to-col.from)], part.Data[(c*part.Shape[2]+y-by*row.first)*part.Shape[3]+by*(col.from-col.first):])
				}
			}
		}
	}
	return map[string]*tensor.Tensor{s.out: out}, nil
}

// partOf is what lies in a column and a row of all channels.
func partOf(x *tensor.Tensor, col, row span) *tensor.Tensor {
	h, w := row.end-row.first, col.end-col.first
	if h == x.Shape[2] && w == x.Shape[3] {
		return x
	}
	out := tensor.New(1, x.Shape[1], h, w)
	pixels.InParallel(x.Shape[1], func(c int) {
		for y := range h {
			copy(out.Data[(c*h+y)*w:][:w], x.Data[(c*x.Shape[2]+row.first+y)*x.Shape[3]+col.first:])
		}
	})
	return out
}

func (s *halves) Close() error { return errors.Join(s.first.Close(), s.last.Close()) }

// Device is where the first layers run.
func (s *halves) Device() string { return model.Handle{Session: s.first}.Device() }
