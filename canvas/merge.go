package canvas

import (
	"maps"
	"slices"

	"pentimento/canvas/blend"
)

// Duplicate copies a layer, with what is in it, above itself, makes the copy active and
// returns its ID.
func (e *Edit) Duplicate(id LayerID) LayerID {
	if e.done || e.state.Index(id) < 0 {
		return 0
	}
	lo, hi := e.state.whole(id)
	from := slices.Clone(e.state.Layers[lo : hi+1])
	ids := map[LayerID]LayerID{}
	at := hi + 1
	for _, l := range from {
		ids[l.ID] = e.doc.nextID
		e.doc.nextID++
	}
	for i, l := range from {
		n := *l
		n.ID = ids[l.ID]
		if parent, ok := ids[l.Parent]; ok {
			n.Parent = parent
		}
		if l.ID == id {
			n.Name += " copy"
		}
		e.state.Layers = slices.Insert(e.state.Layers, at+i, &n)
		e.layers[n.ID] = &layerEdit{layer: &n}
		e.copyOrigins(l.ID, n.ID)
	}
	e.state.Active = ids[id]
	e.dirty = e.dirty.Union(e.state.Extent(e.state.Layer(ids[id])))
	return ids[id]
}

// Adopt copies a layer (no group) of another document's State on top of all, with its mask and
// the fills in it, makes the copy active and returns its ID; 0 where there is no such layer. The
// tiles are shared.
func (e *Edit) Adopt(from *State, id LayerID) LayerID {
	l := from.Layer(id)
	if e.done || l == nil || l.Group {
		return 0
	}
	n := *l
	n.ID, n.Parent, n.Clip = e.doc.nextID, 0, false
	e.doc.nextID++
	e.state.Layers = append(e.state.Layers, &n)
	e.layers[n.ID] = &layerEdit{layer: &n}
	e.state.Origins = slices.Clone(e.state.Origins)
	for _, o := range from.Origins {
		if o.Layer == id {
			c := *o
			c.Layer = n.ID
			e.state.Origins = append(e.state.Origins, &c)
		}
	}
	e.state.Active = n.ID
	e.dirty = e.dirty.Union(e.state.Extent(&n))
	return n.ID
}

// Merges says whether MergeDown has something to do: a group, or a layer with another layer
// just below it in its group. A guide layer and one of the picture are not merged.
func (s *State) Merges(id LayerID) bool {
	l, low := s.Layer(id), s.Below(id)
	return l != nil && (l.Group || low != nil && !low.Group && low.Guide == l.Guide)
}

// MergeDown makes one layer, which becomes active, of a layer and the one below it, so
// that the picture looks the same. A hidden one of the two is dropped. Where the two
// together lie over other layers this is exact only when the upper one's mode is normal:
// it no longer mixes with what is further down. A group becomes one layer instead.
func (e *Edit) MergeDown(id LayerID) {
	if e.done || !e.state.Merges(id) {
		return
	}
	top, low := e.state.Layer(id), e.state.Below(id)
	if top.Group {
		e.mergeGroup(top)
		return
	}
	if top.Visible && !low.Visible {
		e.RemoveLayer(low.ID)
		e.state.Active = id
		return
	}
	var fills []heir
	if top.Visible == low.Visible {
		fills = e.heirs([]*Layer{low, top})
		e.ApplyLayerMask(low.ID)
		lay := blend.Span
		if top.Clip && !low.Clip { // it lies in the one below, under that one's opacity
			lay = blend.Atop
		} else {
			e.bake(low)
		}
		e.layOver(low.ID, top, lay)
	}
	e.RemoveLayer(id)
	e.inherit(low.ID, fills)
	e.state.Active = low.ID
}

// layOver lays the pixels of a layer that its mask shows over another layer's.
func (e *Edit) layOver(id LayerID, top *Layer, lay func(dst, src []uint8, mode blend.Mode, opacity uint8)) {
	low := e.state.Layer(id)
	r := top.Bounds()
	if top.Blend.Clears() {
		r = r.Union(low.Bounds())
	}
	span, shows := make([]uint8, len(Tile{}.Pix)), make([]uint8, len(MaskTile{}.Pix))
	KeysIn(r.Sub(low.Offset), func(k TileKey) {
		there := k.Rect().Add(low.Offset)
		top.Read(span, TileSize*4, there)
		if blank(span) && !top.Blend.Clears() {
			return
		}
		if top.Mask.On() {
			top.Mask.Read(shows, TileSize, there.Sub(top.Offset))
			dim(span, shows)
		}
		lay(e.Tile(id, k).Pix[:], span, top.Blend, top.Opacity)
	})
}

// mergeGroup makes a layer of what is in a group; its mask, opacity and mode stay. Guide layers, which are no
// part of the picture, come out of the group and lie above it.
func (e *Edit) mergeGroup(g *Layer) {
	lo, hi := e.state.whole(g.ID)
	var kids, guides []*Layer
	for i := lo; i < hi; i++ {
		if l := e.state.Layers[i]; l.Guide {
			out := e.own(l.ID).layer
			out.Parent = g.Parent
			guides = append(guides, out)
		} else {
			kids = append(kids, l)
		}
	}
	there := map[TileKey]bool{} // where nothing is in any of them, nothing is in the group
	for _, l := range kids {
		l.Tiles.Each(func(k TileKey, _ *Tile) {
			KeysIn(k.Rect().Add(l.Offset).Sub(g.Offset), func(k TileKey) { there[k] = true })
		})
	}
	fills := e.heirs(kids)
	stack := (&State{Layers: kids}).stackIn(g.ID, false)
	for _, l := range kids {
		delete(e.layers, l.ID)
	}
	e.state.Layers = slices.Delete(slices.Insert(e.state.Layers, hi+1, guides...), lo, hi)
	l := e.own(g.ID).layer
	l.Group, l.PassThrough = false, false
	e.putTiles(g.ID, slices.Collect(maps.Keys(there)), stack.LayIn)
	e.inherit(g.ID, fills)
	e.state.Active = g.ID
}
