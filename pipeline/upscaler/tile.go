package upscaler

import (
	"cmp"
	"context"
	"image"
	"math"
	"slices"

	"pentimento/pipeline/pixels"
	"pentimento/pipeline/tensor"
)

const (
	leastTile  = 48
	mostTile   = 544
	usualBytes = 512 << 20
)

// tiling is how a picture goes through a network: its columns and rows of tiles.
type tiling struct {
	cols, rows []span
	fade       int // places on each side of a border in which tiles cross-fade
}

// span is one column or row: its own places [from, to), and those that it reads.
type span struct{ from, to, first, end int }

// tiling divides a picture so that no tile is larger than side, margins included. Tiles begin where
// the network's windows do.
func (n *Network) tiling(w, h, side int) tiling {
	step, margin := n.Multiple, n.margin()
	for margin > step && side < 3*margin {
		margin -= step
	}
	t := tiling{spans(w, side, margin, step), spans(h, side, margin, step), margin / 4}
	for _, s := range slices.Concat(t.cols, t.rows) {
		t.fade = min(t.fade, (s.to-s.from)/2)
	}
	return t
}

// margin is Margin in steps that the network reads.
func (n *Network) margin() int { return up(n.Margin, n.Multiple) }

// LeastTile is the smallest side of a tile that has its whole margin on both sides and as much of its own: a
// smaller one that people choose (Options.Tile) is widened to it. 0: any will do, or there is one size only.
func (n *Network) LeastTile() int {
	if n.whole || n.fixed > 0 {
		return 0
	}
	return 3 * n.margin()
}

// spans divides a side into as few tiles as there can be, all about alike; those at its ends have one
// margin only.
func spans(length, side, margin, step int) (out []span) {
	count := 1
	for ; count < length; count++ {
		if margins := min(count-1, 2) * margin; (length+count-1)/count+margins <= side-(step-1) {
			break
		}
	}
	if length <= side {
		count = 1
	}
	for i := range count {
		at, to := i*length/count/step*step, (i+1)*length/count/step*step
		if i == count-1 {
			to = length
		}
		if to > at {
			out = append(out, span{at, to, max(at-margin, 0), min(to+margin, length)})
		}
	}
	return out
}

// side is that of a tile, of which an evaluation takes at most so much memory.
func (n *Network) side(o Options) int {
	memory := o.Memory
	if memory <= 0 {
		memory = usualBytes
	}
	side := min(int(math.Sqrt(float64(memory)/float64(max(cmp.Or(n.each, n.Bytes), 1)))), mostTile)
	if n.whole {
		side -= 2 * n.cut
	}
	if o.Tile > 0 {
		side = max(o.Tile, n.LeastTile())
	}
	if n.fixed > 0 {
		return n.fixed
	}
	return max(side, leastTile) / n.Multiple * n.Multiple
}

// pass takes a picture through the network once. Tiles cross-fade over a quarter of their margins.
func (n *Network) pass(ctx context.Context, p *Picture, o Options, report func(float64)) (*Picture, error) {
	if n.whole {
		return n.passWhole(ctx, p, n.side(o), report)
	}
	s := n.scale
	out := newPicture(p.W*s, p.H*s, false)
	t := n.tiling(p.W, p.H, n.side(o))
	all, done := float64(p.W*p.H), 0
	for _, row := range t.rows {
		for _, col := range t.cols {
			if err := ctx.Err(); err != nil {
				return nil, err
			}
			made, err := n.Eval(ctx, planes(p, image.Rect(col.first, row.first, col.end, row.end)))
			if err != nil {
				return nil, err
			}
			t.lay(out, made, col, row, s)
			done += (col.to - col.from) * (row.to - row.from)
			report(float64(done) / all)
		}
	}
	return out, nil
}

// planes is a part of a picture as a network reads it.
func planes(p *Picture, at image.Rectangle) *tensor.Tensor {
	w, h := at.Dx(), at.Dy()
	x := tensor.New(1, 3, h, w)
	pixels.InParallel(h, func(y int) {
		row := p.Pix[3*((at.Min.Y+y)*p.W+at.Min.X):][:3*w]
		for i, v := range row {
			x.Data[(i%3*h+y)*w+i/3] = float32(v) / 0xffff
		}
	})
	return x
}

// lay adds what a network made of a tile to a picture, by weights that add up to 1 everywhere.
func (t tiling) lay(out *Picture, made *tensor.Tensor, col, row span, s int) {
	across, left := weights(col, t.fade, s, out.W)
	down, top := weights(row, t.fade, s, out.H)
	h, w := made.Shape[2], made.Shape[3]
	pixels.InParallel(len(down), func(i int) {
		y := top + i
		to := out.Pix[3*(y*out.W+left):][:3*len(across)]
		for c := range 3 {
			from := made.Data[(c*h+y-row.first*s)*w+left-col.first*s:][:len(across)]
			for x, v := range from {
				f := across[x] * down[i]
				to[3*x+c] = uint16(min(float32(to[3*x+c])+min(max(v, 0), 1)*f*0xffff+0.5, 0xffff))
			}
		}
	})
}

// weights are a tile's along one axis of what is made, from a place on: 1 within, rising and falling
// over fade places on each side of where it meets another.
func weights(at span, fade, s, length int) (w []float32, from int) {
	low, high := at.from, at.to
	if low > 0 {
		low -= fade
	}
	if high*s < length {
		high += fade
	}
	w = make([]float32, (high-low)*s)
	for i := range w {
		w[i] = 1
		if k := float32(i) + 0.5; at.from > 0 && k < float32(2*fade*s) {
			w[i] = k / float32(2*fade*s)
		}
		if k := float32(len(w)-i) - 0.5; high > at.to && k < float32(2*fade*s) {
			w[i] *= k / float32(2*fade*s)
		}
	}
	return w, low * s
}
