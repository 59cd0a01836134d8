package tools

import (
	"image"
	"math"

	"pentimento/canvas"
	"pentimento/tools/stroke"
)

// copySurface lays another part of a picture on a layer.
type copySurface struct {
	id       canvas.LayerID
	offset   image.Point // of the layer
	strength uint32
	// read fills dst with what is laid at r (document pixels), premultiplied.
	read      func(dst []uint8, r image.Rectangle)
	replaces  bool // transparent pixels are laid too
	protected bool // the layer's alpha stays
}

func (s copySurface) lay(e *canvas.Edit, k canvas.TileKey, cov []uint16, r image.Rectangle) {
	base := &blankTile
	if l := e.Base().Layer(s.id); l != nil && l.Tiles.At(k) != nil {
		base = l.Tiles.At(k)
	}
	dst := e.Tile(s.id, k)
	if dst == nil {
		return
	}
	src := make([]uint8, 4*r.Dx()*r.Dy())
	s.read(src, r.Add(k.Rect().Min).Add(s.offset))
	lay := stroke.Over
	if s.replaces {
		lay = stroke.Replace
	}
	for y := r.Min.Y; y < r.Max.Y; y++ {
		a, b := y*canvas.TileSize+r.Min.X, y*canvas.TileSize+r.Max.X
		lay(dst.Pix[4*a:4*b], base.Pix[4*a:4*b], src[4*(y-r.Min.Y)*r.Dx():][:4*r.Dx()], cov[a:b], s.strength)
		if s.protected {
			canvas.KeepAlpha(dst.Pix[4*a:4*b], base.Pix[4*a:4*b])
		}
	}
}

// newHistory paints back what a layer held before. Of a layer that was not there then it is
// the whole picture of then.
func newHistory() Tool {
	return &brush{label: "History brush", paint: func(h Host, p Pointer, l *canvas.Layer, u *painting) bool {
		past := h.Past()
		if past == nil || p.Button != Left || !h.State().Takes(l.ID) {
			return false
		}
		id := l.ID
		u.surface = copySurface{id: id, offset: l.Offset, strength: stroke.Strength(h.Brush().Opacity), replaces: true, protected: h.State().Locks(id)&canvas.LockAlpha != 0,
			read: func(dst []uint8, r image.Rectangle) {
				if then := past.Layer(id); then != nil {
					then.Read(dst, 4*r.Dx(), r)
				} else {
					read(past, dst, r, false)
				}
			}}
		return true
	}}
}

// stamp paints with another place of the picture: Control or Alt and a click sets it. Aligned,
// all strokes keep the first one's distance to it; else every stroke begins at it.
type stamp struct {
	brush
	source Vec
	has    bool
	fixed  bool        // a stroke has set the distance
	shift  image.Point // from the place that is painted to the one that is copied
	chose  bool        // the press set the source
	at     Vec         // of the pointer
	ghost  *image.NRGBA
	of     ghostOf
}

// ghostOf is what a ghost shows.
type ghostOf struct {
	state *canvas.State
	rect  image.Rectangle
	layer bool
}

func newStamp() Tool {
	t := &stamp{}
	t.brush = brush{label: "Clone stamp", paint: t.copies}
	return t
}

// HasSource implements Sourcer.
func (t *stamp) HasSource() bool { return t.has }

// Press sets the source, or begins to copy from it.
func (t *stamp) Press(h Host, p Pointer) {
	t.Cancel(h)
	t.at = Vec{p.X, p.Y}
	if p.Button == Left && p.Mods&(Alt|Control) != 0 && near(p) {
		t.source, t.has, t.fixed, t.chose = Vec{p.X, p.Y}, true, false, true
		return
	}
	t.brush.Press(h, p)
}

func (t *stamp) copies(h Host, p Pointer, l *canvas.Layer, u *painting) bool {
	if !t.has || p.Button != Left || !h.State().Takes(l.ID) {
		return false
	}
	b := h.Brush()
	if b.Loose || !t.fixed {
		t.shift = image.Pt(round(t.source.X-p.X), round(t.source.Y-p.Y))
		t.fixed = true
	}
	base, shift, tile := h.State(), t.shift, h.View().Tile
	u.surface = copySurface{id: l.ID, offset: l.Offset, strength: stroke.Strength(b.Opacity), protected: base.Locks(l.ID)&canvas.LockAlpha != 0,
		read: func(dst []uint8, r image.Rectangle) {
			Around(dst, r.Add(shift), tile, func(dst []uint8, r image.Rectangle) { read(base, dst, r, b.ThisLayer) })
		}}
	return true
}

// Drag goes on copying.
func (t *stamp) Drag(h Host, p Pointer) {
	if t.at = (Vec{p.X, p.Y}); !t.chose {
		t.brush.Drag(h, p)
	}
}

// Release ends the stroke.
func (t *stamp) Release(h Host, p Pointer) {
	if t.chose {
		t.chose = false
		return
	}
	t.brush.Release(h, p)
}

// Cancel drops the stroke; the source stays.
func (t *stamp) Cancel(h Host) {
	t.chose = false
	t.brush.Cancel(h)
}

// Hover follows the pointer for the ghost.
func (t *stamp) Hover(h Host, p Pointer) {
	t.at = Vec{p.X, p.Y}
	t.brush.Hover(h, p)
}

// Cursor is the brush's circle, a cross where a press would set the source.
func (t *stamp) Cursor(h Host, p Pointer) Cursor {
	if t.chose || p.Mods&(Alt|Control) != 0 {
		return Cross
	}
	return t.brush.Cursor(h, p)
}

// from is the place that is copied to the pointer.
func (t *stamp) from(h Host) Vec {
	if t.under != nil || t.fixed && !h.Brush().Loose {
		return Vec{t.at.X + float64(t.shift.X), t.at.Y + float64(t.shift.Y)}
	}
	return t.source
}

// Overlay marks the source with a cross; between strokes its ghost lies under the brush.
func (t *stamp) Overlay(h Host) []Shape {
	out := t.brush.Overlay(h)
	if !t.has || t.size.held {
		return out
	}
	c, arm := t.from(h), 7/h.View().Scale
	out = append(out, Shape{Kind: Line, Points: []Vec{{c.X - arm, c.Y}, {c.X + arm, c.Y}}}, Shape{Kind: Line, Points: []Vec{{c.X, c.Y - arm}, {c.X, c.Y + arm}}})
	if t.under != nil || t.chose {
		return out
	}
	r := h.Brush().Size / 2
	return append(out, Shape{Kind: Picture, Image: t.shadow(h, c), Points: []Vec{{t.at.X - r, t.at.Y - r}, {t.at.X + r, t.at.Y + r}}})
}

// shadow is what a dab would copy from around c, half transparent, with at most ghostSide
// pixels a side.
func (t *stamp) shadow(h Host, c Vec) *image.NRGBA {
	const ghostSide = 128
	s, b := h.State(), h.Brush()
	n := max(int(b.Size), 1)
	rect := image.Rect(0, 0, n, n).Add(image.Pt(round(c.X-b.Size/2), round(c.Y-b.Size/2)))
	if of := (ghostOf{s, rect, b.ThisLayer}); t.ghost != nil && t.of == of {
		return t.ghost
	} else {
		t.of = of
	}
	step := (n + ghostSide - 1) / ghostSide
	m := n / step
	out, row := image.NewNRGBA(image.Rect(0, 0, m, m)), make([]uint8, 4*n)
	for y := range m {
		Around(row, image.Rect(rect.Min.X, rect.Min.Y+y*step, rect.Max.X, rect.Min.Y+y*step+1), h.View().Tile, func(dst []uint8, r image.Rectangle) { read(s, dst, r, b.ThisLayer) })
		for x := range m {
			p := out.Pix[out.PixOffset(x, y):][:4]
			canvas.Unpremultiply(p, row[4*x*step:][:4])
			if math.Hypot(float64(x)+0.5-float64(m)/2, float64(y)+0.5-float64(m)/2) > float64(m)/2 {
				clear(p)
			}
			p[3] = canvas.Dim(p[3], 150)
		}
	}
	s.Source.Space().ToSRGB(out)
	t.ghost = out
	return out
}
