package editor

import (
	"bytes"
	"context"
	"image"
	"image/color"
	"testing"

	"pentimento/canvas"
	"pentimento/canvas/canvastest"
	"pentimento/canvas/file"
	"pentimento/canvas/render"
	"pentimento/pipeline/pixels"
)

func (b *bench) copied() *file.Picture {
	b.t.Helper()
	b.until("the copy", func() bool { return !b.Editor.copied.busy })
	p, err := file.Decode(context.Background(), bytes.NewReader(b.clip), nil)
	if err != nil {
		b.t.Fatal(err)
	}
	return p
}

func (b *bench) steps() int { h, _ := b.History(); return len(h) }

// TestCopyIsWhatTheMaskCovers: pixels of the layer, alpha times coverage, and a paste of it
// lands on the very same pixels.
func TestCopyIsWhatTheMaskCovers(t *testing.T) {
	b := newBench(t)
	src := texture(image.Rect(10, 20, 210, 170), 1)
	b.put(src)
	m := image.NewAlpha(image.Rect(50, 60, 120, 130))
	for i := range m.Pix {
		m.Pix[i] = uint8(i)
	}
	b.Edit("mask", func(ed *canvas.Edit) { ed.SetMask(m) })
	steps := b.steps()
	b.Do("edit.copy")
	got := b.copied().NRGBA()
	used := b.State().MaskUsed()
	if got.Rect.Size() != used.Size() {
		t.Fatalf("copied %v, want %v", got.Rect, used)
	}
	for y := range used.Dy() {
		for x := range used.Dx() {
			want := src.NRGBAAt(x+used.Min.X, y+used.Min.Y)
			if want.A = m.AlphaAt(x+used.Min.X, y+used.Min.Y).A; want.A == 0 {
				want = color.NRGBA{}
			}
			if p := got.NRGBAAt(x, y); p != want {
				t.Fatalf("at %d, %d: %v, want %v", x, y, p, want)
			}
		}
	}
	if b.steps() != steps {
		t.Error("copying made a step")
	}
	b.maskRect(image.Rect(50, 60, 120, 130))
	b.Do("edit.copy")
	b.copied()
	b.Do("edit.paste")
	s := b.State()
	if l := s.Layer(s.Active); len(s.Layers) != 2 || l.Used() != image.Rect(50, 60, 120, 130) ||
		pixels.Differing(pixels.Crop(src, l.Used()), flattenLayer(s, l)) != 0 {
		t.Errorf("pasted at %v, other than what was copied", l.Used())
	}
}

// TestCutAndPasteGiveThePictureBack: one step, bit for bit outside, and together they are the
// picture of before. A paste that comes before the copy is packed waits for it.
func TestCutAndPasteGiveThePictureBack(t *testing.T) {
	b := newBench(t)
	b.put(texture(image.Rect(0, 0, 300, 200), 2))
	r := image.Rect(33, 40, 150, 111)
	b.maskRect(r)
	before, steps := canvastest.Copy(b.State()), b.steps()
	all := render.Flatten(before, b.Used(), render.FlattenOptions{})
	b.Do("edit.cut")
	if b.steps() != steps+1 {
		t.Errorf("cut made %d steps", b.steps()-steps)
	}
	hole := b.State()
	if d := canvastest.Outside(before, hole, pixels.Full(r)); d != "" {
		t.Error(d)
	}
	if p := render.Flatten(hole, image.Rect(60, 60, 61, 61), render.FlattenOptions{}).Pix; p[3] != 0 {
		t.Errorf("what was cut is still there: %v", p)
	}
	b.Do("edit.paste") // at once
	b.until("the paste", func() bool { return len(b.State().Layers) == 2 })
	if got := render.Flatten(b.State(), b.Used(), render.FlattenOptions{}); pixels.Differing(got, all) != 0 || got.Rect != all.Rect {
		t.Error("cut and paste are not the picture of before")
	}
	b.Do("edit.undo")
	b.Do("edit.undo")
	if d := canvastest.Difference(before, b.State()); d != "" {
		t.Error(d)
	}
}

// TestPastingWhatWasCutWhole stays in the document: its steps are not left behind.
func TestPastingWhatWasCutWhole(t *testing.T) {
	b := newBench(t)
	b.put(texture(image.Rect(7, 9, 60, 50), 7))
	doc := b.Document()
	b.Do("edit.cut")
	b.Do("edit.paste")
	b.until("the paste", func() bool { return !b.Empty() })
	if b.Document() != doc || b.Used() != image.Rect(7, 9, 60, 50) {
		t.Errorf("pasted into another document, or at %v", b.Used())
	}
}

// TestCopyMergedIsWhatIsSeen, without a mask everything; a full clipboard still pastes here.
func TestCopyMergedIsWhatIsSeen(t *testing.T) {
	b := newBench(t)
	b.put(texture(image.Rect(0, 0, 90, 80), 3))
	b.Do("layer.add")
	b.put(flat(image.Rect(20, 20, 120, 60), color.NRGBA{200, 30, 10, 128}))
	seen := render.Flatten(b.State(), b.Used(), render.FlattenOptions{})
	b.full = true
	b.Do("edit.copymerged")
	b.until("the copy", func() bool { return !b.Editor.copied.busy })
	if len(b.failed) != 1 {
		t.Fatalf("a full clipboard failed %v", b.failed)
	}
	b.Do("edit.paste")
	s := b.State()
	if got := flattenLayer(s, s.Layer(s.Active)); len(s.Layers) != 3 || got.Rect != seen.Rect || pixels.Differing(got, seen) != 0 {
		t.Errorf("pasted %v, want what was seen", got.Rect)
	}
	b.clip = nil
	b.Do("layer.add")
	b.Do("edit.copy")
	if len(b.failed) != 2 || b.Editor.copied.busy {
		t.Errorf("copying an empty layer: %v", b.failed)
	}
}

// TestCopiesSayTheirColours: the bytes of a document in P3 go out with its profile and come
// back as they were; another document gets them where it is looked at.
func TestCopiesSayTheirColours(t *testing.T) {
	b := newBench(t)
	b.openFile(written(t, "p3.png", texture(image.Rect(0, 0, 64, 64), 4), file.Meaning{Profile: displayP3}))
	b.maskRect(image.Rect(8, 8, 40, 40))
	b.Do("edit.copy")
	if p := b.copied(); p.Space() == nil {
		t.Fatal("the copy has no profile")
	}
	b.Do("edit.paste")
	s := b.State()
	if pixels.Differing(flattenLayer(s, s.Layer(s.Active)), flattenLayer(s, s.Layers[0])) != 0 {
		t.Error("pasted bytes differ from those copied")
	}
	b.Reset(canvas.New(), "")
	b.put(flat(image.Rect(0, 0, 9, 9), color.NRGBA{1, 2, 3, 255}))
	b.Do("edit.paste")
	s = b.State()
	if l := s.Layer(s.Active); l.Used().Size() != image.Pt(32, 32) || l.Used() == image.Rect(8, 8, 40, 40) {
		t.Errorf("in another document it lies at %v", l.Used())
	}
}

func TestSelectAllAndInvert(t *testing.T) {
	b := newBench(t)
	selected := func() image.Rectangle { return canvas.CoverUsed(b.State().Selection) }
	b.Key("Ctrl+A")
	if r := selected(); r != b.State().Frame {
		t.Errorf("of a blank canvas %v is selected, want the frame", r)
	}
	b.put(texture(image.Rect(5, 6, 70, 80), 5))
	b.maskRect(image.Rect(300, 300, 310, 310))
	b.Key("Ctrl+A")
	if r := selected(); r != image.Rect(5, 6, 70, 80) {
		t.Errorf("%v is selected, want the picture", r)
	}
	b.Key("Ctrl+D")
	if b.State().Selection.Len() != 0 || b.State().Mask.Len() == 0 {
		t.Error("the first Ctrl+D drops another than the selection")
	}
	b.Key("Ctrl+D")
	if b.State().Mask.Len() != 0 {
		t.Error("Ctrl+D left a mask")
	}
	b.maskRect(image.Rect(5, 6, 70, 40))
	b.Edit("frame", func(ed *canvas.Edit) { ed.SetFrame(image.Rect(5, 6, 70, 80)) })
	b.Key("Ctrl+Shift+I")
	if r := b.State().MaskUsed(); r != image.Rect(5, 40, 70, 80) {
		t.Errorf("inverted to %v", r)
	}
	b.Do("select.frommask")
	b.Key("Ctrl+Shift+I")
	if r := selected(); r != image.Rect(5, 6, 70, 40) || b.State().Mask.Len() != 0 {
		t.Errorf("the selection inverted to %v", r)
	}
	b.Do("select.tomask")
	if r := b.State().MaskUsed(); r != image.Rect(5, 6, 70, 40) || b.State().Selection.Len() != 0 {
		t.Errorf("as a mask it is %v", r)
	}
}

// TestNewLayerByCopy has what the mask covers at the same place, and the layer below is as it was.
func TestNewLayerByCopy(t *testing.T) {
	b := newBench(t)
	src := texture(image.Rect(0, 0, 150, 100), 8)
	b.put(src)
	r := image.Rect(30, 20, 90, 70)
	b.maskRect(r)
	before, steps := canvastest.Copy(b.State()), b.steps()
	b.Key("Ctrl+J")
	s := b.State()
	l := s.Layer(s.Active)
	if len(s.Layers) != 2 || b.steps() != steps+1 || l.Used() != r || pixels.Differing(pixels.Crop(src, r), flattenLayer(s, l)) != 0 {
		t.Errorf("%d layers, the new one at %v", len(s.Layers), l.Used())
	}
	if d := canvastest.Outside(before, s, nil); d != "" {
		t.Error(d)
	}
	b.Do("edit.undo")
	b.Do("mask.clear")
	b.Key("Ctrl+J")
	if s = b.State(); s.Layer(s.Active).Used() != src.Rect {
		t.Error("without a mask a part was copied")
	}
}
