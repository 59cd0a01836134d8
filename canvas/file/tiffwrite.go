package file

import (
	"bytes"
	"compress/zlib"
	"context"
	"fmt"
	"image"
	"io"
	"slices"

	"pentimento/fault"
)

// Tags of a TIFF's pixels that are written, and the one of ours, among those that anybody may
// use (65000 and up).
const (
	tagWidth     = 0x0100
	tagHeight    = 0x0101
	tagBits      = 0x0102
	tagStripAt   = 0x0111
	tagStripRows = 0x0116
	tagStripSize = 0x0117
	tagPredictor = 0x013d
	tagExtra     = 0x0152
	tagOwn       = 65117
)

// maxTIFF is the most bytes of samples: places in a TIFF are 32 bits.
const maxTIFF = 3 << 30

// writeTIFF writes a TIFF 6.0 of one picture, deflated with differences between neighbours.
// It is an EXIF block with pixels: what that tells stands where every TIFF has it.
func writeTIFF(ctx context.Context, w io.Writer, p printed, m Meaning) error {
	own := m.own(p.texts)
	x := openExif(withDensity(m.exif(p.texts), m.Density))
	s := tiffSamples(p.img)
	size := p.img.Bounds().Size()
	if n := size.X * size.Y * s.count * s.bits / 8; n > maxTIFF {
		return fault.New(fmt.Sprintf("tiff: %d bytes of pixels, want at most %d", n, maxTIFF), "write it as PNG")
	}
	rows := max(1, (1<<18)/(size.X*s.count*s.bits/8))
	var at, sizes []uint32
	for y := 0; y < size.Y; y += rows {
		if err := ctx.Err(); err != nil {
			return err
		}
		var b bytes.Buffer
		z := zlib.NewWriter(&b)
		for i := y; i < min(y+rows, size.Y); i++ {
			z.Write(s.row(i, x.order)) // into memory
		}
		z.Close()
		at, sizes = append(at, x.put(b.Bytes())), append(sizes, uint32(b.Len()))
	}
	photometric := uint32(2)
	if s.count == 1 {
		photometric = 1
	}
	x.numbers(tagWidth, 4, uint32(size.X))
	x.numbers(tagHeight, 4, uint32(size.Y))
	x.numbers(tagBits, 3, slices.Repeat([]uint32{uint32(s.bits)}, s.count)...)
	x.numbers(tagCompression, 3, 8)
	x.numbers(tagPhotometric, 3, photometric)
	x.numbers(tagOrientation, 3, 1)
	x.numbers(tagSamples, 3, uint32(s.count))
	x.numbers(tagStripAt, 4, at...)
	x.numbers(tagStripRows, 4, uint32(rows))
	x.numbers(tagStripSize, 4, sizes...)
	x.numbers(tagPlanar, 3, 1)
	x.numbers(tagPredictor, 3, 2)
	if s.count == 4 {
		x.numbers(tagExtra, 3, 2) // alpha that colours are not multiplied by
	}
	x.bytes(tagProfile, m.profile(s.count == 1))
	x.bytes(tagXMP, []byte(own.xmp))
	x.bytes(tagOwn, own.packed())
	_, err := w.Write(x.close())
	return err
}

// numbers sets an entry of SHORTs (kind 3) or LONGs (kind 4).
func (x *exifBlock) numbers(tag, kind uint16, values ...uint32) {
	var b []byte
	for _, v := range values {
		if kind == 3 {
			b = x.order.AppendUint16(b, uint16(v))
		} else {
			b = x.order.AppendUint32(b, v)
		}
	}
	x.set(tag, kind, uint32(len(values)), b)
}

// bytes sets an entry of bytes; none where there are none.
func (x *exifBlock) bytes(tag uint16, b []byte) {
	if len(b) > 0 {
		x.set(tag, 7, uint32(len(b)), b)
	}
}

func (x *exifBlock) set(tag, kind uint16, count uint32, b []byte) {
	value := slices.Concat(b, make([]byte, 4))[:4]
	if len(b) > 4 {
		value = x.order.AppendUint32(nil, x.put(b))
	}
	x.main = withEntry(x.main, x.order, tag, kind, count, x.order.Uint32(value))
}

// samples are a picture's by rows.
type samples struct {
	count, bits int
	at          func(y, i int) uint16 // sample i of row y
	width       int
}

func tiffSamples(img image.Image) samples {
	b := img.Bounds()
	count := 4
	if opaqueImage(img) {
		count = 3
	}
	switch p := img.(type) {
	case *image.Gray16:
		return samples{1, 16, func(y, i int) uint16 { return p.Gray16At(b.Min.X+i, b.Min.Y+y).Y }, b.Dx()}
	case *image.NRGBA64:
		return samples{count, 16, func(y, i int) uint16 {
			at := y*p.Stride + i/count*8 + i%count*2
			return uint16(p.Pix[at])<<8 | uint16(p.Pix[at+1])
		}, b.Dx()}
	}
	p := narrowed(img)
	return samples{count, 8, func(y, i int) uint16 { return uint16(p.Pix[y*p.Stride+i/count*4+i%count]) }, b.Dx()}
}

// row is a row's samples, each less the one a pixel before (predictor 2).
func (s samples) row(y int, order byteOrder) []byte {
	n := s.width * s.count
	out := make([]byte, 0, n*s.bits/8)
	for i := range n {
		v := s.at(y, i)
		if i >= s.count {
			v -= s.at(y, i-s.count)
		}
		if s.bits == 8 {
			out = append(out, byte(v))
		} else {
			out = order.AppendUint16(out, v)
		}
	}
	return out
}

// ownOfTIFF is what packed wrote into a TIFF, as a part by itself; nil for none.
func ownOfTIFF(b []byte) []byte {
	order, err := tiffOrder(b)
	if err != nil {
		return nil
	}
	tags, _, err := ifd(b, order.Uint32(b[4:]))
	if data := tags[tagOwn].data; err == nil && len(data) > 0 {
		return append([]byte{1, 1}, data...)
	}
	return nil
}
