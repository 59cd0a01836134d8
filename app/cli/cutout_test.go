package cli

import (
	"bytes"
	"context"
	"encoding/json"
	"image"
	"image/color"
	"image/png"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"pentimento/canvas/file"
	"pentimento/pipeline/graph"
	"pentimento/pipeline/model"
	"pentimento/pipeline/pipelinetest"
	"pentimento/pipeline/tensor"
)

// cutting runs the verbs with a network that takes what is red for the subject.
func cutting(t *testing.T, args ...string) result {
	t.Helper()
	rt := &pipelinetest.Runtime{Eval: func(_ context.Context, _ *graph.Graph, in map[string]*tensor.Tensor) (map[string]*tensor.Tensor, error) {
		x := in["our picture"]
		out := tensor.New(1, 1, x.Shape[2], x.Shape[3])
		for i := range out.Data {
			if x.Data[i] > x.Data[len(out.Data)+i] {
				out.Data[i] = 1
			}
		}
		return map[string]*tensor.Tensor{"our map": out}, nil
	}}
	var out, errs bytes.Buffer
	code := Main(context.Background(), args, Env{Stdin: bytes.NewReader(nil), Stdout: &out, Stderr: &errs, Version: "9.9.9", Devices: []string{"cpu"}, Runtime: func() (model.Runtime, error) { return rt, nil }})
	return result{code, out.String(), errs.String()}
}

// redSquare is one before green, as deep as it is said.
func redSquare(deep bool) image.Image {
	thin, wide := image.NewNRGBA(image.Rect(0, 0, 48, 40)), image.NewNRGBA64(image.Rect(0, 0, 48, 40))
	for y := range 40 {
		for x := range 48 {
			c := color.NRGBA64{0x1234, 0xb0b1, 0x2345, 0xffff}
			if x >= 12 && x < 36 && y >= 10 && y < 30 {
				c = color.NRGBA64{0xc0c1, 0x1234, 0x2345, 0xffff}
			}
			wide.SetNRGBA64(x, y, c)
			thin.Set(x, y, c)
		}
	}
	if deep {
		return wide
	}
	return thin
}

func segmenter(t *testing.T, path string) string {
	t.Helper()
	if err := pipelinetest.WriteSegmenter(path, 64, 1, "Sigmoid"); err != nil {
		t.Fatal(err)
	}
	return path
}

func written(t *testing.T, path string, img image.Image) string {
	t.Helper()
	var b bytes.Buffer
	if err := png.Encode(&b, img); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, b.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// TestCutoutPartsTheSubject as alpha of 8 and 16 bits, as a mask and as layers, says how in the picture, and the
// recipe makes the same pixels.
func TestCutoutPartsTheSubject(t *testing.T) {
	dir := t.TempDir()
	at := func(name string) string { return filepath.Join(dir, name) }
	net := segmenter(t, at("reds.onnx"))
	in := written(t, at("in.png"), redSquare(false))
	r := cutting(t, "cutout", in, at("out.png"), "--model", net, "--radius", "3", "--json")
	var facts cutFacts
	if err := json.Unmarshal([]byte(r.out), &facts); err != nil || r.code != 0 || facts.Network != "reds" || facts.Subject < 0.2 || facts.Subject > 0.3 {
		t.Fatalf("exit %d, %s, %v, %+v", r.code, r.errors, err, facts)
	}
	cut, texts := load(t, at("out.png"))
	if a, b := cut.NRGBAAt(24, 20), cut.NRGBAAt(2, 2); a != (color.NRGBA{0xc0, 0x12, 0x23, 255}) || b != (color.NRGBA{}) {
		t.Errorf("the subject is %v, what was behind it %v", a, b)
	}
	if !strings.Contains(texts["parameters"], "Cutout model: reds") || !strings.Contains(texts["parameters"], "Cutout radius: 3") {
		t.Errorf("the picture says %q", texts["parameters"])
	}
	if r := cutting(t, "cutout", in, at("again.png"), "--recipe", at("out.png"), "--model", net); r.code != 0 {
		t.Fatalf("exit %d, %s", r.code, r.errors)
	}
	if again, _ := load(t, at("again.png")); !bytes.Equal(again.Pix, cut.Pix) {
		t.Error("the recipe makes other pixels")
	}
	deep := written(t, at("deep.png"), redSquare(true))
	if r := cutting(t, "cutout", deep, at("deep-out.png"), "--model", net); r.code != 0 {
		t.Fatalf("exit %d, %s", r.code, r.errors)
	}
	f, err := os.Open(at("deep-out.png"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	img, err := png.Decode(f)
	if wide, ok := img.(*image.NRGBA64); err != nil || !ok || wide.NRGBA64At(24, 20) != (color.NRGBA64{0xc0c1, 0x1234, 0x2345, 0xffff}) {
		t.Errorf("16 bits came back as %T, %v", img, err)
	}
	if r := cutting(t, "cutout", in, at("mask.png"), "--model", net, "--as", "mask"); r.code != 0 {
		t.Fatalf("exit %d, %s", r.code, r.errors)
	}
	if mask, _ := load(t, at("mask.png")); mask.NRGBAAt(24, 20) != (color.NRGBA{255, 255, 255, 255}) || mask.NRGBAAt(2, 2) != (color.NRGBA{0, 0, 0, 255}) {
		t.Error("the mask is not white on black")
	}
	if r := cutting(t, "cutout", in, at("cut.ora"), "--model", net, "--as", "layers"); r.code != 0 {
		t.Fatalf("exit %d, %s", r.code, r.errors)
	}
	p, _, err := file.OpenProject(t.Context(), at("cut.ora"), nil)
	if err != nil || len(p.State.Layers) != 2 || p.State.Layers[1].Mask == nil || p.State.Layers[0].Mask != nil || p.State.Layers[1].Used().Dx() != 48 {
		t.Errorf("%v: layers %+v", err, p)
	}
}

// TestCutoutRefusesInWords what it cannot do.
func TestCutoutRefusesInWords(t *testing.T) {
	dir := t.TempDir()
	in, net := written(t, filepath.Join(dir, "in.png"), redSquare(false)), segmenter(t, filepath.Join(dir, "reds.onnx"))
	green := written(t, filepath.Join(dir, "green.png"), image.NewGray(image.Rect(0, 0, 30, 30)))
	for want, args := range map[string][]string{
		"holds no transparency":      {in, "o.jpg", "--model", net},
		"want .ora":                  {in, "o.png", "--model", net, "--as", "layers"},
		"want alpha, mask or layers": {in, "o.png", "--model", net, "--as", "aplha"},
		"radius 900, want":           {in, "o.png", "--model", net, "--radius", "900"},
		"no such file":               {in, "o.png", "--model", "nothing.onnx"},
		"nothing that stands out":    {in, filepath.Join(dir, "o.png"), "--model", net, "--shift", "-64"},
		"found nothing that stands":  {green, filepath.Join(dir, "o.png"), "--model", net},
		"says nothing of how it was": {in, "o.png", "--recipe", in},
	} {
		if r := cutting(t, append([]string{"cutout"}, args...)...); r.code == 0 || !strings.Contains(r.errors, want) {
			t.Errorf("%v: exit %d, %s; want %q", args, r.code, r.errors, want)
		}
	}
	if exists(filepath.Join(dir, "o.png")) {
		t.Error("an empty cut-out was written")
	}
}

// TestAFolderIsCutOutAndGoneOnWith: what is there stays, and a line tells of each.
func TestAFolderIsCutOutAndGoneOnWith(t *testing.T) {
	dir := t.TempDir()
	net, in, out := segmenter(t, filepath.Join(dir, "reds.onnx")), filepath.Join(dir, "in"), filepath.Join(dir, "out")
	if err := os.Mkdir(in, 0o700); err != nil {
		t.Fatal(err)
	}
	written(t, filepath.Join(in, "a.png"), redSquare(false))
	written(t, filepath.Join(in, "b.png"), redSquare(true))
	if r := cutting(t, "cutout", "--in", in, "--out", out, "--model", net); r.code != 0 || strings.Count(r.errors, "subject") != 2 {
		t.Fatalf("exit %d, %s", r.code, r.errors)
	}
	if err := os.Remove(filepath.Join(out, "b.png")); err != nil {
		t.Fatal(err)
	}
	if r := cutting(t, "cutout", "--in", in, "--out", out, "--model", net); r.code != 0 || strings.Count(r.errors, "there already") != 1 || strings.Count(r.errors, "subject") != 1 {
		t.Errorf("exit %d, %s", r.code, r.errors)
	}
}
