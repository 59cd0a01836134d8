package tools_test

import (
	"image"
	"image/color"
	"testing"

	"pentimento/canvas"
	"pentimento/canvas/canvastest"
	"pentimento/tools"
	"pentimento/tools/toolstest"
)

func stampHost(t *testing.T, name string) (*toolstest.Host, *image.NRGBA) {
	h := toolstest.New(name)
	img := image.NewNRGBA(image.Rect(0, 0, 500, 300))
	rng := canvastest.Chance(t)
	for i := range img.Pix {
		img.Pix[i] = uint8(rng.Uint32()) | uint8(i&3/3*255)
	}
	e := h.Doc.Begin("picture")
	e.Put(h.State().Active, img, nil)
	e.Commit()
	b := h.Brush()
	b.Size, b.Hardness, b.Smoothing = 40, 1, 0
	h.SetBrush(b)
	return h, img
}

// copied says that what changed around a place is the picture of before, shifted.
func copied(t *testing.T, h *toolstest.Host, img *image.NRGBA, at, shift image.Point) {
	t.Helper()
	n := 0
	for y := at.Y - 15; y < at.Y+15; y++ {
		for x := at.X - 10; x < at.X+10; x++ {
			want := img.NRGBAAt(x+shift.X, y+shift.Y)
			if got := h.Pixel(x, y); got != [4]uint8{want.R, want.G, want.B, want.A} {
				t.Fatalf("pixel %d,%d is %v, want the one at %v away, %v", x, y, got, shift, want)
			}
			n++
		}
	}
}

func TestTheStampCopiesFromItsSource(t *testing.T) {
	for _, loose := range []bool{false, true} {
		h, img := stampHost(t, "stamp")
		b := h.Brush()
		b.Loose = loose
		h.SetBrush(b)
		before := h.State()
		if h.Click(400, 200); h.State() != before {
			t.Fatal("it painted without a source")
		}
		h.Mods = tools.Alt
		h.Click(100, 100)
		if h.Mods = 0; h.State() != before {
			t.Fatal("setting the source painted")
		}
		h.Hover(300, 150)
		if len(h.Overlay()) != 3 {
			t.Errorf("cross and ghost are %d shapes, want 3", len(h.Overlay()))
		}
		h.Click(300, 150)
		copied(t, h, img, image.Pt(300, 150), image.Pt(-200, -50))
		h.Click(400, 150)
		shift := image.Pt(-200, -50)
		if loose {
			shift = image.Pt(-300, -50)
		}
		copied(t, h, img, image.Pt(400, 150), shift)
		if h.Steps() != 4 {
			t.Errorf("%d steps, want 4", h.Steps())
		}
		h.Undo()
		if h.Undo(); h.State() != before {
			t.Error("a stroke is not one step")
		}
	}
}

// TestTheStampCopiesTheOldPictureOnly: where the stroke runs over its own source, nothing that
// it painted is copied again.
func TestTheStampCopiesTheOldPictureOnly(t *testing.T) {
	h, img := stampHost(t, "stamp")
	h.Mods = tools.Control
	h.Click(100, 150)
	h.Mods = 0
	h.Stroke(tools.Vec{X: 130, Y: 150}, tools.Vec{X: 400, Y: 150})
	for _, x := range []int{150, 200, 300, 390} {
		copied(t, h, img, image.Pt(x, 150), image.Pt(-30, 0))
	}
}

func TestTheStampReadsAllLayersOrOne(t *testing.T) {
	for _, this := range []bool{false, true} {
		h, img := stampHost(t, "stamp")
		e := h.Doc.Begin("above")
		id := e.AddLayer("", h.State().Active)
		e.Put(id, flat(image.Rect(0, 0, 60, 60), color.NRGBA{1, 2, 3, 255}), nil)
		e.Commit()
		b := h.Brush()
		b.ThisLayer = this
		h.SetBrush(b)
		h.Mods = tools.Alt
		h.Click(200, 200)
		h.Mods = 0
		if h.Click(400, 200); !this {
			copied(t, h, img, image.Pt(400, 200), image.Pt(-200, 0))
		} else if got := h.Pixel(400, 200); got != [4]uint8{} {
			t.Errorf("of an empty part of this layer it copied %v", got)
		}
	}
}

func TestTheHistoryBrushPaintsBack(t *testing.T) {
	h, _ := stampHost(t, "eraser")
	var opened *canvas.State
	{
		all, _ := h.Doc.Moments() // the host's past is the first step: here the picture
		d, err := canvas.Restore(all[1:], 0)
		if err != nil {
			t.Fatal(err)
		}
		h.Doc, opened = d, d.State()
	}
	h.Stroke(tools.Vec{X: 100, Y: 100}, tools.Vec{X: 400, Y: 200})
	if h.Pixel(250, 150)[3] != 0 {
		t.Fatal("the eraser did not erase")
	}
	h.Use("history")
	b := h.Brush()
	b.Size = 120
	h.SetBrush(b)
	h.Stroke(tools.Vec{X: 100, Y: 100}, tools.Vec{X: 400, Y: 200})
	if !canvas.Same(h.State(), opened) {
		t.Error("over all that was erased it does not give the opened picture again, bit for bit")
	}
}
