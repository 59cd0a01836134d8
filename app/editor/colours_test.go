package editor

import (
	"bytes"
	"context"
	"image"
	"image/color"
	"image/png"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"pentimento/app/provenance"
	"pentimento/canvas"
	"pentimento/canvas/colour"
	"pentimento/canvas/file"
	"pentimento/tools"
)

var displayP3 = colour.Matrix("Display P3", colour.P3, colour.SRGBCurve())

// written is a PNG of a picture that means something, in a folder of the test.
func written(t *testing.T, name string, img image.Image, m file.Meaning) string {
	t.Helper()
	var b bytes.Buffer
	if err := m.EncodePNG(context.Background(), &b, img, nil, png.BestSpeed); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, b.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func (b *bench) openFile(path string) {
	b.t.Helper()
	b.Open(path)
	b.idle()
	if b.Empty() || len(b.failed) > 0 {
		b.t.Fatalf("%s was not opened: %v", path, b.failed)
	}
}

func (b *bench) exportAll() string {
	b.t.Helper()
	path, done := filepath.Join(b.t.TempDir(), "out.png"), false
	b.ExportTo(path, Export{Rect: b.Used()}, func(err error) {
		if err != nil {
			b.t.Fatal(err)
		}
		done = true
	})
	b.until("the export", func() bool { return done })
	return path
}

// samples is a picture as its file has it: all bits, hidden colours too.
func samples(t *testing.T, path string) (*file.Picture, image.Image) {
	t.Helper()
	p, err := file.Open(context.Background(), path, nil)
	if err != nil {
		t.Fatal(err)
	}
	if img := p.Exact(); img != nil {
		return p, img
	}
	return p, p.NRGBA()
}

// TestTheWindowKeepsWhatAPictureMeans: opened, filled, exported, and once more by way of the
// project file, every pixel outside the mask has all the bits it had, and the file says the
// same of them.
func TestTheWindowKeepsWhatAPictureMeans(t *testing.T) {
	rng := rand.New(rand.NewPCG(8, 8))
	deep, thin, wide := image.NewNRGBA64(image.Rect(0, 0, 70, 66)), image.NewNRGBA(image.Rect(0, 0, 70, 66)), image.NewNRGBA(image.Rect(0, 0, 70, 66))
	for i := range deep.Pix {
		deep.Pix[i] = uint8(rng.Uint32())
	}
	for i := range thin.Pix {
		thin.Pix[i], wide.Pix[i] = uint8(rng.Uint32()), uint8(rng.Uint32())|uint8(i%4/3*255)
	}
	meaning := filepath.Join("..", "..", "canvas", "file", "testdata", "meaning")
	for _, path := range []string{
		filepath.Join(meaning, "adobe.png"), filepath.Join(meaning, "adobe.jpg"), filepath.Join(meaning, "gama1.png"),
		filepath.Join(meaning, "g16.png"), filepath.Join(meaning, "photo.jpg"),
		written(t, "deep.png", deep, file.Meaning{Profile: displayP3}), written(t, "thin.png", thin, file.Meaning{}),
		written(t, "wide.png", wide, file.Meaning{Profile: displayP3}),
	} {
		b := newBench(t)
		b.openFile(path)
		was, want := samples(t, path)
		hole := image.Rect(10, 10, 22, 20)
		b.maskRect(hole)
		b.Fills.Fill()
		b.until("a candidate", func() bool { return hasCandidate(b.Editor) })
		b.Fills.Accept()
		again := newBench(t)
		project, saved := filepath.Join(t.TempDir(), "p.ora"), false
		b.Keeping.SaveTo(project, func(err error) {
			if err != nil {
				t.Fatal(err)
			}
			saved = true
		})
		b.until("the project", func() bool { return saved })
		again.openFile(project)
		if !canvas.Same(b.Committed(), again.Committed()) {
			t.Errorf("%s: the project comes back as another picture", path)
		}
		for _, e := range []*bench{b, again} {
			is, got := samples(t, e.exportAll())
			if is.Depth != was.Depth || !bytes.Equal(is.Meaning.ICC(), was.Meaning.ICC()) || !bytes.Equal(is.Meaning.EXIF, was.Meaning.EXIF) || !bytes.Equal(is.Meaning.Density, was.Meaning.Density) || len(is.Meaning.Texts) < len(was.Meaning.Texts) {
				t.Errorf("%s: %d bits and %+v, want %d and %+v", path, is.Depth, is.Meaning, was.Depth, was.Meaning)
			}
			if !bytes.Equal(is.Meaning.Profile, was.Meaning.Profile) && colour.Channels(was.Meaning.Profile) == 3 {
				t.Errorf("%s: another profile", path)
			}
			for y := range was.Height {
				for x := range was.Width {
					c, d := color.NRGBA64Model.Convert(want.At(x, y)), color.NRGBA64Model.Convert(got.At(x, y))
					if !image.Pt(x, y).In(hole) && c != d {
						t.Fatalf("%s: pixel %d,%d is %v, was %v", path, x, y, d, c)
					}
				}
			}
			e.Settings.Metadata = false
			bare, _ := samples(t, e.exportAll())
			if bare.Meaning.EXIF != nil || bare.Meaning.Texts != nil || !bytes.Equal(bare.Meaning.ICC(), was.Meaning.ICC()) {
				t.Errorf("%s: against the switch %+v", path, bare.Meaning)
			}
		}
	}
}

// TestPlacedPicturesTakeTheDocumentsColours: a picture with another profile is converted, and
// said to be; what the brush paints is the colour chosen on the screen; the picker takes what
// is seen.
func TestPlacedPicturesTakeTheDocumentsColours(t *testing.T) {
	plain := func(c color.NRGBA) *image.NRGBA {
		img := image.NewNRGBA(image.Rect(0, 0, 40, 40))
		for i := 0; i < len(img.Pix); i += 4 {
			copy(img.Pix[i:], []byte{c.R, c.G, c.B, c.A})
		}
		return img
	}
	near := func(got, want color.NRGBA) bool {
		far := func(a, b uint8) bool { return max(a, b)-min(a, b) > 1 }
		return !far(got.R, want.R) && !far(got.G, want.G) && !far(got.B, want.B)
	}
	b := newBench(t)
	b.openFile(filepath.Join("..", "..", "canvas", "file", "testdata", "meaning", "adobe.png"))
	if !strings.Contains(b.Colours(), "A98") || !strings.Contains(strings.Join(b.said, "\n"), "A98") {
		t.Errorf("the window says %q and %q", b.Colours(), b.said)
	}
	b.SetView(tools.View{Scale: 1, W: 400, H: 300})
	for _, v := range []struct {
		m    file.Meaning
		want color.NRGBA // of 200 60 90, by littlecms
		says string
	}{
		{file.Meaning{}, color.NRGBA{173, 62, 89, 255}, "sRGB"},
		{file.Meaning{Profile: displayP3}, color.NRGBA{187, 46, 87, 255}, "Display P3"},
	} {
		b.said = nil
		at := image.Pt(200, 200)
		b.PlaceFile(written(t, "placed.png", plain(color.NRGBA{200, 60, 90, 255}), v.m), at)
		b.idle()
		s := b.Committed()
		l := s.Layer(s.Active)
		if got := flattenLayer(s, l).NRGBAAt(200, 200); !near(got, v.want) {
			t.Errorf("%s in Adobe RGB is %v, want %v", v.says, got, v.want)
		}
		if said := strings.Join(b.said, "\n"); !strings.Contains(said, "converted from "+v.says) {
			t.Errorf("it was said %q", b.said)
		}
		b.Undo()
	}
	b.AddLayer()
	b.SetBrush(tools.BrushSettings{Size: 30, Hardness: 1, Opacity: 1, Colour: color.NRGBA{200, 60, 90, 255}})
	b.drag("brush", tools.Vec{X: 20, Y: 20}, tools.Vec{X: 24, Y: 20})
	s := b.Committed()
	if got := flattenLayer(s, s.Layer(s.Active)).NRGBAAt(21, 20); !near(got, color.NRGBA{173, 62, 89, 255}) {
		t.Errorf("painted %v, want sRGB 200 60 90 in Adobe RGB: 173 62 89", got)
	}
	b.SetBrush(tools.BrushSettings{Size: 30, Hardness: 1, Opacity: 1, Colour: color.NRGBA{1, 2, 3, 255}})
	b.drag("picker", tools.Vec{X: 21, Y: 20})
	if got := b.Brush().Colour; !near(got, color.NRGBA{200, 60, 90, 255}) {
		t.Errorf("picked %v, want what is seen: 200 60 90", got)
	}
	b.LayerToReference()
	if refs := b.Committed().References; !near(refs[0].Image.NRGBAAt(refs[0].Image.Rect.Min.X+15, refs[0].Image.Rect.Min.Y+15), color.NRGBA{200, 60, 90, 255}) {
		t.Error("a reference is not sRGB")
	}
}

// TestThePreviewShowsWhatTheFileSaid: the sheet of what an export contains names the texts and
// the EXIF block that go out again.
func TestThePreviewShowsWhatTheFileSaid(t *testing.T) {
	b := newBench(t)
	b.openFile(filepath.Join("..", "..", "canvas", "file", "testdata", "meaning", "photo.jpg"))
	var seen []provenance.Embedded
	b.Provenance.Embeds(func(e []provenance.Embedded) { seen = e })
	b.until("the preview", func() bool { return seen != nil })
	is, _ := samples(t, b.exportAll())
	if is.Meaning.EXIF == nil || len(is.Meaning.Texts) == 0 {
		t.Fatal("the export says nothing")
	}
	shown := map[string]string{}
	for _, e := range seen {
		shown[e.Key] = e.Text
	}
	for _, x := range is.Meaning.Texts {
		if shown[x.Key] != x.Text {
			t.Errorf("%s goes out as %q, shown is %q", x.Key, x.Text, shown[x.Key])
		}
	}
	if shown["EXIF"] == "" {
		t.Error("EXIF goes out and is not shown")
	}
}

// TestSeveralPicturesOnAnEmptyCanvas: the first is opened, the others are placed on it.
func TestSeveralPicturesOnAnEmptyCanvas(t *testing.T) {
	meaning := filepath.Join("..", "..", "canvas", "file", "testdata", "meaning")
	b := newBench(t)
	b.SetView(tools.View{Scale: 1, W: 400, H: 300})
	for _, name := range []string{"adobe.png", "photo.jpg"} {
		b.PlaceFile(filepath.Join(meaning, name), image.Pt(30, 30))
	}
	b.idle()
	if n := len(b.Committed().Layers); n != 2 || filepath.Base(b.Path()) != "adobe.png" || !strings.Contains(b.Colours(), "A98") {
		t.Errorf("there are %d layers of %s in %s", n, b.Path(), b.Colours())
	}
}

// TestMovedLayersKeepTheirBits: 16 bits go with the layer that they were opened into.
func TestMovedLayersKeepTheirBits(t *testing.T) {
	path := filepath.Join("..", "..", "canvas", "file", "testdata", "meaning", "g16.png")
	b := newBench(t)
	b.openFile(path)
	b.Edit("move", func(ed *canvas.Edit) {
		ed.SetLayer(ed.State().Active, func(l *canvas.Layer) { l.Offset = image.Pt(-13, 7) })
	})
	_, want := samples(t, path)
	_, got := samples(t, b.exportAll())
	if w, ok := want.(*image.Gray16); !ok || !bytes.Equal(w.Pix, got.(*image.Gray16).Pix) {
		t.Error("the moved picture has other samples")
	}
	if said := strings.Join(b.said, "\n"); !strings.Contains(said, "16 bits") {
		t.Errorf("opening said %q", said)
	}
}

// TestOpeningSaysWhatWasLeftOut: what the reader of a file notes is said in the window, on
// opening and on placing.
func TestOpeningSaysWhatWasLeftOut(t *testing.T) {
	path := filepath.Join("..", "..", "canvas", "file", "testdata", "first", "three.gif")
	b := newBench(t)
	b.openFile(path)
	if said := strings.Join(b.said, "\n"); !strings.Contains(said, "animation of 3 pictures") {
		t.Errorf("opening said %q", said)
	}
	b.said = nil
	b.PlaceFile(path, image.Pt(5, 5))
	b.idle()
	if said := strings.Join(b.said, "\n"); !strings.Contains(said, "animation of 3 pictures") {
		t.Errorf("placing said %q", said)
	}
}
