package cli

import (
	"image"
	"image/color"
	"path/filepath"
	"strings"
	"testing"
)

// TestMasksByFlag: what was erased, and a mask turned over; nothing else changes.
func TestMasksByFlag(t *testing.T) {
	dir, box := t.TempDir(), image.Rect(20, 16, 40, 30)
	img, around := image.NewNRGBA(image.Rect(0, 0, 96, 64)), image.NewGray(image.Rect(0, 0, 96, 64))
	for y := range 64 {
		for x := range 96 {
			if !image.Pt(x, y).In(box) {
				img.SetNRGBA(x, y, color.NRGBA{byte(2 * x), byte(3 * y), byte(x ^ y), 255})
				around.SetGray(x, y, color.Gray{255})
			}
		}
	}
	in, out := save(t, filepath.Join(dir, "erased.png"), img), filepath.Join(dir, "out.png")
	for name, args := range map[string][]string{
		"alpha": {"--mask", "alpha"}, "inverted": {"--mask", save(t, filepath.Join(dir, "mask.png"), around), "--invert"},
	} {
		args = append([]string{"fill", "--image", in, "--out", out, "--engine", "neutral", "--seed", "18446744073709551615"}, args...)
		r := do(t, nil, args...)
		if r.code != 0 || !strings.Contains(r.errors, "changed 280 pixels") || !strings.Contains(r.errors, "seed 18446744073709551615") {
			t.Fatalf("%s: exit %d, %s", name, r.code, r.errors)
		}
		got, texts := load(t, out)
		if n := sameOutside(t, got, img, image.Point{}, func(x, y int) bool { return image.Pt(x, y).In(box) }); n != 280 {
			t.Errorf("%s: %d pixels changed, want 280", name, n)
		}
		if !strings.Contains(texts["parameters"]+texts["pentimento"], `"seed":-1`) { // the signed number of the same bits
			t.Errorf("%s: the account is %q", name, texts["pentimento"])
		}
	}
	whole := save(t, filepath.Join(dir, "whole.png"), around)
	if r := do(t, nil, "fill", "--image", whole, "--mask", "alpha", "--out", out); r.code != 1 || !strings.Contains(r.errors, "no part of the picture is transparent") {
		t.Errorf("nothing erased: exit %d, %s", r.code, r.errors)
	}
}

// TestAMaskThatIsNotCleanIsNoted and filled where it is meant.
func TestAMaskThatIsNotCleanIsNoted(t *testing.T) {
	dir := t.TempDir()
	img, mask := scene(96, 64, 3), image.NewGray(image.Rect(0, 0, 96, 64))
	for i := range mask.Pix {
		mask.Pix[i] = uint8(i * 7 % 9)
		if x, y := i%96, i/96; x >= 36 && x < 60 && y >= 24 && y < 40 {
			mask.Pix[i] = 255
		}
	}
	r := do(t, nil, "fill", "--image", save(t, filepath.Join(dir, "in.png"), img), "--mask", save(t, filepath.Join(dir, "mask.png"), mask), "--out", filepath.Join(dir, "out.png"), "--seed", "1")
	if r.code != 0 || !strings.Contains(r.errors, "note: the mask isn't clean") {
		t.Errorf("exit %d, %s", r.code, r.errors)
	}
	got, _ := load(t, filepath.Join(dir, "out.png"))
	sameOutside(t, got, img, image.Point{}, func(x, y int) bool { return x >= 36 && x < 60 && y >= 24 && y < 40 })
}
