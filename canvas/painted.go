package canvas

import (
	"bytes"
	"context"
	"fmt"
	"image"

	"pentimento/fault"
)

// maxPainted bounds the area of which every tile is painted.
const maxPainted = 1 << 28

// Painted is the picture with one layer painted in r (document pixels), limited to the
// selection as Within says. paint changes a tile, of whose pixels at (document pixels) are the
// place; what of it is outside r it must leave. It is called from several goroutines at once.
// It ends early with ctx.Err(). Safe from any goroutine: the way for what takes longer than a
// frame (see Become). A layer that is not there or takes no paint gives the same State; one whose
// transparency is protected keeps its alpha.
func (s *State) Painted(ctx context.Context, id LayerID, r image.Rectangle, paint func(t *Tile, at image.Rectangle)) (*State, error) {
	i := s.Index(id)
	if s.Selection.Len() > 0 {
		r = r.Intersect(CoverUsed(s.Selection))
	}
	if i < 0 || r.Empty() || !s.Takes(id) {
		return s, nil
	}
	if int64(r.Dx())*int64(r.Dy()) > maxPainted {
		return nil, fault.New(fmt.Sprintf("painting: the area is %d × %d pixels, want at most %d megapixels", r.Dx(), r.Dy(), maxPainted>>20), "select a part of it first")
	}
	l, protected := *s.Layers[i], s.Locks(id)&LockAlpha != 0
	keys := keysIn(r.Sub(l.Offset))
	tiles := make([]*Tile, len(keys))
	parallel(len(keys), func(n int) {
		if ctx.Err() != nil {
			return
		}
		k, t := keys[n], new(Tile)
		old := l.Tiles.At(k)
		if old != nil {
			*t = *old
		}
		if protected && old == nil {
			return
		}
		if paint(t, k.Rect().Add(l.Offset)); protected {
			KeepAlpha(t.Pix[:], old.Pix[:])
		}
		switch {
		case blank(t.Pix[:]):
		case old != nil && bytes.Equal(t.Pix[:], old.Pix[:]):
			tiles[n] = old
		default:
			tiles[n] = t
		}
	})
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	changed := make(map[TileKey]*Tile, len(keys))
	for n, k := range keys {
		if tiles[n] != l.Tiles.At(k) {
			changed[k] = tiles[n]
		}
	}
	if len(changed) == 0 {
		return s, nil
	}
	after := Blended(l.Tiles, l.Tiles.With(changed), s.Selection, l.Offset)
	if sameTiles(l.Tiles, after) {
		return s, nil
	}
	l.Tiles, l.Placed, l.Text = after, nil, nil
	out := *s
	out.Layers = append([]*Layer(nil), s.Layers...)
	out.Layers[i] = &l
	return &out, nil
}

// KeepAlpha gives premultiplied RGBA pixels the alpha that they had before they were painted:
// the colour is the new one.
func KeepAlpha(pix, before []uint8) {
	for i := 0; i+4 <= len(pix); i += 4 {
		p, a, was := pix[i:i+4], uint32(pix[i+3]), uint32(before[i+3])
		switch {
		case a == was:
		case was == 0:
			clear(p)
		case a == 0:
			copy(p, before[i:])
		default:
			for c := range 3 {
				p[c] = uint8(min((uint32(p[c])*was+a/2)/a, was))
			}
			p[3] = uint8(was)
		}
	}
}
