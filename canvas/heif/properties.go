package heif

import "encoding/binary"

// describe takes over an item's properties.
func (i *Info) describe(it *item, all []box) {
	turn, mirror := 0, -1
	for _, n := range it.properties {
		if n < 1 || n > len(all) {
			continue
		}
		p := all[n-1]
		c := cursor{b: p.body}
		switch p.kind {
		case "ispe":
			c.number(4)
			i.Width, i.Height = int(c.number(4)), int(c.number(4))
		case "pixi":
			c.number(5)
			i.Depth = int(c.number(1))
		case "av1C":
			if len(p.body) > 2 && p.body[2]&0x40 != 0 {
				i.Depth = 10 + int(p.body[2]>>5&1)*2
			}
		case "irot":
			turn = int(c.number(1) & 3)
		case "imir":
			mirror = int(c.number(1) & 1)
		case "colr":
			i.colour(p.body)
		}
	}
	i.Orientation = orientations[turn][mirror+1]
}

// orientations are EXIF's, by quarter turns anticlockwise and then no mirror, top and bottom
// exchanged, left and right exchanged (ISO/IEC 23008-12, 6.5.10 and 6.5.12).
var orientations = [4][3]int{{1, 4, 2}, {8, 5, 7}, {3, 2, 4}, {6, 7, 5}}

func (i *Info) colour(b []byte) {
	if len(b) < 4 {
		return
	}
	switch kind, rest := string(b[:4]), b[4:]; {
	case (kind == "prof" || kind == "rICC") && len(rest) <= maxItem:
		i.Profile = rest
	case kind == "nclx" && len(rest) >= 7:
		full := rest[6] >> 7
		i.Colours = [4]byte{rest[1], rest[3], rest[5], full}
	}
}

// extras takes over what the author wrote, and counts the pictures.
func (i *Info) extras(items map[uint32]*item, file, inside []byte) {
	for _, it := range items {
		switch {
		case it.kind == "Exif" && i.EXIF == nil:
			// Four bytes say where the TIFF header is behind them.
			b := it.bytesOf(file, inside)
			if len(b) > 4 {
				if at := uint64(binary.BigEndian.Uint32(b)); at < uint64(len(b)-4) {
					i.EXIF = b[4+at:]
				}
			}
		case it.kind == "mime" && it.mime == "application/rdf+xml":
			i.XMP = it.bytesOf(file, inside)
		}
	}
}
