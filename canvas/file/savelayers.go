package file

import (
	"fmt"
	"image"
	"slices"

	"pentimento/canvas"
	"pentimento/canvas/blend"
)

// layers writes every layer's pictures.
func (s *saving) layers() error {
	for _, l := range s.state.Layers {
		kept := &storedLayer{}
		before := s.last.layers[l.ID]
		if before != nil {
			kept.attrs, kept.op, kept.as = before.attrs, before.op, before.as
		}
		if err := s.layerMask(l, before, kept); err != nil {
			return err
		}
		parts, ok := s.same(l, before)
		switch {
		case l.Group:
		case ok:
			for i, q := range parts {
				m, err := s.pack.copy(s.old.find(q.member), partName(l, i))
				if err != nil {
					return err
				}
				kept.parts = append(kept.parts, part{m, q.at})
			}
		default:
			for i, r := range partsOf(l) {
				m, err := s.encode(partName(l, i), rasterOf(l, r), s.colours)
				if err != nil {
					return err
				}
				kept.parts = append(kept.parts, part{m, r})
			}
		}
		s.out.layers[l.ID] = kept
		s.enter(l, kept)
	}
	return nil
}

// layerMask writes a layer's mask: what it shows, grey.
func (s *saving) layerMask(l *canvas.Layer, before, kept *storedLayer) (err error) {
	if l.Mask == nil || l.Mask.Used().Empty() {
		return nil
	}
	name, m := fmt.Sprintf("%s%d.png", maskFolder, l.ID), l.Mask
	if before != nil && s.last.state != nil {
		old := s.last.state.Layer(l.ID)
		if f := s.old.find(before.mask.member); f != nil && old != nil && old.Mask != nil && old.Mask.Outside == m.Outside && !differ(old.Mask.Tiles, m.Tiles) {
			kept.mask.at = before.mask.at
			kept.mask.member, err = s.pack.copy(f, name)
			return err
		}
	}
	used := m.Used()
	kept.mask.at = used
	kept.mask.member, err = s.encode(name, raster{used.Dx(), used.Dy(), 1, func(dst []byte, y0, y1 int) {
		m.Read(dst, used.Dx(), image.Rect(used.Min.X, used.Min.Y+y0, used.Max.X, used.Min.Y+y1))
	}}, nil)
	return err
}

// same says whether a layer's pixels are those that the file holds, and which members.
func (s *saving) same(l *canvas.Layer, before *storedLayer) ([]part, bool) {
	if s.old == nil || before == nil || s.last.state == nil || len(before.parts) == 0 {
		return nil, false
	}
	old := s.last.state.Layer(l.ID)
	if old == nil || differ(old.Tiles, l.Tiles) {
		return nil, false
	}
	for _, q := range before.parts {
		if s.old.find(q.member) == nil {
			return nil, false
		}
	}
	return before.parts, true
}

func differ[T any](a, b canvas.Grid[T]) bool {
	different := false
	a.Diff(b, func(canvas.TileKey) { different = true })
	return different
}

func partName(l *canvas.Layer, i int) string {
	if i == 0 {
		return fmt.Sprintf(layerName, l.ID, "")
	}
	return fmt.Sprintf(layerName, l.ID, fmt.Sprintf("-%d", i))
}

// enter puts a layer into stack.xml and our own document.
func (s *saving) enter(l *canvas.Layer, kept *storedLayer) {
	n := &node{name: l.Name, opacity: float64(l.Opacity) / 255, visible: l.Visible && !l.Guide, op: compositeOf(l.Blend),
		selected: l.ID == s.state.Active, locked: l.Lock&canvas.LockPixels != 0, others: kept.attrs}
	if kept.op != "" && kept.as == l.Blend.String() {
		n.op = kept.op
	}
	d := layerDoc{ID: l.ID, Offset: l.Offset, PassThrough: l.PassThrough, Collapsed: l.Collapsed, Clip: l.Clip, Lock: l.Lock, Text: string(l.Text), Guide: l.Guide, Hidden: l.Guide && !l.Visible}
	if m := l.Mask; m != nil {
		d.Mask = &layerMaskDoc{Src: kept.mask.member.name, At: kept.mask.at.Min, Outside: m.Outside, Off: m.Off}
	}
	if written := string(xmlText(l.Name)); written != l.Name {
		d.Name, n.name = l.Name, written
	}
	place := l.Offset.Sub(s.rect.Min)
	for _, q := range kept.parts {
		d.Parts = append(d.Parts, partDoc{q.member.name, q.at.Min})
	}
	switch {
	case l.Group:
		n.stack, n.group, n.isolated = true, uint64(l.ID), "isolate"
		if l.PassThrough {
			n.isolated = "auto" // isolated by others where it has an opacity or a mode
			if l.Blend != blend.Normal {
				d.Mode, n.op = l.Blend.String(), compositeOf(blend.Normal)
			}
		}
		n.children = slices.Clone(s.top[l.ID])
		slices.Reverse(n.children)
	case len(kept.parts) == 1:
		q := kept.parts[0]
		n.src, n.x, n.y = q.member.name, q.at.Min.X+place.X, q.at.Min.Y+place.Y
	default:
		n.stack = true
		for i, q := range kept.parts {
			n.children = append(n.children, &node{name: fmt.Sprintf("%s %d", n.name, i+1), src: q.member.name,
				x: q.at.Min.X + place.X, y: q.at.Min.Y + place.Y, opacity: 1, visible: true, op: "svg:src-over"})
		}
	}
	s.top[l.Parent] = append(s.top[l.Parent], n)
	s.doc.Layers = append(s.doc.Layers, d)
}
