package colour

import (
	"image"
	"testing"
)

// TestThereAndBack: a space of a matrix gives back what went into sRGB, where sRGB holds it;
// and Display P3's pure green is where littlecms has it clipped.
func TestThereAndBack(t *testing.T) {
	s, err := Read(Matrix("Display P3", P3, SRGBCurve()))
	if err != nil || s.Name != "Display P3" || s.SRGB || !s.Both() {
		t.Fatalf("found %+v, %v", s, err)
	}
	img := image.NewNRGBA(image.Rect(0, 0, 64, 1))
	for i := range 64 {
		copy(img.Pix[4*i:], []byte{uint8(80 + i), uint8(120 - i/2), uint8(90 + i/3), uint8(i)})
	}
	was := append([]byte(nil), img.Pix...)
	s.ToSRGB(img)
	moved := 0
	for i, v := range img.Pix {
		if v != was[i] {
			moved++
		}
	}
	s.FromSRGB(img)
	for i, v := range img.Pix {
		if d := int(v) - int(was[i]); d < -1 || d > 1 {
			t.Errorf("byte %d is %d after both ways, was %d", i, v, was[i])
		}
	}
	if moved == 0 {
		t.Error("P3 is shown as if it were sRGB")
	}
	if srgb, err := Read(Matrix("s", SRGBPrimaries, SRGBCurve())); err != nil || !srgb.SRGB {
		t.Errorf("sRGB by its numbers: %+v, %v", srgb, err)
	}
}
