package cut

import (
	"context"
	"math"
	"runtime"
	"slices"
	"sync/atomic"

	"pentimento/fault"
)

// guess is a thing that may be meant.
type guess struct {
	in    []bool // by superpixel
	score float32
	raw   bool

	outline float32 // how strong it is, 0..1
}

// weighed are the things that may be meant, and which of them most likely is.
func (s *Scene) weighed(ctx context.Context, k known) (all []guess, best int) {
	all = s.guesses(k)
	var wait fault.Group
	var at atomic.Int32
	n := runtime.GOMAXPROCS(0)
	if k.aside {
		n = max(n-1, 1)
	}
	for range n {
		wait.Go(func() {
			for i := int(at.Add(1)) - 1; i < len(all) && ctx.Err() == nil; i = int(at.Add(1)) - 1 {
				if !all[i].raw {
					s.settle(&all[i], k)
				} else {
					all[i].in = s.together(all[i].in, k)
				}
				all[i].score, all[i].outline = s.judge(all[i].in, k)
			}
		})
	}
	wait.Wait()
	best = -1
	for i := range all {
		if all[i].score > worthless && (best < 0 || all[i].score > all[best].score) && s.changes(all[i].in, k) {
			best = i
		}
	}
	if best < 0 { // nothing adds to what is there
		best = len(all) - 1
	}
	return all, best
}

// worthless is below every score.
const worthless = -100

// changes says whether a guess is more than what is there already, and not all that may be.
func (s *Scene) changes(in []bool, k known) bool {
	if k.limited {
		var rest, all float32
		for i, f := range k.fixed {
			if f >= 0 {
				all += s.leaves[i].area
				if !in[i] {
					rest += s.leaves[i].area
				}
			}
		}
		return rest > 0.06*all
	}
	if k.have == nil {
		return true
	}
	var all, more float32
	for i, v := range in {
		if v {
			all += s.leaves[i].area
			if !k.have[i] {
				more += s.leaves[i].area
			}
		}
	}
	return more > 0.12*all
}

// most is the largest share of the picture that is guessed at.
const most = 0.8

// guesses are the patches around the clicks, as they were joined, small ones first.
func (s *Scene) guesses(k known) (out []guess) {
	if len(k.in) == 0 {
		return []guess{{in: k.boxed}}
	}
	barred := make([]bool, len(s.tree.patches)) // what holds something that is not of the thing
	for i, f := range k.fixed {
		if f < 0 {
			for j := int32(i); j >= 0 && !barred[j]; j = s.tree.parent[j] {
				barred[j] = true
			}
		}
	}
	var whole float32
	for i := range s.leaves {
		whole += s.leaves[i].area
	}
	var times []int32
	for _, i := range k.in {
		for j := i; j >= 0 && (j == i || !barred[j]); j = s.tree.parent[j] {
			times = append(times, j)
		}
	}
	slices.Sort(times)
	times = slices.Compact(times)
	var last float32
	for n, t := range times {
		top := make([]bool, len(s.tree.patches))
		var area float32
		for _, i := range k.in {
			j := i
			for p := s.tree.parent[j]; p >= 0 && p <= t && !barred[p]; p = s.tree.parent[j] {
				j = p
			}
			if !top[j] {
				top[j] = true
				area += s.tree.patches[j].area
			}
		}
		if n > 0 && (area < 1.1*last || area > most*whole) {
			continue
		}
		last = area
		in := s.under(top)
		out = append(out, guess{in: in}, guess{in: in, raw: true})
	}
	return out
}

// under says which superpixels were joined into patches.
func (s *Scene) under(top []bool) []bool {
	for i := len(top) - 1; i >= 0; i-- {
		if p := s.tree.parent[i]; p >= 0 && top[p] {
			top[i] = true
		}
	}
	return top[:len(s.leaves)]
}

// settle makes a guess definite by cuts of the graph, and leaves what hangs together with the clicks.
func (s *Scene) settle(g *guess, k known) {
	for range 2 {
		g.in = s.cut(g.in, k)
		g.in = s.together(g.in, k)
	}
}

// cut is one cut, with colours learned from in.
func (s *Scene) cut(in []bool, k known) []bool {
	var fore, back [words]float32
	var nf, nb float32
	ring := s.ring(in)
	for i := range s.leaves {
		p := &s.leaves[i]
		if in[i] {
			for w, v := range p.words {
				fore[w] += v
			}
			nf += p.area
			continue
		}
		weight := float32(0.15)
		if ring[i] {
			weight = 1
		}
		for w, v := range p.words {
			back[w] += v * weight
		}
		nb += p.area * weight
	}
	g := newFlow(len(s.leaves), 3*len(s.leaves))
	for i := range s.leaves {
		p := &s.leaves[i]
		switch k.fixed[i] {
		case 1:
			g.lean(i, always)
		case -1:
			g.lean(i, -always)
		default:
			var f, b float32
			for w, v := range p.words {
				f += v * (fore[w] / max(nf, 1))
				b += v * (back[w] / max(nb, 1))
			}
			pull := float32(math.Log(float64((f/p.area + 0.002) / (b/p.area + 0.002))))
			if in[i] {
				pull += 0.8
			} else if !ring[i] {
				pull -= 1.5
			}
			g.lean(i, int32(pull*p.area))
		}
		for _, a := range s.links[i] {
			if int(a.to) > i {
				e := a.edge / a.long
				g.join(i, int(a.to), 1+int32(k.hold*a.long*float32(math.Exp(-float64(e*e)/(2*9*9)))))
			}
		}
	}
	g.solve(func() bool { return false })
	out := make([]bool, len(in))
	for i := range out {
		out[i] = g.inside(i)
	}
	return out
}

// ring is what lies around a thing, as wide as a third of its size.
func (s *Scene) ring(in []bool) []bool {
	var area float32
	x0, y0, x1, y1 := float32(math.MaxFloat32), float32(math.MaxFloat32), float32(0), float32(0)
	for i, v := range in {
		if p := &s.leaves[i]; v {
			area += p.area
			x0, y0, x1, y1 = min(x0, p.x), min(y0, p.y), max(x1, p.x), max(y1, p.y)
		}
	}
	wide := max(float32(math.Sqrt(float64(area)))/3, 2.5*step)
	hops := max(int(wide/step), 2)
	out := make([]bool, len(in))
	var edge, next []int32
	for i, v := range in {
		if v {
			edge = append(edge, int32(i))
		}
	}
	for range hops {
		next = next[:0]
		for _, i := range edge {
			for _, a := range s.links[i] {
				if !in[a.to] && !out[a.to] {
					out[a.to] = true
					next = append(next, a.to)
				}
			}
		}
		edge, next = next, edge
	}
	return out
}

// together leaves what hangs together with the clicks, and fills small holes in it.
func (s *Scene) together(in []bool, k known) []bool {
	out := make([]bool, len(in))
	var area float32
	from := k.in
	if len(from) == 0 {
		from = s.largest(in)
	}
	s.flood(from, func(i int32) bool { return in[i] && !out[i] }, func(i int32) { out[i] = true; area += s.leaves[i].area })
	small := area / 5
	for i := range out {
		if out[i] && s.leaves[i].rim > 0 { // what is behind things keeps them out
			small = area / 50
		}
	}
	seen := make([]bool, len(in))
	for i := range in {
		if out[i] || seen[i] {
			continue
		}
		var hole []int32
		var size, rim float32
		barred := false
		s.flood([]int32{int32(i)}, func(j int32) bool { return !out[j] && !seen[j] }, func(j int32) {
			seen[j] = true
			hole = append(hole, j)
			size += s.leaves[j].area
			rim += s.leaves[j].rim
			barred = barred || k.fixed[j] < 0
		})
		if rim == 0 && !barred && size < small {
			for _, j := range hole {
				out[j] = true
			}
		}
	}
	return out
}

// flood visits what is reached from some superpixels through those that are open.
func (s *Scene) flood(from []int32, open func(int32) bool, visit func(int32)) {
	var todo []int32
	for _, i := range from {
		if open(i) {
			visit(i)
			todo = append(todo, i)
		}
	}
	for len(todo) > 0 {
		i := todo[len(todo)-1]
		todo = todo[:len(todo)-1]
		for _, a := range s.links[i] {
			if open(a.to) {
				visit(a.to)
				todo = append(todo, a.to)
			}
		}
	}
}
