package file

import (
	"bytes"
	"context"
	"image"
	"image/color"
	"image/jpeg"
	"image/png"
	"io"
	"math"
	"sync"
	"testing"
)

// photo24 is a JPEG of 6000×4000 pixels, 4:2:0, with detail as a photo has it.
var photo24 = sync.OnceValue(func() []byte {
	m := image.NewYCbCr(image.Rect(0, 0, 6000, 4000), image.YCbCrSubsampleRatio420)
	v := uint32(1)
	for y := range 4000 {
		for x := range 6000 {
			v = v*1664525 + 1013904223
			m.Y[y*m.YStride+x] = byte(120 + 60*math.Sin(float64(x)/97)*math.Cos(float64(y)/61) + float64(v>>28))
		}
	}
	for i := range m.Cb {
		m.Cb[i], m.Cr[i] = byte(100+i%3000/60), byte(140+i/3000/60)
	}
	var b bytes.Buffer
	if err := jpeg.Encode(&b, m, &jpeg.Options{Quality: 90}); err != nil {
		panic(err)
	}
	return b.Bytes()
})

func BenchmarkDecode24MPJPEG(b *testing.B) {
	data := photo24()
	b.SetBytes(int64(len(data)))
	for b.Loop() {
		if _, err := Decode(context.Background(), bytes.NewReader(data), nil); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkTiles24MP converts the whole photo into 64×64 tiles, on one core.
func BenchmarkTiles24MP(b *testing.B) {
	p, err := Decode(context.Background(), bytes.NewReader(photo24()), nil)
	if err != nil {
		b.Fatal(err)
	}
	for _, o := range []int{1, 6} {
		p.Orientation = o
		if o == 6 {
			p.Width, p.Height = p.Height, p.Width
		}
		b.Run(map[int]string{1: "upright", 6: "turned"}[o], func(b *testing.B) {
			var tile [64 * 64 * 4]byte
			for b.Loop() {
				for y := 0; y < p.Height; y += 64 {
					for x := 0; x < p.Width; x += 64 {
						p.ReadRect(image.Rect(x, y, x+64, y+64), tile[:], 256)
					}
				}
			}
		})
	}
}

func BenchmarkEncodePNG4MP(b *testing.B) {
	img := image.NewNRGBA(image.Rect(0, 0, 2048, 2048))
	for i := range 2048 * 2048 {
		x, y := float64(i%2048), float64(i/2048)
		img.SetNRGBA(i%2048, i/2048, color.NRGBA{byte(128 + 100*math.Sin(x/90)), byte(128 + 90*math.Cos(y/70)), byte(i), 255})
	}
	for b.Loop() {
		if err := EncodePNG(context.Background(), io.Discard, img, nil, png.DefaultCompression); err != nil {
			b.Fatal(err)
		}
	}
}
