package editor

import (
	"context"
	"image"
	"slices"

	"pentimento/app/desk"
	"pentimento/canvas"
	"pentimento/canvas/render"
	"pentimento/canvas/wand"
	"pentimento/tools"
)

// makesArea says whether the current tool makes an area.
func (e *Editor) makesArea() bool { return slices.Contains(tools.Areas, e.toolName) }

// Area is what the current area tool does.
func (e *Editor) Area() tools.AreaSettings {
	a := e.Settings.Areas
	selects := slices.Contains(a.Selects, e.toolName) && e.PaintedRegion() == ""
	grow := a.GrowSel
	if !selects {
		grow = a.Grow
	}
	return tools.AreaSettings{Strength: e.share, Selects: selects, Joining: e.joining[side(selects)], Tolerance: a.Tolerance,
		Scattered: a.Scattered, OneLayer: a.OneLayer, HardEdge: a.HardEdge, Feather: a.Feather, Edges: a.Edges, Grow: min(max(grow, tools.GrowAuto), tools.MaxGrow)}
}

func side(selects bool) int {
	if selects {
		return 1
	}
	return 0
}

// setArea changes it. Masks and selections remember their own way of joining.
func (e *Editor) setArea(a tools.AreaSettings) {
	if a.Selects && e.PaintedRegion() != "" {
		e.PaintRegion("") // a selection is wanted instead
	}
	was, set := e.Area(), &e.Settings.Areas
	if a.Selects != was.Selects {
		e.CancelTool()
		set.Selects = toggled(set.Selects, e.toolName)
	} else {
		e.joining[side(a.Selects)] = a.Joining
		grow := &set.Grow
		if a.Selects {
			grow = &set.GrowSel
		}
		*grow = min(max(a.Grow, tools.GrowAuto), tools.MaxGrow)
	}
	e.share = min(max(a.Strength, 0), 1)
	set.Tolerance = min(max(a.Tolerance, 0), 255)
	set.Feather, set.Edges = min(max(a.Feather, 0), 50), min(max(a.Edges, 0), 100)
	set.Scattered, set.OneLayer, set.HardEdge = a.Scattered, a.OneLayer, a.HardEdge
	e.Tell(desk.Change{What: desk.ToolChanged | desk.OverlayChanged})
}

// seek finds what the wand was pointed at.
func (e *Editor) seek(s tools.Search) {
	a, tile := e.Area(), e.View().Tile
	e.reselect(s.Label, a, s.How, func(ctx context.Context, report func(float64), state *canvas.State) (canvas.Grid[canvas.MaskTile], error) {
		q := wandOn(state, a, tile)
		q.At, q.Report = s.At, report
		return wand.Find(ctx, q)
	})
}

// SelectColour selects whatever has the brush's colour, as far as the wand's tolerance goes.
func (e *Editor) SelectColour() {
	a, c, tile := e.Area(), e.brush.Colour, e.View().Tile
	a.Selects = true
	e.reselect("Select colour", a, canvas.Replace, func(ctx context.Context, report func(float64), state *canvas.State) (canvas.Grid[canvas.MaskTile], error) {
		q, c := wandOn(state, a, tile), state.Source.Space().Brush(c)
		q.Colour, q.Report = &[4]uint8{c.R, c.G, c.B, 255}, report
		return wand.Find(ctx, q)
	})
}

// wandOn is a search of one layer or of the whole picture, of a tile that repeats in the tile; on any goroutine.
func wandOn(s *canvas.State, a tools.AreaSettings, tile image.Rectangle) wand.Request {
	q := wand.Request{Bounds: picture(s).Union(s.Frame), Tile: tile, Tolerance: a.Tolerance, Contiguous: !a.Scattered, Smooth: !a.HardEdge}
	if l := s.Layer(s.Active); a.OneLayer && l != nil {
		q.Bounds = l.Used().Union(s.Frame)
	}
	if !tile.Empty() {
		q.Bounds = tile
	}
	read := readOn(s, a)
	q.Read = func(dst *canvas.Tile, r image.Rectangle) { read(dst.Pix[:], r) }
	return q
}

// readOn reads premultiplied pixels of one layer or of the whole picture; on any goroutine.
func readOn(s *canvas.State, a tools.AreaSettings) func(dst []uint8, r image.Rectangle) {
	if l := s.Layer(s.Active); a.OneLayer && l != nil {
		return func(dst []uint8, r image.Rectangle) { l.Read(dst, 4*r.Dx(), r) }
	}
	return func(dst []uint8, r image.Rectangle) {
		canvas.Premultiply(dst, render.Flatten(s, r, render.FlattenOptions{}).Pix)
	}
}

// Building says whether the tool makes something over several clicks and has begun.
func (e *Editor) Building() bool {
	b, ok := e.tool.(tools.Builder)
	return ok && b.Building()
}

// buildActions are the keys of such a tool.
var buildActions = []Action{
	{ID: "build.finish", Name: "Close the polygon", Keys: []string{"Enter"}, Run: built(tools.Builder.Finish), Enabled: (*Editor).Building, Help: "Mask or select what was clicked so far"},
	{ID: "build.back", Name: "Last corner back", Keys: []string{"Backspace"}, Run: built(tools.Builder.Back), Enabled: (*Editor).Building, Help: "Take the last click back"},
	{ID: "build.cancel", Name: "Drop the polygon", Keys: []string{"Escape"}, Run: built(func(t tools.Builder, h tools.Host) { t.(tools.Tool).Cancel(h) }), Enabled: (*Editor).Building, Help: "Forget what was clicked"},
}

func built(do func(tools.Builder, tools.Host)) func(*Editor) {
	return func(e *Editor) {
		do(e.tool.(tools.Builder), e)
		e.pressed = false
		e.Changed(image.Rectangle{}, 0)
	}
}

// Aims says whether something is meant to be filled: the mask, or a selection while it is being
// made. While one paints in it, Enter and the bar stay away.
func (e *Editor) Aims() bool { return hasMask(e) || hasSelection(e) && e.makesArea() }

// Aim is where that is.
func (e *Editor) Aim() image.Rectangle {
	if s := e.doc.State(); s.Mask.Len() > 0 {
		return s.MaskUsed()
	}
	return e.Selected()
}

// Selected is the rectangle of the selection, empty where there is none.
func (e *Editor) Selected() image.Rectangle {
	if s := e.doc.State(); e.selected.state != s {
		e.selected.state, e.selected.rect = s, canvas.CoverUsed(s.Selection)
	}
	return e.selected.rect
}
