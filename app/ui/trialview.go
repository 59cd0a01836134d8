package ui

import (
	"image"

	fynecanvas "fyne.io/fyne/v2/canvas"

	"pentimento/canvas"
	"pentimento/canvas/render"
)

// trialView draws a change that is tried in place of the document: the picture at a level,
// which a Renderer of its own shows as many times larger.
type trialView struct {
	renderer *render.Renderer
	state    *canvas.State
	level    int
}

// takeTrial follows the editor: v.trial is nil where the document itself is shown.
func (v *canvasView) takeTrial() {
	s, level := v.ed.TrialPicture()
	switch {
	case s == nil && v.trial == nil || v.trial != nil && s == v.trial.state:
		return
	case s == nil:
		v.trial.renderer.Close()
		v.trial = nil
	default:
		if v.trial == nil {
			v.trial = &trialView{renderer: render.New(render.Options{Ready: v.ready, Look: v.look})}
		}
		v.trial.renderer.SetState(s, image.Rectangle{})
		v.trial.state, v.trial.level = s, level
	}
	v.whole = true
}

// render draws a part of the framebuffer.
func (v *canvasView) render(part image.Rectangle, view render.View, q render.Quality) {
	if t := v.trial; t != nil {
		by := float64(int(1) << t.level)
		view.X, view.Y, view.Scale = view.X/by, view.Y/by, view.Scale*by
		if !view.Tile.Empty() {
			view.Tile = t.state.Frame
		}
		t.renderer.Render(v.fb, part, view, q)
		return
	}
	v.renderer.Render(v.fb, part, view, q)
}

// presentAll is present of all parts at once: of a tile there may be hundreds.
func (v *canvasView) presentAll(parts []image.Rectangle) {
	var area image.Rectangle
	for _, r := range parts {
		area = area.Union(r)
	}
	v.present(area)
}

// present uploads the strips that a device rectangle touches.
func (v *canvasView) present(r image.Rectangle) {
	for i, s := range v.strips {
		if y := i * stripHeight; y < r.Max.Y && y+stripHeight > r.Min.Y {
			fynecanvas.Refresh(s)
		}
	}
}
