package stroke

import (
	"image"
	"math"
	"slices"
)

// rowSpan is what a Dab reaches in one row of pixels, in local pixels: from lo to hi
// (exclusive) some coverage, from in0 to in1 all of it. The pixels from cap0 to cap1 are
// nearest to the Dab's end at b, the others to the way.
type rowSpan struct{ lo, hi, in0, in1, cap0, cap1 int }

// sweeper is one Dab made ready for the pixel loops.
type sweeper struct {
	Dab
	length       float64
	ux, uy       float64 // direction from a to b
	inner, outer float64
	even         bool // full radius and opacity along the way: the fast path. Not for
	// brushes so narrow that the table by squares would be coarse around their centre
	next *sweeper
	fall *falloff
}

func (s *Stroke) sweeper(d *Dab) *sweeper {
	w := &sweeper{Dab: *d, ux: 1, fall: s.fall}
	w.even = s.brush.Size >= 8 && min(d.ra, d.rb) == s.brush.Size/2 && min(d.oa, d.ob) == 1
	w.length = math.Hypot(d.bx-d.ax, d.by-d.ay)
	if w.length > 0 {
		w.ux, w.uy = (d.bx-d.ax)/w.length, (d.by-d.ay)/w.length
	}
	w.inner, w.outer = s.fall.edges(math.Max(d.ra, d.rb))
	return w
}

// cover joins a Dab into the tiles. What is behind a is left out, since the Dab before
// it ended there; and where next follows, so is what is beyond b but not behind next,
// since next covers it better.
func (s *Stroke) cover(d, next *Dab) {
	w := s.sweeper(d)
	if w.length == 0 && !d.first && d.rb <= d.ra && d.ob <= d.oa {
		return
	}
	if next != nil && w.even {
		if n := s.sweeper(next); n.even && n.length > 0 {
			w.next = n
		}
	}
	y0 := int(math.Floor(math.Min(d.ay, d.by)-w.outer)) - 1
	y1 := int(math.Ceil(math.Max(d.ay, d.by)+w.outer)) + 1
	if !s.torus.Empty() {
		y0, y1 = max(y0, s.torus.Min.Y-s.origin.Y), min(y1, s.torus.Max.Y-s.origin.Y)
	}
	for y := y0; y < y1; {
		key := (y + s.origin.Y) >> 6
		end := min((key+1)<<6-s.origin.Y, y1)
		s.coverRows(w, key, y, end)
		y = end
	}
}

// coverRows covers the rows y0..y1, all in the tile row ty.
func (s *Stroke) coverRows(w *sweeper, ty, y0, y1 int) {
	spans := s.spans[:y1-y0]
	lo, hi := math.MaxInt, math.MinInt
	for i := range spans {
		spans[i] = w.span(y0 + i)
		if !s.torus.Empty() {
			spans[i].clip(s.torus.Min.X-s.origin.X, s.torus.Max.X-s.origin.X)
		}
		if spans[i].lo < spans[i].hi {
			lo, hi = min(lo, spans[i].lo), max(hi, spans[i].hi)
		}
	}
	if lo >= hi {
		return
	}
	for tx := (lo + s.origin.X) >> 6; tx <= (hi-1+s.origin.X)>>6; tx++ {
		s.coverTile(w, Key{int32(tx), int32(ty)}, y0, spans)
	}
}

func (s *Stroke) coverTile(w *sweeper, k Key, y0 int, spans []rowSpan) {
	t := s.tile(k, spans)
	if t == nil || t.open == 0 {
		return
	}
	left, top := int(k.X)<<6-s.origin.X, int(k.Y)<<6-s.origin.Y // the tile in local pixels
	was := t.dirty.Empty()
	for i, r := range spans {
		y := y0 + i - top
		lo, hi := max(r.lo, left), min(r.hi, left+TileSize)
		if lo >= hi || t.left[y] == 0 {
			continue
		}
		full, changed := w.row(t.Cov[y*TileSize:(y+1)*TileSize], left, y0+i, lo, hi, r)
		if changed {
			t.dirty = t.dirty.Union(image.Rect(lo-left, y, hi-left, y+1))
			t.left[y] -= uint8(full)
			if t.left[y] == 0 {
				t.open--
			}
		}
	}
	if was && !t.dirty.Empty() {
		s.fresh = append(s.fresh, k)
	}
}

// tile is the coverage at k; a new one is made only where the spans reach it.
func (s *Stroke) tile(k Key, spans []rowSpan) *Tile {
	if t := s.tiles[k]; t != nil {
		if s.tail.drawing && t.open > 0 {
			return s.tail.tile(k, t)
		}
		return t
	}
	left := int(k.X)<<6 - s.origin.X
	if !slices.ContainsFunc(spans, func(r rowSpan) bool { return max(r.lo, left) < min(r.hi, left+TileSize) }) {
		return nil
	}
	t := &Tile{open: TileSize}
	for y := range t.left {
		t.left[y] = TileSize
	}
	s.tiles[k] = t
	if s.tail.drawing {
		return s.tail.tile(k, t)
	}
	return t
}

// span finds what the Dab reaches in the row y. It may be a pixel too wide (the pixel
// loops decide exactly) but never too narrow, and in0..in1 never too wide.
func (w *sweeper) span(y int) rowSpan {
	dy := float64(y) + 0.5 - w.ay
	var r rowSpan
	if v := w.reach(dy, w.outer); v.lo <= v.hi {
		r.lo, r.hi = int(math.Floor(v.lo+w.ax-0.5)), int(math.Ceil(v.hi+w.ax-0.5))+1
	}
	if !w.even {
		return r
	}
	r.cap0, r.cap1 = w.beyond(dy, r.lo, r.hi)
	if w.inner > 0 {
		if v := w.reach(dy, w.inner-1e-6); v.lo <= v.hi {
			r.in0, r.in1 = int(math.Ceil(v.lo+w.ax-0.5)), int(math.Floor(v.hi+w.ax-0.5))+1
		}
	}
	return r
}

// beyond is the part of lo..hi whose pixels lie beyond b.
func (w *sweeper) beyond(dy float64, lo, hi int) (cap0, cap1 int) {
	if w.length == 0 {
		return lo, hi
	}
	v := interval{float64(lo), float64(hi)}
	v.cut(w.ux, float64(dy*w.uy)-w.length-float64((w.ax-0.5)*w.ux))
	if v.lo > v.hi {
		return lo, lo
	}
	return int(math.Ceil(v.lo)), min(int(math.Floor(v.hi))+1, hi)
}

// reach is the interval of x (relative to a) in a row (dy relative to a) that is within
// radius and is this Dab's to cover.
func (w *sweeper) reach(dy, radius float64) interval {
	end := disc(w.bx-w.ax, dy-(w.by-w.ay), radius)
	if w.length == 0 {
		return end
	}
	band := everything
	band.cut(w.uy, radius-dy*w.ux)  // side ≤ radius
	band.cut(-w.uy, radius+dy*w.ux) // side ≥ -radius
	band.cut(w.ux, dy*w.uy)         // t ≥ 0
	band.cut(-w.ux, w.length-dy*w.uy)
	if w.even {
		end.cut(w.ux, dy*w.uy-w.length)
	} else {
		band.join(disc(0, dy, radius))
	}
	if n := w.next; n != nil {
		fy := dy - (w.by - w.ay)
		end.cut(-n.ux, float64((w.bx-w.ax)*n.ux)-float64(fy*n.uy))
	}
	band.join(end)
	return band
}
