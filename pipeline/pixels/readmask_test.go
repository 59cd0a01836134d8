package pixels

import (
	"image"
	"image/color"
	"math"
	"math/rand/v2"
	"strings"
	"testing"

	"pentimento/fault"
)

// drawn is a picture of 96×64 with an odd origin, each pixel by its place.
func drawn(at func(x, y int) color.NRGBA) *image.NRGBA {
	img := image.NewNRGBA(image.Rect(-7, 3, 89, 67))
	for y := range 64 {
		for x := range 96 {
			img.SetNRGBA(x-7, y+3, at(x, y))
		}
	}
	return img
}

func inBox(x, y int) bool { return x >= 36 && x < 60 && y >= 24 && y < 40 }

// TestMasksAreReadAsTheyAreSeen: which picture masks what.
func TestMasksAreReadAsTheyAreSeen(t *testing.T) {
	rng := rand.New(rand.NewPCG(8, 1))
	black, white := color.NRGBA{0, 0, 0, 255}, color.NRGBA{255, 255, 255, 255}
	grey := func(v uint8) color.NRGBA { return color.NRGBA{v, v, v, 255} }
	box := func(in, out color.NRGBA) func(x, y int) color.NRGBA {
		return func(x, y int) color.NRGBA {
			if inBox(x, y) {
				return in
			}
			return out
		}
	}
	for name, c := range map[string]struct {
		img     *image.NRGBA
		in, out uint8
		note    string
	}{
		"white on black":                   {drawn(box(white, black)), 255, 0, ""},
		"any colour on nothing":            {drawn(box(color.NRGBA{200, 30, 40, 255}, color.NRGBA{})), 255, 0, ""},
		"black on nothing":                 {drawn(box(color.NRGBA{0, 0, 0, 128}, color.NRGBA{255, 0, 0, 0})), 128, 0, ""},
		"half seen white on black":         {drawn(box(color.NRGBA{255, 255, 255, 128}, black)), 128, 0, ""},
		"white on black, black on nothing": {drawn(func(x, y int) color.NRGBA { return box(white, []color.NRGBA{black, {}}[x&1])(x, y) }), 255, 0, ""},
		"labels 0 and 1":                   {drawn(box(grey(1), black)), 255, 0, "0 and 1 only"},
		"noise of a JPEG":                  {drawn(func(x, y int) color.NRGBA { return box(white, grey(uint8(rng.IntN(9))))(x, y) }), 255, 0, "isn't clean"},
		"half grey at most":                {drawn(box(grey(100), black)), 100, 0, "100 of 255"},
		"white on black, one pixel of 254": {drawn(func(x, y int) color.NRGBA { c := box(white, black)(x, y); c.A -= uint8(1 - min(1, x+y)); return c }), 255, 0, ""},
	} {
		m, note, err := MaskOf(c.img)
		if err != nil || m.Rect != c.img.Rect {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if note == "" != (c.note == "") || !strings.Contains(note, c.note) {
			t.Errorf("%s: the note is %q, want %q", name, note, c.note)
		}
		wrong := 0
		for y := range 64 {
			for x := range 96 {
				want := c.out
				if inBox(x, y) {
					want = c.in
				}
				if m.AlphaAt(x-7, y+3).A != want {
					wrong++
				}
			}
		}
		if wrong > 0 {
			t.Errorf("%s: %d pixels differ", name, wrong)
		}
	}
}

// TestASoftEdgeIsNoNoise: a feathered mask is taken as it is.
func TestASoftEdgeIsNoNoise(t *testing.T) {
	for _, width := range []float64{1, 4, 12, 30} {
		img := drawn(func(x, y int) color.NRGBA {
			v := uint8(255 / (1 + math.Exp((math.Hypot(float64(x-48), float64(y-32))-14)*6/width)))
			return color.NRGBA{v, v, v, 255}
		})
		m, note, err := MaskOf(img)
		if err != nil || note != "" {
			t.Errorf("width %g: note %q (%v)", width, note, err)
		}
		for i, v := range m.Pix {
			if v != img.Pix[4*i] {
				t.Fatalf("width %g: pixel %d is %d, want %d", width, i, v, img.Pix[4*i])
			}
		}
	}
}

func TestWhatIsNoMaskIsRefused(t *testing.T) {
	rng := rand.New(rand.NewPCG(8, 2))
	for name, img := range map[string]*image.NRGBA{
		"noise alone":    drawn(func(int, int) color.NRGBA { v := uint8(rng.IntN(9)); return color.NRGBA{v, v, v, 255} }),
		"a colour":       drawn(func(x, y int) color.NRGBA { return color.NRGBA{uint8(x), 200, 0, 255} }),
		"colours, alpha": drawn(func(x, y int) color.NRGBA { return color.NRGBA{uint8(2 * x), 200, 0, uint8(y * 4)} }),
	} {
		if m, _, err := MaskOf(img); err == nil || fault.Hint(err) == "" {
			t.Errorf("%s: a mask of %v (%v)", name, m.Rect, err)
		}
	}
}

func TestErasedAndInverted(t *testing.T) {
	img := drawn(func(x, y int) color.NRGBA { return color.NRGBA{9, 9, 9, uint8(x)} })
	m := Erased(img)
	Invert(m)
	for i, v := range m.Pix {
		if v != img.Pix[4*i+3] {
			t.Fatalf("pixel %d is %d, want %d", i, v, img.Pix[4*i+3])
		}
	}
}
