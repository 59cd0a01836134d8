package tools

import (
	"image"
	"image/draw"
	"math"

	"golang.org/x/image/vector"

	"pentimento/canvas"
)

// maxArea bounds the pixels of an area laid on the mask at once (64 MB of mask).
const maxArea = 1 << 26

// tooLarge is shown while a larger area is drawn, which will not be laid.
const tooLarge = "too large"

func fits(r image.Rectangle) bool {
	return r.Dx() <= maxArea && r.Dy() <= maxArea && r.Dx()*r.Dy() <= maxArea
}

// Areas are the tools that make the mask or a selection.
var Areas = []string{"rectangle", "ellipse", "lasso", "polygon", "wand", "object"}

// AreaSettings are what the area tools and the wand make of what is drawn or clicked.
type AreaSettings struct {
	Strength  float64        // of a mask, its brush's too: how much of a place may change, 0..1; 0 means 1
	Selects   bool           // a selection; else the mask
	Joining   canvas.Joining // what is done without modifier keys
	Tolerance int            // of the wand, 0..255
	Scattered bool           // the wand takes the colour wherever it is
	OneLayer  bool           // the wand looks at the active layer alone
	HardEdge  bool           // the wand's edge is not smoothed
	Feather   int            // how wide the edge of a thing is made soft, in pixels
	Edges     int            // how much a thing ends at edges and how little at colours, 0..100
	Grow      int            // by how many pixels a thing is widened, or GrowAuto
}

// joins says what an area pressed so does: Shift adds, Alt or the right button subtracts, both
// keys intersect.
func (a AreaSettings) joins(p Pointer) canvas.Joining {
	switch {
	case p.Button == Right:
		return canvas.Subtract
	case p.Mods&(Shift|Alt) == Shift|Alt:
		return canvas.Intersect
	case p.Mods&Alt != 0:
		return canvas.Subtract
	case p.Mods&Shift != 0:
		return canvas.Add
	}
	return a.Joining
}

// share is Strength in its bounds.
func (a AreaSettings) share() float64 {
	if a.Strength <= 0 {
		return 1
	}
	return min(a.Strength, 1)
}

// Lay makes an area the selection or the mask, or changes it by the area: one step of history.
// Without a selection there is nothing to take from: the area becomes one.
func (a AreaSettings) Lay(e *canvas.Edit, area canvas.Grid[canvas.MaskTile], how canvas.Joining) {
	there := e.Base().Mask
	if a.Selects {
		there = e.Base().Selection
	}
	a.LayOver(e, there, area, how)
}

// LayOver is Lay where the mask or the selection counts as it was before.
func (a AreaSettings) LayOver(e *canvas.Edit, there, area canvas.Grid[canvas.MaskTile], how canvas.Joining) {
	if !a.Selects {
		if how == canvas.Replace || how == canvas.Add {
			area = canvas.Weakened(area, a.share())
		}
		e.SetCover(canvas.Join(there, area, how))
		return
	}
	if there.Len() == 0 {
		how = canvas.Replace
	}
	e.SetSelection(canvas.Join(there, area, how))
}

// lay lays an area that was drawn with a tool of a name.
func lay(h Host, name string, area canvas.Grid[canvas.MaskTile], how canvas.Joining) {
	if tile := h.View().Tile; !tile.Empty() {
		area = canvas.Folded(area, tile)
	}
	e := h.Begin(areaLabel(h.Brush().Area.Selects, name, how))
	h.Brush().Area.Lay(e, area, how)
	h.Invalidate(e.Commit())
}

// areaLabel names the step.
func areaLabel(selects bool, name string, how canvas.Joining) string {
	switch {
	case selects:
		return [...]string{"Select", "Add to selection", "Subtract from selection", "Intersect selection"}[how]
	case how == canvas.Subtract:
		return "Subtract from mask"
	case how == canvas.Intersect:
		return "Intersect mask"
	}
	return name
}

// dropped forgets the selection after a click that draws nothing.
func dropped(h Host, how canvas.Joining) {
	if h.Brush().Area.Selects && how == canvas.Replace && h.State().Selection.Len() > 0 {
		e := h.Begin("Select none")
		e.SetSelection(canvas.Grid[canvas.MaskTile]{})
		h.Invalidate(e.Commit())
	}
}

// polygon is the inside of a closed polygon with antialiased edges; what is wound round more
// than once counts once. The polygon is drawn in strips counted from its own top, so that the
// memory is bounded and a shift by whole pixels changes nothing.
func polygon(points []Vec) canvas.Grid[canvas.MaskTile] {
	r := hull(points)
	if len(points) < 3 || r.Empty() || !fits(r) {
		return canvas.Grid[canvas.MaskTile]{}
	}
	local := make([][2]float32, len(points)) // in 1/256 pixel, exact in a float32
	for i, p := range points {
		local[i][0] = float32(math.Round((p.X-float64(r.Min.X))*256) / 256)
		local[i][1] = float32(math.Round((p.Y-float64(r.Min.Y))*256) / 256)
	}
	tiles := map[canvas.TileKey]*canvas.MaskTile{}
	strip := image.NewAlpha(image.Rect(0, 0, r.Dx(), canvas.TileSize))
	var ras vector.Rasterizer
	for top := 0; top < r.Dy(); top += canvas.TileSize {
		if !rasterize(&ras, strip, local, float32(top)) {
			continue
		}
		rows := image.Rect(r.Min.X, r.Min.Y+top, r.Max.X, min(r.Min.Y+top+canvas.TileSize, r.Max.Y))
		canvas.KeysIn(rows, func(k canvas.TileKey) { gather(tiles, k, strip, rows) })
	}
	return canvas.Grid[canvas.MaskTile]{}.With(tiles)
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

// gather copies one tile's share of a strip.
func gather(tiles map[canvas.TileKey]*canvas.MaskTile, k canvas.TileKey, strip *image.Alpha, rows image.Rectangle) {
	part := k.Rect().Intersect(rows)
	t := tiles[k]
	if t == nil {
		t = new(canvas.MaskTile)
	}
	found := false
	for y := part.Min.Y; y < part.Max.Y; y++ {
		src := strip.Pix[strip.PixOffset(part.Min.X-rows.Min.X, y-rows.Min.Y):][:part.Dx()]
		copy(t.Pix[(y&(canvas.TileSize-1))*canvas.TileSize+part.Min.X&(canvas.TileSize-1):], src)
		for _, a := range src {
			found = found || a != 0
		}
	}
	if found {
		tiles[k] = t
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
