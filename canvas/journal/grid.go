package journal

import (
	"fmt"
	"image"
	"math"

	"pentimento/canvas"
)

// maxPlace is how many pixels from the origin anything may be: what is computed of places
// further out no longer fits 32 bits.
const maxPlace = 1 << 28

// near says whether a rectangle is one, and where somebody may have painted.
func near(r image.Rectangle) bool {
	return r.Min.X >= -maxPlace && r.Min.Y >= -maxPlace && r.Max.X <= maxPlace && r.Max.Y <= maxPlace && r.Min.X <= r.Max.X && r.Min.Y <= r.Max.Y
}

// sectorBytes is about what a sector of a Grid takes that a change copies.
const sectorBytes = 2200

func (r *reader) readGrid(u *unpack, before canvas.Grid[ref]) (canvas.Grid[ref], error) {
	n := u.count()
	if n == 0 {
		return before, nil
	}
	changed := make(map[canvas.TileKey]*ref, min(n, 4096))
	var k, sector canvas.TileKey
	for i := range n {
		k.X += int32(u.int())
		k.Y += int32(u.int())
		if max(k.X, -k.X, k.Y, -k.Y) > maxPlace/canvas.TileSize || k.X == math.MinInt32 || k.Y == math.MinInt32 {
			return before, &Error{Text: fmt.Sprintf("a tile is at %d, %d, further out than anybody paints", k.X, k.Y)}
		}
		cost := int64(100)
		if now := (canvas.TileKey{X: k.X >> 4, Y: k.Y >> 4}); now != sector || i == 0 {
			sector, cost = now, cost+sectorBytes
		}
		if !r.take(cost) {
			return before, errTooMuch
		}
		num := u.uint()
		if u.bad || num > math.MaxUint32 {
			return before, &Error{Text: "a step ends too early"}
		}
		changed[k] = nil
		if num > 0 {
			changed[k] = r.intern(uint32(num - 1))
		}
	}
	return before.With(changed), nil
}

func (r *reader) intern(num uint32) *ref {
	if t := r.interned[num]; t != nil {
		return t
	}
	t := &ref{num}
	r.interned[num] = t
	return t
}
