// Package caption turns what networks make of a picture into words: the numbers of a tagger into
// tags (tags.go), a decoder's tokens into a sentence (sentence.go), likenesses of texts into those
// that tell most (rank.go). It runs no network and knows none; pipeline/captions.go does.
//
// The tagger's layout is that of SmilingWolf's WD14 and WD v3 files: a picture padded to a square
// with white and scaled (bicubic), channels in the order blue, green, red, from 0 to 255 where they
// stand last; where they stand first, as timm has them, from −1 to 1. Beside the network lies
// selected_tags.csv, a row a number.
package caption

import (
	"image"
	"image/color"
	"image/draw"

	xdraw "golang.org/x/image/draw"
)

// mostPadded is the side of the largest square that is padded: a canvas without edges may be a strip of any length.
const mostPadded = 4096

// Square is a picture on white, padded to a square in whose middle it lies, and scaled to a side. One that is
// longer than mostPadded is made so long before.
func Square(img *image.NRGBA, side int) *image.NRGBA {
	w, h := img.Rect.Dx(), img.Rect.Dy()
	if n := max(w, h); n > mostPadded {
		w, h = max(w*mostPadded/n, 1), max(h*mostPadded/n, 1)
		short := image.NewNRGBA(image.Rect(0, 0, w, h))
		xdraw.CatmullRom.Scale(short, short.Rect, img, img.Rect, xdraw.Src, nil)
		img = short
	}
	n := max(w, h, 1)
	padded := image.NewNRGBA(image.Rect(0, 0, n, n))
	draw.Draw(padded, padded.Rect, image.NewUniform(color.White), image.Point{}, draw.Src)
	at := image.Pt((n-w)/2, (n-h)/2)
	draw.Draw(padded, image.Rectangle{Min: at, Max: at.Add(image.Pt(w, h))}, img, img.Rect.Min, draw.Over)
	if n == side {
		return padded
	}
	out := image.NewNRGBA(image.Rect(0, 0, side, side))
	xdraw.CatmullRom.Scale(out, out.Rect, padded, padded.Rect, xdraw.Src, nil)
	return out
}

// TaggerInput are the numbers that a tagger is shown of a square picture: [side,side,3] where
// last, else [3,side,side].
func TaggerInput(square *image.NRGBA, last bool) []float32 {
	n := square.Rect.Dx() * square.Rect.Dy()
	out := make([]float32, 3*n)
	for i := range n {
		for c := range 3 {
			v := float32(square.Pix[4*i+2-c]) // blue first
			if last {
				out[3*i+c] = v
			} else {
				out[c*n+i] = v/127.5 - 1
			}
		}
	}
	return out
}
