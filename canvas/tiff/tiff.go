// Package tiff decodes the TIFF files that golang.org/x/image/tiff refuses or reads wrongly:
// BigTIFF, channels stored apart (planar), CMYK, floating point, grey with alpha, JPEG
// within TIFF, CCITT fax of every kind, 32-bit integers, tiles of any of these.
//
// Start at DecodeConfig and Decode. directory.go reads the tags of the first page, chunks.go
// unpacks strips and tiles, pixels.go turns samples into colours.
//
// The format is TIFF 6.0 (Adobe, 1992) with its supplements; BigTIFF is AWare's.
//
// 2026-11-27: by hand, beside x/image/tiff, which still reads the usual forms: no kept-up Go
// module reads these, and libtiff would need C on every system.
package tiff

import (
	"encoding/binary"
	"fmt"
	"image"
	"image/color"
)

// Config is what the first page is.
type Config struct {
	Width, Height int
	Deep          bool // more than 8 bits a channel
	Alpha         bool
}

// Model is a colour model of as many bits as what Decode returns, without alpha where that
// has none.
func (c Config) Model() color.Model {
	switch {
	case c.Deep && c.Alpha:
		return color.NRGBA64Model
	case c.Deep:
		return color.RGBA64Model
	case c.Alpha:
		return color.NRGBAModel
	}
	return color.RGBAModel
}

// DecodeConfig reads the directory of the first page. The error of a form that is not read
// says which.
func DecodeConfig(b []byte) (Config, error) {
	d, err := readPage(b)
	if err != nil {
		return Config{}, err
	}
	return Config{d.width, d.height, d.deep(), d.alpha() >= 0}, nil
}

// Decode reads the first page: an *image.Gray, *image.Paletted, *image.NRGBA or *image.CMYK,
// or an *image.NRGBA64 of a deep one. A chunk that is damaged is an error; nothing is
// allocated for pixels before sizes are checked.
func Decode(b []byte) (image.Image, error) {
	d, err := readPage(b)
	if err != nil {
		return nil, err
	}
	return d.decode()
}

// Tag is a tag's values as they are stored, in the file's byte order.
type Tag struct {
	Kind  uint16 // of TIFF 6.0: 1 BYTE, 2 ASCII, 3 SHORT, 4 LONG, 5 RATIONAL, 7 UNDEFINED …
	Count uint64
	Data  []byte // part of the file
}

// Tags are those of the first page of the file in b, of any kind of TIFF.
func Tags(b []byte) (map[uint16]Tag, binary.ByteOrder, error) {
	p, at, err := header(b)
	if err != nil {
		return nil, nil, err
	}
	tags, _, err := p.directory(at)
	if err != nil {
		return nil, nil, err
	}
	out := make(map[uint16]Tag, len(tags))
	for k, e := range tags {
		out[k] = Tag{e.kind, e.count, e.data}
	}
	return out, p.order, nil
}

// Pages counts the pages of a file without reading any, up to 10000; reduced copies of a
// page and masks, which have a page of their own, don't count. What is damaged ends it.
func Pages(b []byte) int {
	p, at, err := header(b)
	n, seen := 0, map[uint64]bool{}
	for ; err == nil && at != 0 && len(seen) < maxPages && !seen[at]; n++ {
		seen[at] = true
		var tags map[uint16]entry
		if tags, at, err = p.directory(at); err != nil {
			return n
		}
		p.tags = tags
		if p.first(tagSubfile, 0)&^2 != 0 {
			n--
		}
	}
	return n
}

// Unread is a form of TIFF that is known and not read: nothing is wrong with the file.
type Unread string

// Error names the form.
func (u Unread) Error() string { return "tiff: " + string(u) + ", which isn't read" }

func unread(format string, a ...any) error { return Unread(fmt.Sprintf(format, a...)) }
