package canvastest

import (
	"bytes"
	"fmt"
	"image"
	"slices"

	"pentimento/canvas"
)

// Difference describes the first difference between two States in anything a user can
// see or save, "" when there is none. Blank tiles count as no tiles.
func Difference(a, b *canvas.State) string {
	if len(a.Layers) != len(b.Layers) {
		return fmt.Sprintf("%d layers and %d", len(a.Layers), len(b.Layers))
	}
	for i, l := range a.Layers {
		m := b.Layers[i]
		x, y := *l, *m
		x.Tiles, y.Tiles, x.Placed, y.Placed = canvas.Grid[canvas.Tile]{}, canvas.Grid[canvas.Tile]{}, nil, nil
		x.Mask, y.Mask = nil, nil
		if fmt.Sprint(x) != fmt.Sprint(y) {
			return fmt.Sprintf("layer %d is %v and %v", i, x, y)
		}
		if (l.Placed == nil) != (m.Placed == nil) || l.Placed != nil && *l.Placed != *m.Placed {
			return fmt.Sprintf("layer %d shows another placed picture", i)
		}
		if k, differ := differentTile(l.Tiles, m.Tiles, func(t *canvas.Tile) []uint8 { return t.Pix[:] }); differ {
			return fmt.Sprintf("layer %d differs in tile %v", i, k)
		}
		if (l.Mask == nil) != (m.Mask == nil) || l.Mask != nil && (l.Mask.Off != m.Mask.Off || l.Mask.Outside != m.Mask.Outside) {
			return fmt.Sprintf("layer %d has another mask: %v and %v", i, l.Mask, m.Mask)
		}
		if l.Mask == nil {
			continue
		}
		if k, differ := differentTile(l.Mask.Tiles, m.Mask.Tiles, func(t *canvas.MaskTile) []uint8 { return t.Pix[:] }); differ {
			return fmt.Sprintf("layer %d's mask differs in tile %v", i, k)
		}
	}
	if k, differ := differentTile(a.Mask, b.Mask, func(t *canvas.MaskTile) []uint8 { return t.Pix[:] }); differ {
		return fmt.Sprintf("the mask differs in tile %v", k)
	}
	if k, differ := differentTile(a.Selection, b.Selection, func(t *canvas.MaskTile) []uint8 { return t.Pix[:] }); differ {
		return fmt.Sprintf("the selection differs in tile %v", k)
	}
	if len(a.Channels) != len(b.Channels) {
		return fmt.Sprintf("%d saved selections and %d", len(a.Channels), len(b.Channels))
	}
	for i, c := range a.Channels {
		d := b.Channels[i]
		k, differ := differentTile(c.Cover, d.Cover, func(t *canvas.MaskTile) []uint8 { return t.Pix[:] })
		if differ || c.Name != d.Name {
			return fmt.Sprintf("the saved selections %q and %q differ in tile %v", c.Name, d.Name, k)
		}
	}
	switch {
	case a.Active != b.Active:
		return fmt.Sprintf("active layer %d and %d", a.Active, b.Active)
	case a.Frame != b.Frame:
		return fmt.Sprintf("frame %v and %v", a.Frame, b.Frame)
	case !slices.Equal(a.References, b.References):
		return "the references differ"
	case !slices.Equal(a.Origins, b.Origins):
		return "the origins differ"
	case !a.Source.Equal(b.Source):
		return "the sources differ"
	case !slices.Equal(a.GuideLines, b.GuideLines):
		return fmt.Sprintf("guide lines %v and %v", a.GuideLines, b.GuideLines)
	}
	return ""
}

func differentTile[T any](a, b canvas.Grid[T], pix func(*T) []uint8) (at canvas.TileKey, differ bool) {
	blank := pix(new(T))
	a.Diff(b, func(k canvas.TileKey) {
		p, q := blank, blank
		if t := a.At(k); t != nil {
			p = pix(t)
		}
		if t := b.At(k); t != nil {
			q = pix(t)
		}
		if !bytes.Equal(p, q) {
			at, differ = k, true
		}
	})
	return at, differ
}

// Outside describes a pixel of any layer that differs between two States where the mask
// (document pixels, nothing beyond its bounds) is 0, "" when there is none. It is the
// promise that a fill keeps. Layers that only one of the States has are not compared.
func Outside(a, b *canvas.State, mask *image.Alpha) string {
	for _, l := range a.Layers {
		m := b.Layer(l.ID)
		if m == nil {
			continue
		}
		r := l.Bounds().Union(m.Bounds())
		p, q := make([]uint8, r.Dx()*4), make([]uint8, r.Dx()*4)
		for y := r.Min.Y; y < r.Max.Y; y++ {
			row := image.Rect(r.Min.X, y, r.Max.X, y+1)
			l.Read(p, len(p), row)
			m.Read(q, len(q), row)
			for x := range r.Dx() {
				at := image.Pt(r.Min.X+x, y)
				if (mask == nil || mask.AlphaAt(at.X, at.Y).A == 0) && !bytes.Equal(p[x*4:x*4+4], q[x*4:x*4+4]) {
					return fmt.Sprintf("layer %q at %v was %v and is %v", l.Name, at, p[x*4:x*4+4], q[x*4:x*4+4])
				}
			}
		}
	}
	return ""
}

// Copy is a State that shares nothing with s: what it was, even if a bug writes into s.
func Copy(s *canvas.State) *canvas.State {
	c := *s
	c.Layers = nil
	for _, l := range s.Layers {
		m := *l
		tiles := map[canvas.TileKey]*canvas.Tile{}
		l.Tiles.Each(func(k canvas.TileKey, t *canvas.Tile) { own := *t; tiles[k] = &own })
		m.Tiles = canvas.Grid[canvas.Tile]{}.With(tiles)
		if l.Mask != nil {
			mask := *l.Mask
			mask.Tiles = copyCover(mask.Tiles)
			m.Mask = &mask
		}
		c.Layers = append(c.Layers, &m)
	}
	c.Mask, c.Selection, c.Channels = copyCover(s.Mask), copyCover(s.Selection), slices.Clone(s.Channels)
	for i, ch := range c.Channels {
		c.Channels[i].Cover = copyCover(ch.Cover)
	}
	c.References, c.Origins, c.GuideLines = slices.Clone(s.References), slices.Clone(s.Origins), slices.Clone(s.GuideLines)
	return &c
}

func copyCover(g canvas.Grid[canvas.MaskTile]) canvas.Grid[canvas.MaskTile] {
	tiles := map[canvas.TileKey]*canvas.MaskTile{}
	g.Each(func(k canvas.TileKey, t *canvas.MaskTile) { own := *t; tiles[k] = &own })
	return canvas.Grid[canvas.MaskTile]{}.With(tiles)
}
