// Package gguf reads GGUF files, in which many people have their models: named tensors, most of
// them in blocks of a few bits a value (github.com/ggml-org/ggml, docs/gguf.md). Read says which
// tensor is where in a file without reading its values; Type.Decode turns blocks into float32.
//
// decode.go holds one function for each kind of block, after the layouts of ggml-quants.c. Each
// product is rounded to float32 before the next operation, on every processor, as ggml's are.
//
// Safety: a header is at most MaxHeader bytes and MaxTensors entries, nothing is allocated for a
// count before what it counts was read, and every range is checked against the file.
package gguf

import (
	"errors"
	"fmt"
	"io"
	"math"
	"slices"
	"strings"
)

// The limits on a file's header. Language models carry vocabularies of some megabytes in theirs.
const (
	MaxHeader  = 100 << 20
	MaxTensors = 1 << 17
	maxPairs   = 1 << 16
	maxRank    = 8
	maxName    = 1 << 10
	maxAlign   = 1 << 16
)

// originalShape precedes a tensor's name in the key of the shape that it had before it was laid out
// in rows that blocks divide (github.com/city96/ComfyUI-GGUF, tools/convert.py).
const originalShape = "comfy.gguf.orig_shape."

// Tensor is one array of a file: bytes [Offset, Offset+Length) are the blocks of its values in
// row-major order. Shape is outermost first, the other way round than in the file.
type Tensor struct {
	Name           string
	Type           Type
	Shape          []int64
	Offset, Length int64
}

// File is what a header says.
type File struct {
	Metadata map[string]string // strings, numbers and truth values; lists are left out
	Tensors  []Tensor          // in file order
}

// Is says whether a file that begins so is a GGUF file.
func Is(head []byte) bool { return strings.HasPrefix(string(head), "GGUF") }

// Read reads and checks the header of a file of the given size, in milliseconds. The error of a
// file that is damaged, cut short or of a kind that isn't read says what was found.
func Read(r io.ReaderAt, size int64) (*File, error) {
	h := newReader(r, size)
	f := &File{Metadata: map[string]string{}}
	lists := map[string][]int64{}
	tensors, err := h.start(f, lists)
	if err == nil {
		err = h.tensors(f, tensors)
	}
	if err != nil {
		if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
			err = errors.New("the file ends within its header: it is incomplete")
		}
		return nil, fmt.Errorf("GGUF header, byte %d: %w", h.at, err)
	}
	if err := f.place(h.at, size); err != nil {
		return nil, fmt.Errorf("GGUF: %w", err)
	}
	return f, f.reshape(lists)
}

// start reads the magic, the version, the counts and the pairs of key and value.
func (h *reader) start(f *File, lists map[string][]int64) (tensors uint64, err error) {
	magic, err := h.bytes(4)
	if err != nil {
		return 0, err
	}
	if !Is(magic) {
		return 0, fmt.Errorf("begins %q, want %q", magic, "GGUF")
	}
	version, err := h.u32()
	switch {
	case err != nil:
		return 0, err
	case version == 2<<24 || version == 3<<24:
		return 0, errors.New("the file is big-endian, want a little-endian one")
	case version != 2 && version != 3:
		return 0, fmt.Errorf("version %d, want 2 or 3", version)
	}
	if tensors, err = h.u64(); err != nil {
		return 0, err
	}
	pairs, err := h.u64()
	if err != nil {
		return 0, err
	}
	if tensors > MaxTensors || pairs > maxPairs {
		return 0, fmt.Errorf("%d tensors and %d keys, want at most %d and %d", tensors, pairs, MaxTensors, maxPairs)
	}
	seen := map[string]bool{}
	for range pairs {
		key, err := h.str()
		if err != nil {
			return 0, err
		}
		if seen[key] {
			return 0, fmt.Errorf("key %q appears twice", key)
		}
		seen[key] = true
		text, list, err := h.value()
		if err != nil {
			return 0, fmt.Errorf("key %q: %w", key, err)
		}
		if list != nil {
			lists[key] = list
		} else if text != nil {
			f.Metadata[key] = *text
		}
	}
	return tensors, nil
}

// tensors reads what the header says of each.
func (h *reader) tensors(f *File, n uint64) error {
	seen := map[string]bool{}
	for range n {
		name, err := h.str()
		if err != nil {
			return err
		}
		if seen[name] || len(name) > maxName {
			return fmt.Errorf("tensor %.100q appears twice, or its name is above %d bytes", name, maxName)
		}
		seen[name] = true
		t, err := h.tensor(name)
		if err != nil {
			return fmt.Errorf("tensor %q: %w", name, err)
		}
		f.Tensors = append(f.Tensors, t)
	}
	return nil
}

func (h *reader) tensor(name string) (t Tensor, err error) {
	t.Name = name
	rank, err := h.u32()
	if err != nil {
		return t, err
	}
	if rank > maxRank {
		return t, fmt.Errorf("%d dimensions, want at most %d", rank, maxRank)
	}
	values := int64(1)
	for range rank {
		d, err := h.u64()
		if err != nil {
			return t, err
		}
		if d == 0 || d > math.MaxInt64/8 || values > math.MaxInt64/8/int64(d) {
			return t, fmt.Errorf("a dimension of %d behind %v: want no empty one, and a size that fits", d, t.Shape)
		}
		values *= int64(d)
		t.Shape = append(t.Shape, int64(d))
	}
	kind, err := h.u32()
	if err != nil {
		return t, err
	}
	t.Type = Type(kind)
	k, known := kinds[t.Type]
	if !known {
		return t, fmt.Errorf("values of %s can't be read; want one of %s", t.Type, typeNames())
	}
	row := int64(1)
	if rank > 0 {
		row = t.Shape[0]
	}
	if row%k.values != 0 {
		return t, fmt.Errorf("rows of %d values of %s, want a multiple of %d", row, t.Type, k.values)
	}
	slices.Reverse(t.Shape)
	t.Length = values / k.values * k.bytes
	offset, err := h.u64()
	if err == nil && offset > math.MaxInt64/2 {
		err = fmt.Errorf("its values begin at byte %d of the data", offset)
	}
	t.Offset = int64(offset)
	return t, err
}

// place checks that the tensors lie in the file and not in one another, and makes their offsets
// count from the start of the file; header is where the header ends.
func (f *File) place(header, size int64) error {
	align := int64(32)
	if text, ok := f.Metadata["general.alignment"]; ok {
		if _, err := fmt.Sscan(text, &align); err != nil || align < 1 || align > maxAlign || align&(align-1) != 0 {
			return fmt.Errorf("general.alignment is %.20q, want a power of two up to %d", text, maxAlign)
		}
	}
	data := (header + align - 1) / align * align
	slices.SortStableFunc(f.Tensors, func(a, b Tensor) int { return int(max(-1, min(1, a.Offset-b.Offset))) })
	next := int64(0)
	for i := range f.Tensors {
		t := &f.Tensors[i]
		switch {
		case t.Offset%align != 0:
			return fmt.Errorf("tensor %q begins at byte %d of the data, want a multiple of %d", t.Name, t.Offset, align)
		case t.Offset < next:
			return fmt.Errorf("tensor %q begins at byte %d inside another one that ends at %d", t.Name, t.Offset, next)
		case t.Offset > size-data-t.Length:
			return fmt.Errorf("tensor %q ends at byte %d of the data, the file has %d: it is incomplete", t.Name, t.Offset+t.Length, max(0, size-data))
		}
		next = t.Offset + t.Length
		t.Offset += data
	}
	return nil
}

// reshape gives tensors the shapes that they had before they were laid out in rows.
func (f *File) reshape(lists map[string][]int64) error {
	for i := range f.Tensors {
		t := &f.Tensors[i]
		shape, ok := lists[originalShape+t.Name]
		if !ok {
			continue
		}
		was, values := int64(1), int64(1)
		for _, d := range t.Shape {
			values *= d
		}
		for _, d := range shape {
			if d < 1 || was > values/d {
				was = 0
				break
			}
			was *= d
		}
		if was != values {
			return fmt.Errorf("GGUF: tensor %q of shape %v was of shape %v, want as many values", t.Name, t.Shape, shape)
		}
		t.Shape = shape
	}
	return nil
}
