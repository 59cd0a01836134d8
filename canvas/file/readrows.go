package file

import (
	"bufio"
	"encoding/binary"
	"fmt"
	"io"

	"pentimento/fault"

	"github.com/klauspost/compress/zlib"
)

// rowReader decodes a PNG row by row, so that a layer goes straight into tiles: grey,
// RGB and RGBA of 8 bits without interlacing, which is what painting programs write into
// OpenRaster, and of 16, which is what we write. The others are the standard decoder's.
type rowReader struct {
	w, h, channels int
	r              *bufio.Reader
	left           uint32 // bytes of the present IDAT chunk
	ended          bool   // the chunks of pixels are over
}

// pngFacts is what a PNG's header says.
type pngFacts struct {
	w, h, channels, depth int
	rows                  bool // rowReader reads it
	deepRows              bool // and it has 16 bits a channel
}

// pixel is the bytes of one, of 8 or 16 bits a channel.
func (f pngFacts) pixel() int { return f.channels * f.depth / 8 }

// bytesNeeded is how many bytes its rows are once inflated.
func (f pngFacts) bytesNeeded() int64 {
	return int64(f.h) * (int64(f.w)*int64(f.channels)*int64(f.depth)/8 + 2)
}

// readHead reads signature and IHDR and leaves r after them.
func readHead(r io.Reader) (pngFacts, error) {
	var b [pngHeader]byte
	if _, err := io.ReadFull(r, b[:]); err != nil {
		return pngFacts{}, fault.Told("ends within its header", damaged, err)
	}
	if string(b[:8]) != pngMagic || string(b[12:16]) != "IHDR" {
		return pngFacts{}, fault.New("is not a PNG picture", damaged)
	}
	f := pngFacts{w: int(binary.BigEndian.Uint32(b[16:])), h: int(binary.BigEndian.Uint32(b[20:])), depth: int(b[24])}
	colour, interlaced := b[25], b[28] != 0
	f.channels = map[byte]int{0: 1, 2: 3, 3: 1, 4: 2, 6: 4}[colour]
	if f.w < 1 || f.h < 1 || f.channels == 0 || f.depth < 1 || f.depth > 16 {
		return f, fault.New(fmt.Sprintf("says it is %d×%d pixels of type %d", f.w, f.h, colour), damaged)
	}
	if f.w > maxMergedSide || f.h > maxMergedSide {
		return f, fault.New(fmt.Sprintf("is %d×%d pixels, want at most %d a side", f.w, f.h, maxMergedSide), "")
	}
	plain := !interlaced && (colour == 0 || colour == 2 || colour == 6)
	f.rows, f.deepRows = plain && f.depth == 8, plain && f.depth == 16
	return f, nil
}

// decodeRows hands every row of a PNG to take, whose argument is reused. r stands after
// the header that facts are of. A PNG that names one colour as transparent (tRNS) is not
// for it: errTransparentColour.
func decodeRows(r *bufio.Reader, facts pngFacts, take func(y int, row []byte)) error {
	src := &rowReader{w: facts.w, h: facts.h, channels: facts.channels, r: r}
	if err := src.findPixels(); err != nil {
		return err
	}
	z, err := zlib.NewReader(bufio.NewReaderSize(src, 1<<16)) // it may read ahead: src ends by itself
	if err != nil {
		return fault.Told("its pixels cannot be unpacked", damaged, err)
	}
	defer z.Close()
	stride := facts.w * facts.pixel()
	row, above := make([]byte, stride+1), make([]byte, stride+1)
	for y := range facts.h {
		if _, err := io.ReadFull(z, row); err != nil {
			return fault.Told(fmt.Sprintf("%d of its %d rows can be read", y, facts.h), damaged, err)
		}
		if !unfilter(row[0], row[1:], above[1:], facts.pixel()) {
			return fault.New(fmt.Sprintf("%d of its %d rows can be read", y, facts.h), damaged)
		}
		take(y, row[1:])
		row, above = above, row
	}
	// the stream's checksum comes after its last byte
	if n, err := z.Read(row[:1]); n != 0 || err != io.EOF {
		return fault.Told("its pixels do not add up", damaged, err)
	}
	return src.drain()
}

var errTransparentColour = fault.New("has a transparent colour", "")

// findPixels goes to the first IDAT chunk.
func (s *rowReader) findPixels() error {
	for range maxHeaderChunks {
		n, kind, err := s.chunk()
		switch {
		case err != nil:
			return fault.Told("ends before its pixels", damaged, err)
		case kind == "IDAT":
			s.left = n
			return nil
		case kind == "tRNS":
			return errTransparentColour
		case kind == "IEND":
			return fault.New("holds no pixels", damaged)
		}
		if _, err := s.r.Discard(int(n) + 4); err != nil {
			return fault.Told("ends before its pixels", damaged, err)
		}
	}
	return fault.New("has too many parts before its pixels", damaged)
}

func (s *rowReader) chunk() (n uint32, kind string, err error) {
	var b [8]byte
	if _, err := io.ReadFull(s.r, b[:]); err != nil {
		return 0, "", err
	}
	return binary.BigEndian.Uint32(b[:]), string(b[4:]), nil
}

// Read is the joined content of the IDAT chunks. Their checksums are not looked at: that
// of the archive's member covers the same bytes.
func (s *rowReader) Read(b []byte) (int, error) {
	for s.left == 0 {
		if s.ended {
			return 0, io.EOF
		}
		if _, err := s.r.Discard(4); err != nil {
			return 0, io.ErrUnexpectedEOF
		}
		n, kind, err := s.chunk()
		if err != nil {
			return 0, io.ErrUnexpectedEOF
		}
		if kind != "IDAT" {
			s.ended = true
			return 0, io.EOF
		}
		s.left = n
	}
	n, err := s.r.Read(b[:min(uint32(len(b)), s.left)])
	s.left -= uint32(n)
	return n, err
}

// drain reads to the end, where an archive tells whether what came was what it holds.
func (s *rowReader) drain() error {
	if _, err := io.Copy(io.Discard, s.r); err != nil {
		return fault.Told("its checksum does not fit: some pixels may be wrong", damaged, err)
	}
	return nil
}

// unfilter undoes a row's filter in place (PNG 1.2, section 6); n is the bytes of a pixel.
func unfilter(kind byte, row, above []byte, n int) bool {
	switch kind {
	case 0:
	case 1:
		for i := n; i < len(row); i++ {
			row[i] += row[i-n]
		}
	case 2:
		add(row, row, above)
	case 3:
		for i := range row {
			left := 0
			if i >= n {
				left = int(row[i-n])
			}
			row[i] += byte((left + int(above[i])) / 2)
		}
	case 4:
		for i := range row {
			var left, corner int
			if i >= n {
				left, corner = int(row[i-n]), int(above[i-n])
			}
			row[i] += paeth(left, int(above[i]), corner)
		}
	default:
		return false
	}
	return true
}

func paeth(a, b, c int) byte {
	pa, pb, pc := abs(b-c), abs(a-c), abs(a+b-2*c)
	switch {
	case pa <= pb && pa <= pc:
		return byte(a)
	case pb <= pc:
		return byte(b)
	}
	return byte(c)
}

func abs(x int) int {
	if x < 0 {
		return -x
	}
	return x
}
