// Package canvas is the picture: an immutable value (State) made of shared tiles, and
// the Document that steps from one State to the next by Edits.
//
// The plane has no edges: coordinates are document pixels, y down, negative allowed.
// Undo is a list of States, so a generated result is undone like a stroke. A State and
// everything reachable from it may be read from any goroutine; a Document and its Edits
// belong to one goroutine (the window's).
//
// Start at Document.Begin (document.go), then edit.go, grid.go, tile.go. Painting
// arithmetic is in tools/stroke, screen drawing in canvas/render, files in canvas/file.
//
// 2026-11-23: a Layer has an Offset, so that moving one is a change of two numbers and
// not of every tile; all tile keys of a layer are relative to it.
// 2026-11-25: an accepted fill is witnessed (Edit.Witness): which of its pixels still show is
// a question to the State (State.Shown), and merging and copying layers takes fills along.
// 2026-11-23: the Frame, the reference strip and the record of accepted fills are part of
// the State, so that undo takes them along.
package canvas

import (
	"bytes"
	"image"
)

// TileSize is the side of a tile in pixels.
const TileSize = 64

const tileShift = 6

// Tile is 64×64 premultiplied RGBA pixels, row by row. It is never written once it is
// reachable from a State.
type Tile struct {
	Pix [TileSize * TileSize * 4]uint8
}

// MaskTile is 64×64 pixels of coverage: 0 keep, 255 paint.
type MaskTile struct{ Pix [TileSize * TileSize]uint8 }

// TileKey counts tiles from the origin: pixel x is in tile x>>6, negatives too.
type TileKey struct{ X, Y int32 }

// KeyAt is the tile that holds the pixel p.
func KeyAt(p image.Point) TileKey {
	return TileKey{int32(p.X >> tileShift), int32(p.Y >> tileShift)}
}

// Rect is the tile's rectangle in pixels.
func (k TileKey) Rect() image.Rectangle {
	x, y := int(k.X)<<tileShift, int(k.Y)<<tileShift
	return image.Rect(x, y, x+TileSize, y+TileSize)
}

// KeysIn calls visit for every tile that r touches, row by row.
func KeysIn(r image.Rectangle, visit func(TileKey)) {
	if r.Empty() {
		return
	}
	lo, hi := KeyAt(r.Min), KeyAt(r.Max.Sub(image.Pt(1, 1)))
	for y := lo.Y; y <= hi.Y; y++ {
		for x := lo.X; x <= hi.X; x++ {
			visit(TileKey{x, y})
		}
	}
}

// blank says whether every byte is zero.
func blank(pix []uint8) bool { return bytes.Equal(pix, zeros[:len(pix)]) }

var zeros [len(Tile{}.Pix)]uint8
