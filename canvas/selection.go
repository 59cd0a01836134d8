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

// Target is what a fill may change: the mask, within the selection where there is one; with
// a selection alone that; empty where there is neither.
func (s *State) Target() Grid[MaskTile] {
	switch {
	case s.Mask.Len() == 0:
		return s.Selection
	case s.Selection.Len() == 0:
		return s.Mask
	}
	return Join(s.Mask, s.Selection, Intersect)
}

// Chosen is what is copied, cut and taken into a layer of its own: the selection, or where
// there is none the mask; empty for everything.
func (s *State) Chosen() Grid[MaskTile] {
	if s.Selection.Len() > 0 {
		return s.Selection
	}
	return s.Mask
}

// Joining is how an area changes a mask or a selection.
type Joining uint8

// The joinings, of coverage as shares of 1.
const (
	Replace   Joining = iota // area
	Add                      // base + (1 − base)·area
	Subtract                 // base·(1 − area)
	Intersect                // base·area
)

// full is the tile that is covered all over.
var full = func() *MaskTile {
	t := new(MaskTile)
	for i := range t.Pix {
		t.Pix[i] = 255
	}
	return t
}()

// CoverRect is full coverage of a rectangle, all of whose inner tiles are one.
func CoverRect(r image.Rectangle) Grid[MaskTile] {
	tiles := map[TileKey]*MaskTile{}
	KeysIn(r, func(k TileKey) { tiles[k] = full })
	return within(Grid[MaskTile]{}.With(tiles), r, func(t *MaskTile) []uint8 { return t.Pix[:] }, 1)
}

// Join changes base by an area; both are left as they are. Any goroutine may call it.
func Join(base, area Grid[MaskTile], how Joining) Grid[MaskTile] {
	changed := map[TileKey]*MaskTile{}
	visit := func(k TileKey, _ *MaskTile) {
		if _, done := changed[k]; !done {
			changed[k] = join(base.At(k), area.At(k), how)
		}
	}
	area.Each(visit)
	if how == Replace || how == Intersect {
		base.Each(visit)
	}
	return base.With(changed)
}

func join(a, b *MaskTile, how Joining) *MaskTile {
	switch {
	case how == Replace, how == Add && (a == nil || b == full):
		return b
	case b == full && how == Intersect, b == nil && how != Intersect:
		return a
	case a == nil, b == nil, b == full:
		return nil
	}
	out := new(MaskTile)
	for i, v := range a.Pix {
		x, y := uint32(v), uint32(b.Pix[i])
		switch how {
		case Add:
			x = x*(255-y) + 255*y
		case Subtract:
			x *= 255 - y
		case Intersect:
			x *= y
		}
		out.Pix[i] = uint8((x + 127) / 255)
	}
	if blank(out.Pix[:]) {
		return nil
	}
	return out
}

// Weakened is an area with a share (0..1) of its coverage.
func Weakened(g Grid[MaskTile], share float64) Grid[MaskTile] {
	if share >= 1 {
		return g
	}
	by, out := uint32(255*max(share, 0)+0.5), map[TileKey]*MaskTile{}
	g.Each(func(k TileKey, t *MaskTile) {
		n := new(MaskTile)
		for i, v := range t.Pix {
			n.Pix[i] = uint8((uint32(v)*by + 127) / 255)
		}
		if out[k] = n; blank(n.Pix[:]) {
			out[k] = nil
		}
	})
	return g.With(out)
}

// degrees is the side of the square whose pixels must have one value for it to be meant, and not
// a soft edge's.
const degrees = 8

// Degrees says whether coverage is even in places, and there neither nothing nor all. In known it is nowhere: what
// both share is not looked at.
func Degrees(g, known Grid[MaskTile]) (is bool) {
	g.Diff(known, func(k TileKey) {
		t := g.At(k)
		is = is || t != nil && t != full && t.degrees()
	})
	return is
}

func (t *MaskTile) degrees() bool {
	for y := range TileSize - degrees {
		run := 0
		for i := y*TileSize + 1; i < (y+1)*TileSize; i++ {
			if v := t.Pix[i]; v == 0 || v > 252 || v != t.Pix[i-1] || v != t.Pix[i+degrees*TileSize] {
				run = 0
			} else if run++; run >= degrees {
				return true
			}
		}
	}
	return false
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

// SameCover says whether two share their tiles.
func SameCover(a, b Grid[MaskTile]) bool {
	same := true
	a.Diff(b, func(TileKey) { same = false })
	return same
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

// SetCover makes g the mask.
func (e *Edit) SetCover(g Grid[MaskTile]) {
	if e.done {
		return
	}
	g = settled(g, e.base.Mask)
	e.dirty = e.dirty.Union(changedTiles(e.state.Mask, g, image.Point{}))
	e.mask = newWriter(g)
	e.state.Mask = e.mask.grid
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

// Onto makes the saved selection of that name what is changed in the mask's place, which stays as
// it is: until Commit State and Base show it as the mask. It is called before any other change and once;
// without such a selection it does nothing.
func (e *Edit) Onto(name string) {
	i := e.state.Channel(name)
	if e.done || i < 0 || e.under != nil || e.mask != nil {
		return
	}
	base := *e.base
	base.Mask = base.Channels[i].Cover
	e.onto, e.under, e.base = name, e.base, &base
	e.state.Mask = base.Mask
}

// settle puts what Onto changed where it belongs.
func (e *Edit) settle() {
	if e.under == nil {
		return
	}
	cover, same := e.state.Mask, e.mask == nil
	e.base, e.mask, e.state.Mask = e.under, nil, e.under.Mask
	if i := e.state.Channel(e.onto); i >= 0 && !same {
		e.state.Channels = slices.Clone(e.state.Channels)
		e.state.Channels[i].Cover = cover
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
