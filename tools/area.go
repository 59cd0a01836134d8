package tools

import (
	"image"
	"image/draw"
	"math"

	"golang.org/x/image/vector"

	"pentimento/canvas"
	"pentimento/tools/stroke"
)

// maxArea bounds the pixels of an area laid on the mask at once (64 MB of mask).
const maxArea = 1 << 26

// tooLarge is shown while a larger area is drawn, which will not be laid.
const tooLarge = "too large"

func fits(r image.Rectangle) bool {
	return r.Dx() <= maxArea && r.Dy() <= maxArea && r.Dx()*r.Dy() <= maxArea
}

// subtracts says whether an area is taken out of the mask instead of added.
func subtracts(p Pointer) bool { return p.Button == Right || p.Mods&Alt != 0 }

// layRect adds a rectangle to the mask or takes it out: one step of history.
func layRect(h Host, label string, r image.Rectangle, erase bool) {
	if r.Empty() || !fits(r) {
		return
	}
	var cov [canvas.TileSize * canvas.TileSize]uint16
	for i := range cov {
		cov[i] = stroke.Full
	}
	e, s := h.Begin(label), maskSurface{erase, stroke.Full}
	canvas.KeysIn(r, func(k canvas.TileKey) {
		s.lay(e, k, cov[:], k.Rect().Intersect(r).Sub(k.Rect().Min))
	})
	h.Invalidate(e.Commit())
}

// layPolygon adds the inside of a closed polygon to the mask or takes it out, with
// antialiased edges; what is wound round more than once counts once. The polygon is
// drawn in strips counted from its own top, so that the memory is bounded and a shift by
// whole pixels changes nothing.
func layPolygon(h Host, label string, points []Vec, erase bool) {
	r := hull(points)
	if len(points) < 3 || r.Empty() || !fits(r) {
		return
	}
	local := make([][2]float32, len(points)) // in 1/256 pixel, exact in a float32
	for i, p := range points {
		local[i][0] = float32(math.Round((p.X-float64(r.Min.X))*256) / 256)
		local[i][1] = float32(math.Round((p.Y-float64(r.Min.Y))*256) / 256)
	}
	e, s := h.Begin(label), maskSurface{erase, stroke.Full}
	strip := image.NewAlpha(image.Rect(0, 0, r.Dx(), canvas.TileSize))
	var ras vector.Rasterizer
	for top := 0; top < r.Dy(); top += canvas.TileSize {
		if !rasterize(&ras, strip, local, float32(top)) {
			continue
		}
		rows := image.Rect(r.Min.X, r.Min.Y+top, r.Max.X, min(r.Min.Y+top+canvas.TileSize, r.Max.Y))
		canvas.KeysIn(rows, func(k canvas.TileKey) { layStrip(e, s, k, strip, rows) })
	}
	h.Invalidate(e.Commit())
}

// rasterize draws the polygon's rows from top on; false where none of its sides is there.
func rasterize(ras *vector.Rasterizer, strip *image.Alpha, points [][2]float32, top float32) bool {
	ras.Reset(strip.Rect.Dx(), strip.Rect.Dy())
	any := false
	a := points[len(points)-1]
	for _, b := range points {
		if max(a[1], b[1]) > top && min(a[1], b[1]) < top+canvas.TileSize {
			ras.MoveTo(a[0], a[1]-top)
			ras.LineTo(b[0], b[1]-top)
			any = true
		}
		a = b
	}
	if any {
		ras.DrawOp = draw.Src
		ras.Draw(strip, strip.Rect, image.Opaque, image.Point{})
	}
	return any
}

// layStrip lays one tile's share of a strip.
func layStrip(e *canvas.Edit, s maskSurface, k canvas.TileKey, strip *image.Alpha, rows image.Rectangle) {
	part := k.Rect().Intersect(rows)
	var cov [canvas.TileSize * canvas.TileSize]uint16
	found := false
	for y := part.Min.Y; y < part.Max.Y; y++ {
		src := strip.Pix[strip.PixOffset(part.Min.X-rows.Min.X, y-rows.Min.Y):][:part.Dx()]
		at := (y&(canvas.TileSize-1))*canvas.TileSize + part.Min.X&(canvas.TileSize-1)
		for x, a := range src {
			cov[at+x] = uint16(a) * (stroke.Full / 255)
			found = found || a != 0
		}
	}
	if found {
		s.lay(e, k, cov[:], part.Sub(k.Rect().Min))
	}
}

// hull is the smallest rectangle of whole pixels around points.
func hull(points []Vec) image.Rectangle {
	if len(points) == 0 {
		return image.Rectangle{}
	}
	lo, hi := points[0], points[0]
	for _, p := range points {
		lo.X, lo.Y = math.Min(lo.X, p.X), math.Min(lo.Y, p.Y)
		hi.X, hi.Y = math.Max(hi.X, p.X), math.Max(hi.Y, p.Y)
	}
	return image.Rect(floor(lo.X), floor(lo.Y), int(math.Ceil(hi.X)), int(math.Ceil(hi.Y)))
}
