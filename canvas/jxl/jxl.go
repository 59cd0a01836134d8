// Package jxl reads JPEG XL pictures where the system has libjxl.
//
// Start at Read, which tells what a file says of its picture; Decode makes pixels. Both hand
// the file to libjxl, so both fail with advice where there is none. jxl_unix.go calls it.
//
// The format is ISO/IEC 18181; what is called is libjxl's decoder (BSD licence), by the names
// of its C interface from version 0.7 (2022) to 0.12.
//
// 2026-11-27: the system's library and not one in a box like AVIF's: it is on most desktops,
// and a decoder of JPEG XL would be the largest file of the program. As libheif it is loaded
// by github.com/ebitengine/purego (Apache-2.0), without C of ours.
package jxl

import (
	"context"
	"errors"
	"fmt"
	"image"

	"pentimento/fault"
)

// Info is what a file says of its first picture.
type Info struct {
	Width, Height int // in pixels, as stored
	Depth         int // bits per channel that the pixels come in: 8 or 16
	Grey, Alpha   bool
	Orientation   int // as EXIF counts, 1 to 8
	// Colours are primaries and transfer as ITU-T H.273 numbers them, where those say it all;
	// Profile is an ICC profile where they do not. Neither: sRGB.
	Colours  [2]byte
	Profile  []byte
	Moved    bool // it was packed from a profile that its pixels cannot come in
	EXIF     []byte
	XMP      []byte
	Pictures int // 2 or more of an animation
}

// maxPixels bounds what libjxl takes: some 20 bytes for each. A flat picture packs 30 thousand
// into a byte, so the file's length says nothing.
const maxPixels = 64 << 20

var errDamaged = errors.New("jxl: libjxl cannot read it")

var errMissing = fault.New("it is a JPEG XL picture, which the system's libjxl reads; there is none",
	"install libjxl (Debian, Ubuntu: libjxl-tools; Fedora: libjxl; macOS: brew install jpeg-xl), or save it as PNG")

// Read reads what a file says; pixels are not decoded.
func Read(b []byte) (*Info, error) { return read(b) }

// Decode makes pixels of the file in b, as stored: *image.NRGBA, *image.NRGBA64, *image.Gray or
// *image.Gray16. report, which may be nil, receives the fraction done from the calling
// goroutine. It ends early with ctx.Err().
func Decode(ctx context.Context, b []byte, report func(float64)) (image.Image, error) {
	info, err := Read(b)
	if err != nil {
		return nil, err
	}
	if n := info.Width * info.Height; n > maxPixels {
		return nil, fault.New(fmt.Sprintf("jxl: %d×%d pixels, want at most %d million", info.Width, info.Height, maxPixels>>20), "save it as PNG in another program")
	}
	return decode(ctx, b, info, report)
}

// surface is a picture to write into: its bytes, how many channels and the picture.
func surface(i *Info) (pix []byte, channels int, img image.Image) {
	r := image.Rect(0, 0, i.Width, i.Height)
	switch {
	case i.Grey && !i.Alpha && i.Depth > 8:
		m := image.NewGray16(r)
		return m.Pix, 1, m
	case i.Grey && !i.Alpha:
		m := image.NewGray(r)
		return m.Pix, 1, m
	case i.Depth > 8:
		m := image.NewNRGBA64(r)
		return m.Pix, 4, m
	}
	m := image.NewNRGBA(r)
	return m.Pix, 4, m
}
