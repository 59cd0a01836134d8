package canvastest

import (
	"bytes"
	"fmt"
	"image"

	"pentimento/canvas"
)

// Alike describes the first difference between two States that share nothing, such as one
// and what was read back of it, "" when there is none. Unlike Difference it compares
// pictures and records by what is in them, and tiles to the last bit.
func Alike(a, b *canvas.State) string {
	if len(a.References) != len(b.References) || len(a.Origins) != len(b.Origins) || len(a.Layers) != len(b.Layers) {
		return fmt.Sprintf("%d layers, %d references, %d fills and %d, %d, %d", len(a.Layers), len(a.References), len(a.Origins), len(b.Layers), len(b.References), len(b.Origins))
	}
	for i, r := range a.References {
		if q := b.References[i]; r.Name != q.Name || r.Layer != q.Layer || (r.Image == nil) != (q.Image == nil) || r.Image != nil && !SamePicture(r.Image, q.Image) {
			return fmt.Sprintf("reference %d is %q and %q, or other pixels", i, r.Name, q.Name)
		}
	}
	for i, o := range a.Origins {
		q := b.Origins[i]
		if o.Rect != q.Rect || o.Layer != q.Layer || !bytes.Equal(o.Recipe, q.Recipe) || o.Offset != q.Offset || !sameMask(o.Mask, q.Mask) {
			return fmt.Sprintf("fill %d is of %v in layer %d and of %v in layer %d, or differs in recipe or mask", i, o.Rect, o.Layer, q.Rect, q.Layer)
		}
		if k, differ := differentTile(o.Laid, q.Laid, func(t *canvas.Tile) []uint8 { return t.Pix[:] }); differ {
			return fmt.Sprintf("what fill %d laid differs in tile %v", i, k)
		}
	}
	if !a.Source.Equal(b.Source) {
		return "what the sources say or hold differs"
	}
	c := *b
	c.References, c.Origins, c.Layers, c.Source = a.References, a.Origins, nil, a.Source
	for i, l := range b.Layers {
		m, p := *l, a.Layers[i].Placed
		if p != nil && m.Placed != nil && p.Rect == m.Placed.Rect && SamePicture(p.Source, m.Placed.Source) {
			m.Placed = p
		}
		c.Layers = append(c.Layers, &m)
	}
	return Difference(a, &c)
}

// SamePicture compares two pictures' bounds and pixels.
func SamePicture(a, b *image.NRGBA) bool {
	if a == nil || b == nil || a.Rect != b.Rect {
		return a == b
	}
	for y := a.Rect.Min.Y; y < a.Rect.Max.Y; y++ {
		p, q := a.PixOffset(a.Rect.Min.X, y), b.PixOffset(b.Rect.Min.X, y)
		if n := a.Rect.Dx() * 4; !bytes.Equal(a.Pix[p:p+n], b.Pix[q:q+n]) {
			return false
		}
	}
	return true
}

func sameMask(a, b *image.Alpha) bool {
	if a == nil || b == nil || a.Rect != b.Rect {
		return a == b
	}
	for y := a.Rect.Min.Y; y < a.Rect.Max.Y; y++ {
		p, q := a.PixOffset(a.Rect.Min.X, y), b.PixOffset(b.Rect.Min.X, y)
		if n := a.Rect.Dx(); !bytes.Equal(a.Pix[p:p+n], b.Pix[q:q+n]) {
			return false
		}
	}
	return true
}
