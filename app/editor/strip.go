package editor

import (
	"image"

	"pentimento/app/desk"
	"pentimento/canvas"
)

// The results of this document, which the window shows as a strip: one that is looked at lies
// over the picture where it was made until it is put in, looked away from, or the picture
// changes.

// look is the result that is looked at.
type look struct {
	id    string
	state *canvas.State // that it was laid over
}

// LookAt lays a result over the picture to compare; the one that lies there is taken away.
func (e *Editor) LookAt(id string) {
	if e.look.id == id {
		e.LookAway()
		return
	}
	e.Provenance.ResultPixels(id, func(img *image.NRGBA) {
		e.look = look{id, e.Committed()}
		if v := e.view.Visible(); !img.Rect.Overlaps(v) {
			x, y := e.Centre(), img.Rect.Min.Add(img.Rect.Max).Div(2)
			view := e.view
			view.X, view.Y = view.X+float64(y.X-x.X), view.Y+float64(y.Y-x.Y)
			e.SetView(view)
		}
		e.Fills.LookAt(img)
	})
}

// LookedAt is the result that lies over the picture, "" for none.
func (e *Editor) LookedAt() string { return e.look.id }

// LookAway takes the result away that is looked at.
func (e *Editor) LookAway() {
	if e.look.id != "" {
		e.look = look{}
		e.Fills.LookAt(nil)
	}
}

// PutLooked makes the result that is looked at a layer where it was made.
func (e *Editor) PutLooked() {
	id := e.look.id
	e.LookAway()
	e.Provenance.PutResult(id)
}

// lookAway takes a result away when what is below it changes.
func (e *Editor) lookAway(c desk.Change) {
	if c.What&(desk.HistoryChanged|desk.DocumentOpened) != 0 && e.look.id != "" && e.look.state != e.Committed() {
		e.LookAway()
	}
}

func looks(e *Editor) bool { return e.look.id != "" && !e.pressed }

// stripActions come before those of candidates, which have the same keys.
var stripActions = []Action{
	{ID: "result.put", Name: "Put in the result that is looked at", Menu: "Fill", Icon: "accept", Gap: true, Keys: []string{"Enter"}, Run: (*Editor).PutLooked, Enabled: looks, Help: "Make it a layer where it was made"},
	{ID: "result.away", Name: "Look away from the result", Menu: "Fill", Icon: "discard", Keys: []string{"Escape"}, Run: (*Editor).LookAway, Enabled: looks, Help: "Show the picture without it"},
}
