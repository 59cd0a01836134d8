package file

import (
	"bytes"
	"context"
	"encoding/binary"
	"hash/adler32"
	"hash/crc32"
	"io"

	"github.com/klauspost/compress/flate"
)

// raster is a picture that is written row by row: read puts the rows y0 to y1 (not
// included) into dst, channels bytes a pixel without gaps: 1 grey, 3 RGB, 4 RGBA with
// straight alpha; of 16 bits, the higher byte first, 2 grey, 6 RGB, 8 RGBA. It is called from
// several goroutines at once.
type raster struct {
	w, h, channels int
	read           func(dst []byte, y0, y1 int)
}

const (
	pngMagic = "\x89PNG\r\n\x1a\n"
	bandSize = 1 << 20 // bytes of rows that one core deflates at a time
)

// encodeRaster makes a PNG of a raster on all cores and returns it in pieces. Its rows are
// filtered by "up", which costs little in both directions and turns what is blank or
// repeats into zeros. texts are whole chunks that go before the pixels.
func encodeRaster(ctx context.Context, p raster, texts []byte) ([][]byte, error) {
	out := [][]byte{pngHead(p), texts}
	sum := uint32(1)
	err := inBands(ctx, p, bandSize, func(rows int) func(y0, y1 int) band { return upPacker(p, rows) }, func(b band) error {
		out = append(out, b.idat)
		sum = joinSums(sum, b.sum, b.size)
		return nil
	})
	if err != nil {
		return nil, err
	}
	return append(out, pngTail(sum)), nil
}

// writeRaster writes a PNG of a raster on all cores, smaller than encodeRaster's: each row has the filter
// that suits it.
func writeRaster(ctx context.Context, w io.Writer, p raster, texts []byte, fast bool) error {
	if _, err := w.Write(append(pngHead(p), texts...)); err != nil {
		return err
	}
	sum := uint32(1)
	err := inBands(ctx, p, smallBand, smallPacker(p, fast), func(b band) error {
		sum = joinSums(sum, b.sum, b.size)
		_, err := w.Write(b.idat)
		return err
	})
	if err == nil {
		_, err = w.Write(pngTail(sum))
	}
	return err
}

// upPacker makes bands of encodeRaster.
func upPacker(p raster, rows int) func(y0, y1 int) band {
	stride := p.w * p.channels
	z, _ := flate.NewWriter(nil, flate.BestSpeed)
	pix, filtered := make([]byte, (rows+1)*stride), make([]byte, rows*(stride+1))
	return func(y0, y1 int) band {
		above, raw := p.withAbove(pix, y0, y1), filtered[:(y1-y0)*(stride+1)]
		for y := range y1 - y0 {
			row := pix[(y+1)*stride:][:stride]
			out := raw[y*(stride+1):][:stride+1]
			out[0] = filterUp
			subtract(out[1:], row, above)
			above = row
		}
		return band{packBand(z, raw, y0 == 0, y1 == p.h), adler32.Checksum(raw), len(raw)}
	}
}

// withAbove reads the rows y0 to y1 into pix, after the one above them, which is returned: zeros above the
// first.
func (p raster) withAbove(pix []byte, y0, y1 int) []byte {
	stride := p.w * p.channels
	above := pix[:stride]
	if y0 > 0 {
		p.read(pix[:(y1-y0+1)*stride], y0-1, y1)
	} else {
		clear(above)
		p.read(pix[stride:(y1-y0+1)*stride], y0, y1)
	}
	return above
}

// pngTail is what stands after a picture's bands: the sum of them all, and the end.
func pngTail(sum uint32) []byte {
	return appendChunk(appendChunk(nil, "IDAT", binary.BigEndian.AppendUint32(nil, sum)), "IEND", nil)
}

// packBand deflates a band as one IDAT chunk. All but the last end on a byte boundary, so
// that bands deflated apart make one stream.
func packBand(z *flate.Writer, raw []byte, first, last bool) []byte {
	b := bytes.NewBuffer(make([]byte, 8, len(raw)/3+64))
	if first {
		b.Write([]byte{0x78, 0x01}) // zlib: deflate, 32 kB window, fastest
	}
	z.Reset(b)
	_, _ = z.Write(raw) // a Buffer takes all
	if last {
		_ = z.Close()
	} else {
		_ = z.Flush()
	}
	out := b.Bytes()
	binary.BigEndian.PutUint32(out, uint32(len(out)-8))
	copy(out[4:], "IDAT")
	return binary.BigEndian.AppendUint32(out, crc32.ChecksumIEEE(out[4:]))
}

func pngHead(p raster) []byte {
	kind := map[int][2]byte{1: {8, 0}, 3: {8, 2}, 4: {8, 6}, 2: {16, 0}, 6: {16, 2}, 8: {16, 6}}[p.channels]
	b := binary.BigEndian.AppendUint32(nil, uint32(p.w))
	b = binary.BigEndian.AppendUint32(b, uint32(p.h))
	return appendChunk([]byte(pngMagic), "IHDR", append(b, kind[0], kind[1], 0, 0, 0))
}

func appendChunk(dst []byte, kind string, data []byte) []byte {
	dst = binary.BigEndian.AppendUint32(dst, uint32(len(data)))
	start := len(dst)
	dst = append(append(dst, kind...), data...)
	return binary.BigEndian.AppendUint32(dst, crc32.ChecksumIEEE(dst[start:]))
}

// joinSums is the Adler-32 sum of two texts written one after the other, the second of
// size bytes (RFC 1950: a is 1 plus the sum of the bytes, b the sum of all a).
func joinSums(first, second uint32, size int) uint32 {
	const m = 65521
	a1, b1 := uint64(first&0xffff), uint64(first>>16)
	a2, b2 := uint64(second&0xffff), uint64(second>>16)
	a := (a1 + a2 + m - 1) % m
	b := (b1 + b2 + uint64(size)%m*(a1+m-1)) % m
	return uint32(b<<16 | a)
}

// subtract puts a-b of every byte into dst, eight at a time; add is its inverse.
func subtract(dst, a, b []byte) {
	const high = 0x8080808080808080
	i := 0
	for ; i+8 <= len(dst); i += 8 {
		x, y := binary.LittleEndian.Uint64(a[i:]), binary.LittleEndian.Uint64(b[i:])
		binary.LittleEndian.PutUint64(dst[i:], (x|high)-(y&^high)^(x^^y)&high)
	}
	for ; i < len(dst); i++ {
		dst[i] = a[i] - b[i]
	}
}

func add(dst, a, b []byte) {
	const high = 0x8080808080808080
	i := 0
	for ; i+8 <= len(dst); i += 8 {
		x, y := binary.LittleEndian.Uint64(a[i:]), binary.LittleEndian.Uint64(b[i:])
		binary.LittleEndian.PutUint64(dst[i:], (x&^high)+(y&^high)^(x^y)&high)
	}
	for ; i < len(dst); i++ {
		dst[i] = a[i] + b[i]
	}
}
