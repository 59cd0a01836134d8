package cli

import (
	"bytes"
	"image/color"
	"image/png"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestBackgroundIsReplacedAndReplayed: the subject keeps its 16 bits, the recipe makes the same pixels, layers keep the picture
// as it was, a folder is gone on with.
func TestBackgroundIsReplacedAndReplayed(t *testing.T) {
	dir := t.TempDir()
	at := func(name string) string { return filepath.Join(dir, name) }
	net := segmenter(t, at("reds.onnx"))
	in := written(t, at("in.png"), redSquare(true))
	behind := save(t, at("behind.png"), scene(90, 30, 7))
	how := []string{"--subject", net, "--radius", "2", "--picture", behind}
	if r := cutting(t, append([]string{"background", in, at("out.png"), "--harmonise", "0"}, how...)...); r.code != 0 {
		t.Fatalf("exit %d, %s", r.code, r.errors)
	}
	data, err := os.ReadFile(at("out.png"))
	if err != nil {
		t.Fatal(err)
	}
	img, err := png.Decode(bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	if got, want := img.At(24, 20), redSquare(true).At(24, 20); color.NRGBA64Model.Convert(got) != want {
		t.Errorf("the subject is %v, want %v", got, want)
	}
	if r := cutting(t, append([]string{"background", in, at("one.png"), "--shadow", "0.7"}, how...)...); r.code != 0 {
		t.Fatalf("exit %d, %s", r.code, r.errors)
	}
	was, texts := load(t, at("one.png"))
	if !strings.Contains(texts["parameters"], "Background: picture") {
		t.Errorf("the picture says %q", texts["parameters"])
	}
	if r := cutting(t, "background", in, at("again.png"), "--recipe", at("one.png"), "--subject", net, "--picture", behind); r.code != 0 {
		t.Fatalf("exit %d, %s", r.code, r.errors)
	}
	if again, _ := load(t, at("again.png")); !bytes.Equal(again.Pix, was.Pix) {
		t.Error("the recipe makes other pixels")
	}
	if r := cutting(t, append([]string{"background", in, at("out.ora"), "--as", "layers"}, how...)...); r.code != 0 {
		t.Fatalf("exit %d, %s", r.code, r.errors)
	}
	if err := os.Mkdir(at("many"), 0o700); err != nil {
		t.Fatal(err)
	}
	written(t, at("many/a.png"), redSquare(false))
	for _, want := range []string{"background by blur", "there already"} {
		if r := cutting(t, "background", "--in", at("many"), "--out", at("made"), "--subject", net, "--blur", "3"); r.code != 0 || !strings.Contains(r.errors, want) {
			t.Errorf("exit %d, %s, want %q", r.code, r.errors, want)
		}
	}
	for _, args := range [][]string{{}, {"--blur", "2", "--colour", "#ffffff"}, {"--colour", "red"}, {"--blur", "900"}, {"--recipe", at("one.png")}, {"--blur", "2", "--as", "layers"}} {
		if r := cutting(t, append([]string{"background", in, at("no.png"), "--subject", net}, args...)...); r.code != ExitMisuse {
			t.Errorf("%q: exit %d, %s", args, r.code, r.errors)
		}
	}
}
