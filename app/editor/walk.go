package editor

import (
	"context"
	"errors"
	"image"
	"math"

	"pentimento/app/words"
	"pentimento/canvas"
	"pentimento/canvas/cut"
	"pentimento/tools"
)

// walkActions go through what a click may have meant.
var walkActions = []Action{
	{ID: "object.smaller", Name: "Smaller thing", Keys: []string{"["}, Run: func(e *Editor) { e.Walk(-1) }, Enabled: (*Editor).Walks, Help: "Of what the click with the tool Object may have meant, take the next smaller one"},
	{ID: "object.larger", Name: "Larger thing", Keys: []string{"]"}, Run: func(e *Editor) { e.Walk(1) }, Enabled: (*Editor).Walks, Help: "Of what the click with the tool Object may have meant, take the next larger one"},
}

// thing is what the tool Object made last.
type thing struct {
	found canvas.Grid[canvas.MaskTile] // the selection, as it was found
	walk  *walk                        // through what was meant; nil: there was no click
}

// choices are what a click may mean, small ones first.
type choices interface {
	Len() int
	Cover(ctx context.Context, i int) (canvas.Grid[canvas.MaskTile], error)
}

// walk is a click on a thing, all that it may have meant, and which of that was made. It belongs to the
// window's goroutine, cover apart.
type walk struct {
	page    *page
	a       tools.AreaSettings
	how     canvas.Joining
	label   string
	region  string
	tile    image.Rectangle // that repeats; empty: none does
	choices choices
	prompts *prompts // what was said to a network; nil: colours and edges decided

	click    image.Point // the last of it
	at, want int
	busy     bool
	base     *canvas.State // that the step was made of
	landed   *canvas.State // and that it made
}

// cover is the thing that is wanted, as it is laid; on any goroutine. s is the picture without it.
func (w *walk) cover(ctx context.Context, s *canvas.State) (canvas.Grid[canvas.MaskTile], error) {
	w.base = s
	return w.covered(ctx, s, w.want)
}

func (w *walk) covered(ctx context.Context, s *canvas.State, i int) (canvas.Grid[canvas.MaskTile], error) {
	g, err := w.choices.Cover(ctx, i)
	if err != nil {
		return g, err
	}
	px := 2*max(w.a.Grow, cut.MostWidened) + 2*w.a.Feather + 8
	g = onTile(w.tile, px, picture(s), func(within image.Rectangle, g ...canvas.Grid[canvas.MaskTile]) canvas.Grid[canvas.MaskTile] {
		made, there := g[0], g[1]
		wide, n, wrong := grown(ctx, made, seen(s, w.a, w.tile, within), w.a.Grow)
		if err = wrong; w.how != canvas.Subtract {
			made = wide
		} else if !w.a.Selects {
			made = withRim(made, there, within, n)
		}
		return softened(made, within, w.a.Feather)
	}, g, s.Mask)
	return g, err
}

func (w *walk) lay(ed *canvas.Edit, g canvas.Grid[canvas.MaskTile]) {
	onto(ed, w.a, w.region)
	if w.prompts != nil && w.prompts.on == ed.Base() { // else something was painted meanwhile, which stays
		w.a.LayOver(ed, w.prompts.before, g, w.how)
		return
	}
	if w.prompts != nil && w.prompts.not { // of what the clicks before made goes what this one takes away
		was, now := w.prompts.on.Mask, canvas.Join(w.prompts.before, g, w.how)
		if w.a.Selects {
			was = w.prompts.on.Selection
		}
		w.a.Lay(ed, canvas.Join(was, now, canvas.Subtract), canvas.Subtract)
		return
	}
	w.a.Lay(ed, g, w.how)
}

// near says whether a pixel lies where was clicked, on the screen.
func (w *walk) near(p image.Point, scale float64) bool {
	return math.Hypot(float64(p.X-w.click.X), float64(p.Y-w.click.Y))*scale < 24
}

// arrived says what else could have been meant, once the step is made.
func (w *walk) arrived() {
	p := w.page
	was := w.base.Selection
	fresh := w.how == canvas.Replace || was.Len() == 0 || p.asFound(was)
	if w.landed = p.doc.State(); w.a.Selects && w.a.Grow == 0 && fresh {
		p.thing.found = w.landed.Selection
	}
	p.thing.walk = w
	if n := w.choices.Len(); n > 1 {
		p.ed.Say(words.T("Thing %d of %d by size: smaller ([), larger (]), or Shift and wheel", w.at+1, n))
	}
}

// Walks says whether a thing was clicked just now and others may have been meant.
func (e *Editor) Walks() bool {
	w := e.thing.walk
	return e.toolName == "object" && w != nil && w.landed == e.doc.State() && w.choices.Len() > 1
}

// Walk takes, of what the last click may have meant, one that is larger or smaller by so many, in
// place of the one that was made: no further step of history.
func (e *Editor) Walk(by int) {
	if !e.Walks() || e.pressed {
		return
	}
	w := e.thing.walk
	next := min(max(w.want+by, 0), w.choices.Len()-1)
	if next == w.want {
		e.Say(map[bool]string{true: words.T("This is the largest that the click may mean"), false: words.T("This is the smallest that the click may mean")}[by > 0])
		return
	}
	if w.want = next; !w.busy {
		w.seek()
	}
}

// seek finds what is wanted, and again where more was asked for meanwhile.
func (w *walk) seek() {
	w.busy = true
	p, i := w.page, w.want
	p.ed.Jobs.Now(words.Label(w.label), p.Fills.Group(), func(ctx context.Context, _ func(string, float64)) error {
		g, err := w.covered(ctx, w.base, i)
		p.land(func() {
			w.busy = false
			switch {
			case errors.Is(err, context.Canceled), p.doc.State() != w.landed:
				w.want = w.at
			case p.ed.Fail(err):
				w.want = w.at
			case w.want != i:
				w.seek()
			default:
				w.at = i
				dirty, _ := p.doc.Undo()
				p.Changed(dirty, 0)
				p.Edit(w.label, func(ed *canvas.Edit) { w.lay(ed, g) })
				w.arrived()
			}
		})
		return err
	})
}
