package cli

import (
	"bytes"
	"context"
	"image"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"pentimento/canvas/file"
)

func decoded(t *testing.T, path string) *image.NRGBA {
	t.Helper()
	p, err := file.Open(context.Background(), path, nil)
	if err != nil {
		t.Fatal(err)
	}
	return p.NRGBA()
}

// TestRecipeMakesAFillAgain fills with both kinds of engine, makes the fills again from the
// written picture alone, then from the picture that was made again.
func TestRecipeMakesAFillAgain(t *testing.T) {
	dir := t.TempDir()
	path := func(name string) string { return filepath.Join(dir, name) }
	for name, data := range map[string][]byte{"in.png": encode(t, scene(96, 80, 3)), "mask.png": encode(t, hole(96, 80, image.Rect(30, 20, 60, 50)))} {
		if err := os.WriteFile(path(name), data, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	m := tinyModel(t)

	first := []string{"fill", "--image", path("in.png"), "--mask", path("mask.png"), "--out", path("one.png"), "--engine", "diffusion", "--model", m, "--steps", "2", "--size", "96x80",
		"--prompt", "a barn", "--strength", "0.6", "--seed", "5"}
	if r := paint(t, first...); r.code != ExitDone {
		t.Fatalf("exit %d: %s", r.code, r.errors)
	}
	if r := paint(t, "fill", "--image", path("one.png"), "--mask", path("mask.png"), "--out", path("two.png"), "--feather", "3", "--seed", "9"); r.code != ExitDone {
		t.Fatalf("exit %d: %s", r.code, r.errors)
	}
	for _, c := range []struct{ image, recipe, nth, model, want string }{
		{"in.png", "one.png", "1", m, "one.png"},
		{"in.png", "two.png", "1", m, "one.png"},
		{"one.png", "two.png", "2", "", "two.png"},
		{"one.png", "two.png", "0", "", "two.png"},
		{"in.png", "again.png", "0", m, "one.png"}, // written by the second case's like
	} {
		out := path("out.png")
		if c.recipe == "one.png" {
			out = path("again.png")
		}
		args := []string{"fill", "--recipe", path(c.recipe), "--nth", c.nth, "--image", path(c.image), "--mask", path("mask.png"), "--out", out}
		if c.model != "" {
			args = append(args, "--model", c.model)
		}
		if r := paint(t, args...); r.code != ExitDone {
			t.Fatalf("%v: exit %d: %s", c, r.code, r.errors)
		}
		if got, want := decoded(t, out), decoded(t, path(c.want)); !bytes.Equal(got.Pix, want.Pix) {
			t.Errorf("%v: made again it is another picture", c)
		}
	}
	for want, args := range map[string][]string{
		"--steps with --recipe":       {"--recipe", path("one.png"), "--steps", "3"},
		"contains 1 fills":            {"--recipe", path("one.png"), "--nth", "4"},
		"contains no Pentimento fill": {"--recipe", path("in.png")},
		"--nth without --recipe":      {"--nth", "2"},
		"no such file":                {"--recipe", path("gone.png")},
	} {
		r := paint(t, append([]string{"fill", "--image", path("in.png"), "--mask", path("mask.png"), "--out", path("x.png")}, args...)...)
		if r.code == ExitDone || !strings.Contains(r.errors, want) {
			t.Errorf("%v: exit %d, said %q, want %q", args, r.code, r.errors, want)
		}
	}
}
