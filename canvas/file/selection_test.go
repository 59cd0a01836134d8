package file

import (
	"bytes"
	"context"
	"fmt"
	"image"
	"image/png"
	"os"
	"path/filepath"
	"testing"

	"pentimento/canvas"
	"pentimento/canvas/canvastest"
)

// What is painted within a selection leaves the 16-bit samples outside it as they were
// opened.
func TestPaintingWithinASelectionKeepsAllBitsOutside(t *testing.T) {
	rng := canvastest.Chance(t)
	deep := image.NewNRGBA64(image.Rect(0, 0, 133, 90))
	for i := range deep.Pix {
		if deep.Pix[i] = uint8(rng.Uint32()); i%8 > 5 {
			deep.Pix[i] = 255
		}
	}
	var b bytes.Buffer
	if err := (Meaning{}).EncodePNG(context.Background(), &b, deep, nil, png.BestSpeed); err != nil {
		t.Fatal(err)
	}
	d := opened(t, b.Bytes())
	m := canvastest.Blob(rng, image.Rect(20, 10, 100, 80))
	e := d.Begin("paint")
	e.Within(canvas.Cover(m))
	id := e.State().Active
	e.PutTiles(id, deep.Rect, func(dst []uint8, stride int, r image.Rectangle) {
		for y := range r.Dy() {
			for x := range r.Dx() {
				copy(dst[y*stride+4*x:], []uint8{1, 2, 3, 255})
			}
		}
	})
	e.Commit()
	img := image.NewNRGBA(deep.Rect)
	d.State().Layers[0].Read(img.Pix, img.Stride, img.Rect)
	got := Finish(d.State(), img).(*image.NRGBA64)
	inside := 0
	for y := range 90 {
		for x := range 133 {
			switch c := m.AlphaAt(x, y).A; {
			case c == 0 && got.NRGBA64At(x, y) != deep.NRGBA64At(x, y):
				t.Fatalf("%d, %d outside was %v and is %v", x, y, deep.NRGBA64At(x, y), got.NRGBA64At(x, y))
			case c == 255:
				if inside++; got.NRGBA64At(x, y).R>>8 != 1 {
					t.Fatalf("%d, %d inside is %v", x, y, got.NRGBA64At(x, y))
				}
			}
		}
	}
	if inside == 0 && m.AlphaAt(60, 45).A == 255 {
		t.Error("nothing was painted inside")
	}
}

// A saved selection that the file has lost costs that one alone, and saving again does not
// copy another's pixels in its place.
func TestADamagedSavedSelectionCostsOnlyItself(t *testing.T) {
	rng := canvastest.Chance(t)
	p := randomProject(rng)
	s := *p.State
	s.Channels = nil
	for i := range 3 {
		s.Channels = append(s.Channels, canvas.Channel{Name: fmt.Sprint("c", i), Cover: canvas.Cover(canvastest.Blob(rng, image.Rect(0, 0, 70+i, 50)))})
	}
	p.State, p.Flatten = &s, flattenPlain(&s)
	dir := t.TempDir()
	path := filepath.Join(dir, "a.ora")
	mustSave(t, path, p, nil)
	m := membersOf(t, path)
	m[fmt.Sprintf(channelName, 2)] = []byte("broken")
	all := []oraMember{{name: mimeMember, data: []byte(mimetype)}}
	for name, data := range m {
		if name != mimeMember {
			all = append(all, oraMember{name: name, data: data})
		}
	}
	if err := os.WriteFile(path, zipped(t, all...), 0o644); err != nil {
		t.Fatal(err)
	}
	got, stored := mustOpen(t, path)
	if !got.Lossy || len(got.Notices) != 1 {
		t.Errorf("notices %q", got.Notices)
	}
	got.Flatten, got.Small = flattenPlain(got.State), p.Small
	mustSave(t, filepath.Join(dir, "b.ora"), got, stored)
	again, _ := mustOpen(t, filepath.Join(dir, "b.ora"))
	want := s
	want.Channels = []canvas.Channel{s.Channels[0], {Name: "c1"}, s.Channels[2]}
	if d := differentStates(&want, again.State); d != "" {
		t.Error(d)
	}
}
