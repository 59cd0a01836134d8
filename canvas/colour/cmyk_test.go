package colour

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"image"
	"testing"
)

// inks is a CMYK profile of a table with two points a channel: lightness falls with each ink.
func inks() []byte {
	b := fixed([]byte("mft1\x00\x00\x00\x00\x04\x03\x02\x00"), 1, 0, 0, 0, 1, 0, 0, 0, 1)
	ramp := make([]byte, 256)
	for i := range ramp {
		ramp[i] = byte(i)
	}
	b = append(b, bytes.Repeat(ramp, 4)...)
	for i := range 16 {
		light := 255
		for ink := range 4 {
			light -= i >> ink & 1 * 63
		}
		b = append(b, byte(light), 128, 128)
	}
	b = append(b, bytes.Repeat(ramp, 3)...)
	p := assemble([]tag{{"A2B0", b}, {"wtpt", fixed([]byte("XYZ \x00\x00\x00\x00"), d50[:]...)}})
	copy(p[12:], "prtrCMYKLab ")
	binary.BigEndian.PutUint32(p[8:], 0x02400000)
	return p
}

// Converting inks tells how far it is, on the goroutine that asked, and ends when it is
// cancelled.
func TestInksAreConvertedUnderWatch(t *testing.T) {
	s, err := Read(inks())
	if err != nil {
		t.Fatal(err)
	}
	img := image.NewCMYK(image.Rect(0, 0, 40, 400))
	for i := range img.Pix {
		img.Pix[i] = byte(i * 7)
	}
	last, calls := -1.0, 0
	whole, err := s.CMYK(context.Background(), img, func(f float64) {
		if f < last || f > 1 {
			t.Errorf("%v after %v", f, last)
		}
		last, calls = f, calls+1
	})
	if err != nil || calls < 3 || last < 0.5 {
		t.Errorf("told %d times, last %v: %v", calls, last, err)
	}
	one := image.NewCMYK(image.Rect(0, 0, 1, 1))
	copy(one.Pix, img.Pix[img.PixOffset(17, 333):][:4])
	if p, err := s.CMYK(context.Background(), one, nil); err != nil || p.NRGBAAt(0, 0) != whole.NRGBAAt(17, 333) {
		t.Errorf("alone it is %v, in the picture %v", p.At(0, 0), whole.At(17, 333))
	}
	ctx, cancel := context.WithCancel(context.Background())
	if _, err := s.CMYK(ctx, img, func(float64) { cancel() }); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: %v", err)
	}
}
