package editor

import (
	"bytes"
	"image"
	"image/color"
	"image/draw"
	"image/png"
	"testing"
)

// TestAFillCanStartFromThePixelsOfAPicture: they lie in the mask and nowhere else, the model is
// chosen, a part of them stays (the strength of a refinement), and Enter fills.
func TestAFillCanStartFromThePixelsOfAPicture(t *testing.T) {
	b := newBench(t)
	b.put(texture(image.Rect(0, 0, 200, 160), 1))
	b.maskRect(image.Rect(40, 40, 100, 80))
	before := flatten(b.State(), b.Used())
	if b.PixelsNo() == "" {
		t.Error("without any model a fill could start from a picture")
	}
	b.Settings.Fill.Model = "a.safetensors"
	if why := b.PixelsNo(); why != "" {
		t.Errorf("with a model it cannot, because %s", why)
	}
	red := image.NewNRGBA(image.Rect(0, 0, 90, 20))
	draw.Draw(red, red.Rect, image.NewUniform(color.NRGBA{200, 10, 10, 255}), image.Point{}, draw.Src)
	var file bytes.Buffer
	if err := png.Encode(&file, red); err != nil {
		t.Fatal(err)
	}
	b.clip = file.Bytes()
	steps := b.steps()
	b.PixelsOfClipboard()
	got := flatten(b.State(), b.Used())
	for y := range 160 {
		for x := range 200 {
			want := before.NRGBAAt(x, y)
			if image.Pt(x, y).In(image.Rect(40, 40, 100, 80)) {
				want = color.NRGBA{200, 10, 10, 255}
			}
			if c := got.NRGBAAt(x, y); c != want {
				t.Fatalf("pixel %d,%d is %v, want %v", x, y, c, want)
			}
		}
	}
	if b.steps() != steps+1 || !b.Models.Generates() || !b.Fills.Started() {
		t.Errorf("%d steps, the model chosen %v, started %v", b.steps()-steps, b.Models.Generates(), b.Fills.Started())
	}
	if a := Find("fill.frompixels"); !a.Can(b.Editor) {
		t.Error("Enter would not fill")
	}
	if b.maskRect(image.Rect(0, 0, 4, 4)); b.Fills.Started() {
		t.Error("another mask starts from those pixels, too")
	}
}
