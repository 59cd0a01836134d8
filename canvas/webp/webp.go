// Package webp writes WebP: libwebp in a box. Start at Encode.
//
// 2026-11-27: webp.wasm.gz (0.16 MB) is libwebp 1.4.0, BSD licence beside it, as
// github.com/gen2brain/webp v0.5.5 built it (lib/webp.wasm.gz; its lib/Makefile says how).
// The module itself isn't used: on start it loads whichever libwebp the system has and
// reaches into its structs. github.com/HugoSmits86/nativewebp, pure Go, writes the lossless
// form only.
package webp

import (
	"bytes"
	"context"
	_ "embed"
	"errors"
	"fmt"
	"image"

	"pentimento/canvas/sandbox"
)

// MaxSide is the longest side of a WebP, in pixels.
const MaxSide = 16383

//go:embed webp.wasm.gz
var packed []byte

// encoder is libwebp in its box.
var encoder = &sandbox.Box{Packed: packed, Stops: true}

// Encode is a picture as a WebP file without anything beside its pixels. quality is 1 to 100,
// or 0 for the lossless form, which keeps the colours of transparent pixels, too. It ends
// early with ctx.Err(). Any goroutine may call it.
func Encode(ctx context.Context, img *image.NRGBA, quality int) ([]byte, error) {
	size := img.Rect.Size()
	if size.X < 1 || size.Y < 1 || max(size.X, size.Y) > MaxSide {
		return nil, fmt.Errorf("webp: a picture of %d×%d pixels, want 1 to %d a side", size.X, size.Y, MaxSide)
	}
	if quality < 0 || quality > 100 {
		return nil, fmt.Errorf("webp: quality %d, want 1 to 100, or 0 for lossless", quality)
	}
	var data []byte
	err := encoder.Run(ctx, func(l sandbox.Library) (err error) {
		data, err = run(l, img, quality)
		return err
	})
	if err != nil && ctx.Err() == nil {
		err = fmt.Errorf("webp: %w", err)
	}
	return data, err
}

// run calls encode(pixels, width, height, *size, 0 for RGBA, quality, effort 0 to 6, lossless,
// exact), which returns where the file is.
func run(l sandbox.Library, img *image.NRGBA, quality int) ([]byte, error) {
	w, h := img.Rect.Dx(), img.Rect.Dy()
	const length = 8
	in, err := l.Take(length + 4*w*h)
	if err != nil {
		return nil, err
	}
	if in == 0 {
		return nil, errors.New("the picture is too large")
	}
	for y := range h {
		if !l.Write(in+length+uint32(4*w*y), img.Pix[y*img.Stride:][:4*w]) {
			return nil, errors.New("the picture is too large")
		}
	}
	lossless, method, at := uint64(0), uint64(3), uint64(in)
	if quality == 0 { // of the lossless form it is the effort: more takes ten times as long for 8 % less
		quality, method, lossless = 10, 0, 1
	}
	out, err := l.Call("encode", at+length, uint64(w), uint64(h), at, 0, uint64(quality), method, lossless, lossless)
	if err != nil {
		return nil, err
	}
	n := l.Number(in)
	data, ok := l.Read(out, uint32(n))
	if !ok || n == 0 {
		return nil, errors.New("the encoder gave up; the picture may be too large")
	}
	return bytes.Clone(data), nil
}
