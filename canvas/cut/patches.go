package cut

import (
	"math"
	"slices"
)

// patch is a superpixel, or several that were joined.
type patch struct {
	colour lab
	area   float32 // pixels
	rough  float32 // how far its colours are from their mean
	fine   float32 // how much of that is from pixel to pixel, as a colour's distance
	rim    float32 // pixels along the picture's rim
	x, y   float32
	words  [words]float32 // how much of it has which of the picture's colours; sums to area
	beside map[int32]link
}

// link is where two patches touch.
type link struct{ long, edge float32 } // pixel sides; the sum of the edge's strength over them

// words is in how many colours a picture is described.
const words = 40

// fineness is how much the grain of a patch counts beside its colour: what is sharp stands before
// what is not.
const fineness = 8

// look is a colour and the grain.
type look [4]float32

func (p *patch) look() look { return look{p.colour[0], p.colour[1], p.colour[2], p.fine} }

func (a look) apart2(b look) (sum float32) {
	for i := range a {
		sum += (a[i] - b[i]) * (a[i] - b[i])
	}
	return sum
}

// measure makes patches of the superpixels of a level.
func measure(sharp, colours []lab, label []int32, n, w, h int) []patch {
	out := make([]patch, n)
	sums := make([][5]float64, n)
	for i, k := range label {
		p, s := &out[k], &sums[k]
		p.area++
		for c, v := range colours[i] {
			s[c] += float64(v)
		}
		s[3] += float64(i % w)
		s[4] += float64(i / w)
	}
	for k := range out {
		p, s, n := &out[k], &sums[k], float64(out[k].area)
		p.colour = lab{float32(s[0] / n), float32(s[1] / n), float32(s[2] / n)}
		p.x, p.y = float32(s[3]/n), float32(s[4]/n)
		p.beside = map[int32]link{}
	}
	for i, k := range label {
		out[k].rough += apart2(colours[i], out[k].colour)
		out[k].fine += max(sharp[i][0]-colours[i][0], colours[i][0]-sharp[i][0])
		if x, y := i%w, i/w; x == 0 || y == 0 || x == w-1 || y == h-1 {
			out[k].rim++
		}
	}
	for k := range out {
		out[k].fine = fineness * float32(math.Log1p(2*float64(out[k].fine/out[k].area)))
		out[k].rough = float32(math.Sqrt(float64(out[k].rough / out[k].area)))
	}
	join(out, sharp, label, w, h)
	describe(out)
	return out
}

// join finds which patches touch, and how strong the edge between them is: by how much the colours
// a pixel and a half to both sides differ, beyond what is the way of the smoother one.
func join(out []patch, colours []lab, label []int32, w, h int) {
	add := func(a, b int32, i, j int) {
		d := float32(math.Sqrt(float64(apart2(colours[i], colours[j]))))
		d = max(d-0.8*min(out[a].rough, out[b].rough), 0)
		l := out[a].beside[b]
		l.long++
		l.edge += d
		out[a].beside[b], out[b].beside[a] = l, l
	}
	for i, a := range label {
		x, y := i%w, i/w
		if x < w-1 && label[i+1] != a {
			add(a, label[i+1], i-min(x, 1), i+min(2, w-1-x))
		}
		if y < h-1 && label[i+w] != a {
			add(a, label[i+w], i-w*min(y, 1), i+w*min(2, h-1-y))
		}
	}
}

// describe finds the picture's colours by a k-means over the patches, and each patch's share of
// the ones nearest to it.
func describe(p []patch) {
	var means [words]look
	for i := range means {
		means[i] = p[farthest(p, means[:i])].look()
	}
	for range 8 {
		var sums [words][5]float32
		for i := range p {
			k, _ := likest(means[:], p[i].look())
			for c, v := range p[i].look() {
				sums[k][c] += v * p[i].area
			}
			sums[k][4] += p[i].area
		}
		for k, s := range sums {
			if s[4] > 0 {
				means[k] = look{s[0] / s[4], s[1] / s[4], s[2] / s[4], s[3] / s[4]}
			}
		}
	}
	for i := range p {
		var sum float32
		for k, m := range means {
			v := float32(math.Exp(-float64(m.apart2(p[i].look())) / (2 * 7 * 7)))
			p[i].words[k] = v
			sum += v
		}
		if sum < 1e-6 {
			k, _ := likest(means[:], p[i].look())
			p[i].words[k], sum = 1, 1
		}
		for k := range p[i].words {
			p[i].words[k] *= p[i].area / sum
		}
	}
}

// farthest is the patch that is least like any of some colours; the first time the largest.
func farthest(p []patch, from []look) int {
	best, far := 0, float32(-1)
	for i := range p {
		d := p[i].area
		if len(from) > 0 {
			_, d = likest(from, p[i].look())
			d *= float32(math.Sqrt(float64(p[i].area)))
		}
		if d > far {
			best, far = i, d
		}
	}
	return best
}

func likest(of []look, c look) (int, float32) {
	best, near := 0, float32(math.MaxFloat32)
	for i, o := range of {
		if d := o.apart2(c); d < near {
			best, near = i, d
		}
	}
	return best, near
}

// unlike is how differently two patches are coloured, 0..1: half the sum of the squared
// differences of their shares over the sums (χ²).
func unlike(a, b *[words]float32, na, nb float32) float32 {
	var sum float32
	for k := range a {
		x, y := a[k]/na, b[k]/nb
		if x+y > 0 {
			sum += (x - y) * (x - y) / (x + y)
		}
	}
	return sum / 2
}

// tree is the patches of a picture joined two by two until one is left: the first are the
// superpixels, those after them were joined of earlier ones.
type tree struct {
	patches []patch
	parent  []int32 // -1 at the last
	leaves  int
}

// joined builds it: what is most alike first, where small patches seem more alike than large ones.
func joined(leaves []patch) *tree {
	t := &tree{patches: slices.Clone(leaves), leaves: len(leaves)}
	t.parent = make([]int32, len(leaves), 2*len(leaves))
	for i := range t.parent {
		t.parent[i] = -1
		t.patches[i].beside = make(map[int32]link, len(leaves[i].beside))
		for k, l := range leaves[i].beside {
			t.patches[i].beside[k] = l
		}
	}
	var q pairs
	for i := range leaves {
		for k := range leaves[i].beside {
			if int(k) > i {
				q.add(pair{t.cost(int32(i), k), int32(i), k})
			}
		}
	}
	for len(q) > 0 {
		p := q.take()
		if t.parent[p.a] < 0 && t.parent[p.b] < 0 {
			t.join(p.a, p.b, &q)
		}
	}
	return t
}

// cost is how different two patches that touch are.
func (t *tree) cost(a, b int32) float32 {
	p, q := &t.patches[a], &t.patches[b]
	l := p.beside[b]
	d := l.edge/l.long + 25*unlike(&p.words, &q.words, p.area, q.area)
	size := min(p.area, q.area)
	// What touches along little of its outline belongs together less.
	return (d + 1) * float32(math.Pow(float64(size), 0.3))
}

func (t *tree) join(a, b int32, q *pairs) {
	p, r := &t.patches[a], &t.patches[b]
	n := patch{area: p.area + r.area, rim: p.rim + r.rim, beside: p.beside}
	fa, fb := p.area/n.area, r.area/n.area
	for c := range n.colour {
		n.colour[c] = p.colour[c]*fa + r.colour[c]*fb
	}
	n.x, n.y = p.x*fa+r.x*fb, p.y*fa+r.y*fb
	for k := range n.words {
		n.words[k] = p.words[k] + r.words[k]
	}
	id := int32(len(t.patches))
	for k, l := range r.beside {
		was := n.beside[k]
		n.beside[k] = link{was.long + l.long, was.edge + l.edge}
	}
	delete(n.beside, a)
	delete(n.beside, b)
	p.beside, r.beside = nil, nil
	t.parent[a], t.parent[b] = id, id
	t.patches, t.parent = append(t.patches, n), append(t.parent, -1)
	for k, l := range n.beside {
		o := &t.patches[k]
		delete(o.beside, a)
		delete(o.beside, b)
		o.beside[id] = l
		q.add(pair{t.cost(id, k), id, k})
	}
}

// pair is two patches that touch, and pairs a heap of them, the cheapest first.
type pair struct {
	cost float32
	a, b int32
}

type pairs []pair

func (q *pairs) less(i, j int) bool {
	a, b := (*q)[i], (*q)[j]
	switch { // an order of its own, so that the same picture is divided the same way
	case a.cost != b.cost:
		return a.cost < b.cost
	case a.a != b.a:
		return a.a < b.a
	}
	return a.b < b.b
}

func (q *pairs) add(p pair) {
	*q = append(*q, p)
	for i := len(*q) - 1; i > 0 && q.less(i, (i-1)/2); i = (i - 1) / 2 {
		(*q)[i], (*q)[(i-1)/2] = (*q)[(i-1)/2], (*q)[i]
	}
}

func (q *pairs) take() pair {
	out := (*q)[0]
	last := len(*q) - 1
	(*q)[0] = (*q)[last]
	*q = (*q)[:last]
	for i := 0; ; {
		k := 2*i + 1
		if k+1 < last && q.less(k+1, k) {
			k++
		}
		if k >= last || !q.less(k, i) {
			return out
		}
		(*q)[i], (*q)[k] = (*q)[k], (*q)[i]
		i = k
	}
}
