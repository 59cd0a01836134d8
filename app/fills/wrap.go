package fills

import (
	"image"

	"pentimento/app/commission"
	"pentimento/app/words"
	"pentimento/canvas"
	"pentimento/pipeline"
)

// wraps says whether a fill is one of a tile that repeats: its other side is then what is around. Regions, guides
// and what is taken of the canvas go along (commission).
func (f *Fills) wraps(state *canvas.State, task pipeline.Task) bool {
	return f.canvas.Tile() == state.Frame && !state.Frame.Empty() && task == pipeline.Inpaint
}

// planAround plans a fill of a tile that repeats as commission.Run does it: in the shifted tile.
func (f *Fills) planAround(sel selection, out *Outline, state *canvas.State) {
	tile := state.Frame
	cols, rows := sel.lines(state, tile)
	by := commission.MiddleOf(cols, rows)
	masked := shiftedBounds(cols, rows, tile, by)
	if masked.Empty() { // outside the tile: the view does not show it
		f.layout(out, pipeline.Scene{Selection: sel.bounds, Picture: f.canvas.UsedOf(state)})
		return
	}
	if f.layout(out, pipeline.Scene{Selection: masked, Picture: tile}); out.Err != nil {
		return
	}
	out.around = true
	out.Why += " " + words.T("The frame repeats: across its sides the other side is what is around.")
	out.Target, out.Context, out.read = out.Target.Sub(by), out.Context.Sub(by), tile
}

// lines says in which columns and rows of a rectangle a selection that is not the whole of it has something. It is asked
// after every change, on the window's goroutine: it reads what is masked, and where the frame is blank that part.
func (s selection) lines(state *canvas.State, r image.Rectangle) (cols, rows []bool) {
	cols, rows = make([]bool, r.Dx()), make([]bool, r.Dy())
	s.brushed.Each(func(k canvas.TileKey, t *canvas.MaskTile) {
		own := k.Rect()
		in := own.Intersect(r)
		for y := in.Min.Y; y < in.Max.Y; y++ {
			mark(cols, rows, in.Min.X-r.Min.X, y-r.Min.Y, t.Pix[(y-own.Min.Y)*canvas.TileSize+in.Min.X-own.Min.X:][:in.Dx()])
		}
	})
	if hole := s.hole.Intersect(r); !hole.Empty() {
		s.brushed = canvas.Grid[canvas.MaskTile]{}
		m := s.mask(state, hole)
		for y := range hole.Dy() {
			mark(cols, rows, hole.Min.X-r.Min.X, hole.Min.Y+y-r.Min.Y, m.Pix[y*m.Stride:][:hole.Dx()])
		}
	}
	return cols, rows
}

// mark marks the columns, and the row, of what is masked in a piece of a row.
func mark(cols, rows []bool, x, y int, piece []uint8) {
	for i, v := range piece {
		if v != 0 {
			cols[x+i], rows[y] = true, true
		}
	}
}

// shiftedBounds is the smallest rectangle with all that is in such columns and rows of a tile that is shifted.
func shiftedBounds(cols, rows []bool, tile image.Rectangle, by image.Point) image.Rectangle {
	span := func(on []bool, by int) (from, to int) {
		n := len(on)
		for i := range n {
			if on[((i-by)%n+n)%n] {
				if to == 0 {
					from = i
				}
				to = i + 1
			}
		}
		return from, to
	}
	x0, x1 := span(cols, by.X)
	y0, y1 := span(rows, by.Y)
	return image.Rect(x0, y0, x1, y1).Add(tile.Min)
}

// planned is what a request says of the plan. That of a tile that repeats is made anew, of the shifted tile.
func (f *Fills) planned(q *pipeline.Request, out Outline, state *canvas.State) {
	q.Frame, q.Plan = state.Frame, out.plan
	if out.around {
		q.Plan = nil
	}
	if out.around || f.tiles(state, out, *q) {
		q.TileX, q.TileY = true, true
	}
}

// place is where the results lie: all of a tile where they go over a side of it.
func (out Outline) place(state *canvas.State) image.Rectangle {
	if out.around && !out.Target.In(state.Frame) {
		return state.Frame
	}
	return out.Target
}

// reaches says whether a cover touches what a fill may change, and so many pixels around it.
func (out Outline) reaches(g canvas.Grid[canvas.MaskTile], px int, state *canvas.State) bool {
	near := out.Target.Inset(-out.Beyond - px)
	if !out.around {
		return touches(g, near)
	}
	tile := state.Frame
	for y := -1; y <= 1; y++ {
		for x := -1; x <= 1; x++ {
			if touches(g, near.Add(image.Pt(x*tile.Dx(), y*tile.Dy())).Intersect(tile)) {
				return true
			}
		}
	}
	return false
}

// tiles says whether the whole frame is made anew, and repeats: it is made to be seamless.
func (f *Fills) tiles(state *canvas.State, out Outline, q pipeline.Request) bool {
	whole := out.Task == pipeline.Generate || out.Task == pipeline.Refine
	return whole && f.canvas.Tile() == state.Frame && out.Context == state.Frame && (q.Tiled == nil || q.Tiled.Method == "")
}
