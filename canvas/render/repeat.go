package render

import (
	"image"
	"math"
)

// A view with a Tile shows that part of the picture again and again. The cells are then those of
// a plane on which the tile repeats, and only those over the tile itself are ever read: every
// device pixel takes its place modulo the tile, so that all copies share them and what changes
// is flattened once. A cell that lies over the tile's side holds the other side's pixels beyond
// it; so means and interpolation run across a seam as across any other place.
//
// 2026-11-28: a copy is drawn from the cells, exactly where the view has it, and not copied from
// another copy's device pixels: at most zooms the tile is no whole number of device pixels, and
// where it is, drawing is as cheap as copying.

// everywhere is more than any view can show.
var everywhere = image.Rect(-1<<30, -1<<30, 1<<30, 1<<30)

// retile shows another tile, or with an empty one the picture once. All cells are made anew.
func (r *Renderer) retile(t image.Rectangle) {
	r.tile, r.changes.tile = t, t
	r.restage(r.scene.overlay, r.scene.tint, everywhere)
}

// repeats says whether pixels of r are not the document's at that place.
func (s *scene) repeats(r image.Rectangle) bool { return !s.tile.Empty() && !r.In(s.tile) }

// piece is a rectangle of the document and where it is to be put.
type piece struct {
	from image.Rectangle
	at   image.Point
}

// fold cuts r, at most one period along each axis, into what shows in it: up to four pieces of the tile.
func fold(r, tile image.Rectangle) []piece {
	out := make([]piece, 0, 4)
	w, h := min(r.Dx(), tile.Dx()), min(r.Dy(), tile.Dy())
	for y := 0; y < h; {
		var p image.Point
		rows := 0
		for x := 0; x < w; {
			p = r.Min.Add(image.Pt(x, y)).Mod(tile)
			size := image.Pt(min(tile.Max.X-p.X, w-x), min(tile.Max.Y-p.Y, h-y))
			out = append(out, piece{image.Rectangle{p, p.Add(size)}, image.Pt(x, y)})
			x, rows = x+size.X, size.Y
		}
		y += rows
	}
	return out
}

// repeat copies the first period of dst, rows stride bytes apart, over the rest of its size.
func repeat(dst []uint8, stride int, size, period image.Point) {
	for y := range size.Y {
		row := dst[y*stride:][:size.X*4]
		if y >= period.Y {
			copy(row, dst[(y-period.Y)*stride:])
			continue
		}
		for x := period.X * 4; x < len(row); x += period.X * 4 {
			copy(row[x:min(x+period.X*4, len(row))], row)
		}
	}
}

// folded are places modulo a side of the tile.
func folded(at []int, from, side int) []int {
	out := make([]int, len(at))
	for i, v := range at {
		out[i] = from + mod(v-from, side)
	}
	return out
}

// repeated is the smallest part of r that holds all that shows the document rectangle doc; without
// a tile the part that is doc's.
func repeated(doc, tile, r image.Rectangle) image.Rectangle {
	if tile.Empty() {
		return doc.Intersect(r)
	}
	if doc = doc.Intersect(tile); doc.Empty() {
		return image.Rectangle{}
	}
	along := func(lo, hi, side, from, to int) (int, int) {
		first, last := floorDiv(from-hi, side)+1, floorDiv(to-lo-1, side)
		if first > last {
			return from, from
		}
		return max(from, lo+first*side), min(to, hi+last*side)
	}
	var out image.Rectangle
	out.Min.X, out.Max.X = along(doc.Min.X, doc.Max.X, tile.Dx(), r.Min.X, r.Max.X)
	out.Min.Y, out.Max.Y = along(doc.Min.Y, doc.Max.Y, tile.Dy(), r.Min.Y, r.Max.Y)
	return out
}

func floorDiv(a, n int) int { return (a - mod(a, n)) / n }

// run is a stretch of device pixels along an axis that show one copy of the tile.
type run struct {
	n    int
	back int // how far the copy is from the tile, document pixels
}

// flat is how far that is in flat pixels of a level.
func (r run) flat(level int) float64 { return float64(r.back) / float64(int(1)<<level) }

// leastCopy is how many device pixels a run is long, unless the view ends: of a smaller tile
// several copies make one run, so that the cost goes with the pixels and not with the copies.
const leastCopy = 32

// runs are the copies that the device pixels lo..hi of the plane show, where the tile goes from
// `from` and is side document pixels long; 0: it does not repeat.
func (v View) runs(out []run, lo, hi, from, side int) []run {
	if side <= 0 {
		return append(out, run{hi - lo, 0})
	}
	period := side * max(1, int(math.Ceil(leastCopy/(float64(side)*v.Scale))))
	for i := int(math.Floor(((float64(lo)+0.5)/v.Scale - float64(from)) / float64(period))); lo < hi; i++ {
		end := min(hi, int(math.Ceil(float64(from+(i+1)*period)*v.Scale-0.5)))
		if end > lo {
			out = append(out, run{end - lo, i * period})
			lo = end
		}
	}
	return out
}

// mostCopies is how many places a change is redrawn at; where it shows oftener the whole view is drawn.
const mostCopies = 1024

// Devices are the rectangles of device pixels that a change of document rectangle r can touch,
// one for each copy of the tile that the view shows.
func (v View) Devices(r image.Rectangle) []image.Rectangle {
	view := image.Rect(0, 0, v.W, v.H)
	if v.Tile.Empty() {
		return []image.Rectangle{v.Device(r).Intersect(view)}
	}
	if r = r.Intersect(v.Tile); r.Empty() {
		return nil
	}
	seen := v.seen()
	x0, x1 := floorDiv(seen.Min.X-r.Max.X, v.Tile.Dx()), floorDiv(seen.Max.X-r.Min.X, v.Tile.Dx())
	y0, y1 := floorDiv(seen.Min.Y-r.Max.Y, v.Tile.Dy()), floorDiv(seen.Max.Y-r.Min.Y, v.Tile.Dy())
	if (x1-x0+1)*(y1-y0+1) > mostCopies {
		return []image.Rectangle{view}
	}
	var out []image.Rectangle
	for y := y0; y <= y1; y++ {
		for x := x0; x <= x1; x++ {
			by := image.Pt(x*v.Tile.Dx(), y*v.Tile.Dy())
			if d := v.device(r, by, 2).Intersect(view); !d.Empty() {
				out = append(out, d)
			}
		}
	}
	return out
}

// seen is a rectangle of document pixels that holds all that the view shows, and some around it.
func (v View) seen() image.Rectangle {
	x0, y0, x1, y1 := math.Inf(1), math.Inf(1), math.Inf(-1), math.Inf(-1)
	for i := range 4 {
		x, y := v.Doc(float64(i&1*v.W), float64(i>>1*v.H))
		x0, y0, x1, y1 = math.Min(x0, x), math.Min(y0, y), math.Max(x1, x), math.Max(y1, y)
	}
	margin := 4/v.Scale + float64(int(4)<<v.level())
	return image.Rect(int(x0-margin)-1, int(y0-margin)-1, int(x1+margin)+1, int(y1+margin)+1)
}
