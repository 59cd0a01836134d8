package render

import "pentimento/canvas/blend"

// lines is the scratch of one goroutine in smooth.
type lines struct {
	// mid is a row of flat pixels between two, one more than the cells hold. The channels
	// of a pixel are in lanes of 16 bits (red, blue, green, alpha), ready to multiply.
	mid  []uint64
	over []uint8 // a row to be laid over the ground
	kind []uint8 // per cell of mid
}

const (
	empty = iota
	mixed
	solid
)

// smooth draws the rows lo to hi of the frame with bilinear interpolation: first between
// two rows of flat pixels, which is a straight run over memory, then along the result.
func (f *frame) smooth(lo, hi int) {
	t := f.borrow()
	defer f.giveBack(t)
	for y := lo; y < hi; y++ {
		f.between(t, y)
		for cx := range len(f.xs.start) - 1 {
			x0, x1 := f.xs.start[cx], f.xs.start[cx+1]
			if x0 == x1 {
				continue
			}
			out, kind := f.out(x0, x1, y), t.kind[cx]
			if cx+1 < f.nx && t.kind[cx+1] != kind {
				kind = mixed
			}
			pos, weight := f.xs.pos[x0:x1], f.xs.weight[x0:x1]
			base := int32(f.xs.first << cellShift)
			switch kind {
			case empty:
				f.ground.paint(out, x0, y)
			case solid:
				along(out, t.mid, pos, weight, base)
			default:
				over := t.over[:len(out)]
				along(over, t.mid, pos, weight, base)
				f.ground.paint(out, x0, y)
				blend.Span(out, over, blend.Normal, 255)
			}
		}
	}
}

// between fills t.mid for device row y.
func (f *frame) between(t *lines, y int) {
	v, w := int(f.ys.pos[y]), uint64(f.ys.weight[y])
	row0, row1 := v>>cellShift-f.ys.first, (v+1)>>cellShift-f.ys.first
	if w == 0 {
		row1 = row0 // there may be no further row of cells
	}
	i, j := v&(cellSize-1)*cellRow, (v+1)&(cellSize-1)*cellRow
	for cx := range f.nx {
		a, b := f.grid[row0*f.nx+cx], f.grid[row1*f.nx+cx]
		out := (*[cellSize]uint64)(t.mid[cx*cellSize:])
		switch {
		case a.pix == nil && b.pix == nil:
			clear(out[:])
			t.kind[cx] = empty
			continue
		case a.opaque && b.opaque:
			t.kind[cx] = solid
		default:
			t.kind[cx] = mixed
		}
		p, q := &none, &none
		if a.pix != nil {
			p = (*[cellRow]uint8)(a.pix[i:])
		}
		if b.pix != nil && w != 0 {
			q = (*[cellRow]uint8)(b.pix[j:])
		}
		mixRows(out, p, q, w)
	}
}

var none [cellRow]uint8

// half rounds every lane after a multiplication by 256.
const half = 0x0080008000800080

// mixRows puts a + (b−a)·w/256 into out, two pixels at a time. The differences of all
// lanes go through one multiplication: borrows between lanes cancel in the sum, whose
// lanes are all between 0 and 255·256.
func mixRows(out *[cellSize]uint64, a, b *[cellRow]uint8, w uint64) {
	for i := 0; i < cellSize; i += 2 {
		p, q := load64(a[i*4:i*4+8]), load64(b[i*4:i*4+8])
		pe, po := p&lanes, p>>8&lanes
		e := (pe<<8 + (q&lanes-pe)*w + half) >> 8 & lanes
		o := (po<<8 + (q>>8&lanes-po)*w + half) >> 8 & lanes
		out[i], out[i+1] = e&0xffffffff|o<<32, e>>32|o&^0xffffffff
	}
}

// along interpolates between neighbours of row, whose first pixel is at base.
func along(out []uint8, row []uint64, pos []int32, weight []uint16, base int32) {
	weight, out = weight[:len(pos)], out[:len(pos)*4]
	for i, p := range pos {
		a, b := row[p-base], row[p-base+1]
		m := (a<<8 + (b-a)*uint64(weight[i]) + half) >> 8 & lanes
		store(out[i*4:i*4+4:i*4+4], uint32(m)|uint32(m>>24))
	}
}

func (f *frame) borrow() *lines {
	var t *lines
	select {
	case t = <-f.rows:
	default:
		t = &lines{}
	}
	t.mid, t.kind = resize(t.mid, f.nx*cellSize+1), resize(t.kind, f.nx)
	t.over = resize(t.over, f.rect.Dx()*4)
	clear(t.mid[f.nx*cellSize:])
	return t
}

func (f *frame) giveBack(t *lines) {
	select {
	case f.rows <- t:
	default:
	}
}
