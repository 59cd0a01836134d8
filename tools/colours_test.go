package tools_test

import (
	"image"
	"image/color"
	"testing"

	"pentimento/tools"
	"pentimento/tools/toolstest"
)

// stripes puts columns of black and white beside each other on the active layer.
func stripes(h *toolstest.Host, r image.Rectangle) {
	img := image.NewNRGBA(r)
	for y := r.Min.Y; y < r.Max.Y; y++ {
		for x := r.Min.X; x < r.Max.X; x++ {
			img.SetNRGBA(x, y, color.NRGBA{uint8(x & 1 * 255), uint8(x & 1 * 255), uint8(x & 1 * 255), 255})
		}
	}
	e := h.Doc.Begin("stripes")
	e.Put(h.State().Active, img, nil)
	e.Commit()
}

func TestThePickersMeanIsOfItsSquareAlone(t *testing.T) {
	h := toolstest.New("picker")
	stripes(h, image.Rect(0, 0, 40, 40))
	for _, v := range []struct {
		mean int
		at   float64
		want uint8
	}{{1, 10.5, 0}, {1, 11.5, 255}, {3, 10.5, 170}, {3, 11.5, 85}, {11, 20.5, 139}, {11, 0.5, 128}} {
		b := h.Brush()
		b.Mean = v.mean
		h.SetBrush(b)
		h.Click(v.at, 20.5)
		if got := h.Brush().Colour; got != (color.NRGBA{v.want, v.want, v.want, 255}) {
			t.Errorf("%d pixels at %v give %v, want %d", v.mean, v.at, got, v.want)
		}
	}
	h.Button = tools.Right
	b := h.Brush()
	b.Mean = 1
	h.SetBrush(b)
	h.Click(11.5, 3)
	if got := h.Brush(); got.Back != (color.NRGBA{255, 255, 255, 255}) || got.Colour != b.Colour {
		t.Errorf("the right button gave %v and %v", got.Colour, got.Back)
	}
}

func TestThePickerReadsOneLayerOrAll(t *testing.T) {
	h := toolstest.New("picker")
	e := h.Doc.Begin("two layers")
	low := h.State().Active
	e.Put(low, flat(image.Rect(0, 0, 20, 20), color.NRGBA{200, 0, 0, 255}), nil)
	e.Put(e.AddLayer("", low), flat(image.Rect(0, 0, 20, 20), color.NRGBA{0, 0, 200, 255}), nil)
	e.SetActive(low)
	e.Commit()
	for _, only := range []bool{false, true} {
		b := h.Brush()
		b.ThisLayer = only
		h.SetBrush(b)
		h.Click(5, 5)
		if got := h.Brush().Colour; (got.R == 200) != only {
			t.Errorf("this layer %v: picked %v", only, got)
		}
	}
}

func flat(r image.Rectangle, c color.NRGBA) *image.NRGBA {
	img := image.NewNRGBA(r)
	for i := 0; i < len(img.Pix); i += 4 {
		img.Pix[i], img.Pix[i+1], img.Pix[i+2], img.Pix[i+3] = c.R, c.G, c.B, c.A
	}
	return img
}

func TestAModifierMakesTheBrushAPicker(t *testing.T) {
	for _, mod := range []tools.Mods{tools.Alt, tools.Control} {
		h := toolstest.New("brush")
		stripes(h, image.Rect(0, 0, 40, 40))
		before := h.State()
		h.Mods = mod
		h.Click(11.5, 20)
		if h.State() != before || h.Brush().Colour.R != 255 {
			t.Errorf("with %v the brush painted, or picked %v", mod, h.Brush().Colour)
		}
		h.Mods = 0
		h.Click(11.5, 20)
		if h.State() == before {
			t.Error("without it the brush does not paint any more")
		}
	}
}

func TestSizeByDrag(t *testing.T) {
	for _, name := range []string{"brush", "eraser", "mask", "mask-eraser"} {
		h := toolstest.New(name)
		stripes(h, image.Rect(0, 0, 40, 40))
		before, steps := h.State(), h.Steps()
		was := h.Brush()
		h.Button, h.Mods = tools.Right, tools.Alt
		h.Press(100, 100)
		h.Drag(130, 110)
		if got := h.Brush(); got.Size != was.Size+60 || got.Hardness != was.Hardness {
			t.Errorf("%s: 30 pixels to the right give %v, want %v", name, got.Size, was.Size+60)
		}
		if len(h.Overlay()) < 2 {
			t.Errorf("%s: no ring stands where the drag began", name)
		}
		h.Drag(90, 60)
		if got := h.Brush(); got.Size != was.Size || got.Hardness != 1 {
			t.Errorf("%s: 40 pixels up give %v and a hardness of %v", name, got.Size, got.Hardness)
		}
		h.Cancel()
		if h.Brush() != was {
			t.Errorf("%s: Esc left %v", name, h.Brush())
		}
		if h.Press(100, 100); h.State() != before || h.Steps() != steps {
			t.Errorf("%s painted", name)
		}
		h.Drag(-4000, 100)
		if h.Release(-4000, 100); h.Brush().Size != 1 {
			t.Errorf("%s: far to the left gives %v", name, h.Brush().Size)
		}
	}
}
