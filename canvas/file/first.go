package file

import (
	"encoding/binary"
	"fmt"
	"io"

	"pentimento/canvas/tiff"
)

// severalNote is a sentence for a file that holds more than one picture, of which the first
// is opened; "" for any other.
func severalNote(r io.ReadSeeker, format string) string {
	n, still, layers := 0, false, ""
	err := walk(r, format, func(kind string, b []byte) {
		switch {
		case kind == "acTL" && len(b) == 8:
			n, still = int(binary.BigEndian.Uint32(b)), true
		case kind == "fcTL": // before the pixels: they are the animation's first
			still = false
		case kind == "frame":
			n++
		case kind == "layers":
			layers = string(b)
		case kind == "tiff":
			n = tiff.Pages(b)
		}
	})
	switch {
	case layers != "":
		return layers
	case err != nil, n < 1, n == 1 && !still:
		return ""
	case still:
		return fmt.Sprintf("it is an animation of %d pictures beside a still one, which was opened", n)
	case format == "TIFF":
		return fmt.Sprintf("it has %d pages; the first was opened", n)
	}
	return fmt.Sprintf("it is an animation of %d pictures; the first was opened", n)
}

// joined are two notes as one.
func joined(a, b string) string {
	if a == "" || b == "" {
		return a + b
	}
	return a + "; " + b
}
