package ui

import (
	"image"
	"math"
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/driver/desktop"

	"pentimento/app/pen"
	"pentimento/canvas"
	"pentimento/tools"
)

// hand is a pen and fingers on the canvas of a window: each is told as a mouse too, as the
// toolkit does. Its places are those of the canvas; on the screen they are elsewhere.
type hand struct{ w *window }

const screenX, screenY = 300, 70

func (h hand) sample(x, y, pressure float64) pen.Sample {
	return pen.Sample{X: x + screenX, Y: y + screenY, Pressure: pressure}
}

func (h hand) hover(k pen.Kind, x, y float32) {
	h.w.view.stylus.tracker.Moved(k, h.sample(float64(x), float64(y), 0))
	h.w.view.MouseMoved(&desktop.MouseEvent{PointEvent: fyne.PointEvent{Position: fyne.NewPos(x, y)}})
	h.w.view.frame()
}

func (h hand) press(x, y float32) {
	h.w.view.MouseDown(&desktop.MouseEvent{PointEvent: fyne.PointEvent{Position: fyne.NewPos(x, y)}, Button: desktop.MouseButtonPrimary})
}

func (h hand) drag(x, y float32) {
	h.w.view.Dragged(&fyne.DragEvent{PointEvent: fyne.PointEvent{Position: fyne.NewPos(x, y)}})
}

// stroke draws to the right with a pressure that rises from lo to hi; beside is called midway.
func (h hand) stroke(k pen.Kind, y float32, lo, hi float64, beside func()) {
	h.hover(k, 40, y)
	tr := h.w.view.stylus.tracker
	tr.Button(1, k, true)
	tr.Moved(k, h.sample(40, float64(y), lo))
	h.press(40, y)
	for i := range 41 {
		tr.Moved(k, h.sample(float64(40+4*i), float64(y), lo+(hi-lo)*float64(i)/40))
		h.drag(float32(40+4*i), y)
		if i%3 == 0 {
			h.w.view.frame()
		}
		if i == 20 && beside != nil {
			beside()
		}
	}
	tr.Button(1, k, false)
	h.w.view.MouseUp(&desktop.MouseEvent{PointEvent: fyne.PointEvent{Position: fyne.NewPos(200, y)}})
	h.w.view.settle()
}

// painted is a window with a brush of 30 pixels on a picture of 256×256 at the canvas' 20, 20.
func painted(t *testing.T) (*window, hand) {
	w := open(t)
	paintTestPicture(w)
	w.ed.SetTool("mask")
	b := tools.DefaultBrush
	b.Size, b.Hardness, b.Smoothing = 30, 1, 0
	w.ed.SetBrush(b)
	w.view.pointer.inside = true
	w.view.settle()
	return w, hand{w}
}

// maskHeight is how many pixels of a column are masked.
func maskHeight(w *window, x int) (n int) {
	s := w.ed.Committed()
	for y := range 256 {
		if k := canvas.KeyAt(image.Pt(x, y)); s.Mask.At(k) != nil && s.Mask.At(k).Pix[(y&63)*canvas.TileSize+x&63] > 128 {
			n++
		}
	}
	return n
}

// TestAPenPaintsWithItsPressure in the window; a mouse after it with all.
func TestAPenPaintsWithItsPressure(t *testing.T) {
	w, h := painted(t)
	h.stroke(pen.Tip, 60, 0.1, 1, nil)
	thin, thick := maskHeight(w, 60), maskHeight(w, 150)
	if thin < 10 || thick < thin+9 || thick > 30 {
		t.Errorf("the stroke is %d and then %d pixels wide", thin, thick)
	}
	w.ed.Do("edit.undo")
	h.w.view.stylus.tracker.Moved(pen.Mouse, pen.Sample{})
	h.w.view.stylus.tracker.Button(2, pen.Mouse, true)
	h.press(40, 60)
	h.drag(200, 60)
	h.w.view.stylus.tracker.Button(2, pen.Mouse, false)
	w.view.DragEnd()
	w.view.settle()
	if got := maskHeight(w, 100); got < 29 {
		t.Errorf("the mouse's stroke is %d pixels wide", got)
	}
}

// TestAPenThatRestsGoesOnPressing: the toolkit tells nothing of a pen that stays on its pixel.
func TestAPenThatRestsGoesOnPressing(t *testing.T) {
	w, h := painted(t)
	tr := w.view.stylus.tracker
	h.hover(pen.Tip, 100, 100)
	tr.Button(1, pen.Tip, true)
	tr.Moved(pen.Tip, h.sample(100, 100, 0.05))
	h.press(100, 100)
	w.view.frame()
	for i := range 20 {
		tr.Moved(pen.Tip, h.sample(100, 100, float64(i)/19))
		w.view.frame()
	}
	tr.Button(1, pen.Tip, false)
	w.view.MouseUp(&desktop.MouseEvent{PointEvent: fyne.PointEvent{Position: fyne.NewPos(100, 100)}})
	if got := maskHeight(w, 80); got < 28 {
		t.Errorf("the dab is %d pixels wide", got)
	}
}

// TestTheOtherEndErases while it is near, and the tool before comes back.
func TestTheOtherEndErases(t *testing.T) {
	w, h := painted(t)
	h.stroke(pen.Tip, 60, 1, 1, nil)
	full := maskHeight(w, 100)
	h.hover(pen.Eraser, 40, 60)
	if w.ed.ToolName() != "mask-eraser" {
		t.Errorf("with the eraser near the tool is %s", w.ed.ToolName())
	}
	h.stroke(pen.Eraser, 60, 1, 1, nil)
	if got := maskHeight(w, 100); full < 29 || got != 0 {
		t.Errorf("%d pixels were masked, %d are left", full, got)
	}
	h.hover(pen.Tip, 90, 60)
	if w.ed.ToolName() != "mask" {
		t.Errorf("with the tip near the tool is %s", w.ed.ToolName())
	}
}

// TestTheHandBesideThePenPaintsNothing: the toolkit takes it for a second press of the same
// button, moves the pointer to it and back, and may take its release for the pen's.
func TestTheHandBesideThePenPaintsNothing(t *testing.T) {
	w, h := painted(t)
	tr := w.view.stylus.tracker
	h.stroke(pen.Tip, 60, 1, 1, func() {
		tr.Touched(9, 220+screenX, 200+screenY, true)
		h.press(220, 200)
		h.drag(221, 200)
		w.view.frame()
		h.drag(222, 201)
		tr.Touched(9, 222+screenX, 201+screenY, false)
		w.view.MouseUp(&desktop.MouseEvent{PointEvent: fyne.PointEvent{Position: fyne.NewPos(222, 201)}})
		w.view.frame()
	})
	if r := w.ed.Committed().MaskUsed(); r.Max.Y > 60 || r.Max.X < 190 || r.Min.X > 10 {
		t.Errorf("the mask is %v", r)
	}
	// The hand comes first, the pen beside it.
	w.ed.Do("edit.undo")
	tr.Moved(pen.Tip, h.sample(200, 60, 0)) // on a busy machine its last word may be long ago
	tr.Touched(9, 220+screenX, 200+screenY, true)
	h.press(220, 200)
	h.drag(221, 201)
	w.view.frame()
	if r := w.ed.State().MaskUsed(); !r.Empty() {
		t.Errorf("the hand alone masks %v", r)
	}
	tr.Button(1, pen.Tip, true)
	for i := range 41 {
		tr.Moved(pen.Tip, h.sample(float64(40+4*i), 60, 1))
		h.drag(float32(40+4*i), 60)
		w.view.frame()
	}
	tr.Button(1, pen.Tip, false)
	tr.Touched(9, 220+screenX, 200+screenY, false)
	w.view.MouseUp(&desktop.MouseEvent{PointEvent: fyne.PointEvent{Position: fyne.NewPos(222, 201)}})
	w.view.settle()
	if r := w.ed.Committed().MaskUsed(); r.Max.Y > 60 || r.Max.X < 190 || r.Min.X > 24 {
		t.Errorf("the mask is %v", r)
	}
}

// fingers puts fingers down, moves them and lifts them; the first is a mouse to the toolkit.
func (h hand) fingers(from, to []tools.Vec) {
	tr := h.w.view.stylus.tracker
	for i, p := range from {
		tr.Touched(uint32(i), p.X+screenX, p.Y+screenY, true)
	}
	h.press(float32(from[0].X), float32(from[0].Y))
	h.w.view.frame()
	for k := 1; k <= 20; k++ {
		part := float64(k) / 20
		for i := range from {
			tr.Touched(uint32(i), from[i].X+part*(to[i].X-from[i].X)+screenX, from[i].Y+part*(to[i].Y-from[i].Y)+screenY, true)
		}
		h.drag(float32(from[0].X+part*(to[0].X-from[0].X)), float32(from[0].Y+part*(to[0].Y-from[0].Y)))
		h.w.view.frame()
	}
	for i, p := range to {
		tr.Touched(uint32(i), p.X+screenX, p.Y+screenY, false)
	}
	h.w.view.DragEnd()
	h.w.view.settle()
}

// TestFingersMoveTheView and paint nothing; with the switch one finger paints, and two still
// move the view and take back what the first began.
func TestFingersMoveTheView(t *testing.T) {
	for _, paints := range []bool{false, true} {
		w, h := painted(t)
		if paints {
			w.ed.Do("view.finger")
		}
		was := w.ed.View()
		h.fingers([]tools.Vec{{X: 60, Y: 60}}, []tools.Vec{{X: 160, Y: 90}})
		now := w.ed.View()
		if moved := now.X == was.X-100 && now.Y == was.Y-30; moved == paints {
			t.Errorf("paints %v: the view is %+v, was %+v", paints, now, was)
		}
		if masked := !w.ed.Committed().MaskUsed().Empty(); masked != paints {
			t.Errorf("paints %v: masked is %v", paints, w.ed.Committed().MaskUsed())
		}
		state, was := w.ed.Committed(), now
		a, b, c, d := tools.Vec{X: 100, Y: 100}, tools.Vec{X: 200, Y: 100}, tools.Vec{X: 60, Y: 140}, tools.Vec{X: 260, Y: 150}
		h.fingers([]tools.Vec{a, b}, []tools.Vec{c, d})
		now = w.ed.View()
		if w.ed.Committed() != state {
			t.Errorf("paints %v: two fingers paint", paints)
		}
		if want := was.Scale * math.Hypot(200, 10) / 100; math.Abs(now.Scale-want) > 0.02*want || now.Turn != 0 {
			t.Errorf("paints %v: scale %v turned %v, want %v and 0", paints, now.Scale, now.Turn, want)
		}
		x, y := was.ToDoc(150, 100)
		if x, y = now.ToView(x, y); math.Hypot(x-160, y-145) > 2 {
			t.Errorf("paints %v: what lay between the fingers is at %.1f, %.1f", paints, x, y)
		}
		h.fingers([]tools.Vec{a, b}, []tools.Vec{{X: 150, Y: 50}, {X: 150, Y: 150}}) // a quarter turn
		if got := w.ed.View().Turn; math.Abs(got-(90-turnFrom)) > 0.5 {
			t.Errorf("paints %v: turned %v", paints, got)
		}
	}
}
