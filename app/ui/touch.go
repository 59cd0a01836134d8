package ui

import (
	"math"
	"time"

	"pentimento/app/pen"
	"pentimento/tools"
)

// stylus is what the canvas knows of pens and fingers beside the toolkit's events.
type stylus struct {
	tracker *pen.Tracker
	by      pen.Kind // whose the drag under way is
	eraser  bool     // the eraser is held by the pen's other end
	present bool     // a pen was heard: its options are shown
	placed  bool     // origin is known
	origin  tools.Vec
	gesture gesture
	// hand are the fingers that rested beside the pen during the drag under way, where they last
	// were on the screen; at is the last place of that drag that was the pen's.
	hand map[uint32]tools.Vec
	at   pointerEvent
}

// gesture is fingers that move the view.
type gesture struct {
	on     bool
	ids    [2]uint32
	count  int // of fingers that it follows: 1 or 2
	from   [2]tools.Vec
	base   tools.View
	turned bool // the fingers have turned far enough to mean it
	bias   float64
}

// turnFrom is how far two fingers turn before the view does, in degrees.
const turnFrom = 10

// heard runs when pens or fingers did something the toolkit may not tell.
func (v *canvasView) heard() {
	if v.pointer.down || v.stylus.gesture.on || v.pointer.inside || !v.stylus.present {
		v.wake()
	}
}

// pens takes what pens and fingers did since the frame before, and holds the eraser while a pen
// is near with that end.
func (v *canvasView) pens() pen.Frame {
	if n := len(v.pointer.pending); n > 0 && v.pointer.pending[n-1].kind != 'h' && time.Since(v.pointer.start) < time.Millisecond {
		time.Sleep(time.Millisecond) // the reader may not have heard yet who pressed
	}
	s := &v.stylus
	f := s.tracker.Take()
	if f.Present && !s.present {
		s.present = true
		v.onPen()
	}
	if near := f.Kind == pen.Eraser && v.pointer.inside; near != s.eraser && !v.ed.Pressed() {
		if s.eraser = near; near {
			v.ed.Hold(eraserFor(v.ed.ToolName()))
		} else {
			v.ed.Unhold()
		}
	}
	return f
}

// eraserFor is what a pen's other end does while a tool is chosen.
func eraserFor(tool string) string {
	switch tool {
	case "mask", "mask-eraser", "lasso", "rectangle", "ellipse", "polygon", "wand", "object":
		return "mask-eraser"
	}
	return "eraser"
}

// stray says whether an event is not for the tools: fingers that move the view, and the hand
// that holds the pen. It decides whose a press is, and gives a pen's event its pressure.
func (v *canvasView) stray(e *pointerEvent, f pen.Frame, i, n int) bool {
	s := &v.stylus
	if e.kind == 'l' {
		*e = s.at
		e.kind = 'r'
		return false
	}
	at := tools.Vec{X: e.x, Y: e.y}
	if e.kind == 'p' {
		s.rest(f)
		if s.by = f.Pressed; (s.by == pen.Tip || s.by == pen.Eraser) && s.palmAt(at, f) {
			s.by = pen.Palm // the hand came first
		}
		if s.by == pen.Finger {
			s.gesture = gesture{on: !v.ed.Settings.FingerPaints}
			if len(f.Touches) > 0 {
				s.origin, s.placed = tools.Vec{X: f.Touches[0].X - at.X, Y: f.Touches[0].Y - at.Y}, true
			}
		}
	}
	if s.by == pen.Palm && v.pointer.down && f.Held != pen.Mouse && e.kind != 'r' { // the pen came down beside the hand
		s.by, e.kind = f.Held, 'p'
	}
	s.rest(f)
	if s.by == pen.Palm || s.gesture.on {
		return e.kind != 'h' || len(f.Touches) > 0
	}
	if s.by == pen.Tip || s.by == pen.Eraser {
		sample := f.At(i, n)
		e.p.Pressure, e.p.Tilt = sample.Pressure, sample.Tilt
		if palm := s.palmAt(at, f); palm && e.kind == 'r' {
			e.p.X, e.p.Y = s.at.p.X, s.at.p.Y
		} else if palm {
			return e.kind == 'd'
		}
		s.at = *e
	}
	return false
}

// writes says whether a press or release during a drag is the resting hand's and not the pen's:
// to the toolkit both are the left button.
func (s *stylus) writes(down bool) bool {
	f := s.tracker.Look()
	return down && f.Held != pen.Mouse && (len(s.hand) > 0 || len(f.Touches) > 0)
}

// palmAt says whether a place is nearer to a resting finger than to the pen.
func (s *stylus) palmAt(at tools.Vec, f pen.Frame) bool {
	if !s.placed {
		return false
	}
	near := func(x, y float64) float64 { return math.Hypot(at.X+s.origin.X-x, at.Y+s.origin.Y-y) }
	own := near(f.Last.X, f.Last.Y)
	for _, p := range f.Samples {
		own = min(own, near(p.X, p.Y))
	}
	for _, t := range s.hand {
		if near(t.X, t.Y) < own {
			return true
		}
	}
	return false
}

// place notes where the canvas is on the screen while the pen alone moves the pointer.
func (s *stylus) place(e pointerEvent, f pen.Frame) {
	if len(f.Touches)+len(s.hand) == 0 && len(f.Samples) > 0 && f.Kind != pen.Mouse {
		s.origin, s.placed = tools.Vec{X: f.Last.X - e.x, Y: f.Last.Y - e.y}, true
	}
}

// rest notes the fingers that are down.
func (s *stylus) rest(f pen.Frame) {
	if s.hand == nil {
		s.hand = map[uint32]tools.Vec{}
	}
	for _, t := range f.Touches {
		s.hand[t.ID] = tools.Vec{X: t.X, Y: t.Y}
	}
}

// lifted ends a stroke beside which a hand rested when the pen is lifted: the toolkit may have
// taken the hand's release for the pen's, and what comes now is the hand's.
func (v *canvasView) lifted(f pen.Frame) {
	s := &v.stylus
	s.rest(f)
	if len(s.hand) > 0 && v.pointer.down && f.Held == pen.Mouse && (s.by == pen.Tip || s.by == pen.Eraser) {
		v.pointer.down = false
		v.pointer.pending = append(v.pointer.pending, pointerEvent{kind: 'l'})
	}
}

// lean goes on with a stroke whose pen stays on its pixel but presses harder or less.
func (v *canvasView) lean(f pen.Frame) {
	s := &v.stylus
	if v.pointer.down && (s.by == pen.Tip || s.by == pen.Eraser) && len(f.Samples) > 0 && v.ed.Pressed() {
		p := s.at.p
		p.Pressure, p.Tilt, p.Time = f.Last.Pressure, f.Last.Tilt, time.Since(v.pointer.start).Seconds()
		v.ed.Drag(p)
		v.ed.Tail()
	}
}

// fingers moves the view with the fingers on the screen. Where a finger paints, a second one
// takes its stroke back and moves the view.
func (v *canvasView) fingers(f pen.Frame) {
	s := &v.stylus
	touches := f.Fingers()
	g := &s.gesture
	if !g.on && s.by == pen.Finger && v.pointer.down && len(touches) > 1 {
		v.ed.CancelTool()
		*g = gesture{on: true}
	}
	if !g.on {
		return
	}
	if len(touches) == 0 {
		if *g = (gesture{on: v.pointer.down}); !g.on { // the release is still to come
			s.by = pen.Mouse
		}
		return
	}
	at, ids := [2]tools.Vec{}, [2]uint32{}
	count := min(len(touches), 2)
	for i, t := range touches[:count] {
		at[i], ids[i] = tools.Vec{X: t.X - s.origin.X, Y: t.Y - s.origin.Y}, t.ID
	}
	if count != g.count || ids != g.ids {
		*g = gesture{on: true, ids: ids, count: count, from: at, base: v.ed.View()}
		return
	}
	if count == 1 {
		v.ed.SetView(g.base.Panned(g.from[0].X-at[0].X, g.from[0].Y-at[0].Y))
		return
	}
	v.ed.SetView(g.base.Pinched(g.from[0], g.from[1], at[0], at[1], g.turn(at)))
}

// turn is how far the fingers have turned the view, in degrees: nothing until they mean it.
func (g *gesture) turn(at [2]tools.Vec) float64 {
	bearing := func(p [2]tools.Vec) float64 { return math.Atan2(p[1].Y-p[0].Y, p[1].X-p[0].X) * 180 / math.Pi }
	angle := math.Remainder(bearing(at)-bearing(g.from), 360)
	if !g.turned && math.Abs(angle) >= turnFrom {
		g.turned, g.bias = true, math.Copysign(turnFrom, angle)
	}
	if !g.turned {
		return 0
	}
	return angle - g.bias
}
