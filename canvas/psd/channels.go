package psd

import (
	"bytes"
	"compress/zlib"
	"encoding/binary"
	"errors"
	"io"
)

// The ways in which channels are packed.
const (
	raw, runs, zipped, zippedDifferences = 0, 1, 2, 3
)

// plane unpacks one channel of a layer: w×h samples, rows of whole bytes, big-endian. data
// begins with how it is packed.
func (d *Document) plane(data []byte, w, h int) ([]byte, error) {
	r := reader{b: data}
	how := r.u16()
	row := d.rowBytes(w)
	if r.short || plausible(how, len(data), row*h) {
		return nil, io.ErrUnexpectedEOF
	}
	switch how {
	case raw:
		return r.take(uint64(row * h)), short(&r)
	case runs:
		out := make([]byte, row*h)
		lengths, err := d.lengths(&r, h)
		if err != nil {
			return nil, err
		}
		for y := range h {
			if err := unpack(out[y*row:][:row], r.take(uint64(lengths[y]))); err != nil {
				return nil, err
			}
		}
		return out, short(&r)
	case zipped, zippedDifferences:
		z, err := zlib.NewReader(bytes.NewReader(r.b))
		if err != nil {
			return nil, err
		}
		out := make([]byte, row*h)
		if _, err := io.ReadFull(z, out); err != nil {
			return nil, err
		}
		if how == zippedDifferences {
			d.sum(out, row)
		}
		return out, nil
	}
	return nil, errors.New("packed in an unknown way")
}

// plausible is the opposite: it says that so few bytes cannot hold so many, before those are
// taken. Runs hold 128 in 2; deflate 1032 in 1, but beyond 64 MiB not more than 300 are believed,
// as of a TIFF.
func plausible(how, packed, unpacked int) bool {
	switch how {
	case raw:
		return unpacked > packed
	case runs:
		return unpacked/64 > packed
	}
	return unpacked/1040 > packed || unpacked > 64<<20 && unpacked/300 > packed
}

func short(r *reader) error {
	if r.short {
		return io.ErrUnexpectedEOF
	}
	return nil
}

func (d *Document) rowBytes(w int) int { return (w*d.Depth + 7) / 8 }

// lengths reads the packed lengths of n rows.
func (d *Document) lengths(r *reader, n int) ([]int, error) {
	size := 2
	if d.large {
		size = 4
	}
	b := r.take(uint64(size * n))
	if r.short {
		return nil, io.ErrUnexpectedEOF
	}
	out := make([]int, n)
	for i := range out {
		if d.large {
			out[i] = int(binary.BigEndian.Uint32(b[4*i:]))
		} else {
			out[i] = int(binary.BigEndian.Uint16(b[2*i:]))
		}
	}
	return out, nil
}

// unpack undoes Apple's run lengths (PackBits) of one row, which must be full.
func unpack(dst, src []byte) error {
	for len(dst) > 0 && len(src) > 1 {
		n := int(int8(src[0]))
		src = src[1:]
		switch {
		case n >= 0:
			n = min(n+1, len(dst))
			if n > len(src) {
				return io.ErrUnexpectedEOF
			}
			copy(dst, src[:n])
			dst, src = dst[n:], src[n:]
		case n != -128:
			n = min(1-n, len(dst))
			for i := range n {
				dst[i] = src[0]
			}
			dst, src = dst[n:], src[1:]
		}
	}
	if len(dst) > 0 {
		return io.ErrUnexpectedEOF
	}
	return nil
}

// sum undoes the differences along rows.
func (d *Document) sum(b []byte, row int) {
	for ; len(b) >= row && row > 0; b = b[row:] {
		if d.Depth == 16 {
			for i := 2; i+1 < row; i += 2 {
				binary.BigEndian.PutUint16(b[i:], binary.BigEndian.Uint16(b[i:])+binary.BigEndian.Uint16(b[i-2:]))
			}
			continue
		}
		for i := 1; i < row; i++ {
			b[i] += b[i-1]
		}
	}
}

// mergedPlanes unpacks the first n channels of the flattened picture, whose row lengths stand
// together before them.
func (d *Document) mergedPlanes(n int) ([][]byte, error) {
	r := reader{b: d.merged}
	how := r.u16()
	row, h := d.rowBytes(d.Width), d.Height
	if plausible(how, len(d.merged), row*h*n) {
		return nil, io.ErrUnexpectedEOF
	}
	out := make([][]byte, n)
	switch how {
	case raw:
		for i := range out {
			out[i] = r.take(uint64(row * h))
		}
		return out, short(&r)
	case runs:
		lengths, err := d.lengths(&r, h*d.channels)
		if err != nil {
			return nil, err
		}
		for i := range out {
			out[i] = make([]byte, row*h)
			for y := range h {
				if err := unpack(out[i][y*row:][:row], r.take(uint64(lengths[i*h+y]))); err != nil {
					return nil, err
				}
			}
		}
		return out, nil
	case zipped, zippedDifferences:
		z, err := zlib.NewReader(bytes.NewReader(r.b))
		if err != nil {
			return nil, err
		}
		for i := range out {
			out[i] = make([]byte, row*h)
			if _, err := io.ReadFull(z, out[i]); err != nil {
				return nil, err
			}
			if how == zippedDifferences {
				d.sum(out[i], row)
			}
		}
		return out, nil
	}
	return nil, errors.New("psd: the flattened picture is packed in an unknown way")
}
