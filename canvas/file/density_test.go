package file

import (
	"bytes"
	"context"
	"image"
	"image/color"
	"os"
	"path/filepath"
	"testing"

	"pentimento/canvas"
	"pentimento/canvas/render"
)

// Pixels an inch of an OpenRaster file are those of its picture, opened flat or in layers; they
// are saved again, and another program's change of them counts.
func TestDensityOfAnOpenRasterFile(t *testing.T) {
	want := density(300, 150, 0.0254)
	page := func(attrs string) []byte {
		return []byte(`<image w="9" h="9"` + attrs + `><stack><layer name="a" src="data/a.png"/></stack></image>`)
	}
	red := color.NRGBA{255, 0, 0, 255}
	b := zipped(t, oraMember{name: mimeMember, data: []byte(mimetype)}, oraMember{name: stackMember, data: page(` xres="300" yres="150"`)},
		oraMember{name: "data/a.png", data: flatPNG(t, 9, 9, red)}, oraMember{name: mergedMember, data: flatPNG(t, 9, 9, red)})
	pic, err := Decode(context.Background(), bytes.NewReader(b), nil)
	if err != nil || !bytes.Equal(pic.Meaning.Density, want) || pic.NRGBA().NRGBAAt(4, 4) != red {
		t.Errorf("flat: %x %v, want %x", pic.Meaning.Density, err, want)
	}
	p, stored, err := ReadProject(context.Background(), b)
	if err != nil {
		t.Fatal(err)
	}
	if got := MeaningOf(p.State.Source).Density; !bytes.Equal(got, want) {
		t.Errorf("in layers: %x, want %x", got, want)
	}
	path := filepath.Join(t.TempDir(), "a.ora")
	p.Flatten = func(r image.Rectangle) *image.NRGBA { return render.Flatten(p.State, r, render.FlattenOptions{}) }
	p.Small = func(int) *image.NRGBA { return nil }
	if _, err := SaveProject(context.Background(), path, p, stored); err != nil {
		t.Fatal(err)
	}
	saved, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	a, err := openArchive(bytes.NewReader(saved), int64(len(saved)))
	if err != nil {
		t.Fatal(err)
	}
	if _, inch, ok := a.page(); !ok || inch != [2]float64{300, 150} {
		t.Errorf("saved with %v pixels an inch", inch)
	}
	if _, _, err := ReadProject(context.Background(), saved); err != nil {
		t.Fatal(err)
	}
	o := &opening{doc: &projectDoc{Source: &sourceDoc{Meaning: p.State.Source.Meaning}}, inch: [2]float64{72, 72}, state: &canvas.State{}}
	if o.readSource(); !bytes.Equal(MeaningOf(o.state.Source).Density, density(72, 72, 0.0254)) {
		t.Error("another program's 72 pixels an inch don't count")
	}
}

// A .kra opened as a picture has Krita's pixels an inch, with and without its merged image.
func TestDensityOfAKritaFile(t *testing.T) {
	for _, merged := range []bool{true, false} {
		pic, err := Decode(context.Background(), bytes.NewReader(kritaFile(t, merged)), nil)
		if err != nil || !bytes.Equal(pic.Meaning.Density, density(100, 100, 0.0254)) {
			t.Errorf("merged %v: %x %v", merged, pic.Meaning.Density, err)
		}
	}
}
