package tools_test

import (
	"image"
	"image/color"
	"testing"

	"pentimento/canvas"
	"pentimento/tools"
	"pentimento/tools/toolstest"
)

func TestMaskBrushPaintsAndErases(t *testing.T) {
	h := toolstest.New("mask")
	h.Stroke(tools.Vec{X: 50, Y: 50}, tools.Vec{X: 150, Y: 50})
	if h.Mask(100, 50) != 255 || h.Mask(100, 90) != 0 {
		t.Fatalf("mask on the stroke is %d, beside it %d; want 255 and 0", h.Mask(100, 50), h.Mask(100, 90))
	}
	h.Button = tools.Right
	h.Click(100, 50)
	if h.Mask(100, 50) != 0 || h.Mask(50, 50) != 255 {
		t.Errorf("after erasing with the right button the mask is %d there and %d elsewhere, want 0 and 255", h.Mask(100, 50), h.Mask(50, 50))
	}
	h.Button = tools.Left
	h.Click(100, 50)
	b := h.Brush()
	b.Erase = true
	h.SetBrush(b)
	h.Click(100, 50)
	if h.Mask(100, 50) != 0 {
		t.Errorf("after erasing with X the mask is %d, want 0", h.Mask(100, 50))
	}
	h.Use("mask-eraser")
	b.Erase = false
	h.SetBrush(b)
	h.Click(50, 50)
	if h.Mask(50, 50) != 0 {
		t.Errorf("the mask eraser leaves %d, want 0", h.Mask(50, 50))
	}
}

func TestOverlapsWithinOneStrokeDoNotAddUp(t *testing.T) {
	h := toolstest.New("brush")
	b := h.Brush()
	b.Opacity = 0.5
	h.SetBrush(b)
	h.Stroke(tools.Vec{X: 50, Y: 50}, tools.Vec{X: 150, Y: 50}, tools.Vec{X: 50, Y: 50}, tools.Vec{X: 150, Y: 50})
	if got := h.Pixel(100, 50)[3]; got != 128 {
		t.Errorf("half opacity gone over three times in one stroke is %d, want 128", got)
	}
	h.Click(100, 50)
	if got := h.Pixel(100, 50)[3]; got != 192 {
		t.Errorf("a second stroke at half opacity makes %d, want 192", got)
	}
}

// TestTheMaskTakesTheStrengthThatIsPainted, whatever was there; opacity is the colours' alone.
func TestTheMaskTakesTheStrengthThatIsPainted(t *testing.T) {
	h := toolstest.New("mask")
	b := h.Brush()
	b.Opacity, b.Area.Strength = 0.2, 0.5
	h.SetBrush(b)
	h.Stroke(tools.Vec{X: 50, Y: 50}, tools.Vec{X: 150, Y: 50})
	h.Click(100, 50)
	if got := h.Mask(100, 50); got != 128 {
		t.Errorf("painted twice at half strength the mask is %d, want 128", got)
	}
	b.Area.Strength = 1
	h.SetBrush(b)
	h.Click(100, 50)
	if got := h.Mask(100, 50); got != 255 {
		t.Errorf("painted over at full strength it is %d, want 255", got)
	}
	b.Area.Strength = 0.25
	h.SetBrush(b)
	h.Click(100, 50)
	if got := h.Mask(100, 50); got != 64 {
		t.Errorf("painted over at a quarter it is %d, want 64", got)
	}
	h.Use("rectangle")
	b.Area.Strength = 0.5
	h.SetBrush(b)
	h.Stroke(tools.Vec{X: 300, Y: 300}, tools.Vec{X: 400, Y: 400})
	if got := h.Mask(350, 350); got != 128 {
		t.Errorf("a rectangle at half strength is %d, want 128", got)
	}
}

func TestShiftClickDrawsAStraightLine(t *testing.T) {
	for _, name := range []string{"mask", "brush"} {
		h := toolstest.New(name)
		at := func(x, y int) bool {
			if name == "mask" {
				return h.Mask(x, y) == 255
			}
			return h.Pixel(x, y)[3] == 255
		}
		h.Mods = tools.Shift
		h.Click(-200, -100) // there is no last point yet: a dab
		if !at(-200, -100) {
			t.Fatalf("%s: the first Shift+click leaves no dab", name)
		}
		h.Hover(200, 100)
		if o := h.Overlay(); len(o) != 1 || o[0].Kind != tools.Line || o[0].Points[1] != (tools.Vec{X: 200, Y: 100}) {
			t.Errorf("%s: hovering with Shift shows %v, want the line to come", name, o)
		}
		h.Click(200, 100)
		for i := -200; i <= 200; i += 10 {
			if !at(i, i/2) {
				t.Fatalf("%s: the line misses %d,%d", name, i, i/2)
			}
		}
		if at(-100, 50) || at(100, -50) {
			t.Errorf("%s: the line is too wide", name)
		}
		if h.Steps() != 3 {
			t.Errorf("%s: dab and line are %d steps, want 2", name, h.Steps()-1)
		}
		h.Mods = 0
		h.Hover(0, 0)
		if len(h.Overlay()) != 0 {
			t.Errorf("%s: the line is still shown without Shift", name)
		}
	}
}

func TestPaintLiesUnderThePointerWhateverTheOffset(t *testing.T) {
	for _, offset := range []image.Point{{0, 0}, {37, -1001}, {-64, 64}} {
		h := toolstest.New("brush")
		e := h.Doc.Begin("offset")
		e.SetLayer(h.Doc.State().Active, func(l *canvas.Layer) { l.Offset = offset })
		e.Commit()
		b := h.Brush()
		b.Colour, b.Size = color.NRGBA{200, 100, 50, 255}, 20
		h.SetBrush(b)
		h.Stroke(tools.Vec{X: -30, Y: 10}, tools.Vec{X: 30, Y: 10})
		if got := h.Pixel(0, 10); got != [4]uint8{200, 100, 50, 255} {
			t.Errorf("offset %v: the pixel under the stroke is %v", offset, got)
		}
		if used := h.State().Used(); used != image.Rect(-41, -1, 41, 21) && !used.In(image.Rect(-42, -2, 42, 22)) {
			t.Errorf("offset %v: the stroke covers %v", offset, used)
		}
	}
}

func TestColourAlphaThinsThePaint(t *testing.T) {
	h := toolstest.New("brush")
	b := h.Brush()
	b.Colour = color.NRGBA{255, 255, 255, 128}
	h.SetBrush(b)
	h.Click(10, 10)
	if got := h.Pixel(10, 10); got != [4]uint8{128, 128, 128, 128} {
		t.Errorf("white at alpha 128 paints %v, want half-covered white", got)
	}
}

func TestEraserMakesTransparent(t *testing.T) {
	h := busy("eraser")
	h.Click(90, 70)
	if got := h.Pixel(90, 70); got != [4]uint8{} {
		t.Errorf("erased pixel is %v", got)
	}
	if l := h.State().Layer(h.State().Active); l.Placed != nil {
		t.Error("a painted layer still claims to be the placed picture")
	}
}

// TestErasingNothingLeavesNoStep also covers strokes whose paint is not seen.
func TestErasingNothingLeavesNoStep(t *testing.T) {
	for _, name := range []string{"eraser", "mask-eraser"} {
		h := toolstest.New(name)
		h.Stroke(tools.Vec{X: 0, Y: 0}, tools.Vec{X: 300, Y: 10})
		if h.Steps() != 1 {
			t.Errorf("%s on an empty picture leaves a step of history", name)
		}
	}
	h := toolstest.New("brush")
	b := h.Brush()
	b.Opacity = 0
	h.SetBrush(b)
	h.Click(5, 5)
	if h.Steps() != 1 || h.State().Content() != (image.Rectangle{}) {
		t.Error("a stroke without opacity leaves a step of history")
	}
	h = toolstest.New("mask")
	h.Click(300, 300)
	h.Use("mask-eraser")
	h.Click(250, 250) // in the same tile, but not on the dab
	if h.Steps() != 2 {
		t.Error("erasing beside the mask leaves a step of history")
	}
}

func TestHiddenLayerIsNotPainted(t *testing.T) {
	for _, name := range []string{"brush", "eraser", "move"} {
		h := busy(name)
		e := h.Doc.Begin("hide")
		e.SetLayer(h.Doc.State().Active, func(l *canvas.Layer) { l.Visible = false })
		e.Commit()
		before := h.Doc.State()
		h.Stroke(drags[0]...)
		if h.Doc.State() != before {
			t.Errorf("%s works on a hidden layer", name)
		}
	}
}

func TestLightPressureMasksWhollyButNarrower(t *testing.T) {
	h := toolstest.New("mask")
	p := h.At(100, 100)
	p.Pressure = 0.2
	h.Tool.Press(h, p)
	h.Tool.Release(h, p)
	if h.Mask(100, 100) != 255 || h.Mask(120, 100) != 0 {
		t.Errorf("light pressure masks %d in the middle and %d at 20 px, want 255 and 0", h.Mask(100, 100), h.Mask(120, 100))
	}
}

func TestLiftingThePenLeavesNoBlot(t *testing.T) {
	for _, lifted := range []float64{0, 1} {
		h := toolstest.New("brush")
		var last tools.Pointer
		for i := range 20 {
			last = h.At(float64(10*i), 0)
			last.Pressure = 0.2
			if i == 0 {
				h.Tool.Press(h, last)
			} else {
				h.Tool.Drag(h, last)
			}
		}
		last.Pressure = lifted
		h.Tool.Release(h, last)
		if at, before := h.Pixel(190, 0)[3], h.Pixel(100, 0)[3]; at != before {
			t.Errorf("lifted at pressure %v: the end is %d, the line %d", lifted, at, before)
		}
		if got := h.Pixel(190, 20)[3]; got != 0 {
			t.Errorf("lifted at pressure %v: a blot of %d beside the end", lifted, got)
		}
	}
}

func TestStrokeIsSeenWhileItIsDrawn(t *testing.T) {
	h := toolstest.New("brush")
	h.Press(0, 0)
	if h.Pixel(0, 0)[3] != 255 || !image.Pt(0, 0).In(h.Dirty) {
		t.Error("the first dab is not shown at Press")
	}
	for x := 10.0; x <= 200; x += 10 {
		h.Drag(x, 0)
	}
	if h.Pixel(150, 0)[3] != 255 {
		t.Error("the stroke is not shown while it is drawn")
	}
	if h.Doc.State().Content() != (image.Rectangle{}) {
		t.Error("the Document has the stroke before Release")
	}
}
