package cli

import (
	"encoding/json"
	"image"
	"image/color"
	"image/draw"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// boxes is a picture of two plain boxes on a plain ground.
func boxes() *image.NRGBA {
	img := image.NewNRGBA(image.Rect(0, 0, 160, 120))
	draw.Draw(img, img.Rect, image.NewUniform(color.NRGBA{40, 90, 200, 255}), image.Point{}, draw.Src)
	draw.Draw(img, image.Rect(20, 30, 60, 80), image.NewUniform(color.NRGBA{220, 180, 10, 255}), image.Point{}, draw.Src)
	draw.Draw(img, image.Rect(100, 20, 140, 60), image.NewUniform(color.NRGBA{220, 60, 10, 255}), image.Point{}, draw.Src)
	return img
}

// TestSelectMakesAMaskThatFillTakes: of the thing that is pointed at, told as JSON.
func TestSelectMakesAMaskThatFillTakes(t *testing.T) {
	dir := t.TempDir()
	at := func(name string) string { return filepath.Join(dir, name) }
	save(t, at("in.png"), boxes())
	r := do(t, nil, "select", at("in.png"), at("mask.png"), "--at", "40,50", "--grow", "4", "--json")
	var told selectedFacts
	if err := json.Unmarshal([]byte(r.out), &told); err != nil || r.code != ExitDone || told.Area < 46*56 || told.Area > 48*58+200 || told.Box != [4]int{15, 25, 50, 60} {
		t.Fatalf("exit %d, %v: %s%s", r.code, err, r.out, r.errors)
	}
	if r := do(t, nil, "fill", "--image", at("in.png"), "--mask", at("mask.png"), "--out", at("out.png")); r.code != ExitDone {
		t.Fatal(r.errors)
	}
	if strings.Contains(r.errors, "--device") {
		t.Errorf("a flag that was not given is told of: %s", r.errors)
	}
	if r := do(t, nil, "select", at("in.png"), at("again.png"), "--at", "40,50", "--device", "cpu"); r.code != ExitDone || !strings.Contains(r.errors, "--device does nothing") {
		t.Errorf("--device without a network: exit %d, %s", r.code, r.errors)
	}
	img, _ := load(t, at("out.png"))
	if c := img.NRGBAAt(40, 50); c.R > 80 {
		t.Errorf("the thing is still there: %v", c)
	}
	if c := img.NRGBAAt(120, 40); c != (color.NRGBA{220, 60, 10, 255}) {
		t.Errorf("the other thing is %v", c)
	}
}

// TestSelectGoesOnWithAFolder, and tells what is wrong with one.
func TestSelectGoesOnWithAFolder(t *testing.T) {
	dir := t.TempDir()
	in, out := filepath.Join(dir, "in"), filepath.Join(dir, "out")
	if err := os.Mkdir(in, 0o777); err != nil {
		t.Fatal(err)
	}
	save(t, filepath.Join(in, "a.png"), boxes())
	save(t, filepath.Join(in, "b.png"), boxes())
	for n, want := range []string{"found in", "there already"} {
		r := do(t, nil, "select", "--in", in, "--out", out, "--at", "40,50")
		if r.code != ExitDone || strings.Count(r.errors, want) != 2 {
			t.Fatalf("run %d: exit %d: %s", n, r.code, r.errors)
		}
	}
	for _, args := range [][]string{{"--in", in, "--out", in, "--at", "4,5"}, {"--in", in, "--out", out}, {"--in", in, "--out", out, "--at", "4"},
		{"--in", in, "--out", out, "--at", "40,50", "--edges", "101"}, {filepath.Join(in, "a.png"), filepath.Join(dir, "m.png"), "--at", "400,5"}, {"--box", "1,2,0,4", in, out}} {
		if r := do(t, nil, append([]string{"select"}, args...)...); r.code == ExitDone || r.errors == "" {
			t.Errorf("%v is taken", args)
		}
	}
}

// TestSelectByFindsSaysWhatTheFileIs that is no detector, and on which device it would have looked.
func TestSelectByFindsSaysWhatTheFileIs(t *testing.T) {
	dir := t.TempDir()
	net, out := segmenter(t, filepath.Join(dir, "reds.onnx")), filepath.Join(dir, "o.png")
	in := save(t, filepath.Join(dir, "in.png"), boxes())
	for want, args := range map[string][]string{"reds.onnx": {"--find", net}, "want one picture [1,3,height,width] and boxes": {"--find", net}, "the device is gpu9": {"--find", net, "--device", "gpu9"}, "device is gpu8": {"--person", "--device", "gpu8"}} {
		if r := cutting(t, append([]string{"select", in, out}, args...)...); r.code == ExitDone || !strings.Contains(r.errors, want) || exists(out) {
			t.Errorf("%v: exit %d, %s, want %q", args, r.code, r.errors, want)
		}
	}
}
