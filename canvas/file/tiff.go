package file

import (
	"bytes"
	"errors"
	"image"
	"io"

	usual "golang.org/x/image/tiff"

	"pentimento/canvas/tiff"
)

// configTIFF and decodeTIFF leave the usual forms of TIFF to golang.org/x/image, which is
// the faster, and give those that it refuses or reads wrongly to canvas/tiff.
func configTIFF(r io.Reader) (image.Config, error) {
	b, err := all(r)
	if err != nil {
		return image.Config{}, err
	}
	if !rareTIFF(b) {
		c, err := usual.DecodeConfig(bytes.NewReader(b))
		if !unsupported(err) {
			return c, err
		}
	}
	c, err := tiff.DecodeConfig(b)
	return image.Config{ColorModel: c.Model(), Width: c.Width, Height: c.Height}, err
}

func decodeTIFF(r io.Reader) (image.Image, error) {
	b, err := all(r)
	if err != nil {
		return nil, err
	}
	if !rareTIFF(b) {
		img, err := usual.Decode(bytes.NewReader(b))
		if !unsupported(err) {
			return img, err
		}
	}
	return tiff.Decode(b)
}

func unsupported(err error) bool {
	var u usual.UnsupportedError
	return errors.As(err, &u)
}

// rareTIFF says whether the usual decoder would read a file wrongly without a word:
// channels stored apart, grey with alpha, colour models beyond the palette, CCITT fax.
func rareTIFF(b []byte) bool {
	order, err := tiffOrder(b)
	if err != nil {
		return true // a big TIFF
	}
	tags, _, err := ifd(b, order.Uint32(b[4:]))
	if err != nil {
		return false
	}
	samples, photometric := max(1, tags[tagSamples].number(order)), tags[tagPhotometric].number(order)
	fax := tags[tagCompression].number(order)
	return tags[tagPlanar].number(order) == 2 && samples > 1 || photometric <= 1 && samples > 1 || photometric > 3 || fax >= 2 && fax <= 4
}
