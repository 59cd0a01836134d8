package editor

import (
	"cmp"
	"image"
	"slices"

	"pentimento/tools"
)

// screenActions say how much of the screen the picture has, and how one gets to the rest.
var screenActions = []Action{
	{ID: "view.bare", Name: "Hide all panels", Menu: "View", Gap: true, Keys: []string{"Tab"}, Run: (*Editor).ToggleBare, Checked: (*Editor).Bare, Help: "Hide the panels and the bars on the canvas, or bring them back"},
	{ID: "view.fullscreen", Name: "Full screen", Menu: "View", Keys: []string{"F11", "Shift+F"}, Run: func(e *Editor) { e.Desk.Show("fullscreen") }, Help: "Use the whole screen, or go back to the window (F alone is the frame)"},
	{ID: "view.region", Name: "Next part of the window", Menu: "View", Keys: []string{"Ctrl+F6"}, Run: func(e *Editor) { e.Desk.Show("region") }, Help: "Take the keys to the panels, the options, the tools and back to the canvas; Tab goes on inside"},
	{ID: "view.mirror", Name: "Mirror the view", Menu: "View", Gap: true, Keys: []string{"Shift+M"}, Run: func(e *Editor) { e.turn(e.view.Turn, !e.view.Mirror) }, Checked: func(e *Editor) bool { return e.view.Mirror }, Help: "Exchange left and right on the screen only, to see mistakes"},
	{ID: "view.turnright", Name: "Turn the view right", Menu: "View", Keys: []string{">"}, Run: func(e *Editor) { e.turn(e.view.Turn+tools.TurnStep, e.view.Mirror) }, Help: "By 15°, on the screen only"},
	{ID: "view.turnleft", Name: "Turn the view left", Menu: "View", Keys: []string{"<"}, Run: func(e *Editor) { e.turn(e.view.Turn-tools.TurnStep, e.view.Mirror) }, Help: "By 15°, on the screen only"},
	{ID: "view.straight", Name: "Straighten the view", Menu: "View", Keys: []string{"Ctrl+Alt+0"}, Run: func(e *Editor) { e.turn(0, false) }, Enabled: func(e *Editor) bool { return !e.view.Upright() }, Help: "Neither turned nor mirrored"},
	{ID: "view.wrap", Name: "Wrap around", Menu: "View", Keys: []string{"Ctrl+Alt+W"}, Run: (*Editor).ToggleWrap, Checked: (*Editor).Wraps, Help: "Repeat the frame all over the view, to paint a tile: what goes over a side of it comes in on the other one"},
	{ID: "view.finger", Name: "Paint with a finger", Menu: "Tools", Run: func(e *Editor) { e.setting(func() { e.Settings.FingerPaints = !e.Settings.FingerPaints }) }, Checked: func(e *Editor) bool { return e.Settings.FingerPaints }, Help: "On a touch screen one finger paints; else it moves the view, as two always do"},
	{ID: "view.rulers", Name: "Rulers", Menu: "View", Gap: true, Keys: []string{"Ctrl+R"}, Run: func(e *Editor) { e.toggleAid("rulers") }, Checked: func(e *Editor) bool { return e.Aided("rulers") }, Help: "Pixels of the picture along the top and the left edge; drag guide lines out of them"},
	{ID: "view.grid", Name: "Grid", Menu: "View", Keys: []string{"Ctrl+'"}, Run: func(e *Editor) { e.toggleAid("grid") }, Checked: func(e *Editor) bool { return e.Aided("grid") }, Help: "Lines over the picture at the steps of the frame; what is moved snaps to them"},
}

// Aided says whether "rulers" or the "grid" are drawn over the picture.
func (e *Editor) Aided(name string) bool { return slices.Contains(e.Settings.Aids, name) }

func (e *Editor) toggleAid(name string) {
	e.setting(func() { e.Settings.Aids = toggled(e.Settings.Aids, name) })
}

// Grid is the distance of the grid's lines in pixels.
func (e *Editor) Grid() int { return cmp.Or(e.brush.Snap, 64) }

// GridSeen is the distance of the lines that are drawn, and the rectangle of the document that
// they lie in: where they would be too dense on the screen every other is left out.
func (e *Editor) GridSeen() (step int, within image.Rectangle) {
	step = e.Grid()
	for float64(step)*e.view.Scale < gridLeast {
		step *= 2
	}
	return step, e.view.Visible()
}

// gridLeast is how near to each other lines of the grid may be, in device pixels.
const gridLeast = 12

// addGrid adds the lines of the grid that are seen.
func (e *Editor) addGrid(lines *tools.Lines) {
	step, r := e.GridSeen()
	for x := r.Min.X / step * step; x <= r.Max.X; x += step {
		lines.X = append(lines.X, float64(x))
	}
	for y := r.Min.Y / step * step; y <= r.Max.Y; y += step {
		lines.Y = append(lines.Y, float64(y))
	}
}

// turn turns the view to an angle in degrees round its middle, mirrored or not.
func (e *Editor) turn(angle float64, mirror bool) {
	e.SetView(e.view.Turned(angle, mirror, float64(e.view.W)/2, float64(e.view.H)/2))
}

// Bare says whether all panels are hidden.
func (e *Editor) Bare() bool { return e.bare }

// ToggleBare hides all panels and the bars on the canvas, or brings them back. It is not
// remembered: a program that starts without a menu looks broken.
func (e *Editor) ToggleBare() { e.setting(func() { e.bare = !e.bare }) }

// Resize gives the view another size in device pixels. A view that shows all of the picture
// goes on doing so; any other keeps its top left corner.
func (e *Editor) Resize(w, h int) {
	v := e.view
	all := v == e.fitted
	v.W, v.H = w, h
	if all {
		e.fitted = tools.View{}
		e.view.W, e.view.H = w, h
		e.FitContent()
		return
	}
	e.SetView(v)
}
