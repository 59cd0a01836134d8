package cli

import (
	"bytes"
	"context"
	"image"
	"image/png"
	"os"
	"path/filepath"
	"testing"

	"pentimento/canvas/file"
)

// TestVerbsKeepMeaning: fill and outpaint keep profile and density always, and what the
// author wrote unless --no-metadata is given; orientation and 16 bits come through as well.
func TestVerbsKeepMeaning(t *testing.T) {
	from := func(name string) string {
		return filepath.Join("..", "..", "canvas", "file", "testdata", "meaning", name)
	}
	for _, v := range []struct {
		name       string
		flags      []string
		with, lost []string
	}{
		{"adobe.png", nil, []string{"iCCP"}, nil},
		{"adobe.jpg", []string{"--no-metadata"}, []string{"iCCP"}, nil},
		{"gama1.png", nil, []string{"gAMA"}, nil},
		{"photo.jpg", nil, []string{"eXIf", "pHYs", "(c) 2026"}, nil},
		{"photo.jpg", []string{"--no-metadata"}, []string{"pHYs"}, []string{"eXIf", "(c) 2026"}},
	} {
		out := filepath.Join(t.TempDir(), "out.png")
		args := append([]string{"outpaint", "--engine", "neutral", "--image", from(v.name), "--right", "8", "--out", out}, v.flags...)
		if r := do(t, nil, args...); r.code != 0 {
			t.Fatalf("%s: %s", v.name, r.errors)
		}
		b, err := os.ReadFile(out)
		if err != nil {
			t.Fatal(err)
		}
		for _, c := range v.with {
			if !bytes.Contains(b, []byte(c)) {
				t.Errorf("%s %v: the result has no %q", v.name, v.flags, c)
			}
		}
		for _, c := range v.lost {
			if bytes.Contains(b, []byte(c)) {
				t.Errorf("%s %v: the result has %q", v.name, v.flags, c)
			}
		}
		p, err := file.Open(context.Background(), from(v.name), nil)
		if err != nil {
			t.Fatal(err)
		}
		again, err := file.Open(context.Background(), out, nil)
		if err != nil || !bytes.Equal(again.Meaning.Profile, p.Meaning.Profile) {
			t.Errorf("%s %v: the profile differs (%v)", v.name, v.flags, err)
		}
	}
}

// TestOutpaintKeepsDepth: the old picture of 16 bits has them all in the larger one.
func TestOutpaintKeepsDepth(t *testing.T) {
	src := filepath.Join("..", "..", "canvas", "file", "testdata", "meaning", "g16.png")
	out := filepath.Join(t.TempDir(), "out.png")
	if r := do(t, nil, "outpaint", "--engine", "neutral", "--image", src, "--left", "5", "--top", "3", "--out", out); r.code != 0 {
		t.Fatal(r.errors)
	}
	var img [2]image.Image
	for i, name := range []string{src, out} {
		b, err := os.ReadFile(name)
		if err == nil {
			img[i], err = png.Decode(bytes.NewReader(b))
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	for y := range img[0].Bounds().Dy() {
		for x := range img[0].Bounds().Dx() {
			r, g, b, a := img[0].At(x, y).RGBA()
			r2, g2, b2, a2 := img[1].At(x+5, y+3).RGBA()
			if r != r2 || g != g2 || b != b2 || a != a2 {
				t.Fatalf("pixel %d,%d is %d, want %d", x, y, r2, r)
			}
		}
	}
}
