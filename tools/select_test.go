package tools_test

import (
	"image"
	"slices"
	"testing"

	"pentimento/canvas"
	"pentimento/canvas/canvastest"
	"pentimento/tools"
	"pentimento/tools/toolstest"
)

// selecting is a host whose area tools make a selection.
func selecting(name string) *toolstest.Host {
	h := toolstest.New(name)
	b := h.Brush()
	b.Area = tools.AreaSettings{Selects: true}
	h.SetBrush(b)
	return h
}

func selected(h *toolstest.Host, x, y int) uint8 {
	var p [1]uint8
	canvas.ReadCover(h.State().Selection, p[:], 1, image.Rect(x, y, x+1, y+1))
	return p[0]
}

func TestAreasJoinTheSelectionByKeys(t *testing.T) {
	h := selecting("rectangle")
	drag := func(mods tools.Mods, x0, y0, x1, y1 float64) {
		h.Mods = mods
		h.Press(x0, y0)
		h.Drag(x1, y1)
		h.Release(x1, y1)
	}
	for _, step := range []struct {
		what string
		mods tools.Mods
		r    [4]float64
		want [4]uint8 // at 10,10  60,10  10,60  90,90
	}{
		{"the first", 0, [4]float64{0, 0, 50, 50}, [4]uint8{255, 0, 0, 0}},
		{"another in its place", 0, [4]float64{50, 0, 100, 50}, [4]uint8{0, 255, 0, 0}},
		{"Shift adds", tools.Shift, [4]float64{0, 0, 60, 100}, [4]uint8{255, 255, 255, 0}},
		{"Alt subtracts", tools.Alt, [4]float64{0, 0, 20, 20}, [4]uint8{0, 255, 255, 0}},
		{"both intersect", tools.Alt | tools.Shift, [4]float64{0, 0, 40, 100}, [4]uint8{0, 0, 255, 0}},
		{"a click drops it", 0, [4]float64{30, 30, 30, 30}, [4]uint8{}},
		{"Alt where none is", tools.Alt, [4]float64{80, 80, 95, 95}, [4]uint8{0, 0, 0, 255}},
	} {
		steps := h.Steps()
		drag(step.mods, step.r[0], step.r[1], step.r[2], step.r[3])
		if got := [4]uint8{selected(h, 10, 10), selected(h, 60, 10), selected(h, 10, 60), selected(h, 90, 90)}; got != step.want || h.Steps() != steps+1 {
			t.Fatalf("%s: %v in %d steps, want %v in one", step.what, got, h.Steps()-steps, step.want)
		}
	}
	if h.State().Mask.Len() > 0 {
		t.Error("something is masked")
	}
	h.Undo()
	if h.State().Selection.Len() > 0 {
		t.Error("undo does not bring back that nothing was selected")
	}
}

// Shift held before the press adds, pressed after it makes a square.
func TestShiftWhileDraggingMakesASquareSelection(t *testing.T) {
	h := selecting("rectangle")
	h.Press(0, 0)
	h.Mods = tools.Shift
	h.Drag(30, 60)
	h.Release(30, 60)
	if got := canvas.CoverUsed(h.State().Selection); got != image.Rect(0, 0, 60, 60) {
		t.Errorf("selected %v", got)
	}
}

func TestEllipseCoversItsArea(t *testing.T) {
	h := toolstest.New("ellipse")
	h.Stroke(tools.Vec{X: -10, Y: 5}, tools.Vec{X: 190, Y: 105})
	sum := 0.0
	for _, v := range h.State().MaskImage(image.Rect(-20, 0, 200, 110)).Pix {
		sum += float64(v) / 255
	}
	if want := 3.14159265 * 100 * 50; sum < want-20 || sum > want+20 {
		t.Errorf("covers %.1f px², want %.1f", sum, want)
	}
}

func TestPolygonIsBuiltByClicks(t *testing.T) {
	h := selecting("polygon")
	b := h.Tool.(tools.Builder)
	for _, p := range []tools.Vec{{X: 0, Y: 0}, {X: 100, Y: 0}, {X: 70, Y: 20}, {X: 100, Y: 100}} {
		h.Click(p.X, p.Y)
		h.Hover(p.X+3, p.Y+5)
		if p.X == 70 {
			b.Back(h) // it was a mistake
		}
	}
	if h.Steps() != 1 || !b.Building() || len(h.Overlay()) == 0 {
		t.Fatal("corners alone leave a step, or nothing to see")
	}
	h.Click(100, 101) // again on the last
	if b.Building() || h.Steps() != 2 || selected(h, 80, 20) != 255 || selected(h, 20, 80) != 0 {
		t.Fatalf("not a triangle: %d steps, %d, %d", h.Steps(), selected(h, 80, 20), selected(h, 20, 80))
	}
	for _, p := range []tools.Vec{{X: 0, Y: 0}, {X: 0, Y: 100}, {X: 100, Y: 100}} {
		h.Click(p.X, p.Y)
	}
	h.Click(4, 3) // on the first
	if b.Building() || h.Steps() != 3 || selected(h, 20, 80) != 255 {
		t.Error("a click on the first corner does not close it")
	}
	h.Click(5, 5)
	h.Cancel()
	if b.Building() || h.Steps() != 3 || len(h.Overlay()) > 0 {
		t.Error("Cancel leaves corners")
	}
	b.Back(h) // nothing is there
	b.Finish(h)
	if h.Steps() != 4 || h.State().Selection.Len() > 0 {
		t.Errorf("closing nothing: %d steps", h.Steps())
	}
}

func TestWandAsksOncePerClick(t *testing.T) {
	h := selecting("wand")
	w := h.Tool.(tools.Seeker)
	h.Mods = tools.Shift
	h.Click(3.7, -2.2)
	s, ok := w.Sought()
	if !ok || s.At != image.Pt(3, -3) || s.Label != "Add to selection" || s.How != canvas.Add {
		t.Errorf("%+v %v", s, ok)
	}
	if _, again := w.Sought(); again {
		t.Error("it asks twice")
	}
	h.Press(5, 5)
	h.Cancel()
	if _, ok := w.Sought(); ok {
		t.Error("it asks after Cancel")
	}
}

// TestObjectRemembersItsClicks: what was clicked away keeps out of later clicks as long as it is not
// there; a stroke gives all its pixels.
func TestObjectRemembersItsClicks(t *testing.T) {
	h := selecting("object")
	w := h.Tool.(tools.Thinger)
	lay := func(r image.Rectangle) {
		e := h.Doc.Begin("lay")
		e.SetSelection(canvas.CoverRect(r))
		e.Commit()
	}
	h.Mods = tools.Shift
	h.Click(3.7, -2.2)
	s, ok := w.Thing(h)
	if !ok || !slices.Equal(s.In, []image.Point{{3, -3}}) || len(s.Out) > 0 || s.How != canvas.Add || s.Label != "Add to selection" {
		t.Errorf("%+v %v", s, ok)
	}
	if _, again := w.Thing(h); again {
		t.Error("it asks twice")
	}
	lay(image.Rect(0, -10, 50, 50))
	h.Mods = tools.Alt
	h.Click(30, 30)
	if s, _ := w.Thing(h); s.How != canvas.Subtract || !slices.Equal(s.Out, []image.Point{{3, -3}}) {
		t.Errorf("subtracts %+v", s)
	}
	lay(image.Rect(0, -10, 20, 20))
	h.Mods = tools.Shift
	h.Press(10, 10)
	h.Drag(14, 10)
	h.Release(14, 10)
	if s, _ := w.Thing(h); len(s.In) != 5 || !slices.Equal(s.Out, []image.Point{{30, 30}}) {
		t.Errorf("a stroke is %+v", s)
	}
	lay(image.Rect(0, -10, 50, 50)) // somebody selected it after all
	h.Click(1, 1)
	if s, _ := w.Thing(h); len(s.Out) > 0 {
		t.Errorf("keeps out %v, which is selected", s.Out)
	}
	h.Press(5, 5)
	h.Cancel()
	if _, ok := w.Thing(h); ok {
		t.Error("it asks after Cancel")
	}
}

// Brush and eraser change nothing outside the selection while the stroke is drawn and after
// it, and inside what they change without one.
func TestBrushAndEraserStayInTheSelection(t *testing.T) {
	rng := canvastest.Chance(t)
	for _, name := range []string{"brush", "eraser"} {
		run := func(limit canvas.Grid[canvas.MaskTile]) (h *toolstest.Host, before *canvas.State) {
			h = toolstest.New(name)
			e := h.Doc.Begin("paint")
			img := image.NewNRGBA(image.Rect(-30, -30, 200, 200))
			for i := range img.Pix {
				img.Pix[i] = uint8(i*7) | 128
			}
			e.Put(e.State().Active, img, nil)
			e.SetSelection(limit)
			e.Commit()
			before = h.Doc.State()
			h.Press(-20, 10)
			h.Drag(120, 90)
			h.Drag(180, 30)
			return h, before
		}
		m := canvastest.Blob(rng, image.Rect(10, 0, 150, 140))
		h, before := run(canvas.Cover(m))
		if d := canvastest.Outside(before, canvastest.Copy(h.State()), m); d != "" {
			t.Fatalf("%s, drawing: %s", name, d)
		}
		h.Release(180, 30)
		if d := canvastest.Outside(before, h.State(), m); d != "" {
			t.Fatalf("%s: %s", name, d)
		}
		free, _ := run(canvas.Grid[canvas.MaskTile]{})
		free.Release(180, 30)
		changed := 0
		for y := range 140 {
			for x := range 150 {
				if m.AlphaAt(x, y).A == 255 && h.Pixel(x, y) != free.Pixel(x, y) {
					t.Fatalf("%s: %d, %d inside is %v, without a selection %v", name, x, y, h.Pixel(x, y), free.Pixel(x, y))
				}
				if h.Pixel(x, y) != [4]uint8(pixels(before, image.Rect(x, y, x+1, y+1))[0]) {
					changed++
				}
			}
		}
		if changed == 0 {
			t.Errorf("%s changed nothing", name)
		}
	}
}

// A stroke on a layer's mask changes it inside the selection alone.
func TestPaintingALayersMaskStaysInTheSelection(t *testing.T) {
	h := toolstest.New("brush")
	e := h.Doc.Begin("mask")
	id := e.State().Active
	e.SetLayerMask(id, &canvas.LayerMask{Outside: 255})
	e.SetLayer(id, func(l *canvas.Layer) { l.Offset = image.Pt(13, -7) })
	e.SetSelection(canvas.CoverRect(image.Rect(40, 20, 90, 80)))
	e.Commit()
	b := h.Brush()
	b.LayerMask, b.Size, b.Hardness = true, 30, 1
	h.SetBrush(b)
	h.Press(10, 50)
	h.Drag(150, 50)
	h.Release(150, 50)
	l := h.State().Layer(id)
	if got := l.Mask.Used().Add(l.Offset); !got.In(image.Rect(40, 20, 90, 80)) || got.Dx() != 50 {
		t.Errorf("the mask is painted in %v", got)
	}
}

// lined is a Host with guide lines.
type lined struct {
	*toolstest.Host
	lines tools.Lines
}

func (l lined) SnapTo(canvas.LayerID) tools.Lines { return l.lines }

// TestOutlinesLieOnGuideLines that are near, unless Ctrl is held.
func TestOutlinesLieOnGuideLines(t *testing.T) {
	for _, name := range []string{"lasso", "polygon"} {
		for _, mods := range []tools.Mods{0, tools.Control} {
			h := lined{toolstest.New(name), tools.Lines{X: []float64{20, 80}, Y: []float64{10, 70}}}
			h.Mods = mods
			square := []tools.Vec{{X: 17, Y: 12}, {X: 84, Y: 7}, {X: 78, Y: 73}, {X: 23, Y: 67}}
			for i, at := range square {
				if i == 0 || name == "polygon" {
					h.Tool.Press(h, h.At(at.X, at.Y))
				}
				h.Tool.Drag(h, h.At(at.X, at.Y))
				if i > 0 && mods == 0 && !holdsLine(h.Tool.(tools.Overlayer).Overlay(h)) {
					t.Errorf("%s: the lines that hold %v are not shown", name, at)
				}
			}
			last := h.At(square[3].X, square[3].Y)
			h.Tool.Release(h, last)
			if name == "polygon" {
				h.Tool.Press(h, last) // a second click where the corner was set, not where it lies
			}
			if got, on := h.State().MaskUsed(), image.Rect(20, 10, 80, 70); (got == on) != (mods == 0) || got.Empty() {
				t.Errorf("%s with keys %v: the mask is %v; on the lines it is %v", name, mods, got, on)
			}
		}
	}
}

func holdsLine(shapes []tools.Shape) bool {
	return slices.ContainsFunc(shapes, func(s tools.Shape) bool { return s.Kind == tools.Guide })
}
