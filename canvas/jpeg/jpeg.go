// Package jpeg writes baseline JPEG with full colour resolution.
//
// Start at Encode. dct.go is the transform, huffman.go the tables and the bits.
//
// The format is ITU-T T.81 (baseline, Huffman tables of annex K) with JFIF's colours.
//
// 2026-11-27: by hand, because the standard library writes 4:2:0 only, which dulls coloured
// edges (max 50 of 255 off at quality 95 on red text), and no module that writes 4:4:4
// without C is kept up. Reading stays with the standard library and canvas/chroma.
package jpeg

import (
	"bufio"
	"context"
	"encoding/binary"
	"fmt"
	"image"
	"io"
)

// Options say how a picture is written.
type Options struct {
	Quality int  // 1 to 100, as the IJG's library counts
	Halved  bool // the chroma of 2×2 pixels is one sample (4:2:0)
	Grey    bool // red is written alone
	// Segments are whole marker segments (APPn, COM) for after JFIF's own, Density is JFIF's
	// unit and pixels for each, across and down; zero: square pixels.
	Segments []byte
	Density  [3]uint16
}

// MaxSide is the longest side of a JPEG, in pixels.
const MaxSide = 65535

// Encode writes a picture. Alpha is not looked at: what is transparent must lie on a colour
// before. It ends early with ctx.Err().
func Encode(ctx context.Context, w io.Writer, img *image.NRGBA, o Options) error {
	size := img.Rect.Size()
	if size.X < 1 || size.Y < 1 || max(size.X, size.Y) > MaxSide {
		return fmt.Errorf("jpeg: a picture of %d×%d pixels, want 1 to %d a side", size.X, size.Y, MaxSide)
	}
	if o.Quality < 1 || o.Quality > 100 {
		return fmt.Errorf("jpeg: quality %d, want 1 to 100", o.Quality)
	}
	e := &encoder{out: bufio.NewWriterSize(w, 1<<16), img: img, o: o}
	for i := range e.quant {
		e.quant[i] = scaled(quantTables[i], o.Quality)
		e.divisors[i] = divisorsOf(e.quant[i])
	}
	e.head(size)
	if err := e.scan(ctx, size); err != nil {
		return err
	}
	e.bits.flush(e.out)
	e.out.Write([]byte{0xff, 0xd9})
	return e.out.Flush() // it remembers what failed before
}

type encoder struct {
	out      *bufio.Writer
	bits     bitWriter
	img      *image.NRGBA
	o        Options
	quant    [2][64]uint8 // luma, chroma, in natural order
	divisors [2][64]float32
	last     [3]int // DC of each component
}

// segment writes a marker segment.
func (e *encoder) segment(marker byte, parts ...[]byte) {
	n := 2
	for _, p := range parts {
		n += len(p)
	}
	e.out.Write([]byte{0xff, marker, byte(n >> 8), byte(n)})
	for _, p := range parts {
		e.out.Write(p)
	}
}

func (e *encoder) head(size image.Point) {
	e.out.Write([]byte{0xff, 0xd8})
	d := e.o.Density
	if d[1] == 0 || d[2] == 0 {
		d = [3]uint16{0, 1, 1}
	}
	jfif := append([]byte("JFIF\x00\x01\x01"), byte(d[0]))
	jfif = binary.BigEndian.AppendUint16(binary.BigEndian.AppendUint16(jfif, d[1]), d[2])
	e.segment(0xe0, jfif, []byte{0, 0})
	e.out.Write(e.o.Segments)
	tables, components, factor := 2, 3, byte(0x11)
	if e.o.Grey {
		tables, components = 1, 1
	} else if e.o.Halved {
		factor = 0x22
	}
	for t := range tables {
		q := []byte{byte(t)}
		for _, at := range zigzag {
			q = append(q, e.quant[t][at])
		}
		e.segment(0xdb, q)
	}
	frame := []byte{8, byte(size.Y >> 8), byte(size.Y), byte(size.X >> 8), byte(size.X), byte(components)}
	scan := []byte{byte(components)}
	for c := range components {
		if c > 0 {
			factor = 0x11
		}
		table := byte(min(c, 1))
		frame, scan = append(frame, byte(c+1), factor, table), append(scan, byte(c+1), table<<4|table)
	}
	e.segment(0xc0, frame)
	for i, h := range huffmanSpecs[:2*tables] {
		e.segment(0xc4, []byte{byte(i%2)<<4 | byte(i/2)}, h.counts[:], h.values)
	}
	e.segment(0xda, scan, []byte{0, 63, 0})
}

// scan writes the blocks. The picture's edge pixels go on beyond it.
func (e *encoder) scan(ctx context.Context, size image.Point) error {
	var b blocks
	side := 8
	if e.o.Halved && !e.o.Grey {
		side = 16
	}
	for y := 0; y < size.Y; y += side {
		if err := ctx.Err(); err != nil {
			return err
		}
		for x := 0; x < size.X; x += side {
			switch {
			case side == 16:
				for i := range 4 {
					b.read(e.img, size, x+i%2*8, y+i/2*8)
					b.halve(i)
					e.block(&b.y, 0)
				}
				e.block(&b.halfCb, 1)
				e.block(&b.halfCr, 2)
			case e.o.Grey:
				b.readGrey(e.img, size, x, y)
				e.block(&b.y, 0)
			default:
				b.read(e.img, size, x, y)
				e.block(&b.y, 0)
				e.block(&b.cb, 1)
				e.block(&b.cr, 2)
			}
		}
	}
	return nil
}

// block transforms, rounds and writes 8×8 samples around 0.
func (e *encoder) block(s *[64]float32, component int) {
	table := min(component, 1)
	transform(s)
	var q [64]int
	for i, v := range s {
		v *= e.divisors[table][i]
		if v < 0 {
			q[i] = int(v - 0.5)
		} else {
			q[i] = int(v + 0.5)
		}
	}
	dc, ac := &huffmanCodes[2*table], &huffmanCodes[2*table+1]
	e.bits.number(e.out, dc, 0, q[0]-e.last[component])
	e.last[component] = q[0]
	zeros := 0
	for _, at := range zigzag[1:] {
		if q[at] == 0 {
			zeros++
			continue
		}
		for ; zeros > 15; zeros -= 16 {
			e.bits.code(e.out, ac, 0xf0)
		}
		e.bits.number(e.out, ac, zeros, q[at])
		zeros = 0
	}
	if zeros > 0 {
		e.bits.code(e.out, ac, 0)
	}
}

// blocks are 8×8 pixels by component, around 0.
type blocks struct{ y, cb, cr, halfCb, halfCr [64]float32 }

// read takes 8×8 pixels as YCbCr by JFIF's formula, which is BT.601 over the full range.
func (b *blocks) read(img *image.NRGBA, size image.Point, x0, y0 int) {
	inside := x0+8 <= size.X
	for y := range 8 {
		row := img.Pix[min(y0+y, size.Y-1)*img.Stride:][:4*size.X]
		for x := range 8 {
			at := x0 + x
			if !inside {
				at = min(at, size.X-1)
			}
			p, i := row[4*at:4*at+3], (8*y+x)&63
			r, g, bl := float32(p[0]), float32(p[1]), float32(p[2])
			b.y[i] = 0.299*r + 0.587*g + 0.114*bl - 128
			b.cb[i] = -0.168735892*r - 0.331264108*g + 0.5*bl
			b.cr[i] = 0.5*r - 0.418687589*g - 0.081312411*bl
		}
	}
}

func (b *blocks) readGrey(img *image.NRGBA, size image.Point, x0, y0 int) {
	for i := range 64 {
		x, y := min(x0+i%8, size.X-1), min(y0+i/8, size.Y-1)
		b.y[i] = float32(img.Pix[y*img.Stride+4*x]) - 128
	}
}

// halve puts the chroma just read, a quarter of 16×16 pixels, into its quarter of the halves.
func (b *blocks) halve(quarter int) {
	for i := range 16 {
		x, y := i%4, i/4
		from, to := 16*y+2*x, 8*(4*(quarter/2)+y)+4*(quarter%2)+x
		b.halfCb[to] = (b.cb[from] + b.cb[from+1] + b.cb[from+8] + b.cb[from+9]) / 4
		b.halfCr[to] = (b.cr[from] + b.cr[from+1] + b.cr[from+8] + b.cr[from+9]) / 4
	}
}
