package file

import (
	"archive/zip"
	"bytes"
	"context"
	"image"
	"image/png"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"pentimento/canvas"
	"pentimento/canvas/colour"
)

// opened is a document of a picture file's bytes, as the window makes it.
func opened(t *testing.T, data []byte) *canvas.Document {
	t.Helper()
	p, err := Decode(context.Background(), bytes.NewReader(data), nil)
	if err != nil {
		t.Fatal(err)
	}
	d := canvas.New()
	e := d.Begin("open")
	layer := e.State().Active
	e.PutTiles(layer, p.Bounds(), func(dst []uint8, stride int, r image.Rectangle) { p.ReadRect(r, dst, stride) })
	e.SetSource(SourceOf(p, layer))
	e.Commit()
	return d
}

// TestProjectsTellOthersTheirColours: the flattened picture and the layers of a project file
// carry the profile and all bits, for info, verbs and other programs; and a file of another
// program is opened in the colours that its layers name.
func TestProjectsTellOthersTheirColours(t *testing.T) {
	rng := rand.New(rand.NewPCG(2, 9))
	deep := image.NewNRGBA64(image.Rect(0, 0, 33, 21))
	for i := range deep.Pix {
		if deep.Pix[i] = uint8(rng.Uint32()); i%8 > 5 {
			deep.Pix[i] = 255
		}
	}
	p3 := colour.Matrix("Display P3", colour.P3, colour.SRGBCurve())
	var b bytes.Buffer
	if err := (Meaning{Profile: p3}).EncodePNG(context.Background(), &b, deep, nil, png.BestSpeed); err != nil {
		t.Fatal(err)
	}
	state := opened(t, b.Bytes()).State()
	path := filepath.Join(t.TempDir(), "a.ora")
	mustSave(t, path, &Project{State: state, Flatten: func(r image.Rectangle) *image.NRGBA {
		img := image.NewNRGBA(r)
		state.Layers[0].Read(img.Pix, img.Stride, r)
		return img
	}, Small: func(int) *image.NRGBA { return nil }}, nil)
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	info, err := Inspect(context.Background(), bytes.NewReader(data))
	if err != nil || info.Meaning.ColourName() != "Display P3" || info.Depth != 16 {
		t.Errorf("inspected as %q of %d bits (%v)", info.Meaning.ColourName(), info.Depth, err)
	}
	flat, err := Decode(context.Background(), bytes.NewReader(data), nil)
	if err != nil || !bytes.Equal(flat.Meaning.Profile, p3) {
		t.Fatal("the flattened picture has another profile", err)
	}
	if got, ok := flat.Exact().(*image.NRGBA64); !ok || !bytes.Equal(got.Pix, deep.Pix) {
		t.Error("the flattened picture has not all bits")
	}

	z, err := zip.NewReader(bytes.NewReader(data), int64(len(data)))
	if err != nil {
		t.Fatal(err)
	}
	var others []oraMember // as another program would have saved it
	for _, f := range z.File {
		r, err := f.Open()
		if err != nil {
			t.Fatal(err)
		}
		content, _ := io.ReadAll(r)
		if f.Name == "data/layer-1.png" && !bytes.Contains(content, []byte("iCCP")) {
			t.Error("the layer has no profile for others")
		}
		if !strings.HasPrefix(f.Name, ownFolder) && f.Name != mergedMember {
			others = append(others, oraMember{f.Name, content, false})
		}
	}
	foreign, _ := mustRead(t, zipped(t, others...))
	if s := foreign.State.Source; s == nil || !bytes.Equal(s.Profile, p3) || s.Exact != nil {
		t.Errorf("of another program it is opened with %+v", s)
	}
}

// TestADeepPictureThatIsMostlyBlankReopens: one of 16 bits that is deflated to nearly nothing comes
// back with all its bits, however small its file, at its first saving and at later ones.
func TestADeepPictureThatIsMostlyBlankReopens(t *testing.T) {
	sizes := map[string]image.Point{"parts far apart": {4800, 4700}}
	if !testing.Short() {
		sizes["larger than a small file may be"] = image.Pt(7000, 7100)
	}
	for name, size := range sizes {
		deep := image.NewNRGBA64(image.Rectangle{Max: size})
		for i := range 8 * 300 {
			deep.Pix[i], deep.Pix[len(deep.Pix)-1-i] = uint8(i*7|1), 255
		}
		d := canvas.New()
		e := d.Begin("open")
		e.Put(1, image.NewNRGBA(image.Rect(0, 0, 300, 1)), nil)
		e.SetSource(&canvas.Source{Exact: deep, Layer: 1})
		e.Commit()
		s := d.State()
		path := filepath.Join(t.TempDir(), "a.ora")
		p := &Project{State: s, Flatten: flattenPlain(s), Small: func(int) *image.NRGBA { return nil }}
		stored := mustSave(t, path, p, nil)
		for range 2 {
			back, _ := mustOpen(t, path)
			if len(back.Notices) > 0 || back.State.Source == nil || !back.State.Source.Equal(s.Source) {
				t.Fatalf("%s: opened with %q", name, back.Notices)
			}
			if st, err := os.Stat(path); err != nil || st.Size() > 4<<20 {
				t.Errorf("%s: the file has %d bytes (%v)", name, st.Size(), err)
			}
			stored = mustSave(t, path, p, stored)
		}
	}
}
