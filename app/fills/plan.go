package fills

import (
	"image"
	"slices"

	"pentimento/app/settings"
	"pentimento/app/words"
	"pentimento/canvas"
	"pentimento/fault"
	"pentimento/pipeline"
	"pentimento/pipeline/pixels"
	"pentimento/pipeline/region"
)

// Outline is what a fill would read and what it may change, before it runs.
type Outline struct {
	Task    pipeline.Task
	Why     string // one sentence: which pixels, and why this task
	Target  image.Rectangle
	Context image.Rectangle
	Beyond  int   // by how many pixels, at most, a fill goes beyond what is masked; 0: what is outside stays
	Degrees bool  // the mask says in places how much may change
	Mixes   bool  // the new picture mixes with the old one there, instead of changing it less
	Idle    bool  // nothing was asked for yet; Err says so
	Err     error // why nothing can be filled; the rectangles are empty then

	around bool // it is one of a tile that repeats (wrap.go)
	plan   *pipeline.Plan
	read   image.Rectangle // what is flattened: Context, and around it what an infill takes from
}

// outlineCache keeps the last outline: it follows from these alone.
type outlineCache struct {
	state *canvas.State
	fill  settings.Fill
	tile  image.Rectangle
	out   Outline
}

// Outline computes what Fill would do now, by the same function that Fill uses.
func (f *Fills) Outline() Outline {
	state := f.canvas.Committed()
	if c := f.outlined; c != nil && c.state == state && c.tile == f.canvas.Tile() && c.fill.Equal(f.desk.Settings.Fill) {
		return c.out
	}
	_, out := f.plan(state)
	f.outlined = &outlineCache{state, f.desk.Settings.Fill, f.canvas.Tile(), out}
	return out
}

// selection says which pixels are to be painted.
type selection struct {
	bounds  image.Rectangle
	brushed canvas.Grid[canvas.MaskTile] // the mask, or the selection (canvas.State.Target)
	blank   []image.Rectangle            // and what is transparent in here
	whole   bool                         // or all of bounds
	within  canvas.Grid[canvas.MaskTile] // of those two only this; empty: all of it
	hole    image.Rectangle              // in which all that is blank lies
}

// mask draws the selection into a mask that covers r.
func (s selection) mask(state *canvas.State, r image.Rectangle) *image.Alpha {
	m := image.NewAlpha(r)
	if s.whole {
		pixels.Fill(m, s.bounds, 255)
	}
	for _, area := range s.blank {
		pixels.Raise(m, BlankMask(state, area.Intersect(r)))
	}
	dim(m, s.within)
	if s.brushed.Len() > 0 {
		pixels.Raise(m, canvas.CoverImage(s.brushed, r))
	}
	return m
}

// dim takes from a mask what lies outside a selection; an empty one takes nothing.
func dim(m *image.Alpha, selection canvas.Grid[canvas.MaskTile]) {
	if selection.Len() == 0 {
		return
	}
	for i, c := range canvas.CoverImage(selection, m.Rect).Pix {
		m.Pix[i] = canvas.Dim(m.Pix[i], c)
	}
}

// plan says which pixels of a state a fill paints, and plans it. The engines that need a
// picture around take the mask, or else what is blank in the frame; diffusion follows the
// frame rule.
func (f *Fills) plan(state *canvas.State) (selection, Outline) {
	sel, out := f.choose(state)
	if out.Err == nil && f.wraps(state, out.Task) {
		f.planAround(sel, &out, state)
	} else if out.Err == nil {
		scene := pipeline.Scene{Selection: sel.bounds, Picture: f.canvas.UsedOf(state)}
		if out.Task.Row().Grows && f.models.Generates() {
			scene.Old = grownFrom(state, scene)
		}
		if f.layout(&out, scene); out.Err == nil && f.tiles(state, out, f.request(out.Task)) {
			out.Why += " " + words.T("The frame repeats: the picture is made to be seamless.")
		}
	}
	if out.Degrees = out.Err == nil && canvas.Degrees(sel.brushed, f.plain); out.Err == nil && !out.Degrees {
		f.plain = sel.brushed
	}
	b := f.desk.Settings.Fill.Blend
	out.Mixes = !f.models.Generates() || b == pipeline.BlendDenoised || b == pipeline.BlendBoth
	if out.Err == nil && !f.models.Generates() && f.canvas.UsedOf(state).Intersect(out.Context).Empty() {
		out.Err = fault.New("fill: there is no picture near this place to copy from", "move the frame so that it overlaps the picture")
	}
	return sel, out
}

// grownFrom is the rectangle that an outpaint of the frame's blank part continues, of what lies
// near it; empty where the picture there is none.
func grownFrom(state *canvas.State, s pipeline.Scene) image.Rectangle {
	size := s.Selection.Size()
	near := s.Selection.Inset(-max(128, min(size.X, size.Y)/2)).Intersect(s.Picture)
	old := pictureBounds(state, near)
	if !blankBounds(state, old).Intersect(s.Selection).Empty() {
		return image.Rectangle{}
	}
	return old
}

func (f *Fills) choose(state *canvas.State) (selection, Outline) {
	target := state.Target()
	used, masked := f.canvas.UsedOf(state), canvas.CoverUsed(target)
	out := Outline{Task: pipeline.Inpaint, Why: words.T("Something is masked: the masked pixels are painted.")}
	if masked.Empty() && state.Mask.Len() > 0 {
		out.Err = fault.New("fill: nothing of the mask is inside the selection", "select nothing (Ctrl+D), or mask something inside the selection")
		return selection{}, out
	}
	if f.models.Generates() {
		return f.frameRule(state, target, masked)
	}
	if why := limits(state); why != "" {
		out.Why = why
	}
	sel := selection{bounds: masked, brushed: target}
	switch {
	case used.Empty():
		out.Idle = true
		out.Err = fault.New("fill: there is no picture to copy from", "open or paste a picture first, or choose an engine that can make one from a prompt")
	case !masked.Empty() && used.In(masked) && allMasked(state, target, used):
		out.Err = fault.New("fill: the mask covers the whole picture, so nothing is left to copy from", "unmask a part that can serve as a source (right button erases)")
	case masked.Empty():
		out.Task, out.Why = pipeline.Outpaint, words.T("Nothing is masked: the picture is continued over the blank part of the frame.")
		sel = selection{bounds: f.surveyed(state, state.Frame).blank(), blank: []image.Rectangle{state.Frame}}
		if sel.bounds.Empty() {
			out.Idle = true
			out.Err = fault.New("fill: nothing is masked and nothing inside the frame is blank", "paint over what you want to replace (M), or move the frame over a blank area (F)")
		}
	}
	return sel, out
}

// frameRule decides for diffusion (pipeline.Decide): what the frame holds and whether
// anything is masked. A mask that does not touch the frame stands for itself.
func (f *Fills) frameRule(state *canvas.State, target canvas.Grid[canvas.MaskTile], masked image.Rectangle) (sel selection, out Outline) {
	if why := limits(state); why != "" {
		defer func() { out.Why = why }()
	}

	if f.needsModel(&out); out.Err != nil {
		return selection{}, out
	}
	frame := state.Frame
	if !masked.Empty() && !masked.Overlaps(frame) {
		out.Task, out.Why = pipeline.Decide(region.Mixed, true)
		return selection{bounds: masked, brushed: target}, out
	}
	seen := f.surveyed(state, frame)
	hole := seen.blank()
	content := region.Mixed
	switch {
	case hole.Empty():
		content = region.Full
	case seen.shown().Empty():
		content = region.Blank
	}
	if state.Selection.Len() > 0 {
		blank := BlankMask(state, hole.Intersect(canvas.CoverUsed(state.Selection)))
		dim(blank, state.Selection)
		if hole = pixels.Bounds(blank); hole.Empty() {
			content = region.Full
		}
	}
	out.Task, out.Why = pipeline.Decide(content, !masked.Empty())
	if !out.Task.Row().Needs.Mask {
		return selection{bounds: frame, whole: true, within: state.Selection}, out
	}
	return selection{masked.Union(hole), target, []image.Rectangle{frame}, false, state.Selection, hole}, out
}

// limits says what a selection does to a fill; "" where there is none.
func limits(state *canvas.State) string {
	switch {
	case state.Selection.Len() == 0:
		return ""
	case state.Mask.Len() == 0:
		return words.T("Something is selected: the selected pixels are painted.")
	}
	return words.T("What is masked inside the selection is painted.")
}

// needsModel sets the outline's error where the engine has no model to work with.
func (f *Fills) needsModel(out *Outline) {
	if !f.models.Generates() {
		return
	}
	_, out.Err = f.models.Model()
}

// layout plans by the function that the run uses.
func (f *Fills) layout(out *Outline, scene pipeline.Scene) {
	p, err := f.Pipeline.Plan(f.request(out.Task), scene)
	if err != nil {
		out.Err = err
		return
	}
	out.plan, out.Target, out.Context = p, p.Layout.Target, p.Layout.Context.Union(p.Layout.Target)
	if out.Task == pipeline.Inpaint {
		out.Beyond = p.Layout.Fade.Reach()
	}
	out.read = p.Read.Union(out.Context)
}

// sides are the rectangles by which to exceeds from; they do not overlap.
func sides(from, to image.Rectangle) []image.Rectangle {
	all := []image.Rectangle{
		{Min: to.Min, Max: image.Pt(to.Max.X, from.Min.Y)},
		{Min: image.Pt(to.Min.X, from.Max.Y), Max: to.Max},
		{Min: image.Pt(to.Min.X, from.Min.Y), Max: image.Pt(from.Min.X, from.Max.Y)},
		{Min: image.Pt(from.Max.X, from.Min.Y), Max: image.Pt(to.Max.X, from.Max.Y)},
	}
	return slices.DeleteFunc(all, image.Rectangle.Empty)
}
