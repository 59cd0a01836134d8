package cli

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"pentimento/app/collection"
	"pentimento/app/fetch"
	"pentimento/pipeline/graph"
	"pentimento/pipeline/model"
	"pentimento/pipeline/pipelinetest"
	"pentimento/pipeline/tensor"
)

// compact writes an upscaler's file of a factor, for a runtime that repeats pixels.
func compact(t *testing.T, path string, scale int) string {
	t.Helper()
	err := pipelinetest.WriteSafetensors(path, []pipelinetest.Item{
		pipelinetest.NewItem("body.0.weight", "F32", make([]float32, 8*27), 8, 3, 3, 3),
		pipelinetest.NewItem("body.2.weight", "F32", make([]float32, 3*scale*scale*72), 3*scale*scale, 8, 3, 3),
	}, nil)
	if err != nil {
		t.Fatal(err)
	}
	return path
}

// enlarging runs the verbs with such a runtime and a library of one folder.
func enlarging(t *testing.T, library string, args ...string) result {
	t.Helper()
	rt := &pipelinetest.Runtime{Eval: func(_ context.Context, g *graph.Graph, in map[string]*tensor.Tensor) (map[string]*tensor.Tensor, error) {
		x, scale := in["x"], 2
		out := tensor.New(1, 3, x.Shape[2]*scale, x.Shape[3]*scale)
		for i := range out.Data {
			w, h := x.Shape[3], x.Shape[2]
			out.Data[i] = x.Data[(i/(4*w*h)*h+i/(2*w)%(2*h)/2)*w+i%(2*w)/2]
		}
		return map[string]*tensor.Tensor{"out": out}, nil
	}}
	var out, errs bytes.Buffer
	code := Main(context.Background(), args, Env{Stdin: bytes.NewReader(nil), Stdout: &out, Stderr: &errs, Version: "9.9.9", Devices: []string{"cpu"},
		Runtime: func() (model.Runtime, error) { return rt, nil },
		Collection: func() (*collection.Collection, collection.Places) {
			return collection.Open(""), collection.Places{Trees: []string{library}}
		}})
	return result{code, out.String(), errs.String()}
}

// TestUpscaleEnlarges a picture by a file, by a name in the library and by the filter, and says in the
// picture how: the recipe makes the same pixels again.
func TestUpscaleEnlarges(t *testing.T) {
	dir := t.TempDir()
	at := func(name string) string { return filepath.Join(dir, name) }
	img := save(t, at("in.png"), scene(40, 30, 1))
	net := compact(t, at("Doubler.safetensors"), 2)
	r := enlarging(t, dir, "upscale", img, at("by-file.png"), "--by", "3", "--model", net, "--json")
	var facts enlargedFacts
	if err := json.Unmarshal([]byte(r.out), &facts); err != nil || r.code != 0 || facts.Upscaler != "Doubler" || facts.Width != 120 || sizeOf(t, at("by-file.png")) != image.Pt(120, 90) {
		t.Fatalf("exit %d, %s, %v, %+v", r.code, r.errors, err, facts)
	}
	big, texts := load(t, at("by-file.png"))
	if !strings.Contains(texts["parameters"], "Postprocess upscale by: 3, Postprocess upscaler: Doubler") {
		t.Errorf("the picture says %q", texts["parameters"])
	}
	if r := enlarging(t, dir, "upscale", img, at("again.png"), "--recipe", at("by-file.png")); r.code != 0 {
		t.Fatalf("exit %d, %s", r.code, r.errors)
	}
	if again, _ := load(t, at("again.png")); !bytes.Equal(again.Pix, big.Pix) {
		t.Error("the recipe makes other pixels")
	}
	other := t.TempDir() // a file that is called so, where the program is started
	if err := os.WriteFile(filepath.Join(other, "Doubler"), []byte("no network"), 0o666); err != nil {
		t.Fatal(err)
	}
	t.Chdir(other)
	if r := enlarging(t, dir, "upscale", img, at("there.png"), "--recipe", at("by-file.png")); r.code != 0 || strings.Contains(r.errors, "isn't in the library") {
		t.Errorf("the library doesn't come first: exit %d, %s", r.code, r.errors)
	}
	if r := enlarging(t, other, "upscale", img, at("here.png"), "--recipe", at("by-file.png")); r.code == 0 || !strings.Contains(r.errors, "Doubler isn't in the library: "+filepath.Join(other, "Doubler")+" is taken") {
		t.Errorf("which is taken isn't told: exit %d, %s", r.code, r.errors)
	}
	if r := do(t, nil, "upscale", img, at("plain.png")); r.code != 0 || !strings.Contains(r.errors, "Lanczos") || sizeOf(t, at("plain.png")) != image.Pt(80, 60) {
		t.Errorf("exit %d, %s", r.code, r.errors)
	}
	if r := enlarging(t, dir, "upscale", img, at("none.png"), "--model", "Dubler"); r.code != 1 || !strings.Contains(r.errors, `did you mean "Doubler"`) {
		t.Errorf("exit %d, %s", r.code, r.errors)
	}
}

// TestUpscaleKeepsWhatWasSaid of a picture's making before it was enlarged, under it.
func TestUpscaleKeepsWhatWasSaid(t *testing.T) {
	dir := t.TempDir()
	mask := image.NewGray(image.Rect(0, 0, 40, 30))
	for i := range 300 {
		mask.Pix[i] = 255
	}
	img, filled, large := save(t, filepath.Join(dir, "in.png"), scene(40, 30, 1)), filepath.Join(dir, "filled.png"), filepath.Join(dir, "large.png")
	if r := do(t, nil, "fill", "--image", img, "--mask", save(t, filepath.Join(dir, "mask.png"), mask), "--out", filled); r.code != 0 {
		t.Fatal(r.errors)
	}
	if r := do(t, nil, "upscale", filled, large, "--by", "2"); r.code != 0 {
		t.Fatal(r.errors)
	}
	_, texts := load(t, large)
	var d struct {
		Width int `json:"width"`
		Fills []struct {
			Task string                      `json:"task"`
			Rect struct{ Width, Height int } `json:"rect"`
		} `json:"fills"`
	}
	if err := json.Unmarshal([]byte(texts["pentimento"]), &d); err != nil || d.Width != 80 || len(d.Fills) != 2 || d.Fills[0].Rect.Width != 80 || d.Fills[1].Task != "upscale" {
		t.Errorf("%v, %+v", err, d)
	}
	if !strings.Contains(texts["parameters"], "Engine: content") || !strings.Contains(texts["parameters"], "Postprocess upscaler: Lanczos") {
		t.Errorf("the picture says %q", texts["parameters"])
	}
}

// TestUpscaleGoesOnWithAFolder: what is there stays, what is not is made, and one broken picture does not
// keep the others.
func TestUpscaleGoesOnWithAFolder(t *testing.T) {
	dir := t.TempDir()
	in, out := filepath.Join(dir, "in"), filepath.Join(dir, "out")
	if err := os.Mkdir(in, 0o777); err != nil {
		t.Fatal(err)
	}
	for i, name := range []string{"a.png", "b.png"} {
		save(t, filepath.Join(in, name), scene(20+i, 10, 1))
	}
	if r := do(t, nil, "upscale", in, in); r.code != 1 || !strings.Contains(r.errors, "the folder of the pictures") {
		t.Errorf("exit %d, %s", r.code, r.errors)
	}
	if r := do(t, nil, "upscale", "--in", in, "--out", out, "--by", "1.5"); r.code != 0 || strings.Count(r.errors, "by Lanczos") != 3 {
		t.Errorf("exit %d, %s", r.code, r.errors)
	}
	if err := os.Remove(filepath.Join(out, "b.png")); err != nil {
		t.Fatal(err)
	}
	before, _ := os.Stat(filepath.Join(out, "a.png"))
	r := do(t, nil, "upscale", "--in", in, "--out", out, "--by", "1.5")
	after, err := os.Stat(filepath.Join(out, "a.png"))
	if err != nil || r.code != 0 || !strings.Contains(r.errors, "a.png: there already") || !after.ModTime().Equal(before.ModTime()) || sizeOf(t, filepath.Join(out, "b.png")) != image.Pt(32, 15) {
		t.Errorf("exit %d, %s", r.code, r.errors)
	}
	if err := os.WriteFile(filepath.Join(in, "aa.png"), []byte("no picture"), 0o600); err != nil {
		t.Fatal(err)
	}
	if r := do(t, nil, "upscale", "--in", in, "--out", out, "--by", "2"); r.code != 1 || !strings.Contains(r.errors, "remove it first") || !strings.Contains(r.errors, "3 of 3") {
		t.Errorf("exit %d, %s", r.code, r.errors)
	}
}

// TestUpscaleKeepsSixteenBits through the filter and a network.
func TestUpscaleKeepsSixteenBits(t *testing.T) {
	dir := t.TempDir()
	img := image.NewNRGBA64(image.Rect(0, 0, 16, 16))
	for i := range 256 {
		img.SetNRGBA64(i%16, i/16, color.NRGBA64{30001, uint16(i), 300, 0xffff})
	}
	in, out := filepath.Join(dir, "in.png"), filepath.Join(dir, "out.png")
	var b bytes.Buffer
	if err := png.Encode(&b, img); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(in, b.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, args := range [][]string{{}, {"--model", compact(t, filepath.Join(dir, "net.safetensors"), 2)}} {
		if r := enlarging(t, dir, append([]string{"upscale", in, out}, args...)...); r.code != 0 {
			t.Fatal(r.errors)
		}
		f, err := os.Open(out)
		if err != nil {
			t.Fatal(err)
		}
		got, err := png.Decode(f)
		f.Close()
		if err != nil {
			t.Fatal(err)
		}
		if r, _, bl, _ := got.At(9, 9).RGBA(); r < 30000 || r > 30002 || bl < 299 || bl > 301 {
			t.Errorf("%v: red %d and blue %d, want 30001 and 300", args, r, bl)
		}
	}
}

// TestUpscaleKeepsGreyGrey: a file of 16 bits of grey becomes one, by the filter and a network.
func TestUpscaleKeepsGreyGrey(t *testing.T) {
	dir := t.TempDir()
	img := image.NewGray16(image.Rect(0, 0, 16, 16))
	for i := range 256 {
		img.SetGray16(i%16, i/16, color.Gray16{30001})
	}
	in, out := filepath.Join(dir, "in.png"), filepath.Join(dir, "out.png")
	save(t, in, img)
	for _, args := range [][]string{{}, {"--model", compact(t, filepath.Join(dir, "net.safetensors"), 2)}} {
		if r := enlarging(t, dir, append([]string{"upscale", in, out}, args...)...); r.code != 0 {
			t.Fatal(r.errors)
		}
		b, err := os.ReadFile(out)
		if err != nil {
			t.Fatal(err)
		}
		got, err := png.Decode(bytes.NewReader(b))
		if err != nil {
			t.Fatal(err)
		}
		if grey, ok := got.(*image.Gray16); !ok || grey.Rect.Dx() != 32 || grey.Gray16At(9, 9).Y != 30001 {
			t.Errorf("%v: %T, pixel %v", args, got, got.At(9, 9))
		}
	}
}

// TestUpscaleTellsThatATileIsWidened, and of one that is wide enough nothing.
func TestUpscaleTellsThatATileIsWidened(t *testing.T) {
	dir := t.TempDir()
	img, net := save(t, filepath.Join(dir, "in.png"), scene(90, 50, 1)), filepath.Join(dir, "deep.safetensors")
	items := []pipelinetest.Item{pipelinetest.NewItem("body.0.weight", "F32", make([]float32, 8*27), 8, 3, 3, 3)}
	for i := 2; i < 60; i += 2 { // so many layers look far
		items = append(items, pipelinetest.NewItem(fmt.Sprintf("body.%d.weight", i), "F32", make([]float32, 8*72), 8, 8, 3, 3))
	}
	items = append(items, pipelinetest.NewItem("body.60.weight", "F32", make([]float32, 12*72), 12, 8, 3, 3))
	if err := pipelinetest.WriteSafetensors(net, items, nil); err != nil {
		t.Fatal(err)
	}
	for tile, told := range map[string]bool{"48": true, "64": false} {
		r := enlarging(t, dir, "upscale", img, filepath.Join(dir, "out.png"), "--model", net, "--tile", tile)
		if r.code != 0 || strings.Contains(r.errors, "they are 60") != told {
			t.Errorf("tile %s: exit %d, %q", tile, r.code, r.errors)
		}
	}
}

func TestUpscaleRefuses(t *testing.T) {
	dir := t.TempDir()
	img := save(t, filepath.Join(dir, "in.png"), scene(40, 30, 1))
	for want, args := range map[string][]string{
		"want one picture":       {img},
		"want 1 to 8":            {img, "o.png", "--by", "9"},
		"want 48 to 4096":        {img, "o.png", "--tile", "3"},
		"does not say that it":   {img, "o.png", "--recipe", recipeless(t, dir)},
		"want .png":              {img, "o.gif"},
		"this is a text":         {img, "o.png", "--model", textFile(t, dir)},
		"no such file":           {img, "o.png", "--model", filepath.Join(dir, "none.pth")},
		"no folder of models is": {img, "o.png", "--model", "some"},
	} {
		if r := do(t, nil, append([]string{"upscale"}, args...)...); r.code == 0 || !strings.Contains(r.errors, want) {
			t.Errorf("%v: exit %d, %s, want %q", args, r.code, r.errors, want)
		}
	}
}

func textFile(t *testing.T, dir string) string {
	t.Helper()
	path := filepath.Join(dir, "readme.pth")
	if err := os.WriteFile(path, []byte("These are words and no weights at all.\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// recipeless writes a recipe that tells of no enlarging.
func recipeless(t *testing.T, dir string) string {
	t.Helper()
	path := filepath.Join(dir, "recipe.txt")
	if err := os.WriteFile(path, []byte("a barn\nSteps: 20, Sampler: Euler a, CFG scale: 7, Seed: 5, Size: 64x64"), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// TestPicturesOfOneNameAreAllEnlarged: x.bmp beside x.png becomes x.bmp.png, and again on the next run.
func TestPicturesOfOneNameAreAllEnlarged(t *testing.T) {
	w := folderWork{name: writable}
	got := w.outputs([]string{"a.gif", "x.bmp", "x.gif", "x.png", "y.jpg"})
	for name, want := range map[string]string{"a.gif": "a.png", "x.bmp": "x.bmp.png", "x.gif": "x.gif.png", "x.png": "x.png", "y.jpg": "y.jpg"} {
		if got[name] != want {
			t.Errorf("%s becomes %s, want %s", name, got[name], want)
		}
	}
}

// TestAFetchedUpscalerIsFoundByItsName also where a recipe or another verb names it, and told where it is not here.
func TestAFetchedUpscalerIsFoundByItsName(t *testing.T) {
	t.Setenv("XDG_DATA_HOME", t.TempDir())
	env := &Env{}
	if _, err := env.upscalerFile(t.Context(), "realesrgan-x4fast", ""); err == nil || !strings.Contains(err.Error(), "not here yet") {
		t.Error(err)
	}
	folder, err := fetch.NetworksDir()
	if err == nil {
		err = os.MkdirAll(folder, 0o755)
	}
	for _, name := range []string{"realesrgan-x4fast.param", "realesrgan-x4fast.bin"} {
		if err == nil {
			err = os.WriteFile(filepath.Join(folder, name), nil, 0o600)
		}
	}
	if err != nil {
		t.Fatal(err)
	}
	if path, err := env.upscalerFile(t.Context(), "realesrgan-x4fast", ""); err != nil || path != filepath.Join(folder, "realesrgan-x4fast.param") {
		t.Error(path, err)
	}
}
