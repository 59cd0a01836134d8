package metadata

import (
	"bytes"
	"compress/flate"
	"math"
)

// ShapeSide is how many cells the longer side of a region's recorded shape has at most.
const ShapeSide = 64

// PackShape is a Region.Shape: how much of each cell of its box it covers, 0..255 in rows of wide cells, of which at
// most ShapeSide stand in a row or column. It keeps 16 steps. Of a box that is covered whole it is nil.
func PackShape(wide, high int, cover func(x, y int) float64) []byte {
	small, whole := make([]byte, wide*high), true
	for i := range small {
		small[i] = uint8(cover(i%wide, i/wide)*15+0.5) * 17
		whole = whole && small[i] == 255
	}
	if whole {
		return nil
	}
	var packed bytes.Buffer
	packed.Write([]byte{byte(wide), byte(high)})
	z, _ := flate.NewWriter(&packed, flate.BestCompression) // errs for unknown levels only
	_, _ = z.Write(small)                                   // into memory
	_ = z.Close()
	return packed.Bytes()
}

// rampCells is the number of latent cells in which ComfyUI's areas begin and end, of small areas a quarter of them.
const rampCells = 8

// ramped is the shape of an area of ComfyUI in a picture of w × h pixels: towards its edges within the picture it
// counts less and less.
func ramped(box [4]float64, w, h int) []byte {
	x, wide := along(box[0], box[2], w)
	y, high := along(box[1], box[3], h)
	if len(x) == 0 || len(y) == 0 {
		return nil
	}
	return PackShape(wide, high, func(i, j int) float64 { return x[i*len(x)/wide] * y[j*len(y)/high] })
}

// along are what the latent cells of an area count along an axis of so many pixels, and in how many parts a shape
// has them.
func along(from, part float64, pixels int) (cells []float64, parts int) {
	all := pixels / 8
	begin := int(math.Round(from * float64(all)))
	n := min(int(math.Round(part*float64(all))), all-begin)
	if n < 1 {
		return nil, 0
	}
	ramp := min(rampCells, n/4)
	for t := range n {
		v := 1.0
		if begin > 0 && t < ramp {
			v *= float64(t+1) / float64(ramp)
		}
		if end := n - 1 - t; begin+n < all && end < ramp {
			v *= float64(end+1) / float64(ramp)
		}
		cells = append(cells, v)
	}
	return cells, min(n, ShapeSide)
}
