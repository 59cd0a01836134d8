package journal

import (
	"fmt"
	"image"
	"sync/atomic"
	"weak"

	"pentimento/canvas"
)

// content gives what is left of the history its pixels. The history is what a writer goes
// on with.
func (r *reader) content(memory int64) (*Content, *history, error) {
	if err := r.parse(); err != nil {
		return nil, nil, err
	}
	o := &r.outline
	if memory <= 0 {
		memory = canvas.DefaultBudget
	}
	first := o.first(memory)
	v := &reviver{reader: r, layers: map[*sheet]*canvas.Layer{}}
	if err := v.load(o.entries[first:]); err != nil {
		return nil, nil, err
	}
	h := &history{at: o.at - first, saved: max(o.saved-first, -1), meta: o.meta, base: -first}
	var before *canvas.State
	var sketched *sketch
	for i, e := range o.entries[first:] {
		s, err := v.state(e.sketch, sketched, before)
		if err != nil {
			return nil, nil, err
		}
		m := e.moment
		if m.State = s; i == 0 {
			m.Bytes = 0 // nothing before it is kept
		}
		h.moments, h.sizes = append(h.moments, m), append(h.sizes, e.size)
		before, sketched = s, e.sketch
	}
	for _, n := range o.notes {
		note := Note{Key: n.key, Data: n.data}
		for _, num := range n.images {
			img, err := r.picture(num)
			if err != nil {
				return nil, nil, err
			}
			note.Images = append(note.Images, img)
		}
		h.notes = append(h.notes, note)
	}
	r.remember()
	c := &Content{At: h.at, Older: first, Saved: h.saved, Meta: h.meta, Clean: o.clean, End: o.end, Torn: r.torn, Damaged: r.damaged, Lost: r.lost}
	own := h.clone()
	c.Moments, c.Notes = own.moments, own.notes
	return c, h, nil
}

// first is the oldest step that fits into memory.
func (o *outline) first(memory int64) int {
	for i := len(o.entries) - 1; i > 0; i-- {
		if memory -= o.entries[i].moment.Bytes; memory < 0 && i < o.at {
			return i
		}
	}
	return 0
}

// remember tells the log which pictures it holds already.
func (r *reader) remember() {
	for num, p := range r.rasters {
		if p.img != nil {
			r.log.rasters[keyOf(p.img)] = num
		}
	}
	for num, c := range r.refs {
		r.log.refs[weak.Make(c)] = num
	}
	for num, f := range r.origins {
		if f.made != nil {
			r.log.origins[weak.Make(f.made)] = num
		}
	}
	for num, t := range r.sources {
		if t.made != nil {
			r.log.sources[weak.Make(t.made)] = num
		}
	}
}

// reviver makes States of sketches. Layers and tiles that were the same are the same again.
type reviver struct {
	*reader
	tiles  map[uint32]*canvas.Tile
	masks  map[uint32]*canvas.MaskTile
	layers map[*sheet]*canvas.Layer
}

// load unpacks all tiles that the steps show, on all cores.
func (v *reviver) load(entries []entry) error {
	v.tiles, v.masks = map[uint32]*canvas.Tile{}, map[uint32]*canvas.MaskTile{}
	var empty canvas.Grid[ref]
	before := &sketch{}
	seen, masks := map[canvas.LayerID]canvas.Grid[ref]{}, map[canvas.LayerID]canvas.Grid[ref]{}
	done := map[*sheet]bool{}
	for _, e := range entries {
		for _, l := range e.sketch.sheets {
			if done[l] {
				continue
			}
			done[l] = true
			old, ok := seen[l.props.ID]
			if !ok {
				old = empty
			}
			old.Diff(l.tiles, func(k canvas.TileKey) {
				if t := l.tiles.At(k); t != nil {
					v.tiles[t.num] = nil
				}
			})
			seen[l.props.ID] = l.tiles
			masks[l.props.ID].Diff(l.mask, func(k canvas.TileKey) {
				if t := l.mask.At(k); t != nil {
					v.masks[t.num] = nil
				}
			})
			masks[l.props.ID] = l.mask
		}
		for _, num := range e.sketch.origins {
			v.origins[num].laid.Each(func(_ canvas.TileKey, t *ref) { v.tiles[t.num] = nil })
		}
		wants := func(old, now canvas.Grid[ref]) {
			old.Diff(now, func(k canvas.TileKey) {
				if t := now.At(k); t != nil {
					v.masks[t.num] = nil
				}
			})
		}
		wants(before.mask, e.sketch.mask)
		wants(before.selection, e.sketch.selection)
		for _, c := range e.sketch.channels {
			wants(before.channel(c.name), c.cover)
		}
		before = e.sketch
	}
	if !v.take(int64(len(v.tiles))*int64(len(canvas.Tile{}.Pix)) + int64(len(v.masks))*int64(len(canvas.MaskTile{}.Pix))) {
		return errTooMuch
	}
	unpackAll(v, v.tiles, func(t *canvas.Tile) []byte { return t.Pix[:] })
	unpackAll(v, v.masks, func(t *canvas.MaskTile) []byte { return t.Pix[:] })
	return nil
}

// unpackAll fills the map with the tiles it names; damaged ones stay nil.
func unpackAll[T any](v *reviver, tiles map[uint32]*T, pix func(*T) []byte) {
	nums := make([]uint32, 0, len(tiles))
	for num := range tiles {
		nums = append(nums, num)
	}
	out := make([]*T, len(nums))
	parallel(len(nums), func(i int) {
		t := new(T)
		if v.unpack(nums[i], pix(t)) {
			out[i] = t
		}
	})
	for i, num := range nums {
		if tiles[num] = out[i]; out[i] == nil {
			v.damaged++
		}
	}
}

// unpack reads a content into dst; false where it is damaged or not there.
func (r *reader) unpack(num uint32, dst []byte) bool {
	p, ok := r.contents[num]
	if !ok {
		return false
	}
	payload, ok := r.log.payload(p.at, p.length)
	if !ok {
		return false
	}
	c, ok := parseContent(payload)
	return ok && c.unpacked(dst)
}

func (v *reviver) state(s, old *sketch, before *canvas.State) (*canvas.State, error) {
	if old == nil {
		old, before = &sketch{}, &canvas.State{}
	}
	out := &canvas.State{Active: s.active, Frame: s.frame, GuideLines: s.guideLines}
	for _, l := range s.sheets {
		layer, err := v.layer(l, old.sheet(l.props.ID), before.Layer(l.props.ID))
		if err != nil {
			return nil, err
		}
		out.Layers = append(out.Layers, layer)
	}
	out.Layers = canvas.Arranged(out.Layers)
	out.Mask = reviveGrid(s.mask, old.mask, before.Mask, v.masks)
	v.selections(out, s, old, before)
	for _, num := range s.refs {
		out.References = append(out.References, v.refs[num])
	}
	for _, num := range s.origins {
		o, err := v.fill(v.origins[num])
		if err != nil {
			return nil, err
		}
		out.Origins = append(out.Origins, o)
	}
	var err error
	if s.source > 0 {
		out.Source, err = v.told(v.sources[s.source-1])
	}
	return out, err
}

// fill is the record of an accepted fill, the same in every step that has it.
func (v *reviver) fill(f *fill) (*canvas.Origin, error) {
	if f.made != nil {
		return f.made, nil
	}
	o := f.origin
	if f.mask > 0 {
		img, err := v.picture(f.mask - 1)
		if err != nil {
			return nil, err
		}
		o.Mask = img.(*image.Alpha)
	}
	o.Laid = reviveGrid(f.laid, canvas.Grid[ref]{}, canvas.Grid[canvas.Tile]{}, v.tiles)
	f.made = &o
	return f.made, nil
}

func (v *reviver) layer(l, old *sheet, before *canvas.Layer) (*canvas.Layer, error) {
	if done := v.layers[l]; done != nil {
		return done, nil
	}
	out := l.props
	if old == nil {
		old, before = &sheet{}, &canvas.Layer{}
	}
	out.Tiles = reviveGrid(l.tiles, old.tiles, before.Tiles, v.tiles)
	if out.Mask != nil {
		var was canvas.Grid[canvas.MaskTile]
		if before.Mask != nil {
			was = before.Mask.Tiles
		}
		m := *out.Mask
		m.Tiles = reviveGrid(l.mask, old.mask, was, v.masks)
		if out.Mask = &m; before.Mask != nil && canvas.SameMask(before.Mask, &m) {
			out.Mask = before.Mask
		}
	}
	if l.placed > 0 {
		img, err := v.picture(l.placed - 1)
		if err != nil {
			return nil, err
		}
		out.Placed = &canvas.Placed{Source: img.(*image.NRGBA), Rect: l.rect}
	}
	v.layers[l] = &out
	return &out, nil
}

// reviveGrid makes of now what before is of old. Where a tile is damaged, what was there
// stays.
func reviveGrid[T any](now, old canvas.Grid[ref], before canvas.Grid[T], tiles map[uint32]*T) canvas.Grid[T] {
	changed := map[canvas.TileKey]*T{}
	old.Diff(now, func(k canvas.TileKey) {
		t := now.At(k)
		if t == nil {
			changed[k] = nil
		} else if tile := tiles[t.num]; tile != nil {
			changed[k] = tile
		}
	})
	if len(changed) == 0 {
		return before
	}
	return before.With(changed)
}

// picture unpacks a picture, once. Its damaged parts are transparent.
func (r *reader) picture(num uint32) (image.Image, error) {
	p := r.rasters[num]
	if p == nil {
		return nil, &Error{Text: "a missing picture is named"}
	}
	if p.img != nil {
		return p.img, nil
	}
	n := p.bytes()
	if int64(len(p.pieces)) != (n+chunk-1)/chunk {
		return nil, &Error{Text: "a picture has parts missing"}
	}
	if !r.take(n) {
		return nil, errTooMuch
	}
	pix := make([]byte, n)
	var damaged atomic.Int32
	parallel(len(p.pieces), func(i int) {
		part := pix[i*chunk : min((i+1)*chunk, len(pix))]
		if !r.unpack(p.pieces[i], part) {
			clear(part)
			damaged.Add(1)
		}
	})
	r.damaged += int(damaged.Load())
	switch p.kind {
	case rasterNRGBA:
		p.img = &image.NRGBA{Pix: pix, Stride: p.rect.Dx() * 4, Rect: p.rect}
	case rasterDeep:
		p.img = &image.NRGBA64{Pix: pix, Stride: p.rect.Dx() * 8, Rect: p.rect}
	case rasterGrey:
		p.img = &image.Gray16{Pix: pix, Stride: p.rect.Dx() * 2, Rect: p.rect}
	case rasterAlpha:
		p.img = &image.Alpha{Pix: pix, Stride: p.rect.Dx(), Rect: p.rect}
	default:
		return nil, &Error{Text: fmt.Sprintf("a picture is of the unknown kind %d", p.kind)}
	}
	return p.img, nil
}
