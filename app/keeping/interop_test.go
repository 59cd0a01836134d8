package keeping

import (
	"context"
	"image"
	"image/color"
	"image/png"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"pentimento/canvas"
	"pentimento/canvas/blend"
	"pentimento/canvas/canvastest"
	"pentimento/canvas/file"
)

// painter is another program that reads and writes OpenRaster without a person.
type painter struct {
	name, wants string
	ready       func() bool
	// convert opens in and writes it as out, a PNG or an .ora by its ending.
	convert func(t *testing.T, in, out string)
	// worst is how far, of 255, a channel of a layer may lie from ours.
	worst int
}

var krita = painter{"Krita", "krita, xvfb and xauth", func() bool { return has("krita") && has("xvfb-run") }, func(t *testing.T, in, out string) {
	foreignRun(t, "xvfb-run", "-a", "krita", "--export", "--export-filename", out, in)
}, 0}

// myPaint keeps pixels in 15 bits of linear light, so a value may come back off by one.
var myPaint = painter{"MyPaint", "mypaint, xvfb and xauth", func() bool {
	_, err := os.Stat(myPaintHome + "/lib/document.py")
	return err == nil && has("xvfb-run")
}, func(t *testing.T, in, out string) {
	foreignRun(t, "xvfb-run", "-a", "/usr/bin/python3", "-c", myPaintScript, in, out)
}, 1}

const (
	myPaintHome   = "/usr/lib/mypaint"
	myPaintScript = `
import sys
sys.path.insert(0, "` + myPaintHome + `")
import gi
gi.require_version("Gtk", "3.0")
import lib.gettext
import lib.document
document = lib.document.Document(painting_only=True)
document.load(sys.argv[1])
document.save(sys.argv[2])
`
)

func has(program string) bool { _, err := exec.LookPath(program); return err == nil }

// foreignRun runs a program with a home folder of its own.
func foreignRun(t *testing.T, name string, args ...string) {
	t.Helper()
	ctx, stop := context.WithTimeout(t.Context(), 3*time.Minute)
	defer stop()
	c := exec.CommandContext(ctx, name, args...)
	home := t.TempDir()
	c.Env = append(os.Environ(), "HOME="+home, "XDG_CONFIG_HOME="+home, "XDG_DATA_HOME="+home, "XDG_CACHE_HOME="+home, "LIBGL_ALWAYS_SOFTWARE=1")
	if out, err := c.CombinedOutput(); err != nil {
		t.Fatalf("%s: %v\n%s", name, err, out)
	}
}

// foreignCase is a place of a picture whose look in the other program is compared.
type foreignCase struct {
	name  string
	worst int // of 255, that its arithmetic may lie from ours
	paint func(e *canvas.Edit, rng *rand.Rand, at image.Rectangle)
}

// cell is the size of such a place; the first is left of and above the origin.
var cell = image.Rect(-50, -40, 150, 120)

func foreignCases() []foreignCase {
	add := func(e *canvas.Edit, rng *rand.Rand, name string, r image.Rectangle, alpha bool, change func(*canvas.Layer)) {
		id := e.AddLayer(name, 0)
		e.Put(id, canvastest.Picture(rng, r, alpha), nil)
		e.SetLayer(id, change)
	}
	same := func(*canvas.Layer) {}
	cases := []foreignCase{
		{"opaque layers, one moved and one hidden that reaches beyond the picture", 0, func(e *canvas.Edit, rng *rand.Rand, at image.Rectangle) {
			add(e, rng, "ground", at, false, same)
			add(e, rng, "über & <all>", at.Inset(30), false, func(l *canvas.Layer) { l.Offset = image.Pt(13, -7) })
			add(e, rng, "hidden", at.Sub(image.Pt(300, 200)), true, func(l *canvas.Layer) { l.Visible = false })
		}},
		{"one translucent layer", 0, func(e *canvas.Edit, rng *rand.Rand, at image.Rectangle) { add(e, rng, "glass", at, true, same) }},
		{"half opacity", 1, func(e *canvas.Edit, rng *rand.Rand, at image.Rectangle) {
			add(e, rng, "ground", at, false, same)
			add(e, rng, "half", at.Inset(20), false, func(l *canvas.Layer) { l.Opacity = 128 })
		}},
	}
	for _, m := range blend.Modes {
		cases = append(cases, foreignCase{m.String() + ", translucent over opaque", 2, func(e *canvas.Edit, rng *rand.Rand, at image.Rectangle) {
			add(e, rng, "ground", at, false, same)
			add(e, rng, m.String(), at.Inset(20), true, func(l *canvas.Layer) { l.Blend = m })
		}})
	}
	return cases
}

// TestAnotherProgramSeesTheSamePicture: Krita opens what is saved here and writes what it
// sees. Where nothing mixes it is the same bit for bit; where layers mix, both round.
func TestAnotherProgramSeesTheSamePicture(t *testing.T) {
	if !krita.ready() || testing.Short() {
		t.Skipf("Krita opens our file in this test: install %s, and leave out -short", krita.wants)
	}
	cases := foreignCases()
	d := canvas.New()
	e := d.Begin("paint")
	place := func(i int) image.Rectangle { return cell.Add(image.Pt(i%4*250, i/4*200)) }
	for i, c := range cases {
		c.paint(e, rand.New(rand.NewPCG(uint64(i), 1)), place(i))
	}
	e.Commit()
	dir := t.TempDir()
	ours, theirs := filepath.Join(dir, "a.ora"), filepath.Join(dir, "b.png")
	content := &file.Project{}
	flattener(content, d.State())
	if _, err := file.SaveProject(t.Context(), ours, content, nil); err != nil {
		t.Fatal(err)
	}
	krita.convert(t, ours, theirs)
	f, err := os.Open(theirs)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	got, err := png.Decode(f)
	if err != nil {
		t.Fatal(err)
	}
	if used := d.State().Used(); got.Bounds().Size() != used.Size() {
		t.Fatalf("Krita's picture is %v, ours %v", got.Bounds(), used)
	}
	for i, c := range cases {
		differ, worst := compare(content.Flatten(place(i)), got, place(i).Min.Sub(d.State().Used().Min))
		t.Logf("%s: %d of %d pixels differ, at most by %d of 255", c.name, differ, cell.Dx()*cell.Dy(), worst)
		if worst > c.worst {
			t.Errorf("%s: want at most %d", c.name, c.worst)
		}
	}
}

// compare counts the pixels that differ from those of another picture that begin at `at`.
func compare(want *image.NRGBA, got image.Image, at image.Point) (differ, worst int) {
	for y := range want.Rect.Dy() {
		for x := range want.Rect.Dx() {
			a := want.NRGBAAt(want.Rect.Min.X+x, want.Rect.Min.Y+y)
			b := color.NRGBAModel.Convert(got.At(at.X+x, at.Y+y)).(color.NRGBA)
			if a.A == 0 && b.A == 0 {
				continue
			}
			d := 0
			for _, v := range [4]int{int(a.R) - int(b.R), int(a.G) - int(b.G), int(a.B) - int(b.B), int(a.A) - int(b.A)} {
				d = max(d, v, -v)
			}
			if d > 0 {
				differ++
			}
			worst = max(worst, d)
		}
	}
	return differ, worst
}

// TestWhatOtherProgramsWroteOpensAsItWas: a picture goes to the other program and comes
// back in its own file.
func TestWhatOtherProgramsWroteOpensAsItWas(t *testing.T) {
	for _, p := range []painter{krita, myPaint} {
		t.Run(p.name, func(t *testing.T) {
			if !p.ready() || testing.Short() {
				t.Skipf("%s writes the file of this test: install %s, and leave out -short", p.name, p.wants)
			}
			rng := rand.New(rand.NewPCG(7, 7))
			d := canvas.New()
			e := d.Begin("paint")
			e.Put(1, canvastest.Picture(rng, cell, false), nil)
			e.SetLayer(1, func(l *canvas.Layer) { l.Name = "ground" })
			id := e.AddLayer("shade", 1)
			e.Put(id, canvastest.Picture(rng, image.Rect(-20, -20, 120, 100), true), nil)
			e.SetLayer(id, func(l *canvas.Layer) { l.Blend, l.Opacity = blend.Multiply, 153 })
			id = e.AddLayer("off", id)
			e.Put(id, canvastest.Picture(rng, image.Rect(0, 0, 20, 20), false), nil)
			e.SetLayer(id, func(l *canvas.Layer) { l.Visible = false })
			e.Commit()
			dir := t.TempDir()
			ours, theirs := filepath.Join(dir, "a.ora"), filepath.Join(dir, "b.ora")
			content := &file.Project{}
			flattener(content, d.State())
			if _, err := file.SaveProject(t.Context(), ours, content, nil); err != nil {
				t.Fatal(err)
			}
			p.convert(t, ours, theirs)
			got, _, err := file.OpenProject(t.Context(), theirs, nil)
			if err != nil {
				t.Fatal(err)
			}
			t.Logf("notices: %q", got.Notices)
			layers := slices.DeleteFunc(slices.Clone(got.State.Layers), func(l *canvas.Layer) bool { return l.Name == "background" }) // MyPaint's own
			if len(layers) != 3 {
				t.Fatalf("%d layers, want 3", len(layers))
			}
			for i, want := range d.State().Layers {
				l := layers[i]
				if l.Name != want.Name || l.Blend != want.Blend || l.Visible != want.Visible || l.Opacity != want.Opacity {
					t.Errorf("layer %d is %q, %v, visible %v, opacity %d; want %q, %v, %v, %d", i, l.Name, l.Blend, l.Visible, l.Opacity, want.Name, want.Blend, want.Visible, want.Opacity)
				}
				differ, worst := 0, 0
				r := want.Used()
				a, b := make([]uint8, r.Dx()*r.Dy()*4), make([]uint8, r.Dx()*r.Dy()*4)
				want.Read(a, r.Dx()*4, r)
				l.Read(b, r.Dx()*4, r.Sub(cell.Min))
				for j := range a {
					if v := int(a[j]) - int(b[j]); v != 0 {
						differ, worst = differ+1, max(worst, v, -v)
					}
				}
				t.Logf("%s: %d of %d values differ, at most by %d", l.Name, differ, len(a), worst)
				if worst > p.worst {
					t.Errorf("layer %q has other pixels", l.Name)
				}
			}
		})
	}
}
