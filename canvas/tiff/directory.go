package tiff

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math"
)

// The tags that are read.
const (
	tagSubfile, tagWidth, tagHeight, tagBits, tagCompression, tagPhotometric = 254, 256, 257, 258, 259, 262
	tagFillOrder, tagStrips, tagSamples, tagRows, tagStripSizes              = 266, 273, 277, 278, 279
	tagPlanar, tagFax3, tagFax4, tagPredictor, tagPalette                    = 284, 292, 293, 317, 320
	tagTileWidth, tagTileHeight, tagTiles, tagTileSizes                      = 322, 323, 324, 325
	tagInks, tagExtra, tagFormat, tagJPEGTables                              = 332, 338, 339, 347
)

// The photometric interpretations.
const (
	whiteIsZero, blackIsZero, rgb, palette, mask, cmyk, ycbcr = 0, 1, 2, 3, 4, 5, 6
)

// Bounds on what a file may ask for.
const (
	maxTags    = 4096
	maxValues  = 1 << 22
	maxPages   = 10000
	maxSide    = 1 << 16
	maxSamples = 32
)

// page is the first page of a file.
type page struct {
	b     []byte
	order binary.ByteOrder
	big   bool
	tags  map[uint16]entry

	width, height, samples, bits, format int
	photometric, compression, predictor  int
	planar                               bool
	extra                                []uint64 // what the channels behind the colours are
	chunkW, chunkH                       int
	offsets, sizes                       []uint64
}

// entry is a tag's values as they are stored.
type entry struct {
	kind  uint16
	count uint64
	data  []byte
}

// sizeOf are the bytes of a value by its kind.
var sizeOf = map[uint16]uint64{1: 1, 2: 1, 3: 2, 4: 4, 5: 8, 6: 1, 7: 1, 8: 2, 9: 4, 10: 8, 11: 4, 12: 8, 13: 4, 16: 8, 17: 8, 18: 8}

func readPage(b []byte) (*page, error) {
	p, at, err := header(b)
	if err != nil {
		return nil, err
	}
	if p.tags, _, err = p.directory(at); err != nil {
		return nil, err
	}
	return p, p.settle()
}

// header reads the byte order and where the first directory is.
func header(b []byte) (p *page, first uint64, err error) {
	p = &page{b: b}
	if len(b) < 16 {
		return nil, 0, io.ErrUnexpectedEOF
	}
	switch string(b[:2]) {
	case "II":
		p.order = binary.LittleEndian
	case "MM":
		p.order = binary.BigEndian
	default:
		return nil, 0, errors.New("tiff: no TIFF header")
	}
	at := uint64(p.order.Uint32(b[4:]))
	switch v := p.order.Uint16(b[2:]); v {
	case 42:
	case 43:
		p.big, at = true, p.order.Uint64(b[8:])
	default:
		return nil, 0, fmt.Errorf("tiff: version %d, want 42 or 43", v)
	}
	return p, at, nil
}

// directory reads the tags at an offset; those that point outside the file are left out.
func (p *page) directory(at uint64) (map[uint16]entry, uint64, error) {
	list, size, next, err := p.span(at)
	if err != nil {
		return nil, 0, err
	}
	inline := uint64(4)
	if p.big {
		inline = 8
	}
	tags := map[uint16]entry{}
	for ; len(list) > 0; list = list[size:] {
		e := list[:size]
		v := entry{kind: p.order.Uint16(e[2:]), count: uint64(p.order.Uint32(e[4:]))}
		field := e[8:12]
		if p.big {
			v.count, field = p.order.Uint64(e[4:]), e[12:20]
		}
		one := sizeOf[v.kind]
		if one == 0 || v.count == 0 || v.count > uint64(len(p.b)) {
			continue
		}
		if bytes := one * v.count; bytes <= inline {
			v.data = field[:bytes]
		} else {
			from := p.word(field)
			if from > uint64(len(p.b)) || uint64(len(p.b))-from < bytes {
				continue
			}
			v.data = p.b[from : from+bytes]
		}
		tags[p.order.Uint16(e)] = v
	}
	return tags, next, nil
}

// span is the entries of the directory at an offset, the bytes of each, and where the next
// directory is.
func (p *page) span(at uint64) (list []byte, size int, next uint64, err error) {
	head, one, inline := uint64(2), uint64(12), uint64(4)
	if p.big {
		head, one, inline = 8, 20, 8
	}
	if at > uint64(len(p.b)) || uint64(len(p.b))-at < head {
		return nil, 0, 0, io.ErrUnexpectedEOF
	}
	n := uint64(p.order.Uint16(p.b[at:]))
	if p.big {
		n = p.order.Uint64(p.b[at:])
	}
	if n > maxTags {
		return nil, 0, 0, fmt.Errorf("tiff: a directory of %d tags, want at most %d", n, maxTags)
	}
	at += head
	if uint64(len(p.b))-at < n*one+inline {
		return nil, 0, 0, io.ErrUnexpectedEOF
	}
	list = p.b[at : at+n*one]
	at += n * one
	return list, int(one), p.word(p.b[at : at+inline]), nil
}

// word is an offset of 4 or 8 bytes.
func (p *page) word(b []byte) uint64 {
	if len(b) == 8 {
		return p.order.Uint64(b)
	}
	return uint64(p.order.Uint32(b))
}

// values are a tag's whole numbers, nil for none.
func (p *page) values(tag uint16) []uint64 {
	e := p.tags[tag]
	if e.count > maxValues {
		return nil
	}
	return e.values(p.order)
}

func (e entry) values(order binary.ByteOrder) []uint64 {
	out := make([]uint64, 0, e.count)
	for i := range e.count {
		switch e.kind {
		case 1, 7:
			out = append(out, uint64(e.data[i]))
		case 3:
			out = append(out, uint64(order.Uint16(e.data[2*i:])))
		case 4, 13:
			out = append(out, uint64(order.Uint32(e.data[4*i:])))
		case 16, 18:
			out = append(out, order.Uint64(e.data[8*i:]))
		default:
			return nil
		}
	}
	return out
}

// first is a tag's first number, or what a missing tag means.
func (p *page) first(tag uint16, missing int) int {
	e := p.tags[tag]
	e.count = min(e.count, 1) // a long list must not be read for its head, chunk after chunk
	v := e.values(p.order)
	if len(v) == 0 || v[0] > math.MaxInt32 {
		return missing
	}
	return int(v[0])
}

// settle reads what the pixels are and checks it against the file.
func (p *page) settle() error {
	p.width, p.height = p.first(tagWidth, 0), p.first(tagHeight, 0)
	p.samples, p.format = p.first(tagSamples, 1), p.first(tagFormat, 1)
	p.photometric, p.compression, p.predictor = p.first(tagPhotometric, blackIsZero), p.first(tagCompression, 1), p.first(tagPredictor, 1)
	p.planar = p.first(tagPlanar, 1) == 2 && p.samples > 1
	if p.width < 1 || p.height < 1 || p.width > maxSide || p.height > maxSide || p.samples < 1 || p.samples > maxSamples {
		return fmt.Errorf("tiff: %d×%d pixels of %d channels", p.width, p.height, p.samples)
	}
	bits := p.values(tagBits)
	if len(bits) == 0 {
		bits = []uint64{1}
	}
	bits = bits[:min(len(bits), p.samples)]
	p.bits = int(bits[0])
	for _, n := range bits {
		if n != bits[0] {
			return unread("channels of %v bits", bits)
		}
	}
	p.extra = p.values(tagExtra)
	p.extra = p.extra[:min(len(p.extra), p.samples)]
	if err := p.form(); err != nil {
		return err
	}
	return p.chunks()
}

// form refuses the forms that are not read, by name.
func (p *page) form() error {
	least := map[int]int{whiteIsZero: 1, blackIsZero: 1, rgb: 3, palette: 1, mask: 1, cmyk: 4, ycbcr: 3}[p.photometric]
	switch float := p.format == 3; {
	case least == 0:
		return unread("colour model %d", p.photometric)
	case p.photometric == ycbcr && p.compression != 7:
		return unread("YCbCr without JPEG")
	case p.samples < least:
		return fmt.Errorf("tiff: %d channels, want %d", p.samples, least)
	case p.photometric == cmyk && p.first(tagInks, 1) != 1:
		return unread("ink set %d", p.first(tagInks, 1))
	case p.faxed() && (p.bits != 1 || p.samples != 1 && !p.planar):
		return fmt.Errorf("tiff: a fax of %d channels of %d bits", p.samples, p.bits)
	case float && p.bits != 16 && p.bits != 32 && p.bits != 64:
		return unread("floating point of %d bits", p.bits)
	case !float && p.format != 1 && p.format != 4:
		return unread("sample format %d", p.format)
	case !float && p.bits != 1 && p.bits != 2 && p.bits != 4 && p.bits != 8 && p.bits != 10 && p.bits != 12 && p.bits != 14 && p.bits != 16 && p.bits != 32:
		return unread("%d bits a channel", p.bits)
	case p.photometric == palette && (p.bits > 8 || len(p.values(tagPalette)) < 3<<p.bits):
		return errors.New("tiff: no palette of its size")
	}
	return nil
}

// chunks reads where the strips or tiles are.
func (p *page) chunks() error {
	p.chunkW, p.chunkH = p.width, min(p.first(tagRows, p.height), p.height)
	p.offsets, p.sizes = p.values(tagStrips), p.values(tagStripSizes)
	if _, tiled := p.tags[tagTiles]; tiled {
		p.chunkW, p.chunkH = p.first(tagTileWidth, 0), p.first(tagTileHeight, 0)
		p.offsets, p.sizes = p.values(tagTiles), p.values(tagTileSizes)
	}
	if p.chunkW < 1 || p.chunkH < 1 || p.chunkW > 2*maxSide || p.chunkH > 2*maxSide {
		return fmt.Errorf("tiff: chunks of %d×%d pixels", p.chunkW, p.chunkH)
	}
	want := p.across() * p.down() * p.planes()
	if len(p.sizes) == 0 && len(p.offsets) == 1 && want == 1 && p.compression == 1 { // old writers leave the size out
		p.sizes = []uint64{uint64(len(p.b)) - min(p.offsets[0], uint64(len(p.b)))}
	}
	if len(p.offsets) < want || len(p.sizes) < want {
		return fmt.Errorf("tiff: %d chunks of pixels, want %d", min(len(p.offsets), len(p.sizes)), want)
	}
	return p.plausible(want)
}

// A picture above some size must have bytes for its pixels, packed this often at most: a
// small file must not ask for much memory. A fax packs rows of white into a bit. Chunks may
// share bytes, as some writers do with blank tiles, but not without end: each is unpacked.
const (
	plausibleBytes = 64 << 20
	plausibleRatio = 300
	maxShared      = 16
)

func (p *page) plausible(chunks int) error {
	packed, size := uint64(0), uint64(len(p.b))
	for _, n := range p.sizes[:chunks] {
		packed += min(n, size)
	}
	if packed > maxShared*size {
		return fmt.Errorf("tiff: %d chunks of %d bytes in a file of %d", chunks, packed, size)
	}
	packed = min(packed, size)
	// The chunks' own pixels count: a tile may be far larger than the picture.
	across, down := uint64(p.across()*p.chunkW), uint64(p.down()*p.chunkH)
	pixels := across * down
	unpacked := pixels * uint64(p.samples) * uint64(max(p.bits, 8)) / 8
	if unpacked > plausibleBytes && unpacked > plausibleRatio*packed && (!p.faxed() || pixels > packed*across*8) {
		return fmt.Errorf("tiff: %d bytes of pixels, too few for %d×%d", packed, p.width, p.height)
	}
	return nil
}

func (p *page) across() int { return (p.width + p.chunkW - 1) / p.chunkW }
func (p *page) down() int   { return (p.height + p.chunkH - 1) / p.chunkH }

func (p *page) planes() int {
	if p.planar {
		return p.samples
	}
	return 1
}

// deep says whether a channel has more than 8 bits.
func (p *page) deep() bool { return p.bits > 8 }

// colours is how many channels the colour model has.
func (p *page) colours() int {
	switch p.photometric {
	case rgb, ycbcr:
		return 3
	case cmyk:
		return 4
	}
	return 1
}

// alpha is the channel of alpha, −1 for none.
func (p *page) alpha() int {
	for i, v := range p.extra {
		if c := p.colours() + i; (v == 1 || v == 2) && c < p.samples {
			return c
		}
	}
	return -1
}

// associated says whether colours are multiplied by alpha.
func (p *page) associated() bool {
	i := p.alpha() - p.colours()
	return i >= 0 && i < len(p.extra) && p.extra[i] == 1
}
