package cli

import (
	"bytes"
	"image"
	"image/color"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"pentimento/canvas/colour"
	"pentimento/canvas/file"
)

// TestPixelateIsRecordedAndReplayed: of colours that are found and of a file's palette, whose colours are in the picture; a
// folder is gone on with.
func TestPixelateIsRecordedAndReplayed(t *testing.T) {
	dir := t.TempDir()
	at := func(name string) string { return filepath.Join(dir, name) }
	in := save(t, at("in.png"), scene(64, 48, 1))
	if err := os.WriteFile(at("mine.hex"), []byte("102030\nf0e0d0\n808080\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for name, args := range map[string][]string{"found": {"--cell", "4", "--colours", "5", "--seed", "9", "--dither", "bayer2"}, "mine": {"--across", "20", "--palette", at("mine.hex"), "--colour", "mean", "--small"}} {
		r := do(t, nil, append([]string{"pixelate", in, at(name + ".png")}, args...)...)
		if r.code != 0 || !strings.Contains(r.errors, "cells of") {
			t.Fatalf("%s: exit %d, %s", name, r.code, r.errors)
		}
		was, texts := load(t, at(name+".png"))
		if !strings.Contains(texts["parameters"], "Pixelate ") {
			t.Errorf("the picture says %q", texts["parameters"])
		}
		_ = os.Remove(at("mine.hex"))
		if r := do(t, nil, "pixelate", in, at("again.png"), "--recipe", at(name+".png")); r.code != 0 {
			t.Fatalf("%s: exit %d, %s", name, r.code, r.errors)
		}
		if again, _ := load(t, at("again.png")); !bytes.Equal(again.Pix, was.Pix) {
			t.Errorf("%s: the recipe makes other pixels", name)
		}
		if err := os.WriteFile(at("mine.hex"), []byte("102030\nf0e0d0\n808080\n"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if size := sizeOf(t, at("mine.png")); size != image.Pt(20, 15) {
		t.Errorf("one pixel a cell: %v", size)
	}
	folder := at("many")
	if err := os.Mkdir(folder, 0o700); err != nil {
		t.Fatal(err)
	}
	save(t, filepath.Join(folder, "a.png"), scene(40, 40, 2))
	for _, want := range []string{"cells of", "there already"} {
		if r := do(t, nil, "pixelate", "--in", folder, "--out", at("art")); r.code != 0 || !strings.Contains(r.errors, want) {
			t.Errorf("exit %d, %s, want %q", r.code, r.errors, want)
		}
	}
	if r := do(t, nil, "pixelate", in, at("o.png"), "--palette", "pico8"); r.code != 2 || !strings.Contains(r.errors, "Did you mean pico-8") && !strings.Contains(r.errors, "did you mean") {
		t.Errorf("exit %d, %s", r.code, r.errors)
	}
}

// TestPixelateKeepsBitsAndProfile: a picture of 16 bits and Display P3 stays one, and a palette's white is white in it.
func TestPixelateKeepsBitsAndProfile(t *testing.T) {
	dir := t.TempDir()
	at := func(name string) string { return filepath.Join(dir, name) }
	img := image.NewNRGBA64(image.Rect(0, 0, 32, 16))
	for y := range 16 {
		for x := range 32 {
			c := color.NRGBA64{0xfff0, 0xfff0, 0xfff0, 0xffff}
			if x < 16 { // sRGB's red in P3
				c = color.NRGBA64{0xeac8, 0x337a, 0x2390, 0xffff}
			}
			img.SetNRGBA64(x, y, c)
		}
	}
	profile := colour.Matrix("Display P3", colour.P3, colour.SRGBCurve())
	var b bytes.Buffer
	form, _ := file.FormOf("in.png")
	if err := (file.Meaning{Profile: profile}).Encode(t.Context(), &b, form, img, nil, file.Options{}); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(at("in.png"), b.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(at("mine.hex"), []byte("ff0000\nffffff\n0000ff\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if r := do(t, nil, "pixelate", at("in.png"), at("out.png"), "--cell", "4", "--palette", at("mine.hex")); r.code != 0 {
		t.Fatalf("exit %d, %s", r.code, r.errors)
	}
	p, err := file.Open(t.Context(), at("out.png"), nil)
	if err != nil {
		t.Fatal(err)
	}
	if !isDeep(p.Exact()) || !bytes.Equal(p.Meaning.Profile, profile) {
		t.Errorf("found %T with a profile of %d bytes", p.Exact(), len(p.Meaning.Profile))
	}
	out := p.NRGBA()
	if red, white := out.NRGBAAt(3, 3), out.NRGBAAt(20, 3); red.R < 228 || red.R > 238 || red.G < 45 || red.G > 57 || white != (color.NRGBA{255, 255, 255, 255}) {
		t.Errorf("red is %v, white %v", red, white)
	}
}

func isDeep(img image.Image) bool {
	switch img.(type) {
	case *image.NRGBA64, *image.RGBA64:
		return true
	}
	return false
}
