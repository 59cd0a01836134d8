package file

import (
	"bufio"
	"bytes"
	"io"

	"github.com/klauspost/compress/gzip"
)

// HiddenKey is the key of a text that is in the lowest bits of a PNG's pixels: in alpha,
// or in red, green and blue, column by column. Pictures that came through a site that
// takes texts out still have it.
const HiddenKey = "stealth"

// The marks that such a text begins with, and the 32 bits of its length, counted in bits.
const (
	markBytes = len("stealth_pnginfo")
	headBits  = 8*markBytes + 32
)

// hiddenForms are the marks: which channels hold the bits, and whether the text is packed.
var hiddenForms = []struct {
	mark   string
	alpha  bool
	packed bool
}{
	{"stealth_pnginfo", true, false}, {"stealth_pngcomp", true, true},
	{"stealth_rgbinfo", false, false}, {"stealth_rgbcomp", false, true},
}

// maxHidden is how many pixels are looked at: their bits are held in memory.
const maxHidden = 1 << 27

// hiddenText finds the text in a PNG's pixels, "" for none. A picture without one costs
// the first rows: the mark stands in the first column.
func hiddenText(r io.ReadSeeker) string {
	if _, err := r.Seek(0, io.SeekStart); err != nil {
		return ""
	}
	src := &cutReader{r: r}
	in := bufio.NewReader(src)
	facts, err := readHead(in)
	if err != nil || !facts.rows || facts.channels < 3 || facts.w*facts.h > maxHidden {
		return ""
	}
	b := newBits(facts)
	_ = decodeRows(in, facts, func(y int, row []byte) { // what of a damaged picture is there counts
		b.add(y, row)
		if y == b.marked && !b.hasMark() {
			src.cut = true
		}
	})
	return b.text()
}

// cutReader ends when it is told to.
type cutReader struct {
	r   io.Reader
	cut bool
}

func (c *cutReader) Read(b []byte) (int, error) {
	if c.cut {
		return 0, io.EOF
	}
	return c.r.Read(b)
}

// bits are the lowest bits of a picture: of alpha, and one after another of red, green, blue.
type bits struct {
	facts      pngFacts
	marked     int // the row after which a mark would be whole
	alpha, rgb []byte
}

func newBits(f pngFacts) *bits {
	b := &bits{facts: f, marked: min(f.h, 8*markBytes) - 1, rgb: make([]byte, (3*f.w*f.h+7)/8)}
	if f.channels == 4 {
		b.alpha = make([]byte, (f.w*f.h+7)/8)
	}
	return b
}

func (b *bits) add(y int, row []byte) {
	n := b.facts.channels
	for x := range b.facts.w {
		at := x*b.facts.h + y
		for c := range 3 {
			setBit(b.rgb, 3*at+c, row[n*x+c])
		}
		if n == 4 {
			setBit(b.alpha, at, row[n*x+3])
		}
	}
}

func setBit(plane []byte, at int, v byte) { plane[at>>3] |= (v & 1) << (7 - at&7) }

func (b *bits) hasMark() bool {
	for _, f := range hiddenForms {
		if bytes.HasPrefix(b.plane(f.alpha), []byte(f.mark)) {
			return true
		}
	}
	return false
}

func (b *bits) plane(alpha bool) []byte {
	if alpha {
		return b.alpha
	}
	return b.rgb
}

func (b *bits) text() string {
	for _, f := range hiddenForms {
		plane := b.plane(f.alpha)
		if !bytes.HasPrefix(plane, []byte(f.mark)) || len(plane) < headBits/8 {
			continue
		}
		n := 0
		for _, v := range plane[markBytes : headBits/8] {
			n = n<<8 | int(v)
		}
		data := plane[headBits/8:]
		data = data[:min(len(data), n/8, MaxText)]
		if f.packed {
			z, err := gzip.NewReader(bytes.NewReader(data))
			if err != nil {
				return ""
			}
			data, _ = io.ReadAll(io.LimitReader(z, MaxText)) // cut off: what there is
		}
		return plainText(data)
	}
	return ""
}
