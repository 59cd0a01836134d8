package journal

import (
	"encoding/binary"
	"image"
	"math"
)

// pack appends values to a payload.
type pack struct{ b []byte }

func (p *pack) uint(v uint64)   { p.b = binary.AppendUvarint(p.b, v) }
func (p *pack) int(v int64)     { p.b = binary.AppendVarint(p.b, v) }
func (p *pack) byte(v uint8)    { p.b = append(p.b, v) }
func (p *pack) bytes(v []byte)  { p.uint(uint64(len(v))); p.b = append(p.b, v...) }
func (p *pack) string(v string) { p.uint(uint64(len(v))); p.b = append(p.b, v...) }
func (p *pack) point(v image.Point) {
	p.int(int64(v.X))
	p.int(int64(v.Y))
}
func (p *pack) rect(r image.Rectangle) { p.point(r.Min); p.point(r.Max) }

// unpack takes values from a payload. After the first value that is not there every
// further one is zero and bad is set; a reader looks at bad once, at the end, or where a
// number would make it allocate.
type unpack struct {
	b   []byte
	bad bool
}

func (u *unpack) take(n uint64) []byte {
	if u.bad || n > uint64(len(u.b)) {
		u.bad = true
		return nil
	}
	v := u.b[:n:n]
	u.b = u.b[n:]
	return v
}

func (u *unpack) uint() uint64 { return number(u, binary.Uvarint) }
func (u *unpack) int() int64   { return number(u, binary.Varint) }

// number takes a value of varying length; decode is one of package binary's.
func number[T int64 | uint64](u *unpack, decode func([]byte) (T, int)) T {
	v, n := decode(u.b)
	if n <= 0 || u.bad {
		u.bad = true
		return 0
	}
	u.b = u.b[n:]
	return v
}

func (u *unpack) byte() uint8 {
	if v := u.take(1); v != nil {
		return v[0]
	}
	return 0
}

func (u *unpack) bytes() []byte      { return u.take(u.uint()) }
func (u *unpack) string() string     { return string(u.bytes()) }
func (u *unpack) point() image.Point { return image.Pt(u.coordinate(), u.coordinate()) }
func (u *unpack) rect() image.Rectangle {
	return image.Rectangle{Min: u.point(), Max: u.point()}
}

// coordinate is a document pixel, within 32 bits.
func (u *unpack) coordinate() int {
	v := u.int()
	if v < math.MinInt32 || v > math.MaxInt32 {
		u.bad = true
		return 0
	}
	return int(v)
}

// count is a number of things of which each takes at least one byte of what is left.
func (u *unpack) count() int {
	n := u.uint()
	if n > uint64(len(u.b)) {
		u.bad = true
		return 0
	}
	return int(n)
}
