package cut

import (
	"image"

	"pentimento/canvas"
)

// colours gives the colours of two rows of a rectangle of a level, each found when it is first asked for.
type colours struct {
	s     *Scene
	l     *level // nil: the picture itself is read, tile by tile
	r     image.Rectangle
	y     int
	rows  [2][]lab               // of this row and of the one before
	known [2][]int32             // y+1 where rows are known
	tiles map[int32]*canvas.Tile // of the rows of tiles that y lies in
	band  int32
}

func newColours(s *Scene, n int, r image.Rectangle) *colours {
	c := &colours{s: s, l: s.levels[n], r: r}
	for i := range c.rows {
		c.rows[i], c.known[i] = make([]lab, r.Dx()), make([]int32, r.Dx())
	}
	return c
}

// turn goes on to a row.
func (c *colours) turn(y int) {
	c.y = y
	c.rows[0], c.rows[1] = c.rows[1], c.rows[0]
	c.known[0], c.known[1] = c.known[1], c.known[0]
}

// at is the colour of a pixel of this row, or with 1 of the row before.
func (c *colours) at(x, before int) lab {
	y := c.y - before
	if c.known[before][x] != int32(y+1) {
		c.known[before][x] = int32(y + 1)
		c.rows[before][x] = toLab(c.pixel(x+c.r.Min.X, y+c.r.Min.Y))
	}
	return c.rows[before][x]
}

func (c *colours) pixel(x, y int) []uint8 {
	if c.l != nil {
		return c.l.pix[3*((y-c.l.area.Min.Y)*c.l.w()+x-c.l.area.Min.X):]
	}
	k := canvas.KeyAt(image.Pt(x, y))
	if c.tiles == nil || k.Y != c.band {
		c.tiles, c.band = map[int32]*canvas.Tile{}, k.Y
	}
	t := c.tiles[k.X]
	if t == nil {
		t = new(canvas.Tile)
		c.s.source(t, k.Rect())
		c.tiles[k.X] = t
	}
	var out [3]uint8
	opaque(out[:], t.Pix[4*((y&(canvas.TileSize-1))*canvas.TileSize+x&(canvas.TileSize-1)):][:4])
	return out[:]
}
