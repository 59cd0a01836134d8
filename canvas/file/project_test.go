package file

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"image"
	"math/rand/v2"
	"path/filepath"
	"reflect"
	"slices"
	"testing"

	"pentimento/canvas"
	"pentimento/canvas/blend"
	"pentimento/canvas/canvastest"
)

// project is a random picture with everything that a project holds.
func randomProject(rng *rand.Rand) *Project {
	d := canvastest.Grouped(rng)
	for range 10 {
		canvastest.Change(rng, d).Commit()
	}
	e := d.Begin("more")
	for i := range rng.IntN(3) {
		e.AddReference(&canvas.Reference{Name: fmt.Sprintf("strip & <%d>", i), Image: canvastest.Picture(rng, canvastest.Area(rng, 60), i > 0)})
	}
	e.AddReference(&canvas.Reference{Name: "what is under the frame"})
	pic := canvastest.Picture(rng, image.Rect(0, 0, 40, 30), true)
	e.Place(e.AddLayer("placed \"x\"\t\n", 0), pic, pic)
	e.AddOrigin(&canvas.Origin{Rect: image.Rect(-5, 0, 7, 9), Layer: 1, Recipe: []byte(`{"prompt":"<a> & b","n":1}`)})
	e.AddOrigin(&canvas.Origin{Rect: image.Rect(0, 0, 1, 1), Layer: 99, Recipe: []byte("not \xff JSON")})
	e.AddLayer("", 0)
	e.SetChannel("the sky & <more>", canvas.Cover(canvastest.Blob(rng, canvastest.Area(rng, 90))))
	e.SetChannel("", canvas.Grid[canvas.MaskTile]{})
	e.Commit()
	canvastest.Reshape(rng, d)
	return &Project{State: d.State(), Program: "Test", Flatten: flattenPlain(d.State()), Small: func(int) *image.NRGBA { return nil },
		Data:     map[string][]json.RawMessage{"candidates": {json.RawMessage(`{"a":1}`), json.RawMessage(`[2]`)}, "settings": {json.RawMessage(`{}`)}},
		Pictures: map[string]*image.NRGBA{"c1": canvastest.Picture(rng, canvastest.Area(rng, 80), true), "c2": pic},
		Masks:    map[string]*image.Alpha{"m1": canvastest.Blob(rng, canvastest.Area(rng, 50))},
		Texts:    func(image.Rectangle) []Text { return []Text{{"parameters", "a prompt"}} }}
}

// flattenPlain composes with the blend modes alone: canvas/render is no business of this
// package.
func flattenPlain(s *canvas.State) func(image.Rectangle) *image.NRGBA {
	return func(r image.Rectangle) *image.NRGBA {
		out := image.NewNRGBA(r)
		s.Stack().LayIn(out.Pix, out.Stride, r)
		canvas.Unpremultiply(out.Pix, out.Pix)
		return out
	}
}

// different describes a difference of two projects, "" when there is none.
func different(a, b *Project) string {
	x, y := *a.State, *b.State
	if d := differentStates(&x, &y); d != "" {
		return d
	}
	switch {
	case !reflect.DeepEqual(a.Data, b.Data):
		return fmt.Sprintf("data %s and %s", a.Data, b.Data)
	case len(a.Pictures) != len(b.Pictures) || len(a.Masks) != len(b.Masks):
		return fmt.Sprintf("%d pictures, %d masks and %d, %d", len(a.Pictures), len(a.Masks), len(b.Pictures), len(b.Masks))
	}
	for name, p := range a.Pictures {
		if !samePicture(p, b.Pictures[name]) {
			return fmt.Sprintf("picture %q differs", name)
		}
	}
	for name, m := range a.Masks {
		if o := b.Masks[name]; o == nil || o.Rect != m.Rect || !bytes.Equal(o.Pix, m.Pix) {
			return fmt.Sprintf("mask %q differs", name)
		}
	}
	return ""
}

func differentStates(x, y *canvas.State) string {
	if len(x.References) != len(y.References) || len(x.Origins) != len(y.Origins) || len(x.Layers) != len(y.Layers) {
		return fmt.Sprintf("%d layers, %d references, %d origins and %d, %d, %d", len(x.Layers), len(x.References), len(x.Origins), len(y.Layers), len(y.References), len(y.Origins))
	}
	for i, r := range x.References {
		if o := y.References[i]; o.Name != r.Name || o.Layer != r.Layer || (r.Image == nil) != (o.Image == nil) || r.Image != nil && !samePicture(r.Image, o.Image) {
			return fmt.Sprintf("reference %d differs", i)
		}
	}
	for i, r := range x.Origins {
		if o := y.Origins[i]; o.Rect != r.Rect || o.Layer != r.Layer || !bytes.Equal(o.Recipe, r.Recipe) {
			return fmt.Sprintf("origin %d is %q and %q", i, r.Recipe, o.Recipe)
		}
	}
	strip := func(s *canvas.State) {
		s.References, s.Origins, s.Layers = nil, nil, slices.Clone(s.Layers)
		for i, l := range s.Layers {
			c := *l
			c.Placed = nil
			s.Layers[i] = &c
		}
	}
	for i, l := range x.Layers {
		p, q := l.Placed, y.Layers[i].Placed
		if (p == nil) != (q == nil) || p != nil && (p.Rect != q.Rect || !samePicture(p.Source, q.Source)) {
			return fmt.Sprintf("layer %d shows another placed picture", i)
		}
	}
	strip(x)
	strip(y)
	return canvastest.Difference(x, y)
}

func samePicture(a, b *image.NRGBA) bool {
	return a != nil && b != nil && a.Rect == b.Rect && bytes.Equal(a.Pix, b.Pix)
}

func mustSave(t testing.TB, path string, p *Project, last *Stored) *Stored {
	t.Helper()
	s, err := SaveProject(context.Background(), path, p, last)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func mustOpen(t testing.TB, path string) (*Project, *Stored) {
	t.Helper()
	p, s, err := OpenProject(context.Background(), path, nil)
	if err != nil {
		t.Fatal(err)
	}
	return p, s
}

func TestAProjectComesBackExactly(t *testing.T) {
	dir := t.TempDir()
	for seed := range uint64(12) {
		rng := rand.New(rand.NewPCG(seed, 1))
		want := randomProject(rng)
		path := filepath.Join(dir, "a.ora")
		mustSave(t, path, want, nil)
		got, stored := mustOpen(t, path)
		if len(got.Notices) > 0 || got.Lossy {
			t.Fatalf("seed %d: notices %q", seed, got.Notices)
		}
		if d := different(want, got); d != "" {
			t.Fatalf("seed %d: %s", seed, d)
		}
		// and again, all of it copied
		got.Flatten, got.Small = flattenPlain(got.State), want.Small
		mustSave(t, filepath.Join(dir, "b.ora"), got, stored)
		again, _ := mustOpen(t, filepath.Join(dir, "b.ora"))
		if d := different(want, again); d != "" {
			t.Fatalf("seed %d, saved again: %s", seed, d)
		}
	}
}

// TestEveryPremultipliedPixelSurvivesStraightAlpha: PNG holds straight alpha, tiles
// premultiplied. There and back is the identity for every pixel that can be (no channel
// above its alpha), and what cannot be is brought to one that can.
func TestEveryPremultipliedPixelSurvivesStraightAlpha(t *testing.T) {
	for a := range 256 {
		for v := range 256 {
			p := []byte{byte(v), byte(v), byte(v), byte(a)}
			var straight, back [4]byte
			canvas.Unpremultiply(straight[:], p)
			canvas.Premultiply(back[:], straight[:])
			want := byte(min(v, a))
			if back != [4]byte{want, want, want, byte(a)} {
				t.Fatalf("alpha %d, value %d became %v", a, v, back)
			}
		}
	}
}

// TestTheProjectFileKnowsEveryField fails when the picture gets something that the file
// does not keep: see that it does, then name it here.
func TestTheProjectFileKnowsEveryField(t *testing.T) {
	for _, c := range []struct {
		of   any
		want []string
	}{
		{canvas.State{}, []string{"Layers", "Active", "Mask", "Selection", "Channels", "Frame", "References", "Origins", "Source", "GuideLines"}},
		{canvas.GuideLine{}, []string{"Upright", "At"}},
		{canvas.Channel{}, []string{"Name", "Cover"}},
		{canvas.Layer{}, []string{"ID", "Name", "Visible", "Opacity", "Blend", "Offset", "Tiles", "Placed", "Text", "Group", "Parent", "PassThrough", "Collapsed", "Clip", "Lock", "Mask", "Guide"}},
		{canvas.LayerMask{}, []string{"Tiles", "Outside", "Off"}},
		{canvas.Placed{}, []string{"Source", "Rect"}},
		{canvas.Reference{}, []string{"Name", "Image", "Layer"}},
		{canvas.Origin{}, []string{"Rect", "Layer", "Recipe", "Offset", "Laid", "Mask"}},
	} {
		var got []string
		for f := range reflect.TypeOf(c.of).Fields() {
			got = append(got, f.Name)
		}
		if !slices.Equal(got, c.want) {
			t.Errorf("%T has %v, the project file keeps %v", c.of, got, c.want)
		}
	}
}

func TestEveryBlendModeHasANameInTheFile(t *testing.T) {
	for _, m := range blend.Modes {
		if got, ok := modeOf(compositeOf(m)); !ok || got != m {
			t.Errorf("%v is written as %q and read as %v", m, compositeOf(m), got)
		}
	}
}

// TestAFrameTooLargeToLookAtIsThePicture: what is asked of a frame is asked of all of its pixels.
func TestAFrameTooLargeToLookAtIsThePicture(t *testing.T) {
	p := randomProject(canvastest.Chance(t))
	s := *p.State
	s.Frame = image.Rect(-1<<27, 0, 1<<27, 1<<27)
	p.State = &s
	path := filepath.Join(t.TempDir(), "far.ora")
	mustSave(t, path, p, nil)
	if got, _ := mustOpen(t, path); got.State.Frame != got.State.Used() {
		t.Errorf("the frame is %v, want that of the picture, %v", got.State.Frame, got.State.Used())
	}
}
