package cut

import (
	"context"
	"math"

	"pentimento/canvas"
)

// Subject returns the coverage of what the picture is of, as far as that can be told without knowing
// things: the patch whose look differs most from the rest of the picture (contrast of regions, Cheng et
// al., CVPR 2011), whose outline is strong, and which lies in the middle and not along the rim. Empty
// where nothing stands out. It ends early with ctx.Err().
func (s *Scene) Subject(ctx context.Context) (canvas.Grid[canvas.MaskTile], error) {
	if len(s.leaves) == 0 {
		return canvas.Grid[canvas.MaskTile]{}, nil
	}
	k := known{fixed: make([]int8, len(s.leaves)), hold: plain}
	shine, whole := s.contrast(), s.whole()
	best := guess{score: 0.5}
	for i := len(s.tree.patches) - 1; i >= s.tree.leaves && ctx.Err() == nil; i-- {
		if a := s.tree.patches[i].area / whole; a < 0.01 || a > 0.7 {
			continue
		}
		top := make([]bool, len(s.tree.patches))
		top[i] = true
		g := guess{in: s.under(top)}
		g.score = s.stands(g.in, k, shine)
		if g.score > best.score {
			best = g
		}
	}
	if best.in == nil || ctx.Err() != nil {
		return canvas.Grid[canvas.MaskTile]{}, ctx.Err()
	}
	sharp := guess{in: best.in}
	if s.settle(&sharp, k); s.stands(sharp.in, k, shine) > best.score-0.3 {
		best = sharp
	}
	return s.refine(ctx, best.in, Seeds{})
}

// whole is how many pixels are divided.
func (s *Scene) whole() (sum float32) {
	for i := range s.leaves {
		sum += s.leaves[i].area
	}
	return sum
}

// stands is how much a guess stands out.
func (s *Scene) stands(in []bool, k known, shine []float32) float32 {
	f := s.features(in, k)
	var light, area, mid, all float32
	l := s.levels[s.halvings]
	for i := range s.leaves {
		p := &s.leaves[i]
		x, y := p.x/float32(l.w())-0.5, p.y/float32(l.h())-0.5
		near := p.area * float32(math.Exp(-float64(x*x+y*y)/(2*0.25*0.25)))
		all += near
		if in[i] {
			light += shine[i] * p.area
			area += p.area
			mid += near
		}
	}
	if area == 0 || f.outline < faint { // nothing, or without an edge
		return worthless
	}
	return 1.8*f.outline + 0.6*f.own + 1.6*light/area + 1.7*mid/all - 1.2*f.rim - f.size
}

// contrast is how much each superpixel's look differs from that of the others, near ones more, 0..1.
func (s *Scene) contrast() []float32 {
	l := s.levels[s.halvings]
	side := float32(max(l.w(), l.h()))
	out := make([]float32, len(s.leaves))
	parts(len(out), func(from, to int) {
		for i := from; i < to; i++ {
			p := &s.leaves[i]
			var sum, all float32
			for j := range s.leaves {
				q := &s.leaves[j]
				dx, dy := (p.x-q.x)/side, (p.y-q.y)/side
				near := q.area / (0.15 + dx*dx + dy*dy)
				sum += near * float32(math.Sqrt(float64(p.look().apart2(q.look()))))
				all += near
			}
			out[i] = sum / all
		}
	})
	low, high := float32(math.MaxFloat32), float32(0)
	for _, v := range out {
		low, high = min(low, v), max(high, v)
	}
	for i := range out {
		out[i] = (out[i] - low) / max(high-low, 1)
	}
	return out
}

// Sky returns the coverage of the sky: what is smooth and hangs down from the picture's upper rim. Empty
// where there is none. It ends early with ctx.Err().
func (s *Scene) Sky(ctx context.Context) (canvas.Grid[canvas.MaskTile], error) {
	if len(s.leaves) == 0 {
		return canvas.Grid[canvas.MaskTile]{}, nil
	}
	k := known{fixed: make([]int8, len(s.leaves)), hold: plain}
	in := s.above(&k)
	var first float32
	for i, v := range in {
		if v {
			first += s.leaves[i].area
		}
	}
	if first < 0.02*s.whole() {
		return canvas.Grid[canvas.MaskTile]{}, nil
	}
	for range 8 {
		if err := ctx.Err(); err != nil {
			return canvas.Grid[canvas.MaskTile]{}, err
		}
		in = s.cut(in, k)
		for i := range in {
			in[i] = in[i] && s.leaves[i].fine < grainy
		}
		in = s.hanging(in)
	}
	return s.refine(ctx, in, Seeds{})
}

// grainy is more grain than skies have.
const grainy = 0.75 * fineness

// above is what may be sky at first sight: smooth, in the upper half, joined to the upper rim; what can't be
// is fixed in k.
func (s *Scene) above(k *known) []bool {
	l := s.levels[s.halvings]
	w, h := l.w(), l.h()
	in := make([]bool, len(s.leaves))
	for i := range s.leaves {
		p := &s.leaves[i]
		// Green, yellow and brown are no sky; red and orange may be.
		earthy := p.colour[2] > 22 && p.colour[1] < 18 || p.colour[1] < -18 && p.colour[2] > 8
		in[i] = p.fine < grainy && p.rough < 6 && !earthy && p.y < float32(h)/2
		if earthy || p.fine >= 1.5*grainy {
			k.fixed[i] = -1
		}
	}
	for x := range w {
		k.fixed[s.label[(h-1)*w+x]] = -1
	}
	return s.hanging(in)
}

// hanging leaves the parts that touch a good piece of the upper rim.
func (s *Scene) hanging(in []bool) []bool {
	l := s.levels[s.halvings]
	along := make([]float32, len(in))
	for x := range l.w() {
		along[s.label[x]]++
	}
	out, seen := make([]bool, len(in)), make([]bool, len(in))
	for i := range in {
		var part []int32
		var rim float32
		s.flood([]int32{int32(i)}, func(j int32) bool { return in[j] && !seen[j] }, func(j int32) {
			seen[j] = true
			part, rim = append(part, j), rim+along[j]
		})
		if rim >= 0.04*float32(l.w()) {
			for _, j := range part {
				out[j] = true
			}
		}
	}
	return out
}
