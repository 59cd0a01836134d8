package pipeline

import "image"

// crop copies the part of img that lies in r; what r has beyond img is blank.
func crop(img *image.NRGBA, r image.Rectangle) *image.NRGBA {
	out := image.NewNRGBA(r)
	paste(out, img)
	return out
}

// paste copies src into dst where they overlap.
func paste(dst, src *image.NRGBA) {
	in := dst.Rect.Intersect(src.Rect)
	for y := in.Min.Y; y < in.Max.Y; y++ {
		copy(dst.Pix[dst.PixOffset(in.Min.X, y):][:4*in.Dx()], src.Pix[src.PixOffset(in.Min.X, y):])
	}
}

// cropMask is crop for masks.
func cropMask(m *image.Alpha, r image.Rectangle) *image.Alpha {
	out := image.NewAlpha(r)
	in := r.Intersect(m.Rect)
	for y := in.Min.Y; y < in.Max.Y; y++ {
		copy(out.Pix[out.PixOffset(in.Min.X, y):][:in.Dx()], m.Pix[m.PixOffset(in.Min.X, y):])
	}
	return out
}

// bounds is the smallest rectangle that holds every painted pixel.
func bounds(m *image.Alpha) image.Rectangle {
	return boundsOf(m.Rect, func(x, y int) bool { return m.Pix[m.PixOffset(x, y)] > 0 })
}

// opaqueBounds is the smallest rectangle that holds every pixel of a picture that is
// neither blank nor masked (equal bounds).
func opaqueBounds(img *image.NRGBA, mask *image.Alpha) image.Rectangle {
	return boundsOf(img.Rect, func(x, y int) bool {
		return img.Pix[img.PixOffset(x, y)+3] > 0 && mask.Pix[mask.PixOffset(x, y)] == 0
	})
}

// boundsOf is the smallest rectangle in r that holds every pixel with is; each row is
// looked at from both ends only.
func boundsOf(r image.Rectangle, is func(x, y int) bool) (out image.Rectangle) {
	for y := r.Min.Y; y < r.Max.Y; y++ {
		from := r.Min.X
		for from < r.Max.X && !is(from, y) {
			from++
		}
		if from == r.Max.X {
			continue
		}
		to := r.Max.X
		for !is(to-1, y) {
			to--
		}
		out = out.Union(image.Rect(from, y, to, y+1))
	}
	return out
}

// whole is a mask that paints everything.
func whole(r image.Rectangle) *image.Alpha {
	m := image.NewAlpha(r)
	for i := range m.Pix {
		m.Pix[i] = 255
	}
	return m
}
