package tools

import (
	"context"
	"image"

	"pentimento/canvas"
)

// Flood says which pixels are of one colour.
type Flood struct {
	Tolerance int  // the most that a channel (premultiplied, alpha too) may differ, 0..255
	Apart     bool // pixels that do not touch count too
	ThisLayer bool // of the active layer alone
}

// blockSide is the side of what is looked at at once: whole tiles.
const blockSide = 4 * canvas.TileSize

// block is a part of the picture that the flood has come to.
type block struct {
	r     image.Rectangle
	state []uint8 // row by row: another colour, alike, or reached
	seeds []image.Point
}

const (
	other uint8 = iota
	alike
	reached
)

// Find is the coverage, 0 or 255, of all pixels of area (document pixels) of the colour that
// the pixel `from` has, and that touch it side by side unless Apart. It looks only at what it
// comes to, so that it costs what it covers. It ends early with ctx.Err(). Safe from any
// goroutine with a committed State.
func (f Flood) Find(ctx context.Context, s *canvas.State, from image.Point, area image.Rectangle) (canvas.Grid[canvas.MaskTile], error) {
	if !from.In(area) {
		return canvas.Grid[canvas.MaskTile]{}, nil
	}
	var want [4]uint8
	read(s, want[:], image.Rectangle{Min: from, Max: from.Add(image.Pt(1, 1))}, f.ThisLayer)
	blocks := map[image.Point]*block{}
	open := func(p image.Point) *block {
		key := image.Pt(p.X>>8, p.Y>>8)
		b := blocks[key]
		if b == nil {
			b = f.look(s, want, image.Rect(key.X<<8, key.Y<<8, (key.X+1)<<8, (key.Y+1)<<8).Intersect(area))
			blocks[key] = b
		}
		return b
	}
	if f.Apart {
		for y := area.Min.Y &^ (blockSide - 1); y < area.Max.Y; y += blockSide {
			for x := area.Min.X &^ (blockSide - 1); x < area.Max.X; x += blockSide {
				if err := ctx.Err(); err != nil {
					return canvas.Grid[canvas.MaskTile]{}, err
				}
				open(image.Pt(x, y))
			}
		}
		return covered(blocks, alike), nil
	}
	first := open(from)
	first.seeds = append(first.seeds, from)
	waiting := []*block{first}
	for len(waiting) > 0 {
		if err := ctx.Err(); err != nil {
			return canvas.Grid[canvas.MaskTile]{}, err
		}
		b := waiting[len(waiting)-1]
		waiting = waiting[:len(waiting)-1]
		b.spread(func(p image.Point) {
			if !p.In(area) {
				return
			}
			if n := open(p); n.state[n.at(p)] == alike {
				if len(n.seeds) == 0 {
					waiting = append(waiting, n)
				}
				n.seeds = append(n.seeds, p)
			}
		})
	}
	return covered(blocks, reached), nil
}

// look reads a block and says which of its pixels are alike.
func (f Flood) look(s *canvas.State, want [4]uint8, r image.Rectangle) *block {
	pix := make([]uint8, 4*r.Dx()*r.Dy())
	read(s, pix, r, f.ThisLayer)
	b := &block{r: r, state: make([]uint8, r.Dx()*r.Dy())}
	for i := range b.state {
		p := pix[4*i:][:4]
		far := 0
		for c, v := range want {
			far = max(far, int(v)-int(p[c]), int(p[c])-int(v))
		}
		if far <= f.Tolerance {
			b.state[i] = alike
		}
	}
	return b
}

func (b *block) at(p image.Point) int { return (p.Y-b.r.Min.Y)*b.r.Dx() + p.X - b.r.Min.X }

// spread reaches all that touches the block's seeds, row by row, and calls out with the pixels
// beyond its border that touch what was reached.
func (b *block) spread(out func(image.Point)) {
	for len(b.seeds) > 0 {
		p := b.seeds[len(b.seeds)-1]
		b.seeds = b.seeds[:len(b.seeds)-1]
		row := b.state[b.at(image.Pt(b.r.Min.X, p.Y)):][:b.r.Dx()]
		x0 := p.X - b.r.Min.X
		if row[x0] != alike {
			continue
		}
		x1 := x0
		for x0 > 0 && row[x0-1] == alike {
			x0--
		}
		for x1 < len(row) && row[x1] == alike {
			x1++
		}
		for x := x0; x < x1; x++ {
			row[x] = reached
		}
		if x0 == 0 {
			out(image.Pt(b.r.Min.X-1, p.Y))
		}
		if x1 == len(row) {
			out(image.Pt(b.r.Max.X, p.Y))
		}
		for _, y := range []int{p.Y - 1, p.Y + 1} {
			if y < b.r.Min.Y || y >= b.r.Max.Y {
				for x := x0; x < x1; x++ {
					out(image.Pt(b.r.Min.X+x, y))
				}
				continue
			}
			next := b.state[b.at(image.Pt(b.r.Min.X, y)):][:b.r.Dx()]
			for x := x0; x < x1; x++ {
				if next[x] == alike && (x == x0 || next[x-1] != alike) {
					b.seeds = append(b.seeds, image.Pt(b.r.Min.X+x, y))
				}
			}
		}
	}
}

// covered makes coverage of the blocks' pixels in a state.
func covered(blocks map[image.Point]*block, state uint8) canvas.Grid[canvas.MaskTile] {
	tiles := map[canvas.TileKey]*canvas.MaskTile{}
	for _, b := range blocks {
		canvas.KeysIn(b.r, func(k canvas.TileKey) {
			in, t, any := k.Rect().Intersect(b.r), new(canvas.MaskTile), false
			for y := in.Min.Y; y < in.Max.Y; y++ {
				to := t.Pix[(y&(canvas.TileSize-1))*canvas.TileSize+in.Min.X&(canvas.TileSize-1):]
				for x, v := range b.state[b.at(image.Pt(in.Min.X, y)):][:in.Dx()] {
					if v == state {
						to[x], any = 255, true
					}
				}
			}
			if any {
				tiles[k] = t
			}
		})
	}
	return canvas.Grid[canvas.MaskTile]{}.With(tiles)
}
