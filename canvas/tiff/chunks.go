package tiff

import (
	"bytes"
	"compress/zlib"
	"encoding/binary"
	"fmt"
	"image"
	"image/jpeg"
	"io"
	"math/bits"

	"github.com/klauspost/compress/zstd"
	"golang.org/x/image/tiff/lzw"

	"pentimento/canvas/chroma"
)

// chunk unpacks strip or tile i: rows of samples, each row of whole bytes. w and h are its
// pixels; the last strip may be shorter than the others.
func (p *page) chunk(i, w, h int) ([]byte, error) {
	at, size := p.offsets[i], p.sizes[i]
	if at > uint64(len(p.b)) || uint64(len(p.b))-at < size {
		return nil, io.ErrUnexpectedEOF
	}
	data := p.b[at : at+size]
	channels := p.samples
	if p.planar {
		channels = 1
	}
	row := p.rowBytes(w)
	if p.compression == 7 {
		return p.jpeg(data, w, h, channels)
	}
	if p.first(tagFillOrder, 1) == 2 {
		data = turned(data)
	}
	if p.faxed() {
		return unfax(data, w, h, p.compression, p.first(tagFax3, 0))
	}
	out := make([]byte, row*h)
	r, err := p.unpacker(data, w, h)
	if err != nil {
		return nil, err
	}
	if _, err := io.ReadFull(r, out); err != nil {
		return nil, err
	}
	return out, p.unpredict(out, row, w, h, channels)
}

// faxed says whether chunks are a fax.
func (p *page) faxed() bool { return p.compression >= 2 && p.compression <= 4 }

// rowBytes are those of a row of w pixels of a chunk.
func (p *page) rowBytes(w int) int {
	if p.planar {
		return (w*p.bits + 7) / 8
	}
	return (w*p.samples*p.bits + 7) / 8
}

// unpacker is the reader of a chunk's compression.
func (p *page) unpacker(data []byte, w, h int) (io.Reader, error) {
	switch p.compression {
	case 1:
		return bytes.NewReader(data), nil
	case 5:
		return lzw.NewReader(bytes.NewReader(data), lzw.MSB, 8), nil
	case 8, 32946:
		return zlib.NewReader(bytes.NewReader(data))
	case 50000:
		return zstd.NewReader(bytes.NewReader(data), zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxMemory(maxZstd))
	case 32773:
		return bytes.NewReader(unpackBits(data, p.rowBytes(w)*h)), nil
	}
	return nil, unread("compression %d", p.compression)
}

// maxZstd bounds what unpacking one chunk may hold, in bytes.
const maxZstd = 128 << 20

// unpackBits undoes Apple's run lengths, up to somewhat more than the bytes that are wanted.
func unpackBits(data []byte, want int) []byte {
	out := make([]byte, 0, want+128)
	for len(data) > 1 && len(out) < want {
		n := int(int8(data[0]))
		data = data[1:]
		switch {
		case n >= 0:
			n = min(n+1, len(data))
			out = append(out, data[:n]...)
			data = data[n:]
		case n != -128:
			out = append(out, bytes.Repeat(data[:1], 1-n)...)
			data = data[1:]
		}
	}
	return out
}

// turned is data with the bits of every byte in the other order.
func turned(data []byte) []byte {
	out := make([]byte, len(data))
	for i, b := range data {
		out[i] = bits.Reverse8(b)
	}
	return out
}

// unpredict undoes the differences that a writer took before packing, in place.
func (p *page) unpredict(out []byte, row, w, h, channels int) error {
	switch {
	case p.predictor == 1:
		return nil
	case p.predictor == 2 && p.bits == 8:
		for y := range h {
			line := out[y*row:][:row]
			for i := channels; i < len(line); i++ {
				line[i] += line[i-channels]
			}
		}
	case p.predictor == 2 && p.bits == 16:
		for y := range h {
			line := out[y*row:][:row]
			for i := 2 * channels; i+1 < len(line); i += 2 {
				p.order.PutUint16(line[i:], p.order.Uint16(line[i:])+p.order.Uint16(line[i-2*channels:]))
			}
		}
	case p.predictor == 2 && p.bits == 32:
		for y := range h {
			line := out[y*row:][:row]
			for i := 4 * channels; i+3 < len(line); i += 4 {
				p.order.PutUint32(line[i:], p.order.Uint32(line[i:])+p.order.Uint32(line[i-4*channels:]))
			}
		}
	case p.predictor == 3 && p.format == 3: // Adobe Technical Note 3: bytes of a row by their weight
		size, n := p.bits/8, w*channels
		line := make([]byte, row)
		for y := range h {
			src := out[y*row:][:row]
			for i := channels; i < len(src); i++ {
				src[i] += src[i-channels]
			}
			for i := range n {
				for k := range size {
					at := k
					if p.order == binary.ByteOrder(binary.LittleEndian) {
						at = size - 1 - k
					}
					line[i*size+at] = src[k*n+i]
				}
			}
			copy(src, line)
		}
	default:
		return unread("predictor %d of %d bits", p.predictor, p.bits)
	}
	return nil
}

// adobe is the marker of a JPEG whose four channels are inks as they stand.
const adobe = "\xff\xee\x00\x0eAdobe\x00\x64\x00\x00\x00\x00\x00"

// jpeg decodes a chunk that is a JPEG stream; tables that all chunks share stand apart.
func (p *page) jpeg(data []byte, w, h, channels int) ([]byte, error) {
	if p.bits != 8 {
		return nil, unread("JPEG of %d bits", p.bits)
	}
	if t := p.tags[tagJPEGTables].data; len(t) > 4 && len(data) > 2 {
		data = append(append([]byte{}, t[:len(t)-2]...), data[2:]...)
	}
	if channels == 4 && len(data) > 2 { // Go reads inks with Adobe's marker only
		data = append(append(append([]byte{}, data[:2]...), adobe...), data[2:]...)
	}
	c, err := jpeg.DecodeConfig(bytes.NewReader(data))
	if err != nil {
		return nil, fmt.Errorf("tiff: JPEG within: %w", err)
	}
	if c.Width < w || c.Height < h || c.Width > p.chunkW+7 || c.Height > p.chunkH+7 { // some pad to whole blocks
		return nil, fmt.Errorf("tiff: JPEG within: %d×%d pixels, want %d×%d", c.Width, c.Height, w, h)
	}
	img, err := jpeg.Decode(bytes.NewReader(data))
	if err != nil {
		return nil, fmt.Errorf("tiff: JPEG within: %w", err)
	}
	out := p.samplesOf(img, w, h, channels)
	if len(out) != w*h*channels {
		return nil, unread("JPEG of %d channels in a page of %d", len(out)/max(w*h, 1), channels)
	}
	return out, nil
}

// samplesOf takes a decoded JPEG apart into interleaved samples, as many as it has.
func (p *page) samplesOf(img image.Image, w, h, channels int) []byte {
	out := make([]byte, 0, w*h*channels)
	line := make([]byte, 4*w)
	for y := range h {
		if m, ok := img.(*image.YCbCr); ok && p.photometric == ycbcr {
			chroma.JPEG(m, 0, w, y, line)
			for x := range w {
				out = append(out, line[4*x:4*x+3]...)
			}
			continue
		}
		for x := range w {
			switch m := img.(type) {
			case *image.Gray:
				out = append(out, m.GrayAt(x, y).Y)
			case *image.YCbCr: // three channels that are no YCbCr
				c := m.YCbCrAt(x, y)
				out = append(out, c.Y, c.Cb, c.Cr)
			case *image.RGBA:
				c := m.RGBAAt(x, y)
				out = append(out, c.R, c.G, c.B)
			case *image.CMYK:
				c := m.CMYKAt(x, y) // turned over, as Adobe's marker says
				out = append(out, 255-c.C, 255-c.M, 255-c.Y, 255-c.K)
			}
		}
	}
	return out
}
