// Package bmp decodes the BMP files that golang.org/x/image/bmp refuses: run lengths (RLE8,
// RLE4), 16 bits, and bit fields such as 565.
//
// The format is Microsoft's BITMAPINFOHEADER and its successors ([MS-WMF] 2.2.2.3).
//
// 2026-11-27: by hand, beside x/image/bmp, which reads the usual forms: no kept-up Go module
// reads these.
package bmp

import (
	"encoding/binary"
	"errors"
	"fmt"
	"image"
	"image/color"
	"io"
	"math/bits"
)

// maxFile is the longest file that is read: all of it is held. mostRun is how many pixels a
// byte of run lengths stands for at most in a picture of more than plainPixels; 2 bytes are
// a run of up to 255, and a few places may be left out.
const (
	maxFile     = 1 << 30
	mostRun     = 64
	plainPixels = 1 << 22
)

// header is what a file says of its pixels.
type header struct {
	w, h    int
	topDown bool
	bits    int
	form    uint32 // 0 plain, 1 RLE8, 2 RLE4, 3 bit fields, 6 the same with alpha
	masks   [4]uint32
	palette []color.NRGBA
	pixels  []byte
}

// DecodeConfig reads the size.
func DecodeConfig(r io.Reader) (image.Config, error) {
	h, err := read(r)
	if err != nil {
		return image.Config{}, err
	}
	return image.Config{ColorModel: color.NRGBAModel, Width: h.w, Height: h.h}, nil
}

// Decode reads the picture, an *image.NRGBA. Places that run lengths leave out are the
// palette's first colour.
func Decode(r io.Reader) (image.Image, error) {
	h, err := read(r)
	if err != nil {
		return nil, err
	}
	row := (h.w*h.bits + 31) / 32 * 4
	packed := h.form == 1 || h.form == 2
	if !packed && len(h.pixels) < row*h.h || packed && h.w*h.h > plainPixels && len(h.pixels)*mostRun < h.w*h.h {
		return nil, io.ErrUnexpectedEOF
	}
	img := image.NewNRGBA(image.Rect(0, 0, h.w, h.h))
	if packed {
		h.runs(img)
		return img, nil
	}
	for y := range h.h {
		line := h.pixels[y*row:][:row]
		for x := range h.w {
			h.set(img, x, y, h.colour(line, x))
		}
	}
	return img, nil
}

func read(r io.Reader) (*header, error) {
	b, err := io.ReadAll(io.LimitReader(r, maxFile))
	if err != nil {
		return nil, err
	}
	if len(b) < 26 || string(b[:2]) != "BM" {
		return nil, io.ErrUnexpectedEOF
	}
	le := binary.LittleEndian
	at, size := int64(le.Uint32(b[10:])), int64(le.Uint32(b[14:]))
	if size < 40 || int64(len(b)) < 14+size || at > int64(len(b)) {
		return nil, fmt.Errorf("bmp: a header of %d bytes, want 40 or more within the file", size)
	}
	h := &header{w: int(int32(le.Uint32(b[18:]))), h: int(int32(le.Uint32(b[22:]))), bits: int(le.Uint16(b[28:])), form: le.Uint32(b[30:])}
	if h.h < 0 {
		h.h, h.topDown = -h.h, true
	}
	const side = 1 << 16
	if h.w < 1 || h.h < 1 || h.w > side || h.h > side {
		return nil, fmt.Errorf("bmp: %d×%d pixels", h.w, h.h)
	}
	h.pixels = b[at:]
	return h, h.settle(b[14:14+size], b[14+size:], le.Uint32(b[46:]))
}

// settle checks the form and reads bit fields and palette.
func (h *header) settle(head, rest []byte, colours uint32) error {
	le := binary.LittleEndian
	switch {
	case h.form == 0 && h.bits == 16:
		h.masks = [4]uint32{0x7c00, 0x3e0, 0x1f}
	case (h.form == 3 || h.form == 6) && (h.bits == 16 || h.bits == 32):
		fields := rest
		if len(head) >= 52 { // the newer headers hold them
			fields = head[40:]
		}
		n := 3
		if h.form == 6 || len(head) >= 56 {
			n = 4
		}
		if len(fields) < 4*n {
			return io.ErrUnexpectedEOF
		}
		for i := range n {
			h.masks[i] = le.Uint32(fields[4*i:])
		}
		if h.masks[0] == 0 && h.masks[1] == 0 && h.masks[2] == 0 {
			return errors.New("bmp: bit fields without a bit")
		}
	case h.form == 1 && h.bits == 8 || h.form == 2 && h.bits == 4:
		n := int(min(colours, 256))
		if n == 0 {
			n = 1 << h.bits
		}
		for i := range min(n, len(rest)/4) {
			h.palette = append(h.palette, color.NRGBA{rest[4*i+2], rest[4*i+1], rest[4*i], 255})
		}
		if len(h.palette) == 0 {
			return errors.New("bmp: no palette")
		}
	default:
		return fmt.Errorf("bmp: compression %d of %d bits, which isn't read", h.form, h.bits)
	}
	return nil
}

func (h *header) set(img *image.NRGBA, x, y int, c color.NRGBA) {
	if !h.topDown {
		y = h.h - 1 - y
	}
	img.SetNRGBA(x, y, c)
}

// colour is pixel x of a row with bit fields.
func (h *header) colour(line []byte, x int) color.NRGBA {
	var v uint32
	if h.bits == 16 {
		v = uint32(binary.LittleEndian.Uint16(line[2*x:]))
	} else {
		v = binary.LittleEndian.Uint32(line[4*x:])
	}
	c := color.NRGBA{field(v, h.masks[0]), field(v, h.masks[1]), field(v, h.masks[2]), 255}
	if h.masks[3] != 0 {
		c.A = field(v, h.masks[3])
	}
	return c
}

// field is the bits of a mask, brought to 8.
func field(v, mask uint32) uint8 {
	if mask == 0 {
		return 0
	}
	most := uint64(mask >> bits.TrailingZeros32(mask))
	return uint8((uint64((v&mask)>>bits.TrailingZeros32(mask))*255 + most/2) / most)
}

// runs undoes the run lengths; what points outside the picture ends it.
func (h *header) runs(img *image.NRGBA) {
	at := func(i int) color.NRGBA { return h.palette[min(i, len(h.palette)-1)] }
	for y := range h.h {
		for x := range h.w {
			img.SetNRGBA(x, y, at(0))
		}
	}
	x, y, b := 0, 0, h.pixels
	put := func(i int) {
		if x < h.w && y < h.h {
			h.set(img, x, y, at(i))
		}
		x++
	}
	index := func(v byte, k int) int {
		if h.bits == 8 {
			return int(v)
		}
		return int(v>>(4*(1-k&1))) & 15
	}
	for len(b) >= 2 && y < h.h {
		n, v := int(b[0]), b[1]
		b = b[2:]
		switch {
		case n > 0:
			for k := range n {
				put(index(v, k))
			}
		case v == 0:
			x, y = 0, y+1
		case v == 1:
			return
		case v == 2:
			if len(b) < 2 {
				return
			}
			x, y, b = x+int(b[0]), y+int(b[1]), b[2:]
		default:
			size := (int(v)*h.bits + 7) / 8
			if len(b) < size {
				return
			}
			for k := range int(v) {
				put(index(b[k*h.bits/8], k))
			}
			b = b[min(size+size&1, len(b)):]
		}
	}
}
