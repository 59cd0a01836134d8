package editor

import (
	"context"
	"errors"
	"image"
	"image/color"
	"testing"

	"pentimento/canvas"
	"pentimento/canvas/adjust"
	"pentimento/tools"
)

// TestTheRestingPointerShowsWhatAClickWouldTake, of the picture's present pixels; the picture does not know of
// it, and it goes with the pointer, with another tool, and after the click itself.
func TestTheRestingPointerShowsWhatAClickWouldTake(t *testing.T) {
	b := newBench(t)
	left, right := image.Rect(20, 20, 80, 90), image.Rect(110, 30, 170, 110)
	b.put(onBlue(200, 150, map[image.Rectangle]color.NRGBA{left: {220, 180, 10, 255}, right: {220, 60, 10, 255}}))
	b.SetTool("object")
	shows := func() image.Rectangle {
		for _, s := range b.Shapes() {
			if s.Kind == tools.Picture {
				var r image.Rectangle
				for y := range s.Image.Rect.Dy() {
					for x := range s.Image.Rect.Dx() {
						if s.Image.NRGBAAt(x, y).A > 0 {
							r = r.Union(image.Rect(x, y, x+1, y+1))
						}
					}
				}
				return r.Add(image.Pt(int(s.Points[0].X), int(s.Points[0].Y)))
			}
		}
		return image.Rectangle{}
	}
	hover := func(x, y float64) { b.Hover(tools.Pointer{X: x, Y: y, Pressure: 1}) }
	before := b.State()
	for _, want := range []image.Rectangle{left, right} {
		hover(float64(want.Min.X+30), float64(want.Min.Y+30))
		b.until("the preview", func() bool { return !shows().Empty() })
		if r := shows(); r != want.Inset(-1) {
			t.Errorf("over %v stands %v", want, r)
		}
		hover(float64(want.Min.X+34), float64(want.Min.Y+30))
		if shows().Empty() {
			t.Error("what the pointer is still on goes")
		}
		hover(5, 140) // the ground
		if r := shows(); !r.Empty() {
			t.Errorf("what the pointer has left stays: %v", r)
		}
		b.until("the ground", func() bool { return !shows().Empty() })
		hover(-50, 60)
		if r := shows(); !r.Empty() {
			t.Errorf("beside the picture stands %v", r)
		}
	}
	if b.State() != before || b.Jobs.Active(0) > 0 {
		t.Error("the preview changed the picture, or is a job")
	}
	hover(50, 50)
	b.until("the preview", func() bool { return !shows().Empty() })
	b.Away()
	if !shows().Empty() {
		t.Error("it stays when the pointer leaves")
	}
	hover(50, 51)
	b.until("the preview", func() bool { return !shows().Empty() })
	b.SetTool("brush")
	if !shows().Empty() {
		t.Error("it stays with another tool")
	}
	b.SetTool("object")
	b.click(50, 50, tools.Left)
	if !shows().Empty() || b.State().Mask.Len() == 0 {
		t.Error("it stays after the click")
	}
	b.Edit("blue", func(e *canvas.Edit) { e.Put(e.State().Active, onBlue(200, 150, nil), nil) })
	hover(140, 70)
	b.until("the preview", func() bool { return !shows().Empty() })
	if r := shows(); r == right.Inset(-1) {
		t.Error("a thing is shown that was painted over")
	}
}

// TestNothingIsGlancedAtWhileAChangeIsTried: a click with the tool Object then does nothing, and what is shown is not the picture.
func TestNothingIsGlancedAtWhileAChangeIsTried(t *testing.T) {
	b := newBench(t)
	b.put(onBlue(200, 150, map[image.Rectangle]color.NRGBA{image.Rect(20, 20, 80, 90): {220, 180, 10, 255}}))
	b.SetTool("object")
	l := adjust.NewLevels()
	b.Adjust("Levels", l.Change())
	if b.Hover(tools.Pointer{X: 50, Y: 50, Pressure: 1}); b.glance.cancel != nil {
		t.Error("something is looked for")
	}
	b.CancelTrial()
	if b.Hover(tools.Pointer{X: 50, Y: 50, Pressure: 1}); b.glance.cancel == nil {
		t.Error("nothing is looked for after it")
	}
}

// TestMakingAPictureReadyEnds with those who want it: one who waits while another's is made goes when it is called off, making
// itself ends, too, and neither stands in the way of the next.
func TestMakingAPictureReadyEnds(t *testing.T) {
	b := newBench(t)
	b.put(onBlue(200, 150, nil))
	off, cancel := context.WithCancel(context.Background())
	cancel()
	on, s := context.Background(), b.State()
	c := &scenery{busy: make(chan struct{})}
	if _, err := c.open(off, on, s, tools.AreaSettings{}, shifted{}); !errors.Is(err, context.Canceled) {
		t.Errorf("waiting ends with %v", err)
	}
	close(c.busy)
	c.busy = nil
	if _, err := c.open(on, off, s, tools.AreaSettings{}, shifted{}); !errors.Is(err, context.Canceled) {
		t.Errorf("making ends with %v", err)
	}
	one, err := c.open(on, on, s, tools.AreaSettings{}, shifted{})
	if again, _ := c.open(on, off, s, tools.AreaSettings{}, shifted{}); one == nil || err != nil || again != one {
		t.Errorf("the next gets %v, %v, then %v", one, err, again)
	}
	var p preparing
	first := p.wanted(glanced{state: s})
	if p.wanted(glanced{state: s}); first.Err() != nil {
		t.Error("it ends while the picture is the same")
	}
	if next := p.wanted(glanced{}); first.Err() == nil || next.Err() != nil {
		t.Error("it goes on when the picture is another")
	}
	p.over()
}
