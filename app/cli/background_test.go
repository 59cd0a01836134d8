package cli

import (
	"bytes"
	"image"
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
	for _, args := range [][]string{{}, {"--blur", "2", "--colour", "#ffffff"}, {"--colour", "red"}, {"--blur", "900"}, {"--blur", "2", "--as", "layers"}} {
		if r := cutting(t, append([]string{"background", in, at("no.png"), "--subject", net}, args...)...); r.code != ExitMisuse {
			t.Errorf("%q: exit %d, %s", args, r.code, r.errors)
		}
	}
}

// TestABackgroundsRecipeAsksForNothing that is at hand: the picture behind lies beside IN, beside the recipe or here and is known by
// what it shows, a mask is in the recipe. What lacks is named.
func TestABackgroundsRecipeAsksForNothing(t *testing.T) {
	dir := t.TempDir()
	at := func(names ...string) string { return filepath.Join(append([]string{dir}, names...)...) }
	for _, name := range []string{"work", "recipes", "empty"} {
		if err := os.Mkdir(at(name), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	in := written(t, at("work", "in.png"), redSquare(false))
	mask := image.NewNRGBA(image.Rect(0, 0, 48, 40))
	for i := range mask.Pix {
		mask.Pix[i] = 255
	}
	for i := 0; i < len(mask.Pix)/2; i += 4 {
		v := uint8(i / 16)
		copy(mask.Pix[i:], []uint8{v, v, v})
	}
	save(t, at("mask.png"), mask)
	save(t, at("work", "behind.png"), scene(90, 30, 7))
	made := at("recipes", "made.png")
	if r := cutting(t, "background", in, made, "--subject", at("mask.png"), "--picture", at("work", "behind.png")); r.code != 0 {
		t.Fatalf("exit %d, %s", r.code, r.errors)
	}
	want, _ := load(t, made)
	again := func(in string) result {
		t.Helper()
		return cutting(t, "background", in, at("again.png"), "--recipe", made, "--overwrite")
	}
	same := func(where string) {
		t.Helper()
		if r := again(in); r.code != 0 {
			t.Fatalf("%s: exit %d, %s", where, r.code, r.errors)
		}
		if got, _ := load(t, at("again.png")); !bytes.Equal(got.Pix, want.Pix) {
			t.Errorf("%s: the recipe makes other pixels", where)
		}
	}
	same("beside IN")
	if err := os.Rename(at("work", "behind.png"), at("recipes", "behind.png")); err != nil {
		t.Fatal(err)
	}
	same("beside the recipe")
	save(t, at("work", "behind.png"), scene(90, 30, 8)) // another of that name
	same("with another beside IN")
	if err := os.WriteFile(at("work", "behind.png"), []byte("no picture"), 0o600); err != nil {
		t.Fatal(err)
	}
	if r := again(in); r.code != 0 || !strings.Contains(r.errors, filepath.Join("work", "behind.png")) {
		t.Errorf("with one beside IN that cannot be read: exit %d, %s", r.code, r.errors)
	}
	save(t, at("work", "behind.png"), scene(90, 30, 8))
	if err := os.Remove(at("recipes", "behind.png")); err != nil {
		t.Fatal(err)
	}
	if r := again(in); r.code != ExitMisuse || !strings.Contains(r.errors, "shows something else") {
		t.Errorf("with another picture alone: exit %d, %s", r.code, r.errors)
	}
	if err := os.Remove(at("work", "behind.png")); err != nil {
		t.Fatal(err)
	}
	if r := again(in); r.code != ExitMisuse || !strings.Contains(r.errors, `"behind.png", which is not beside`) {
		t.Errorf("without the picture: exit %d, %s", r.code, r.errors)
	}
	save(t, at("work", "small.png"), scene(20, 20, 3))
	if r := cutting(t, "background", at("work", "small.png"), at("again.png"), "--recipe", made, "--blur", "3", "--overwrite"); r.code == 0 || !strings.Contains(r.errors, "the subject's mask") {
		t.Errorf("of another size: exit %d, %s", r.code, r.errors)
	}
}
