package tools_test

import (
	"image"
	"slices"
	"testing"

	"pentimento/canvas"
	"pentimento/tools"
	"pentimento/tools/toolstest"
)

func active(h *toolstest.Host) *canvas.Layer { return h.State().Layer(h.State().Active) }

// layerPixels reads a layer in a rectangle.
func layerPixels(l *canvas.Layer, r image.Rectangle) []uint8 {
	p := make([]uint8, 4*r.Dx()*r.Dy())
	l.Read(p, 4*r.Dx(), r)
	return p
}

func TestMoveShiftsTheLayerWhole(t *testing.T) {
	h := pictured("move")
	r := image.Rect(-100, 50, 540, 530)
	want := layerPixels(active(h), r)
	h.Press(0, 100)
	h.Drag(10, 10)
	h.Release(-130.4, 170.6)
	d := image.Pt(-130, 71)
	if got := layerPixels(active(h), r.Add(d)); !slices.Equal(got, want) {
		t.Error("the moved layer has other pixels")
	}
	if active(h).Offset != d || h.State().Used() != r.Add(d) {
		t.Errorf("the layer lies at %v, want %v", active(h).Offset, d)
	}
	h.Mods = tools.Shift
	h.Press(0, 100)
	h.Release(30, 110)
	if active(h).Offset != d.Add(image.Pt(30, 0)) {
		t.Errorf("with Shift the layer went to %v, want one axis only", active(h).Offset)
	}
}

func TestMoveThereAndBackLeavesNoStep(t *testing.T) {
	for _, at := range []tools.Vec{{X: 60, Y: 50}, {X: 130, Y: 100}} { // the layer, a handle
		h := busy("move")
		before, steps := h.Doc.State(), h.Steps()
		h.Press(at.X, at.Y)
		h.Drag(at.X+30, at.Y+20)
		h.Drag(at.X, at.Y)
		h.Release(at.X, at.Y)
		if h.Doc.State() != before || h.Steps() != steps {
			t.Errorf("from %v: moving there and back left a step", at)
		}
	}
}

func TestPlacedPictureMovesWithItsHandles(t *testing.T) {
	h := busy("move")
	h.Press(90, 70)
	h.Release(190, 80)
	if p := active(h).Placed; p == nil || p.Rect != image.Rect(150, 50, 230, 110) {
		t.Fatalf("after moving, the placed picture is %+v", p)
	}
	if h.Cursor(230, 110) != tools.ResizeNWSE || h.Cursor(130, 100) != tools.MoveAll {
		t.Error("the handles did not move along")
	}
}

func TestHandlesScaleAPlacedPicture(t *testing.T) {
	for _, c := range []struct {
		what     string
		from, to tools.Vec
		mods     tools.Mods
		want     image.Rectangle
	}{
		{"corner", tools.Vec{X: 130, Y: 100}, tools.Vec{X: 210, Y: 110}, 0, image.Rect(50, 40, 210, 110)},
		{"corner with ratio", tools.Vec{X: 130, Y: 100}, tools.Vec{X: 210, Y: 110}, tools.Shift, image.Rect(50, 40, 210, 160)},
		{"opposite corner with ratio", tools.Vec{X: 50, Y: 40}, tools.Vec{X: 90, Y: 70}, tools.Shift, image.Rect(90, 70, 130, 100)},
		{"left", tools.Vec{X: 50, Y: 70}, tools.Vec{X: 10, Y: 0}, 0, image.Rect(10, 40, 130, 100)},
		{"right with ratio", tools.Vec{X: 130, Y: 70}, tools.Vec{X: 210, Y: 70}, tools.Shift, image.Rect(50, 10, 210, 130)},
		{"never empty or flipped", tools.Vec{X: 130, Y: 100}, tools.Vec{X: -500, Y: -500}, 0, image.Rect(50, 40, 51, 41)},
	} {
		h := busy("move")
		source, steps := active(h).Placed.Source, h.Steps()
		h.Mods = c.mods
		h.Press(c.from.X, c.from.Y)
		h.Drag((c.from.X+c.to.X)/2, c.to.Y)
		h.Drag(c.to.X, c.to.Y)
		h.Release(c.to.X, c.to.Y)
		l := active(h)
		if l.Placed == nil || l.Placed.Rect != c.want || l.Placed.Source != source {
			t.Errorf("%s: placed %+v, want %v of the same source", c.what, l.Placed, c.want)
		}
		if l.Used() != c.want || h.Steps() != steps+1 {
			t.Errorf("%s: pixels cover %v in %d steps, want %v in one", c.what, l.Used(), h.Steps()-steps, c.want)
		}
	}
}

// TestScalingAgainLosesNothing: down to a tenth and back is the first drawing again,
// since every scaling starts from the source.
func TestScalingAgainLosesNothing(t *testing.T) {
	h := busy("move")
	h.Press(130, 100)
	h.Release(210, 160) // twice
	twice := layerPixels(active(h), whole)
	h.Press(210, 160)
	h.Release(60, 47)
	h.Press(60, 47)
	h.Release(210, 160)
	if got := layerPixels(active(h), whole); !slices.Equal(got, twice) {
		t.Error("scaling down and up again changed the picture")
	}
}

func TestScalingIsSeenWhileDragging(t *testing.T) {
	h := busy("move")
	h.Press(130, 100)
	h.Drag(250, 220)
	if active(h).Used() != image.Rect(50, 40, 250, 220) {
		t.Errorf("while scaling, the layer covers %v", active(h).Used())
	}
	found := false
	for _, s := range h.Overlay() {
		found = found || s.Kind == tools.Label && s.Text == "200 × 180 (274 %)"
	}
	if !found {
		t.Errorf("no label with the size in %v", h.Overlay())
	}
	h.Drag(5000, 5000) // too large for a preview: only the outline
	if active(h).Used() != image.Rect(50, 40, 250, 220) {
		t.Error("a large preview was drawn")
	}
	h.Cancel()
	if active(h).Placed.Rect != image.Rect(50, 40, 130, 100) {
		t.Error("Cancel did not put the picture back")
	}
}

// TestScalingDownAverages: single-pixel stripes, a quarter of the size, are their mean.
func TestScalingDownAverages(t *testing.T) {
	h := toolstest.New("move")
	src := image.NewNRGBA(image.Rect(0, 0, 400, 400))
	for i := 0; i < len(src.Pix); i += 4 {
		v := uint8(i / 4 % 2 * 255)
		src.Pix[i], src.Pix[i+1], src.Pix[i+2], src.Pix[i+3] = v, v, v, 255
	}
	e := h.Doc.Begin("place")
	e.Place(h.Doc.State().Active, src, src)
	e.Commit()
	h.Press(400, 400)
	h.Drag(300, 200)
	h.Release(100, 100)
	for _, x := range []int{20, 50, 77} {
		if p := h.Pixel(x, 50); p[0] < 122 || p[0] > 133 || p[3] != 255 {
			t.Errorf("black and white stripes at a quarter are %v at %d, want grey", p, x)
		}
	}
}
