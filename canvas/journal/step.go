package journal

import (
	"cmp"
	"slices"

	"pentimento/canvas"
)

// step writes one step of history, which follows base (nil: nothing was before).
func (l *log) step(base *canvas.State, m canvas.Moment) error {
	if base == nil {
		base = &canvas.State{}
	}
	var p pack
	p.string(m.Label)
	p.int(m.When.UnixNano())
	p.int(m.Bytes)
	p.uint(uint64(m.Next))
	if err := l.state(&p, base, m.State); err != nil {
		return err
	}
	l.add(kindStep, p.b)
	return nil
}

// state packs a State as what differs from base.
func (l *log) state(p *pack, base, s *canvas.State) error {
	p.uint(uint64(s.Active))
	p.rect(s.Frame)
	p.uint(uint64(len(s.Layers)))
	for _, layer := range s.Layers {
		if err := l.layer(p, base.Layer(layer.ID), layer); err != nil {
			return err
		}
	}
	if err := putGrid(l, p, base.Mask, s.Mask, func(t *canvas.MaskTile) []byte { return t.Pix[:] }); err != nil {
		return err
	}
	p.uint(uint64(len(s.References)))
	for _, r := range s.References {
		num, err := l.reference(r)
		if err != nil {
			return err
		}
		p.uint(uint64(num))
	}
	p.uint(uint64(len(s.Origins)))
	for _, o := range s.Origins {
		num, err := l.origin(o)
		if err != nil {
			return err
		}
		p.uint(uint64(num))
	}
	return l.later(p, base, s)
}

// The ways a layer is packed.
const (
	layerSame    = 0 // as it was in the step before
	layerChanged = 1
	layerMore    = 2 // layerChanged with what follows in more; files before 2026-11-27 have none
)

// The properties of a layer packed as layerMore.
const (
	moreGroup = 1 << iota
	morePassThrough
	moreCollapsed
	moreClip
	moreMask
	moreMaskOff
	moreText
	moreGuide
)

func (l *log) layer(p *pack, old, now *canvas.Layer) error {
	p.uint(uint64(now.ID))
	if old == now {
		p.byte(layerSame)
		return nil
	}
	flags := more(now)
	if flags == 0 && now.Parent == 0 && now.Lock == 0 {
		p.byte(layerChanged)
	} else {
		p.byte(layerMore)
		p.uint(flags)
		p.uint(uint64(now.Parent))
		p.byte(uint8(now.Lock))
		if now.Text != nil {
			p.bytes(now.Text)
		}
		if err := l.layerMask(p, old, now.Mask); err != nil {
			return err
		}
	}
	p.string(now.Name)
	visible := uint8(0)
	if now.Visible {
		visible = 1
	}
	p.byte(visible)
	p.byte(now.Opacity)
	p.byte(uint8(now.Blend))
	p.point(now.Offset)
	if now.Placed == nil {
		p.uint(0)
	} else {
		num, err := l.raster(now.Placed.Source)
		if err != nil {
			return err
		}
		p.uint(uint64(num) + 1)
		p.rect(now.Placed.Rect)
	}
	var before canvas.Grid[canvas.Tile]
	if old != nil {
		before = old.Tiles
	}
	return putGrid(l, p, before, now.Tiles, func(t *canvas.Tile) []byte { return t.Pix[:] })
}

func more(l *canvas.Layer) (flags uint64) {
	for i, is := range []bool{l.Group, l.PassThrough, l.Collapsed, l.Clip, l.Mask != nil, l.Mask != nil && l.Mask.Off, l.Text != nil, l.Guide} {
		if is {
			flags |= 1 << i
		}
	}
	return flags
}

// layerMask packs a mask as what differs from the one that the layer had.
func (l *log) layerMask(p *pack, old *canvas.Layer, now *canvas.LayerMask) error {
	if now == nil {
		return nil
	}
	p.byte(now.Outside)
	var before canvas.Grid[canvas.MaskTile]
	if old != nil && old.Mask != nil {
		before = old.Mask.Tiles
	}
	return putGrid(l, p, before, now.Tiles, func(t *canvas.MaskTile) []byte { return t.Pix[:] })
}

// putGrid packs what differs between two grids: for each tile its place as the distance
// from the one before, and its content's number plus one, 0 where it is gone.
func putGrid[T any](l *log, p *pack, before, now canvas.Grid[T], pix func(*T) []byte) error {
	var keys []canvas.TileKey
	before.Diff(now, func(k canvas.TileKey) { keys = append(keys, k) })
	slices.SortFunc(keys, func(a, b canvas.TileKey) int {
		return cmp.Or(cmp.Compare(a.Y, b.Y), cmp.Compare(a.X, b.X))
	})
	var raw [][]byte
	for _, k := range keys {
		if t := now.At(k); t != nil {
			raw = append(raw, pix(t))
		}
	}
	nums, err := l.put(raw)
	if err != nil {
		return err
	}
	p.uint(uint64(len(keys)))
	var last canvas.TileKey
	for _, k := range keys {
		p.int(int64(k.X) - int64(last.X))
		p.int(int64(k.Y) - int64(last.Y))
		last = k
		if now.At(k) == nil {
			p.uint(0)
			continue
		}
		p.uint(uint64(nums[0]) + 1)
		nums = nums[1:]
	}
	return nil
}
