package heif

import (
	"bytes"
	"context"
	_ "embed"
	"encoding/binary"
	"errors"
	"fmt"
	"image"

	"pentimento/canvas/sandbox"
)

//go:embed avif.wasm.gz
var packed []byte

// decoder is libavif in its box. What is cancelled in it runs on: looking for an end within
// takes as long as decoding.
var decoder = &sandbox.Box{Packed: packed, Prepare: func(code []byte) ([]byte, error) {
	if bytes.Count(code, chromaRepeated) != 1 {
		return nil, errors.New("it is not the one that was measured")
	}
	return bytes.Replace(code, chromaRepeated, chromaSmooth, 1), nil
}}

// The decoder leaves the field chromaUpsampling of avifRGBImage at automatic, with which
// libavif repeats chroma: up to 146 of 255 beside a red or blue edge. chromaSmooth writes 4
// (AVIF_CHROMA_UPSAMPLING_BILINEAR) there instead, what avifdec and browsers do: one byte of
//
//	local.set 38; local.get 0; i64.const 0; i64.store offset=16
var (
	chromaRepeated = []byte{0x21, 0x26, 0x20, 0x00, 0x42, 0x00, 0x37, 0x02, 0x10}
	chromaSmooth   = []byte{0x21, 0x26, 0x20, 0x00, 0x42, 0x04, 0x37, 0x02, 0x10}
)

var errAVIF = errors.New("heif: the AVIF is damaged")

func decodeAVIF(ctx context.Context, b []byte, info *Info) (img image.Image, err error) {
	made := make(chan image.Image, 1)
	err = decoder.Run(ctx, func(l sandbox.Library) error {
		img, err := runAVIF(ctx, l, b, info)
		made <- img
		return err
	})
	switch {
	case err == nil:
		return <-made, nil
	case ctx.Err() != nil || errors.Is(err, errAVIF):
		return nil, err
	}
	return nil, fmt.Errorf("heif: the decoder: %w", err)
}

// runAVIF runs libavif on the file. Its function is called once for the header and once
// for the pixels: decode(in, size, headerOnly, all, *width, *height, *depth, *count, *delay, out).
func runAVIF(ctx context.Context, l sandbox.Library, b []byte, info *Info) (image.Image, error) {
	call := func(name string, args ...uint64) (uint32, error) {
		n, err := l.Call(name, args...)
		if err != nil {
			return 0, errAVIF
		}
		return n, nil
	}
	const said = 4*4 + 8 // width, height, depth, count; a delay
	in, err := call("malloc", uint64(len(b)+said+8))
	if err != nil {
		return nil, err
	}
	at := (in + uint32(len(b)) + 7) &^ 7
	if in == 0 || !l.Write(in, b) {
		return nil, errAVIF
	}
	ask := func(header bool, out uint32) (bool, error) {
		h := uint64(0)
		if header {
			h = 1
		}
		p := uint64(at)
		ok, err := call("decode", uint64(in), uint64(len(b)), h, 0, p, p+4, p+8, p+12, p+16, uint64(out))
		return ok != 0, err
	}
	if ok, err := ask(true, 0); !ok {
		return nil, errors.Join(errAVIF, err)
	}
	w, h, depth := l.Number(at), l.Number(at+4), l.Number(at+8)
	if w != info.Width || h != info.Height {
		return nil, fmt.Errorf("heif: the AVIF holds %d×%d pixels, its header says %d×%d", w, h, info.Width, info.Height)
	}
	size := 4 * w * h
	if depth > 8 {
		size *= 2
	}
	out, err := call("malloc", uint64(size))
	if err = errors.Join(err, ctx.Err()); err != nil {
		return nil, err
	}
	if out == 0 {
		return nil, errAVIF
	}
	if ok, err := ask(false, out); !ok {
		return nil, errors.Join(errAVIF, err)
	}
	pix, ok := l.Read(out, uint32(size))
	if !ok {
		return nil, errAVIF
	}
	return pictureOf(pix, w, h, depth > 8), nil
}

// pictureOf copies pixels out of the box, which is closed behind them.
func pictureOf(pix []byte, w, h int, deep bool) image.Image {
	r := image.Rect(0, 0, w, h)
	if !deep {
		img := image.NewRGBA(r)
		copy(img.Pix, pix)
		return img
	}
	img := image.NewRGBA64(r)
	for i := 0; i+1 < len(pix); i += 2 {
		binary.BigEndian.PutUint16(img.Pix[i:], binary.LittleEndian.Uint16(pix[i:]))
	}
	return img
}
