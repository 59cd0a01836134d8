package editor

import (
	"slices"

	"pentimento/app/desk"
	"pentimento/app/words"
	"pentimento/canvas"
	"pentimento/tools"
)

// regionActions are about areas with a prompt of their own (fills.Region).
var regionActions = []Action{
	{ID: "region.add", Name: "New region", Menu: "Mask", Icon: "regions", Gap: true, Run: (*Editor).AddRegion, Help: "Give an area a prompt of its own: what is selected, else what is masked, else what you paint next"},
	{ID: "region.leave", Name: "Stop painting the region", Keys: []string{"Escape"}, Run: func(e *Editor) { e.PaintRegion("") },
		Enabled: func(e *Editor) bool {
			return e.PaintedRegion() != "" && !e.pressed && !hasStack(e) && !e.Building() && e.Trying() == ""
		}, Help: "The mask's tools paint the mask again"},
}

// AddRegion makes a region of the selection, or of the mask; without either of nothing, to be painted.
func (e *Editor) AddRegion() {
	e.CancelTool()
	s := e.doc.State()
	cover, taken := s.Selection, func(ed *canvas.Edit) { ed.SetSelection(canvas.Grid[canvas.MaskTile]{}) }
	if cover.Len() == 0 {
		cover, taken = s.Mask, (*canvas.Edit).ClearMask
	}
	area := e.Fills.AddRegion(cover, taken)
	if !slices.Contains(e.Settings.Open, "regions") {
		e.Unfold("regions")
	}
	if cover.Len() > 0 {
		e.PaintRegion("")
	} else {
		e.PaintRegion(area)
	}
	e.Desk.Show("regions")
}

// masks says whether the current tool paints the mask, or a region in its place.
func (e *Editor) masks() bool { return paintsMask(e) || e.makesArea() }

// PaintRegion has the tools that make the mask paint where a region lies, until another is painted; "" ends it.
func (e *Editor) PaintRegion(area string) {
	e.CancelTool()
	if e.painted = area; e.PaintedRegion() != "" {
		if !e.masks() {
			e.SetTool("mask")
		}
		r, _ := e.Fills.Region(area)
		e.Say(words.T("Mask brush, mask eraser and area tools paint the region “%s” until you stop (Esc)", r.Name))
	}
	e.Tell(desk.Change{What: desk.FillChanged | desk.ToolChanged | desk.OverlayChanged | desk.Picture, Dirty: e.view.Visible()})
}

// PaintedRegion is the region that is painted now, "" for none.
func (p *page) PaintedRegion() string {
	if _, ok := p.Fills.Region(p.painted); !ok {
		return ""
	}
	return p.painted
}

// PaintsRegion says whether the current tool paints a region.
func (e *Editor) PaintsRegion() bool { return e.PaintedRegion() != "" && e.masks() }

// Begin opens an Edit for a tool (tools.Host): on the region that is painted in place of the mask.
func (e *Editor) Begin(label string) *canvas.Edit {
	if !e.PaintsRegion() {
		return e.page.Begin(label)
	}
	ed := e.page.Begin("Paint region")
	ed.Onto(e.painted)
	return ed
}

// SelectRegion selects where a region lies.
func (e *Editor) SelectRegion(area string) {
	if s := e.doc.State(); s.Channel(area) >= 0 {
		e.selects("Select region", s.Channels[s.Channel(area)].Cover)
	}
}

// RegionCover is where a region lies, as it is being painted.
func (e *Editor) RegionCover(area string) (g canvas.Grid[canvas.MaskTile]) {
	now, s := e.State(), e.doc.State()
	i := s.Channel(area)
	switch {
	case area == e.PaintedRegion() && now != s && !canvas.SameCover(now.Mask, s.Mask):
		return now.Mask // see canvas.Edit.Onto
	case i >= 0:
		g = s.Channels[i].Cover
	}
	return g
}

// onto has an Edit that lays an area on the mask lay it on a region; "" is the mask.
func onto(ed *canvas.Edit, a tools.AreaSettings, region string) {
	if region != "" && !a.Selects {
		ed.Onto(region)
	}
}
