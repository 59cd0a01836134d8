package file

import (
	"archive/zip"
	"bytes"
	"context"
	"fmt"
	"image"
	"image/color"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"pentimento/canvas"
	"pentimento/canvas/blend"
	"pentimento/canvas/render"
	"pentimento/fault"
)

// The layers of a PSD are opened as layers, its flattened picture as a picture; the two agree.
func TestAPSDIsAPictureAndLayers(t *testing.T) {
	path := "../psd/testdata/layers.psd"
	pic, err := Open(context.Background(), path, nil)
	if err != nil {
		t.Fatal(err)
	}
	if pic.Format != "PSD" || !strings.Contains(pic.Note, "2 layers") {
		t.Errorf("%+v", pic.Info)
	}
	p, stored, err := OpenProject(context.Background(), path, nil)
	if err != nil {
		t.Fatal(err)
	}
	if len(p.State.Layers) != 2 || !p.Lossy || stored.Path() != path || !IsProject(path) {
		t.Fatalf("%d layers, lossy %v", len(p.State.Layers), p.Lossy)
	}
	got, want := render.Flatten(p.State, pic.Bounds(), render.FlattenOptions{}), pic.NRGBA()
	for i := range got.Pix {
		if d := int(got.Pix[i]) - int(want.Pix[i]); d > 2 || d < -2 {
			t.Fatalf("byte %d: %d of layers, %d flattened", i, got.Pix[i], want.Pix[i])
		}
	}
	// Saved under another name it has its layers, and the PSD is as it was.
	before, _ := os.ReadFile(path)
	out := filepath.Join(t.TempDir(), "x.ora")
	p.Flatten = func(r image.Rectangle) *image.NRGBA { return render.Flatten(p.State, r, render.FlattenOptions{}) }
	p.Small = func(size int) *image.NRGBA { return render.Thumbnail(p.State, 0, size) }
	if _, err := SaveProject(context.Background(), out, p, stored); err != nil {
		t.Fatal(err)
	}
	again, _, err := OpenProject(context.Background(), out, nil)
	if err != nil || len(again.State.Layers) != 2 || again.Lossy {
		t.Fatalf("%v", err)
	}
	if after, _ := os.ReadFile(path); !bytes.Equal(before, after) {
		t.Error("the PSD was written")
	}
}

// What the flattened picture and the layers lose is said; forms that are not read are named.
func TestPSDsOfOtherKinds(t *testing.T) {
	for name, want := range map[string]string{"layers16": "16 bits", "layers_cmyk": "CMYK"} {
		p, err := Open(context.Background(), "../psd/testdata/"+name+".psd", nil)
		if err != nil {
			t.Fatal(err)
		}
		if wide := name == "layers16"; (p.Depth == 16) != wide {
			t.Errorf("%s has %d bits", name, p.Depth)
		}
		l, _, err := OpenProject(context.Background(), "../psd/testdata/"+name+".psd", nil)
		if err != nil || len(l.State.Layers) != 2 || !strings.Contains(strings.Join(l.Notices, "\n"), want) {
			t.Errorf("%s: %v %q", name, err, l.Notices)
		}
	}
}

// A PSD in Lab, one whose flattened picture is cut, and one that claims to be huge.
func TestPSDsThatCannotBeOpened(t *testing.T) {
	good, err := os.ReadFile("../psd/testdata/layers.psd")
	if err != nil {
		t.Fatal(err)
	}
	lab, huge := bytes.Clone(good), bytes.Clone(good)
	lab[25] = 9
	copy(huge[14:], "\x00\x00\x3e\x80\x00\x00\x3e\x80")
	for name, v := range map[string]struct {
		b          []byte
		want, hint string
	}{"Lab": {lab, "Lab", "sound"}, "cut": {good[:len(good)-900], "flattened picture is damaged", "window"}, "huge": {huge, "", "damaged"}} {
		peak := watchHeap(func() { _, err = Decode(context.Background(), bytes.NewReader(v.b), nil) })
		if err == nil || !strings.Contains(err.Error(), v.want) || !strings.Contains(fault.Hint(err), v.hint) || peak > 64<<20 {
			t.Errorf("%s: %v (%s), %d MB", name, err, fault.Hint(err), peak>>20)
		}
	}
}

// kritaFile is a .kra of one layer, whose tile at 0, 0 is of one colour, above white paper.
func kritaFile(t *testing.T, merged bool) []byte {
	t.Helper()
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	put := func(name string, data []byte) {
		w, err := z.CreateHeader(&zip.FileHeader{Name: name, Method: zip.Store})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := w.Write(data); err != nil {
			t.Fatal(err)
		}
	}
	put("mimetype", []byte(kritaMime))
	put(kritaMember, []byte(`<DOC><IMAGE width="70" height="40" name="n" colorspacename="RGBA" x-res="100"><layers>
<layer name="Ink" nodetype="paintlayer" filename="layer3" visible="1" opacity="128" compositeop="multiply" colorspacename="RGBA" x="10" y="0"/>
<layer name="Paper" nodetype="paintlayer" filename="layer2" visible="1" opacity="255" compositeop="normal" colorspacename="RGBA" x="0" y="0"/></layers></IMAGE></DOC>`))
	put("n/layers/layer2", []byte("VERSION 2\nTILEWIDTH 64\nTILEHEIGHT 64\nPIXELSIZE 4\nDATA 0\n"))
	put("n/layers/layer2.defaultpixel", []byte{255, 255, 255, 255})
	tile := []byte{0}
	for _, v := range []byte{0, 0, 255, 255} {
		tile = append(tile, bytes.Repeat([]byte{v}, 4096)...)
	}
	put("n/layers/layer3", append(fmt.Appendf(nil, "VERSION 2\nTILEWIDTH 64\nTILEHEIGHT 64\nPIXELSIZE 4\nDATA 1\n0,0,LZF,%d\n", len(tile)), tile...))
	if merged {
		img := image.NewNRGBA(image.Rect(0, 0, 70, 40))
		for i := range img.Pix {
			img.Pix[i] = 255
		}
		img.SetNRGBA(1, 1, color.NRGBA{9, 8, 7, 255})
		put(mergedMember, encodePNG(t, img))
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// TestGroupsAndMasksOfKrita: a group, a mask and an inherited transparency are kept.
func TestGroupsAndMasksOfKrita(t *testing.T) {
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for name, data := range map[string]string{"mimetype": kritaMime, kritaMember: `<DOC><IMAGE width="70" height="40" name="n" colorspacename="RGBA"><layers>
<layer name="G" nodetype="grouplayer" filename="layer4" visible="1" opacity="128" compositeop="screen"><layers>
<layer name="Ink" nodetype="paintlayer" filename="layer3" visible="1" opacity="255" channelflags="1110" compositeop="dodge" colorspacename="RGBA"/>
<layer name="Paper" nodetype="paintlayer" filename="layer2" visible="1" opacity="255" locked="1" compositeop="normal" colorspacename="RGBA">
<masks><mask name="M" nodetype="transparencymask" filename="mask5" x="64"/></masks></layer></layers></layer></layers></IMAGE></DOC>`,
		"n/layers/layer2": "VERSION 2\nTILEWIDTH 64\nTILEHEIGHT 64\nPIXELSIZE 4\nDATA 0\n", "n/layers/layer2.defaultpixel": "\xff\xff\xff\xff",
		"n/layers/layer3":               "VERSION 2\nTILEWIDTH 64\nTILEHEIGHT 64\nPIXELSIZE 4\nDATA 0\n",
		"n/layers/mask5.pixelselection": "VERSION 2\nTILEWIDTH 64\nTILEHEIGHT 64\nPIXELSIZE 1\nDATA 1\n0,0,LZF,4097\n\x00" + strings.Repeat("\x40", 4096), "n/layers/mask5.pixelselection.defaultpixel": "\xff"} {
		w, err := z.Create(name)
		if err == nil {
			_, err = io.WriteString(w, data)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	p, _, err := ReadProject(context.Background(), b.Bytes())
	if err != nil || len(p.State.Layers) != 3 || len(p.Notices) > 0 {
		t.Fatalf("%v %v", p, err)
	}
	l := p.State.Layers
	if paper := l[0]; paper.Name != "Paper" || paper.Parent != l[2].ID || paper.Lock != canvas.LockPixels|canvas.LockPosition || paper.Mask == nil || paper.Mask.Outside != 255 {
		t.Errorf("%+v", paper)
	}
	if !l[1].Clip || l[1].Blend != blend.ColourDodge || l[1].Parent != l[2].ID || !l[2].Group || l[2].Opacity != 128 || l[2].Blend != blend.Screen || l[2].PassThrough {
		t.Errorf("%+v in %+v", l[1], l[2])
	}
	flat := render.Flatten(p.State, image.Rect(0, 0, 70, 40), render.FlattenOptions{})
	if a, c := flat.NRGBAAt(5, 5).A, flat.NRGBAAt(66, 5).A; a != 128 || c != 32 {
		t.Errorf("alphas %d and, under the mask, %d; want 128 and 32", a, c)
	}
}

// A .kra is a picture by its merged image, and a project by its paint layers.
func TestAKritaFileIsAPictureAndLayers(t *testing.T) {
	b := kritaFile(t, true)
	pic, err := Decode(context.Background(), bytes.NewReader(b), nil)
	if err != nil || pic.Format != "Krita" || pic.NRGBA().NRGBAAt(1, 1) != (color.NRGBA{9, 8, 7, 255}) {
		t.Fatalf("%+v %v", pic, err)
	}
	if c, is, err := ReadContents(bytes.NewReader(b)); c != nil || is || err != nil {
		t.Errorf("contents of a project: %v %v %v", c, is, err)
	}
	p, _, err := ReadProject(context.Background(), b)
	if err != nil || len(p.State.Layers) != 2 || !p.Lossy || len(p.Notices) != 0 {
		t.Fatalf("%+v %v", p, err)
	}
	if l := p.State.Layers[1]; l.Name != "Ink" || l.Opacity != 128 || l.Blend != blend.Multiply || p.State.Active != l.ID {
		t.Errorf("%+v", l)
	}
	flat := render.Flatten(p.State, image.Rect(0, 0, 70, 40), render.FlattenOptions{})
	if a, c := flat.NRGBAAt(5, 5), flat.NRGBAAt(15, 5); a != (color.NRGBA{255, 255, 255, 255}) || c.R != 255 || c.G < 126 || c.G > 128 {
		t.Errorf("paper %v, ink %v", a, c)
	}
	if MeaningOf(p.State.Source).Density == nil {
		t.Error("100 pixels an inch are not kept")
	}
}

// Without its merged image the picture is what its layers show; cut and changed files end in
// words.
func TestHostileKritaFiles(t *testing.T) {
	pic, err := Decode(context.Background(), bytes.NewReader(kritaFile(t, false)), nil)
	if err != nil || pic.Width != 70 || pic.NRGBA().NRGBAAt(5, 5) != (color.NRGBA{255, 255, 255, 255}) {
		t.Errorf("%+v %v", pic, err)
	}
	torn := bytes.Replace(kritaFile(t, false), []byte("0,0,LZF,16385"), []byte("0,0,LZF,99385"), 1)
	if _, err := Decode(context.Background(), bytes.NewReader(torn), nil); err == nil || fault.Hint(err) == "" {
		t.Errorf("a layer that is torn: %v", err)
	}
	b := kritaFile(t, true)
	for i := 0; i < len(b); i += 97 {
		c := bytes.Clone(b)
		c[i] ^= 0xff
		_, _, _ = ReadProject(context.Background(), c)
		_, _ = Decode(context.Background(), bytes.NewReader(c), nil)
		_, _, _ = ReadProject(context.Background(), b[:i])
	}
}

// Layers that name the same tiles cannot hold more than a file of its size may.
func TestKritaLayersCountAsTheyAreKept(t *testing.T) {
	b := kritaFile(t, false)
	one := int64(4 * canvas.TileSize * canvas.TileSize)
	for held, want := range map[int64]bool{one + one/2: false, 2*one + one/2: true} {
		a, err := openArchive(bytes.NewReader(b), int64(len(b)))
		if err != nil {
			t.Fatal(err)
		}
		a.budget.held = held
		p, _, err := readKrita(context.Background(), a, false, nil)
		if (err == nil) != want || !want && fault.Hint(err) == "" {
			t.Errorf("two tiles of layers in %d bytes: %v %v", held, p, err)
		}
	}
}

// What the file says of its colours and its size in print counts for its layers, too.
func TestMeaningOfAPSD(t *testing.T) {
	pic, err := Open(context.Background(), "testdata/meaning/adobe.psd", nil)
	if err != nil {
		t.Fatal(err)
	}
	p, _, err := OpenProject(context.Background(), "testdata/meaning/adobe.psd", nil)
	if err != nil {
		t.Fatal(err)
	}
	m := MeaningOf(p.State.Source)
	if pic.Meaning.Profile == nil || !bytes.Equal(m.Profile, pic.Meaning.Profile) || p.State.Source.Space() == nil || m.Density == nil {
		t.Errorf("of the picture %q, of the layers %q", pic.Meaning.ColourName(), m.ColourName())
	}
}

// A PSD that was exported opens again with its layers as they were, and tells what every form
// tells.
func TestAnExportedPSDOpensAgain(t *testing.T) {
	doc := canvas.New()
	ed := doc.Begin("paint")
	first := doc.State().Active
	second := ed.AddLayer("Glaze", first)
	for id, r := range map[canvas.LayerID]image.Rectangle{first: image.Rect(-20, 5, 90, 70), second: image.Rect(10, 20, 150, 40)} {
		ed.PutTiles(id, r, func(dst []uint8, stride int, in image.Rectangle) {
			for y := range in.Dy() {
				for x := range in.Dx() {
					copy(dst[y*stride+4*x:], []byte{byte(in.Min.X + x), byte(in.Min.Y + y), byte(id), 255})
				}
			}
		})
	}
	ed.SetLayer(second, func(l *canvas.Layer) { l.Opacity, l.Blend, l.Visible = 128, blend.Multiply, false })
	ed.Commit()
	state := doc.State()
	r := image.Rect(-20, 5, 90, 70)
	img := render.Flatten(state, r, render.FlattenOptions{})
	form, _ := FormOf("x.PSD")
	m := Meaning{Density: density(300, 300, 0.0254), Texts: []Text{{xmpKey, "<x/>"}}}
	texts := []Text{{"parameters", "a boat\nSteps: 20, Seed: 1, Size: 8x8"}, {"pentimento", "{}"}}
	var b bytes.Buffer
	if err := m.Encode(context.Background(), &b, form, img, texts, Options{State: state}); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "a.psd")
	if err := os.WriteFile(path, b.Bytes(), 0o666); err != nil {
		t.Fatal(err)
	}
	p, _, err := OpenProject(context.Background(), path, nil)
	if err != nil || len(p.State.Layers) != 2 || len(p.Notices) > 0 {
		t.Fatalf("%+v %v", p, err)
	}
	for i, l := range p.State.Layers {
		was := state.Layers[i]
		if l.Name != was.Name || l.Visible != was.Visible || l.Opacity != was.Opacity || l.Blend != was.Blend {
			t.Errorf("%+v, want %+v", l, was)
		}
		a := render.Flatten(p.State, was.Used().Sub(r.Min), render.FlattenOptions{Only: l.ID})
		if c := render.Flatten(state, was.Used(), render.FlattenOptions{Only: was.ID}); !bytes.Equal(a.Pix, c.Pix) {
			t.Errorf("layer %q has other pixels", l.Name)
		}
	}
	pic, err := Open(context.Background(), path, nil)
	if err != nil || !bytes.Equal(pic.NRGBA().Pix, img.Pix) || !bytes.Equal(pic.Meaning.Density, m.Density) {
		t.Errorf("flattened: %+v %v", pic, err)
	}
	back, err := ReadTexts(path)
	if err != nil || !slices.ContainsFunc(back, func(t Text) bool { return strings.HasPrefix(t.Text, "a boat") }) || !slices.Contains(back, texts[1]) {
		t.Errorf("texts %q, %v", back, err)
	}
	if len(form.Normalised(state)) != 0 {
		t.Error("a mode that PSD has is lost")
	}
}

// Groups, masks, clipping and locks go through an exported PSD: it opens as the same picture.
func TestAnExportedPSDKeepsGroupsAndMasks(t *testing.T) {
	doc := canvas.New()
	ed := doc.Begin("paint")
	ids := []canvas.LayerID{doc.State().Active}
	for range 3 {
		ids = append(ids, ed.AddLayer("Layer", ids[len(ids)-1]))
	}
	for i, id := range ids {
		ed.PutTiles(id, image.Rect(10*i, 10*i, 80, 60+5*i), func(dst []uint8, stride int, in image.Rectangle) {
			for y := range in.Dy() {
				for x := range in.Dx() {
					copy(dst[y*stride+4*x:], []byte{byte(60 * i), byte(3 * (in.Min.X + x)), byte(2 * (in.Min.Y + y)), 255})
				}
			}
		})
	}
	ed.Commit()
	state := *doc.State()
	var layers []*canvas.Layer
	for _, l := range state.Layers {
		n := *l
		layers = append(layers, &n)
	}
	shows := image.NewAlpha(image.Rect(15, 15, 50, 40))
	for i := range shows.Pix {
		shows.Pix[i] = byte(i)
	}
	layers[1].Mask = canvas.NewLayerMask(shows, 255)
	layers[1].Parent, layers[2].Parent, layers[2].Clip, layers[2].Lock = 901, 901, true, canvas.LockPosition
	inner := &canvas.Layer{ID: 901, Name: "Inner", Visible: true, Opacity: 180, Blend: blend.Multiply, Group: true, Parent: 902, Mask: canvas.NewLayerMask(image.NewAlpha(image.Rect(70, 0, 80, 80)), 255)}
	outer := &canvas.Layer{ID: 902, Name: "Outer", Visible: true, Opacity: 255, Group: true, PassThrough: true, Collapsed: true}
	state.Layers = canvas.Arranged([]*canvas.Layer{layers[0], layers[1], layers[2], inner, outer, layers[3]})
	r := image.Rect(0, 0, 80, 75)
	img := render.Flatten(&state, r, render.FlattenOptions{})
	form, _ := FormOf("x.psd")
	var b bytes.Buffer
	if err := (Meaning{}).Encode(context.Background(), &b, form, img, nil, Options{State: &state}); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "a.psd")
	if err := os.WriteFile(path, b.Bytes(), 0o666); err != nil {
		t.Fatal(err)
	}
	p, _, err := OpenProject(context.Background(), path, nil)
	if err != nil || len(p.State.Layers) != 6 {
		t.Fatalf("%+v %v", p, err)
	}
	if got := render.Flatten(p.State, r, render.FlattenOptions{}); !bytes.Equal(got.Pix, img.Pix) {
		t.Error("it opens as another picture")
	}
	for i, l := range p.State.Layers {
		was := state.Layers[i]
		if l.Name != was.Name || l.Group != was.Group || l.PassThrough != was.PassThrough || l.Collapsed != was.Collapsed || l.Clip != was.Clip || l.Lock != was.Lock || (l.Parent == 0) != (was.Parent == 0) || (l.Mask == nil) != (was.Mask == nil) {
			t.Errorf("%+v, want %+v", l, was)
		}
	}
}
