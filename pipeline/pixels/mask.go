package pixels

import (
	"image"
	"slices"
)

// CloneMask copies a mask.
func CloneMask(m *image.Alpha) *image.Alpha { return CropMask(m, m.Rect) }

// CropMask copies the part of m that is in r; what r has beyond m is 0.
func CropMask(m *image.Alpha, r image.Rectangle) *image.Alpha {
	out := image.NewAlpha(r)
	in := r.Intersect(m.Rect)
	for y := in.Min.Y; y < in.Max.Y; y++ {
		copy(out.Pix[out.PixOffset(in.Min.X, y):][:in.Dx()], m.Pix[m.PixOffset(in.Min.X, y):])
	}
	return out
}

// Raise raises dst to src where they overlap: dst covers both afterwards.
func Raise(dst, src *image.Alpha) {
	r := dst.Rect.Intersect(src.Rect)
	for y := r.Min.Y; y < r.Max.Y; y++ {
		d := dst.Pix[dst.PixOffset(r.Min.X, y):][:r.Dx()]
		for x, v := range src.Pix[src.PixOffset(r.Min.X, y):][:r.Dx()] {
			d[x] = max(d[x], v)
		}
	}
}

// Full is a mask that is 255 everywhere in r.
func Full(r image.Rectangle) *image.Alpha {
	m := image.NewAlpha(r)
	Fill(m, r, 255)
	return m
}

// Fill sets m to a value inside r.
func Fill(m *image.Alpha, r image.Rectangle, value uint8) {
	r = r.Intersect(m.Rect)
	for y := r.Min.Y; y < r.Max.Y; y++ {
		row := m.Pix[m.PixOffset(r.Min.X, y):][:r.Dx()]
		for x := range row {
			row[x] = value
		}
	}
}

// Bounds is the smallest rectangle that holds every pixel of m above 0.
func Bounds(m *image.Alpha) (out image.Rectangle) {
	painted := func(v uint8) bool { return v != 0 }
	for y := m.Rect.Min.Y; y < m.Rect.Max.Y; y++ {
		row := m.Pix[m.PixOffset(m.Rect.Min.X, y):][:m.Rect.Dx()]
		from := slices.IndexFunc(row, painted)
		if from < 0 {
			continue
		}
		to := len(row)
		for row[to-1] == 0 {
			to--
		}
		out = out.Union(image.Rect(m.Rect.Min.X+from, y, m.Rect.Min.X+to, y+1))
	}
	return out
}

// BoundsWhere is the smallest rectangle in r that holds every pixel with is; each row is
// looked at from both ends only.
func BoundsWhere(r image.Rectangle, is func(x, y int) bool) (out image.Rectangle) {
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
