package cli

import (
	"image"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"pentimento/pipeline/pixels"
)

// TestHarmoniseLaysALayer over a picture: without strength exactly as it is, and far from it the
// picture keeps every bit; numbers out of bounds are wrong use.
func TestHarmoniseLaysALayer(t *testing.T) {
	dir := t.TempDir()
	at := func(name string) string { return filepath.Join(dir, name) }
	below, thing := scene(160, 120, 1), scene(40, 30, 2)
	for i := 3; i < len(thing.Pix); i += 4 {
		thing.Pix[i] = 255
	}
	picture, layer := save(t, at("picture.png"), below), save(t, at("layer.png"), thing)
	if r := do(t, nil, "harmonise", picture, layer, at("plain.png"), "--at", "60,40", "--strength", "0"); r.code != 0 {
		t.Fatalf("exit %d, %s", r.code, r.errors)
	}
	want := pixels.Crop(below, below.Rect)
	laid := *thing
	laid.Rect = laid.Rect.Add(image.Pt(60, 40))
	pixels.Paste(want, &laid)
	if n := pixels.Differing(decoded(t, at("plain.png")), want); n != 0 {
		t.Errorf("%d pixels differ where nothing was asked", n)
	}
	if r := do(t, nil, "harmonise", picture, layer, at("out.png"), "--at", "60,40"); r.code != 0 {
		t.Fatalf("exit %d, %s", r.code, r.errors)
	}
	out := decoded(t, at("out.png"))
	if pixels.Differing(out, want) == 0 {
		t.Error("nothing was harmonised")
	}
	if r := do(t, nil, "harmonise", picture, layer, at("again.png"), "--recipe", at("out.png")); r.code != 0 || pixels.Differing(decoded(t, at("again.png")), out) != 0 {
		t.Errorf("the recipe makes other pixels: exit %d, %s", r.code, r.errors)
	}
	folder := at("layers")
	if err := os.Mkdir(folder, 0o700); err != nil {
		t.Fatal(err)
	}
	save(t, filepath.Join(folder, "a.png"), thing)
	for _, want := range []string{"a.png at 60,40", "there already"} {
		if r := do(t, nil, "harmonise", picture, folder, at("made"), "--at", "60,40"); r.code != 0 || !strings.Contains(r.errors, want) {
			t.Errorf("exit %d, %s, want %q", r.code, r.errors, want)
		}
	}
	if pixels.Differing(decoded(t, at("made/a.png")), out) != 0 {
		t.Error("in a folder it is another picture")
	}
	left := image.Rect(0, 0, 40, 120)
	if pixels.Differing(pixels.Crop(out, left), pixels.Crop(below, left)) != 0 {
		t.Error("the picture changed far from the layer")
	}
	if r := do(t, nil, "harmonise", picture, layer, layer); r.code != ExitFailed || pixels.Differing(decoded(t, layer), thing) != 0 {
		t.Errorf("over what it reads: exit %d, %s", r.code, r.errors)
	}
	for _, args := range [][]string{{"--strength", "2"}, {"--at", "7"}, {"--length", "NaN"}} {
		if r := do(t, nil, append([]string{"harmonise", picture, layer, at("no.png")}, args...)...); r.code != ExitMisuse {
			t.Errorf("%q: exit %d, %s", args, r.code, r.errors)
		}
	}
	if r := do(t, nil, "harmonise", picture, layer, at("no.png"), "--at", "900,0"); r.code != ExitFailed {
		t.Errorf("a layer beside the picture: exit %d, %s", r.code, r.errors)
	}
}
