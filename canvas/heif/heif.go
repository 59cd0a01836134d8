// Package heif reads pictures in HEIF files: AVIF, and HEIC where the system has libheif.
//
// Start at Read, which reads the boxes: size, turn, colours, EXIF. Decode then makes pixels.
// boxes.go is the reader of boxes, avif.go decodes AV1, heic_unix.go hands HEVC to the system.
//
// The format is ISO/IEC 23008-12 (HEIF) over ISO/IEC 14496-12, and AVIF 1.1 (AOM).
//
// 2026-11-27: avif.wasm.gz (0.29 MB) is libavif 1.1.1 with libaom 3.10, BSD licences beside
// it, as github.com/gen2brain/avif v0.4.4 built it (lib/decode.wasm.gz, SHA-256 1ee24234…;
// its Makefile.decode says how). The module itself isn't used: on start it loads whichever
// libavif the system has and reaches into its structs, and it holds an encoder of 0.86 MB.
// 2026-11-27: chroma of AVIF is smoothed (avif.go), to the bit what avifdec's best is but for
// the last column of odd widths, which libyuv has wrong there. HEIC is as the system's libheif
// makes RGB of it, which repeats chroma. ImageMagick 6 differs from both by up to 51, and 112 in
// 4:4:4: it asks libheif for 4:2:0, which that makes by way of clipped RGB.
package heif

import (
	"context"
	"errors"
	"fmt"
	"image"
)

// Info is what the boxes of a file say of its first picture.
type Info struct {
	Width, Height int    // in pixels, as stored
	Depth         int    // bits per channel
	Alpha         bool   // it has a picture of alpha
	Codec         string // "av01", "hvc1" or another four characters
	Orientation   int    // as EXIF counts, 1 to 8, from the file's own turn and mirror
	Profile       []byte // ICC, nil for none
	// Colours are primaries, transfer and matrix as ITU-T H.273 numbers them, and whether the
	// range is full; zero: not said.
	Colours   [4]byte
	EXIF, XMP []byte
	Pictures  int // that are shown: 2 or more in a sequence or an album
}

// Unread is a form that is known and not read: nothing is wrong with the file.
type Unread struct{ What, Advice string }

func (u Unread) Error() string { return u.What }

// Hint is what can be done about it.
func (u Unread) Hint() string { return u.Advice }

// A picture may have that many pixels: decoding AV1 in its box takes up to 60 bytes for each.
// One above plainPixels must have bytes for them: AV1 packs a flat 4096 pixels into a byte or so.
const (
	maxPixels   = 48 << 20
	plainPixels = 1 << 24
	mostPerByte = 4096
)

var errSmall = errors.New("heif: too few bytes for its pixels")

func (i *Info) plausible(size int) error {
	switch n := i.Width * i.Height; {
	case i.Width < 1 || i.Height < 1 || i.Width > 1<<16 || i.Height > 1<<16:
		return fmt.Errorf("heif: %d×%d pixels", i.Width, i.Height)
	case n > plainPixels && n/mostPerByte > size:
		return errSmall
	}
	return nil
}

// Decode makes pixels of the file in b, as stored: *image.RGBA or, of more than 8 bits,
// *image.RGBA64, premultiplied. It ends early with ctx.Err().
func Decode(ctx context.Context, b []byte) (image.Image, error) {
	info, err := Read(b)
	if err != nil {
		return nil, err
	}
	switch info.Codec {
	case "av01":
		if info.Width*info.Height > maxPixels {
			return nil, Unread{fmt.Sprintf("heif: AVIF of %d×%d pixels, want at most %d million", info.Width, info.Height, maxPixels>>20), "save it as PNG in another program"}
		}
		return decodeAVIF(ctx, b, info)
	case "hvc1", "hev1":
		return decodeHEIC(ctx, b, info)
	}
	return nil, Unread{fmt.Sprintf("heif: coded as %q, which isn't read", info.Codec), "save it as PNG in the program it comes from"}
}
