package tools

import "image"

// Wrap-around painting: the view repeats a tile (View.Tile), and what is done in a copy is done
// in the tile. Brush, eraser, the mask's brushes, clone stamp and history brush paint modulo the
// tile, each dab: what goes over a side comes in on the other one. Lasso, polygon, rectangle and
// ellipse are folded when they are closed. Picker, wand, object, bucket, gradient and text work
// where the click is in the tile; what the wand, object and bucket find goes on across its sides, a
// gradient ends at them. Tools with handles (move, transform, crop, frame,
// border) have them in the tile alone, and what they move is not folded.

// MinTile is the least side of a tile, in pixels.
const MinTile = 8

// Homes says whether what a tool of that name is pressed at, and dragged to, is to be moved by
// whole tiles so that the press is in the tile.
func Homes(name string) bool {
	return name == "wand" || name == "object" || name == "bucket" || name == "gradient" || name == "text"
}

// Home is how far, by whole tiles, a pointer is from the place in the tile that it shows.
func (v View) Home(p Pointer) Vec {
	if v.Tile.Empty() || !near(p) {
		return Vec{}
	}
	by := p.Point().Mod(v.Tile).Sub(p.Point())
	return Vec{float64(by.X), float64(by.Y)}
}

// By is a pointer that is moved.
func (p Pointer) By(v Vec) Pointer {
	p.X, p.Y = p.X+v.X, p.Y+v.Y
	return p
}

// inTile is as much of an area as lies in the tile; without one all of it.
func inTile(area, tile image.Rectangle) image.Rectangle {
	if tile.Empty() {
		return area
	}
	return area.Intersect(tile)
}

// folded are pixels, each as the one of the tile that it shows.
func folded(points []image.Point, tile image.Rectangle) []image.Point {
	if tile.Empty() {
		return points
	}
	out := make([]image.Point, len(points))
	for i, p := range points {
		out[i] = p.Mod(tile)
	}
	return out
}

// Around reads premultiplied pixels of r, wherever it lies, out of the tile, with a read of what
// lies in it; without a tile they are read where they are.
func Around(dst []uint8, r, tile image.Rectangle, read func(dst []uint8, r image.Rectangle)) {
	if tile.Empty() || r.In(tile) {
		read(dst, r)
		return
	}
	var buf []uint8
	for y := r.Min.Y; y < r.Max.Y; {
		rows := 0
		for x := r.Min.X; x < r.Max.X; {
			from := image.Pt(x, y).Mod(tile)
			size := image.Pt(min(tile.Max.X-from.X, r.Max.X-x), min(tile.Max.Y-from.Y, r.Max.Y-y))
			n := 4 * size.X
			buf = append(buf[:0], make([]uint8, n*size.Y)...)
			read(buf, image.Rectangle{Min: from, Max: from.Add(size)})
			for j := range size.Y {
				copy(dst[4*((y-r.Min.Y+j)*r.Dx()+x-r.Min.X):], buf[n*j:][:n])
			}
			x, rows = x+size.X, size.Y
		}
		y += rows
	}
}
