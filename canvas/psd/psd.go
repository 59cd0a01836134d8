// Package psd reads Photoshop's files (PSD, and PSB, the large form): the flattened picture,
// the layers that are pixels, and what the file says of its colours. It writes PSD of 8 bits.
//
// Start at Read, which reads everything but pixels. Document.Composite is the picture as
// Photoshop showed it; Document.Each hands out the layers, the lowest first, one at a time.
// layers.go reads their list, channels.go unpacks channels, pixels.go turns them into colours.
// Write (write.go) makes a file of layers and the flattened picture.
//
// The format is Adobe's "Photoshop File Formats Specification" (2019).
//
// 2026-11-27: by hand: the Go modules for it cannot be had here or are not kept up, and what
// is wanted is small.
package psd

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
)

// The colour modes.
const (
	bitmap, grey, indexed, rgb, cmyk, multichannel, duotone, lab = 0, 1, 2, 3, 4, 7, 8, 9
)

// Bounds on what a file may ask for.
const (
	maxSide     = 300000 // the format's own
	maxChannels = 56
	maxLayers   = 8000
	maxName     = 255
)

// Document is a file without its pixels.
type Document struct {
	Width, Height int
	Depth         int // bits a channel: 1, 8 or 16
	// Resources of the file, nil for none.
	Profile, EXIF, XMP, IPTC []byte
	Own                      []byte     // what Write was given as Own
	PerMetre                 [2]float64 // pixels a metre, across and down; 0: not said
	// Merged says that the flattened picture is there; without it only layers show something.
	Merged bool
	// Layers counts those that Each hands out.
	Layers int
	// Notes are plain sentences on what of the layers cannot be handed out as it is.
	Notes []string

	large    bool // PSB: sizes of 8 bytes
	mode     int
	channels int
	palette  []byte
	clear    int    // the palette's transparent index, −1 for none
	alpha    bool   // the first channel behind the colours is the picture's transparency
	merged   []byte // the flattened picture: its packing, then its channels
	layers   []record
	convert  func(c, m, y, k uint8) (r, g, b uint8)
}

// Unread is a form that is known and not read: nothing is wrong with the file.
type Unread string

func (u Unread) Error() string { return "psd: " + string(u) + ", which isn't read" }

// Hint is what can be done about it.
func (u Unread) Hint() string {
	return "the file is sound: in the program it comes from, convert it to RGB of 8 or 16 bits, or save it as PNG"
}

// reader reads big-endian numbers; beyond the end it reads zeros and says so.
type reader struct {
	b     []byte
	short bool
}

func (r *reader) take(n uint64) []byte {
	if n > uint64(len(r.b)) {
		r.b, r.short = nil, true
		return nil
	}
	out := r.b[:n]
	r.b = r.b[n:]
	return out
}

func (r *reader) u8() int {
	if b := r.take(1); b != nil {
		return int(b[0])
	}
	return 0
}

func (r *reader) u16() int {
	if b := r.take(2); b != nil {
		return int(binary.BigEndian.Uint16(b))
	}
	return 0
}

func (r *reader) u32() uint64 {
	if b := r.take(4); b != nil {
		return uint64(binary.BigEndian.Uint32(b))
	}
	return 0
}

// size is a length of 4 bytes, or of 8 in a large file where wide is set.
func (r *reader) size(wide bool) uint64 {
	if !wide {
		return r.u32()
	}
	if b := r.take(8); b != nil {
		return binary.BigEndian.Uint64(b)
	}
	return 0
}

// Read reads the file in b, which must not change. The error of a form that is not read is
// an Unread. A file whose layers are damaged still has its flattened picture.
func Read(b []byte) (*Document, error) {
	r := reader{b: b}
	if string(r.take(4)) != "8BPS" {
		return nil, errors.New("psd: no Photoshop header")
	}
	version := r.u16()
	r.take(6)
	d := &Document{channels: r.u16(), clear: -1, Merged: true, large: version == 2}
	d.Height, d.Width = int(r.u32()), int(r.u32())
	d.Depth, d.mode = r.u16(), r.u16()
	switch {
	case r.short:
		return nil, io.ErrUnexpectedEOF
	case version != 1 && version != 2:
		return nil, fmt.Errorf("psd: version %d, want 1 or 2", version)
	case d.Width < 1 || d.Height < 1 || d.Width > maxSide || d.Height > maxSide || d.channels < 1 || d.channels > maxChannels:
		return nil, fmt.Errorf("psd: %d×%d pixels of %d channels", d.Width, d.Height, d.channels)
	}
	// A byte of deflate is at most 1032 others; what is packed otherwise is judged when it is unpacked.
	const small, most = 1 << 24, 1032
	if n := d.Width * d.Height; n > small && n/most > len(b) {
		return nil, io.ErrUnexpectedEOF
	}
	if err := d.form(); err != nil {
		return nil, err
	}
	d.palette = r.take(r.u32())
	if d.mode == indexed && len(d.palette) < 3*256 && !r.short {
		return nil, fmt.Errorf("psd: a palette of %d bytes, want 768", len(d.palette))
	}
	d.resources(r.take(r.u32()))
	info := r.take(r.size(d.large))
	if r.short {
		return nil, io.ErrUnexpectedEOF
	}
	if err := d.readLayers(info); err != nil {
		d.layers, d.Layers = nil, 0
		d.note("its layers are damaged: %v", err)
	}
	if d.merged = r.b; len(d.merged) < 2 {
		d.Merged = false
	}
	if !d.Merged && d.Layers == 0 {
		return nil, io.ErrUnexpectedEOF
	}
	return d, nil
}

func (d *Document) note(format string, a ...any) {
	const most = 40
	if len(d.Notes) < most {
		d.Notes = append(d.Notes, fmt.Sprintf(format, a...))
	}
}

// form refuses what is not read, by name.
func (d *Document) form() error {
	switch {
	case d.mode == lab:
		return Unread("colour mode Lab")
	case d.mode == multichannel:
		return Unread("colour mode Multichannel")
	case d.colours() == 0:
		return fmt.Errorf("psd: colour mode %d", d.mode)
	case d.Depth == 32:
		return Unread("32 bits a channel (HDR)")
	case d.Depth != 1 && d.Depth != 8 && d.Depth != 16 || (d.Depth == 1) != (d.mode == bitmap) || d.Depth == 16 && d.mode == indexed:
		return fmt.Errorf("psd: %d bits a channel in colour mode %d", d.Depth, d.mode)
	case d.channels < d.colours():
		return fmt.Errorf("psd: %d channels, want %d", d.channels, d.colours())
	}
	return nil
}

// colours is how many channels are colours.
func (d *Document) colours() int {
	return map[int]int{bitmap: 1, grey: 1, indexed: 1, duotone: 1, rgb: 3, cmyk: 4}[d.mode]
}

// Alpha says that the flattened picture may be less than opaque.
func (d *Document) Alpha() bool {
	return d.mode == indexed && d.clear >= 0 || d.alpha && d.channels > d.colours() && d.mode != bitmap && d.mode != cmyk
}

// CMYK says that the colours are inks. Convert, if not nil, turns inks (255 is full) of the
// layers into colours; without it plain ink on white is taken.
func (d *Document) CMYK(convert func(c, m, y, k uint8) (r, g, b uint8)) bool {
	d.convert = convert
	return d.mode == cmyk
}

// The image resources that are read.
const (
	resResolution, resIPTC, resProfile, resClear, resVersion, resEXIF, resXMP = 0x3ed, 0x404, 0x40f, 0x417, 0x421, 0x422, 0x424
)

func (d *Document) resources(b []byte) {
	r := reader{b: b}
	for len(r.b) > 0 {
		if sig := string(r.take(4)); sig != "8BIM" && sig != "MeSa" && sig != "AgHg" && sig != "PHUT" && sig != "DCSR" {
			return
		}
		id := r.u16()
		r.take(uint64(r.u8()) | 1) // a name; with its length it is even
		body := r.take(r.u32())
		r.take(uint64(len(body) & 1))
		if r.short && body == nil {
			return
		}
		v := reader{b: body}
		switch id {
		case resProfile:
			d.Profile = body
		case resEXIF:
			d.EXIF = body
		case resXMP:
			d.XMP = body
		case resOwn:
			d.Own = body
		case resIPTC:
			d.IPTC = body
		case resClear:
			if d.mode == indexed {
				d.clear = v.u16()
			}
		case resVersion:
			v.u32()
			d.Merged = v.u8() != 0 || v.short
		case resResolution: // 16.16 pixels an inch, two units, and again
			x := v.u32()
			v.u32()
			y := v.u32()
			const inch = 0.0254 * 65536
			if !v.short {
				d.PerMetre = [2]float64{float64(x) / inch, float64(y) / inch}
			}
		}
	}
}
