package file

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"unicode/utf8"

	"pentimento/canvas/disk"
)

// Sidecar reads the text that some programs write beside a picture instead of into it:
// NAME.txt or NAME.png.txt. It is "" with a nil error where there is none.
func Sidecar(picture string) (string, error) {
	for _, name := range []string{strings.TrimSuffix(picture, filepath.Ext(picture)) + ".txt", picture + ".txt"} {
		f, err := os.Open(name)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return "", named(name, disk.Plain(err))
		}
		defer f.Close()
		text, err := PlainText(f)
		return text, named(name, err)
	}
	return "", nil
}

// PlainText reads a text file of at most MaxText bytes: UTF-8, UTF-16 with a mark, or
// Latin-1.
func PlainText(r io.Reader) (string, error) {
	b, err := io.ReadAll(io.LimitReader(r, MaxText+1))
	if err != nil {
		return "", disk.Plain(err)
	}
	switch {
	case len(b) > MaxText:
		return "", fmt.Errorf("more than %d MiB of text", MaxText>>20)
	case bytes.HasPrefix(b, []byte{0xff, 0xfe}), bytes.HasPrefix(b, []byte{0xfe, 0xff}):
		return wideText(b), nil
	case utf8.Valid(b):
		return strings.TrimPrefix(string(b), "\ufeff"), nil
	}
	return fromLatin1(b), nil
}
