package canvas

import (
	"bytes"
	"image"
	"slices"
)

// Edit is one change in the making. Its State shows the change so far; the Document does
// not see it until Commit. After Commit or Rollback an Edit does nothing more.
type Edit struct {
	doc    *Document
	label  string
	base   *State
	state  *State
	layers map[LayerID]*layerEdit
	mask   *writer[MaskTile]
	within Grid[MaskTile] // see Within
	under  *State         // see Onto; nil: the mask is meant
	onto   string
	dirty  image.Rectangle
	done   bool
}

type layerEdit struct {
	layer    *Layer
	tiles    *writer[Tile] // nil while only properties changed
	mask     *writer[MaskTile]
	*limited // nil: what is written is what is shown
}

func newEdit(d *Document, label string) *Edit {
	base := d.State()
	s := *base
	s.Layers = slices.Clone(base.Layers)
	return &Edit{doc: d, label: label, base: base, state: &s, layers: map[LayerID]*layerEdit{}}
}

// State is the picture with the change so far. Unlike a committed State it goes on
// changing and belongs to the Document's goroutine.
func (e *Edit) State() *State {
	for _, le := range e.layers {
		if le.limited != nil && !e.done {
			e.blend(le, le.stale)
		}
	}
	return e.state
}

// Base is the picture as it was at Begin.
func (e *Edit) Base() *State { return e.base }

// Done says whether the Edit was committed or rolled back.
func (e *Edit) Done() bool { return e.done }

// Commit makes the change one step of history and returns what to repaint. An Edit that
// changed nothing leaves no step.
func (e *Edit) Commit() image.Rectangle {
	if e.done {
		return image.Rectangle{}
	}
	e.finish()
	e.state.References = e.state.guided()
	if !e.unchanged() {
		e.doc.push(e.label, e.state, replaced(e.base, e.state))
		e.dirty = e.dirty.Union(Changed(e.base, e.state)) // what is clipped to a layer that moved, too
	}
	return e.dirty
}

// Rollback drops the change; the Document never saw it. It returns what to repaint.
func (e *Edit) Rollback() image.Rectangle {
	if e.done {
		return image.Rectangle{}
	}
	e.done = true
	e.doc.edit = nil
	return e.dirty
}

// finish drops what was touched but not changed, so that the step holds no more than it
// did: tiles that became blank, tiles and layers that are as they were.
func (e *Edit) finish() {
	e.done = true
	e.doc.edit = nil
	for id, le := range e.layers {
		old := e.base.Layer(id)
		if le.tiles != nil {
			var before Grid[Tile]
			if old != nil {
				before = old.Tiles
			}
			shown := le.tiles
			if le.limited != nil {
				e.blend(le, le.all)
				shown = le.shown
			}
			prune(shown, before, func(t *Tile) []uint8 { return t.Pix[:] })
			le.layer.Tiles = shown.grid
		}
		if le.mask != nil {
			le.finishMask(old)
		}
		if i := e.state.Index(id); i >= 0 && old != nil && le.same(old) {
			e.state.Layers[i] = old
		}
	}
	if e.mask != nil {
		prune(e.mask, e.base.Mask, func(t *MaskTile) []uint8 { return t.Pix[:] })
		e.state.Mask = e.mask.grid
		if sameTiles(e.base.Mask, e.state.Mask) {
			e.state.Mask = e.base.Mask
			e.mask = nil
		}
	}
	e.settle()
}

// finishMask does for a layer's mask what finish does for its pixels.
func (le *layerEdit) finishMask(old *Layer) {
	m := *le.layer.Mask
	var before Grid[MaskTile]
	if old != nil && old.Mask != nil && old.Mask.Outside == m.Outside {
		before = old.Mask.Tiles
	}
	prune(le.mask, before, func(t *MaskTile) []uint8 { return t.Pix[:] })
	m.Tiles = le.mask.grid
	if le.layer.Mask = &m; old != nil && m.same(old.Mask) {
		le.layer.Mask = old.Mask
	}
}

// same says whether the layer is what it was. One that was only touched is still a
// placed picture.
func (le *layerEdit) same(old *Layer) bool {
	l := le.layer
	touched := l.Placed == nil && le.tiles != nil
	placed := l.Placed == old.Placed || touched || l.Placed != nil && old.Placed != nil && *l.Placed == *old.Placed
	text := bytes.Equal(l.Text, old.Text) || l.Text == nil && le.tiles != nil
	return placed && text && sameProperties(l, old) && l.Mask.same(old.Mask) && sameTiles(old.Tiles, l.Tiles)
}

// sameProperties compares all of two layers but pixels, placed picture and mask.
func sameProperties(a, b *Layer) bool {
	return a.ID == b.ID && a.Name == b.Name && a.Visible == b.Visible && a.Opacity == b.Opacity && a.Blend == b.Blend && a.Offset == b.Offset &&
		a.Group == b.Group && a.Parent == b.Parent && a.PassThrough == b.PassThrough && a.Collapsed == b.Collapsed && a.Clip == b.Clip && a.Lock == b.Lock && a.Guide == b.Guide
}

func sameTiles[T any](a, b Grid[T]) bool {
	same := true
	a.Diff(b, func(TileKey) { same = false })
	return same
}

// prune looks at the tiles that w made: blank ones go, those equal to before become it.
func prune[T any](w *writer[T], before Grid[T], pix func(*T) []uint8) {
	for sk, s := range w.grid.sectors {
		if !w.owned[s] {
			continue
		}
		s.each(sk, func(k TileKey, t *T) {
			if !w.fresh[t] {
				return
			}
			old := before.At(k)
			switch p := pix(t); {
			case blank(p):
				w.set(k, nil)
			case old != nil && bytes.Equal(p, pix(old)):
				w.set(k, old)
			}
		})
	}
}

func (e *Edit) unchanged() bool {
	return e.mask == nil && sameTiles(e.base.Mask, e.state.Mask) && sameTiles(e.base.Selection, e.state.Selection) &&
		sameChannels(e.base.Channels, e.state.Channels, sameTiles) && e.state.Active == e.base.Active && e.state.Source == e.base.Source &&
		e.state.Frame == e.base.Frame && slices.Equal(e.state.Layers, e.base.Layers) &&
		slices.Equal(e.state.References, e.base.References) && slices.Equal(e.state.Origins, e.base.Origins) &&
		slices.Equal(e.state.GuideLines, e.base.GuideLines)
}

// own returns the layer for changing, copied at its first change; nil if there is none
// or the Edit has ended.
func (e *Edit) own(id LayerID) *layerEdit {
	if e.done {
		return nil
	}
	if le := e.layers[id]; le != nil {
		return le
	}
	i := e.state.Index(id)
	if i < 0 {
		return nil
	}
	c := *e.state.Layers[i]
	e.state.Layers[i] = &c
	le := &layerEdit{layer: &c}
	e.layers[id] = le
	return le
}

func (e *Edit) tiles(id LayerID) *layerEdit {
	le := e.own(id)
	if le == nil || le.layer.Group {
		return nil
	}
	if le.tiles == nil {
		le.tiles = newWriter(le.layer.Tiles)
		if e.limit(le); le.limited == nil {
			le.layer.Tiles = le.tiles.grid
		}
		le.layer.Placed, le.layer.Text = nil, nil
	}
	return le
}

// Tile returns the tile at k of a layer for writing (k in the layer's own coordinates,
// that is document pixels minus Offset), or nil where there is no such layer or it is a group. The
// pointer stays valid for writing until Commit.
func (e *Edit) Tile(id LayerID, k TileKey) *Tile {
	le := e.tiles(id)
	if le == nil {
		return nil
	}
	e.dirty = e.dirty.Union(k.Rect().Add(le.layer.Offset))
	le.touch(k)
	return le.tiles.writable(k)
}

// ClearTile removes the tile at k from a layer.
func (e *Edit) ClearTile(id LayerID, k TileKey) {
	if le := e.tiles(id); le != nil && le.tiles.grid.At(k) != nil {
		e.dirty = e.dirty.Union(k.Rect().Add(le.layer.Offset))
		le.touch(k)
		le.tiles.set(k, nil)
	}
}

// MaskTile returns the mask tile at k for writing.
func (e *Edit) MaskTile(k TileKey) *MaskTile {
	if e.done {
		return nil
	}
	if e.mask == nil {
		e.mask = newWriter(e.state.Mask)
		e.state.Mask = e.mask.grid
	}
	e.dirty = e.dirty.Union(k.Rect())
	return e.mask.writable(k)
}

// SetMask replaces the mask inside m's bounds.
func (e *Edit) SetMask(m *image.Alpha) {
	KeysIn(m.Rect, func(k TileKey) {
		t := e.MaskTile(k)
		if t == nil {
			return
		}
		r := k.Rect().Intersect(m.Rect)
		for y := r.Min.Y; y < r.Max.Y; y++ {
			i := (y&(TileSize-1))*TileSize + r.Min.X&(TileSize-1)
			copy(t.Pix[i:i+r.Dx()], m.Pix[m.PixOffset(r.Min.X, y):])
		}
	})
}

// ClearMask empties the mask.
func (e *Edit) ClearMask() {
	if e.done || e.state.Mask.Len() == 0 {
		return
	}
	e.dirty = e.dirty.Union(e.state.Mask.Bounds())
	e.mask = newWriter(Grid[MaskTile]{})
	e.state.Mask = e.mask.grid
}

// SetFrame moves the frame.
func (e *Edit) SetFrame(r image.Rectangle) {
	if !e.done {
		e.state.Frame = r
	}
}
