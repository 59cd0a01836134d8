package cut

import (
	"math"
	"slices"
)

// judge is how much a guess looks like a thing, and how strong its outline is.
func (s *Scene) judge(in []bool, k known) (score, outline float32) {
	f := s.features(in, k)
	return 3.6*f.outline + 0.6*f.own - 0.8*f.rim*(1-0.7*f.area) + 0.12*f.depth - f.size, f.outline
}

type features struct {
	outline, own, rim, depth, size float32
	area                           float32
}

func (s *Scene) features(in []bool, k known) features {
	var f features
	var long, edge, rim, area, whole float32
	var fore, around [words]float32
	var na float32
	ring := s.ring(in)
	deep := float32(math.MaxFloat32)
	for i := range s.leaves {
		p := &s.leaves[i]
		whole += p.area
		switch {
		case in[i]:
			area += p.area
			rim += p.rim
			for w, v := range p.words {
				fore[w] += v
			}
			for _, a := range s.links[i] {
				if !in[a.to] {
					long += a.long
					edge += min(a.edge, 40*a.long)
				}
			}
		default:
			d := (p.x-k.x)*(p.x-k.x) + (p.y-k.y)*(p.y-k.y)
			deep = min(deep, d)
			if ring[i] {
				na += p.area
				for w, v := range p.words {
					around[w] += v
				}
			}
		}
	}
	f.area = area / whole
	if long == 0 || na == 0 {
		f.size = 10
		return f
	}
	e := edge / long
	f.outline = e / (e + 16)
	f.own = unlike(&fore, &around, area, na)
	f.rim = rim / (rim + long)
	f.depth = min(float32(math.Sqrt(float64(deep)))/float32(math.Sqrt(float64(area)/math.Pi)), 1)
	parts, least := s.parts(in, k)
	f.size = 0.35 * float32(parts-1) // clicks are meant to be on one thing
	if least /= whole; least < 0.014 {
		f.size += 0.3 * float32(math.Log(0.014/float64(max(least, 1e-6))))
	}
	if f.area > 0.35 {
		f.size += 0.3 * (f.area - 0.35)
	}
	return f
}

// parts is of how many pieces the clicks' superpixels are, and how large the smallest is.
func (s *Scene) parts(in []bool, k known) (n int, least float32) {
	seen := make([]bool, len(in))
	from := k.in
	if len(from) == 0 {
		from = s.largest(in)
	}
	least = math.MaxFloat32
	for _, i := range from {
		var size float32
		s.flood([]int32{i}, func(j int32) bool { return in[j] && !seen[j] }, func(j int32) { seen[j] = true; size += s.leaves[j].area })
		if size > 0 {
			n, least = n+1, min(least, size)
		}
	}
	return n, least
}

// largest is a superpixel of each part that hangs together and has at least a tenth of all.
func (s *Scene) largest(in []bool) (out []int32) {
	seen := make([]bool, len(in))
	sizes := map[int32]float32{}
	var all float32
	for i := range in {
		var size float32
		s.flood([]int32{int32(i)}, func(j int32) bool { return in[j] && !seen[j] }, func(j int32) { seen[j] = true; size += s.leaves[j].area })
		if size > 0 {
			out, all = append(out, int32(i)), all+size
			sizes[int32(i)] = size
		}
	}
	return slices.DeleteFunc(out, func(i int32) bool { return sizes[i] < all/10 })
}
