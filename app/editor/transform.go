package editor

import (
	"context"
	"image"
	"time"

	"pentimento/app/desk"
	"pentimento/app/words"
	"pentimento/canvas"
	"pentimento/canvas/warp"
	"pentimento/tools"
)

// transformLabel is the step that the transform tool's change becomes.
const transformLabel = "Transform layer"

// TransformLayer takes the transform tool for the active layer, or what is selected of it.
func (e *Editor) TransformLayer() {
	if e.locked(e.doc.State().Active, e.needs("transform")) {
		return
	}
	if back := e.toolName; back != "transform" {
		e.SetTool("transform")
		e.transformFrom = back
	}
}

// sayTransform says, when the transform tool is taken, that there is nothing to transform, or more
// than what is selected.
func (e *Editor) sayTransform() {
	s := e.doc.State()
	switch l := s.Layer(s.Active); {
	case l == nil || !hasSelection(e) || !hasLayerPixels(e):
	case !e.takesSelected():
		e.Say(words.T("“%s” is a placed picture: it is transformed as a whole, whatever is selected", l.Name))
	case tools.TransformRect(s, l).Empty():
		e.Say(words.T("Nothing of this layer is selected. Select none first (Ctrl+D), to transform all of it"))
	}
}

// takesSelected says whether a transform takes what is selected of the active layer.
func (e *Editor) takesSelected() bool {
	s := e.doc.State()
	l := s.Layer(s.Active)
	return l != nil && tools.TakesSelected(s, l)
}

// needs are the locks that keep a tool from working: what is selected is cut out before it is
// transformed.
func (e *Editor) needs(tool string) canvas.Lock {
	needs := tools.Needs(tool, e.brush)
	if tool == "transform" && e.takesSelected() {
		needs |= canvas.LockAlpha
	}
	return needs
}

// leaveTransform goes back to the tool from which the command took the transform tool.
func (e *Editor) leaveTransform() {
	if back := e.transformFrom; back != "" && e.toolName == "transform" {
		e.takeTool(back)
	}
}

// EndTransform applies or cancels what is tried and goes back to the tool before.
func (e *Editor) EndTransform(apply bool) {
	if apply {
		e.MakeTrial()
	} else {
		e.CancelTrial()
	}
	e.leaveTransform()
}

// endsTransform says whether the command's transform tool is in hand with nothing to apply.
func endsTransform(e *Editor) bool {
	return e.toolName == "transform" && e.transformFrom != "" && e.trial == nil && !e.pressed && !hasStack(e)
}

// Transform is what the transform tool wants; false with another tool, or nothing to change.
func (e *Editor) Transform() (tools.Transform, bool) {
	if x, ok := e.tool.(tools.Transformer); ok {
		return x.Transform(e)
	}
	return tools.Transform{}, false
}

// SetTransform wants another change.
func (e *Editor) SetTransform(at tools.Transform) {
	if e.locked(e.doc.State().Active, e.needs("transform")) {
		return
	}
	if x, ok := e.tool.(tools.Transformer); ok && (e.trial == nil || !e.trial.making) {
		x.SetTransform(at)
		e.transformed()
	}
}

// TakesSelection says whether what is selected is being transformed: its edge is the box.
func (e *Editor) TakesSelection() bool {
	return e.trial != nil && e.trial.label == transformLabel && e.takesSelected()
}

// Filter is how a transformed layer is resampled.
func (e *Editor) Filter() warp.Filter { return e.filter }

// SetFilter chooses it.
func (e *Editor) SetFilter(f warp.Filter) {
	if e.filter != f {
		e.filter = f
		e.transformed()
	}
}

// transformed shows what the transform tool wants now.
func (e *Editor) transformed() {
	at, ok := e.Transform()
	if !ok || e.pulling {
		return
	}
	if m := at.Map(); m != warp.Identity {
		e.beginTrial(transformLabel, warping(m, e.filter, e.takesSelected()), true)
	} else if e.Trying() == transformLabel {
		if e.trial.told {
			e.Say("")
		}
		e.trial.stop()
		e.trial = nil
		e.Tell(desk.Change{What: desk.Picture, Dirty: e.view.Visible()})
	}
	e.Tell(desk.Change{What: desk.ToolChanged | desk.OverlayChanged})
}

// warping is a transform, of what is selected or of all of a layer, as it is tried: a preview never
// takes the slow filter.
func warping(m warp.Map, f warp.Filter, selected bool) Try {
	return func(ctx context.Context, s *canvas.State, layer canvas.LayerID, within image.Rectangle, scale float64, report func(float64)) (*canvas.State, error) {
		here := m
		if scale != 1 {
			here = warp.Scale(1/scale, 1/scale).Then(m).Then(warp.Scale(scale, scale))
		}
		o := warp.Options{Filter: f, Within: within, Report: report}
		if !within.Empty() && f == warp.Lanczos {
			o.Filter = warp.Bilinear
		}
		if selected {
			return warp.Selected(ctx, s, layer, here, o)
		}
		return warp.Layer(ctx, s, layer, here, o)
	}
}

// SnapTo implements tools.Snapper: guide lines and, where a layer is moved, the frame, and the
// edges and middles of all other layers that are seen.
func (e *Editor) SnapTo(moving canvas.LayerID) (lines tools.Lines) {
	if e.Settings.Loose {
		return lines
	}
	if moving != 0 {
		lines = e.edgesSeen(moving)
	}
	e.addGuideLines(&lines)
	if e.Aided("grid") && e.toolName != "lasso" { // a free hand would go in steps
		e.addGrid(&lines)
	}
	return lines
}

// nudged is the last move by an arrow key: one that follows soon becomes a part of it.
type nudged struct {
	state *canvas.State // just after
	by    image.Point
	at    time.Time
}

// movesSelected says whether the move tool moves what is selected of the active layer. A placed
// picture and a text stay what they are: they move as a whole.
func (e *Editor) movesSelected() bool {
	s := e.doc.State()
	l := s.Layer(s.Active)
	return e.toolName == "move" && l != nil && s.Seen(l) && l.Text == nil && e.takesSelected() && !tools.TransformRect(s, l).Empty()
}

// nudge moves the active layer, or the box of the transform tool, by an arrow key. What is
// selected is taken up for it, and laid down by Enter.
func (e *Editor) nudge(by image.Point) {
	if e.movesSelected() {
		if e.TransformLayer(); e.toolName != "transform" {
			return // it has said why
		}
	}
	if at, ok := e.Transform(); ok {
		at.X, at.Y = at.X+float64(by.X), at.Y+float64(by.Y)
		e.SetTransform(at)
		return
	}
	id := e.doc.State().Active
	if e.locked(id, canvas.LockPosition) {
		return
	}
	var dirty image.Rectangle
	if n := e.nudged; n.state == e.doc.State() && now().Sub(n.at) < time.Second {
		by = by.Add(n.by)
		dirty, _ = e.doc.Undo()
	}
	ed := e.doc.Begin("Move layer")
	s := e.doc.State()
	for _, l := range s.Layers {
		if l.ID == id || s.In(l.ID, id) {
			ed.SetLayer(l.ID, func(l *canvas.Layer) { l.Offset = l.Offset.Add(by) })
		}
	}
	dirty = dirty.Union(ed.Commit())
	e.nudged = nudged{e.doc.State(), by, now()}
	e.Changed(dirty, 0)
}

func nudges(x, y int) func(*Editor) { return func(e *Editor) { e.nudge(image.Pt(x, y)) } }

// movesLayer says whether the arrow keys move the active layer.
func movesLayer(e *Editor) bool {
	return (e.toolName == "move" || e.toolName == "transform") && !e.pressed && (hasLayerPixels(e) || onGroup(e)) && (e.trial == nil || e.Trying() == transformLabel)
}

// nudgeActions move the active layer by keys.
var nudgeActions = []Action{
	{ID: "layer.moveleft", Name: "Move layer left", Keys: []string{"Left"}, Run: nudges(-1, 0), Enabled: movesLayer, Help: "By one pixel, with the move or the transform tool"},
	{ID: "layer.moveright", Name: "Move layer right", Keys: []string{"Right"}, Run: nudges(1, 0), Enabled: movesLayer, Help: "By one pixel, with the move or the transform tool"},
	{ID: "layer.moveup", Name: "Move layer up", Keys: []string{"Up"}, Run: nudges(0, -1), Enabled: movesLayer, Help: "By one pixel, with the move or the transform tool"},
	{ID: "layer.movedown", Name: "Move layer down", Keys: []string{"Down"}, Run: nudges(0, 1), Enabled: movesLayer, Help: "By one pixel, with the move or the transform tool"},
	{ID: "layer.jumpleft", Name: "Move layer left by 10", Keys: []string{"Shift+Left"}, Run: nudges(-10, 0), Enabled: movesLayer, Help: "By ten pixels, with the move or the transform tool"},
	{ID: "layer.jumpright", Name: "Move layer right by 10", Keys: []string{"Shift+Right"}, Run: nudges(10, 0), Enabled: movesLayer, Help: "By ten pixels, with the move or the transform tool"},
	{ID: "layer.jumpup", Name: "Move layer up by 10", Keys: []string{"Shift+Up"}, Run: nudges(0, -10), Enabled: movesLayer, Help: "By ten pixels, with the move or the transform tool"},
	{ID: "layer.jumpdown", Name: "Move layer down by 10", Keys: []string{"Shift+Down"}, Run: nudges(0, 10), Enabled: movesLayer, Help: "By ten pixels, with the move or the transform tool"},
}
