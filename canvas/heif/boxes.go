package heif

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
)

// Bounds on what a file may ask for.
const (
	maxBoxes  = 1 << 14
	maxItems  = 1 << 12
	maxParts  = 1 << 10 // extents of one item
	maxItem   = 8 << 20 // bytes of an item or a profile that is kept
	maxNested = 4
)

var errBox = errors.New("heif: a box is damaged")

// box is one of a list.
type box struct {
	kind string
	body []byte
}

// boxes takes a list apart. A box that reaches beyond the end is cut off there.
func boxes(b []byte) []box {
	var out []box
	for len(b) >= 8 && len(out) < maxBoxes {
		n, head := uint64(binary.BigEndian.Uint32(b)), uint64(8)
		switch {
		case n == 1 && len(b) >= 16:
			n, head = binary.BigEndian.Uint64(b[8:]), 16
		case n == 0:
			n = uint64(len(b))
		}
		if n < head {
			return out
		}
		kind := string(b[4:8])
		n = min(n, uint64(len(b)))
		out = append(out, box{kind, b[head:n]})
		b = b[n:]
	}
	return out
}

func find(list []box, kind string) []byte {
	for _, x := range list {
		if x.kind == kind {
			return x.body
		}
	}
	return nil
}

// cursor reads big-endian numbers; beyond the end it reads zeros and says so.
type cursor struct {
	b     []byte
	short bool
}

// number reads one of 0, 1, 2, 4 or 8 bytes.
func (c *cursor) number(size int) uint64 {
	if len(c.b) < size {
		c.b, c.short = nil, true
		return 0
	}
	v := uint64(0)
	for _, x := range c.b[:size] {
		v = v<<8 | uint64(x)
	}
	c.b = c.b[size:]
	return v
}

// text reads up to a zero.
func (c *cursor) text() string {
	s, rest, ok := bytes.Cut(c.b, []byte{0})
	c.short = c.short || !ok
	c.b = rest
	return string(s)
}

// item is a picture or another thing in the file.
type item struct {
	kind, mime string
	hidden     bool
	spans      [][2]uint64 // from, size
	inside     bool        // of the box idat and not of the file
	properties []int
}

// Read reads the boxes of a file. The error of a file without a still picture says so.
func Read(b []byte) (*Info, error) {
	if len(b) < 16 || string(b[4:8]) != "ftyp" {
		return nil, io.ErrUnexpectedEOF
	}
	top := boxes(b)
	meta := find(top, "meta")
	if len(meta) < 4 {
		if find(top, "moov") != nil {
			return nil, Unread{"heif: a sequence without a still picture, which isn't read", "save a picture of it as PNG in another program"}
		}
		return nil, io.ErrUnexpectedEOF
	}
	list := boxes(meta[4:])
	items, err := readItems(find(list, "iinf"))
	if err != nil {
		return nil, err
	}
	if err := readPlaces(find(list, "iloc"), items); err != nil {
		return nil, err
	}
	prop := boxes(find(list, "iprp"))
	if err := readProperties(find(prop, "ipma"), items); err != nil {
		return nil, err
	}
	primary := cursor{b: find(list, "pitm")}
	id := primary.number(4)>>24 + 1 // version 0 has two bytes, 1 has four
	first := items[uint32(primary.number(int(2*id)))]
	if first == nil || primary.short {
		return nil, errors.New("heif: no picture that is the first")
	}
	for _, it := range items {
		if it.coded() && !it.inside && !it.within(b) {
			return nil, io.ErrUnexpectedEOF
		}
	}
	info := &Info{Codec: first.kind, Depth: 8, Orientation: 1, Pictures: 1}
	info.describe(first, boxes(find(prop, "ipco")))
	if first.kind == "grid" || first.kind == "iovl" || first.kind == "iden" { // made of others
		for _, it := range items {
			if it.coded() {
				info.Codec = it.kind
			}
		}
	}
	for _, x := range boxes(find(list, "iref")[min(4, len(find(list, "iref"))):]) {
		info.Alpha = info.Alpha || x.kind == "auxl"
	}
	info.extras(items, b, find(list, "idat"))
	return info, info.plausible(len(b))
}

func readItems(b []byte) (map[uint32]*item, error) {
	if len(b) < 6 {
		return nil, errBox
	}
	head := 6
	if b[0] > 0 {
		head = 8
	}
	out := map[uint32]*item{}
	for _, x := range boxes(b[min(head, len(b)):]) {
		c := cursor{b: x.body}
		version := c.number(1)
		flags := c.number(3)
		if x.kind != "infe" || version < 2 || len(out) >= maxItems {
			continue
		}
		id := uint32(c.number(map[uint64]int{2: 2, 3: 4}[version]))
		c.number(2) // protection
		it := &item{kind: fmt.Sprintf("%c%c%c%c", rune(c.number(1)), rune(c.number(1)), rune(c.number(1)), rune(c.number(1))), hidden: flags&1 != 0}
		if c.short {
			return nil, errBox
		}
		if c.text(); it.kind == "mime" {
			it.mime = c.text()
		}
		out[id] = it
	}
	return out, nil
}

// readPlaces reads where the bytes of the items are (iloc).
func readPlaces(b []byte, items map[uint32]*item) error {
	c := cursor{b: b}
	version := c.number(1)
	c.number(3)
	sizes := c.number(2)
	offset, length, base, index := int(sizes>>12), int(sizes>>8&15), int(sizes>>4&15), int(sizes&15)
	if version == 0 {
		index = 0
	}
	wide := 2
	if version > 1 {
		wide = 4
	}
	for range min(c.number(wide), maxItems) {
		it := items[uint32(c.number(wide))]
		if it == nil {
			it = &item{} // passed over
		}
		if version > 0 {
			it.inside = c.number(2)&15 == 1
		}
		c.number(2) // a file beside this one: none
		from := c.number(base)
		for range min(c.number(2), maxParts) {
			c.number(index)
			at := from + c.number(offset)
			it.spans = append(it.spans, [2]uint64{at, c.number(length)})
		}
		if c.short {
			return errBox
		}
	}
	return nil
}

// readProperties reads which properties are whose (ipma).
func readProperties(b []byte, items map[uint32]*item) error {
	c := cursor{b: b}
	version, flags := c.number(1), c.number(3)
	wide := 2
	if version > 0 {
		wide = 4
	}
	for range min(c.number(4), maxItems) {
		it := items[uint32(c.number(wide))]
		for range c.number(1) {
			n := c.number(1) & 127
			if flags&1 != 0 {
				n = n<<8 | c.number(1)
			}
			if it != nil {
				it.properties = append(it.properties, int(n))
			}
		}
		if c.short {
			return errBox
		}
	}
	return nil
}

// coded says whether an item is pixels.
func (it *item) coded() bool { return it.kind == "av01" || it.kind == "hvc1" || it.kind == "hev1" }

func (it *item) within(b []byte) bool {
	for _, s := range it.spans {
		if s[0] > uint64(len(b)) || s[1] > uint64(len(b))-s[0] {
			return false
		}
	}
	return true
}

// bytesOf puts an item's bytes together, nil where they are not in the file or too many.
func (it *item) bytesOf(file, inside []byte) []byte {
	from := file
	if it.inside {
		from = inside
	}
	if !it.within(from) {
		return nil
	}
	var out []byte
	for _, s := range it.spans {
		if len(out)+int(s[1]) > maxItem {
			return nil
		}
		out = append(out, from[s[0]:s[0]+s[1]]...)
	}
	return out
}
