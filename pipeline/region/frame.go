package region

import "image"

// Content is what a frame holds, and so what a run does with it.
type Content string

// The three cases of the frame rule.
const (
	Blank Content = "blank" // nothing yet: generate
	Full  Content = "full"  // all opaque and nothing masked: refine
	Mixed Content = "mixed" // inpaint what is masked or blank
)

// MinFrame is the least side of a generation frame in canvas pixels.
const MinFrame = 64

// Rule looks at the picture under a frame and the brushed mask (nil: none) and says what
// the frame holds. The mask it returns, with the picture's bounds, is what to paint:
// brushed ∪ transparent; all of it when Blank, nothing when Full (behaviour 2.4.2).
func Rule(img *image.NRGBA, brushed *image.Alpha) (Content, *image.Alpha) {
	mask := image.NewAlpha(img.Rect)
	blank, full := true, true
	w := img.Rect.Dx()
	for y := range img.Rect.Dy() {
		px, dst := img.Pix[y*img.Stride:][:4*w], mask.Pix[y*mask.Stride:][:w]
		for x := range dst {
			a := px[4*x+3]
			m := 255 - a
			if brushed != nil {
				m = max(m, brushed.AlphaAt(img.Rect.Min.X+x, img.Rect.Min.Y+y).A)
			}
			dst[x] = m
			blank = blank && a == 0
			full = full && m == 0
		}
	}
	switch {
	case blank:
		return Blank, mask
	case full:
		return Full, mask
	}
	return Mixed, mask
}
