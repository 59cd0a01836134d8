package file

import (
	"bytes"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"strings"
)

// IPTC is what agencies and archives write: captions, keywords, rights. A JPEG holds it among
// Photoshop's resources, a TIFF there or in a tag of its own. PNG has no place for it; it is
// kept as a text under the keyword that ImageMagick and ExifTool use and read.
const (
	iptcKey         = "Raw profile type iptc"
	photoshopPrefix = "Photoshop 3.0\x00"
	tagIPTC         = 0x83bb
	tagPhotoshop    = 0x8649
	resourceMagic   = "8BIM"
	resourceIPTC    = 0x0404
)

// iptcText is a block of IPTC as a text of a PNG: its length and the bytes in hexadecimal.
func iptcText(iptc []byte) Text {
	b := append([]byte(resourceMagic), byte(resourceIPTC>>8), byte(resourceIPTC&0xff), 0, 0)
	b = append(binary.BigEndian.AppendUint32(b, uint32(len(iptc))), iptc...)
	if len(b)%2 != 0 {
		b = append(b, 0)
	}
	var s strings.Builder
	fmt.Fprintf(&s, "\niptc\n%8d\n", len(b))
	const line = 36 // bytes
	for ; len(b) > 0; b = b[min(line, len(b)):] {
		s.WriteString(hex.EncodeToString(b[:min(line, len(b))]))
		s.WriteByte('\n')
	}
	return Text{iptcKey, s.String()}
}

// resource finds one of Photoshop's image resources by its number, nil for none: "8BIM", a
// number, a name of even length with its own, a length, the bytes, made even.
func resource(b []byte, number uint16) []byte {
	for len(b) >= 12 && string(b[:4]) == resourceMagic {
		found := binary.BigEndian.Uint16(b[4:])
		name := (2 + int(b[6])) &^ 1
		if len(b) < 6+name+4 {
			return nil
		}
		n := int(binary.BigEndian.Uint32(b[6+name:]))
		b = b[6+name+4:]
		if n > len(b) {
			return nil
		}
		if found == number {
			return b[:n]
		}
		b = b[min(n+n%2, len(b)):]
	}
	return nil
}

// iptc keeps a block once: a TIFF may have it twice.
func (g *gatherer) iptc(b []byte) {
	b = bytes.TrimRight(b, "\x00") // a tag of longs is padded
	for _, t := range g.m.Texts {
		if t.Key == iptcKey {
			return
		}
	}
	if len(b) > 0 && len(b) <= MaxText/4 {
		g.text(iptcText(b))
	}
}
