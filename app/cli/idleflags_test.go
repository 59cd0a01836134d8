package cli

import (
	"path/filepath"
	"strings"
	"testing"
)

// TestAFlagThatDoesNothingIsNotSilent: those of a model are refused where none paints, others are said.
func TestAFlagThatDoesNothingIsNotSilent(t *testing.T) {
	dir := t.TempDir()
	at := func(name string) string { return filepath.Join(dir, name) }
	net := segmenter(t, at("reds.onnx"))
	in := written(t, at("in.png"), redSquare(false))
	over, mask := save(t, at("over.png"), scene(48, 40, 0)), at("mask.png")
	if r := cutting(t, "cutout", in, mask, "--model", net, "--as", "mask"); r.code != 0 {
		t.Fatal(r.errors)
	}
	for _, c := range []struct {
		code int
		said string
		args []string
	}{
		{ExitMisuse, "--refine has no use here", []string{"background", in, at("a.png"), "--subject", net, "--colour", "#ffffff", "--refine", "1,1,9,9"}},
		{ExitMisuse, "--seed has no use here", []string{"background", in, at("a.png"), "--subject", net, "--blur", "3", "--seed", "4"}},
		{ExitMisuse, "--steps has no use here", []string{"background", in, at("a.png"), "--subject", net, "--picture", over, "--steps", "4"}},
		{0, "--radius does nothing", []string{"background", in, at("a.png"), "--subject", mask, "--colour", "#ffffff", "--radius", "4"}},
		{0, "--quality does nothing", []string{"background", in, at("a.ora"), "--subject", net, "--colour", "#ffffff", "--as", "layers", "--quality", "80"}},
		{0, "--grey does nothing", []string{"cutout", in, at("b.png"), "--model", net, "--radius", "-1", "--grey"}},
		{0, "--keep-colours does nothing", []string{"cutout", in, at("b.png"), "--model", net, "--as", "mask", "--keep-colours"}},
		{0, "--dither-strength does nothing", []string{"pixelate", in, at("c.png"), "--dither-strength", "0.5"}},
		{0, "--seed does nothing", []string{"pixelate", in, at("c.png"), "--palette", "pico-8", "--seed", "3"}},
		{0, "--direction does nothing", []string{"harmonise", in, over, at("d.png"), "--shadow", "0", "--direction", "90"}},
		{0, "--shadow does nothing", []string{"harmonise", in, over, at("d.png"), "--strength", "0", "--shadow", "1"}},
	} {
		if r := cutting(t, c.args...); r.code != c.code || !strings.Contains(r.errors, c.said) {
			t.Errorf("%q: exit %d, %q, want %d and %q", c.args, r.code, r.errors, c.code, c.said)
		}
	}
	if r := cutting(t, "cutout", in, at("b.png"), "--model", net, "--radius", "3", "--grey"); r.code != 0 || strings.Contains(r.errors, "does nothing") {
		t.Errorf("flags that act: exit %d, %q", r.code, r.errors)
	}
}
