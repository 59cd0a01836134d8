package ui

import (
	"image"
	"math"
	"testing"

	"fyne.io/fyne/v2"

	"pentimento/canvas"
	"pentimento/canvas/canvastest"
)

// turnedQuad is a box of the document seen in a view, turned round the middle of the room.
func turnedQuad(x0, y0, x1, y1, degrees float32, room fyne.Size) (q quad) {
	sin, cos := math.Sincos(float64(degrees) * math.Pi / 180)
	for i, c := range [4][2]float32{{x0, y0}, {x1, y0}, {x1, y1}, {x0, y1}} {
		x, y := float64(c[0]-room.Width/2), float64(c[1]-room.Height/2)
		q[i] = fyne.NewPos(float32(x*cos-y*sin)+room.Width/2, float32(x*sin+y*cos)+room.Height/2)
	}
	return q
}

// TestTheBarPrefersGreyGround: wherever a search in small steps finds one, in windows of 900×600
// and 1366×768, zoomed in and out, turned, for masks of any size and place: a spot beside the
// picture; else on the picture beside the place; else over the place where nothing changes.
func TestTheBarPrefersGreyGround(t *testing.T) {
	rnd := canvastest.Chance(t)
	met := map[string]int{}
	for range 60 {
		room := []fyne.Size{{Width: 540, Height: 440}, {Width: 1006, Height: 600}}[rnd.IntN(2)]
		turn := []float32{0, 0, 90, 15, 45}[rnd.IntN(5)]
		// the picture: from a third of the view to four times it
		w, h := room.Width*(0.3+rnd.Float32()*rnd.Float32()*4), room.Height*(0.3+rnd.Float32()*rnd.Float32()*4)
		x, y := (room.Width-w)*rnd.Float32(), (room.Height-h)*rnd.Float32()
		mw, mh := w*(0.05+0.95*rnd.Float32()), h*(0.05+0.95*rnd.Float32())
		if rnd.IntN(4) == 0 {
			mw, mh = w, h // as after an outpaint
		}
		mx, my := x+(w-mw)*rnd.Float32(), y+(h-mh)*rnd.Float32()
		g := ground{room: room, picture: turnedQuad(x, y, x+w, y+h, turn, room), place: turnedQuad(mx, my, mx+mw, my+mh, turn, room)}
		left := rnd.Float32() * 0.8 // of the place only the rest changes
		kept := turnedQuad(mx, my, mx+mw*left, my+mh, turn, room)
		g.changes = func(p fyne.Position) bool {
			dot := fyne.NewSize(0.01, 0.01)
			return g.place.meets(p, dot) && !kept.meets(p, dot)
		}
		sizes := []fyne.Size{{Width: 520, Height: 44}, {Width: 270, Height: 84}, {Width: 200, Height: 124}, {Width: 160, Height: 164}}
		at, n := g.spot(sizes)
		size := sizes[n]
		if at != inRoom(at, size, room) {
			t.Fatalf("the bar at %v is cut by %v", at, room)
		}
		level := func(at fyne.Position, size fyne.Size) int {
			switch {
			case !g.picture.meets(at, size) && !g.place.meets(at, size):
				return 0
			case !g.place.meets(at, size):
				return 1
			}
			return 2
		}
		best, changed := 2, g.search()
		for _, s := range sizes {
			grown := s.AddWidthHeight(24, 24) // the steps of the search and of the program differ
			for y := float32(barEdge); y+grown.Height <= room.Height-barEdge; y += 4 {
				for x := float32(barEdge); x+grown.Width <= room.Width-barEdge; x += 4 {
					best = min(best, level(fyne.NewPos(x, y), grown))
				}
			}
		}
		got := level(at, size)
		met[[]string{"grey", "picture", "place"}[got]]++
		if got > best {
			t.Errorf("room %v, picture %v, place %v: the bar %v at %v is of kind %d, there is one of kind %d", room, g.picture, g.place, size, at, got, best)
		}
		if least := g.leastCovered(sizes, changed); got == 2 && changed.share(at, size) > least+0.1 {
			t.Errorf("room %v, place %v: the bar at %v covers %.2f of what changes, %.2f is possible", room, g.place, at, changed.share(at, size), least)
		}
	}
	for _, kind := range []string{"grey", "picture", "place"} {
		if met[kind] < 2 {
			t.Errorf("only %d of %v were of kind %s", met[kind], met, kind)
		}
	}
}

// leastCovered is the smallest share of a bar that must lie over what changes.
func (g ground) leastCovered(sizes []fyne.Size, changed *sums) float32 {
	least := float32(1)
	for _, s := range sizes {
		for y := float32(barEdge); y+s.Height <= g.room.Height-barEdge; y += 8 {
			for x := float32(barEdge); x+s.Width <= g.room.Width-barEdge; x += 8 {
				least = min(least, changed.share(fyne.NewPos(x, y), s))
			}
		}
	}
	return least
}

// TestTheBarStaysUnderThePointer, though the picture moves and the bar grows, and where it was
// dragged to; it goes with the next place.
func TestTheBarStaysUnderThePointer(t *testing.T) {
	w := open(t)
	w.win.Resize(fyne.NewSize(1366, 768))
	paintTestPicture(w)
	mask := func(x, y, side int) {
		e := w.ed.Begin("mask")
		e.ClearMask()
		e.SetCover(canvas.CoverRect(image.Rect(x, y, x+side, y+side)))
		w.ed.Changed(e.Commit(), 0)
	}
	mask(20, 20, 40)
	box := w.bar.box
	home := box.Position()
	w.view.pointer.inside = false
	w.tips.over("a button", fyne.CurrentApp().Driver().AbsolutePositionForObject(box).AddXY(30, 10))
	mask(50, 20, 40)
	if at := box.Position(); at != home {
		t.Errorf("from %v to %v under the pointer", home, at)
	}
	w.view.pointer.inside = true // on the canvas again
	w.ed.ZoomTo(w.ed.View().Scale * 3)
	w.bar.dock()
	if at := box.Position(); at == home {
		t.Error("it follows no more")
	}
	grip := newBarGrip(w.bar.floating)
	for range 5 {
		grip.Dragged(&fyne.DragEvent{Dragged: fyne.NewDelta(-9, -7)})
	}
	held := box.Position()
	w.ed.ZoomTo(w.ed.View().Scale / 2)
	w.bar.dock()
	if at := box.Position(); at != held {
		t.Errorf("dragged to %v, it went to %v", held, at)
	}
	mask(52, 22, 10)
	mask(200, 150, 10)
	if at := box.Position(); at == held {
		t.Error("the next place's bar stays where another's was dragged to")
	}
}
