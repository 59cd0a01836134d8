package ui

import (
	"fmt"

	"pentimento/app/editor"
	"pentimento/tools"
)

// sighted is what a search has found, shown over the canvas until it is dropped.
type sighted struct {
	seen *editor.Seen
	tint tools.Shape // of what is on
	laid laidPicture
	turn func(i, k int) // switches find k of pass i
}

// sight shows finds over the canvas, each with its number, where a click on one calls turn; nil shows none.
func (v *canvasView) sight(seen *editor.Seen, turn func(i, k int)) {
	v.sighted.seen, v.sighted.turn = seen, turn
	v.resight()
}

// resight draws them again: one was switched.
func (v *canvasView) resight() {
	if s := v.sighted.seen; s != nil {
		at := func(x, y int) tools.Vec { return tools.Vec{X: float64(x), Y: float64(y)} }
		v.sighted.tint = tools.Shape{Kind: tools.Picture, Image: s.Tint(), Points: []tools.Vec{at(s.Frame.Min.X, s.Frame.Min.Y), at(s.Frame.Max.X, s.Frame.Max.Y)}}
	}
	v.wake()
}

// takeFind switches the find under a press, and says whether there was one.
func (v *canvasView) takeFind(p tools.Pointer) bool {
	s := v.sighted
	if s.seen == nil || p.Button != tools.Left || p.Mods != 0 {
		return false
	}
	i, k, ok := s.seen.At(p.X, p.Y)
	if ok {
		s.turn(i, k)
	}
	return ok
}

// finds draws what was found.
func (o *overlay) finds() {
	s := &o.v.sighted
	s.laid.hide()
	if s.seen == nil {
		return
	}
	o.show(&s.laid, s.tint, 0)
	n := 0
	for _, d := range s.seen.Passes {
		for _, f := range d.Found {
			n++
			if f.Off {
				o.thin(f.Box, readInk)
			} else {
				o.box(f.Box, accent, noFill, 1)
			}
			o.label(fmt.Sprint(n), float64(f.Box.Min.X), float64(f.Box.Min.Y), true)
		}
	}
}
