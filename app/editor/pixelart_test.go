package editor

import (
	"image"
	"image/color"
	"strings"
	"testing"

	"pentimento/canvas"
	"pentimento/canvas/canvastest"
	"pentimento/canvas/file"
	"pentimento/canvas/render"
)

// TestPixelArtIsTriedAndMade: the document does not know of it until it is made, in one step; undo brings all back.
func TestPixelArtIsTriedAndMade(t *testing.T) {
	b := newBench(t)
	b.put(texture(image.Rect(0, 0, 64, 48), 3))
	before, steps := canvastest.Copy(b.State()), b.steps()
	b.PixelArt(PixelOptions{Cell: 8, Count: 4})
	b.idle()
	if b.steps() != steps || canvastest.Difference(before, b.State()) != "" || b.Trying() != "Pixel art" {
		t.Fatal("trying changed the document")
	}
	b.MakeTrial()
	b.idle()
	l := b.State().Layer(b.State().Active)
	img := pixelsOf(l)
	for y := range 48 {
		for x := range 64 {
			if img.NRGBAAt(x, y) != img.NRGBAAt(x/8*8, y/8*8) {
				t.Fatalf("the cell of %d, %d is not of one colour", x, y)
			}
		}
	}
	if texts := b.Provenance.Texts(b.State(), b.Used(), 0); len(texts) == 0 || !strings.Contains(texts[0].Text, "Pixelate cell: 8") {
		t.Errorf("an export says %q", texts)
	}
	b.Do("edit.undo")
	if d := canvastest.Difference(before, b.State()); b.steps() != steps+1 && d != "" {
		t.Error(d)
	}
}

// TestPixelArtOfADeepPictureHasFewColours in a file of 16 bits, too; what is not selected keeps all of its own.
func TestPixelArtOfADeepPictureHasFewColours(t *testing.T) {
	b := newBench(t)
	r := image.Rect(0, 0, 32, 16)
	deep, thin := image.NewNRGBA64(r), image.NewNRGBA(r)
	for y := range 16 {
		for x := range 32 {
			c := color.NRGBA64{uint16(0x8000 + 3*x + y), 0x4000, uint16(0x2000 + x), 0xffff} // one colour in 8 bits
			deep.SetNRGBA64(x, y, c)
			n := canvas.Narrow([4]uint16{c.R, c.G, c.B, c.A})
			thin.SetNRGBA(x, y, color.NRGBA{n[0], n[1], n[2], n[3]})
		}
	}
	b.put(thin)
	half := image.Rect(0, 0, 16, 16)
	b.Edit("deep", func(ed *canvas.Edit) {
		ed.SetSource(&canvas.Source{Exact: deep, Layer: ed.State().Active})
		ed.SetSelection(canvas.Cover(full(half)))
	})
	if !b.PixelArtIsShallow() {
		t.Error("nothing says that it will have 8 bits")
	}
	b.PixelArt(PixelOptions{Cell: 8, Count: 2})
	b.idle()
	b.MakeTrial()
	b.idle()
	made, ok := file.Finish(b.State(), render.Flatten(b.State(), r, render.FlattenOptions{})).(*image.NRGBA64)
	if !ok {
		t.Fatal("the file is not of 16 bits")
	}
	colours := map[color.NRGBA64]bool{}
	for y := range 16 {
		for x := range 32 {
			if image.Pt(x, y).In(half) {
				colours[made.NRGBA64At(x, y)] = true
			} else if made.NRGBA64At(x, y) != deep.NRGBA64At(x, y) {
				t.Fatalf("beside the selection, at %d, %d, is %v, want %v", x, y, made.NRGBA64At(x, y), deep.NRGBA64At(x, y))
			}
		}
	}
	if len(colours) > 2 {
		t.Errorf("%d colours, want 2 at most", len(colours))
	}
}
