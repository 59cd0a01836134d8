package canvas

import (
	"image"
	"slices"
)

// On says whether the mask hides anything now.
func (m *LayerMask) On() bool { return m != nil && !m.Off }

// Read copies what shows in r, in the layer's own coordinates, into dst, rows stride bytes
// apart: 255 shows wholly.
func (m *LayerMask) Read(dst []uint8, stride int, r image.Rectangle) {
	ReadCover(m.Tiles, dst, stride, r)
	if m.Outside != 0 {
		for y := range r.Dy() {
			row := dst[y*stride:][:r.Dx()]
			for i := range row {
				row[i] ^= 255
			}
		}
	}
}

// NewLayerMask is a mask of what shows, its bounds in the layer's own coordinates; outside
// them it shows where outside is 255, and hides where it is 0.
func NewLayerMask(shows *image.Alpha, outside uint8) *LayerMask {
	m := &LayerMask{Outside: outside}
	m.Tiles = made(keysIn(shows.Rect), func(t *MaskTile) []uint8 { return t.Pix[:] }, func(dst []uint8, r image.Rectangle) {
		in := r.Intersect(shows.Rect)
		for y := in.Min.Y; y < in.Max.Y; y++ {
			for x := in.Min.X; x < in.Max.X; x++ {
				dst[(y-r.Min.Y)*TileSize+x-r.Min.X] = shows.Pix[shows.PixOffset(x, y)] ^ outside
			}
		}
	})
	return m
}

// Used is the exact rectangle of what differs from Outside.
func (m *LayerMask) Used() image.Rectangle {
	return CoverUsed(m.Tiles)
}

// same says whether two masks hold the same tiles and hide alike.
func (m *LayerMask) same(o *LayerMask) bool {
	if m == nil || o == nil || m == o {
		return m == o
	}
	return m.Outside == o.Outside && m.Off == o.Off && sameTiles(m.Tiles, o.Tiles)
}

// SameMask says whether two masks hold the same tiles and hide alike.
func SameMask(a, b *LayerMask) bool { return a.same(b) }

// SetLayerMask gives a layer a mask, or takes it away (nil). The mask may not be written
// afterwards.
func (e *Edit) SetLayerMask(id LayerID, m *LayerMask) {
	le := e.own(id)
	if le == nil {
		return
	}
	le.mask, le.layer.Mask = nil, m
	e.dirty = e.dirty.Union(e.state.Extent(le.layer))
}

// SwitchLayerMask lets a layer's mask hide or not.
func (e *Edit) SwitchLayerMask(id LayerID, off bool) {
	if l := e.state.Layer(id); l != nil && l.Mask != nil && !e.done {
		m := *l.Mask
		m.Off = off
		e.SetLayerMask(id, &m)
	}
}

// LayerMaskTile returns the tile at k of a layer's mask for writing (see LayerMask.Tiles), k
// in the layer's own coordinates; nil where there is no such layer or mask.
func (e *Edit) LayerMaskTile(id LayerID, k TileKey) *MaskTile {
	le := e.own(id)
	if le == nil || le.layer.Mask == nil {
		return nil
	}
	if le.mask == nil {
		m := *le.layer.Mask
		le.mask = newWriter(m.Tiles)
		m.Tiles = le.mask.grid
		le.layer.Mask = &m
	}
	e.dirty = e.dirty.Union(k.Rect().Add(le.layer.Offset))
	return le.mask.writable(k)
}

// ApplyLayerMask puts a layer's mask into its pixels and takes it away, so that the picture
// looks the same. Of a group it does nothing.
func (e *Edit) ApplyLayerMask(id LayerID) {
	l := e.state.Layer(id)
	if l == nil || l.Mask == nil || l.Group || e.done {
		return
	}
	if m := l.Mask; !m.Off {
		var keys []TileKey
		l.Tiles.Each(func(k TileKey, _ *Tile) { keys = append(keys, k) })
		shows := make([]uint8, len(MaskTile{}.Pix))
		for _, k := range keys {
			m.Read(shows, TileSize, k.Rect())
			if !slices.ContainsFunc(shows, func(v uint8) bool { return v != 255 }) {
				continue
			}
			dim(e.Tile(id, k).Pix[:], shows)
		}
	}
	e.SetLayerMask(id, nil)
}

// dim weights premultiplied pixels by coverage.
func dim(pix, cover []uint8) {
	for i, c := range cover {
		if c == 255 {
			continue
		}
		p := pix[4*i : 4*i+4]
		p[0], p[1], p[2], p[3] = Dim(p[0], c), Dim(p[1], c), Dim(p[2], c), Dim(p[3], c)
	}
}
