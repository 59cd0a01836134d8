package file

import (
	"bytes"
	"encoding/base64"
	"errors"
	"fmt"
	"image"
	"image/png"
)

// PackMask writes a mask as text: a grey PNG in base64, of some kilobytes for masks that
// people paint. Its place is not in it.
func PackMask(m *image.Alpha) (string, error) {
	grey := &image.Gray{Pix: m.Pix, Stride: m.Stride, Rect: m.Rect}
	var b bytes.Buffer
	if err := png.Encode(&b, grey); err != nil {
		return "", err
	}
	return base64.StdEncoding.EncodeToString(b.Bytes()), nil
}

// UnpackMask reads what PackMask wrote of a mask that is at r. One of another size is
// refused before its pixels are unpacked.
func UnpackMask(text string, r image.Rectangle) (*image.Alpha, error) {
	b, err := base64.StdEncoding.DecodeString(text)
	if err != nil {
		return nil, err
	}
	cfg, err := png.DecodeConfig(bytes.NewReader(b))
	if err != nil {
		return nil, err
	}
	if cfg.Width != r.Dx() || cfg.Height != r.Dy() || cfg.Width > MaxSide || cfg.Height > MaxSide {
		return nil, fmt.Errorf("mask of %d×%d pixels, want %d×%d", cfg.Width, cfg.Height, r.Dx(), r.Dy())
	}
	if int64(cfg.Width)*int64(cfg.Height) > int64(len(b))*1032*8 {
		return nil, errors.New("mask is cut off")
	}
	img, err := png.Decode(bytes.NewReader(b))
	if err != nil {
		return nil, err
	}
	grey, ok := img.(*image.Gray)
	if !ok {
		return nil, errors.New("mask has colours, want grey")
	}
	return &image.Alpha{Pix: grey.Pix, Stride: grey.Stride, Rect: r}, nil
}
