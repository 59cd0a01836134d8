package editor

import (
	"context"
	"image"
	"image/color"
	"time"

	"pentimento/app/desk"
	"pentimento/canvas"
	"pentimento/tools"
)

// glance shows under the resting pointer what a click with the tool Object would take. It is found on
// a goroutine of its own; its fields belong to the window's.
type glance struct {
	of     glanced
	cancel context.CancelFunc // of what is being found; nil: nothing is
	ready  preparing
	shown  *tools.Shape // nil: nothing is shown
	cover  *image.Alpha // of what is shown: each pixel stands for step by step of the picture's
	step   int
	off    image.Point // from its pixels to the view's, where a tile repeats

	seen  *findings // what was found last
	known glanced   // and of what it is: state, a and tile
}

// glanced is what a glance is of: while that stays, so does what is shown.
type glanced struct {
	state *canvas.State
	a     tools.AreaSettings
	how   canvas.Joining
	tile  image.Rectangle // that repeats; empty: none does
	copy  image.Point     // how far from it the copy is in which the pointer is
	at    image.Point
	patch int // of the scene; -1: it is not known
}

// rests is how long the pointer stays in a place before what is there is looked for.
const rests = 90 * time.Millisecond

// glancePixels is the largest picture that is made ready for clicks before one was made.
const glancePixels = 40_000_000

// preparing is how long a picture that is made ready is wanted: until it is another, or nobody looks at it any more. That is
// longer than the pointer rests in one place, for the next one needs it, too.
type preparing struct {
	of  glanced // state, a and tile
	ctx context.Context
	end context.CancelFunc // nil: none is
}

// wanted is that of a picture.
func (p *preparing) wanted(of glanced) context.Context {
	if p.end == nil || p.of != of {
		p.over()
		p.of = of
		p.ctx, p.end = context.WithCancel(context.Background())
	}
	return p.ctx
}

// over ends it.
func (p *preparing) over() {
	if p.end != nil {
		p.end()
		p.end = nil
	}
}

// glanceAt looks at what is under the pointer, unless it has.
func (e *Editor) glanceAt(p tools.Pointer) {
	t, ok := e.tool.(tools.Thinger)
	if !ok || e.pressed || e.trial != nil || len(e.Settings.Areas.Networks) > 0 { // where a change is tried a click does nothing, and a network may take a second
		e.lookElsewhere()
		return
	}
	thing, ok := t.Would(e, p)
	home := p.Point()
	tile := e.View().Tile
	if !tile.Empty() {
		home = home.Mod(tile)
	}
	if !ok || tile.Empty() && !home.In(e.Used()) {
		e.lookOff()
		return
	}
	g := &e.glance
	of := glanced{state: e.doc.State(), a: e.Area(), how: thing.How, tile: tile, copy: p.Point().Sub(home), at: p.Point(), patch: -1}
	if g.seen != nil && g.known == (glanced{state: of.state, a: of.a, tile: tile}) {
		if of.patch = g.seen.patchAt(home); of.patch >= 0 {
			of.at = image.Point{} // all places in it mean the same
		}
	}
	if of == g.of {
		return
	}
	keep := g.shown != nil && g.of.state == of.state && g.of.a == of.a && g.of.how == of.how && g.of.tile == of.tile && g.covers(p.Point())
	if g.stop(); !keep {
		e.lookOff()
	}
	g.of = of
	if w := e.thing.walk; w != nil && w.landed == of.state && w.near(home, e.view.Scale) {
		return // it was clicked there just now: what is made is what is to be seen
	}
	ctx, cancel := context.WithCancel(context.Background())
	g.cancel = cancel
	making := g.ready.wanted(glanced{state: of.state, a: of.a, tile: tile})
	e.Go("glance", func() { e.glanceOn(ctx, making, thing, of) }, nil)
}

// glanceOn finds the thing once the pointer has rested, on a goroutine of its own.
func (e *Editor) glanceOn(ctx, making context.Context, t tools.Thing, of glanced) {
	select {
	case <-ctx.Done():
		return
	case <-time.After(rests):
	}
	r := picture(of.state)
	if !of.tile.Empty() {
		r = of.tile
	}
	if r.Dx()*r.Dy() > glancePixels {
		return
	}
	seeds := seedsOf(t, of.state, of.a)
	seeds.Aside = true
	found, err := e.scenery.find(ctx, making, of.state, of.a, of.tile, seeds)
	if err != nil {
		return // the click will say what is wrong
	}
	cover, step, err := found.Rough(ctx, found.Best)
	if err != nil {
		return
	}
	off := of.copy.Add(t.In[0]).Sub(found.on.at(t.In[0])) // it stands around the pointer, over the sides of its copy
	shape := outlined(cover, step, off, of.how == canvas.Subtract)
	e.Post(func() {
		if g := &e.glance; ctx.Err() == nil {
			g.cancel = nil
			g.shown, g.cover, g.step, g.off = shape, cover, step, off
			g.seen, g.known = found, glanced{state: of.state, a: of.a, tile: of.tile}
			if of.patch = found.patchAt(t.In[0]); of.patch >= 0 {
				of.at = image.Point{}
			}
			g.of = of
			e.Tell(desk.Change{What: desk.OverlayChanged})
		}
	})
}

// stop ends what is being found.
func (g *glance) stop() {
	if g.cancel != nil {
		g.cancel()
		g.cancel = nil
	}
}

// covers says whether a pixel lies in what is shown.
func (g *glance) covers(p image.Point) bool {
	p = p.Sub(g.off)
	return g.cover != nil && g.cover.AlphaAt(p.X/g.step, p.Y/g.step).A > 127
}

// lookOff shows nothing, and looks for nothing.
func (e *Editor) lookOff() {
	g := &e.glance
	g.stop()
	g.of, g.cover = glanced{}, nil
	if g.shown != nil {
		g.shown = nil
		e.Tell(desk.Change{What: desk.OverlayChanged})
	}
}

// lookElsewhere is lookOff once nobody will look at this picture soon: making it ready ends, too.
func (e *Editor) lookElsewhere() {
	e.glance.ready.over()
	e.lookOff()
}

// glimpse is what is shown under the pointer; nil: nothing, or the picture is another by now.
func (e *Editor) glimpse() *tools.Shape {
	if g := &e.glance; g.shown != nil && e.toolName == "object" && !e.pressed && g.of.state == e.doc.State() && g.of.a == e.Area() {
		return g.shown
	}
	return nil
}

// outlined is a coverage as a light tint with a light line in a dark one; what would go is darkened. nil where nothing is.
func outlined(m *image.Alpha, step int, off image.Point, goes bool) *tools.Shape {
	out := image.NewNRGBA(m.Rect)
	tint := color.NRGBA{255, 255, 255, 46}
	if goes {
		tint = color.NRGBA{0, 0, 0, 80}
	}
	in := func(x, y int) bool { return m.AlphaAt(x, y).A > 127 }
	some := false
	for y := m.Rect.Min.Y; y < m.Rect.Max.Y; y++ {
		for x := m.Rect.Min.X; x < m.Rect.Max.X; x++ {
			is, all := in(x, y), in(x-1, y) && in(x+1, y) && in(x, y-1) && in(x, y+1)
			switch {
			case is && all:
				out.SetNRGBA(x, y, tint)
			case is:
				out.SetNRGBA(x, y, color.NRGBA{255, 255, 255, 235})
			case in(x-1, y) || in(x+1, y) || in(x, y-1) || in(x, y+1):
				out.SetNRGBA(x, y, color.NRGBA{0, 0, 0, 150})
			}
			some = some || is
		}
	}
	if !some {
		return nil
	}
	r := image.Rectangle{out.Rect.Min.Mul(step), out.Rect.Max.Mul(step)}.Add(off)
	out.Rect = image.Rectangle{Max: out.Rect.Size()}
	return &tools.Shape{Kind: tools.Picture, Image: out, Points: []tools.Vec{{X: float64(r.Min.X), Y: float64(r.Min.Y)}, {X: float64(r.Max.X), Y: float64(r.Max.Y)}}}
}
