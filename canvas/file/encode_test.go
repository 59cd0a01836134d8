package file

import (
	"bytes"
	"context"
	"fmt"
	"image"
	"image/color"
	"math"
	"slices"
	"strings"
	"testing"

	"pentimento/canvas/colour"
)

// written is a picture in a form and read back.
func written(t *testing.T, m Meaning, name string, img image.Image, texts []Text, quality int) (*Picture, []byte) {
	t.Helper()
	form, ok := FormOf("x." + name)
	if !ok {
		t.Fatalf("no form for .%s", name)
	}
	var b bytes.Buffer
	if err := m.Encode(context.Background(), &b, form, img, texts, Options{Quality: quality}); err != nil {
		t.Fatal(err)
	}
	p, err := Decode(context.Background(), bytes.NewReader(b.Bytes()), nil)
	if err != nil {
		t.Fatal(err)
	}
	return p, b.Bytes()
}

// waves is a smooth opaque picture, with its corner elsewhere than at 0, 0.
func waves(w, h int) *image.NRGBA {
	img := image.NewNRGBA(image.Rect(-7, 3, w-7, h+3))
	for y := range h {
		for x := range w {
			img.SetNRGBA(x-7, y+3, color.NRGBA{uint8(128 + 90*math.Sin(float64(x)/11)), uint8(128 + 90*math.Sin(float64(y)/9)), uint8(x + y), 255})
		}
	}
	return img
}

// TestEveryFormKeepsWhatAPictureSays: texts of ours and of others, long ones too, colours,
// density, EXIF with our parameters as its comment, XMP.
func TestEveryFormKeepsWhatAPictureSays(t *testing.T) {
	long := strings.Repeat("a long history, ", 20000)
	params := "a barn, été 🦊\nNegative prompt: fog\nSteps: 3, Sampler: Euler a, Seed: 42, Size: 64x48"
	profile := colour.Matrix("Wide", colour.P3, colour.SRGBCurve())
	old := withComment(exifOf([]tagLine{{tagArtist, []byte("Ana\x00")}, {tagCopyright, []byte("(c) 2026\x00")}}), "a cat\nSteps: 2, Seed: 1, Size: 8x8")
	m := Meaning{Profile: profile, Density: density(300, 300, 0.0254), EXIF: old,
		Texts: []Text{{xmpKey, "<x:xmpmeta>rights</x:xmpmeta>"}, {"workflow", `{"nodes":[1,"é"]}`}}}
	texts := []Text{{"parameters", params}, {"pentimento", `{"version":1,"program":"` + long + fmt.Sprint(waves(70, 50).Pix) + `"}`}}
	for _, name := range []string{"png", "jpg", "webp", "tif"} {
		p, data := written(t, m, name, waves(64, 48), texts, 0)
		got, err := Texts(bytes.NewReader(data))
		if err != nil {
			t.Errorf("%s: %v", name, err)
		}
		all := map[string]string{}
		for _, x := range got {
			all[x.Key] = x.Text
		}
		key := map[bool]string{true: "parameters", false: "UserComment"}[name == "png"]
		if all[key] != params || all["UserComment"] != params || all["pentimento"] != texts[1].Text || all["workflow"] != m.Texts[1].Text {
			t.Errorf("%s: read back %.200q", name, all)
		}
		if !bytes.Equal(p.Meaning.ICC(), profile) || !bytes.Contains(p.Meaning.EXIF, []byte("(c) 2026")) || !bytes.Contains(p.Meaning.EXIF, []byte("Ana")) {
			t.Errorf("%s: the profile or what the author wrote is gone", name)
		}
		if !bytes.Equal(p.Meaning.Density, m.Density) {
			t.Errorf("%s: density %x, want %x", name, p.Meaning.Density, m.Density)
		}
		kept := map[string]bool{}
		for _, x := range p.Meaning.Texts {
			kept[x.Key] = true
		}
		if !kept[xmpKey] || !kept["workflow"] {
			t.Errorf("%s: the next file would say %v", name, kept)
		}
	}
}

// TestFormsHoldPixels as they promise: PNG and WebP exactly, JPEG nearly and on white.
func TestFormsHoldPixels(t *testing.T) {
	clear := waves(64, 48)
	clear.SetNRGBA(0, 10, color.NRGBA{10, 20, 30, 0})
	clear.SetNRGBA(1, 10, color.NRGBA{200, 20, 30, 128})
	for _, name := range []string{"png", "webp", "tif", "tiff"} {
		if p, _ := written(t, Meaning{}, name, clear, nil, 0); !bytes.Equal(p.NRGBA().Pix, clear.Pix) {
			t.Errorf("%s: other pixels came back", name)
		}
	}
	for quality, most := range map[int]int{0: 14, 100: 4, 60: 60} {
		p, _ := written(t, Meaning{}, "jpg", waves(64, 48), nil, quality)
		got, want := p.NRGBA(), waves(64, 48)
		for i, v := range want.Pix {
			if d := int(v) - int(got.Pix[i]); d > most || -d > most {
				t.Fatalf("quality %d: a sample is %d off, want at most %d", quality, d, most)
			}
		}
	}
	holes := image.NewNRGBA(image.Rect(0, 0, 16, 16))
	if p, _ := written(t, Meaning{}, "jpeg", holes, nil, 100); p.NRGBA().NRGBAAt(3, 3) != (color.NRGBA{255, 255, 255, 255}) {
		t.Errorf("what was transparent is %v in a JPEG, want white", p.NRGBA().NRGBAAt(3, 3))
	}
	jpg, _ := FormOf("A.JPG")
	if said := jpg.Losses(holes, Meaning{}); len(said) != 1 || !strings.Contains(said[0], "white") {
		t.Errorf("of a picture with holes it is said %q", said)
	}
	if said := jpg.Losses(image.NewGray16(image.Rect(0, 0, 9, 9)), Meaning{}); len(said) != 1 || !strings.Contains(said[0], "8 bits") {
		t.Errorf("of one with 16 bits it is said %q", said)
	}
	if _, ok := FormOf("x.gif"); ok {
		t.Error("GIF is a form that is written")
	}
}

// TestWhatAFormCannotHoldIsAnError, before anything is written.
func TestWhatAFormCannotHoldIsAnError(t *testing.T) {
	webp, _ := FormOf("x.webp")
	png1, _ := FormOf("x.png")
	for _, c := range []struct {
		f       Form
		w       int
		quality int
	}{{webp, 16384, 0}, {webp, 8, 101}, {webp, 8, -1}, {png1, 8, 90}, {png1, 0, 0}} {
		var b bytes.Buffer
		if err := (Meaning{}).Encode(context.Background(), &b, c.f, image.NewNRGBA(image.Rect(0, 0, c.w, 1)), nil, Options{Quality: c.quality}); err == nil || b.Len() > 0 {
			t.Errorf("%s, %d wide at quality %d: %v, %d bytes written", c.f.Name, c.w, c.quality, err, b.Len())
		}
	}
}

// TestAPhotographersCommentStays in a PNG where it is, and in a JPEG beside the recipe that
// takes its place.
func TestAPhotographersCommentStays(t *testing.T) {
	m := Meaning{EXIF: withComment(nil, "Lisbon, from the ferry")}
	texts := []Text{{"parameters", "a barn\nSteps: 3, Seed: 42, Size: 64x48"}}
	p, _ := written(t, m, "png", waves(20, 20), texts, 0)
	if !bytes.Equal(p.Meaning.EXIF, m.EXIF) {
		t.Error("a PNG has another EXIF block")
	}
	_, data := written(t, m, "jpg", waves(20, 20), texts, 0)
	if got, _ := Texts(bytes.NewReader(data)); !slices.Contains(got, Text{"UserComment", texts[0].Text}) || !slices.Contains(got, Text{"Comment", "Lisbon, from the ferry"}) {
		t.Errorf("a JPEG says %q", got)
	}
}

// TestAListOfTextsIsUnpackedOnce, however often a hostile file repeats it.
func TestAListOfTextsIsUnpackedOnce(t *testing.T) {
	list := append([]byte{1, 1}, ownTexts{rest: []Text{{"a", "b"}}}.packed()...)
	var n numbered
	if got := unpackTexts(n.add(list)); len(got) != 1 {
		t.Errorf("unpacked %v", got)
	}
	for range 3 {
		if n.add(list) != nil {
			t.Error("unpacked again")
		}
	}
	for _, damaged := range [][]byte{nil, {0, 1, 2}, {1, 1}, {1, 1, 7}, list[:len(list)-3]} {
		var n numbered
		if got := unpackTexts(n.add(damaged)); got != nil {
			t.Errorf("%x is read as %v", damaged, got)
		}
	}
	long := ownTexts{rest: []Text{{"a", strings.Repeat("x", maxTexts)}}}
	if got := unpackTexts(long.packed()); got != nil {
		t.Error("a list beyond the bound is read")
	}
}

// TestADensityIsTold in both byte orders, and one that a block has is left alone.
func TestADensityIsTold(t *testing.T) {
	want := density(11811, 5906, 1)
	little, big := exifOf([]tagLine{{tagArtist, []byte("Ana\x00")}}), withComment(nil, "x")
	for _, block := range [][]byte{nil, little, big} {
		got := withDensity(block, want)
		if !bytes.Equal(exifDensity(got), want) || block != nil && !bytes.Contains(got, block[14:]) {
			t.Errorf("the density reads back as %x, want %x", exifDensity(got), want)
		}
		if again := withDensity(got, density(1, 1, 1)); !bytes.Equal(again, got) {
			t.Error("a density was replaced")
		}
	}
}

// TestADeepTIFF keeps 16 bits a channel, with and without alpha, in colour and grey, and what
// was written in either byte order.
func TestADeepTIFF(t *testing.T) {
	grey, deep, clear := image.NewGray16(image.Rect(-3, 2, 60, 43)), image.NewNRGBA64(image.Rect(-3, 2, 60, 43)), image.NewNRGBA64(image.Rect(-3, 2, 60, 43))
	for y := 2; y < 43; y++ {
		for x := -3; x < 60; x++ {
			v := uint16(997*x + 3001*y)
			grey.SetGray16(x, y, color.Gray16{v})
			deep.SetNRGBA64(x, y, color.NRGBA64{v, v * 3, v + 77, 0xffff})
			clear.SetNRGBA64(x, y, color.NRGBA64{v, v * 3, v + 77, v | 1})
		}
	}
	for _, exif := range [][]byte{nil, exifOf([]tagLine{{tagArtist, []byte("Ana\x00")}})} {
		for _, img := range []image.Image{grey, deep, clear} {
			p, data := written(t, Meaning{EXIF: exif}, "tif", img, nil, 0)
			got, err := decodeTIFF(bytes.NewReader(data))
			if err != nil || p.Depth != 16 {
				t.Fatalf("%T: %d bits, %v", img, p.Depth, err)
			}
			b, to := img.Bounds().Min, got.Bounds().Min
			for y := range p.Height {
				for x := range p.Width {
					if g, w := color.NRGBA64Model.Convert(got.At(to.X+x, to.Y+y)), color.NRGBA64Model.Convert(img.At(b.X+x, b.Y+y)); g != w {
						t.Fatalf("%T: pixel %d,%d is %v, want %v", img, x, y, g, w)
					}
				}
			}
		}
	}
}
