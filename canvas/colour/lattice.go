package colour

// points is the number of a lattice's points a channel.
const points = 33

// lattice is a conversion known at equal distances, between which it is interpolated in
// tetrahedra (Kasson et al. 1995), as littlecms does it.
type lattice struct {
	at3   [points * points * points][3]float32 // 0 to 255
	place [256]int                             // of a level: the point before it
	part  [256]float32                         // and how far it is to the next
}

func newLattice(exact func([3]float64) [3]float64) *lattice {
	l := &lattice{}
	rows(points, nil, func(r int) {
		for g := range points {
			for b := range points {
				v := exact([3]float64{float64(r) / (points - 1), float64(g) / (points - 1), float64(b) / (points - 1)})
				for k := range v {
					if v[k] > 0 { // not for what is no number
						l.at3[(r*points+g)*points+b][k] = float32(min(v[k], 1) * 255)
					}
				}
			}
		}
	})
	for i := range 256 {
		at := float64(i) / 255 * (points - 1)
		l.place[i] = min(int(at), points-2)
		l.part[i] = float32(at - float64(l.place[i]))
	}
	return l
}

func (l *lattice) at(in [3]uint8) (out [3]uint8) {
	v := l.within([3]int{l.place[in[0]], l.place[in[1]], l.place[in[2]]}, [3]float32{l.part[in[0]], l.part[in[1]], l.part[in[2]]})
	return [3]uint8{uint8(v[0] + 0.5), uint8(v[1] + 0.5), uint8(v[2] + 0.5)}
}

// within is the colour, 0 to 255, some parts of the way from a point to the next ones.
func (l *lattice) within(place [3]int, parts [3]float32) (out [3]float32) {
	const dr, dg, db = points * points, points, 1
	base, ways := place[0]*dr+place[1]*dg+place[2]*db, [3]int{dr, dg, db}
	// From the first corner to the last along the largest part first.
	for _, s := range [3][2]int{{0, 1}, {1, 2}, {0, 1}} {
		if a, b := s[0], s[1]; parts[a] < parts[b] {
			parts[a], parts[b], ways[a], ways[b] = parts[b], parts[a], ways[b], ways[a]
		}
	}
	p0 := &l.at3[base]
	p1 := &l.at3[base+ways[0]]
	p2 := &l.at3[base+ways[0]+ways[1]]
	p3 := &l.at3[base+dr+dg+db]
	for k := range out {
		out[k] = p0[k] + parts[0]*(p1[k]-p0[k]) + parts[1]*(p2[k]-p1[k]) + parts[2]*(p3[k]-p2[k])
	}
	return out
}
