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

// TestGenerateKeepsMeaning: a picture that is reworked keeps its profile, and density; what
// networks paint is converted into its colours.
func TestGenerateKeepsMeaning(t *testing.T) {
	src := filepath.Join("..", "..", "canvas", "file", "testdata", "meaning", "adobe.png")
	var mean [2]float64
	for i, from := range []string{src, bareCopy(t, src)} {
		out := filepath.Join(t.TempDir(), "out.png")
		r := paint(t, "generate", "--model", tinyModel(t), "--prompt", "barn", "--image", from, "--strength", "1", "--steps", "1", "--out", out)
		if r.code != ExitDone {
			t.Fatal(r.errors)
		}
		p, err := file.Open(context.Background(), out, nil)
		if err != nil {
			t.Fatal(err)
		}
		was, err := file.Open(context.Background(), from, nil)
		if err != nil || !bytes.Equal(p.Meaning.Profile, was.Meaning.Profile) {
			t.Errorf("%s: the profile differs (%v)", from, err)
		}
		img := p.NRGBA()
		if s := p.Space(); s != nil {
			s.ToSRGB(img)
		}
		for j, v := range img.Pix {
			if j%4 == 0 {
				mean[i] += float64(v) / float64(len(img.Pix)/4)
			}
		}
	}
	if d := mean[0] - mean[1]; d < -1.5 || d > 1.5 {
		t.Errorf("in the picture's colours what was painted is seen as %.1f, in sRGB as %.1f", mean[0], mean[1])
	}
}

// bareCopy is a picture as it is seen, in sRGB and without a word of that.
func bareCopy(t *testing.T, path string) string {
	t.Helper()
	p, err := file.Open(context.Background(), path, nil)
	if err != nil {
		t.Fatal(err)
	}
	img := p.NRGBA()
	p.Space().ToSRGB(img)
	var b bytes.Buffer
	if err := png.Encode(&b, img); err != nil {
		t.Fatal(err)
	}
	out := filepath.Join(t.TempDir(), "bare.png")
	if err := os.WriteFile(out, b.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	return out
}
