package gguf

import (
	"bufio"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math"
	"strconv"
)

// reader reads a header from its start on. No more is taken from the file than MaxHeader bytes.
type reader struct {
	r    *bufio.Reader
	at   int64
	left int64
}

func newReader(r io.ReaderAt, size int64) *reader {
	left := min(size, MaxHeader)
	return &reader{r: bufio.NewReaderSize(io.NewSectionReader(r, 0, left), 64<<10), left: left}
}

// take counts n bytes as read, or says that there aren't as many.
func (h *reader) take(n uint64) error {
	if n > uint64(h.left) {
		return fmt.Errorf("something of %d bytes, where the file or the most that is read of a header (%d) has %d more", n, MaxHeader, h.left)
	}
	h.left -= int64(n)
	h.at += int64(n)
	return nil
}

func (h *reader) bytes(n uint64) ([]byte, error) {
	if err := h.take(n); err != nil {
		return nil, err
	}
	b := make([]byte, n)
	_, err := io.ReadFull(h.r, b)
	return b, err
}

func (h *reader) skip(n uint64) error {
	if err := h.take(n); err != nil {
		return err
	}
	_, err := h.r.Discard(int(n))
	return err
}

func (h *reader) u32() (uint32, error) {
	b, err := h.bytes(4)
	if err != nil {
		return 0, err
	}
	return binary.LittleEndian.Uint32(b), nil
}

func (h *reader) u64() (uint64, error) {
	b, err := h.bytes(8)
	if err != nil {
		return 0, err
	}
	return binary.LittleEndian.Uint64(b), nil
}

func (h *reader) str() (string, error) {
	n, err := h.u64()
	if err != nil {
		return "", err
	}
	b, err := h.bytes(n)
	return string(b), err
}

// The types of values in pairs, by their numbers.
const (
	typeString = 8
	typeArray  = 9
)

// sizes are the bytes of a value of each plain type.
var sizes = map[uint32]uint64{0: 1, 1: 1, 2: 2, 3: 2, 4: 4, 5: 4, 6: 4, 7: 1, 10: 8, 11: 8, 12: 8}

// value reads one value: as text, or, of a short list of whole numbers, as a list. Other lists are
// passed over.
func (h *reader) value() (text *string, list []int64, err error) {
	kind, err := h.u32()
	if err != nil {
		return nil, nil, err
	}
	switch {
	case kind == typeArray:
		list, err = h.array()
		return nil, list, err
	case kind == typeString:
		s, err := h.str()
		return &s, nil, err
	}
	b, err := h.plain(kind)
	if err != nil {
		return nil, nil, err
	}
	s := plainText(kind, b)
	return &s, nil, nil
}

func (h *reader) plain(kind uint32) ([]byte, error) {
	n, known := sizes[kind]
	if !known {
		return nil, fmt.Errorf("a value of type %d, want 0 to 12", kind)
	}
	return h.bytes(n)
}

// array reads a list, whose values are all of one type. Lists of lists are refused, as ggml does.
func (h *reader) array() ([]int64, error) {
	kind, err := h.u32()
	if err != nil {
		return nil, err
	}
	n, err := h.u64()
	if err != nil {
		return nil, err
	}
	if kind == typeArray {
		return nil, errors.New("a list of lists, want a list of plain values")
	}
	if kind == typeString {
		for range n { // ends with the header at the latest: each takes eight bytes
			length, err := h.u64()
			if err == nil {
				err = h.skip(length)
			}
			if err != nil {
				return nil, err
			}
		}
		return nil, nil
	}
	size, known := sizes[kind]
	if !known || n > MaxHeader {
		return nil, fmt.Errorf("a list of %d values of type %d, want at most %d of types 0 to 8 or 10 to 12", n, kind, MaxHeader)
	}
	if n > maxRank || kind == 6 || kind == 7 || kind == 12 {
		return nil, h.skip(n * size)
	}
	list := make([]int64, 0, n)
	for range n {
		b, err := h.bytes(size)
		if err != nil {
			return nil, err
		}
		list = append(list, whole(kind, b))
	}
	return list, nil
}

// whole is a whole number of a plain type.
func whole(kind uint32, b []byte) int64 {
	var wide [8]byte
	copy(wide[:], b)
	v := binary.LittleEndian.Uint64(wide[:])
	switch kind {
	case 1:
		return int64(int8(v))
	case 3:
		return int64(int16(v))
	case 5:
		return int64(int32(v))
	}
	return int64(v)
}

func plainText(kind uint32, b []byte) string {
	switch kind {
	case 6:
		return strconv.FormatFloat(float64(math.Float32frombits(binary.LittleEndian.Uint32(b))), 'g', -1, 32)
	case 7:
		return strconv.FormatBool(b[0] != 0)
	case 10:
		return strconv.FormatUint(binary.LittleEndian.Uint64(b), 10)
	case 12:
		return strconv.FormatFloat(math.Float64frombits(binary.LittleEndian.Uint64(b)), 'g', -1, 64)
	}
	return strconv.FormatInt(whole(kind, b), 10)
}
