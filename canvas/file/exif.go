package file

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"io"
	"math"
	"slices"
	"unicode/utf16"
	"unicode/utf8"

	"pentimento/canvas/tiff"
)

// TIFF and EXIF tags that are read.
const (
	tagCompression  = 0x0103
	tagPhotometric  = 0x0106
	tagDescription  = 0x010e
	tagMake         = 0x010f
	tagModel        = 0x0110
	tagOrientation  = 0x0112
	tagSamples      = 0x0115
	tagPlanar       = 0x011c
	tagExif         = 0x8769
	tagUserComment  = 0x9286
	maxEntries      = 1024
	maxExif         = 4 << 20
	exifPrefix      = "Exif\x00\x00"
	maxHeaderChunks = 1 << 16
)

// entry is one tag of an image file directory.
type entry struct {
	kind  uint16 // 2 ASCII, 3 SHORT, 4 LONG, 5 RATIONAL, 7 UNDEFINED
	count uint32
	data  []byte // as stored, in the file's byte order
}

// ifd reads the directory at off of a TIFF structure. Entries that point outside are
// left out: a damaged tag must not hide the others.
func ifd(b []byte, off uint32) (map[uint16]entry, binary.ByteOrder, error) {
	order, err := tiffOrder(b)
	if err != nil {
		return nil, nil, err
	}
	if uint64(off)+2 > uint64(len(b)) {
		return nil, nil, fmt.Errorf("exif: directory at byte %d, want within %d bytes", off, len(b))
	}
	n := int(order.Uint16(b[off:]))
	if n > maxEntries {
		return nil, nil, fmt.Errorf("exif: directory of %d entries, want at most %d", n, maxEntries)
	}
	tags := make(map[uint16]entry)
	for i := range n {
		at := int(off) + 2 + 12*i
		if at+12 > len(b) {
			break
		}
		e := entry{kind: order.Uint16(b[at+2:]), count: order.Uint32(b[at+4:])}
		size := map[uint16]uint64{1: 1, 2: 1, 3: 2, 4: 4, 5: 8, 6: 1, 7: 1, 8: 2, 9: 4, 10: 8}[e.kind] * uint64(e.count)
		start := uint64(at + 8)
		if size > 4 {
			start = uint64(order.Uint32(b[at+8:]))
		}
		if size == 0 || start+size > uint64(len(b)) {
			continue
		}
		e.data = b[start : start+size]
		tags[order.Uint16(b[at:])] = e
	}
	return tags, order, nil
}

// firstIFD is the first directory of a TIFF structure, also of a BigTIFF.
func firstIFD(b []byte) (map[uint16]entry, binary.ByteOrder, error) {
	order, err := tiffOrder(b)
	if err == nil {
		return ifd(b, order.Uint32(b[4:]))
	}
	big, order, bigErr := tiff.Tags(b)
	if bigErr != nil {
		return nil, nil, err
	}
	tags := make(map[uint16]entry, len(big))
	for k, t := range big {
		tags[k] = entry{t.Kind, uint32(min(t.Count, math.MaxUint32)), t.Data}
	}
	return tags, order, nil
}

func tiffOrder(b []byte) (binary.ByteOrder, error) {
	switch {
	case len(b) >= 8 && string(b[:4]) == "II*\x00":
		return binary.LittleEndian, nil
	case len(b) >= 8 && string(b[:4]) == "MM\x00*":
		return binary.BigEndian, nil
	}
	return nil, fmt.Errorf("exif: %d bytes that do not begin with a TIFF header", len(b))
}

// number returns the first value of a SHORT or LONG entry, 0 when there is none.
func (e entry) number(order binary.ByteOrder) uint32 {
	switch {
	case e.kind == 3 && len(e.data) >= 2:
		return uint32(order.Uint16(e.data))
	case e.kind == 4 && len(e.data) >= 4:
		return order.Uint32(e.data)
	}
	return 0
}

// exifTags reads what we use of an EXIF block: the orientation (1 when it has none) and
// the texts. The block may begin with "Exif\0\0".
func exifTags(b []byte) (orientation int, texts []Text) {
	b = bytes.TrimPrefix(b, []byte(exifPrefix))
	orientation = 1
	main, order, err := firstIFD(b)
	if err != nil {
		return orientation, nil
	}
	if v := main[tagOrientation].number(order); v >= 1 && v <= 8 {
		orientation = int(v)
	}
	for _, t := range []struct {
		tag uint16
		key string
	}{{tagDescription, "ImageDescription"}, {tagMake, "Make"}, {tagModel, "Model"}} {
		if s := plainText(main[t.tag].data); s != "" {
			texts = append(texts, Text{t.key, s})
		}
	}
	if at, ok := main[tagExif]; ok {
		if sub, _, err := ifd(b, at.number(order)); err == nil {
			if s := userComment(sub[tagUserComment].data); s != "" {
				texts = append(texts, Text{"UserComment", s})
			}
		}
	}
	return orientation, texts
}

// commentHeads are what stands before the text of a UserComment: eight bytes name the
// character set, and what sloppy writers put there instead.
var commentHeads = []string{"UNICODE\x00", "UNICODE ", "ASCII\x00\x00\x00", "ASCII   ", "UTF-8\x00\x00\x00", "UTF8\x00\x00\x00\x00", "\x00\x00\x00\x00\x00\x00\x00\x00",
	"charset=Unicode ", "charset=UNICODE ", "charset=\"Unicode\" ", "charset=Ascii ", "charset=ASCII ", "charset=\"Ascii\" ", "charset=UTF-8 ", "charset=InvalidCharsetId "}

// userComment decodes EXIF's UserComment. The name of the character set is not believed
// where the bytes say another: UTF-8 has no zeros within, UTF-16 has many.
func userComment(b []byte) string {
	for _, head := range commentHeads {
		if rest, ok := bytes.CutPrefix(b, []byte(head)); ok {
			b = rest
			text := bytes.TrimRight(b, "\x00")
			if head == "UNICODE\x00" && !(utf8.Valid(text) && !bytes.Contains(text, []byte{0}) && looksPlain(text)) {
				return wideText(b)
			}
			break
		}
	}
	if zeros := bytes.Count(bytes.TrimRight(b, "\x00"), []byte{0}); zeros > 0 && zeros >= len(b)/4 {
		return wideText(b)
	}
	return plainText(b)
}

// looksPlain says whether bytes that could be UTF-8 or UTF-16 without a zero are the former:
// mostly letters of ASCII.
func looksPlain(b []byte) bool {
	letters := 0
	for _, c := range b {
		if c >= ' ' && c < 0x7f || c == '\n' {
			letters++
		}
	}
	return letters*4 >= len(b)*3
}

// wideText decodes UTF-16. The standard leaves the byte order open and writers differ, so
// a mark decides, or else where the zero bytes of the Latin letters lie.
func wideText(b []byte) string {
	var order binary.ByteOrder = binary.BigEndian
	var zeros [2]int
	for i, v := range b {
		if v == 0 {
			zeros[i&1]++
		}
	}
	switch {
	case len(b) >= 2 && b[0] == 0xff && b[1] == 0xfe:
		order, b = binary.LittleEndian, b[2:]
	case len(b) >= 2 && b[0] == 0xfe && b[1] == 0xff:
		b = b[2:]
	case zeros[1] > zeros[0]:
		order = binary.LittleEndian
	}
	units := make([]uint16, len(b)/2)
	for i := range units {
		units[i] = order.Uint16(b[2*i:])
	}
	if end := slices.Index(units, 0); end >= 0 {
		units = units[:end]
	}
	return string(utf16.Decode(units))
}

// plainText decodes bytes up to the first zero: UTF-8 where they are, Latin-1 otherwise.
func plainText(b []byte) string {
	if end := bytes.IndexByte(b, 0); end >= 0 {
		b = b[:end]
	}
	if utf8.Valid(b) {
		return string(b)
	}
	return fromLatin1(b)
}

func fromLatin1(b []byte) string {
	runes := make([]rune, len(b))
	for i, v := range b {
		runes[i] = rune(v)
	}
	return string(runes)
}

// readOrientation finds the orientation of a picture file; 1 when it says none.
func readOrientation(r io.ReadSeeker, format string) int {
	orientation := 1
	upright := slices.Contains([]string{"AVIF", "HEIC", "HEIF", "JPEG XL", "PSD"}, format) // there EXIF's doesn't count
	walk(r, format, func(kind string, b []byte) {
		if kind == "turn" {
			orientation = int(b[0])
		} else if (kind == "exif" || kind == "tiff") && !upright {
			orientation, _ = exifTags(b)
		}
	})
	return orientation
}
