package tiff

import (
	"errors"
	"io"
)

// Fax: CCITT groups 3 and 4 (ITU-T T.4 and T.6) and the modified Huffman code of TIFF
// (compression 2), which is group 3 in one dimension, without the ends of lines and each row
// in whole bytes.
//
// 2026-11-27: by hand, as golang.org/x/image/ccitt reads group 3 in one dimension only.

var errFax = errors.New("tiff: the fax is damaged")

// fax is one strip or tile being read.
type fax struct {
	b      []byte
	at     int // in bits
	w      int
	before []int // where the row above changes colour, white first; w twice at the end
	now    []int
	codes  *codes
}

// unfax unpacks h rows of w pixels: a bit each, 0 is white. Rows that the sender left out at
// the end are white.
func unfax(b []byte, w, h, compression, options int) ([]byte, error) {
	const plane = 1 // of T4Options
	f := &fax{b: b, w: w, before: []int{w, w}, codes: codeTables()}
	row := (w + 7) / 8
	out := make([]byte, row*h)
	for y := range h {
		var err error
		switch {
		case compression == 2:
			f.at = (f.at + 7) &^ 7
			err = f.oneDimension()
		case compression == 3:
			if f.ends(); f.over() {
				return out, nil
			}
			if options&plane != 0 && f.bits(1) == 0 {
				err = f.twoDimensions()
			} else {
				err = f.oneDimension()
			}
		default:
			if f.peek()>>1 == 1 { // the end of the block begins with an end of line
				return out, nil
			}
			err = f.twoDimensions()
		}
		if err == nil && f.at > 8*len(b) {
			err = io.ErrUnexpectedEOF
		}
		if err != nil {
			return nil, err
		}
		f.paint(out[y*row:][:row])
		f.before, f.now = append(f.now, w, w), f.before[:0]
	}
	return out, nil
}

// peek is the next 13 bits; beyond the end they are 0.
func (f *fax) peek() int {
	v := 0
	for i := f.at >> 3; i < f.at>>3+3; i++ {
		v <<= 8
		if i < len(f.b) {
			v |= int(f.b[i])
		}
	}
	return v >> (24 - longest - f.at&7) & (1<<longest - 1)
}

func (f *fax) bits(n int) int {
	v := f.peek() >> (longest - n)
	f.at += n
	return v
}

// ends passes over the ends of line that stand here, with the zeros that fill up before them.
func (f *fax) ends() {
	const most = 1 << 16 // zeros
	for at := f.at; ; {
		zeros := 0
		for at+zeros < 8*len(f.b) && zeros < most && f.b[(at+zeros)>>3]>>(7-(at+zeros)&7)&1 == 0 {
			zeros++
		}
		if zeros < 11 || at+zeros >= 8*len(f.b) {
			return
		}
		at += zeros + 1
		f.at = at
		// The end of all is six of them; with a bit each that says the dimensions.
		if f.b[min(at>>3, len(f.b)-1)]>>(7-at&7)&1 == 1 && f.zerosAt(at+1) {
			at++
		}
	}
}

// zerosAt says whether an end of line follows.
func (f *fax) zerosAt(at int) bool {
	old := f.at
	f.at = at
	v := f.peek() >> 1
	f.at = old
	return v == 1 && at < 8*len(f.b)
}

// over says whether nothing but filling is left.
func (f *fax) over() bool { return f.at+8 > 8*len(f.b) && f.peek() == 0 || f.at >= 8*len(f.b) }

// run reads one of a colour.
func (f *fax) run(black bool) (int, error) {
	table := &f.codes.white
	if black {
		table = &f.codes.black
	}
	n := 0
	for {
		c := table[f.peek()]
		if c.bits == 0 || n > f.w {
			return 0, errFax
		}
		f.at += int(c.bits)
		if n += int(c.value); c.value < 64 {
			return n, nil
		}
	}
}

func (f *fax) oneDimension() error {
	f.now = f.now[:0]
	for a, black := 0, false; a < f.w; black = !black {
		n, err := f.run(black)
		if err != nil {
			return err
		}
		a = min(a+n, f.w)
		f.now = append(f.now, a)
	}
	return nil
}

func (f *fax) twoDimensions() error {
	f.now = f.now[:0]
	a, black, k := 0, false, 0
	first := true // a is before the first pixel
	for a < f.w {
		// b1: the first change of the row above beyond a to the other colour.
		for k > 0 && f.before[k-1] > a {
			k--
		}
		for k < len(f.before)-2 && (f.before[k] < a || f.before[k] == a && !first || (k&1 == 1) != black) {
			k++
		}
		if k > len(f.before)-2 {
			k = len(f.before) - 2
		}
		b1, b2 := f.before[k], f.before[k+1]
		c := f.codes.mode[f.peek()]
		if c.bits == 0 {
			return errFax
		}
		f.at += int(c.bits)
		switch mode := int(c.value); mode {
		case modePass:
			a = b2
		case modeHorizontal:
			for _, colour := range [2]bool{black, !black} {
				n, err := f.run(colour)
				if err != nil {
					return err
				}
				a = min(a+n, f.w)
				f.now = append(f.now, a)
			}
		default:
			d := mode - modeVertical
			if d > 3 {
				d = 3 - d
			}
			if a1 := b1 + d; a1 < a || a1 > f.w {
				return errFax
			} else {
				a = a1
			}
			f.now = append(f.now, a)
			black = !black
		}
		first = false
	}
	return nil
}

// paint sets the black pixels of a row.
func (f *fax) paint(row []byte) {
	for i := 0; i < len(f.now); i += 2 {
		to := f.w
		if i+1 < len(f.now) {
			to = f.now[i+1]
		}
		for x := f.now[i]; x < to; x++ {
			if x&7 == 0 && x+8 <= to {
				row[x>>3] = 0xff
				x += 7
				continue
			}
			row[x>>3] |= 0x80 >> (x & 7)
		}
	}
}
