package upscaler

import (
	"context"
	"fmt"
	"path/filepath"

	"pentimento/fault"
	"pentimento/pipeline/graph"
	"pentimento/pipeline/model"
	"pentimento/pipeline/tensor"
)

// Network is an opened upscaler. One goroutine may run it at a time.
type Network struct {
	model.Handle
	*File
	scale   int
	cut     int  // places that it leaves out of what it reads, on each side
	differs bool // it makes the difference to the enlarged picture

	whole  bool    // see unpadded
	stages []stage // of a network that takes means
	each   int64   // what a pixel that it reads takes, in bytes; 0: Bytes
	graph  *graph.Graph
	open   func(ctx context.Context, g *graph.Graph) (model.Session, error)
}

// Load opens the network of a file. One whose factor is not known runs once or twice, on small pictures.
func (f *File) Load(ctx context.Context, rt model.Runtime, o model.Options, v graph.Variant) (*Network, error) {
	g, err := f.Graph(v)
	if err != nil {
		return nil, err
	}
	n := &Network{File: f, scale: f.Scale, graph: g}
	n.open = func(ctx context.Context, g *graph.Graph) (model.Session, error) { return rt.Open(ctx, g, o) }
	if n.whole = f.unpadded(g); n.whole {
		if n.stages, err = stagesOf(g); err != nil {
			return nil, err
		}
		// The runtime takes 2.8 times as much, and what it takes for none of the pixels comes on top: the program's
		// peak on 448×296 pixels is 0.57 GB so.
		n.each = workOf(g, f.in) * 9 / 2
	}
	s, each, ok, err := f.openHalves(ctx, g, n.open)
	switch {
	case err != nil:
		return nil, err
	case ok:
		n.Session, n.each = s, each
	default:
		if n.Session, err = n.open(ctx, g); err != nil {
			return nil, err
		}
	}
	if n.scale == 0 {
		find := n.measure
		if n.fixed > 0 {
			find = n.try
		}
		if err := find(ctx); err != nil {
			_ = n.Close()
			return nil, err
		}
	}
	return n, nil
}

// Times is how many times as large what the network makes is, along each side.
func (n *Network) Times() int { return n.scale }

// try finds the factor of a network that reads pictures of one size.
func (n *Network) try(ctx context.Context) error {
	side := n.fixed
	all, err := n.Session.Run(ctx, map[string]*tensor.Tensor{n.in: tensor.New(1, 3, side, side)})
	if err != nil {
		return err
	}
	got := all[n.out].Shape
	if len(got) != 4 || got[0] != 1 || got[1] != 3 || got[2] != got[3] || got[2]%side != 0 || got[2]/side < 1 || got[2]/side > 8 {
		return n.strange(fmt.Sprintf("%v of [1 3 %d %d]", got, side, side))
	}
	n.scale = got[2] / side
	return nil
}

// Eval takes a picture [1,3,h,w] from 0 to 1 through the network whole: [1,3,Times·h,Times·w]. Sides
// that the network does not read are continued by reflection, and cut off again.
func (n *Network) Eval(ctx context.Context, x *tensor.Tensor) (*tensor.Tensor, error) {
	if len(x.Shape) != 4 || x.Shape[0] != 1 || x.Shape[1] != 3 || len(x.Data) == 0 {
		return nil, fmt.Errorf("upscaler: picture of shape %v, want [1 3 height width]", x.Shape)
	}
	small := x
	if by := n.cut + n.frame; by > 0 {
		x = framed(x, by)
	}
	h, w := x.Shape[2], x.Shape[3]
	H, W := (h+n.Multiple-1)/n.Multiple*n.Multiple, (w+n.Multiple-1)/n.Multiple*n.Multiple
	if n.fixed > 0 {
		if H, W = n.fixed, n.fixed; h > H || w > W {
			return nil, fault.New(fmt.Sprintf("upscaler %q: reads pictures of %d×%d only, found %d×%d", filepath.Base(n.Path), W, H, w, h), "Leave the size of tiles open.")
		}
	}
	out, err := n.made(ctx, n.Session, map[string]*tensor.Tensor{n.in: reflected(x, H, W)})
	if err != nil {
		return nil, err
	}
	out = cut(out, n.frame*n.scale, small.Shape[2]*n.scale, small.Shape[3]*n.scale)
	if n.differs {
		addEnlarged(out, small, n.scale)
	}
	return out, nil
}

// made is what an opened form of the network makes.
func (n *Network) made(ctx context.Context, by model.Session, in map[string]*tensor.Tensor) (*tensor.Tensor, error) {
	all, err := by.Run(ctx, in)
	if err != nil {
		return nil, err
	}
	out, H, W := all[n.out], in[n.in].Shape[2], in[n.in].Shape[3]
	if want := []int{1, 3, (H - 2*n.cut) * n.scale, (W - 2*n.cut) * n.scale}; out == nil || fmt.Sprint(out.Shape) != fmt.Sprint(want) {
		return nil, fmt.Errorf("upscaler %q: made a picture of an unknown shape, want %v", filepath.Base(n.Path), want)
	}
	if bad := out.BadValue(); bad >= 0 {
		return nil, fault.New(fmt.Sprintf("upscaler %q: made a value that is no number", filepath.Base(n.Path)), "The file may be damaged; with a graphics card, try the processor.")
	}
	return out, nil
}

// reflected continues a picture to the right and below.
func reflected(x *tensor.Tensor, H, W int) *tensor.Tensor {
	h, w := x.Shape[2], x.Shape[3]
	if h == H && w == W {
		return x
	}
	out := tensor.New(1, 3, H, W)
	for c := range 3 {
		for y := range H {
			row := x.Data[(c*h+mirror(y, h))*w:][:w]
			to := out.Data[(c*H+y)*W:][:W]
			copy(to, row)
			for i := w; i < W; i++ {
				to[i] = row[mirror(i, w)]
			}
		}
	}
	return out
}

// mirror is where an index beyond the end of n places lies when it is reflected at the last.
func mirror(i, n int) int {
	if n == 1 {
		return 0
	}
	i %= 2 * (n - 1)
	if i >= n {
		i = 2*(n-1) - i
	}
	return i
}

// cut is a part of a picture, as far from its left border as from its upper one.
func cut(x *tensor.Tensor, from, h, w int) *tensor.Tensor {
	H, W := x.Shape[2], x.Shape[3]
	if h == H && w == W {
		return x
	}
	out := tensor.New(1, 3, h, w)
	for c := range 3 {
		for y := range h {
			copy(out.Data[(c*h+y)*w:][:w], x.Data[(c*H+from+y)*W+from:])
		}
	}
	return out
}
