package fetch

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"html"
	"io"
	"os"
	"regexp"
	"strings"

	"pentimento/fault"
)

// sniffed is how many bytes are looked at before anything is written.
const sniffed = 1024

// kindOf is the ending of a model file by its first bytes, "" where it is none: safetensors (the
// length of a header that begins with a brace), zip (torch), GGUF, a pickle of protocol 2 to 5
// (torch before 1.6), ONNX (its first field is the version of the format).
func kindOf(head []byte) string {
	if len(head) < 16 {
		return ""
	}
	n := binary.LittleEndian.Uint64(head)
	switch {
	case n >= 2 && n <= maxHeader && head[8] == '{':
		return ".safetensors"
	case bytes.HasPrefix(head, []byte("PK\x03\x04")):
		return ".pt"
	case bytes.HasPrefix(head, []byte("GGUF")):
		return ".gguf"
	case head[0] == 0x80 && head[1] >= 2 && head[1] <= 5:
		return ".pt"
	case head[0] == 0x08 && head[1] >= 1 && head[1] <= 20 && head[2] == 0x12:
		return ".onnx"
	}
	return ""
}

// packageOf is kindOf for the archive of a package.
func packageOf(head []byte) string {
	if bytes.HasPrefix(head, []byte{0x1f, 0x8b, 8}) { // gzip, deflated
		return ".tgz"
	}
	return ""
}

// maxHeader is what the format's own reader takes.
const maxHeader = 100 << 20

var title = regexp.MustCompile(`(?is)<title[^>]*>(.*?)</title>`)

// notIt says what came in place of a file.
func (w Want) notIt(host string, head []byte, mediaType string) error {
	media, _, _ := strings.Cut(mediaType, ";")
	text := strings.ToLower(strings.TrimSpace(string(head[:min(len(head), 64)])))
	found := "something that is no model file"
	switch {
	case strings.HasPrefix(text, "<"), media == "text/html":
		found = "a web page"
		if m := title.FindSubmatch(head); m != nil {
			found += fmt.Sprintf(" (“%s”)", plainText(html.UnescapeString(string(m[1]))))
		}
	case strings.HasPrefix(text, "version https://git-lfs"):
		found = "a pointer to a file of Git LFS"
	case media == "application/json", strings.HasPrefix(text, "{"):
		found = "a message of the site: " + plainText(string(head))
	case media != "":
		found += " (" + plainText(media) + ")"
	}
	if w.Package {
		return fault.New(fmt.Sprintf("%s: found %s, want the archive of a package", host, found), "something stands between this machine and the package registry; try again on another network")
	}
	return fault.New(fmt.Sprintf("%s: found %s, want a model file (safetensors, gguf, onnx, or torch's)", host, found),
		"copy the address of the download button; a file that needs a login needs the site's token")
}

// plainText is a server's text in one short line.
func plainText(s string) string {
	s = strings.Join(strings.Fields(strings.ToValidUTF8(s, "")), " ")
	s = strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f {
			return -1
		}
		return r
	}, s)
	if r := []rune(s); len(r) > 120 {
		s = string(r[:119]) + "…"
	}
	return s
}

// whole says whether a file is as long as its own table says: a server that gives too short a
// length ends it in the middle, and no one would know.
func whole(f *os.File, size int64) error {
	head := make([]byte, sniffed)
	n, err := f.ReadAt(head, 0)
	if err != nil && err != io.EOF {
		return err
	}
	switch kindOf(head[:n]) {
	case ".safetensors":
		return wholeSafetensors(f, size)
	case ".pt":
		if bytes.HasPrefix(head, []byte("PK")) {
			return wholeZip(f, size)
		}
	}
	return nil
}

func wholeSafetensors(f *os.File, size int64) error {
	var length [8]byte
	if _, err := f.ReadAt(length[:], 0); err != nil {
		return err
	}
	n := int64(binary.LittleEndian.Uint64(length[:]))
	if 8+n > size {
		return tooShort(size, 8+n)
	}
	text := make([]byte, n)
	if _, err := f.ReadAt(text, 8); err != nil {
		return err
	}
	var all map[string]json.RawMessage
	if err := json.Unmarshal(text, &all); err != nil {
		return fault.New("found a header that can't be read, want that of safetensors", "the file is damaged at the server, or no model")
	}
	end := int64(0)
	for _, raw := range all {
		var t struct {
			Offsets [2]int64 `json:"data_offsets"`
		}
		if json.Unmarshal(raw, &t) == nil { // __metadata__ has none
			end = max(end, t.Offsets[1])
		}
	}
	if 8+n+end > size {
		return tooShort(size, 8+n+end)
	}
	return nil
}

// wholeZip looks for the end of the directory, which is at the end of the file.
func wholeZip(f *os.File, size int64) error {
	tail := make([]byte, min(size, 66_000))
	if _, err := f.ReadAt(tail, size-int64(len(tail))); err != nil && err != io.EOF {
		return err
	}
	if !bytes.Contains(tail, []byte("PK\x05\x06")) {
		return fault.New(fmt.Sprintf("found %d bytes without the end of the archive, want all of it", size), "the server ended it too early; try again later")
	}
	return nil
}

func tooShort(found, want int64) error {
	return fault.New(fmt.Sprintf("found %d bytes, want %d by the file's own table", found, want), "the server ended it too early; try again later")
}
