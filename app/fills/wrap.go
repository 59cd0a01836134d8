package fills

import (
	"pentimento/app/commission"
	"pentimento/app/words"
	"pentimento/canvas"
	"pentimento/pipeline"
	"pentimento/pipeline/pixels"
)

// wraps says whether a fill is one of a tile that repeats: its other side is then what is around.
// Regions and guides lie where the canvas has them, and do not go along.
func (f *Fills) wraps(state *canvas.State, task pipeline.Task) bool {
	if f.canvas.Tile() != state.Frame || state.Frame.Empty() {
		return false
	}
	if !f.models.Generates() {
		return task == pipeline.Inpaint
	}
	guides, _ := f.attached(state, "")
	return task == pipeline.Inpaint && len(guides) == 0 && len(f.regional.In(state).Regions) == 0
}

// planAround plans a fill of a tile that repeats as commission.Run does it: in the shifted tile.
func (f *Fills) planAround(sel selection, out *Outline, state *canvas.State) {
	tile := state.Frame
	mask := sel.mask(state, tile)
	by := commission.Middle(mask, tile)
	masked := pixels.Bounds(commission.Rolled(mask, tile, by))
	if masked.Empty() { // outside the tile: the view does not show it
		f.layout(out, pipeline.Scene{Selection: sel.bounds, Picture: f.canvas.UsedOf(state)})
		return
	}
	if f.layout(out, pipeline.Scene{Selection: masked, Picture: tile}); out.Err != nil {
		return
	}
	out.around = true
	out.Why += " " + words.T("The frame repeats: across its sides the other side is what is around.")
	out.Target, out.Context = out.Target.Sub(by), out.Context.Sub(by)
}

// startAround queues it.
func (f *Fills) startAround(out Outline, state *canvas.State, sel selection) {
	if !out.Target.In(state.Frame) { // it goes over a side
		out.Target = state.Frame
	}
	out.plan = nil // it is made of the shifted tile
	f.start(job{out, state, sel, state.Frame})
}

// tiles says whether the whole frame is made anew, and repeats: it is made to be seamless.
func (f *Fills) tiles(state *canvas.State, out Outline, q pipeline.Request) bool {
	whole := out.Task == pipeline.Generate || out.Task == pipeline.Refine
	return whole && f.canvas.Tile() == state.Frame && out.Context == state.Frame && (q.Tiled == nil || q.Tiled.Method == "")
}
