package preprocess

// The map of a line drawing is brought to size as a drawing: what is nearly white and black
// stays so, and lines of one pixel stay that wide.

// binary says whether a map has two colours, of which one is nearly black and one nearly
// white somewhere.
func (p Picture) binary(colours int) bool {
	low, high := uint8(255), uint8(0)
	for _, v := range p.Pix {
		low, high = min(low, v), max(high, v)
	}
	return colours == 2 && low < 16 && high > 240
}

// colours counts a map's, up to most.
func (p Picture) colours(most int) int {
	seen, n := map[[3]uint8]bool{}, p.Channels
	var last [3]uint8
	for i := 0; i < len(p.Pix); i += n {
		var c [3]uint8
		copy(c[:], p.Pix[i:i+n])
		if i > 0 && c == last {
			continue
		}
		last = c
		if seen[c] = true; len(seen) >= most {
			break
		}
	}
	return len(seen)
}

// extreme is the largest (or the smallest) of each value's 3 × 3 neighbours; beyond the edge
// there are none.
func (p Picture) extreme(pick func(a, b uint8) uint8) Picture {
	out, n := p.clone(), p.Channels
	for y := range p.H {
		for x := range p.W {
			for c := range n {
				v := p.Pix[(y*p.W+x)*n+c]
				for dy := max(y-1, 0); dy <= min(y+1, p.H-1); dy++ {
					for dx := max(x-1, 0); dx <= min(x+1, p.W-1); dx++ {
						v = pick(v, p.Pix[(dy*p.W+dx)*n+c])
					}
				}
				out.Pix[(y*p.W+x)*n+c] = v
			}
		}
	}
	return out
}

// thinLines says whether most of what is white goes when the map is opened by 3 × 3.
func (p Picture) thinLines() bool {
	opened := p.extreme(func(a, b uint8) uint8 { return min(a, b) }).extreme(func(a, b uint8) uint8 { return max(a, b) })
	gone, all := 0, 0
	for i, v := range p.Pix {
		if opened.Pix[i] < v {
			gone++
		}
		if v > 127 {
			all++
		}
	}
	return gone*2 > all
}

// ridges keeps what is a maximum along one of four directions.
func (p Picture) ridges() Picture {
	out := newPicture(p.W, p.H, 1)
	value := func(x, y int) uint8 {
		if x < 0 || y < 0 || x >= p.W || y >= p.H {
			return 0
		}
		return p.Pix[y*p.W+x]
	}
	for y := range p.H {
		for x := range p.W {
			v := value(x, y)
			for _, d := range [4][2]int{{1, 0}, {0, 1}, {1, 1}, {1, -1}} {
				if v >= value(x+d[0], y+d[1]) && v >= value(x-d[0], y-d[1]) {
					out.Pix[y*p.W+x] = v
				}
			}
		}
	}
	return out
}

// otsu is the level that parts a map's values best (Otsu 1979).
func (p Picture) otsu() int {
	var counts [256]float64
	for _, v := range p.Pix {
		counts[v] += 1 / float64(len(p.Pix))
	}
	var mean, q, below, best float64
	for v, c := range counts {
		mean += float64(v) * c
	}
	level := 0
	for v, c := range counts {
		below *= q
		q += c
		const tiny = 1.1920929e-7
		if q < tiny || q > 1-tiny {
			continue
		}
		below = (below + float64(v)*c) / q
		above := (mean - q*below) / (1 - q)
		if s := q * (1 - q) * (below - above) * (below - above); s > best {
			best, level = s, v
		}
	}
	return level
}

// part makes a map white above a level, and black.
func (p Picture) part(level int) {
	for i, v := range p.Pix {
		p.Pix[i] = 0
		if int(v) > level {
			p.Pix[i] = 255
		}
	}
}
