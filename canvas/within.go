package canvas

import (
	"image"
	"runtime"

	"pentimento/fault"
)

// Within limits to a selection what the Edit writes to the tiles of layers from here on. It
// is all that a tool that paints has to do to heed the selection:
//
//	e := h.Begin("Gradient")
//	e.Within(e.Base().Selection)
//
// Then the tool writes as if there were none (Tile, ClearTile, Put, PutTiles), wherever it
// likes. What State shows meanwhile, and what Commit leaves, is per channel
//
//	before + (written − before) · coverage/255, rounded to nearest, premultiplied,
//
// where before is the layer as it was at the first write. Coverage 255 is what was written
// and coverage 0 what was before, to the bit: there the tiles themselves are those of
// before, so that Source.Exact, Origins and Placed take no notice. However often a pixel is
// written, it is blended once. An empty Grid limits nothing.
//
// What Tile returns and PutTiles passes is the tile as written, before it is blended. Ask for
// the tile again before each write: State blends those that were asked for since it was
// called last (Commit blends all of them). A tool that mixes with what is seen reads State
// or Base.
//
// It limits no change of properties, no adding, removing, copying, merging, placing (Place)
// or reshaping (Become) of layers, and not the mask; do these in an Edit of their own. An
// accepted fill needs no Within: its mask lies in the selection. To limit tiles made on
// another goroutine see Blended.
func (e *Edit) Within(selection Grid[MaskTile]) { e.within = selection }

// limited is what a layerEdit has besides its tiles while the Edit is limited.
type limited struct {
	before Grid[Tile]
	offset image.Point
	shown  *writer[Tile]
	stale  map[TileKey]bool // asked for since they were blended
	all    map[TileKey]bool
}

func (e *Edit) limit(le *layerEdit) {
	if e.within.Len() == 0 {
		return
	}
	before := le.layer.Tiles
	le.limited = &limited{before, le.layer.Offset, newWriter(before), map[TileKey]bool{}, map[TileKey]bool{}}
	le.layer.Tiles = le.limited.shown.grid
}

// touch notes that the tile at k may be written.
func (le *layerEdit) touch(k TileKey) {
	if l := le.limited; l != nil {
		l.stale[k], l.all[k] = true, true
	}
}

// blend makes what the layer shows of what was written.
func (e *Edit) blend(le *layerEdit, keys map[TileKey]bool) {
	l := le.limited
	type piece struct {
		t, before, after *Tile
		cover            *MaskTile
	}
	var pieces []piece
	for k := range keys {
		cover, level := coverAt(e.within, k.Rect().Add(l.offset))
		before, after := l.before.At(k), le.tiles.grid.At(k)
		switch level {
		case covered:
			if l.shown.set(k, after); after != nil {
				l.shown.fresh[after] = true
			}
		case uncovered:
			l.shown.set(k, before)
		default:
			t := l.shown.grid.At(k)
			if t == nil || t == before {
				t = new(Tile)
				l.shown.fresh[t] = true
				l.shown.set(k, t)
			}
			pieces = append(pieces, piece{t, before, after, cover})
		}
	}
	clear(l.stale)
	parallel(len(pieces), func(i int) { p := pieces[i]; mix(p.t, p.before, p.after, p.cover) })
}

// Blended is the tiles of a layer after a change, limited as Within limits them: offset is
// the layer's Offset. The grids are not written; any goroutine may call it.
func Blended(before, after Grid[Tile], selection Grid[MaskTile], offset image.Point) Grid[Tile] {
	if selection.Len() == 0 {
		return after
	}
	var keys []TileKey
	before.Diff(after, func(k TileKey) { keys = append(keys, k) })
	tiles := make([]*Tile, len(keys))
	parallel(len(keys), func(i int) {
		k := keys[i]
		cover, level := coverAt(selection, k.Rect().Add(offset))
		switch level {
		case covered:
			tiles[i] = after.At(k)
		case uncovered:
			tiles[i] = before.At(k)
		default:
			t := new(Tile)
			if mix(t, before.At(k), after.At(k), cover); !blank(t.Pix[:]) {
				tiles[i] = t
			}
		}
	})
	out := make(map[TileKey]*Tile, len(keys))
	for i, k := range keys {
		out[k] = tiles[i]
	}
	return before.With(out)
}

const (
	uncovered = iota // all 0
	partly
	covered // all 255
)

// coverAt is the coverage of a rectangle of the size of a tile.
func coverAt(g Grid[MaskTile], r image.Rectangle) (*MaskTile, int) {
	if !g.Any(r) {
		return nil, uncovered
	}
	k := KeyAt(r.Min)
	t := g.At(k)
	if k.Rect() != r {
		t = new(MaskTile)
		ReadCover(g, t.Pix[:], TileSize, r)
	}
	var low, high uint8 = 255, 0
	for _, v := range t.Pix {
		low, high = min(low, v), max(high, v)
	}
	switch {
	case high == 0:
		return t, uncovered
	case low == 255:
		return t, covered
	}
	return t, partly
}

// mix is before where cover is 0, after where it is 255, and between the two else; nil tiles
// are blank.
func mix(dst, before, after *Tile, cover *MaskTile) {
	var none Tile
	if before == nil {
		before = &none
	}
	if after == nil {
		after = &none
	}
	for i, c := range cover.Pix {
		to, a, b := dst.Pix[4*i:][:4], before.Pix[4*i:][:4], after.Pix[4*i:][:4]
		for n := range to {
			to[n] = uint8((uint32(a[n])*uint32(255-c) + uint32(b[n])*uint32(c) + 127) / 255)
		}
	}
}

// parallel calls do for 0..n-1 on all cores.
func parallel(n int, do func(i int)) {
	workers := min(runtime.GOMAXPROCS(0), n)
	var wg fault.Group
	for w := range workers {
		wg.Go(func() {
			for i := w * n / workers; i < (w+1)*n/workers; i++ {
				do(i)
			}
		})
	}
	wg.Wait()
}
