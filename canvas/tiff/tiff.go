// Package tiff decodes the TIFF files that golang.org/x/image/tiff refuses or reads wrongly:
// BigTIFF, channels stored apart (planar), CMYK, floating point, grey with alpha, JPEG
// within TIFF, CCITT fax of both photometrics, 32-bit integers, tiles of any of these.
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
	"errors"
	"fmt"
	"image"
	"image/color"
	"io"
)

// maxFile is the longest file that is read: all of it is held.
const maxFile = 1 << 30

// Config is what the first page is.
type Config struct {
	Width, Height int
	Deep          bool // more than 8 bits a channel
	Alpha         bool
}

// Model is the colour model of what Decode returns.
func (c Config) Model() color.Model {
	if c.Deep {
		return color.NRGBA64Model
	}
	return color.NRGBAModel
}

// DecodeConfig reads the directory of the first page. The error of a form that is not read
// says which.
func DecodeConfig(r io.Reader) (Config, error) {
	d, err := open(r)
	if err != nil {
		return Config{}, err
	}
	return Config{d.width, d.height, d.deep(), d.alpha() >= 0}, nil
}

// Decode reads the first page: an *image.NRGBA, an *image.NRGBA64 of a deep one, or an
// *image.CMYK. A chunk
// that is damaged is an error; nothing is allocated for pixels before sizes are checked.
func Decode(r io.Reader) (image.Image, error) {
	d, err := open(r)
	if err != nil {
		return nil, err
	}
	return d.decode()
}

func open(r io.Reader) (*page, error) {
	b, err := io.ReadAll(io.LimitReader(r, maxFile+1))
	if err != nil {
		return nil, err
	}
	if len(b) > maxFile {
		return nil, errors.New("tiff: more than 1 GiB")
	}
	return readPage(b)
}

// Unread is a form of TIFF that is known and not read: nothing is wrong with the file.
type Unread string

// Error names the form.
func (u Unread) Error() string { return "tiff: " + string(u) + ", which isn't read" }

func unread(format string, a ...any) error { return Unread(fmt.Sprintf(format, a...)) }
