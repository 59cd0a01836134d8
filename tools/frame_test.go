package tools_test

import (
	"image"
	"testing"

	"pentimento/tools"
	"pentimento/tools/toolstest"
)

func framed(r image.Rectangle) *toolstest.Host {
	h := toolstest.New("frame")
	e := h.Doc.Begin("frame")
	e.SetFrame(r)
	e.Commit()
	return h
}

func TestFrameMovesAndResizesInSteps(t *testing.T) {
	start := image.Rect(0, 0, 512, 512)
	for _, c := range []struct {
		what     string
		from, to tools.Vec
		mods     tools.Mods
		want     image.Rectangle
	}{
		{"move snaps the corner to 64", tools.Vec{X: 256, Y: 200}, tools.Vec{X: 356, Y: 180}, 0, image.Rect(128, 0, 640, 512)},
		{"move by 8 with Alt", tools.Vec{X: 256, Y: 200}, tools.Vec{X: 356, Y: 187}, tools.Alt, image.Rect(104, -16, 616, 496)},
		{"move freely with Control", tools.Vec{X: 256, Y: 200}, tools.Vec{X: 355.6, Y: 187}, tools.Control, image.Rect(100, -13, 612, 499)},
		{"right handle", tools.Vec{X: 512, Y: 256}, tools.Vec{X: 700, Y: 400}, 0, image.Rect(0, 0, 704, 512)},
		{"right handle, taken 5 px off", tools.Vec{X: 517, Y: 256}, tools.Vec{X: 645, Y: 400}, 0, image.Rect(0, 0, 640, 512)},
		{"top left handle", tools.Vec{X: 0, Y: 0}, tools.Vec{X: -60, Y: 140}, 0, image.Rect(-64, 128, 512, 512)},
		{"bottom handle with Alt", tools.Vec{X: 256, Y: 512}, tools.Vec{X: 256, Y: 590}, tools.Alt, image.Rect(0, 0, 512, 592)},
		{"bottom handle with Control", tools.Vec{X: 256, Y: 512}, tools.Vec{X: 256, Y: 590}, tools.Control, image.Rect(0, 0, 512, 590)},
		{"left handle past the right side", tools.Vec{X: 0, Y: 256}, tools.Vec{X: 900, Y: 256}, 0, image.Rect(448, 0, 512, 512)},
		{"never below 64, with Control", tools.Vec{X: 512, Y: 512}, tools.Vec{X: 10, Y: 10}, tools.Control, image.Rect(0, 0, 64, 64)},
		{"new frame outside", tools.Vec{X: 700, Y: 600}, tools.Vec{X: 1000, Y: 900}, 0, image.Rect(704, 576, 1024, 896)},
		{"new frame up and left", tools.Vec{X: -100, Y: -100}, tools.Vec{X: -390, Y: -300}, 0, image.Rect(-448, -320, -128, -128)},
		{"new frame is at least 64", tools.Vec{X: 700, Y: 600}, tools.Vec{X: 705, Y: 590}, tools.Control, image.Rect(700, 536, 764, 600)},
		{"click outside brings it there", tools.Vec{X: 1000, Y: -1000}, tools.Vec{X: 1000, Y: -1000}, 0, image.Rect(768, -1280, 1280, -768)},
		{"click inside leaves it", tools.Vec{X: 200, Y: 200}, tools.Vec{X: 201, Y: 201}, tools.Control, start},
	} {
		h := framed(start)
		steps := h.Steps()
		h.Mods = c.mods
		h.Press(c.from.X, c.from.Y)
		h.Drag((c.from.X+c.to.X)/2, c.to.Y)
		h.Drag(c.to.X, c.to.Y)
		h.Release(c.to.X, c.to.Y)
		if got := h.Doc.State().Frame; got != c.want {
			t.Errorf("%s: the frame is %v, want %v", c.what, got, c.want)
		}
		want := 1
		if c.want == start {
			want = 0
		}
		if h.Steps()-steps != want {
			t.Errorf("%s: %d steps of history, want %d", c.what, h.Steps()-steps, want)
		}
	}
}

func TestFrameKeepsAnOddSnapSetting(t *testing.T) {
	h := framed(image.Rect(0, 0, 320, 320))
	b := h.Brush()
	b.Snap = 32
	h.SetBrush(b)
	h.Press(320, 160)
	h.Release(350, 160)
	if got := h.Doc.State().Frame; got != image.Rect(0, 0, 352, 320) {
		t.Errorf("with a grid of 32 the frame is %v", got)
	}
}

// TestHandlesAreHitAtEveryZoom: nine device pixels, whatever that is in the document.
func TestHandlesAreHitAtEveryZoom(t *testing.T) {
	r := image.Rect(0, 0, 512, 512)
	for _, scale := range []float64{0.05, 0.25, 1, 3, 64} {
		h := framed(r)
		h.SetView(tools.View{Scale: scale, W: 1000, H: 800})
		for _, c := range []struct {
			dx, dy float64 // device pixels off the top right corner
			want   tools.Cursor
		}{{0, 0, tools.ResizeNESW}, {6, -6, tools.ResizeNESW}, {0, -8.9, tools.ResizeNESW}, {7, -7, tools.Cross}, {12, 0, tools.Cross}} {
			if got := h.Cursor(512+c.dx/scale, c.dy/scale); got != c.want {
				t.Errorf("scale %v: %v,%v device pixels off the corner the cursor is %q, want %q", scale, c.dx, c.dy, got, c.want)
			}
		}
		if got := h.Cursor(256, 256); got != tools.MoveAll {
			t.Errorf("scale %v: in the middle the cursor is %q, want %q", scale, got, tools.MoveAll)
		}
	}
}

func TestFrameShowsItsHandlesAndSize(t *testing.T) {
	h := framed(image.Rect(-64, 0, 448, 768))
	count := map[tools.ShapeKind]int{}
	for _, s := range h.Overlay() {
		count[s.Kind]++
		if s.Kind == tools.Label && s.Text != "512 × 768" {
			t.Errorf("the label says %q", s.Text)
		}
	}
	if count[tools.Handle] != 8 || count[tools.Box] != 1 || count[tools.Label] != 1 {
		t.Errorf("shapes %v, want eight handles, one box, one label", count)
	}
}

// TestSmallFrameCanStillBeMoved: 64 px at 25 % is 16 device pixels wide, less than the
// handles' reach from both sides.
func TestSmallFrameCanStillBeMoved(t *testing.T) {
	h := framed(image.Rect(0, 0, 64, 64))
	h.SetView(tools.View{Scale: 0.25, W: 1000, H: 800})
	if got := h.Cursor(32, 32); got != tools.MoveAll {
		t.Errorf("in the middle the cursor is %q, want %q", got, tools.MoveAll)
	}
	if got := h.Cursor(64, 32); got != tools.ResizeEW {
		t.Errorf("on the right side the cursor is %q, want %q", got, tools.ResizeEW)
	}
}

func TestFrameThereAndBackLeavesNoStep(t *testing.T) {
	h := framed(image.Rect(0, 0, 512, 512))
	h.Mods = tools.Control
	before, steps := h.Doc.State(), h.Steps()
	h.Press(200, 200)
	h.Drag(300, 300)
	h.Drag(201, 200) // nearer than what a hand trembles, but the drag has begun
	if h.State().Frame != image.Rect(1, 0, 513, 512) {
		t.Errorf("the frame stays at %v", h.State().Frame)
	}
	h.Drag(200, 200)
	h.Release(200, 200)
	if h.Doc.State() != before || h.Steps() != steps {
		t.Error("a drag there and back left a step")
	}
}
