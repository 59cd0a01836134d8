package pixelart

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"

	"pentimento/fault"
)

// mostRead bounds a palette's file.
const mostRead = 1 << 20

// ReadPalette reads the colours of a file: GIMP's .gpl, a list of hexadecimal colours (.hex, .txt), .pal as text (JASC) or
// RIFF, Adobe's .act. Colours that come twice count once.
func ReadPalette(path string) (colours []string, err error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	data, err := io.ReadAll(io.LimitReader(f, mostRead+1))
	if err != nil {
		return nil, err
	}
	name := filepath.Base(path)
	if len(data) > mostRead {
		return nil, fmt.Errorf("palette %q: found more than %d bytes", name, mostRead)
	}
	all := read(data, strings.ToLower(filepath.Ext(path)))
	seen := map[string]bool{}
	for _, c := range all {
		if !seen[c] {
			seen[c], colours = true, append(colours, c)
		}
	}
	switch {
	case len(colours) < 2:
		return nil, fault.New(fmt.Sprintf("palette %q: found %d colours, want 2 or more", name, len(colours)), "Want a palette of GIMP (.gpl), a list of colours such as 1d2b53 (.hex), .pal or .act.")
	case len(colours) > MaxColours:
		return nil, fault.New(fmt.Sprintf("palette %q: found %d colours, want at most %d", name, len(colours), MaxColours), "Choose a smaller palette.")
	}
	return colours, nil
}

// read tells the form by its first bytes, and .act, which has none, by its ending and length.
func read(data []byte, ext string) []string {
	switch {
	case bytes.HasPrefix(data, []byte("RIFF")) && len(data) >= 24 && string(data[8:12]) == "PAL ":
		return riff(data)
	case ext == ".act" && len(data) >= 768:
		n := 256
		if len(data) >= 772 {
			if said := int(binary.BigEndian.Uint16(data[768:])); said > 0 && said <= 256 {
				n = said
			}
		}
		return triples(data[:3*n], 3)
	case bytes.HasPrefix(data, []byte("GIMP Palette")), bytes.HasPrefix(data, []byte("JASC-PAL")):
		return decimals(string(data))
	}
	return hexadecimals(string(data))
}

// riff reads the entries of a palette of Windows: red, green, blue, flags.
func riff(data []byte) []string {
	i := bytes.Index(data, []byte("data"))
	if i < 0 || i+12 > len(data) {
		return nil
	}
	n := int(binary.LittleEndian.Uint16(data[i+10:]))
	return triples(data[i+12:min(i+12+4*n, len(data))], 4)
}

func triples(data []byte, step int) (out []string) {
	for ; len(data) >= step; data = data[step:] {
		out = append(out, fmt.Sprintf("%02x%02x%02x", data[0], data[1], data[2]))
	}
	return out
}

// decimals reads lines that begin with three numbers of 0 to 255.
func decimals(text string) (out []string) {
	for _, line := range strings.Split(text, "\n") {
		f := strings.Fields(line)
		if len(f) < 3 {
			continue
		}
		var rgb [3]uint64
		ok := true
		for i := range rgb {
			v, err := strconv.ParseUint(f[i], 10, 8)
			rgb[i], ok = v, ok && err == nil
		}
		if ok {
			out = append(out, fmt.Sprintf("%02x%02x%02x", rgb[0], rgb[1], rgb[2]))
		}
	}
	return out
}

var hexLine = regexp.MustCompile(`^(?:#|0x)?([0-9a-fA-F]{2})?([0-9a-fA-F]{6})$`)

// hexadecimals reads a colour a line, paint.net's with an alpha before it; lines of ; are remarks.
func hexadecimals(text string) (out []string) {
	for _, line := range strings.Split(text, "\n") {
		if m := hexLine.FindStringSubmatch(strings.TrimSpace(line)); m != nil {
			out = append(out, strings.ToLower(m[2]))
		}
	}
	return out
}
