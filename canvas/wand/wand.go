// Package wand finds the pixels that look like one: around a place as far as they hang
// together, or wherever they are. Start at Find.
//
// A pixel looks like another when no channel of the premultiplied 8-bit RGBA differs by more
// than the tolerance. Around a place the area is filled by spans (a scan-line fill, Smith,
// "Tint Fill", SIGGRAPH 1979) over tiles that are read when the fill first comes to them, so
// that a small area of a large picture costs little. Pixels that hang together share a side; of a
// tile that repeats the pixels of opposite sides do.
package wand

import (
	"context"
	"image"

	"pentimento/canvas"
)

// Request says what is looked for.
type Request struct {
	// Read gives the premultiplied RGBA pixels of a tile's rectangle, document pixels. It is
	// called from the caller's goroutine only.
	Read func(dst *canvas.Tile, r image.Rectangle)
	// Bounds is where is looked, document pixels; at most MaxSide a side.
	Bounds image.Rectangle
	// Tile, where it is not empty, repeats all over the plane: where Bounds reach from one side of it to
	// the other, what is beside a pixel of one side is the other side's.
	Tile image.Rectangle
	// At is the pixel that the others are to look like, unless Colour is set.
	At     image.Point
	Colour *[4]uint8 // premultiplied
	// Tolerance is 0..255. Contiguous: only what hangs together with At.
	Tolerance  int
	Contiguous bool
	// Smooth gives pixels beside the area a share: as far as their colour lies between the
	// area's and that of the farthest of their neighbours, which is how a picture's own
	// smooth edges are made.
	Smooth bool
	// Report, which may be nil, hears of the fraction done where it is known.
	Report func(float64)
}

// MaxSide bounds what is looked at.
const MaxSide = 1 << 16

const side = canvas.TileSize

// cell is a tile that was read.
type cell struct {
	apart  [side * side]uint8 // how far each pixel is from the colour looked for
	filled [side * side]bool
	any    bool
}

type finder struct {
	Request
	ctx    context.Context
	want   [4]uint8
	lo     canvas.TileKey
	cells  []*cell
	w, h   int  // in tiles
	joinX  bool // the left and the right side of Bounds are beside each other
	joinY  bool // the upper and the lower side
	buf    canvas.Tile
	looked int
}

// Find returns the coverage of the pixels that look alike; empty where At is outside Bounds. It
// ends early with ctx.Err().
func Find(ctx context.Context, q Request) (canvas.Grid[canvas.MaskTile], error) {
	b := q.Bounds
	if b.Empty() || b.Dx() > MaxSide || b.Dy() > MaxSide || q.Colour == nil && !q.At.In(b) {
		return canvas.Grid[canvas.MaskTile]{}, nil
	}
	lo, hi := canvas.KeyAt(b.Min), canvas.KeyAt(b.Max.Sub(image.Pt(1, 1)))
	f := &finder{Request: q, ctx: ctx, lo: lo, w: int(hi.X-lo.X) + 1, h: int(hi.Y-lo.Y) + 1}
	f.cells = make([]*cell, f.w*f.h)
	f.joinX = !q.Tile.Empty() && b.Min.X == q.Tile.Min.X && b.Max.X == q.Tile.Max.X
	f.joinY = !q.Tile.Empty() && b.Min.Y == q.Tile.Min.Y && b.Max.Y == q.Tile.Max.Y
	if q.Colour != nil {
		f.want = *q.Colour
	} else {
		q.Read(&f.buf, canvas.KeyAt(q.At).Rect())
		f.want = [4]uint8(f.buf.Pix[4*index(q.At.X, q.At.Y):])
	}
	var err error
	if q.Contiguous && q.Colour == nil {
		err = f.flood()
	} else {
		err = f.scan()
	}
	if err != nil {
		return canvas.Grid[canvas.MaskTile]{}, err
	}
	return f.cover()
}

// index is a pixel's place in its tile.
func index(x, y int) int { return (y&(side-1))*side + x&(side-1) }

// cell reads the tile of a pixel of Bounds, once.
func (f *finder) cell(x, y int) *cell {
	k := canvas.KeyAt(image.Pt(x, y))
	return f.read(int(k.X-f.lo.X), int(k.Y-f.lo.Y))
}

func (f *finder) read(tx, ty int) *cell {
	at := ty*f.w + tx
	if c := f.cells[at]; c != nil {
		return c
	}
	c := &cell{}
	f.cells[at] = c
	k := canvas.TileKey{X: f.lo.X + int32(tx), Y: f.lo.Y + int32(ty)}
	f.Read(&f.buf, k.Rect())
	for i := range c.apart {
		p := (*[4]uint8)(f.buf.Pix[4*i:])
		c.apart[i] = max(apart(p[0], f.want[0]), apart(p[1], f.want[1]), apart(p[2], f.want[2]), apart(p[3], f.want[3]))
	}
	f.looked++
	return c
}

func apart(a, b uint8) uint8 { return max(a, b) - min(a, b) }

// scan takes every pixel that looks alike.
func (f *finder) scan() error {
	for ty := range f.h {
		if err := f.ctx.Err(); err != nil {
			return err
		}
		for tx := range f.w {
			c := f.read(tx, ty)
			k := canvas.TileKey{X: f.lo.X + int32(tx), Y: f.lo.Y + int32(ty)}
			in := k.Rect().Intersect(f.Bounds)
			for y := in.Min.Y; y < in.Max.Y; y++ {
				for i := index(in.Min.X, y); i < index(in.Min.X, y)+in.Dx(); i++ {
					if int(c.apart[i]) <= f.Tolerance {
						c.filled[i], c.any = true, true
					}
				}
			}
		}
		if f.Report != nil {
			f.Report(float64(ty+1) / float64(f.h))
		}
	}
	return nil
}

// span is a run of pixels of a row, to be looked at from above or below.
type span struct{ x0, x1, y int }

// flood takes what hangs together with At.
func (f *finder) flood() error {
	todo := []span{{f.At.X, f.At.X + 1, f.At.Y}}
	for n := 0; len(todo) > 0; n++ {
		if n&0xfff == 0 {
			if err := f.ctx.Err(); err != nil {
				return err
			}
			if f.Report != nil {
				f.Report(float64(f.looked) / float64(len(f.cells)))
			}
		}
		s := todo[len(todo)-1]
		todo = todo[:len(todo)-1]
		var at *cell
		row := index(0, s.y)
		for x := s.x0; x < s.x1; {
			if at == nil || x&(side-1) == 0 {
				at = f.cell(x, s.y)
			}
			if !f.open(at, row+x&(side-1)) {
				x++
				continue
			}
			run := f.run(at, x, s.y)
			at = nil
			todo = f.beyond(todo, run)
			x = run.x1 + 1
		}
	}
	return nil
}

// beyond adds what is beside a run to what is to be looked at.
func (f *finder) beyond(todo []span, run span) []span {
	b := f.Bounds
	if run.y > b.Min.Y {
		todo = append(todo, span{run.x0, run.x1, run.y - 1})
	} else if f.joinY {
		todo = append(todo, span{run.x0, run.x1, b.Max.Y - 1})
	}
	if run.y < b.Max.Y-1 {
		todo = append(todo, span{run.x0, run.x1, run.y + 1})
	} else if f.joinY {
		todo = append(todo, span{run.x0, run.x1, b.Min.Y})
	}
	if f.joinX && run.x0 == b.Min.X {
		todo = append(todo, span{b.Max.X - 1, b.Max.X, run.y})
	}
	if f.joinX && run.x1 == b.Max.X {
		todo = append(todo, span{b.Min.X, b.Min.X + 1, run.y})
	}
	return todo
}

// home is a pixel beside one of Bounds, as the one of Bounds that it shows; ok is false where it shows none.
func (f *finder) home(p image.Point) (q image.Point, ok bool) {
	b := f.Bounds
	if p.In(b) {
		return p, true
	}
	if f.joinX {
		p.X = image.Pt(p.X, b.Min.Y).Mod(b).X
	}
	if f.joinY {
		p.Y = image.Pt(b.Min.X, p.Y).Mod(b).Y
	}
	return p, p.In(b)
}

// open says whether a pixel looks alike and was not filled yet.
func (f *finder) open(c *cell, i int) bool { return int(c.apart[i]) <= f.Tolerance && !c.filled[i] }

// run fills the whole run of pixels around x, y in its row; c is that pixel's tile.
func (f *finder) run(c *cell, x, y int) span {
	s, row := span{x, x, y}, index(0, y)
	for at := c; s.x1 < f.Bounds.Max.X; s.x1++ {
		if s.x1&(side-1) == 0 {
			at = f.cell(s.x1, y)
		}
		i := row + s.x1&(side-1)
		if !f.open(at, i) {
			break
		}
		at.filled[i], at.any = true, true
	}
	for at := c; s.x0 > f.Bounds.Min.X; s.x0-- {
		if s.x0&(side-1) == 0 {
			at = f.cell(s.x0-1, y)
		}
		i := row + (s.x0-1)&(side-1)
		if !f.open(at, i) {
			break
		}
		at.filled[i], at.any = true, true
	}
	return s
}
