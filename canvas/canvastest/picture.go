package canvastest

import (
	"image"
	"image/color"
	"math/rand/v2"
)

// Texture is an opaque picture with structure, so that a fill has something to find; each
// seed makes another.
func Texture(r image.Rectangle, seed uint64) *image.NRGBA {
	rng := rand.New(rand.NewPCG(seed, 1))
	img := image.NewNRGBA(r)
	for y := r.Min.Y; y < r.Max.Y; y++ {
		for x := r.Min.X; x < r.Max.X; x++ {
			v := uint8(60 + 90*((x/9+y/7)&1) + rng.IntN(20))
			img.SetNRGBA(x, y, color.NRGBA{v, v / 2, 255 - v, 255})
		}
	}
	return img
}

// Flat is a picture of one colour.
func Flat(r image.Rectangle, c color.NRGBA) *image.NRGBA {
	img := image.NewNRGBA(r)
	for i := 0; i < len(img.Pix); i += 4 {
		img.Pix[i], img.Pix[i+1], img.Pix[i+2], img.Pix[i+3] = c.R, c.G, c.B, c.A
	}
	return img
}
