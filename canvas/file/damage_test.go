package file

import (
	"archive/zip"
	"bytes"
	"context"
	"errors"
	"fmt"
	"image"
	"image/png"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"

	"pentimento/canvas"
	"pentimento/canvas/canvastest"
	"pentimento/fault"

	"pentimento/canvas/disk/disktest"
)

// sampleProject is a small project with one of everything, always the same.
func sampleProject() *Project { return randomProject(rand.New(rand.NewPCG(11, 1))) }

// TestDamageCostsTheMemberAndNotTheFile: each member in turn is damaged or missing; all the
// others are as they were, and the person is told.
func TestDamageCostsTheMemberAndNotTheFile(t *testing.T) {
	whole, _ := mustRead(t, edited(t, func(_ string, b []byte) []byte { return b }))
	var names []string
	edited(t, func(name string, b []byte) []byte { names = append(names, name); return b })
	ways := map[string]func([]byte) []byte{
		"missing": func([]byte) []byte { return nil },
		"cut":     func(b []byte) []byte { return b[:len(b)/2] },
		"garbage": func(b []byte) []byte { return bytes.Repeat([]byte{0xa5}, len(b)+1) },
	}
	for way, change := range ways {
		for _, name := range names {
			data := edited(t, func(n string, b []byte) []byte {
				if n == name {
					return change(b)
				}
				return b
			})
			p, _, err := ReadProject(context.Background(), data)
			if err != nil {
				t.Errorf("%s %s: %v", name, way, err)
				continue
			}
			switch {
			case name == mimeMember || name == thumbMember || name == mergedMember:
				if d := different(whole, p); d != "" || p.Lossy {
					t.Errorf("%s %s: %s, lossy %v", name, way, d, p.Lossy)
				}
			case name == originMember && way == "missing": // a picture without fills has none
			case !p.Lossy || len(p.Notices) == 0:
				t.Errorf("%s %s: nobody was told", name, way)
			}
			if strings.HasPrefix(name, "data/") {
				othersAreWhole(t, name+" "+way, whole.State, p.State)
			}
		}
	}
}

// othersAreWhole checks that at most one layer differs and that it still is there.
func othersAreWhole(t *testing.T, what string, a, b *canvas.State) {
	t.Helper()
	if len(a.Layers) != len(b.Layers) {
		t.Errorf("%s: %d layers, want %d", what, len(b.Layers), len(a.Layers))
		return
	}
	lost := 0
	for i, l := range a.Layers {
		m := b.Layers[i]
		if m.Name != l.Name || m.ID != l.ID || m.Blend != l.Blend || m.Opacity != l.Opacity {
			t.Errorf("%s: layer %d is %v, want %v", what, i, *m, *l)
		}
		x, y := &canvas.State{Layers: []*canvas.Layer{{Tiles: l.Tiles}}}, &canvas.State{Layers: []*canvas.Layer{{Tiles: m.Tiles}}}
		if canvastest.Difference(x, y) != "" {
			lost++
		}
	}
	if lost > 1 {
		t.Errorf("%s: %d layers are lost", what, lost)
	}
}

// TestFlippedBitsNeverGoUnnoticed: a bit that turns over in a stored file changes nothing
// without a notice, and never ends the program.
func TestFlippedBitsNeverGoUnnoticed(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a.ora")
	mustSave(t, path, sampleProject(), nil)
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	whole, _ := mustRead(t, data)
	rng := rand.New(rand.NewPCG(5, 5))
	for range 150 {
		at := rng.IntN(len(data))
		bad := bytes.Clone(data)
		bad[at] ^= 1 << rng.IntN(8)
		p, _, err := ReadProject(context.Background(), bad)
		if err == nil && len(p.Notices) == 0 {
			if d := different(whole, p); d != "" {
				t.Fatalf("byte %d of %d: %s, and nobody was told", at, len(data), d)
			}
		}
	}
}

// TestEveryCutOpensOrSaysWhy: a file that ends anywhere gives an error and no panic.
func TestEveryCutOpensOrSaysWhy(t *testing.T) {
	data := edited(t, func(_ string, b []byte) []byte { return b })
	for n := 0; n < len(data); n += 1 + len(data)/100 {
		if _, _, err := ReadProject(context.Background(), data[:n]); err == nil || fault.Hint(err) == "" {
			t.Fatalf("cut at %d: error %v, want one with advice", n, err)
		}
	}
}

// failAfter lets n bytes through and then fails.
type failAfter struct {
	w   io.Writer
	n   int
	err error
}

func (f *failAfter) Write(b []byte) (int, error) {
	if len(b) > f.n {
		k, _ := f.w.Write(b[:f.n])
		f.n = 0
		return k, f.err
	}
	f.n -= len(b)
	return f.w.Write(b)
}

// TestASaveThatFailsAnywhereKeepsTheOldFile: a full disk or a broken one at any byte leaves
// the file of before and nothing beside it, and says so in plain words.
func TestASaveThatFailsAnywhereKeepsTheOldFile(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "a.ora")
	before := sampleProject()
	stored := mustSave(t, path, before, nil)
	old := disktest.Contents(t, dir)
	size := len(old["a.ora"])
	after := *before
	changed := *before.State
	changed.Frame = image.Rect(1, 2, 3, 4)
	after.State = &changed
	defer func() { spoil = func(w io.Writer) io.Writer { return w } }()
	for _, fail := range []error{syscall.ENOSPC, syscall.EIO, syscall.EROFS} {
		for n := 0; n < size; n += 1 + size/30 {
			spoil = func(w io.Writer) io.Writer { return &failAfter{w, n, fail} }
			for _, last := range []*Stored{nil, stored} {
				_, err := SaveProject(context.Background(), path, &after, last)
				if !errors.Is(err, fail) || fail == syscall.ENOSPC && (!strings.Contains(err.Error(), "disk is full") || fault.Hint(err) == "") {
					t.Fatalf("failing at byte %d with %v: %v", n, fail, err)
				}
				if got := disktest.Contents(t, dir); len(got) != 1 || got["a.ora"] != old["a.ora"] {
					t.Fatalf("failing at byte %d with %v left %d files or another content", n, fail, len(got))
				}
			}
		}
	}
	ctx, stop := context.WithCancel(context.Background())
	stop()
	if _, err := SaveProject(ctx, path, &after, stored); !errors.Is(err, context.Canceled) || disktest.Contents(t, dir)["a.ora"] != old["a.ora"] {
		t.Errorf("a cancelled save: %v", err)
	}
}

// TestWhatHasNotChangedIsCopied: the members of unchanged layers, masks and pictures are
// the bytes of the old file; a file that somebody else has changed meanwhile is not
// believed.
func TestWhatHasNotChangedIsCopied(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "a.ora")
	p := sampleProject()
	stored := mustSave(t, path, p, nil)
	encoded := 0
	for _, l := range stored.layers {
		encoded += len(l.parts)
	}
	d := canvas.Open("x", p.State)
	e := d.Begin("dab")
	at := slices.IndexFunc(p.State.Layers, func(l *canvas.Layer) bool { return !l.Group && l.Tiles.Len() > 0 })
	canvastest.Paint(e, p.State.Layers[at].ID, []canvastest.Sample{{X: 1, Y: 1, Pressure: 1}}, 30, [4]uint8{1, 2, 3, 255})
	e.Commit()
	next := *p
	next.State = d.State()
	next.Flatten = flattenPlain(next.State)

	count := counting(t)
	now := mustSave(t, path, &next, stored)
	if got := *count; got != 3 { // the layer, the flattened picture, the thumbnail
		t.Errorf("%d pictures were encoded, want 3 of %d", got, encoded+5)
	}
	got, _ := mustOpen(t, path)
	if diff := different(&next, got); diff != "" {
		t.Fatal(diff)
	}
	// somebody else writes there: nothing of it may be taken for ours
	other := randomProject(rand.New(rand.NewPCG(77, 1)))
	mustSave(t, path, other, nil)
	mustSave(t, path, &next, now)
	if got, _ = mustOpen(t, path); different(&next, got) != "" {
		t.Errorf("after another program wrote: %s", different(&next, got))
	}
	// and bytes that rot on the disk are not carried on
	rot(t, path)
	mustSave(t, path, &next, now)
	if got, _ = mustOpen(t, path); different(&next, got) != "" || len(got.Notices) > 0 {
		t.Errorf("after rot: %s %q", different(&next, got), got.Notices)
	}
}

// counting counts the pictures that are encoded from now on.
func counting(t *testing.T) *int {
	n := 0
	encoding = func() { n++ }
	t.Cleanup(func() { encoding = func() {} })
	return &n
}

// rot turns a byte over in every layer of a file, without touching the list of members.
func rot(t *testing.T, path string) {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	zr, err := zip.NewReader(bytes.NewReader(data), int64(len(data)))
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range zr.File {
		if strings.HasPrefix(f.Name, "data/layer") {
			at, err := f.DataOffset()
			if err != nil {
				t.Fatal(err)
			}
			data[at+int64(f.CompressedSize64)/2] ^= 0x10
		}
	}
	if err := os.WriteFile(path, data, 0o600); err != nil {
		t.Fatal(err)
	}
}

// TestDistantStrokesAreCutIntoPieces: a layer with two strokes far apart costs what they
// cost and comes back exactly; other programs see a group.
func TestDistantStrokesAreCutIntoPieces(t *testing.T) {
	d := canvas.New()
	e := d.Begin("far")
	for i, at := range []image.Point{{-70001, 40}, {90017, -50003}, {33, 77}} {
		e.Put(1, canvastest.Picture(rand.New(rand.NewPCG(uint64(i), 1)), image.Rectangle{Min: at, Max: at.Add(image.Pt(300, 200))}, i > 0), nil)
	}
	e.SetLayer(1, func(l *canvas.Layer) { l.Offset = image.Pt(-11, 5) })
	e.Commit()
	path := filepath.Join(t.TempDir(), "far.ora")
	p := &Project{State: d.State(), Flatten: func(image.Rectangle) *image.NRGBA { t.Error("160,000 pixels a side were flattened"); return nil }, Small: func(int) *image.NRGBA { return nil }}
	mustSave(t, path, p, nil)
	got, stored := mustOpen(t, path)
	if diff := canvastest.Difference(p.State, got.State); diff != "" || len(got.Notices) > 0 {
		t.Errorf("%s %q", diff, got.Notices)
	}
	if n := len(stored.layers[1].parts); n < 3 {
		t.Errorf("%d pieces", n)
	}
	if st, err := os.Stat(path); err != nil || st.Size() > 2<<20 {
		t.Errorf("the file has %d bytes", st.Size())
	}
	count := counting(t)
	got.Flatten, got.Small = p.Flatten, p.Small
	mustSave(t, path, got, stored)
	if *count > 2 {
		t.Errorf("%d pictures were encoded of an unchanged layer", *count)
	}
	if _, err := Open(context.Background(), path, nil); err == nil || !strings.Contains(err.Error(), "flattened") {
		t.Errorf("as a picture: %v, want a refusal that says why", err)
	}
}

// TestAProjectOpensAsAPicture: whatever takes pictures takes a project's flattened one, and
// its texts.
func TestAProjectOpensAsAPicture(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a.ora")
	p := sampleProject()
	mustSave(t, path, p, nil)
	pic, err := Open(context.Background(), path, nil)
	if err != nil {
		t.Fatal(err)
	}
	want := p.Flatten(p.State.Used())
	if got := pic.NRGBA(); pic.Format != openRaster || !bytes.Equal(got.Pix, want.Pix) {
		t.Errorf("%s of %v, want the flattened picture of %v", pic.Format, got.Rect, want.Rect)
	}
	texts, err := ReadTexts(path)
	if err != nil || len(texts) != 1 || texts[0].Text != "a prompt" {
		t.Errorf("texts %v, %v", texts, err)
	}
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if info, err := Inspect(context.Background(), f); err != nil || info.Format != openRaster || info.Width != want.Rect.Dx() {
		t.Errorf("info %+v, %v", info, err)
	}
}

// TestPNGOfEveryShapeIsWhatOthersRead: what encodeRaster writes, the standard decoder reads
// alike, and decodeRows reads what the standard encoder writes.
func TestPNGOfEveryShapeIsWhatOthersRead(t *testing.T) {
	rng := rand.New(rand.NewPCG(2, 2))
	for _, size := range []image.Point{{1, 1}, {3, 2}, {700, 1}, {1, 700}, {333, 257}, {9000, 60}} {
		for _, alpha := range []bool{false, true} {
			img := canvastest.Picture(rng, image.Rectangle{Max: size}, alpha)
			pieces, err := encodeRaster(context.Background(), rasterOfImage(img), nil)
			if err != nil {
				t.Fatal(err)
			}
			p, err := Decode(context.Background(), bytes.NewReader(bytes.Join(pieces, nil)), nil)
			if err != nil {
				t.Fatal(size, err)
			}
			if got := p.NRGBA(); !bytes.Equal(got.Pix, img.Pix) {
				t.Errorf("%v, alpha %v: the standard decoder reads other pixels", size, alpha)
			}
			var b bytes.Buffer
			if err := png.Encode(&b, img); err != nil {
				t.Fatal(err)
			}
			f := mustFacts(t, b.Bytes())
			k := 0
			if err := decodeRows(buffered(bytes.NewReader(b.Bytes()[pngHeader:])), f, func(y int, row []byte) {
				for x := range size.X {
					if !bytes.Equal(row[x*f.channels:][:3], img.Pix[img.PixOffset(x, y):][:3]) {
						k++
					}
				}
			}); err != nil || k > 0 {
				t.Errorf("%v, alpha %v: %d pixels of the standard encoder are read wrongly, %v", size, alpha, k, err)
			}
		}
	}
}

func mustFacts(t *testing.T, b []byte) pngFacts {
	t.Helper()
	f, err := readHead(bytes.NewReader(b))
	if err != nil {
		t.Fatal(err)
	}
	return f
}

func TestNamesThatXMLCannotHoldSurvive(t *testing.T) {
	d := canvas.New()
	e := d.Begin("x")
	names := []string{"bell \a", "", " spaced  ", "quotes \"'<>&", "日本 🖌", "line\nbreak\r", strings.Repeat("long ", 500)}
	for _, n := range names {
		e.AddLayer(n, 0)
	}
	e.Commit()
	path := filepath.Join(t.TempDir(), "a.ora")
	mustSave(t, path, &Project{State: d.State(), Flatten: flattenPlain(d.State()), Small: func(int) *image.NRGBA { return nil }}, nil)
	got, _ := mustOpen(t, path)
	for i, n := range names {
		if l := got.State.Layers[i+1]; l.Name != n {
			t.Errorf("%q came back as %q", n, l.Name)
		}
	}
	if fmt.Sprint(got.Notices) != "[]" {
		t.Error(got.Notices)
	}
}
