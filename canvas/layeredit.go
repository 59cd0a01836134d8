package canvas

import (
	"image"
	"runtime"
	"slices"

	"pentimento/canvas/blend"
	"pentimento/fault"
)

// AddLayer puts a new empty layer just above the layer `above` (on top where there is no
// such layer), makes it active and returns its ID; 0 when the Edit has ended.
func (e *Edit) AddLayer(name string, above LayerID) LayerID {
	if e.done {
		return 0
	}
	id := e.doc.nextID
	e.doc.nextID++
	l := &Layer{ID: id, Name: name, Visible: true, Opacity: 255}
	at := e.state.Index(above) + 1
	if at == 0 {
		at = len(e.state.Layers)
	} else {
		l.Parent = e.state.Layers[at-1].Parent
	}
	e.state.Layers = slices.Insert(e.state.Layers, at, l)
	e.layers[id] = &layerEdit{layer: l}
	e.state.Active = id
	return id
}

// RemoveLayer takes a layer, with what is in it, out; the last one is emptied instead, so that
// there always is one to paint on.
func (e *Edit) RemoveLayer(id LayerID) {
	i := e.state.Index(id)
	if i < 0 || e.done {
		return
	}
	e.dirty = e.dirty.Union(e.state.Extent(e.state.Layers[i]))
	lo, hi := e.state.whole(id)
	if hi-lo+1 == len(e.state.Layers) {
		e.AddLayer("Layer 1", 0)
	}
	for _, l := range e.state.Layers[lo : hi+1] {
		delete(e.layers, l.ID)
	}
	e.state.Layers = slices.Delete(e.state.Layers, lo, hi+1)
	if e.state.Layer(e.state.Active) == nil {
		e.state.Active = e.state.Layers[min(max(lo-1, 0), len(e.state.Layers)-1)].ID
	}
}

// MoveLayer puts a layer at place `to` counted from the bottom, within its group.
func (e *Edit) MoveLayer(id LayerID, to int) {
	i := e.state.Index(id)
	if i < 0 || e.done {
		return
	}
	l := e.state.Layers[i]
	e.dirty = e.dirty.Union(e.state.Extent(l))
	e.state.Layers = slices.Delete(e.state.Layers, i, i+1)
	e.state.Layers = slices.Insert(e.state.Layers, min(max(to, 0), len(e.state.Layers)), l)
	e.state.Layers = Arranged(e.state.Layers)
}

// SetActive makes a layer the one that tools work on.
func (e *Edit) SetActive(id LayerID) {
	if e.state.Index(id) >= 0 && !e.done {
		e.state.Active = id
	}
}

// SetLayer changes a layer's properties (not its Tiles and Mask, nor what group it is or is in)
// through change. A placed picture
// moves along with the Offset.
func (e *Edit) SetLayer(id LayerID, change func(*Layer)) {
	le := e.own(id)
	if le == nil {
		return
	}
	e.dirty = e.dirty.Union(e.state.Extent(le.layer))
	was := *le.layer
	change(le.layer)
	l := le.layer
	l.ID, l.Tiles, l.Mask, l.Group, l.Parent = id, was.Tiles, was.Mask, was.Group, was.Parent
	l.Guide = l.Guide && !l.Group
	if l.Offset != was.Offset && l.Placed != nil && l.Placed == was.Placed {
		l.Placed = &Placed{was.Placed.Source, was.Placed.Rect.Add(l.Offset.Sub(was.Offset))}
	}
	e.dirty = e.dirty.Union(e.state.Extent(l))
}

// bake puts a layer's opacity into its pixels.
func (e *Edit) bake(l *Layer) {
	if l.Opacity == 255 {
		return
	}
	opacity := l.Opacity
	var keys []TileKey
	l.Tiles.Each(func(k TileKey, _ *Tile) { keys = append(keys, k) })
	for _, k := range keys {
		t := e.Tile(l.ID, k)
		src := *t
		clear(t.Pix[:])
		blend.Span(t.Pix[:], src.Pix[:], blend.Normal, opacity)
	}
	e.SetLayer(l.ID, func(l *Layer) { l.Opacity = 255 })
}

// AddReference appends a picture to the reference strip.
func (e *Edit) AddReference(r *Reference) {
	if !e.done {
		e.state.References = append(slices.Clone(e.state.References), r)
	}
}

// RemoveReference takes a picture out of the reference strip.
func (e *Edit) RemoveReference(r *Reference) {
	if !e.done {
		e.state.References = slices.DeleteFunc(slices.Clone(e.state.References), func(o *Reference) bool { return o == r })
	}
}

// Put replaces a layer's pixels by img where mask is above 0 (everywhere inside img when
// mask is nil). Bounds of img and mask are document pixels. Rows of tiles are converted
// on all cores.
func (e *Edit) Put(id LayerID, img *image.NRGBA, mask *image.Alpha) {
	l := e.state.Layer(id)
	if l == nil || e.done {
		return
	}
	r := img.Rect
	if mask != nil {
		r = r.Intersect(mask.Rect)
	}
	e.PutTiles(id, r, func(dst []uint8, stride int, r image.Rectangle) {
		for y := r.Min.Y; y < r.Max.Y; y++ {
			row, src := dst[(y-r.Min.Y)*stride:][:r.Dx()*4], img.Pix[img.PixOffset(r.Min.X, y):]
			if mask == nil {
				Premultiply(row, src)
				continue
			}
			cover := mask.Pix[mask.PixOffset(r.Min.X, y):]
			for i := 0; i < len(row); i += 4 {
				if cover[i/4] != 0 {
					Premultiply(row[i:i+4], src[i:i+4])
				}
			}
		}
	})
}

// PutTiles writes the pixels of r (document pixels) of a layer: write gets, tile by tile,
// the premultiplied RGBA that is there now, its stride and which part of r it is. It is
// called from several goroutines at once.
func (e *Edit) PutTiles(id LayerID, r image.Rectangle, write func(dst []uint8, stride int, r image.Rectangle)) {
	l := e.state.Layer(id)
	if l == nil || l.Group || e.done || r.Empty() {
		return
	}
	local := r.Sub(l.Offset)
	e.putTiles(id, keysIn(local), func(dst []uint8, stride int, here image.Rectangle) {
		part := here.Intersect(r)
		write(dst[(part.Min.Y-here.Min.Y)*stride+(part.Min.X-here.Min.X)*4:], stride, part)
	})
}

// putTiles is PutTiles for all of some tiles, in any order.
func (e *Edit) putTiles(id LayerID, keys []TileKey, write func(dst []uint8, stride int, r image.Rectangle)) {
	offset := e.state.Layer(id).Offset
	tiles := make([]*Tile, len(keys))
	for n, k := range keys {
		tiles[n] = e.Tile(id, k)
	}
	workers := min(runtime.GOMAXPROCS(0), len(keys))
	var wg fault.Group
	for w := range workers {
		wg.Go(func() {
			for n := w * len(keys) / workers; n < (w+1)*len(keys)/workers; n++ {
				write(tiles[n].Pix[:], TileSize*4, keys[n].Rect().Add(offset))
			}
		})
	}
	wg.Wait()
}

// Place fills a layer with a picture scaled to rect and remembers the original, so that
// scaling again loses nothing. scaled has rect's size and position.
func (e *Edit) Place(id LayerID, source *image.NRGBA, scaled *image.NRGBA) {
	le := e.tiles(id)
	if le == nil {
		return
	}
	e.dirty = e.dirty.Union(le.layer.Bounds())
	le.tiles, le.limited = newWriter(Grid[Tile]{}), nil
	le.layer.Tiles = le.tiles.grid
	if le.layer.Mask == nil { // a mask stays where it is
		le.layer.Offset = image.Point{}
	}
	e.Put(id, scaled, nil)
	le.layer.Placed = &Placed{source, scaled.Rect}
}

// Premultiply converts straight-alpha RGBA to premultiplied, rounding to nearest.
func Premultiply(dst, src []uint8) {
	for i := 0; i+4 <= len(dst); i += 4 {
		a := uint32(src[i+3])
		switch a {
		case 255:
			copy(dst[i:i+4], src[i:i+4])
		case 0:
			clear(dst[i : i+4])
		default:
			for c := 0; c < 3; c++ {
				dst[i+c] = uint8((uint32(src[i+c])*a + 127) / 255)
			}
			dst[i+3] = uint8(a)
		}
	}
}

// Unpremultiply converts back. Premultiply(Unpremultiply(p)) is p exactly.
func Unpremultiply(dst, src []uint8) {
	for i := 0; i+4 <= len(dst); i += 4 {
		a := uint32(src[i+3])
		switch a {
		case 255:
			copy(dst[i:i+4], src[i:i+4])
		case 0:
			clear(dst[i : i+4])
		default:
			for c := 0; c < 3; c++ {
				dst[i+c] = uint8(min((uint32(src[i+c])*255+a/2)/a, 255))
			}
			dst[i+3] = uint8(a)
		}
	}
}
