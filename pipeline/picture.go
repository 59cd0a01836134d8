package pipeline

import (
	"image"
	"math"

	"golang.org/x/image/draw"

	"pentimento/pipeline/tensor"
)

// toTensor scales img to size and returns it as [1,3,h,w] in [-1, 1]. Alpha is not
// looked at: blank pixels must have been filled before. At its own size every value is
// exactly v/127.5 − 1.
func toTensor(img *image.NRGBA, size image.Point) *tensor.Tensor {
	src := opaque(img)
	if src.Rect.Size() != size {
		dst := image.NewRGBA(image.Rectangle{Max: size})
		draw.CatmullRom.Scale(dst, dst.Rect, src, src.Rect, draw.Src, nil)
		src = dst
	}
	t := tensor.New(1, 3, size.Y, size.X)
	plane := size.X * size.Y
	for y := range size.Y {
		row := src.Pix[y*src.Stride:][:4*size.X]
		for x := range size.X {
			for c := range 3 {
				t.Data[c*plane+y*size.X+x] = float32(row[4*x+c])/127.5 - 1
			}
		}
	}
	return t
}

// opaque copies the colours of img, with alpha 255 everywhere, into a picture whose
// bounds begin at (0, 0).
func opaque(img *image.NRGBA) *image.RGBA {
	w, h := img.Rect.Dx(), img.Rect.Dy()
	out := image.NewRGBA(image.Rect(0, 0, w, h))
	for y := range h {
		s, d := img.Pix[y*img.Stride:][:4*w], out.Pix[y*out.Stride:][:4*w]
		copy(d, s)
		for x := 3; x < len(d); x += 4 {
			d[x] = 255
		}
	}
	return out
}

// toImage turns entry n of [B,3,h,w] in [-1, 1] into an opaque picture that covers r,
// scaled where r has another size.
func toImage(t *tensor.Tensor, n int, r image.Rectangle) *image.NRGBA {
	h, w := t.Shape[2], t.Shape[3]
	plane := w * h
	data := t.Data[n*3*plane:][:3*plane]
	src := image.NewNRGBA(image.Rect(0, 0, w, h))
	for i := range plane {
		for c := range 3 {
			v := (float64(data[c*plane+i]) + 1) * 127.5
			src.Pix[4*i+c] = uint8(math.Round(min(max(v, 0), 255)))
		}
		src.Pix[4*i+3] = 255
	}
	if src.Rect.Size() == r.Size() {
		src.Rect = r
		return src
	}
	dst := image.NewNRGBA(r)
	draw.CatmullRom.Scale(dst, r, src, src.Rect, draw.Src, nil)
	return dst
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
