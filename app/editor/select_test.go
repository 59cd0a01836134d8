package editor

import (
	"image"
	"image/color"
	"image/draw"
	"testing"

	"pentimento/canvas"
	"pentimento/canvas/canvastest"
	"pentimento/pipeline"
	"pentimento/tools"
)

func (b *bench) selectCover(m *image.Alpha) {
	b.Edit("select", func(ed *canvas.Edit) { ed.SetSelection(canvas.Cover(m)) })
}

// area changes the options of the current area tool, as the row above the canvas does.
func (b *bench) area(change func(*tools.AreaSettings)) {
	br := b.Brush()
	change(&br.Area)
	b.SetBrush(br)
}

// A fill changes nothing outside the selection: with a selection alone that is what is filled,
// with a mask what both cover.
func TestFillsStayInTheSelection(t *testing.T) {
	rng := canvastest.Chance(t)
	for _, masked := range []bool{false, true} {
		b := newBench(t)
		b.put(texture(image.Rect(0, 0, 128, 96), 3))
		b.Settings.AcceptInto = "active"
		sel := canvastest.Blob(rng, image.Rect(30, 20, 90, 80))
		b.selectCover(sel)
		limit := sel
		if masked {
			b.maskRect(image.Rect(0, 0, 60, 50))
			limit = canvas.CoverImage(canvas.Join(b.State().Selection, b.State().Mask, canvas.Intersect), sel.Rect)
		}
		why := b.Fills.Outline().Why
		before := b.State()
		b.Fills.Fill()
		b.until("it", func() bool { return hasCandidate(b.Editor) })
		b.Fills.Accept()
		if d := canvastest.Outside(before, b.State(), limit); d != "" {
			t.Fatalf("masked %v: %s", masked, d)
		}
		if b.State() == before || why == "" || b.State().Selection.Len() == 0 {
			t.Errorf("masked %v: nothing was filled, or not told (%q), or the selection is gone", masked, why)
		}
	}
}

// With diffusion the request says that nothing may fade out of the selection; an outpaint by
// hand is not limited.
func TestNoFadeLeaksOutOfASelection(t *testing.T) {
	b, _ := beginner(t)
	b.put(texture(image.Rect(0, 0, 128, 96), 3))
	b.SetFill(diffusing)
	b.selectCover(canvastest.Blob(canvastest.Chance(t), image.Rect(30, 20, 90, 80)))
	b.Fills.Fill()
	s := b.Fills.Shown()
	if s == nil || s.Request.Task != pipeline.Inpaint || !s.Request.Inside {
		t.Fatalf("requested %+v", s)
	}
	b.until("the request", func() bool { return !s.Unmade() })
	for y := range 96 {
		for x := range 128 {
			var c [1]uint8
			canvas.ReadCover(b.State().Selection, c[:], 1, image.Rect(x, y, x+1, y+1))
			if got := s.Request.Mask.AlphaAt(x, y).A; got != c[0] {
				t.Fatalf("%d, %d is masked by %d, selected by %d", x, y, got, c[0])
			}
		}
	}
	b.Fills.DiscardAll()
	b.Fills.Outpaint(image.Rect(0, 0, 128, 96), image.Rect(0, 0, 192, 96))
	s = b.Fills.Shown()
	b.until("the request", func() bool { return !s.Unmade() })
	if s.Request.Task != pipeline.Outpaint || s.Request.Inside || s.Request.Mask.AlphaAt(150, 5).A != 255 {
		t.Error("the outpaint is limited")
	}
	b.Fills.CancelJobs()
}

func TestAMaskOutsideTheSelectionIsTold(t *testing.T) {
	b := newBench(t)
	b.put(texture(image.Rect(0, 0, 128, 96), 3))
	b.maskRect(image.Rect(0, 0, 20, 20))
	b.selectCover(canvastest.Blob(canvastest.Chance(t), image.Rect(60, 20, 90, 80)))
	if err := b.Fills.Outline().Err; err == nil {
		t.Error("it would be filled")
	}
}

// What is cut, copied, cleared and taken into a layer of its own is the selection, where there
// is one, and else the mask.
func TestTheSelectionComesBeforeTheMask(t *testing.T) {
	b := newBench(t)
	b.put(texture(image.Rect(0, 0, 150, 100), 8))
	b.maskRect(image.Rect(0, 0, 20, 20))
	m := image.NewAlpha(image.Rect(40, 30, 90, 80))
	draw.Draw(m, m.Rect, image.Opaque, image.Point{}, draw.Src)
	b.selectCover(m)
	before := canvastest.Copy(b.State())
	b.Key("Ctrl+J")
	if l := b.State().Layer(b.State().Active); l.Used() != m.Rect {
		t.Errorf("the layer by copy has %v", l.Used())
	}
	b.Undo()
	b.Key("Ctrl+C")
	b.until("the copy", func() bool { return !b.Editor.copied.busy })
	if b.Editor.copied.at != m.Rect {
		t.Errorf("copied %v", b.Editor.copied.at)
	}
	for _, key := range []string{"Ctrl+X", "Delete"} {
		b.Key(key)
		b.until("it", func() bool { return !b.Editor.copied.busy })
		if d := canvastest.Outside(before, b.State(), m); d != "" || len(b.State().Layers) != 1 {
			t.Errorf("%s: %s, %d layers", key, d, len(b.State().Layers))
		}
		if p := flattenLayer(b.State(), b.State().Layers[0]).NRGBAAt(60, 50); p.A != 0 {
			t.Errorf("%s left %v", key, p)
		}
		b.Undo()
	}
}

// The wand selects, in one step, what looks like the pixel, of the layer or of all; as its
// options say it masks.
func TestWandInTheEditor(t *testing.T) {
	b := newBench(t)
	img := image.NewNRGBA(image.Rect(0, 0, 200, 150))
	draw.Draw(img, img.Rect, image.NewUniform(color.NRGBA{40, 90, 200, 255}), image.Point{}, draw.Src)
	for _, r := range []image.Rectangle{image.Rect(20, 20, 80, 90), image.Rect(120, 30, 160, 60)} {
		draw.Draw(img, r, image.NewUniform(color.NRGBA{220, 180, 10, 255}), image.Point{}, draw.Src)
	}
	b.put(img)
	selected := func() (n int, r image.Rectangle) {
		r = canvas.CoverUsed(b.State().Selection)
		for _, v := range canvas.CoverImage(b.State().Selection, r).Pix {
			n += int(v) / 255
		}
		return n, r
	}
	b.SetTool("wand")
	click := func(x, y float64) {
		b.Press(tools.Pointer{X: x, Y: y, Pressure: 1})
		b.Release(tools.Pointer{X: x, Y: y, Pressure: 1})
		b.idle()
	}
	steps := b.steps()
	click(30.5, 40.5)
	if n, r := selected(); n != 60*70 || r != image.Rect(20, 20, 80, 90) || b.steps() != steps+1 {
		t.Errorf("%d pixels of %v in %d steps", n, r, b.steps()-steps)
	}
	b.area(func(a *tools.AreaSettings) { a.Scattered = true })
	click(30.5, 40.5)
	if n, _ := selected(); n != 60*70+40*30 {
		t.Errorf("everywhere: %d pixels", n)
	}
	br := b.Brush()
	br.Colour = color.NRGBA{40, 90, 200, 255}
	b.SetBrush(br)
	b.Do("select.colour")
	b.idle()
	if n, _ := selected(); n != 200*150-60*70-40*30 {
		t.Errorf("by colour: %d pixels", n)
	}
	b.AddLayer()
	b.Do("select.none")
	b.area(func(a *tools.AreaSettings) { a.OneLayer = true })
	click(30.5, 40.5)
	if n, r := selected(); n != r.Dx()*r.Dy() || !image.Rect(0, 0, 200, 150).In(r) && n == 60*70 {
		t.Errorf("of an empty layer: %d pixels of %v", n, r)
	}
	b.Do("select.none")
	b.area(func(a *tools.AreaSettings) { a.OneLayer, a.Scattered = false, false })
	b.area(func(a *tools.AreaSettings) { a.Selects = false })
	click(130.5, 40.5)
	if r := b.State().MaskUsed(); r != image.Rect(120, 30, 160, 60) || b.State().Selection.Len() != 0 {
		t.Errorf("masked %v", r)
	}
}

// Each way to change the selection is one step and does what its name says.
func TestSelectionsChangeByPixels(t *testing.T) {
	r := image.Rect(40, 40, 120, 110)
	for _, c := range []struct {
		sheet string
		px    int
		want  image.Rectangle // of what is fully selected
	}{
		{"selectgrow", 7, image.Rect(33, 33, 127, 117)},
		{"selectshrink", 9, image.Rect(49, 49, 111, 101)},
		{"selectborder", 6, image.Rect(37, 37, 123, 113)},
		{"selectfeather", 6, image.Rectangle{}},
		{"selectsmooth", 6, image.Rectangle{}},
	} {
		b := newBench(t)
		b.put(texture(image.Rect(0, 0, 200, 160), 1))
		b.Edit("select", func(ed *canvas.Edit) { ed.SetSelection(canvas.CoverRect(r)) })
		steps := b.steps()
		for _, way := range SelectionChanges {
			if way.Sheet == c.sheet {
				b.ChangeSelection(way, c.px)
			}
		}
		b.idle()
		m := canvas.CoverImage(b.State().Selection, image.Rect(0, 0, 200, 160))
		var full image.Rectangle
		for y := range 160 {
			for x := range 200 {
				if m.AlphaAt(x, y).A == 255 {
					full = full.Union(image.Rect(x, y, x+1, y+1))
				}
			}
		}
		if !c.want.Empty() && full != c.want || b.steps() != steps+1 {
			t.Errorf("%s: %v in %d steps, want %v", c.sheet, full, b.steps()-steps, c.want)
		}
		corner, middle, edge := m.AlphaAt(40, 40).A, m.AlphaAt(80, 75).A, m.AlphaAt(39, 75).A
		switch c.sheet {
		case "selectborder":
			if middle != 0 || edge != 255 {
				t.Errorf("the border has %d in the middle and %d at its edge", middle, edge)
			}
		case "selectfeather":
			if middle != 255 || edge == 0 || edge == 255 {
				t.Errorf("feathered, the edge is %d", edge)
			}
		case "selectsmooth":
			if middle != 255 || corner > 100 || m.AlphaAt(41, 75).A != 255 || m.AlphaAt(37, 75).A != 0 {
				t.Errorf("smoothed, the corner is %d, beside the sides %d and %d", corner, m.AlphaAt(41, 75).A, m.AlphaAt(37, 75).A)
			}
		}
	}
}

func TestSelectionsAreSavedByName(t *testing.T) {
	b := newBench(t)
	b.put(texture(image.Rect(0, 0, 100, 100), 1))
	b.Edit("select", func(ed *canvas.Edit) { ed.SetSelection(canvas.CoverRect(image.Rect(5, 5, 30, 30))) })
	b.SaveSelection("sky")
	b.Do("select.none")
	b.LoadSelection("sky")
	if r := canvas.CoverUsed(b.State().Selection); r != image.Rect(5, 5, 30, 30) {
		t.Errorf("loaded %v", r)
	}
	b.ForgetSelection("sky")
	if len(b.State().Channels) != 0 || Find("select.load").Can(b.Editor) {
		t.Error("it is still saved")
	}
	b.Undo()
	if b.State().Channel("sky") != 0 {
		t.Error("undo does not bring it back")
	}
}

// Enter, Backspace and Escape are the polygon's while it is being clicked; Space moves the
// view between two clicks.
func TestPolygonByKeys(t *testing.T) {
	b := newBench(t)
	b.put(texture(image.Rect(0, 0, 200, 160), 1))
	b.maskRect(image.Rect(150, 100, 160, 110)) // Enter would fill it
	b.SetTool("polygon")
	b.area(func(a *tools.AreaSettings) { a.Selects = true })
	if a := b.Area(); a.Joining != canvas.Replace {
		t.Errorf("a selection begins with joining %v", a.Joining)
	}
	click := func(x, y float64) {
		b.Press(tools.Pointer{X: x, Y: y, Pressure: 1})
		b.Release(tools.Pointer{X: x, Y: y, Pressure: 1})
	}
	click(20, 20)
	click(100, 20)
	click(180, 150)
	b.Key("Backspace")
	b.Hold("pan")
	b.Unhold()
	click(100, 100)
	b.Key("Enter")
	if r := canvas.CoverUsed(b.State().Selection); r != image.Rect(20, 20, 100, 100) || len(b.Fills.Stacks()) > 0 {
		t.Errorf("selected %v, %d places are being filled", r, len(b.Fills.Stacks()))
	}
	steps := b.steps()
	click(20, 20)
	click(100, 20)
	b.Key("Escape")
	if b.Building() || b.steps() != steps {
		t.Error("Escape left corners or a step")
	}
}
