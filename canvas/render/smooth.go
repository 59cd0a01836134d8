package render

import (
	"image"

	"pentimento/canvas/blend"
)

// patch is a cell and its neighbours to the right, below and diagonally, from which the
// device pixels over the cell are interpolated. Beyond the frame's cells stands nothing:
// no pixel takes any weight from there.
type patch struct{ here, right, below, corner *cell }

func (f *frame) patch(cx, cy int) patch {
	at := func(x, y int) *cell {
		if i := y*f.nx + x; x < f.nx && i < len(f.grid) {
			return f.grid[i]
		}
		return nothing
	}
	return patch{at(cx, cy), at(cx+1, cy), at(cx, cy+1), at(cx+1, cy+1)}
}

func (p *patch) empty() bool {
	return p.here.pix == nil && p.right.pix == nil && p.below.pix == nil && p.corner.pix == nil
}

func (p *patch) opaque() bool {
	return p.here.opaque && p.right.opaque && p.below.opaque && p.corner.opaque
}

// smooth draws the rows lo to hi of the frame with bilinear interpolation, cell by cell,
// because the rows of one cell lie side by side in memory.
func (f *frame) smooth(lo, hi int) { f.eachCell(lo, hi, f.drawPatch) }

// eachCell draws the rows lo to hi of the frame cell by cell.
func (f *frame) eachCell(lo, hi int, draw func(patch, image.Rectangle)) {
	for cy := range len(f.ys.start) - 1 {
		y0, y1 := max(f.ys.start[cy], lo), min(f.ys.start[cy+1], hi)
		for cx := 0; y0 < y1 && cx < len(f.xs.start)-1; cx++ {
			x0, x1 := f.xs.start[cx], f.xs.start[cx+1]
			if x0 < x1 {
				draw(f.patch(cx, cy), image.Rect(x0, y0, x1, y1))
			}
		}
	}
}

// drawPatch interpolates first between two rows of flat pixels, which is a straight run
// over memory, then along the result.
func (f *frame) drawPatch(p patch, r image.Rectangle) {
	var mid [cellSize + 1]uint64
	var scratch [(2*cellSize + 2) * 4]uint8 // below 200 % a cell is less than 128 pixels wide
	pos, weight := f.xs.pos[r.Min.X:r.Max.X], f.xs.weight[r.Min.X:r.Max.X]
	empty, solid := p.empty(), p.opaque()
	for y := r.Min.Y; y < r.Max.Y; y++ {
		out := f.out(r.Min.X, r.Max.X, y)
		if !empty {
			p.between(&mid, int(f.ys.pos[y])&(cellSize-1), uint64(f.ys.weight[y]))
		}
		switch {
		case empty:
			f.ground.paint(out, r.Min.X, y)
		case solid:
			along(out, &mid, pos, weight)
		default:
			over := scratch[:len(out)]
			along(over, &mid, pos, weight)
			f.ground.paint(out, r.Min.X, y)
			blend.Span(out, over, blend.Normal, 255)
		}
	}
}

// between fills mid with row j of the patch mixed with the next row. The channels of a
// pixel are in lanes of 16 bits (red, blue, green, alpha), ready to multiply.
func (p *patch) between(mid *[cellSize + 1]uint64, j int, w uint64) {
	below, corner, k := p.here, p.right, j+1
	if k == cellSize {
		below, corner, k = p.below, p.corner, 0
	}
	mixRows((*[cellSize]uint64)(mid[:]), p.here.row(j), below.row(k), w)
	a, b := spread(load(p.right.row(j)[:])), spread(load(corner.row(k)[:]))
	mid[cellSize] = (a<<8 + (b-a)*w + half) >> 8 & lanes
}

var none [cellRow]uint8

// row is one row of a cell's pixels, clear where the cell is empty.
func (c *cell) row(j int) *[cellRow]uint8 {
	if c.pix == nil {
		return &none
	}
	return (*[cellRow]uint8)(c.pix[j*cellRow:])
}

// half rounds every lane after a multiplication by 256.
const half = 0x0080008000800080

// spread puts the channels of a pixel into lanes.
func spread(x uint32) uint64 { return uint64(x&0x00ff00ff) | uint64(x>>8&0x00ff00ff)<<32 }

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

// along interpolates between neighbours of a cell's row.
func along(out []uint8, row *[cellSize + 1]uint64, pos []int32, weight []uint16) {
	weight, out = weight[:len(pos)], out[:len(pos)*4]
	for i, p := range pos {
		p &= cellSize - 1
		a, b := row[p], row[p+1]
		m := (a<<8 + (b-a)*uint64(weight[i]) + half) >> 8 & lanes
		store(out[i*4:i*4+4:i*4+4], uint32(m)|uint32(m>>24))
	}
}
