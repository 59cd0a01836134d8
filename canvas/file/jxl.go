package file

import (
	"context"
	"image"
	"image/color"
	"io"

	"pentimento/canvas/jxl"
)

func configJXL(r io.Reader) (image.Config, error) {
	b, err := all(r)
	if err != nil {
		return image.Config{}, err
	}
	i, err := jxl.Read(b)
	if err != nil {
		return image.Config{}, err
	}
	model := color.RGBAModel
	switch deep := i.Depth > 8; {
	case i.Alpha && deep:
		model = color.NRGBA64Model
	case i.Alpha:
		model = color.NRGBAModel
	case i.Grey && deep:
		model = color.Gray16Model
	case i.Grey:
		model = color.GrayModel
	case deep:
		model = color.RGBA64Model
	}
	return image.Config{ColorModel: model, Width: i.Width, Height: i.Height}, nil
}

func decodeJXL(ctx context.Context, r io.Reader) (image.Image, error) {
	b, err := all(r)
	if err != nil {
		return nil, err
	}
	return jxl.Decode(ctx, b, nil)
}

// walkJXL visits what the file says; "turn" is one byte, the orientation.
func walkJXL(r io.Reader, visit func(string, []byte)) error {
	b, err := all(r)
	if err != nil {
		return err
	}
	i, err := jxl.Read(b)
	if err != nil {
		return nil // its decoder says so
	}
	visit("turn", []byte{byte(i.Orientation)})
	const srgb, full = 13, 1
	switch c := i.Colours; {
	case i.Profile != nil:
		visit("ICCP", i.Profile)
	case c[0] == 0 || c[0] == 1 && (c[1] == 1 || c[1] == srgb):
	default:
		visit("cICP", []byte{c[0], c[1], 0, full})
	}
	if i.EXIF != nil {
		visit("exif", i.EXIF)
	}
	if i.XMP != nil {
		visit("xmp", i.XMP)
	}
	if i.Moved {
		visit("layers", []byte("it was packed with a loss from a profile that libjxl cannot bring it back to; it was opened in Display P3"))
	}
	for range i.Pictures {
		visit("frame", nil)
	}
	return nil
}
