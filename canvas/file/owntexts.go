package file

import (
	"bytes"
	"compress/zlib"
	"encoding/binary"
	"encoding/json"
	"io"
	"maps"
	"slices"
	"strings"
	"unicode/utf16"
)

// Texts in a JPEG and a WebP: "parameters" is EXIF's UserComment, as A1111 writes and every
// tool of the field reads it; XMP has its own place; all others, for which there is none, are
// a packed list in segments APP10 (a JPEG's; as many as it takes) or a chunk (a WebP's), both
// of which readers that do not know them pass over.
const (
	ownPrefix = "Pentimento\x00"
	ownChunk  = "PNTM"
	params    = "parameters" // the key of A1111's text
)

// ownTexts are the texts of a picture by where they go.
type ownTexts struct {
	comment string // EXIF's UserComment
	xmp     string
	rest    []Text
}

// own sorts the meaning's texts and those of the picture.
func (m Meaning) own(texts []Text) (o ownTexts) {
	for _, t := range slices.Concat(m.Texts, texts) {
		switch t.Key {
		case params:
			o.comment = t.Text
		case xmpKey:
			o.xmp = t.Text
		default:
			o.rest = append(o.rest, t)
		}
	}
	if old := commentOf(m.EXIF); o.comment != "" && old != "" && !isParameters(old) {
		o.rest = append(o.rest, Text{"Comment", old}) // a photographer's, whose place the recipe takes
	}
	return o
}

// commentOf is the UserComment of an EXIF block, "" for none.
func commentOf(exif []byte) string {
	_, texts := exifTags(exif)
	for _, t := range texts {
		if t.Key == "UserComment" {
			return t.Text
		}
	}
	return ""
}

// isParameters says whether a comment is a recipe as A1111 writes one, and not what a
// photographer has to say.
func isParameters(comment string) bool {
	return strings.Contains(comment, "Seed: ") && strings.Contains(comment, "Size: ")
}

// packed is the rest, deflated; nil for none.
func (o ownTexts) packed() []byte {
	if len(o.rest) == 0 {
		return nil
	}
	data, err := json.Marshal(o.rest)
	if err != nil {
		return nil // strings alone: never
	}
	var b bytes.Buffer
	z := zlib.NewWriter(&b)
	z.Write(data) // into memory
	z.Close()
	return b.Bytes()
}

// unpackTexts reads what packed wrote; nil where it is damaged or too long.
func unpackTexts(b []byte) (out []Text) {
	z, err := zlib.NewReader(bytes.NewReader(b))
	if err != nil {
		return nil
	}
	data, err := io.ReadAll(io.LimitReader(z, maxTexts+1))
	if err != nil || len(data) > maxTexts || json.Unmarshal(data, &out) != nil {
		return nil
	}
	return out
}

// numbered puts parts together that come with their number and their count.
type numbered struct {
	parts map[int][]byte
	total int
	done  bool // they were handed out: what comes after is not looked at
}

// add takes a part; whole is all of them once the last one is there, and only then.
func (n *numbered) add(b []byte) (whole []byte) {
	if len(b) < 3 || b[0] == 0 || n.done || n.total+len(b) > maxProfile {
		return nil
	}
	if n.parts == nil {
		n.parts = map[int][]byte{}
	}
	n.parts[int(b[0])] = b[2:]
	n.total += len(b)
	if len(n.parts) < int(b[1]) {
		return nil
	}
	n.done = true
	for _, i := range slices.Sorted(maps.Keys(n.parts)) {
		whole = append(whole, n.parts[i]...)
	}
	return whole
}

// exif is the meaning's block with the picture's "parameters" as its UserComment; nil:
// nothing to tell.
func (m Meaning) exif(texts []Text) []byte {
	comment := m.own(texts).comment
	if comment == "" {
		return m.EXIF
	}
	return withComment(m.EXIF, comment)
}

// withComment is an EXIF block with a UserComment, in the byte order of A1111 and piexif.
func withComment(block []byte, comment string) []byte {
	x := openExif(block)
	data := []byte("UNICODE\x00")
	for _, u := range utf16.Encode([]rune(comment)) {
		data = binary.BigEndian.AppendUint16(data, u)
	}
	var sub []byte
	if at, ok := find(x.main, x.order, tagExif); ok {
		sub = entriesAt(x.block, x.order, x.order.Uint32(x.main[at+8:]))
	}
	sub = withEntry(sub, x.order, tagUserComment, 7, uint32(len(data)), x.put(data))
	x.main = withEntry(x.main, x.order, tagExif, 4, 1, x.put(directory(sub, x.order)))
	return x.close()
}

// withDensity is an EXIF block with PNG's pixels a metre, for a form that has no other place
// for it; the block itself where it has a density, or there is none to tell.
func withDensity(block, phys []byte) []byte {
	if len(phys) != 9 || phys[8] != 1 || exifDensity(block) != nil {
		return block
	}
	x := openExif(block)
	for i, tag := range []uint16{tagXRes, tagYRes} { // pixels a centimetre
		ratio := x.order.AppendUint32(nil, binary.BigEndian.Uint32(phys[4*i:]))
		x.main = withEntry(x.main, x.order, tag, 5, 1, x.put(x.order.AppendUint32(ratio, 100)))
	}
	unit := x.order.AppendUint16(nil, 3)
	x.main = withEntry(x.main, x.order, tagResUnit, 3, 1, x.order.Uint32(append(unit, 0, 0)))
	return x.close()
}

// exifBlock is an EXIF block that is being changed. The old one stays where it is, for what is
// in it points at places within (a camera's own notes do); what is new is added behind.
type exifBlock struct {
	block []byte
	order byteOrder
	main  []byte // the entries of the first directory
}

type byteOrder interface {
	binary.ByteOrder
	binary.AppendByteOrder
}

// openExif begins on a block, or on an empty one where there is none.
func openExif(block []byte) *exifBlock {
	x := &exifBlock{order: binary.BigEndian}
	order, err := tiffOrder(block)
	if err != nil {
		block = []byte("MM\x00*\x00\x00\x00\x08\x00\x00\x00\x00\x00\x00")
	} else if order == binary.LittleEndian {
		x.order = binary.LittleEndian
	}
	x.block = bytes.Clone(block)
	x.main = entriesAt(x.block, x.order, x.order.Uint32(x.block[4:]))
	return x
}

// put adds bytes and says where.
func (x *exifBlock) put(b []byte) uint32 {
	if len(x.block)%2 != 0 {
		x.block = append(x.block, 0)
	}
	at := len(x.block)
	x.block = append(x.block, b...)
	return uint32(at)
}

// close is the block with its new first directory.
func (x *exifBlock) close() []byte {
	first := x.put(directory(x.main, x.order))
	x.order.PutUint32(x.block[4:], first)
	return x.block
}

// entriesAt are the entries of the directory at a place, 12 bytes each; nil where it is damaged.
func entriesAt(b []byte, order binary.ByteOrder, at uint32) []byte {
	if uint64(at)+2 > uint64(len(b)) {
		return nil
	}
	n := int(order.Uint16(b[at:]))
	if n > maxEntries || int(at)+2+tagOffsetSize*n > len(b) {
		return nil
	}
	return bytes.Clone(b[int(at)+2:][:tagOffsetSize*n])
}

func find(entries []byte, order binary.ByteOrder, tag uint16) (at int, ok bool) {
	for at = 0; at < len(entries); at += tagOffsetSize {
		if order.Uint16(entries[at:]) == tag {
			return at, true
		}
	}
	return 0, false
}

// withEntry sets an entry among others, which ascend by their tag.
func withEntry(entries []byte, order binary.ByteOrder, tag, kind uint16, count, value uint32) []byte {
	e := make([]byte, tagOffsetSize)
	order.PutUint16(e, tag)
	order.PutUint16(e[2:], kind)
	order.PutUint32(e[4:], count)
	order.PutUint32(e[8:], value)
	if at, ok := find(entries, order, tag); ok {
		entries = slices.Delete(entries, at, at+tagOffsetSize)
	}
	at := 0
	for at < len(entries) && order.Uint16(entries[at:]) < tag {
		at += tagOffsetSize
	}
	return slices.Insert(entries, at, e...)
}

// directory is a directory of entries with none after it.
func directory(entries []byte, order binary.ByteOrder) []byte {
	b := make([]byte, 2, 2+len(entries)+4)
	order.PutUint16(b, uint16(len(entries)/tagOffsetSize))
	return append(append(b, entries...), 0, 0, 0, 0)
}
