package cli

import (
	"bytes"
	"context"
	"encoding/json"
	"image"
	"image/color"
	"image/png"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"pentimento/canvas/file"
	"pentimento/pipeline/metadata"
)

// result is what a verb did.
type result struct {
	code        int
	out, errors string
}

func do(t *testing.T, stdin []byte, args ...string) result {
	t.Helper()
	return doCtx(context.Background(), stdin, args...)
}

func doCtx(ctx context.Context, stdin []byte, args ...string) result {
	var out, errs bytes.Buffer
	code := Main(ctx, args, Env{Stdin: bytes.NewReader(stdin), Stdout: &out, Stderr: &errs, Version: "9.9.9", pickSeed: func() int64 { return 77 }, Devices: []string{"cuda", "cpu"}})
	return result{code, out.String(), errs.String()}
}

// scene is a picture with structure, with hidden colours under transparent pixels.
func scene(w, h int, seed uint64) *image.NRGBA {
	rng := rand.New(rand.NewPCG(seed, 1))
	img := image.NewNRGBA(image.Rect(0, 0, w, h))
	for y := range h {
		for x := range w {
			a := byte(255)
			if (x/9+y/7)%5 == 0 {
				a = byte(rng.Uint32())
			}
			if (x+y)%23 == 0 {
				a = 0
			}
			img.SetNRGBA(x, y, color.NRGBA{byte(40*(x/8%4) + rng.IntN(9)), byte(3 * y), byte(rng.Uint32()), a})
		}
	}
	return img
}

// hole is a mask with a soft-edged box.
func hole(w, h int, r image.Rectangle) *image.Gray {
	m := image.NewGray(image.Rect(0, 0, w, h))
	for y := r.Min.Y; y < r.Max.Y; y++ {
		for x := r.Min.X; x < r.Max.X; x++ {
			m.SetGray(x, y, color.Gray{255})
			if x == r.Min.X {
				m.SetGray(x, y, color.Gray{90})
			}
		}
	}
	return m
}

func encode(t *testing.T, img image.Image) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := png.Encode(&b, img); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func save(t *testing.T, path string, img image.Image) string {
	t.Helper()
	if err := os.WriteFile(path, encode(t, img), 0o666); err != nil {
		t.Fatal(err)
	}
	return path
}

func load(t *testing.T, path string) (*image.NRGBA, map[string]string) {
	t.Helper()
	p, err := file.Open(context.Background(), path, nil)
	if err != nil {
		t.Fatal(err)
	}
	found, err := file.ReadTexts(path)
	if err != nil {
		t.Fatal(err)
	}
	texts := map[string]string{}
	for _, x := range found {
		texts[x.Key] = x.Text
	}
	return p.NRGBA(), texts
}

// sameOutside fails where a pixel of got outside the mask differs from img at an offset.
func sameOutside(t *testing.T, got, img *image.NRGBA, at image.Point, masked func(x, y int) bool) (changed int) {
	t.Helper()
	for y := range img.Rect.Dy() {
		for x := range img.Rect.Dx() {
			g, w := got.NRGBAAt(x+at.X, y+at.Y), img.NRGBAAt(x, y)
			switch {
			case masked(x, y):
				if g != w {
					changed++
				}
			case g != w:
				t.Fatalf("pixel %d,%d outside the mask is %v, want %v", x, y, g, w)
			}
		}
	}
	return changed
}

func TestFillKeepsTheRest(t *testing.T) {
	dir := t.TempDir()
	img, box := scene(97, 83, 1), image.Rect(30, 20, 51, 44)
	in, mask := save(t, filepath.Join(dir, "in.png"), img), save(t, filepath.Join(dir, "mask.png"), hole(97, 83, box))
	alpha := image.NewNRGBA(image.Rect(0, 0, 97, 83)) // the same hole, painted in any colour on transparency
	for y := box.Min.Y; y < box.Max.Y; y++ {
		for x := box.Min.X; x < box.Max.X; x++ {
			alpha.SetNRGBA(x, y, color.NRGBA{200, 10, 30, 255})
		}
	}
	byAlpha := save(t, filepath.Join(dir, "alpha.png"), alpha)
	engines := []string{"content", "edge", "neutral", "noise"}
	if testing.Short() {
		engines = engines[:1]
	}
	for _, engine := range engines {
		for _, m := range []string{mask, byAlpha} {
			out := filepath.Join(dir, "out.png")
			r := do(t, nil, "fill", "--image", in, "--mask", m, "--engine", engine, "--feather", "3", "--out", out, "--json", "--seed", "5")
			if r.code != ExitDone || r.errors != "" {
				t.Fatalf("%s: exit %d, %s", engine, r.code, r.errors)
			}
			got, texts := load(t, out)
			if n := sameOutside(t, got, img, image.Point{}, func(x, y int) bool { return image.Pt(x, y).In(box) }); n < 50 {
				t.Errorf("%s: %d pixels changed inside the mask, want most of %d", engine, n, box.Dx()*box.Dy())
			}
			var f facts
			if err := json.Unmarshal([]byte(r.out), &f); err != nil {
				t.Fatalf("%v in %q", err, r.out)
			}
			if f.Seed != 5 || string(f.Engine) != engine || f.Width != 97 || f.Height != 83 || !f.Rect.Rectangle().In(box) || f.Rect.Width < 10 || len(f.Stages) < 3 || f.Seconds <= 0 {
				t.Errorf("%s: facts %+v", engine, f)
			}
			d, err := metadata.ParseDocument(texts["pentimento"])
			if err != nil || len(d.Fills) != 1 || d.Fills[0].Seed != 5 || d.Fills[0].Engine != engine || d.Fills[0].Feather != 3 || d.Fills[0].Rect != f.Rect {
				t.Errorf("%s: document %+v, %v", engine, d, err)
			}
			if !strings.Contains(texts["parameters"], "Seed: 5") || !strings.Contains(texts["parameters"], "Version: Pentimento 9.9.9") {
				t.Errorf("%s: parameters %q", engine, texts["parameters"])
			}
		}
	}
}

func TestTheSameSeedGivesTheSamePicture(t *testing.T) {
	dir := t.TempDir()
	in, mask := save(t, filepath.Join(dir, "in.png"), scene(60, 50, 2)), save(t, filepath.Join(dir, "m.png"), hole(60, 50, image.Rect(20, 20, 34, 33)))
	var pix [3][]byte
	for i, seed := range []string{"4", "4", "-1"} {
		out := filepath.Join(dir, "out.png")
		if r := do(t, nil, "fill", "--image", in, "--mask", mask, "--engine", "noise", "--seed", seed, "--out", out, "--no-metadata"); r.code != 0 {
			t.Fatal(r.errors)
		}
		img, texts := load(t, out)
		if len(texts) != 0 {
			t.Errorf("--no-metadata wrote %q", texts)
		}
		pix[i] = img.Pix
	}
	if !bytes.Equal(pix[0], pix[1]) || bytes.Equal(pix[0], pix[2]) {
		t.Error("equal seeds must give equal pictures, different ones different")
	}
}

func TestStandardInputAndOutput(t *testing.T) {
	dir := t.TempDir()
	img, box := scene(40, 40, 3), image.Rect(10, 10, 20, 20)
	mask := save(t, filepath.Join(dir, "m.png"), hole(40, 40, box))
	r := do(t, encode(t, img), "fill", "--image", "-", "--mask", mask, "--engine", "edge", "--out", "-", "--json")
	if r.code != 0 || !json.Valid([]byte(r.errors)) {
		t.Fatalf("exit %d, %s", r.code, r.errors)
	}
	p, err := file.Decode(context.Background(), strings.NewReader(r.out), nil)
	if err != nil {
		t.Fatal(err)
	}
	sameOutside(t, p.NRGBA(), img, image.Point{}, func(x, y int) bool { return image.Pt(x, y).In(box) })
	if r := do(t, []byte(r.out), "info", "-"); r.code != 0 || !strings.Contains(r.out, "seed 77") {
		t.Errorf("info of the written picture: exit %d, %s%s", r.code, r.out, r.errors)
	}
}

// TestChainedOutpaintsKeepEveryOldPixel grows a picture ten times.
func TestChainedOutpaintsKeepEveryOldPixel(t *testing.T) {
	dir := t.TempDir()
	path := save(t, filepath.Join(dir, "0.png"), scene(70, 60, 4))
	first, _ := load(t, path)
	var off image.Point
	steps := 10
	if testing.Short() {
		steps = 3
	}
	for i := range steps {
		old, _ := load(t, path)
		var side [4]int
		side[i%4] = 24
		if i == 8 {
			side = [4]int{8, 16, 8, 16}
		}
		at := image.Pt(side[0], side[1])
		off = off.Add(at)
		next := filepath.Join(dir, "next.png")
		args := []string{"outpaint", "--image", path, "--out", next, "--seed", "3", "--overwrite"}
		for k, n := range side {
			if n > 0 {
				args = append(args, "--"+sides[k], itoa(n))
			}
		}
		if r := do(t, nil, args...); r.code != 0 {
			t.Fatalf("step %d: %s", i, r.errors)
		}
		got, texts := load(t, next)
		if want := old.Rect.Size().Add(image.Pt(side[0]+side[2], side[1]+side[3])); got.Rect.Size() != want {
			t.Fatalf("step %d: size %v, want %v", i, got.Rect.Size(), want)
		}
		sameOutside(t, got, old, at, func(x, y int) bool { return false })
		sameOutside(t, got, first, off, func(x, y int) bool { return false })
		d, err := metadata.ParseDocument(texts["pentimento"])
		if err != nil || len(d.Fills) != i+1 {
			t.Fatalf("step %d: document %+v, %v", i, d, err)
		}
		if i == 0 && d.Fills[0].Rect != (metadata.Rect{X: 0, Y: 0, Width: 24, Height: 60}) {
			t.Errorf("the first strip is %+v", d.Fills[0].Rect)
		}
		if i == 9 && d.Fills[0].Rect.X != off.X-24 {
			t.Errorf("the first strip moved to %+v, want x %d", d.Fills[0].Rect, off.X-24)
		}
		path = next
	}
}

func itoa(n int) string { b, _ := json.Marshal(n); return string(b) }

func TestAForeignRecipeIsKept(t *testing.T) {
	const recipe = "barn\nNegative prompt: cow\nSteps: 5, Sampler: Euler, Seed: 1, Size: 64x64"
	dir := t.TempDir()
	in := filepath.Join(dir, "in.png")
	var b bytes.Buffer
	if err := file.EncodePNG(context.Background(), &b, scene(64, 64, 5), []file.Text{{Key: "parameters", Text: recipe}}, png.BestSpeed); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(in, b.Bytes(), 0o666); err != nil {
		t.Fatal(err)
	}
	mask := save(t, filepath.Join(dir, "m.png"), hole(64, 64, image.Rect(5, 5, 15, 15)))
	if r := do(t, nil, "fill", "--image", in, "--mask", mask, "--engine", "edge", "--out", in, "--overwrite"); r.code != 0 { // onto itself
		t.Fatal(r.errors)
	}
	_, texts := load(t, in)
	d, err := metadata.ParseDocument(texts["pentimento"])
	if err != nil || d.Origin != recipe || texts["parameters"] != recipe {
		t.Errorf("origin %q, parameters %q, %v, want the recipe it came with", d.Origin, texts["parameters"], err)
	}
}

func TestCancelWritesNothing(t *testing.T) {
	dir := t.TempDir()
	in, mask := save(t, filepath.Join(dir, "in.png"), scene(300, 300, 6)), save(t, filepath.Join(dir, "m.png"), hole(300, 300, image.Rect(50, 50, 250, 250)))
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	out := filepath.Join(dir, "out.png")
	r := doCtx(ctx, nil, "fill", "--image", in, "--mask", mask, "--out", out)
	if _, err := os.Stat(out); r.code != ExitFailed || !os.IsNotExist(err) || r.errors != "pentimento: stopped; nothing was written\n" {
		t.Errorf("exit %d, %q, stat %v", r.code, r.errors, err)
	}
}

func TestProgressIsDrawnOnATerminalOnly(t *testing.T) {
	dir := t.TempDir()
	in, mask := save(t, filepath.Join(dir, "in.png"), scene(60, 60, 7)), save(t, filepath.Join(dir, "m.png"), hole(60, 60, image.Rect(20, 20, 30, 30)))
	for _, terminal := range []bool{false, true} {
		var errs bytes.Buffer
		code := Main(context.Background(), []string{"fill", "--image", in, "--mask", mask, "--out", filepath.Join(dir, "o.png")}, Env{Stderr: &errs, Stdout: &bytes.Buffer{}, Terminal: terminal})
		if bar := strings.Contains(errs.String(), "\r["); code != 0 || bar != terminal {
			t.Errorf("terminal %v: exit %d, bar %v in %q", terminal, code, bar, errs.String())
		}
	}
}
