package upscaler

import (
	"encoding/binary"
	"image"
	"image/draw"

	"pentimento/pipeline/pixels"
)

// Picture is a picture of straight colour and 16 bits a channel. A picture of 8 bits becomes one and
// comes back unchanged.
type Picture struct {
	W, H  int
	Pix   []uint16 // red, green, blue of each pixel, row by row
	Alpha []uint16 // of each pixel; nil: opaque
}

// newPicture is a black one.
func newPicture(w, h int, alpha bool) *Picture {
	p := &Picture{W: w, H: h, Pix: make([]uint16, 3*w*h)}
	if alpha {
		p.Alpha = make([]uint16, w*h)
	}
	return p
}

// Of is an image as a Picture; its upper left corner becomes the origin.
func Of(img image.Image) *Picture {
	r := img.Bounds()
	w, h := r.Dx(), r.Dy()
	switch m := img.(type) {
	case *image.NRGBA:
		return from(w, h, 4, m.Pix, m.Stride, m.PixOffset(r.Min.X, r.Min.Y), func(b []byte, c int) uint16 { return uint16(b[c]) * 257 })
	case *image.NRGBA64:
		return from(w, h, 8, m.Pix, m.Stride, m.PixOffset(r.Min.X, r.Min.Y), func(b []byte, c int) uint16 { return binary.BigEndian.Uint16(b[2*c:]) })
	}
	deep := image.NewNRGBA64(r)
	draw.Draw(deep, r, img, r.Min, draw.Src)
	return Of(deep)
}

func from(w, h, size int, pix []byte, stride, at int, value func(b []byte, c int) uint16) *Picture {
	p, opaque := newPicture(w, h, true), true
	for y := range h {
		row := pix[at+y*stride:][:w*size]
		for x := range w {
			b, i := row[x*size:][:size], y*w+x
			for c := range 3 {
				p.Pix[3*i+c] = value(b, c)
			}
			p.Alpha[i] = value(b, 3)
			opaque = opaque && p.Alpha[i] == 0xffff
		}
	}
	if opaque {
		p.Alpha = nil
	}
	return p
}

// NRGBA is the picture rounded to 8 bits, its upper left corner at a place.
func (p *Picture) NRGBA(at image.Point) *image.NRGBA {
	out := image.NewNRGBA(image.Rect(0, 0, p.W, p.H).Add(at))
	pixels.InParallel(p.H, func(y int) {
		row := out.Pix[y*out.Stride:][:4*p.W]
		for x := range p.W {
			i := y*p.W + x
			for c := range 3 {
				row[4*x+c] = narrow(p.Pix[3*i+c])
			}
			row[4*x+3] = 255
			if p.Alpha != nil {
				row[4*x+3] = narrow(p.Alpha[i])
			}
		}
	})
	return out
}

// NRGBA64 is the picture with all of its bits.
func (p *Picture) NRGBA64() *image.NRGBA64 {
	out := image.NewNRGBA64(image.Rect(0, 0, p.W, p.H))
	for i := range p.W * p.H {
		b := out.Pix[8*i:][:8]
		for c := range 3 {
			binary.BigEndian.PutUint16(b[2*c:], p.Pix[3*i+c])
		}
		a := uint16(0xffff)
		if p.Alpha != nil {
			a = p.Alpha[i]
		}
		binary.BigEndian.PutUint16(b[6:], a)
	}
	return out
}

// Gray16 is how bright the picture is (BT.601), without transparency: of one that was grey, whatever
// colours a network gave it.
func (p *Picture) Gray16() *image.Gray16 {
	out := image.NewGray16(image.Rect(0, 0, p.W, p.H))
	for i := range p.W * p.H {
		c := p.Pix[3*i:][:3]
		y := (19595*uint32(c[0]) + 38470*uint32(c[1]) + 7471*uint32(c[2]) + 1<<15) >> 16
		binary.BigEndian.PutUint16(out.Pix[2*i:], uint16(y))
	}
	return out
}

// narrow is a value of 16 bits in 8.
func narrow(v uint16) uint8 { return uint8((uint32(v) + 128) / 257) }
