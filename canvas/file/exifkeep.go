package file

import (
	"bytes"
	"encoding/binary"
	"slices"
)

// More tags, of what is kept and not read.
const (
	tagSoftware   = 0x0131
	tagDateTime   = 0x0132
	tagArtist     = 0x013b
	tagXRes       = 0x011a
	tagYRes       = 0x011b
	tagResUnit    = 0x0128
	tagThumbAt    = 0x0201
	tagThumbSize  = 0x0202
	tagXMP        = 0x02bc
	tagCopyright  = 0x8298
	tagProfile    = 0x8773
	tagOffsetSize = 12
)

// upright is a copy of an EXIF block that says the picture is stored as it is shown, and
// without the small picture, which would show what was there before; nil: it is no block.
func upright(b []byte) []byte {
	b = bytes.Clone(b)
	order, err := tiffOrder(b)
	if err != nil {
		return nil
	}
	at := order.Uint32(b[4:])
	if uint64(at)+2 > uint64(len(b)) {
		return nil
	}
	n := int(order.Uint16(b[at:]))
	next := int(at) + 2 + tagOffsetSize*n
	if n > maxEntries || next > len(b) {
		return nil
	}
	for i := range n {
		e := b[int(at)+2+tagOffsetSize*i:]
		if order.Uint16(e) != tagOrientation {
			continue
		}
		switch order.Uint16(e[2:]) {
		case 3:
			order.PutUint16(e[8:], 1)
		case 4:
			order.PutUint32(e[8:], 1)
		}
	}
	if next+4 > len(b) {
		return b
	}
	small := order.Uint32(b[next:])
	order.PutUint32(b[next:], 0)
	if small == 0 {
		return b
	}
	tags, _, err := ifd(b, small)
	if err != nil {
		return b
	}
	from, size := uint64(tags[tagThumbAt].number(order)), uint64(tags[tagThumbSize].number(order))
	if from < 8 || from+size > uint64(len(b)) {
		return b
	}
	clear(b[from : from+size])
	if from+size == uint64(len(b)) && from > uint64(next)+4 {
		b = b[:from]
	}
	return b
}

// exifDensity is the resolution that an EXIF block or a TIFF file tells, nil for none.
func exifDensity(b []byte) []byte {
	tags, order, err := firstIFD(b)
	if err != nil {
		return nil
	}
	metres := 0.0254
	if e, ok := tags[tagResUnit]; ok {
		metres = map[uint32]float64{2: 0.0254, 3: 0.01}[e.number(order)]
	}
	return density(tags[tagXRes].ratio(order), tags[tagYRes].ratio(order), metres)
}

// ratio is the first value of a RATIONAL entry, 0 when there is none.
func (e entry) ratio(order binary.ByteOrder) float64 {
	if e.kind != 5 || len(e.data) < 8 || order.Uint32(e.data[4:]) == 0 {
		return 0
	}
	return float64(order.Uint32(e.data)) / float64(order.Uint32(e.data[4:]))
}

// fromTIFF takes over what a TIFF says among the tags of its pixels: profile, XMP and the
// author's lines, of which an EXIF block is made.
func (g *gatherer) fromTIFF(b []byte) {
	tags, _, err := firstIFD(b)
	if err != nil {
		return
	}
	g.iptc(tags[tagIPTC].data)
	g.iptc(resource(tags[tagPhotoshop].data, resourceIPTC))
	if p := tags[tagProfile].data; len(p) > 0 && len(p) <= maxProfile {
		g.m.Profile = bytes.Clone(p)
	}
	if x := tags[tagXMP].data; len(x) > 0 {
		g.text(Text{xmpKey, string(bytes.TrimRight(x, "\x00"))})
	}
	var lines []tagLine
	for _, tag := range []uint16{tagDescription, tagMake, tagModel, tagSoftware, tagDateTime, tagArtist, tagCopyright} {
		if e := tags[tag]; e.kind == 2 && len(e.data) > 1 && len(e.data) < maxExif/8 {
			lines = append(lines, tagLine{tag, e.data})
		}
	}
	g.m.EXIF = exifOf(lines)
}

type tagLine struct {
	tag  uint16
	text []byte
}

// exifOf is an EXIF block of lines of ASCII, nil for none. Tags must ascend.
func exifOf(lines []tagLine) []byte {
	if len(lines) == 0 {
		return nil
	}
	le := binary.LittleEndian
	out := le.AppendUint16([]byte("II*\x00\x08\x00\x00\x00"), uint16(len(lines)))
	var far []byte
	start := 8 + 2 + tagOffsetSize*len(lines) + 4
	for _, l := range lines {
		out = le.AppendUint16(le.AppendUint16(out, l.tag), 2)
		out = le.AppendUint32(out, uint32(len(l.text)))
		if len(l.text) <= 4 {
			out = append(out, slices.Concat(l.text, make([]byte, 4))[:4]...)
			continue
		}
		out = le.AppendUint32(out, uint32(start+len(far)))
		if far = append(far, l.text...); len(far)%2 != 0 {
			far = append(far, 0)
		}
	}
	return append(le.AppendUint32(out, 0), far...)
}
