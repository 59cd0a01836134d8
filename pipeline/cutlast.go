package pipeline

import (
	"fmt"
	"hash/maphash"
	"image"
	"sync"

	"pentimento/pipeline/cutout"
)

// lastMatte is what the network that was asked last saw in the picture that it was shown: whoever tries another edge does
// not wait for it again. Safe for use by several goroutines.
type lastMatte struct {
	mu     sync.Mutex
	of     string // network and device
	seen   uint64 // the picture
	matte  *cutout.Matte
	device string
}

// matteSeed is of the hashes of pictures.
var matteSeed = maphash.MakeSeed()

// pictureHash tells pictures apart, in this process alone.
func pictureHash(img *image.NRGBA) uint64 {
	var h maphash.Hash
	h.SetSeed(matteSeed)
	fmt.Fprint(&h, img.Rect.Size())
	for y := range img.Rect.Dy() {
		h.Write(img.Pix[y*img.Stride:][:4*img.Rect.Dx()])
	}
	return h.Sum64()
}
