package render

import (
	"image"

	"pentimento/canvas"
)

const (
	cellSize  = canvas.TileSize
	cellShift = 6
	cellBytes = cellSize * cellSize * 4
	cellRow   = cellSize * 4
	maxLevel  = 10 // 1/1024: far below the smallest zoom
)

// pixels are one flat cell, premultiplied RGBA, laid out as a tile's.
type pixels = [cellBytes]uint8

// key names a cell: level l holds the picture at 1/2^l, cell x, y of it.
type key struct {
	level int
	x, y  int32
}

var whole = image.Rect(0, 0, cellSize, cellSize)

// rect is what the cell shows in document pixels.
func (k key) rect() image.Rectangle {
	s := cellShift + k.level
	x, y := int(k.x)<<s, int(k.y)<<s
	return image.Rect(x, y, x+1<<s, y+1<<s)
}

// kid is one of the four cells a level below: q = 0..3 in reading order.
func (k key) kid(q int) key { return key{k.level - 1, k.x<<1 + int32(q&1), k.y<<1 + int32(q>>1)} }

// quadrant is where that cell's pixels end up.
func quadrant(q int) image.Rectangle {
	const h = cellSize / 2
	return image.Rect(0, 0, h, h).Add(image.Pt(q&1*h, q>>1*h))
}

// local is the part of the cell that depends on the document rectangle.
func (k key) local(doc image.Rectangle) image.Rectangle {
	l := k.level
	r := image.Rect(doc.Min.X>>l, doc.Min.Y>>l, -(-doc.Max.X >> l), -(-doc.Max.Y >> l))
	return r.Sub(image.Pt(int(k.x)<<cellShift, int(k.y)<<cellShift)).Intersect(whole)
}

// cell is a flat piece of the picture.
type cell struct {
	key    key
	pix    *pixels // nil: nothing is there
	own    bool    // pix belongs to the cache, otherwise it is a tile of the picture
	opaque bool    // no pixel lets the ground through
	stale  image.Rectangle
	// trusted says that stale pixels are as good as can be had at once.
	trusted    bool
	used       uint64 // the frame that last drew it
	counted    uint64 // that last found it lacking
	asked      uint64 // and that last left it to the background
	prev, next *cell
}

// lacking is the part of the cell that is to be made.
func (c *cell) lacking() image.Rectangle {
	if c.own {
		return c.stale
	}
	return whole
}

// nothing stands for every cell that is where the picture is empty.
var nothing = &cell{}

// cache keeps cells by key, the last drawn first.
type cache struct {
	cells map[key]*cell
	ends  cell // next is the last drawn, prev the one to drop first
	bytes int64
	limit int64
	tick  uint64
	free  []*pixels
	tile  image.Rectangle // that the cells repeat; empty: they are the picture
}

func newCache(limit int64) cache { return cache{cells: map[key]*cell{}, limit: limit} }

func (c *cache) add(k key) *cell {
	n := &cell{key: k, stale: whole}
	c.cells[k] = n
	c.link(n)
	return n
}

func (c *cache) link(n *cell) {
	if c.ends.next == nil {
		c.ends.next, c.ends.prev = &c.ends, &c.ends
	}
	n.next, n.prev = c.ends.next, &c.ends
	n.next.prev, c.ends.next = n, n
	n.used = c.tick
}

func (c *cache) touch(n *cell) {
	if n.used != c.tick {
		n.prev.next, n.next.prev = n.next, n.prev
		c.link(n)
	}
}

func (c *cache) remove(n *cell) {
	n.prev.next, n.next.prev = n.next, n.prev
	delete(c.cells, n.key)
	c.release(n)
}

// take gives the cell pixels of its own, their content undefined.
func (c *cache) take(n *cell) {
	if n.own {
		return
	}
	if i := len(c.free) - 1; i >= 0 {
		n.pix, c.free = c.free[i], c.free[:i]
	} else {
		n.pix = new(pixels)
	}
	n.own = true
	c.bytes += cellBytes
}

// release takes the cell's pixels away; a few are kept for the next cells.
func (c *cache) release(n *cell) {
	if n.own {
		c.bytes -= cellBytes
		if len(c.free) < 64 {
			c.free = append(c.free, n.pix)
		}
	}
	n.pix, n.own, n.opaque = nil, false, false
}

// trim drops what was drawn longest ago until the limit holds. Cells of this frame stay.
func (c *cache) trim() {
	for c.bytes > c.limit && c.ends.prev != &c.ends && c.ends.prev.used != c.tick {
		c.remove(c.ends.prev)
	}
}

// spoil marks all that was made from the document rectangle.
func (c *cache) spoil(doc image.Rectangle, keep bool) {
	if !c.tile.Empty() {
		for _, n := range c.cells {
			c.mark(n, repeated(doc, c.tile, n.key.rect()), keep)
		}
		return
	}
	lo, hi := canvas.KeyAt(doc.Min), canvas.KeyAt(doc.Max.Sub(image.Pt(1, 1)))
	if (int64(hi.X)-int64(lo.X)+2)*(int64(hi.Y)-int64(lo.Y)+2)*2 > int64(len(c.cells)) {
		for _, n := range c.cells {
			c.mark(n, doc, keep)
		}
		return
	}
	for l := range maxLevel + 1 {
		for y := lo.Y >> l; y <= hi.Y>>l; y++ {
			for x := lo.X >> l; x <= hi.X>>l; x++ {
				if n := c.cells[key{l, x, y}]; n != nil {
					c.mark(n, doc, keep)
				}
			}
		}
	}
}

func (c *cache) mark(n *cell, doc image.Rectangle, keep bool) {
	if doc.Empty() {
		return
	}
	local := n.key.local(doc)
	if local.Empty() {
		return
	}
	if !n.own { // costs nothing to find again
		c.remove(n)
		return
	}
	n.trusted = keep && (n.trusted || n.stale.Empty())
	n.stale = n.stale.Union(local)
}
