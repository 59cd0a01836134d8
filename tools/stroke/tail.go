package stroke

import (
	"image"
	"math"
)

// tail is what is covered for show between the curve so far and the pointer. It lies in tiles
// of its own, so that the stroke's are never touched.
type tail struct {
	drawing bool
	over    map[Key]*tailTile
	spare   []*tailTile
}

// tailTile is shown in the place of the stroke's Tile.
type tailTile struct {
	Tile
	shown image.Rectangle // what it may have that the stroke has not
}

// Tail covers, until the next Add, Line or End, what End would cover now: the curve stays behind
// the pointer, and this is what is seen of the rest. It leaves no trace in the finished stroke.
func (s *Stroke) Tail() {
	s.takeBack()
	ahead := s.path // a copy: the curve goes on from where it was
	dabs, way := append(s.waiting, ahead.end()...), 0.0
	for _, d := range dabs {
		way += math.Hypot(d.bx-d.ax, d.by-d.ay)
	}
	if way*s.brush.Size > maxSweep {
		return
	}
	s.tail.drawing = true
	s.coverAll(dabs)
	s.tail.drawing = false
}

// takeBack makes the next Flush show the stroke without its tail.
func (s *Stroke) takeBack() {
	for k, over := range s.tail.over {
		over.flush()
		t := s.tiles[k]
		t.dirty = t.dirty.Union(over.shown)
		s.fresh = append(s.fresh, k)
		s.tail.spare = append(s.tail.spare, over)
	}
	clear(s.tail.over)
}

// tile is what the tail has at k, at first what the stroke has there.
func (t *tail) tile(k Key, under *Tile) *Tile {
	if over := t.over[k]; over != nil {
		return &over.Tile
	}
	over := &tailTile{}
	if n := len(t.spare); n > 0 {
		over, t.spare = t.spare[n-1], t.spare[:n-1]
	}
	over.Tile, over.shown = *under, image.Rectangle{}
	over.dirty = image.Rectangle{}
	t.over[k] = over
	return &over.Tile
}

// flush is what changed since the last one.
func (t *tailTile) flush() image.Rectangle {
	r := t.dirty
	t.shown, t.dirty = t.shown.Union(r), image.Rectangle{}
	return r
}
