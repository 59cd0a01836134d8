package editor

import (
	"fmt"
	"image"

	"pentimento/app/words"
	"pentimento/canvas"
	"pentimento/fault"
	"pentimento/tools"
)

// Wrap-around painting: while a page's view has a Tile, the frame repeats all over it, and tools
// paint modulo the frame (tools/wrap.go). Only the view knows: documents and files are as ever.

// tile is the part of the picture that can repeat: the frame, else the picture; empty where that
// is too small to be one.
func (p *page) tile() image.Rectangle {
	r := p.State().Frame
	if r.Empty() {
		r = p.Used()
	}
	if r.Dx() < tools.MinTile || r.Dy() < tools.MinTile {
		return image.Rectangle{}
	}
	return r
}

// Tile is the part of the picture that repeats all over the view; empty: none does.
func (p *page) Tile() image.Rectangle { return p.View().Tile }

// Wraps says whether the frame repeats all over the view.
func (p *page) Wraps() bool { return !p.View().Tile.Empty() }

// ToggleWrap repeats the frame all over the view, or shows the picture once again. A view that
// showed all of the picture shows all of it, or three by three, again.
func (e *Editor) ToggleWrap() {
	e.CancelTool()
	v, all := e.view, e.view == e.fitted
	tile := e.tile()
	switch {
	case e.Wraps():
		v.Tile = image.Rectangle{}
	case tile.Empty():
		e.Fail(fault.New(fmt.Sprintf("wrap around: the frame is %d × %d pixels, want at least %d a side", e.State().Frame.Dx(), e.State().Frame.Dy(), tools.MinTile), "make the frame larger (F)"))
		return
	default:
		v.Tile = tile
		e.Say(words.T("The frame, %d × %d, repeats: what you paint over a side of it comes in on the other one", tile.Dx(), tile.Dy()))
	}
	e.SetView(v)
	if all {
		e.FitContent()
	}
}

// Offset shifts all layers by half the frame, modulo the frame: after a fill, which is a layer of
// its own, the picture stays together.
func (e *Editor) Offset() {
	if e.placesWait() {
		return
	}
	tile := e.tile()
	e.reshape("Offset picture", plainly(func(s *canvas.State) *canvas.State { return s.Rolled(tile, tile.Size().Div(2)) }))
}

// OffsetLayer shifts the active layer, or all in the active group, by half the frame, modulo the frame.
func (e *Editor) OffsetLayer() {
	for _, id := range turnable(e.doc.State()) {
		if e.locked(id, tools.Needs("transform", e.brush)) {
			return
		}
	}
	tile := e.tile()
	e.reshape("Offset layer", plainly(func(s *canvas.State) *canvas.State { return s.RolledLayer(s.Active, tile, tile.Size().Div(2)) }))
}

// coverOf is the mask or a selection and px pixels around it. Of a tile that repeats it is all of the tile,
// and what is around is its other side.
func coverOf(g canvas.Grid[canvas.MaskTile], tile image.Rectangle, px int) *image.Alpha {
	if tile.Empty() {
		return canvas.CoverImage(g, canvas.CoverUsed(g).Inset(-px))
	}
	m := canvas.CoverImage(g, tile)
	out := image.NewAlpha(tile.Inset(-px))
	for y := out.Rect.Min.Y; y < out.Rect.Max.Y; y++ {
		for x := out.Rect.Min.X; x < out.Rect.Max.X; {
			from := image.Pt(x, y).Mod(tile)
			n := min(tile.Max.X-from.X, out.Rect.Max.X-x)
			copy(out.Pix[out.PixOffset(x, y):][:n], m.Pix[m.PixOffset(from.X, from.Y):])
			x += n
		}
	}
	return out
}

// onTile has change make one coverage of others, within a rectangle. Of a tile that repeats it is shown the tile and
// px pixels around it, and what it makes of the tile counts.
func onTile(tile image.Rectangle, px int, within image.Rectangle, change func(within image.Rectangle, g ...canvas.Grid[canvas.MaskTile]) canvas.Grid[canvas.MaskTile], g ...canvas.Grid[canvas.MaskTile]) canvas.Grid[canvas.MaskTile] {
	if tile.Empty() {
		return change(within, g...)
	}
	wide := make([]canvas.Grid[canvas.MaskTile], len(g))
	for i := range g {
		wide[i] = canvas.Cover(coverOf(g[i], tile, px))
	}
	return canvas.Join(change(tile.Inset(-px), wide...), canvas.CoverRect(tile), canvas.Intersect)
}
