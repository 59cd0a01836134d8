// Package pixels crops, pastes and measures pictures and masks. Every picture may lie
// anywhere on the canvas (its bounds say where) and may be a SubImage of a larger one.
//
// Rectangles are canvas pixels; a mask is 0 where nothing is painted. Nothing here keeps or
// shares a picture it was given, unless it says so; any goroutine may call it.
package pixels

import "image"

// Crop copies the part of img that is in r; what r has beyond img is blank.
func Crop(img *image.NRGBA, r image.Rectangle) *image.NRGBA {
	out := image.NewNRGBA(r)
	Paste(out, img)
	return out
}

// Paste copies src into dst where they overlap.
func Paste(dst, src *image.NRGBA) {
	in := dst.Rect.Intersect(src.Rect)
	for y := in.Min.Y; y < in.Max.Y; y++ {
		copy(dst.Pix[dst.PixOffset(in.Min.X, y):][:4*in.Dx()], src.Pix[src.PixOffset(in.Min.X, y):])
	}
}

// Visible copies the pixels of img where mask is above 0; all others are blank. The copy
// has the bounds of those pixels.
func Visible(img *image.NRGBA, mask *image.Alpha) *image.NRGBA {
	out := image.NewNRGBA(Bounds(mask).Intersect(img.Rect))
	Lay(out, img, mask)
	return out
}

// Lay copies src into dst where mask is above 0, and nowhere else.
func Lay(dst, src *image.NRGBA, mask *image.Alpha) {
	r := dst.Rect.Intersect(src.Rect).Intersect(mask.Rect)
	for y := r.Min.Y; y < r.Max.Y; y++ {
		d, s := dst.Pix[dst.PixOffset(r.Min.X, y):], src.Pix[src.PixOffset(r.Min.X, y):]
		for x, m := range mask.Pix[mask.PixOffset(r.Min.X, y):][:r.Dx()] {
			if m != 0 {
				copy(d[4*x:4*x+4], s[4*x:4*x+4])
			}
		}
	}
}

// Differing counts the pixels of a that b, where it covers them, has otherwise; what colour
// a fully transparent pixel hides counts, too.
func Differing(a, b *image.NRGBA) (n int) {
	r := a.Rect.Intersect(b.Rect)
	for y := r.Min.Y; y < r.Max.Y; y++ {
		p, q := a.Pix[a.PixOffset(r.Min.X, y):][:4*r.Dx()], b.Pix[b.PixOffset(r.Min.X, y):][:4*r.Dx()]
		for i := 0; i < len(p); i += 4 {
			if [4]uint8(p[i:i+4]) != [4]uint8(q[i:i+4]) {
				n++
			}
		}
	}
	return n
}
