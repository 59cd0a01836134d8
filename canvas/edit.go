package canvas

import (
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
	dirty  image.Rectangle
	extra  int64 // bytes of history beside tiles: placed pictures, references
	done   bool
}

type layerEdit struct {
	layer *Layer
	tiles *writer[Tile] // nil while only properties changed
}

func newEdit(d *Document, label string) *Edit {
	base := d.State()
	s := *base
	s.Layers = slices.Clone(base.Layers)
	return &Edit{doc: d, label: label, base: base, state: &s, layers: map[LayerID]*layerEdit{}}
}

// State is the picture with the change so far. Unlike a committed State it goes on
// changing and belongs to the Document's goroutine.
func (e *Edit) State() *State { return e.state }

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
	bytes := e.finish()
	if e.unchanged() {
		return e.dirty
	}
	e.doc.push(e.label, e.state, bytes)
	return e.dirty
}

// Rollback drops the change; the Document never saw it. It returns what to repaint.
func (e *Edit) Rollback() image.Rectangle {
	if !e.done {
		e.done = true
		e.doc.edit = nil
	}
	return e.dirty
}

// finish removes tiles that became blank and counts what the step keeps alive.
func (e *Edit) finish() int64 {
	e.done = true
	e.doc.edit = nil
	bytes := e.extra
	for _, le := range e.layers {
		if le.tiles != nil {
			bytes += prune(le.tiles, func(t *Tile) []uint8 { return t.Pix[:] })
			le.layer.Tiles = le.tiles.grid
		}
	}
	if e.mask != nil {
		bytes += prune(e.mask, func(t *MaskTile) []uint8 { return t.Pix[:] })
		e.state.Mask = e.mask.grid
	}
	return bytes
}

func prune[T any](w *writer[T], pix func(*T) []uint8) int64 {
	var bytes int64
	for sk, s := range w.grid.sectors {
		if !w.owned[s] {
			continue
		}
		s.each(sk, func(k TileKey, t *T) {
			if !w.fresh[t] {
				return
			}
			if p := pix(t); blank(p) {
				w.set(k, nil)
			} else {
				bytes += int64(len(p))
			}
		})
	}
	return bytes
}

func (e *Edit) unchanged() bool {
	return len(e.layers) == 0 && e.mask == nil && e.extra == 0 && e.state.Active == e.base.Active &&
		e.state.Frame == e.base.Frame && slices.Equal(e.state.Layers, e.base.Layers) &&
		slices.Equal(e.state.References, e.base.References) && slices.Equal(e.state.Origins, e.base.Origins)
}

// own returns the layer for changing, copied at its first change; nil if there is none.
func (e *Edit) own(id LayerID) *layerEdit {
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
	if le == nil {
		return nil
	}
	if le.tiles == nil {
		le.tiles = newWriter(le.layer.Tiles)
		le.layer.Tiles = le.tiles.grid
		le.layer.Placed = nil
	}
	return le
}

// Tile returns the tile at k of a layer for writing (k in the layer's own coordinates,
// that is document pixels minus Offset), or nil where there is no such layer. The
// pointer stays valid for writing until Commit.
func (e *Edit) Tile(id LayerID, k TileKey) *Tile {
	le := e.tiles(id)
	if le == nil || e.done {
		return nil
	}
	e.dirty = e.dirty.Union(k.Rect().Add(le.layer.Offset))
	return le.tiles.writable(k)
}

// ClearTile removes the tile at k from a layer.
func (e *Edit) ClearTile(id LayerID, k TileKey) {
	if le := e.tiles(id); le != nil && !e.done && le.tiles.grid.At(k) != nil {
		e.dirty = e.dirty.Union(k.Rect().Add(le.layer.Offset))
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
func (e *Edit) SetFrame(r image.Rectangle) { e.state.Frame = r }
