package canvas

import (
	"image"
	"slices"
)

// Channel is a selection that was saved under a name. It is never written once it is in a
// State.
type Channel struct {
	Name  string
	Cover Grid[MaskTile]
}

// Channel is the place of the saved selection of that name, or -1.
func (s *State) Channel(name string) int {
	return slices.IndexFunc(s.Channels, func(c Channel) bool { return c.Name == name })
}

// Cover turns a picture of coverage into a Grid at its bounds (document pixels).
func Cover(m *image.Alpha) Grid[MaskTile] {
	if m.Rect.Empty() {
		return Grid[MaskTile]{}
	}
	return made(keysIn(m.Rect), func(t *MaskTile) []uint8 { return t.Pix[:] }, func(dst []uint8, r image.Rectangle) {
		in := r.Intersect(m.Rect)
		for y := in.Min.Y; y < in.Max.Y; y++ {
			copy(dst[(y-r.Min.Y)*TileSize+in.Min.X-r.Min.X:][:in.Dx()], m.Pix[m.PixOffset(in.Min.X, y):])
		}
	})
}

// CoverUsed is the exact rectangle of the pixels above 0.
func CoverUsed(g Grid[MaskTile]) image.Rectangle {
	return usedBounds(g, func(t *MaskTile, i int) bool { return t.Pix[i] != 0 })
}

// ReadCover copies the coverage in r into dst, rows stride bytes apart; 0 where no tile is.
func ReadCover(g Grid[MaskTile], dst []uint8, stride int, r image.Rectangle) {
	for y := r.Min.Y; y < r.Max.Y; y++ {
		row := dst[(y-r.Min.Y)*stride:][:r.Dx()]
		for x := r.Min.X; x < r.Max.X; {
			k := KeyAt(image.Pt(x, y))
			n := min(int(k.X+1)<<tileShift, r.Max.X) - x
			out := row[x-r.Min.X:][:n]
			if t := g.At(k); t != nil {
				copy(out, t.Pix[(y&(TileSize-1))*TileSize+x&(TileSize-1):])
			} else {
				clear(out)
			}
			x += n
		}
	}
}

// CoverImage is the coverage in r as a picture of its own.
func CoverImage(g Grid[MaskTile], r image.Rectangle) *image.Alpha {
	m := image.NewAlpha(r)
	ReadCover(g, m.Pix, m.Stride, r)
	return m
}

// SetSelection makes g the selection: coverage 0..255 in document pixels. A Grid without a
// pixel above 0 is no selection, which selects everything.
func (e *Edit) SetSelection(g Grid[MaskTile]) {
	if !e.done {
		e.state.Selection = settled(g, e.base.Selection)
	}
}

// SetChannel saves g as a selection of that name, in the place of one that has it already.
func (e *Edit) SetChannel(name string, g Grid[MaskTile]) {
	if e.done {
		return
	}
	c := Channel{name, settled(g, Grid[MaskTile]{})}
	list := slices.Clone(e.state.Channels)
	if i := e.state.Channel(name); i >= 0 {
		list[i] = c
	} else {
		list = append(list, c)
	}
	e.state.Channels = list
}

// RemoveChannel forgets a saved selection.
func (e *Edit) RemoveChannel(name string) {
	if !e.done {
		e.state.Channels = slices.DeleteFunc(slices.Clone(e.state.Channels), func(c Channel) bool { return c.Name == name })
	}
}

// settled is g without blank tiles, those equal to the ones before shared with them.
func settled(g, before Grid[MaskTile]) Grid[MaskTile] {
	changed := map[TileKey]*MaskTile{}
	before.Diff(g, func(k TileKey) {
		t, old := g.At(k), before.At(k)
		switch {
		case t == nil || blank(t.Pix[:]):
			changed[k] = nil
		case old == nil || t.Pix != old.Pix:
			changed[k] = t
		}
	})
	if len(changed) == 0 {
		return before
	}
	return before.With(changed)
}

func sameChannels(a, b []Channel, same func(a, b Grid[MaskTile]) bool) bool {
	return slices.EqualFunc(a, b, func(c, d Channel) bool { return c.Name == d.Name && same(c.Cover, d.Cover) })
}

// covers makes every grid of coverage that the picture has anew: mask, selection and the
// saved ones.
func (s *State) covers(change func(Grid[MaskTile]) Grid[MaskTile]) {
	s.Mask, s.Selection = change(s.Mask), change(s.Selection)
	s.Channels = slices.Clone(s.Channels)
	for i, c := range s.Channels {
		s.Channels[i].Cover = change(c.Cover)
	}
}
