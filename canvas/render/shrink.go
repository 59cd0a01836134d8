package render

import (
	"image"
	"math"

	"pentimento/canvas/blend"
)

// Below 100 % a device pixel is the mean of the area that it covers, taken from the level
// whose pixels are one to four to the device pixel along each axis. What lies between two
// powers of two then looks as a picture does that was scaled by area: thin lines don't break,
// where interpolating a level that is nearly as coarse as the screen lets them.

// taps is the most flat pixels that a device pixel touches along one axis.
const taps = 6

// spare is the room for the pixels of the next cell in a row of sums: taps, in whole quads.
const spare = 8

// cover fills the axis for means over the device pixels from, from+1, … of the plane, whose runs
// are there, each step flat pixels wide.
func (a *axis) cover(from, level int, step float64) {
	a.begin()
	a.share = resize(a.share, len(a.pos))
	lo := 0
	for _, r := range a.runs {
		back, last := r.flat(level), int32(0)
		for i := lo; i < lo+r.n; i++ {
			begin, end := float64(float64(from+i)*step)-back, float64(float64(from+i+1)*step)-back
			a.pos[i], last = shares(&a.share[i], begin, end, step)
		}
		a.split(lo, lo+r.n, last)
		lo += r.n
	}
	a.start = append(a.start, lo)
}

// shares is what the flat pixels from pos to last make of the stretch of step of them from lo to hi.
func shares(out *[taps]uint16, lo, hi, step float64) (pos, last int32) {
	first := math.Floor(lo)
	part := func(edge float64) int { // of 256, up to the edge
		if edge >= hi {
			return 256
		}
		return int((edge-lo)/step*256 + 0.5)
	}
	if part(first+1) == 0 {
		first++
	}
	*out = [taps]uint16{}
	before := 0
	for k := 0; before < 256; k++ {
		after := part(first + float64(k+1))
		out[k] = uint16(after - before)
		before, last = after, int32(first)+int32(k)
	}
	return int32(first), last
}

// means draws the rows lo to hi of the frame.
func (f *frame) means(lo, hi int) { f.eachCell(lo, hi, f.drawMeans) }

func (f *frame) drawMeans(p patch, r image.Rectangle) {
	var mid [cellSize + spare]uint64
	var scratch [cellRow]uint8
	pos, share := f.xs.pos[r.Min.X:r.Max.X], f.xs.share[r.Min.X:r.Max.X]
	empty, solid := p.empty(), p.opaque()
	for y := r.Min.Y; y < r.Max.Y; y++ {
		out := f.out(r.Min.X, r.Max.X, y)
		if !empty {
			p.down(&mid, int(f.ys.pos[y])&(cellSize-1), &f.ys.share[y])
		}
		switch {
		case empty:
			f.ground.paint(out, r.Min.X, y)
		case solid:
			across(out, &mid, pos, share)
		default:
			over := scratch[:len(out)]
			across(over, &mid, pos, share)
			f.ground.paint(out, r.Min.X, y)
			blend.Span(out, over, blend.Normal, 255)
		}
	}
}

// down fills mid with the mean of the patch's rows from j on, in lanes as between does.
func (p *patch) down(mid *[cellSize + spare]uint64, j int, share *[taps]uint16) {
	var left, right [taps]*[cellRow]uint8
	n := 0
	for ; n < taps && share[n] != 0; n++ {
		a, b, row := p.here, p.right, j+n
		if row >= cellSize {
			a, b, row = p.below, p.corner, row-cellSize
		}
		left[n], right[n] = a.row(row), b.row(row)
	}
	if vector {
		downVector(mid, &left, &right, share, n)
		return
	}
	var weight [taps]uint64
	for k, w := range share {
		weight[k] = uint64(w)
	}
	switch here := (*[cellSize]uint64)(mid[:]); {
	case n <= 3:
		for k := n; k < 3; k++ {
			left[k] = &none
		}
		add3(here, left[0], left[1], left[2], weight[0], weight[1], weight[2])
	case n <= 5:
		for k := n; k < 5; k++ {
			left[k] = &none
		}
		add5(here, (*[5]*[cellRow]uint8)(left[:]), (*[5]uint64)(weight[:]))
	default:
		addRows(mid[:cellSize], left[:n], weight[:n])
	}
	addRows(mid[cellSize:], right[:n], weight[:n])
}

// add3 is addRows for a whole row of three cells, and add5 of five: nearly all of the time below
// 100 % goes here, and most of it into a loop over rows.
func add3(out *[cellSize]uint64, a, b, c *[cellRow]uint8, u, v, w uint64) {
	for i := 0; i < cellSize; i += 2 {
		p, q, r := load64(a[i*4:i*4+8]), load64(b[i*4:i*4+8]), load64(c[i*4:i*4+8])
		e := (p&lanes*u + q&lanes*v + r&lanes*w + half) >> 8 & lanes
		o := (p>>8&lanes*u + q>>8&lanes*v + r>>8&lanes*w + half) >> 8 & lanes
		out[i], out[i+1] = e&0xffffffff|o<<32, e>>32|o&^0xffffffff
	}
}

func add5(out *[cellSize]uint64, rows *[5]*[cellRow]uint8, weight *[5]uint64) {
	a, b, c, d, f := rows[0], rows[1], rows[2], rows[3], rows[4]
	u, v, w, x, y := weight[0], weight[1], weight[2], weight[3], weight[4]
	for i := 0; i < cellSize; i += 2 {
		p, q, r := load64(a[i*4:i*4+8]), load64(b[i*4:i*4+8]), load64(c[i*4:i*4+8])
		s, t := load64(d[i*4:i*4+8]), load64(f[i*4:i*4+8])
		e := (p&lanes*u + q&lanes*v + r&lanes*w + s&lanes*x + t&lanes*y + half) >> 8 & lanes
		o := (p>>8&lanes*u + q>>8&lanes*v + r>>8&lanes*w + s>>8&lanes*x + t>>8&lanes*y + half) >> 8 & lanes
		out[i], out[i+1] = e&0xffffffff|o<<32, e>>32|o&^0xffffffff
	}
}

// addRows puts the weighted sum of rows, divided by 256, into out, two pixels at a time.
func addRows(out []uint64, rows []*[cellRow]uint8, weight []uint64) {
	weight = weight[:len(rows)]
	for i := 0; i < len(out)-1; i += 2 {
		e, o := uint64(half), uint64(half)
		for k, row := range rows {
			p := load64(row[i*4 : i*4+8])
			e += p & lanes * weight[k]
			o += p >> 8 & lanes * weight[k]
		}
		e, o = e>>8&lanes, o>>8&lanes
		out[i], out[i+1] = e&0xffffffff|o<<32, e>>32|o&^0xffffffff
	}
}

// across takes the means along a row of sums.
func across(out []uint8, row *[cellSize + spare]uint64, pos []int32, share [][taps]uint16) {
	share, out = share[:len(pos)], out[:len(pos)*4]
	if vector {
		acrossVector(out, row, pos, share)
		return
	}
	for i, p := range pos {
		p &= cellSize - 1
		m := uint64(half)
		for k, w := range &share[i] {
			if w == 0 {
				break
			}
			m += row[int(p)+k] * uint64(w)
		}
		m = m >> 8 & lanes
		store(out[i*4:i*4+4:i*4+4], uint32(m)|uint32(m>>24))
	}
}
