package ui

import (
	"image"
	"image/color"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/driver/desktop"

	"pentimento/app/words"
	"pentimento/tools"
)

// splitLine divides the canvas: the picture as it was at the line's left, as it would be at its
// right. It follows a column of the picture, or a row where the view is turned on its side, so
// that it goes along with the view and lies as upright on the screen as it can.
type splitLine struct {
	on    bool
	place image.Rectangle // that is compared
	share float64         // how far along the place from its left on the screen, 0..1
	held  bool
}

// placeSplit tells the fills where the new is shown.
func (v *canvasView) placeSplit() {
	f, s := v.ed.Fills, &v.split
	if s.on = f.Splitting(); !s.on {
		*s = splitLine{}
		return
	}
	if r := f.ComparedIn(); r != s.place {
		s.place, s.share = r, 0.5
	}
	at, along, backward := v.splitAt()
	const far = 1 << 30
	lo, hi := image.Pt(-far, -far), image.Pt(far, far)
	end := &lo // new from the line on
	if backward {
		end = &hi
	}
	if along {
		end.Y = at
	} else {
		end.X = at
	}
	f.SplitAt(image.Rectangle{Min: lo, Max: hi})
}

// splitAt is the line's column or, where along is set, row of the picture; backward says that
// they count from right to left on the screen.
func (v *canvasView) splitAt() (at int, along, backward bool) {
	s, view := v.split, v.ed.View()
	along = v.across()
	lo, hi := s.place.Min.X, s.place.Max.X
	x0, _ := view.ToView(0, 0)
	x1, _ := view.ToView(1, 0)
	if along {
		lo, hi = s.place.Min.Y, s.place.Max.Y
		x1, _ = view.ToView(0, 1)
	}
	if backward = x1 < x0; backward {
		lo, hi = hi, lo
	}
	return lo + int(s.share*float64(hi-lo)+0.5*float64(sign(hi-lo))), along, backward
}

func sign(n int) int {
	if n < 0 {
		return -1
	}
	return 1
}

// splitEnds are the line's ends on the screen.
func (v *canvasView) splitEnds() (p, q fyne.Position) {
	at, along, _ := v.splitAt()
	r, o := v.split.place, v.overlay
	if along {
		return o.at(float64(r.Min.X), float64(at)), o.at(float64(r.Max.X), float64(at))
	}
	return o.at(float64(at), float64(r.Min.Y)), o.at(float64(at), float64(r.Max.Y))
}

// splitReach is how near the pointer takes hold of the line, in Fyne units.
const splitReach = 8

// onSplit says whether a place of the canvas is at the line.
func (v *canvasView) onSplit(pos fyne.Position) bool {
	if !v.split.on || v.ed.Fills.Comparing() {
		return false
	}
	p, q := v.splitEnds()
	if q.Y < p.Y {
		p, q = q, p
	}
	if pos.Y < p.Y-splitReach || pos.Y > q.Y+splitReach {
		return false
	}
	x := p.X
	if q.Y > p.Y {
		x += (q.X - p.X) * min(max((pos.Y-p.Y)/(q.Y-p.Y), 0), 1)
	}
	return pos.X > x-splitReach && pos.X < x+splitReach
}

// dragSplit takes the line to a place of the canvas.
func (v *canvasView) dragSplit(pos fyne.Position) {
	s := &v.split
	v.pointer.x, v.pointer.y = v.device(pos)
	x, y := v.ed.View().ToDoc(v.pointer.x+0.5, v.pointer.y+0.5)
	_, along, backward := v.splitAt()
	share := (x - float64(s.place.Min.X)) / float64(s.place.Dx())
	if along {
		share = (y - float64(s.place.Min.Y)) / float64(s.place.Dy())
	}
	if backward {
		share = 1 - share
	}
	s.share = min(max(share, 0), 1)
	v.placeSplit()
	v.dirty = v.dirty.Union(v.renderer.SetOverlay(merged(v.ed), nil))
	v.wake()
}

// split draws the line with a grip in its middle, and says which side is which.
func (o *overlay) split() {
	v := o.v
	if !v.split.on || v.ed.Fills.Comparing() {
		return
	}
	p, q := v.splitEnds()
	o.segment(p, q, inkDark, 4)
	o.segment(p, q, color.NRGBA{255, 255, 255, 255}, 2)
	at, along, _ := v.splitAt()
	r := v.split.place
	mid := tools.Vec{X: float64(at), Y: float64(r.Min.Y+r.Max.Y) / 2}
	if along {
		mid = tools.Vec{X: float64(r.Min.X+r.Max.X) / 2, Y: float64(at)}
	}
	o.handle(mid)
	if v.split.held || v.onSplit(fyne.NewPos(float32(v.pointer.x)/v.scale, float32(v.pointer.y)/v.scale)) {
		o.label(words.T("before ‹ › after"), mid.X, mid.Y, false)
	}
}

// takeLine takes hold of the split line or of a guide line; the tool gets nothing of it then.
func (v *canvasView) takeLine(pos fyne.Position) bool {
	if v.onSplit(pos) {
		v.split.held = true
		return true
	}
	return v.takeGuideLine(pos)
}

func (v *canvasView) dragLine(pos fyne.Position) bool {
	if v.split.held {
		v.dragSplit(pos)
		return true
	}
	return v.dragGuideLine(pos)
}

func (v *canvasView) dropLine() {
	v.split.held = false
	v.dropGuideLine()
}

// lineCursor is the pointer's look where it would take hold of a line.
func (v *canvasView) lineCursor() (desktop.Cursor, bool) {
	if v.split.held || v.onSplit(fyne.NewPos(float32(v.pointer.x)/v.scale, float32(v.pointer.y)/v.scale)) {
		return desktop.HResizeCursor, true
	}
	return v.guideCursor()
}
