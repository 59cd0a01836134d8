package vae

import (
	"context"
	"errors"
	"fmt"
	"math"

	"pentimento/pipeline/checkpoint"
	"pentimento/pipeline/graph"
	"pentimento/pipeline/model"
	"pentimento/pipeline/tensor"
)

// Tiling says how a picture too large for memory goes through the autoencoder in tiles.
//
// 2026-11-23: the tiles are exact. Tiles that go through the whole network on their own,
// as is usual, are each normed by what they see themselves, so that colours drift from
// tile to tile; moments measured on a smaller picture, or passed from run to run, were
// off by 1 to 10 %. Here the picture goes through one step of the network at a time: each
// step runs in tiles that overlap by what its convolutions reach, measures what the next
// norm must know of the whole, and lays its results side by side. That costs the first
// half of every residual block twice, and holds two pictures of features where the untiled
// network holds five. What is at the latent's own size, with all of the attention, is
// small and runs whole.
type Tiling struct {
	// Side is that of a tile in picture pixels, at least 128. A picture that fits one
	// tile is not cut.
	Side int
	// WrapX and WrapY say that the network wraps (graph.Wrap), so that tiles at one end
	// must see the other.
	WrapX, WrapY bool
	// Done, which may be nil, is told after each step how many of all are done.
	Done func(steps, of int)
}

// margin is how far a tile of any step sees beyond what it makes: two 3×3 convolutions;
// even, so that halving stays in step.
const margin = 2

// wide is how many channels the networks in use have where they make the picture's pixels.
const wide = 256

// parts opens the graphs of a half's parts.
type parts struct {
	part    *checkpoint.Part
	factor  int // pixels a latent place
	runtime model.Runtime
	options model.Options
	changes []graph.Change
}

// once opens a graph for as long as do takes.
func (p *parts) once(ctx context.Context, g *graph.Graph, err error, do func(model.Session) error) error {
	if err != nil {
		return err
	}
	g.Apply(p.changes...)
	s, err := p.runtime.Open(ctx, g, p.options)
	if err != nil {
		return err
	}
	return errors.Join(do(s), s.Close())
}

// whole runs a graph once on all of a picture.
func (p *parts) whole(ctx context.Context, g *graph.Graph, err error, in, out string, x *tensor.Tensor) (y *tensor.Tensor, _ error) {
	return y, p.once(ctx, g, err, func(s model.Session) error {
		all, err := s.Run(ctx, map[string]*tensor.Tensor{in: x})
		y = all[out]
		return err
	})
}

// fits says that a picture of w × h pixels is not worth cutting.
func (t *Tiling) fits(w, h int) bool {
	t.Side = max(t.Side, 128)
	return w <= t.Side && h <= t.Side
}

// DecodeTiled is Decode in tiles, for one latent [1,4,h,w].
func (d *Decoder) DecodeTiled(ctx context.Context, z *tensor.Tensor, t Tiling) (*tensor.Tensor, error) {
	if len(z.Shape) != 4 || z.Shape[0] != 1 || z.Shape[1] != d.channels {
		return nil, fmt.Errorf("vae: latent of shape %v, want [1 %d height width]", z.Shape, d.channels)
	}
	p := &d.parts
	steps, ok := decoderSteps(p.part)
	if !ok || steps[0].norms() > 0 || t.fits(z.Shape[3]*p.factor, z.Shape[2]*p.factor) {
		return d.Decode(ctx, z)
	}
	g, err := buildDecoderSmall(p.part)
	h, err := p.whole(ctx, g, err, "z", "out", z)
	if err != nil {
		return nil, err
	}
	return p.walk(ctx, steps, h, t)
}

// EncodeTiled is Encode in tiles, for one picture [1,3,H,W].
func (e *Encoder) EncodeTiled(ctx context.Context, image *tensor.Tensor, t Tiling) (*tensor.Tensor, error) {
	if err := e.fits(image); err != nil {
		return nil, err
	}
	if image.Shape[0] != 1 {
		return nil, fmt.Errorf("vae: %d pictures in tiles, want one", image.Shape[0])
	}
	p := &e.parts
	steps, ok := encoderSteps(p.part)
	if !ok || t.fits(image.Shape[3], image.Shape[2]) {
		return e.Encode(ctx, image)
	}
	h, err := p.walk(ctx, steps, image, t)
	if err != nil {
		return nil, err
	}
	g, err := buildEncoderSmall(p.part, int64(h.Shape[1]))
	return p.whole(ctx, g, err, "in", "moments", h)
}

// walk takes a picture through the steps of a large part.
func (p *parts) walk(ctx context.Context, steps []step, x *tensor.Tensor, t Tiling) (*tensor.Tensor, error) {
	var known []moments // of x, then of what a peek saw
	for i, s := range steps {
		g, err := s.build(p.part, int64(x.Shape[1]))
		pass := pass{step: s, in: x, wrapX: t.WrapX, wrapY: t.WrapY, known: known, side: t.Side}
		if err := p.once(ctx, g, err, func(s model.Session) error { return pass.run(ctx, s) }); err != nil {
			return nil, err
		}
		if s.kind == peek {
			known = append(known, pass.sum.moments())
		} else {
			x, known = pass.out, []moments{pass.sum.moments()}
		}
		if t.Done != nil {
			t.Done(i+1, len(steps))
		}
	}
	return x, nil
}

// moments are what a norm applies: mean and scale [1, groups].
type moments struct{ mean, scale *tensor.Tensor }

// pass is one step over all tiles of a picture.
type pass struct {
	step         step
	in, out      *tensor.Tensor
	wrapX, wrapY bool
	known        []moments
	side         int
	sum          sums
}

func (p *pass) run(ctx context.Context, s model.Session) error {
	H, W := p.in.Shape[2], p.in.Shape[3]
	// Below the picture's own size there are more channels: smaller tiles hold as much.
	side := int(float64(p.side) * min(1, math.Sqrt(wide/float64(p.in.Shape[1]))))
	xs, ys := cut(W, side, p.wrapX), cut(H, side, p.wrapY)
	for _, y := range ys {
		for _, x := range xs {
			if err := p.tile(ctx, s, x, y); err != nil {
				return err
			}
		}
	}
	return nil
}

// tile makes one tile and lays it down.
func (p *pass) tile(ctx context.Context, s model.Session, x, y stretch) error {
	scaled := func(n int) int { return n * p.step.up / p.step.down }
	in := map[string]*tensor.Tensor{"in": window(p.in, x.from, y.from, x.size(), y.size())}
	w, h := scaled(x.size()), scaled(y.size())
	left, right := scaled(x.begin-x.from), scaled(x.end-x.from)
	top, bottom := scaled(y.begin-y.from), scaled(y.end-y.from)
	if p.step.kind != finish {
		weight := tensor.New(1, 1, h, w)
		each := float32(w*h) / float32((right-left)*(bottom-top))
		for i := top; i < bottom; i++ {
			for j := left; j < right; j++ {
				weight.Data[i*w+j] = each
			}
		}
		in["weight"] = weight
	}
	for i := range p.step.norms() {
		in[fmt.Sprintf("mean.%d", i)], in[fmt.Sprintf("scale.%d", i)] = p.known[i].mean, p.known[i].scale
	}
	made, err := s.Run(ctx, in)
	if err != nil {
		return err
	}
	if p.step.kind != finish {
		p.sum.add(made["mean"], made["scale"], float64((right-left)*(bottom-top)))
	}
	if p.step.kind == peek {
		return nil
	}
	out := made["out"]
	if out.Shape[2] != h || out.Shape[3] != w {
		return fmt.Errorf("vae: a tile of step %q came out as %v, want sides %d and %d", p.step.path, out.Shape, h, w)
	}
	c, H, W := out.Shape[1], scaled(p.in.Shape[2]), scaled(p.in.Shape[3])
	if p.out == nil {
		p.out = tensor.New(1, c, H, W)
	}
	for k := range c {
		for i := top; i < bottom; i++ {
			copy(p.out.Data[(k*H+scaled(y.begin)+i-top)*W+scaled(x.begin):][:right-left], out.Data[(k*h+i)*w+left:])
		}
	}
	return nil
}

// stretch is one tile along one axis: what it makes and what it sees for that.
type stretch struct{ begin, end, from, to int }

func (s stretch) size() int { return s.to - s.from }

// cut divides a side evenly into stretches of at most the given length, at even places. A
// stretch sees beyond the ends only where the network wraps and the side is cut at all.
func cut(size, side int, wrap bool) []stretch {
	n := (size + side - 1) / side
	if n == 1 {
		return []stretch{{0, size, 0, size}}
	}
	out := make([]stretch, n)
	for i := range out {
		s := stretch{begin: size * i / n / margin * margin, end: size * (i + 1) / n / margin * margin}
		if i+1 == n {
			s.end = size
		}
		s.from, s.to = s.begin-margin, s.end+margin
		if !wrap {
			s.from, s.to = max(s.from, 0), min(s.to, size)
		}
		out[i] = s
	}
	return out
}

// window copies a rectangle of a picture [1,C,H,W]; beyond a side it goes on at the
// opposite one.
func window(t *tensor.Tensor, x0, y0, w, h int) *tensor.Tensor {
	H, W := t.Shape[2], t.Shape[3]
	out := tensor.New(1, t.Shape[1], h, w)
	for p := range t.Shape[1] {
		for y := range h {
			row := t.Data[(p*H+(y0+y+H)%H)*W:][:W]
			dst := out.Data[(p*h+y)*w:][:w]
			for x := 0; x < w; {
				x += copy(dst[x:], row[(x0+x+W)%W:])
			}
		}
	}
	return out
}

// sums gathers the moments of tiles to those of the picture.
type sums struct {
	mean, square []float64
	area         float64
}

func (s *sums) add(mean, scale *tensor.Tensor, area float64) {
	if s.mean == nil {
		s.mean, s.square = make([]float64, len(mean.Data)), make([]float64, len(mean.Data))
	}
	s.area += area
	for i, m := range mean.Data {
		m, d := float64(m), 1/float64(scale.Data[i])
		s.mean[i] += area * m
		s.square[i] += area * (d*d - eps + m*m)
	}
}

func (s *sums) moments() moments {
	n := len(s.mean)
	out := moments{tensor.New(1, n), tensor.New(1, n)}
	for i, m := range s.mean {
		m /= s.area
		out.mean.Data[i] = float32(m)
		out.scale.Data[i] = float32(1 / math.Sqrt(max(s.square[i]/s.area-m*m, 0)+eps))
	}
	return out
}
