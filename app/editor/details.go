package editor

import (
	"context"
	"image"

	"pentimento/app/fills"
	"pentimento/canvas"
	"pentimento/pipeline"
	"pentimento/pipeline/find"
	"pentimento/tools"
)

// Detailing, Found, Seen, Sighting and Finder are what is found and redone, for the window.
type (
	Detailing = pipeline.Detailing
	Found     = pipeline.Found
	Seen      = fills.Seen
	Sighting  = fills.Sighting
	Finder    = find.Finder
)

// Finders are the things that are found without a file of the person's.
var Finders = find.Finders

// FinderOf is the row of a name that is in the table; of others the first.
func FinderOf(name string) Finder {
	if row, err := find.Named(name); err == nil {
		return row
	}
	return Finders[0]
}

// UsualDetailing looks for something as ADetailer does by itself.
func UsualDetailing(what string) Detailing { return pipeline.UsualDetailing(what) }

// findActions turn what is found into the mask, or make it anew.
var findActions = []Action{
	{ID: "find.face", Name: "Find faces…", Menu: "Mask", Gap: true, Run: show("find.face"), Enabled: hasContent, Why: "Open or paint a picture first", Help: "Mask the faces in the picture, by networks that are fetched once"},
	{ID: "find.eyes", Name: "Find eyes…", Menu: "Mask", Run: show("find.eyes"), Enabled: hasContent, Why: "Open or paint a picture first", Help: "Mask the eyes of all faces in the picture"},
	{ID: "find.hand", Name: "Find hands…", Menu: "Mask", Run: show("find.hand"), Enabled: hasContent, Why: "Open or paint a picture first", Help: "Mask the hands in the picture"},
	{ID: "find.person", Name: "Find people…", Menu: "Mask", Run: show("find.person"), Enabled: hasContent, Why: "Open or paint a picture first", Help: "Mask the people in the picture"},
	{ID: "find.text", Name: "Find text…", Menu: "Mask", Run: show("find.text"), Enabled: hasContent, Why: "Open or paint a picture first", Help: "Mask the lines of text in the picture: captions, watermarks, signs"},
	{ID: "image.details", Name: "Redo faces and details…", Menu: "Image", Run: show("details"), Enabled: hasContent, Why: "Open or paint a picture first", Help: "Find faces, hands or other things and make each anew by itself, as ADetailer does"},
}

func show(what string) func(*Editor) { return func(e *Editor) { e.Desk.Show(what) } }

// See is what passes have found by their numbers: for any other goroutine than the window's.
func See(passes []Detailing, sighted []*Sighting) Seen { return fills.See(passes, sighted) }

// MaskFinds adds those finds to the mask that are not off.
func (e *Editor) MaskFinds(passes []Detailing) {
	e.page.layFinds("Find", passes, tools.AreaSettings{}, canvas.Add)
}

// SelectFinds selects those finds that are not off, as one step, in the place of what was.
func (e *Editor) SelectFinds(passes []Detailing) {
	e.page.layFinds("Select", passes, whole, canvas.Replace)
}

// layFinds lays finds that are not off onto the mask or the selection.
func (p *page) layFinds(label string, passes []Detailing, a tools.AreaSettings, how canvas.Joining) {
	p.reselect(label, a, how, func(context.Context, func(float64), *canvas.State) (canvas.Grid[canvas.MaskTile], error) {
		var r image.Rectangle
		for _, pass := range passes {
			for _, f := range pass.Found {
				if !f.Off {
					r = r.Union(f.Box)
				}
			}
		}
		return canvas.Cover(pipeline.Covers(passes, r)), nil
	})
}
