package vae

import (
	"context"
	"errors"
	"fmt"
	"math"
	"runtime"
	"runtime/debug"
	"slices"

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
// half of every residual block twice. What is at the latent's own size, with all of the
// attention, is small and runs whole.
//
// 2026-11-25: a budget in bytes decides, not a side: networks differ eightfold in width. A
// step lays its results over what it reads (field), and an enlarged picture that alone
// would take a third of the budget is not kept but made three times (decoderSteps): what
// is held between two steps is one picture of features, and not the widest.
type Tiling struct {
	// Memory is what the work may take, in bytes. A picture that Decoder.Needs or
	// Encoder.Needs no more for goes through whole; what must be held between the steps of
	// a very large one may be beyond it, and tiles never become smaller than they are useful.
	Memory int64
	// WrapX and WrapY say that the network wraps (graph.Wrap), so that tiles at one end
	// must see the other.
	WrapX, WrapY bool
	// Full, which may be nil, is told of a device that ran out of memory all the same, and what is
	// tried next. Where not even the least tile finds room, the next device takes over.
	Full func(e *model.OutOfMemory, memory int64)
	// Done, which may be nil, is called after each step with how many of all are done.
	Done func(steps, of int)
}

// margin is how far a tile of any step sees beyond what it makes, in places of what it
// reads: two 3×3 convolutions, one more after enlarging; even, so that halving stays in step.
const margin = 2

// copies is how many pictures of features there are at a time while a network runs: what
// it reads, norms, activates, makes and adds.
const copies = 5

// tileShare is which part of the memory a tile may take; the rest is for the pictures of
// features before and after a step.
const tileShare = 6

// leastTile is the least side of a tile; below, the margins are most of the work.
const leastTile = 64

// parts opens the graphs of a half's parts.
type parts struct {
	part    *checkpoint.Part
	factor  int // pixels a latent place
	runtime model.Runtime
	options model.Options
	variant graph.Variant
}

// largestLeast is the largest area that the least tile reads, margins included.
const largestLeast = (2*leastTile + 2*margin + 2) * (2*leastTile + 2*margin + 2)

// divisible says whether what a tile reads may be less.
func divisible(in map[string]*tensor.Tensor) bool {
	s := in["in"].Shape
	return s[2]*s[3] > largestLeast
}

// once opens a graph for as long as do takes; see model.Options for smaller.
func (p *parts) once(ctx context.Context, g *graph.Graph, err error, smaller func(map[string]*tensor.Tensor) bool, do func(model.Session) error) error {
	if err != nil {
		return err
	}
	o := p.options
	o.Smaller = smaller
	s, err := p.runtime.Open(ctx, g, o)
	if err != nil {
		return err
	}
	return errors.Join(do(s), s.Close())
}

// whole runs a graph once on all of a picture.
func (p *parts) whole(ctx context.Context, g *graph.Graph, err error, in, out string, x *tensor.Tensor) (y *tensor.Tensor, _ error) {
	return y, p.once(ctx, g, err, nil, func(s model.Session) error {
		all, err := s.Run(ctx, map[string]*tensor.Tensor{in: x})
		y = all[out]
		return err
	})
}

// DecodeTiled is Decode in tiles where the whole would take more memory than t allows, for
// one latent [1,4,h,w].
func (d *Decoder) DecodeTiled(ctx context.Context, z *tensor.Tensor, t Tiling) (*tensor.Tensor, error) {
	if len(z.Shape) != 4 || z.Shape[0] != 1 || z.Shape[1] != d.channels {
		return nil, fmt.Errorf("vae: latent of shape %v, want [1 %d height width]", z.Shape, d.channels)
	}
	w, h := z.Shape[3]*d.parts.factor, z.Shape[2]*d.parts.factor
	return leaner(t, d.Needs(w, h), &d.whole, func(t Tiling) (*tensor.Tensor, error) { return d.tiled(ctx, z, t) })
}

// leaner tries with half the memory what a device has too little for. Tiles below the least end
// it: their sessions go on elsewhere.
func leaner(t Tiling, needs int64, whole *entire, try func(Tiling) (*tensor.Tensor, error)) (*tensor.Tensor, error) {
	t.Memory = min(t.Memory, needs)
	for {
		x, err := try(t)
		var full *model.OutOfMemory
		if !errors.As(err, &full) {
			return x, err
		}
		if err := whole.close(); err != nil {
			return nil, err
		}
		if t.Memory /= 2; t.Full != nil {
			t.Full(full, t.Memory)
		}
	}
}

// tiled is DecodeTiled with the memory that it says.
func (d *Decoder) tiled(ctx context.Context, z *tensor.Tensor, t Tiling) (*tensor.Tensor, error) {
	p := &d.parts
	w, h := z.Shape[3]*p.factor, z.Shape[2]*p.factor
	steps, ok := decoderSteps(p.part, tooWide(w, h, t.Memory))
	d.whole.parts = ok && steps[0].norms == 0
	if !d.whole.parts || d.Needs(w, h) <= t.Memory {
		return d.Decode(ctx, z)
	}
	g, err := buildDecoderSmall(p.part, p.variant)
	x, err := p.whole(ctx, g, err, "z", "out", z)
	if err != nil {
		return nil, err
	}
	return p.walk(ctx, steps, x, t)
}

// EncodeTiled is Encode in tiles where the whole would take more memory than t allows, for
// one picture [1,3,H,W].
func (e *Encoder) EncodeTiled(ctx context.Context, image *tensor.Tensor, t Tiling) (*tensor.Tensor, error) {
	if err := e.fits(image); err != nil {
		return nil, err
	}
	if image.Shape[0] != 1 {
		return nil, fmt.Errorf("vae: %d pictures in tiles, want one", image.Shape[0])
	}
	return leaner(t, e.Needs(image.Shape[3], image.Shape[2]), &e.whole, func(t Tiling) (*tensor.Tensor, error) { return e.tiled(ctx, image, t) })
}

// tiled is EncodeTiled with the memory that it says.
func (e *Encoder) tiled(ctx context.Context, image *tensor.Tensor, t Tiling) (*tensor.Tensor, error) {
	p := &e.parts
	steps, ok := encoderSteps(p.part)
	if e.whole.parts = ok; !ok || e.Needs(image.Shape[3], image.Shape[2]) <= t.Memory {
		return e.Encode(ctx, image)
	}
	h, err := p.walk(ctx, steps, image, t)
	if err != nil {
		return nil, err
	}
	g, err := buildEncoderSmall(p.part, p.variant, int64(h.Shape[1]))
	return p.whole(ctx, g, err, "in", "moments", h)
}

// walk takes a picture through the steps of a large part.
func (p *parts) walk(ctx context.Context, steps []step, picture *tensor.Tensor, t Tiling) (*tensor.Tensor, error) {
	x := fieldOf(picture)
	var known []moments // what the norms of the next step apply
	for i, s := range steps {
		g, err := s.build(p.part, p.variant, int64(x.channels))
		pass := pass{step: s, in: x, tiling: t, moves: moves(steps[i+1:]), known: known}
		if err := p.once(ctx, g, err, divisible, func(s model.Session) error { return pass.run(ctx, s) }); err != nil {
			return nil, err
		}
		if !s.measures {
			x, known = pass.out, nil
			if pass.in, pass.read = nil, nil; s.up != s.down {
				debug.FreeOSMemory() // a whole picture of features is no longer needed
			}
		}
		if s.norms == 0 { // what a step without norms has made stands in for what it read
			known = nil
		}
		if !s.last {
			known = append(known, pass.sum.moments())
		}
		if t.Done != nil {
			t.Done(i+1, len(steps))
		}
	}
	return x.tensor(), nil
}

// moves is how many of the first steps lay their results over what they read.
func moves(steps []step) (n int) {
	for _, s := range steps {
		if s.up != s.down {
			break
		}
		if !s.measures {
			n++
		}
	}
	return n
}

// moments are what a norm applies: mean and scale [1, groups].
type moments struct{ mean, scale *tensor.Tensor }

// pass is one step over all tiles of a picture.
type pass struct {
	step    step
	in, out *field
	tiling  Tiling
	moves   int // that the steps after this one will make in the block of its result
	known   []moments
	sum     sums

	read, weight *tensor.Tensor // of the tile before, used again where the size is the same
	spent        int64          // bytes of results since the last collection
}

func (p *pass) run(ctx context.Context, s model.Session) error {
	if t := p.tiling; t.WrapX || t.WrapY {
		p.in.wrap(t.WrapX, t.WrapY)
	}
	side := p.side()
	xs, ys := cut(p.in.w, side, p.tiling.WrapX), cut(p.in.h, side, p.tiling.WrapY)
	for _, y := range ys {
		for _, x := range xs {
			if err := p.tile(ctx, s, x, y); err != nil {
				return err
			}
		}
	}
	return nil
}

// side is that of a tile in places of what is read: one part of the memory for the tile.
func (p *pass) side() int {
	each := 4 * p.step.channels * (copies + 1)
	made := max(int(math.Sqrt(float64(p.tiling.Memory/tileShare/each))), leastTile)
	return max(made*p.step.down/p.step.up/margin, 1) * margin
}

// tile makes one tile and lays it down.
func (p *pass) tile(ctx context.Context, s model.Session, x, y stretch) error {
	scaled := func(n int) int { return n * p.step.up / p.step.down }
	if shape := []int{1, p.in.channels, y.size(), x.size()}; p.read == nil || !slices.Equal(p.read.Shape, shape) {
		p.read = tensor.New(shape...)
	}
	p.in.window(p.read, x.from, y.from)
	in := map[string]*tensor.Tensor{"in": p.read}
	w, h := scaled(x.size()), scaled(y.size())
	left, right := scaled(x.begin-x.from), scaled(x.end-x.from)
	top, bottom := scaled(y.begin-y.from), scaled(y.end-y.from)
	if !p.step.last {
		in["weight"] = p.weigh(w, h, left, top, right, bottom)
	}
	for i := range p.step.norms {
		in[fmt.Sprintf("mean.%d", i)], in[fmt.Sprintf("scale.%d", i)] = p.known[i].mean, p.known[i].scale
	}
	made, err := s.Run(ctx, in)
	if err != nil {
		return err
	}
	if !p.step.last {
		p.sum.add(made["mean"], made["scale"], float64((right-left)*(bottom-top)))
	}
	if p.step.measures {
		return nil
	}
	out := made["out"]
	if out.Shape[2] != h || out.Shape[3] != w {
		return fmt.Errorf("vae: a tile of step %q came out as %v, want sides %d and %d", p.step.path, out.Shape, h, w)
	}
	p.place(out.Shape[1])
	p.out.lay(out, left, top, right-left, bottom-top, scaled(x.begin), scaled(y.begin))
	p.collect(4 * int64(len(out.Data)))
	return nil
}

// weigh gives every place of what a tile makes its weight in the moments: the margins none.
func (p *pass) weigh(w, h, left, top, right, bottom int) *tensor.Tensor {
	if p.weight == nil || p.weight.Shape[2] != h || p.weight.Shape[3] != w {
		p.weight = tensor.New(1, 1, h, w)
	}
	clear(p.weight.Data)
	each := float32(w*h) / float32((right-left)*(bottom-top))
	for i := top; i < bottom; i++ {
		for j := left; j < right; j++ {
			p.weight.Data[i*w+j] = each
		}
	}
	return p.weight
}

// place chooses where the results of that many channels go: over what is read, or into a
// block of their own.
func (p *pass) place(channels int) {
	if p.out != nil {
		return
	}
	if p.step.up == p.step.down && p.in.holds(channels) {
		p.out = p.in.moved(channels)
		return
	}
	p.out = newField(channels, p.in.w*p.step.up/p.step.down, p.in.h*p.step.up/p.step.down, p.moves)
}

// collect frees the results of past tiles before they make up a good part of the memory:
// Go would let them grow to the size of all that is held.
func (p *pass) collect(bytes int64) {
	if p.spent += bytes; p.spent > p.tiling.Memory/tileShare/2 {
		p.spent = 0
		runtime.GC()
	}
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
