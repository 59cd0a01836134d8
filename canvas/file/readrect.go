package file

import (
	"image"
	"runtime"
	"sync"

	"pentimento/fault"
)

// Bounds is (0,0)-(Width,Height).
func (p *Picture) Bounds() image.Rectangle { return image.Rect(0, 0, p.Width, p.Height) }

// ReadRect writes the pixels of r as premultiplied RGBA to dst, whose rows are stride
// bytes apart; what is outside the picture becomes transparent. It may be called from
// several goroutines at once.
func (p *Picture) ReadRect(r image.Rectangle, dst []byte, stride int) {
	p.read(r, dst, stride, true)
}

// ReadStraight is ReadRect with straight alpha: exactly the file's 8-bit values, also
// the colour of transparent pixels where the file keeps one.
func (p *Picture) ReadStraight(r image.Rectangle, dst []byte, stride int) {
	p.read(r, dst, stride, false)
}

// NRGBA returns the whole picture with straight alpha, converted on all cores.
func (p *Picture) NRGBA() *image.NRGBA {
	img := image.NewNRGBA(p.Bounds())
	const band = 64
	var wg fault.Group
	bands := make(chan int)
	for range runtime.GOMAXPROCS(0) {
		wg.Go(func() {
			for y := range bands {
				r := image.Rect(0, y, p.Width, min(y+band, p.Height))
				p.ReadStraight(r, img.Pix[img.PixOffset(0, y):], img.Stride)
			}
		})
	}
	for y := 0; y < p.Height; y += band {
		bands <- y
	}
	close(bands)
	wg.Wait()
	return img
}

// Trim gives back the samples that nothing but reading needs, once NRGBA was taken: what it
// means, Exact and Deepen stay, the picture cannot be read again.
func (p *Picture) Trim() {
	if p.deep == nil && !p.Alpha {
		p.src = source{}
	}
}

func (p *Picture) read(r image.Rectangle, dst []byte, stride int, premultiply bool) {
	in := r.Intersect(p.Bounds())
	if in != r {
		for y := range r.Dy() {
			clear(dst[y*stride : y*stride+4*r.Dx()])
		}
	}
	if in.Empty() {
		return
	}
	dst = dst[(in.Min.Y-r.Min.Y)*stride+4*(in.Min.X-r.Min.X):]
	if p.Orientation <= 1 {
		for y := range in.Dy() {
			p.line(in.Min.X, in.Max.X, in.Min.Y+y, dst[y*stride:y*stride+4*in.Dx()], premultiply)
		}
		return
	}
	for y := 0; y < in.Dy(); y += block {
		for x := 0; x < in.Dx(); x += block {
			b := image.Rect(in.Min.X+x, in.Min.Y+y, min(in.Min.X+x+block, in.Max.X), min(in.Min.Y+y+block, in.Max.Y))
			p.turned(b, dst[y*stride+4*x:], stride, premultiply)
		}
	}
}

// block is the side of the squares in which turned pictures are read, so that reads and
// writes stay within the cache.
const block = 64

var squares = sync.Pool{New: func() any { return new([block * block * 4]byte) }}

// turned reads at most block×block pixels of a picture that is shown turned or mirrored.
func (p *Picture) turned(r image.Rectangle, dst []byte, stride int, premultiply bool) {
	x0, y0 := p.stored(r.Min.X, r.Min.Y)
	x1, y1 := p.stored(r.Max.X-1, r.Max.Y-1)
	s := image.Rect(min(x0, x1), min(y0, y1), max(x0, x1)+1, max(y0, y1)+1)
	buf := squares.Get().(*[block * block * 4]byte)
	defer squares.Put(buf)
	w := s.Dx()
	for y := range s.Dy() {
		p.line(s.Min.X, s.Max.X, s.Min.Y+y, buf[4*y*w:4*(y+1)*w], premultiply)
	}
	for y := range r.Dy() {
		row := dst[y*stride : y*stride+4*r.Dx()]
		for x := range r.Dx() {
			sx, sy := p.stored(r.Min.X+x, r.Min.Y+y)
			o := 4 * ((sy-s.Min.Y)*w + sx - s.Min.X)
			copy(row[4*x:4*x+4], buf[o:o+4])
		}
	}
}

// stored tells where the pixel shown at x, y is in the file (EXIF 2.3, 4.6.4 A).
func (p *Picture) stored(x, y int) (int, int) {
	w, h := p.w0-1, p.h0-1
	switch p.Orientation {
	case 2:
		return w - x, y
	case 3:
		return w - x, h - y
	case 4:
		return x, h - y
	case 5:
		return y, x
	case 6:
		return y, h - x
	case 7:
		return w - y, h - x
	case 8:
		return w - y, x
	}
	return x, y
}

// line reads part of a stored row.
func (p *Picture) line(x0, x1, y int, dst []byte, premultiply bool) {
	s := &p.src
	s.row(x0+s.origin.X, x1+s.origin.X, y+s.origin.Y, dst)
	switch {
	case s.opaque || s.premultiplied == premultiply:
	case premultiply:
		for i := 0; i+3 < len(dst); i += 4 {
			if a := uint32(dst[i+3]); a != 255 {
				dst[i] = uint8((uint32(dst[i])*a + 127) / 255)
				dst[i+1] = uint8((uint32(dst[i+1])*a + 127) / 255)
				dst[i+2] = uint8((uint32(dst[i+2])*a + 127) / 255)
			}
		}
	default:
		for i := 0; i+3 < len(dst); i += 4 {
			if a := uint32(dst[i+3]); a != 255 && a != 0 {
				dst[i] = uint8(min(255, (uint32(dst[i])*255+a/2)/a))
				dst[i+1] = uint8(min(255, (uint32(dst[i+1])*255+a/2)/a))
				dst[i+2] = uint8(min(255, (uint32(dst[i+2])*255+a/2)/a))
			}
		}
	}
}
