package tools

import (
	"image"
	"math"

	"pentimento/canvas"
	"pentimento/tools/stroke"
)

// surface is what coverage is laid on: the mask or a layer. lay writes the pixels of r
// (the tile's own, 0..64) from the picture as it was at Begin.
type surface interface {
	lay(e *canvas.Edit, k canvas.TileKey, cov []uint16, r image.Rectangle)
}

// maskSurface is the mask. What is painted has the share of all that may change, also where more
// could; what is erased loses it.
type maskSurface struct {
	erase bool
	share float64
}

var (
	blankMask canvas.MaskTile
	blankTile canvas.Tile
)

func (s maskSurface) lay(e *canvas.Edit, k canvas.TileKey, cov []uint16, r image.Rectangle) {
	base := e.Base().Mask.At(k)
	if base == nil {
		if s.erase {
			return
		}
		base = &blankMask
	}
	dst := e.MaskTile(k)
	if dst == nil {
		return
	}
	for y := r.Min.Y; y < r.Max.Y; y++ {
		a, b := y*canvas.TileSize+r.Min.X, y*canvas.TileSize+r.Max.X
		if s.erase {
			stroke.MaskErase(dst.Pix[a:b], base.Pix[a:b], cov[a:b], stroke.Strength(s.share))
		} else {
			stroke.Level(dst.Pix[a:b], base.Pix[a:b], cov[a:b], stroke.Full, uint8(255*s.share+0.5))
		}
	}
}

// layerSurface takes tiles in the layer's own coordinates.
type layerSurface struct {
	id       canvas.LayerID
	erase    bool
	atop     bool // alpha stays as it is
	strength uint32
	r, g, b  uint8
}

func (s layerSurface) lay(e *canvas.Edit, k canvas.TileKey, cov []uint16, r image.Rectangle) {
	base := &blankTile
	if l := e.Base().Layer(s.id); l != nil && l.Tiles.At(k) != nil {
		base = l.Tiles.At(k)
	} else if s.erase || s.atop {
		return
	}
	dst := e.Tile(s.id, k)
	if dst == nil {
		return
	}
	for y := r.Min.Y; y < r.Max.Y; y++ {
		a, b := y*canvas.TileSize+r.Min.X, y*canvas.TileSize+r.Max.X
		if s.erase {
			stroke.Erase(dst.Pix[4*a:4*b], base.Pix[4*a:4*b], cov[a:b], s.strength)
		} else if s.atop {
			stroke.Atop(dst.Pix[4*a:4*b], base.Pix[4*a:4*b], cov[a:b], s.strength, s.r, s.g, s.b)
		} else {
			stroke.Colour(dst.Pix[4*a:4*b], base.Pix[4*a:4*b], cov[a:b], s.strength, s.r, s.g, s.b)
		}
	}
}

// layerMaskSurface is the mask of a layer; value is what is painted, 255 shows.
type layerMaskSurface struct {
	id       canvas.LayerID
	value    uint8
	strength uint32
}

func (s layerMaskSurface) lay(e *canvas.Edit, k canvas.TileKey, cov []uint16, r image.Rectangle) {
	l := e.Base().Layer(s.id)
	if l == nil || l.Mask == nil {
		return
	}
	base, value := l.Mask.Tiles.At(k), s.value^l.Mask.Outside // as tiles hold it
	if base == nil {
		if value == 0 {
			return
		}
		base = &blankMask
	}
	dst := e.LayerMaskTile(s.id, k)
	if dst == nil {
		return
	}
	for y := r.Min.Y; y < r.Max.Y; y++ {
		a, b := y*canvas.TileSize+r.Min.X, y*canvas.TileSize+r.Max.X
		stroke.Level(dst.Pix[a:b], base.Pix[a:b], cov[a:b], s.strength, value)
	}
	if g := e.Base().Selection; g.Len() > 0 { // Edit.Within limits pixels alone
		var cover canvas.MaskTile
		canvas.ReadCover(g, cover.Pix[:], canvas.TileSize, k.Rect().Add(l.Offset))
		for y := r.Min.Y; y < r.Max.Y; y++ {
			for i := y*canvas.TileSize + r.Min.X; i < y*canvas.TileSize+r.Max.X; i++ {
				c := uint32(cover.Pix[i])
				dst.Pix[i] = uint8((uint32(base.Pix[i])*(255-c) + uint32(dst.Pix[i])*c + 127) / 255)
			}
		}
	}
}

// drop ends an Edit without a trace.
func drop(h Host, e *canvas.Edit) {
	if e != nil && !e.Done() {
		h.Invalidate(e.Rollback())
	}
}

// painting is a stroke under way: its coverage and the Edit that shows it.
type painting struct {
	edit     *canvas.Edit
	surface  surface
	stroke   *stroke.Stroke
	offset   image.Point // of the layer: the stroke runs in the layer's own coordinates
	pressure float64     // the last while the button was down
}

func (p *painting) sample(at Pointer) stroke.Sample {
	return stroke.Sample{
		X: at.X - float64(p.offset.X), Y: at.Y - float64(p.offset.Y), Time: at.Time, Pressure: at.Pressure, Tilt: at.Tilt,
	}
}

// show lays what the stroke has gained over the picture.
func (p *painting) show(h Host) {
	var dirty image.Rectangle
	p.stroke.Flush(func(key stroke.Key, t *stroke.Tile, r image.Rectangle) {
		k := canvas.TileKey(key)
		p.surface.lay(p.edit, k, t.Cov[:], r)
		dirty = dirty.Union(r.Add(k.Rect().Min).Add(p.offset))
	})
	if !dirty.Empty() {
		h.Invalidate(dirty)
	}
}

// near says whether a place is one that tools work at; what is farther out, or not a
// number, is ignored.
func near(p Pointer) bool {
	return math.Abs(p.X) <= stroke.Limit && math.Abs(p.Y) <= stroke.Limit
}
