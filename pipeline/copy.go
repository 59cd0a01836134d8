package pipeline

import (
	"image"

	"pentimento/pipeline/pixels"
)

var (
	crop, paste, cropMask = pixels.Crop, pixels.Paste, pixels.CropMask
	bounds, whole, merge  = pixels.Bounds, pixels.Full, pixels.Raise
)

// opaqueBounds is the smallest rectangle that holds every pixel of a picture that is
// neither blank nor masked (equal bounds).
func opaqueBounds(img *image.NRGBA, mask *image.Alpha) image.Rectangle {
	return pixels.BoundsWhere(img.Rect, func(x, y int) bool {
		return img.Pix[img.PixOffset(x, y)+3] > 0 && mask.Pix[mask.PixOffset(x, y)] == 0
	})
}
