package pipeline

import (
	"image"

	"pentimento/pipeline/pixels"
	"pentimento/pipeline/tensor"
)

// toTensor scales img to size and returns it as [1,3,h,w] in [-1, 1]. Alpha is not
// looked at: blank pixels must have been filled before. At its own size every value is
// exactly v/127.5 − 1.
func toTensor(img *image.NRGBA, size image.Point) *tensor.Tensor {
	w, h := img.Rect.Dx(), img.Rect.Dy()
	t := tensor.New(1, 3, h, w)
	pixels.InParallel(h, func(y int) {
		row := img.Pix[y*img.Stride:][:4*w]
		for c := range 3 {
			dst := t.Data[(c*h+y)*w:][:w]
			for x := range dst {
				dst[x] = float32(row[4*x+c])/127.5 - 1
			}
		}
	})
	return resized(t, size)
}

// toImage turns entry n of [B,3,h,w] in [-1, 1] into an opaque picture that covers r,
// scaled where r has another size.
func toImage(t *tensor.Tensor, n int, r image.Rectangle) *image.NRGBA {
	t = resized(t.Batch(n, n+1), r.Size())
	img, plane := image.NewNRGBA(r), r.Dx()*r.Dy()
	pixels.InParallel(r.Dy(), func(y int) {
		row := img.Pix[y*img.Stride:][:4*r.Dx()]
		for x := range r.Dx() {
			for c := range 3 {
				v := (t.Data[c*plane+y*r.Dx()+x] + 1) * 127.5
				row[4*x+c] = uint8(min(max(v, 0), 255) + 0.5)
			}
			row[4*x+3] = 255
		}
	})
	return img
}

// scaleMask brings a mask to size, keeping every painted pixel: a pixel of the result is
// the largest of those it covers. Bounds begin at (0, 0).
func scaleMask(m *image.Alpha, size image.Point) *image.Alpha {
	out := image.NewAlpha(image.Rectangle{Max: size})
	w, h := m.Rect.Dx(), m.Rect.Dy()
	for y := range size.Y {
		y0, y1 := y*h/size.Y, max((y+1)*h/size.Y, y*h/size.Y+1)
		for x := range size.X {
			x0, x1 := x*w/size.X, max((x+1)*w/size.X, x*w/size.X+1)
			v := uint8(0)
			for yy := y0; yy < y1; yy++ {
				for _, p := range m.Pix[yy*m.Stride+x0 : yy*m.Stride+x1] {
					v = max(v, p)
				}
			}
			out.Pix[y*out.Stride+x] = v
		}
	}
	return out
}
