package stroke

import "math"

// row covers the pixels lo..hi of one row of a tile that starts at the local pixel left.
// It returns how many became Full and whether any changed.
func (w *sweeper) row(cov []uint16, left, y, lo, hi int, r rowSpan) (full int, changed bool) {
	add := func(f int, c bool) {
		full += f
		changed = changed || c
	}
	if !w.even {
		return w.uneven(cov[lo-left:hi-left], lo, y)
	}
	in0, in1 := max(r.in0, lo), min(r.in1, hi)
	if in0 >= in1 {
		in0, in1 = hi, hi
	}
	add(fill(cov[in0-left : in1-left]))
	for _, part := range [2][2]int{{lo, in0}, {in1, hi}} {
		a, b := part[0], part[1]
		cap0 := min(max(r.cap0, a), b)
		cap1 := min(max(r.cap1, cap0), b)
		if a < cap0 {
			add(w.way(cov[a-left:cap0-left], a, y))
		}
		if cap0 < cap1 {
			add(w.end(cov[cap0-left:cap1-left], cap0, y))
		}
		if cap1 < b {
			add(w.way(cov[cap1-left:b-left], cap1, y))
		}
	}
	return full, changed
}

// fill makes a row Full and counts the pixels that were not.
func fill(row []uint16) (full int, changed bool) {
	for i, v := range row {
		if v != Full {
			row[i] = Full
			full++
		}
	}
	return full, full > 0
}

// end covers pixels from the local pixel x on that are nearest to b.
func (w *sweeper) end(row []uint16, x, y int) (full int, changed bool) {
	dy := float64(y) + 0.5 - w.by
	fx := float64(x) + 0.5 - w.bx
	in, per, table := w.fall.squareIn, w.fall.perPixel, &w.fall.bySquare
	up := float64(dy*dy) - in
	for i := range row {
		dx := fx + float64(i)
		u := (float64(dx*dx) + up) * per
		v := table[0]
		if u > 0 {
			if u >= steps {
				continue
			}
			v = table[int(u)]
		}
		if v > row[i] {
			row[i] = v
			changed = true
			if v == Full {
				full++
			}
		}
	}
	return full, changed
}

// way covers pixels from the local pixel x on that are nearest to a point between a and
// b (or, at the very start, to a).
func (w *sweeper) way(row []uint16, x, y int) (full int, changed bool) {
	dy := float64(y) + 0.5 - w.ay
	rowT, rowS := float64(dy*w.uy), float64(dy*w.ux)
	fx := float64(x) + 0.5 - w.ax
	in, per, table := w.fall.squareIn, w.fall.perPixel, &w.fall.bySquare
	for i := range row {
		dx := fx + float64(i)
		side := rowS - float64(dx*w.uy)
		square := float64(side * side)
		if t := float64(dx*w.ux) + rowT; t < 0 {
			square += float64(t * t)
		}
		u := (square - in) * per
		v := table[0]
		if u > 0 {
			if u >= steps {
				continue
			}
			v = table[int(u)]
		}
		if v > row[i] {
			row[i] = v
			changed = true
			if v == Full {
				full++
			}
		}
	}
	return full, changed
}

// uneven is for a Dab whose radius or opacity is not the brush's own or changes. The
// nearest point of the way decides; where the brush grows, its whole end counts as well,
// which may reach farther.
func (w *sweeper) uneven(row []uint16, x, y int) (full int, changed bool) {
	dy := float64(y) + 0.5 - w.ay
	for i := range row {
		dx := float64(x+i) + 0.5 - w.ax
		t, side := float64(dx*w.ux)+float64(dy*w.uy), float64(dy*w.ux)-float64(dx*w.uy)
		on := clamp(t, 0, w.length)
		share := 1.0
		if w.length > 0 {
			share = on / w.length
		}
		v := w.fall.at(math.Hypot(t-on, side), mix(w.ra, w.rb, share), mix(w.oa, w.ob, share))
		if w.rb > w.ra {
			v = max(v, w.fall.at(math.Hypot(t-w.length, side), w.rb, w.ob))
		}
		if v > row[i] {
			row[i] = v
			changed = true
			if v == Full {
				full++
			}
		}
	}
	return full, changed
}
