package webp

import (
	"bytes"
	"context"
	"image"
	"image/color"
	"math/rand/v2"
	"testing"

	"golang.org/x/image/webp"
)

// picture is smooth, with noise in its alpha where that is wanted.
func picture(w, h int, alpha bool) *image.NRGBA {
	rng := rand.New(rand.NewPCG(1, 2))
	img := image.NewNRGBA(image.Rect(-4, 7, w-4, h+7))
	for y := range h {
		for x := range w {
			c := color.NRGBA{uint8(255 * x / w), uint8(255 * y / h), uint8(x ^ y), 255}
			if alpha {
				c.A = uint8(rng.UintN(256) & rng.UintN(256))
			}
			img.SetNRGBA(x-4, y+7, c)
		}
	}
	return img
}

// TestLosslessIsExact, the colours of transparent pixels included, and the lossy form is near.
func TestLosslessIsExact(t *testing.T) {
	for _, alpha := range []bool{false, true} {
		for _, size := range []image.Point{{1, 1}, {17, 5}, {120, 90}} {
			img := picture(size.X, size.Y, alpha)
			data, err := Encode(context.Background(), img, 0)
			if err != nil {
				t.Fatal(err)
			}
			got, err := webp.Decode(bytes.NewReader(data))
			if err != nil {
				t.Fatal(err)
			}
			if n, ok := got.(*image.NRGBA); !ok || !bytes.Equal(n.Pix, img.Pix) {
				t.Errorf("%v, alpha %v: other pixels came back", size, alpha)
			}
		}
	}
	img := picture(120, 90, false)
	large, err1 := Encode(context.Background(), img, 95)
	small, err2 := Encode(context.Background(), img, 20)
	if err1 != nil || err2 != nil || len(small) >= len(large) {
		t.Errorf("quality 95 takes %d bytes and 20 %d: %v, %v", len(large), len(small), err1, err2)
	}
	if _, err := webp.Decode(bytes.NewReader(large)); err != nil {
		t.Error(err)
	}
}

func TestWhatCannotBeWrittenIsSaid(t *testing.T) {
	if _, err := Encode(context.Background(), image.NewNRGBA(image.Rect(0, 0, MaxSide+1, 1)), 0); err == nil {
		t.Error("a picture that is too wide is taken")
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := Encode(ctx, picture(9, 9, false), 0); err != context.Canceled {
		t.Errorf("cancelled: %v", err)
	}
}

func BenchmarkEncode(b *testing.B) {
	for name, quality := range map[string]int{"lossless": 0, "lossy": 90} {
		b.Run(name, func(b *testing.B) {
			img := picture(500, 500, false)
			for b.Loop() {
				if _, err := Encode(context.Background(), img, quality); err != nil {
					b.Fatal(err)
				}
				b.SetBytes(int64(len(img.Pix)))
			}
		})
	}
}
