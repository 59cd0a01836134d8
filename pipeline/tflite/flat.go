package tflite

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
)

// The limits on what a file says besides its weights.
const (
	window = 64 << 10 // bytes that are read at once
	budget = 16 << 20 // bytes of lists and texts that are taken in all
)

var errDamaged = errors.New("is damaged: a part of it points out of the file")

// flat reads a flatbuffer (flatbuffers.dev, "Internals") from its places in a file, so that weights
// are not read. Like bufio.Scanner it keeps the first mistake, and reads zeros after it.
//
// 2026-11-28: by hand, because the accessors of the flatbuffers module want the whole file in
// memory and panic where it is damaged.
type flat struct {
	r    io.ReaderAt
	size int64
	have []byte // what lies at at
	at   int64
	left int64
	err  error
}

func (f *flat) fail(err error) {
	if f.err == nil {
		f.err = err
	}
}

// bytes are the n ≤ 8 bytes at a place.
func (f *flat) bytes(at, n int64) []byte {
	if at < 0 || at > f.size-n {
		f.fail(errDamaged)
	}
	if f.err != nil {
		return make([]byte, n)
	}
	if at < f.at || at+n > f.at+int64(len(f.have)) {
		f.have, f.at = make([]byte, min(window, f.size-at)), at
		if got, err := f.r.ReadAt(f.have, at); got < len(f.have) {
			f.have = nil
			f.fail(fmt.Errorf("cannot be read: %w", err))
			return make([]byte, n)
		}
	}
	return f.have[at-f.at:][:n]
}

func (f *flat) u16(at int64) int64 { return int64(binary.LittleEndian.Uint16(f.bytes(at, 2))) }
func (f *flat) u32(at int64) int64 { return int64(binary.LittleEndian.Uint32(f.bytes(at, 4))) }
func (f *flat) i32(at int64) int64 { return int64(int32(binary.LittleEndian.Uint32(f.bytes(at, 4)))) }

// take allows n more bytes of lists and texts.
func (f *flat) take(n int64) bool {
	if f.left -= n; f.left < 0 {
		f.fail(fmt.Errorf("has more than %d bytes of lists besides its weights", budget))
	}
	return f.err == nil
}

// table is a table of a flatbuffer: at is 0 for one that isn't there, all of whose fields have
// their defaults.
type table struct {
	f        *flat
	at, map_ int64 // the table, and the list of where its fields are
	n        int64 // bytes of that list
}

func (f *flat) table(at int64) table {
	t := table{f: f, at: at, map_: at - f.i32(at)}
	t.n = f.u16(t.map_)
	return t
}

// field is the place of a field; 0: it has its default.
func (t table) field(i int64) int64 {
	if t.at == 0 || 4+2*i+2 > t.n {
		return 0
	}
	if off := t.f.u16(t.map_ + 4 + 2*i); off != 0 {
		return t.at + off
	}
	return 0
}

// number is a 32-bit field.
func (t table) number(i, other int64) int64 {
	if at := t.field(i); at != 0 {
		return t.f.i32(at)
	}
	return other
}

// small is a field of one byte.
func (t table) small(i int64) int64 {
	if at := t.field(i); at != 0 {
		return int64(t.f.bytes(at, 1)[0])
	}
	return 0
}

// real is a 32-bit floating field's bits.
func (t table) real(i int64) uint32 { return uint32(t.number(i, 0)) }

// down is the table that a field points to.
func (t table) down(i int64) table {
	at := t.field(i)
	if at == 0 {
		return table{f: t.f}
	}
	return t.f.table(at + t.f.u32(at))
}

// list is a field's list of elements of the given size: the place of the first, and how many.
func (t table) list(i, size int64) (at, n int64) {
	if at = t.field(i); at == 0 {
		return 0, 0
	}
	at += t.f.u32(at)
	n = t.f.u32(at)
	if at += 4; n*size > t.f.size-at {
		t.f.fail(errDamaged)
	}
	if t.f.err != nil {
		return 0, 0
	}
	return at, n
}

// numbers is a list of 32-bit numbers.
func (t table) numbers(i int64) []int64 {
	at, n := t.list(i, 4)
	if !t.f.take(8 * n) {
		return nil
	}
	out := make([]int64, n)
	for k := range out {
		out[k] = t.f.i32(at + 4*int64(k))
	}
	return out
}

// tables is a list of tables.
func (t table) tables(i int64) []table {
	at, n := t.list(i, 4)
	if !t.f.take(64 * n) {
		return nil
	}
	out := make([]table, n)
	for k := range out {
		p := at + 4*int64(k)
		out[k] = t.f.table(p + t.f.u32(p))
	}
	return out
}

// text is a string, or a list of bytes.
func (t table) text(i int64) string {
	at, n := t.list(i, 1)
	if !t.f.take(n) || n == 0 {
		return ""
	}
	b := make([]byte, n)
	if _, err := t.f.r.ReadAt(b, at); err != nil {
		t.f.fail(fmt.Errorf("cannot be read: %w", err))
	}
	return string(b)
}
