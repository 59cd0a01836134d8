// Package stroke turns pointer samples into coverage: which share of every pixel one
// stroke covers, in 16 bits, on sparse 64×64 tiles. It is pure arithmetic and knows no
// picture: a tool lays the gathered coverage over the pixels as they were when the stroke
// began (lay.go), afresh each time, so overlaps within one stroke neither darken nor band.
//
// The way of a sample: smoothed and joined to a curve (path.go), cut into Dabs (one touch
// each: a short straight sweep of the round brush), swept into tiles (sweep.go) with a
// falloff from a table (falloff.go), read back tile by tile through Stroke.Flush. What is
// shown of it ahead of the curve, up to the pointer, is in tail.go; how it comes in again on the
// other side of a tile is in wrap.go.
// Start with Stroke below.
//
// Coverage is exactly the same when all samples are shifted by whole pixels: positions
// are rounded to 1/256 pixel, all arithmetic is relative to the first sample's pixel, and
// no pixel's value depends on where the tile borders fall.
//
// 2026-11-23: a Dab is a sweep and not a stamp. Dabs of one stroke are joined by maximum,
// and the maximum over infinitely many stamps along a line is a function of the distance
// to the line. So there is no spacing to choose, no scalloped edge, and a wide brush costs
// the area it newly covers instead of a whole disc every few pixels.
package stroke

import (
	"image"
	"math"
)

// TileSize is the side of a coverage tile; the same as the picture's.
const TileSize = 64

// Key counts tiles from the origin: pixel x is in tile x>>6.
type Key struct{ X, Y int32 }

// Full is the coverage of a pixel that is covered wholly.
const Full = 65535

// Limit is how far from the origin a sample may lie; what is farther is ignored.
const Limit = 1 << 24

// maxSweep bounds the pixels one Add may sweep (a straight line across a huge picture
// with a wide brush): beyond it the stroke jumps instead.
const maxSweep = 1 << 26

// Sample is one reading of the pointer, in pixels.
type Sample struct {
	X, Y     float64
	Time     float64 // seconds since an arbitrary start
	Pressure float64 // 0..1; 1 where the device has none
	Tilt     float64 // 0 upright .. 1 flat
}

// Brush is the shape that is swept. Opacity and colour are for the laying, not here.
type Brush struct {
	Size      float64 // diameter in pixels, MinSize..MaxSize; values outside are clamped
	Hardness  float64 // 0..1: share of the radius that is fully covered
	Smoothing float64 // 0 follows the pointer exactly; 1 smooths most
	// PressureSize and PressureOpacity let light pressure make the brush smaller (down to
	// a quarter) and its coverage thinner.
	PressureSize, PressureOpacity bool
	Gamma                         float64 // of the pressure: below 1 a light touch gives more; 0 means 1
	TiltSize                      bool    // a pen laid flat makes the brush up to three times as wide
}

// The limits of Brush.Size.
const (
	MinSize = 1
	MaxSize = 1000
)

// spacing is the share of the brush's diameter that a stroke goes before it is swept on:
// less than the eye sees it lag behind the pointer, and swept in whole by End.
const spacing = 0.04

// Tile is the coverage one stroke has gathered in one tile, row by row.
type Tile struct {
	Cov   [TileSize * TileSize]uint16
	dirty image.Rectangle // changed since the last Flush, in the tile's own pixels
	left  [TileSize]uint8 // pixels of each row that are not yet Full
	open  int             // rows that are not yet Full
}

// Stroke is one drag of the brush. It belongs to one goroutine.
type Stroke struct {
	brush  Brush
	origin image.Point // the first sample's pixel: all local coordinates count from it
	wide   float64     // how many times an upright pen's width Brush.Size is; 1 without TiltSize
	path   path
	tiles  map[Key]*Tile
	fresh  []Key // tiles with a dirty rectangle
	fall   *falloff
	spans  [TileSize]rowSpan

	waiting []Dab   // not yet swept
	way     float64 // their length
	tail    tail
	torus   image.Rectangle // all that is covered lies in it (wrap.go); empty: no bounds
}

// New begins a stroke without a sample.
func New(b Brush) *Stroke {
	b.Size = clamp(b.Size, MinSize, MaxSize)
	b.Hardness = clamp(b.Hardness, 0, 1)
	b.Smoothing = clamp(b.Smoothing, 0, 1)
	wide := 1.0
	if b.TiltSize {
		wide = math.Min(3, MaxSize/b.Size)
		b.Size *= wide
	}
	return &Stroke{brush: b, wide: wide, tiles: map[Key]*Tile{}, tail: tail{over: map[Key]*tailTile{}}, fall: newFalloff(b.Size/2, b.Hardness)}
}

// clamp also turns NaN into lo.
func clamp(v, lo, hi float64) float64 {
	if !(v > lo) {
		return lo
	}
	return math.Min(v, hi)
}

// Add takes the next sample. The curve runs up to the sample before it, since its shape
// depends on what follows, and stays behind by up to a twenty-fifth of the brush's width; End
// completes it, and Tail does so for show. The first sample covers one round dab at once.
func (s *Stroke) Add(p Sample) {
	n, ok := s.node(p)
	if !ok {
		return
	}
	s.takeBack()
	s.sweep(s.path.add(n, p.Time, s.brush.Smoothing), false)
}

// Line takes a sample that is reached by a straight line, without smoothing.
func (s *Stroke) Line(p Sample) {
	n, ok := s.node(p)
	if !ok {
		return
	}
	s.takeBack()
	s.sweep(s.path.line(n, p.Time), true)
}

// End completes the curve to the very last sample. Adding after End begins a new curve
// there, in the same coverage.
func (s *Stroke) End() {
	s.takeBack()
	s.sweep(s.path.end(), true)
}

// node is the sample in local coordinates; ok is false where it is outside Limit.
func (s *Stroke) node(p Sample) (node, bool) {
	if !(math.Abs(p.X) <= Limit && math.Abs(p.Y) <= Limit) {
		return node{}, false
	}
	if !s.path.begun {
		s.origin = image.Pt(int(math.Floor(p.X)), int(math.Floor(p.Y)))
	}
	n := node{r: s.brush.Size / 2, o: 1}
	n.x = math.Round((p.X-float64(s.origin.X))*256) / 256
	n.y = math.Round((p.Y-float64(s.origin.Y))*256) / 256
	pressure := clamp(p.Pressure, 0, 1)
	if s.brush.Gamma > 0 && s.brush.Gamma != 1 {
		pressure = math.Pow(pressure, s.brush.Gamma)
	}
	if s.wide > 1 {
		n.r *= (1 + float64((s.wide-1)*clamp(p.Tilt, 0, 1))) / s.wide
	}
	if s.brush.PressureSize {
		n.r *= 0.25 + float64(0.75*pressure)
	}
	if s.brush.PressureOpacity {
		n.o = pressure
	}
	return n, true
}

// sweep covers Dabs once they have gone far enough for the brush's width, since every
// batch costs the front half of the brush once.
func (s *Stroke) sweep(dabs []Dab, now bool) {
	for _, d := range dabs {
		s.waiting = append(s.waiting, d)
		s.way += math.Hypot(d.bx-d.ax, d.by-d.ay)
		now = now || d.first
	}
	if len(s.waiting) == 0 || !now && s.way < s.brush.Size*spacing {
		return
	}
	if s.way*s.brush.Size > maxSweep {
		last := s.waiting[len(s.waiting)-1]
		last.ax, last.ay, last.ra, last.oa, last.first = last.bx, last.by, last.rb, last.ob, true
		s.waiting = append(s.waiting[:0], last)
	}
	s.coverAll(s.waiting)
	s.waiting, s.way = s.waiting[:0], 0
}

func (s *Stroke) coverAll(dabs []Dab) {
	for i := range dabs {
		var next *Dab
		if i+1 < len(dabs) {
			next = &dabs[i+1]
		}
		s.coverAround(&dabs[i], next)
	}
}

// Flush calls visit for every tile whose coverage changed since the last Flush, with the
// rectangle of the tile's own pixels (0..64) outside which nothing changed. The Tile may
// be read until the next Add; it must not be written.
func (s *Stroke) Flush(visit func(Key, *Tile, image.Rectangle)) {
	for _, k := range s.fresh {
		t := s.tiles[k]
		r := t.dirty
		t.dirty = image.Rectangle{}
		if over := s.tail.over[k]; over != nil {
			t, r = &over.Tile, r.Union(over.flush())
		}
		if !r.Empty() {
			visit(k, t, r)
		}
	}
	s.fresh = s.fresh[:0]
}
