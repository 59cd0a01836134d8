package engine

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"image"
	"io"
	"sync"

	"pentimento/fault"

	"github.com/fxamacker/cbor/v2"
)

// A message is four bytes of length, a head of that length in CBOR, and behind it the
// pixels of the pictures that the head announces, row by row without gaps.

const (
	maxHead     = 16 << 20 // bytes; a request without its pictures has a few thousand
	maxPixels   = 1 << 28  // of one picture: 16384 × 16384
	maxPictures = 1 << 10  // of one message
	// eager is how much of a picture must have come before memory is taken for all of it:
	// a message that was cut short costs no more than this.
	eager = 4 << 20
)

// head is a message without its pixels.
type head struct {
	Kind     kind            `cbor:"1,keyasint"`
	Run      uint64          `cbor:"2,keyasint,omitempty"` // which run it belongs to
	Body     cbor.RawMessage `cbor:"3,keyasint,omitempty"`
	Pictures []frame         `cbor:"4,keyasint,omitempty"`
}

// frame announces one picture.
type frame struct {
	_      struct{} `cbor:",toarray"`
	Colour uint8    // bytes a pixel: 4 NRGBA, 1 Alpha, 0 no picture at all (nil)
	X, Y   int      // of the upper left corner
	W, H   int
}

// message is a head with its pictures: *image.NRGBA, *image.Alpha or nil.
type message struct {
	head
	pictures []image.Image
}

var encoder = func() cbor.EncMode {
	m, err := cbor.EncOptions{}.EncMode()
	if err != nil {
		panic(err) // the options are constant
	}
	return m
}()

// decoder takes texts that are no UTF-8: file names need not be.
var decoder = func() cbor.DecMode {
	m, err := cbor.DecOptions{MaxArrayElements: 1 << 17, MaxMapPairs: 1 << 12, MaxNestedLevels: 16,
		UTF8: cbor.UTF8DecodeInvalid, IndefLength: cbor.IndefLengthForbidden, TagsMd: cbor.TagsForbidden}.DecMode()
	if err != nil {
		panic(err)
	}
	return m
}()

// body encodes a message's own part.
func body(v any) (cbor.RawMessage, error) {
	b, err := encoder.Marshal(v)
	if err != nil {
		return nil, fmt.Errorf("engine: cannot encode a %T: %w", v, err)
	}
	return b, nil
}

// writer writes whole messages. It is safe for use by several goroutines.
type writer struct {
	mu sync.Mutex
	w  io.Writer
}

// errPipe is a message that did not get through: the other process is gone or going.
type errPipe struct{ error }

// send writes one message. v is its body, nil for none; a picture may be nil. Pictures must
// not change meanwhile.
func (w *writer) send(k kind, run uint64, v any, pictures ...image.Image) error {
	h := head{Kind: k, Run: run}
	var err error
	if v != nil {
		if h.Body, err = body(v); err != nil {
			return err
		}
	}
	for _, p := range pictures {
		f, _, _ := describe(p)
		if err := f.check(); err != nil {
			return err
		}
		h.Pictures = append(h.Pictures, f)
	}
	encoded, err := encoder.Marshal(h)
	if err != nil {
		return fmt.Errorf("engine: cannot encode a message: %w", err)
	}
	if len(encoded) > maxHead || len(pictures) > maxPictures {
		return fmt.Errorf("engine: a message of %d bytes and %d pictures, want at most %d and %d", len(encoded), len(pictures), maxHead, maxPictures)
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	if _, err := w.w.Write(append(binary.BigEndian.AppendUint32(nil, uint32(len(encoded))), encoded...)); err != nil {
		return errPipe{err}
	}
	for _, p := range pictures {
		if err := writePixels(w.w, p); err != nil {
			return errPipe{err}
		}
	}
	return nil
}

// describe returns what announces a picture, its bytes from the first pixel on, and how many
// bytes lie between two rows.
func describe(p image.Image) (f frame, pix []byte, stride int) {
	at := func(colour uint8, r image.Rectangle) frame {
		return frame{Colour: colour, X: r.Min.X, Y: r.Min.Y, W: r.Dx(), H: r.Dy()}
	}
	switch p := p.(type) {
	case *image.NRGBA:
		if p != nil {
			f, pix, stride = at(4, p.Rect), p.Pix, p.Stride
		}
	case *image.Alpha:
		if p != nil {
			f, pix, stride = at(1, p.Rect), p.Pix, p.Stride
		}
	}
	return f, pix, stride
}

// check refuses what no picture of this program is, before memory is taken for it.
func (f frame) check() error {
	const far = 1 << 40
	switch {
	case f.Colour != 0 && f.Colour != 1 && f.Colour != 4:
		return fmt.Errorf("engine: a picture of %d bytes a pixel, want 1 or 4", f.Colour)
	case f.W < 0 || f.H < 0 || int64(f.X) < -far || int64(f.X) > far || int64(f.Y) < -far || int64(f.Y) > far:
		return fmt.Errorf("engine: a picture of %d × %d pixels at %d, %d cannot be", f.W, f.H, f.X, f.Y)
	case f.W > maxPixels || f.H > maxPixels || int64(f.W)*int64(f.H) > maxPixels:
		return fault.New(fmt.Sprintf("engine: the fill reads a picture of %d × %d pixels, want at most %d pixels in all", f.W, f.H, maxPixels),
			"Fill a smaller place, or scale the picture down first.")
	}
	return nil
}

func writePixels(w io.Writer, p image.Image) error {
	f, pix, stride := describe(p)
	row := f.W * int(f.Colour)
	if row == 0 || f.H == 0 {
		return nil
	}
	if stride == row {
		_, err := w.Write(pix[:row*f.H])
		return err
	}
	for y := range f.H {
		if _, err := w.Write(pix[y*stride:][:row]); err != nil {
			return err
		}
	}
	return nil
}

// reader reads whole messages; it belongs to one goroutine.
type reader struct{ r io.Reader }

// next reads one message. io.EOF means that the other side has ended between two messages.
func (r reader) next() (message, error) {
	var m message
	var length [4]byte
	if _, err := io.ReadFull(r.r, length[:]); err != nil {
		return m, err
	}
	n := binary.BigEndian.Uint32(length[:])
	if n == 0 || n > maxHead {
		return m, fmt.Errorf("engine: a message begins with %q, want a length of 1 to %d", length[:], maxHead)
	}
	var encoded bytes.Buffer
	if _, err := io.CopyN(&encoded, r.r, int64(n)); err != nil {
		return m, cut(err)
	}
	if err := decoder.Unmarshal(encoded.Bytes(), &m.head); err != nil {
		return m, fmt.Errorf("engine: a message of %d bytes cannot be read: %w", n, err)
	}
	if len(m.Pictures) > maxPictures {
		return m, fmt.Errorf("engine: a message of %d pictures, want at most %d", len(m.Pictures), maxPictures)
	}
	for _, f := range m.Pictures {
		p, err := r.picture(f)
		if err != nil {
			return m, err
		}
		m.pictures = append(m.pictures, p)
	}
	return m, nil
}

// cut says of an end within a message that it is one.
func cut(err error) error {
	if err == io.EOF {
		return io.ErrUnexpectedEOF
	}
	return err
}

func (r reader) picture(f frame) (image.Image, error) {
	if err := f.check(); err != nil || f.Colour == 0 {
		return nil, err
	}
	pix, err := r.pixels(f.W * f.H * int(f.Colour))
	if err != nil {
		return nil, err
	}
	rect := image.Rect(f.X, f.Y, f.X+f.W, f.Y+f.H)
	if f.Colour == 1 {
		return &image.Alpha{Pix: pix, Stride: f.W, Rect: rect}, nil
	}
	return &image.NRGBA{Pix: pix, Stride: 4 * f.W, Rect: rect}, nil
}

// pixels reads n bytes into memory of their own.
func (r reader) pixels(n int) ([]byte, error) {
	pix := make([]byte, min(n, eager))
	if _, err := io.ReadFull(r.r, pix); err != nil {
		return nil, cut(err)
	}
	if n == len(pix) {
		return pix, nil
	}
	all := make([]byte, n)
	if _, err := io.ReadFull(r.r, all[copy(all, pix):]); err != nil {
		return nil, cut(err)
	}
	return all, nil
}

// nrgba and alpha give picture i of a message; nil where it has none of that kind.
func (m message) nrgba(i int) *image.NRGBA {
	if i < len(m.pictures) {
		p, _ := m.pictures[i].(*image.NRGBA)
		return p
	}
	return nil
}

func (m message) alpha(i int) *image.Alpha {
	if i < len(m.pictures) {
		p, _ := m.pictures[i].(*image.Alpha)
		return p
	}
	return nil
}
