package file

import (
	"context"
	"image"
	"image/color"
	"io"

	"pentimento/canvas/heif"
)

func configHEIF(r io.Reader) (image.Config, error) {
	b, err := all(r)
	if err != nil {
		return image.Config{}, err
	}
	h, err := heif.Read(b)
	if err != nil {
		return image.Config{}, err
	}
	model := color.YCbCrModel
	switch {
	case h.Depth > 8 && h.Alpha:
		model = color.NRGBA64Model
	case h.Depth > 8:
		model = color.RGBA64Model
	case h.Alpha:
		model = color.NRGBAModel
	}
	return image.Config{ColorModel: model, Width: h.Width, Height: h.Height}, nil
}

func decodeHEIF(ctx context.Context, r io.Reader) (image.Image, error) {
	b, err := all(r)
	if err != nil {
		return nil, err
	}
	return heif.Decode(ctx, b)
}

// walkHEIF visits what the boxes say; "turn" is one byte, the orientation.
func walkHEIF(r io.Reader, visit func(string, []byte)) error {
	b, err := all(r)
	if err != nil {
		return err
	}
	h, err := heif.Read(b)
	if err != nil {
		return nil // its decoder says so
	}
	visit("turn", []byte{byte(h.Orientation)})
	const unspecified, full = 2, 1
	switch c := h.Colours; {
	case h.Profile != nil:
		visit("ICCP", h.Profile)
	case c[0] == 0 || c[0] == unspecified || c[0] == 1 && (c[1] == 1 || c[1] == 6 || c[1] == 13 || c[1] == unspecified): // sRGB, by any of its names
	default:
		visit("cICP", []byte{c[0], c[1], 0, full}) // as RGB, which it is when decoded
	}
	if h.EXIF != nil {
		visit("exif", h.EXIF)
	}
	if h.XMP != nil {
		visit("xmp", h.XMP)
	}
	return nil
}
