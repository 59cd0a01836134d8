package file

import (
	"bytes"
	"errors"
	"image"
	"image/jpeg"
	"io"
	"strings"

	usualbmp "golang.org/x/image/bmp"

	"pentimento/canvas/bmp"
)

// What the usual decoders refuse and other programs open.

func configBMP(r io.Reader) (image.Config, error) {
	b, err := all(r)
	if err != nil {
		return image.Config{}, err
	}
	c, err := usualbmp.DecodeConfig(bytes.NewReader(b))
	if errors.Is(err, usualbmp.ErrUnsupported) {
		return bmp.DecodeConfig(bytes.NewReader(b))
	}
	if err == nil && int64(c.Width)*int64(c.Height) > 8*int64(len(b)) { // rows of a bit a pixel at least
		return c, io.ErrUnexpectedEOF
	}
	return c, err
}

func decodeBMP(r io.Reader) (image.Image, error) {
	b, err := all(r)
	if err != nil {
		return nil, err
	}
	img, err := usualbmp.Decode(bytes.NewReader(b))
	if errors.Is(err, usualbmp.ErrUnsupported) {
		return bmp.Decode(bytes.NewReader(b))
	}
	return img, err
}

// adobe is the marker that says that a JPEG's channels are as they stand, neither YCbCr nor
// YCCK.
var adobe = []byte("\xff\xee\x00\x0eAdobe\x00\x64\x00\x00\x00\x00\x00")

// configJPEG and decodeJPEG are the standard library's. That refuses four channels without
// Adobe's marker; they are read as if it stood there, as Pillow does: who writes such files
// has most often lost the marker, not left out the turning over that goes with it.
func configJPEG(r io.Reader) (image.Config, error) {
	var head bytes.Buffer
	c, err := jpeg.DecodeConfig(io.TeeReader(r, &head))
	if !lacksAdobe(err) {
		return c, err
	}
	return jpeg.DecodeConfig(io.MultiReader(marked(head.Bytes()), r))
}

func decodeJPEG(r io.Reader) (image.Image, error) {
	b, err := all(r)
	if err != nil {
		return nil, err
	}
	img, err := jpeg.Decode(bytes.NewReader(b))
	if !lacksAdobe(err) {
		return img, err
	}
	return jpeg.Decode(marked(b))
}

func lacksAdobe(err error) bool {
	var u jpeg.UnsupportedError
	return errors.As(err, &u) && strings.Contains(string(u), "APP14") || err != nil && strings.Contains(err.Error(), "Adobe APP14")
}

// marked puts the marker behind a JPEG's first.
func marked(b []byte) io.Reader {
	return io.MultiReader(bytes.NewReader(b[:min(2, len(b))]), bytes.NewReader(adobe), bytes.NewReader(b[min(2, len(b)):]))
}
