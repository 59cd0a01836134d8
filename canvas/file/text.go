package file

import (
	"bytes"
	"compress/zlib"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"strings"
	"unicode/utf8"

	"pentimento/canvas/disk"
)

// Text is one text that a picture file carries. Key is the PNG keyword; for the others
// "UserComment", "ImageDescription", "Make", "Model" (EXIF) or "Comment" (GIF, JPEG).
type Text struct{ Key, Text string }

// MaxText is the longest text, in bytes after decompression, that is read.
const MaxText = 4 << 20

// maxTexts bounds what one file may add up to, maxProblems how many texts may be left out
// before the rest is not looked at.
const (
	maxTexts    = 4 * MaxText
	maxProblems = 32
)

// ReadTexts reads the texts of the picture at path; see Texts.
func ReadTexts(path string) ([]Text, error) {
	f, err := disk.Open(path)
	if err != nil {
		return nil, named(path, disk.Plain(err))
	}
	defer f.Close()
	texts, err := Texts(f)
	return texts, named(path, err)
}

// Texts reads the texts of a picture file in the order they lie there: PNG tEXt, zTXt,
// iTXt and EXIF, JPEG and WebP EXIF, JPEG and GIF comments; of a PNG without any, the one
// hidden in its pixels (HiddenKey). The error names texts that were left out because they are
// damaged or longer than MaxText; the others are returned beside it. Pixels are decoded only
// as far as a hidden text goes.
func Texts(r io.ReadSeeker) ([]Text, error) {
	r, f, err := formOf(r)
	if err != nil {
		return nil, err
	}
	var texts []Text
	var problems []error
	total := 0
	var own numbered
	add := func(t Text, err error) {
		switch {
		case err != nil:
			problems = append(problems, err)
		case total+len(t.Text) > maxTexts:
			problems = append(problems, fmt.Errorf("text %q: more than %d MiB of texts in one file", t.Key, maxTexts>>20))
		default:
			total += len(t.Text)
			texts = append(texts, t)
		}
	}
	err = walk(r, f.name, func(kind string, b []byte) {
		switch kind {
		case "tEXt", "zTXt", "iTXt":
			if total >= maxTexts || len(problems) >= maxProblems { // bombs cost time, too: unpack no more
				return
			}
			add(pngText(kind, b))
		case "exif", "tiff":
			_, found := exifTags(b)
			for _, t := range found {
				add(t, nil)
			}
		case "comment":
			add(Text{"Comment", plainText(b)}, nil)
		case "own":
			for _, t := range unpackTexts(own.add(b)) {
				add(t, nil)
			}
		}
	})
	if f.name == "PNG" && len(texts) == 0 {
		if t := hiddenText(r); t != "" {
			add(Text{HiddenKey, t}, nil)
		}
	}
	return texts, errors.Join(append(problems, err)...)
}

// formOf is a picture file out of what it is packed in, held where its form is read from memory, and that form.
func formOf(r io.ReadSeeker) (io.ReadSeeker, format, error) {
	var none format
	r, _, err := unwrap(r)
	if err != nil {
		return nil, none, err
	}
	size, err := r.Seek(0, io.SeekEnd)
	if err != nil {
		return nil, none, disk.Plain(err)
	}
	if r, err = hold(context.Background(), r, size, nil); err != nil {
		return nil, none, err
	}
	head := make([]byte, 32)
	if _, err := r.Seek(0, io.SeekStart); err != nil {
		return nil, none, disk.Plain(err)
	}
	n, err := io.ReadFull(r, head)
	if err != nil && err != io.EOF && err != io.ErrUnexpectedEOF {
		return nil, none, disk.Plain(err)
	}
	f, err := sniff(head[:n])
	return r, f, err
}

// walk calls visit with every block of a picture file that says something beside pixels:
// "tEXt", "zTXt", "iTXt", "exif", "comment", "xmp", "longxmp"; of colour "iCCP" and its like in a PNG,
// "icc" (a JPEG's segment), "ICCP" (a WebP's), "tiff" (a whole file); "pHYs", "jfif", "photoshop", "own" (a part of a list of ours); of
// animations "acTL", "fcTL" where it stands before a PNG's pixels, "frame" without bytes. It
// holds one block at a time in memory.
func walk(r io.ReadSeeker, format string, visit func(kind string, b []byte)) error {
	if _, err := r.Seek(0, io.SeekStart); err != nil {
		return disk.Plain(err)
	}
	switch format {
	case "PNG":
		return walkPNG(r, visit)
	case "JPEG":
		return walkJPEG(r, visit)
	case "WebP":
		return walkWebP(r, visit)
	case "GIF":
		return walkGIF(r, visit)
	case "AVIF", "HEIC", "HEIF":
		return walkHEIF(r, visit)
	case "JPEG XL":
		return walkJXL(r, visit)
	case "PSD":
		return walkPSD(r, visit)
	case "TIFF":
		// Only the first directory is of interest; it is anywhere in the file.
		return walkTIFF(r, visit)
	}
	return nil
}

// take reads n bytes, growing with what arrives so that a lying length costs nothing.
func take(r io.Reader, n int64) ([]byte, error) {
	b, err := io.ReadAll(io.LimitReader(r, n))
	if err == nil && int64(len(b)) < n {
		err = io.ErrUnexpectedEOF
	}
	return b, err
}

func walkPNG(r io.ReadSeeker, visit func(string, []byte)) error {
	if _, err := r.Seek(8, io.SeekStart); err != nil {
		return disk.Plain(err)
	}
	var head [8]byte
	pixels := false
	for range maxHeaderChunks {
		if _, err := io.ReadFull(r, head[:]); err != nil {
			return nil // the end, or a file cut off: what was found so far counts
		}
		n, kind := int64(binary.BigEndian.Uint32(head[:])), string(head[4:])
		switch kind {
		case "IEND":
			return nil
		case "IDAT":
			pixels = true
		case "fcTL":
			if !pixels {
				visit(kind, nil)
			}
		}
		switch kind {
		case "tEXt", "zTXt", "iTXt", "eXIf", "iCCP", "cICP", "gAMA", "cHRM", "sRGB", "mDCV", "cLLI", "pHYs", "acTL":
			if n > MaxText+1024 {
				return fmt.Errorf("png: chunk %s of %d bytes, want at most %d", kind, n, MaxText)
			}
			b, err := take(r, n+4)
			if err != nil {
				return nil
			}
			sum := crc32.Update(crc32.ChecksumIEEE(head[4:]), crc32.IEEETable, b[:n])
			if sum != binary.BigEndian.Uint32(b[n:]) {
				continue // damaged: not to be believed
			}
			if kind == "eXIf" {
				kind = "exif"
			}
			visit(kind, b[:n])
		default:
			if _, err := r.Seek(n+4, io.SeekCurrent); err != nil {
				return disk.Plain(err)
			}
		}
	}
	return nil
}

// pngText decodes a text chunk (PNG 1.2, 4.2.3).
func pngText(kind string, b []byte) (Text, error) {
	key, rest, ok := bytes.Cut(b, []byte{0})
	if !ok || len(key) == 0 || len(key) > 79 {
		return Text{}, fmt.Errorf("png: %s chunk with a keyword of %d bytes, want 1 to 79 and a zero", kind, len(key))
	}
	t := Text{Key: fromLatin1(key)}
	bad := func(what string) (Text, error) {
		return Text{}, fmt.Errorf("png: text %q: %s", t.Key, what)
	}
	compressed := kind == "zTXt"
	switch kind {
	case "zTXt":
		if len(rest) < 1 || rest[0] != 0 {
			return bad("unknown compression, want deflate")
		}
		rest = rest[1:]
	case "iTXt":
		if len(rest) < 2 {
			return bad("ends too early")
		}
		compressed = rest[0] == 1
		if rest[0] > 1 || compressed && rest[1] != 0 {
			return bad("unknown compression, want deflate")
		}
		_, after, ok := bytes.Cut(rest[2:], []byte{0}) // language
		if !ok {
			return bad("ends too early")
		}
		if _, rest, ok = bytes.Cut(after, []byte{0}); !ok { // translated keyword
			return bad("ends too early")
		}
	}
	if compressed {
		z, err := zlib.NewReader(bytes.NewReader(rest))
		if err != nil {
			return bad("damaged: " + err.Error())
		}
		if rest, err = io.ReadAll(io.LimitReader(z, MaxText+1)); err != nil {
			return bad("damaged: " + err.Error())
		}
	}
	if len(rest) > MaxText {
		return bad(fmt.Sprintf("longer than %d MiB", MaxText>>20))
	}
	// tEXt and zTXt are Latin-1 by the standard, yet several writers put UTF-8 there. Latin-1
	// text that happens to be valid UTF-8 is never written by us (see appendText).
	if utf8.Valid(rest) {
		t.Text = string(rest)
	} else if kind == "iTXt" {
		t.Text = strings.ToValidUTF8(string(rest), "\ufffd")
	} else {
		t.Text = fromLatin1(rest)
	}
	return t, nil
}

func walkJPEG(r io.ReadSeeker, visit func(string, []byte)) error {
	if _, err := r.Seek(2, io.SeekStart); err != nil {
		return disk.Plain(err)
	}
	var m [4]byte
	for range maxHeaderChunks {
		if _, err := io.ReadFull(r, m[:2]); err != nil || m[0] != 0xff {
			return nil
		}
		for m[1] == 0xff { // fill bytes
			if _, err := io.ReadFull(r, m[1:2]); err != nil {
				return nil
			}
		}
		if m[1] == 0x01 || m[1] >= 0xd0 && m[1] <= 0xd8 {
			continue // markers without a length
		}
		if m[1] == 0xda || m[1] == 0xd9 {
			return nil // pixels begin: texts lie before them
		}
		if _, err := io.ReadFull(r, m[2:]); err != nil {
			return nil
		}
		n := int64(binary.BigEndian.Uint16(m[2:])) - 2
		if n < 0 {
			return nil
		}
		if m[1] != 0xe0 && m[1] != 0xe1 && m[1] != 0xe2 && m[1] != 0xea && m[1] != 0xed && m[1] != 0xfe {
			if _, err := r.Seek(n, io.SeekCurrent); err != nil {
				return disk.Plain(err)
			}
			continue
		}
		b, err := take(r, n)
		if err != nil {
			return nil
		}
		switch {
		case m[1] == 0xfe:
			visit("comment", b)
		case bytes.HasPrefix(b, []byte(exifPrefix)):
			visit("exif", b)
		default:
			for _, k := range []struct{ kind, prefix string }{{"xmp", xmpPrefix}, {"longxmp", longXMPPrefix}, {"icc", iccPrefix}, {"jfif", jfifPrefix}, {"photoshop", photoshopPrefix}, {"own", ownPrefix}} {
				if rest, ok := bytes.CutPrefix(b, []byte(k.prefix)); ok {
					visit(k.kind, rest)
				}
			}
		}
	}
	return nil
}

func walkWebP(r io.ReadSeeker, visit func(string, []byte)) error {
	if _, err := r.Seek(12, io.SeekStart); err != nil {
		return disk.Plain(err)
	}
	var head [8]byte
	for range maxHeaderChunks {
		if _, err := io.ReadFull(r, head[:]); err != nil {
			return nil
		}
		n := int64(binary.LittleEndian.Uint32(head[4:]))
		skip := n + n&1 // chunks are padded to even lengths
		if string(head[:4]) == "ANMF" {
			visit("frame", nil)
		}
		kind := map[string]string{"EXIF": "exif", "XMP ": "xmp", "ICCP": "ICCP", ownChunk: "own"}[string(head[:4])]
		if kind != "" && n <= maxProfile {
			b, err := take(r, n)
			if err != nil {
				return nil
			}
			visit(kind, b)
			skip -= n
		}
		if _, err := r.Seek(skip, io.SeekCurrent); err != nil {
			return disk.Plain(err)
		}
	}
	return nil
}

func walkTIFF(r io.Reader, visit func(string, []byte)) error {
	// x/image/tiff reads the whole file into memory as well.
	b, err := all(r)
	if err != nil {
		return disk.Plain(err)
	}
	visit("tiff", b)
	if own := ownOfTIFF(b); own != nil {
		visit("own", own)
	}
	return nil
}
