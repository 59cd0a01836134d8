package tools_test

import (
	"image"
	"math/rand/v2"
	"testing"

	"pentimento/canvas"
	"pentimento/canvas/canvastest"
	"pentimento/tools"
	"pentimento/tools/toolstest"
)

// tailed shows the tail of whatever it forwards, as the window does.
type tailed struct{ tools.Tool }

func (t tailed) Press(h tools.Host, p tools.Pointer) { t.Tool.Press(h, p); t.tail(h) }
func (t tailed) Drag(h tools.Host, p tools.Pointer)  { t.Tool.Drag(h, p); t.tail(h) }
func (t tailed) tail(h tools.Host)                   { t.Tool.(tools.Tailer).Tail(h) }

// TestAShownTailLeavesTheSamePicture: every brush, on what it paints on, with and without.
func TestAShownTailLeavesTheSamePicture(t *testing.T) {
	cases := []struct {
		name, tool string
		change     func(e *canvas.Edit, id canvas.LayerID, b *tools.BrushSettings)
	}{
		{"brush", "brush", nil},
		{"light brush", "brush", func(_ *canvas.Edit, _ canvas.LayerID, b *tools.BrushSettings) { b.Hardness, b.Opacity = 0, 0.4 }},
		{"pen", "brush", func(_ *canvas.Edit, _ canvas.LayerID, b *tools.BrushSettings) {
			b.Pressure, b.Gamma, b.Tilt = tools.PressureSize|tools.PressureOpacity, 2, true
		}},
		{"alpha lock", "brush", func(e *canvas.Edit, id canvas.LayerID, _ *tools.BrushSettings) {
			e.SetLayer(id, func(l *canvas.Layer) { l.Lock = canvas.LockAlpha })
		}},
		{"selection", "brush", func(e *canvas.Edit, _ canvas.LayerID, _ *tools.BrushSettings) {
			e.SetSelection(canvas.CoverRect(image.Rect(30, 20, 190, 140)))
		}},
		{"moved layer", "brush", func(e *canvas.Edit, id canvas.LayerID, _ *tools.BrushSettings) {
			e.SetLayer(id, func(l *canvas.Layer) { l.Offset = image.Pt(13, -70) })
		}},
		{"layer's mask", "brush", func(e *canvas.Edit, id canvas.LayerID, b *tools.BrushSettings) {
			e.SetLayerMask(id, &canvas.LayerMask{Outside: 255})
			b.LayerMask = true
		}},
		{"eraser", "eraser", nil},
		{"mask", "mask", nil},
		{"mask eraser", "mask-eraser", nil},
		{"stamp", "stamp", nil},
		{"history", "history", nil},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			for _, name := range toolstest.Strokes() {
				plain, _ := strokeWithTail(t, c.tool, name, false, c.change)
				shown, base := strokeWithTail(t, c.tool, name, true, c.change)
				if d := canvastest.Difference(plain.State(), shown.State()); d != "" {
					t.Errorf("%s: with a tail shown the picture differs: %s", name, d)
				}
				was, now := plain.State().Layer(plain.State().Active).Tiles.Len(), shown.State().Layer(shown.State().Active).Tiles.Len()
				if was != now || plain.State().Mask.Len() != shown.State().Mask.Len() {
					t.Errorf("%s: a shown tail has left tiles: %d and %d of pixels", name, was, now)
				}
				if plain.Steps() != shown.Steps() {
					t.Errorf("%s: with a tail shown the history has %d steps, want %d", name, shown.Steps(), plain.Steps())
				}
				changed := plain.State() != base
				if shown.Undo(); changed && shown.State() != base {
					t.Errorf("%s: one undo does not give the picture before the stroke", name)
				}
			}
		})
	}
}

func strokeWithTail(t *testing.T, tool, name string, shown bool, change func(*canvas.Edit, canvas.LayerID, *tools.BrushSettings)) (*toolstest.Host, *canvas.State) {
	points, err := toolstest.Recorded(name)
	if err != nil {
		t.Fatal(err)
	}
	h := toolstest.New(tool)
	e := h.Doc.Begin("picture")
	e.Put(h.Doc.State().Active, canvastest.Texture(image.Rect(0, 0, 250, 180), 3), nil)
	e.SetMask(canvastest.Blob(rand.New(rand.NewPCG(5, 5)), image.Rect(0, 0, 300, 200)))
	b := h.Brush()
	b.Size = 17
	if change != nil {
		change(e, h.Doc.State().Active, &b)
	}
	e.Commit()
	h.SetBrush(b)
	if tool == "stamp" {
		h.Mods = tools.Alt
		h.Click(20, 20)
		h.Mods = 0
	}
	if shown {
		h.Tool = tailed{h.Tool}
	}
	base := h.State()
	h.Replay(points, 0, 0)
	return h, base
}

// TestACancelledTailLeavesNoTrace, nor does one that was taken back.
func TestACancelledTailLeavesNoTrace(t *testing.T) {
	h := toolstest.New("brush")
	before := h.State()
	h.Press(10, 10)
	h.Drag(20, 10)
	h.Drag(600, 10)
	h.Tool.(tools.Tailer).Tail(h)
	if h.Pixel(590, 10)[3] == 0 {
		t.Fatal("the stroke is not shown up to the pointer")
	}
	h.Drag(30, 10)
	h.Release(30, 10)
	if got := h.State().Layer(h.State().Active).Used(); got.Max.X > 700 {
		t.Errorf("the layer reaches to %v", got)
	}
	h.Undo()
	h.Press(10, 10)
	h.Drag(600, 10)
	h.Tool.(tools.Tailer).Tail(h)
	h.Cancel()
	if h.State() != before {
		t.Error("a cancelled stroke has left another State")
	}
}
