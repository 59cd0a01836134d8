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
	"compress/gzip"
	"context"
	_ "embed"
	"errors"
	"fmt"
	"image"
	"io"
	"sync"

	"github.com/tetratelabs/wazero"
	"github.com/tetratelabs/wazero/api"
	"github.com/tetratelabs/wazero/imports/wasi_snapshot_preview1"
)

// MaxSide is the longest side of a WebP, in pixels.
const MaxSide = 16383

//go:embed webp.wasm.gz
var packed []byte

// memoryPages bounds the encoder's memory: 64 KiB each.
const memoryPages = 3 << 30 >> 16

type box struct {
	runtime wazero.Runtime
	module  wazero.CompiledModule
}

// ready is the encoder in its box, made at the first picture.
var ready = sync.OnceValues(func() (*box, error) {
	z, err := gzip.NewReader(bytes.NewReader(packed))
	if err != nil {
		return nil, err
	}
	code, err := io.ReadAll(z)
	if err != nil {
		return nil, err
	}
	ctx := context.Background()
	rt := wazero.NewRuntimeWithConfig(ctx, wazero.NewRuntimeConfig().WithMemoryLimitPages(memoryPages).WithCloseOnContextDone(true))
	if _, err := wasi_snapshot_preview1.Instantiate(ctx, rt); err != nil {
		return nil, err
	}
	m, err := rt.CompileModule(ctx, code)
	return &box{rt, m}, err
})

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
	b, err := ready()
	if err != nil {
		return nil, fmt.Errorf("webp: the encoder does not start: %w", err)
	}
	m, err := b.runtime.InstantiateModule(ctx, b.module, wazero.NewModuleConfig().WithName(""))
	if err != nil {
		return nil, orDone(ctx, err)
	}
	defer m.Close(context.Background())
	data, err := run(ctx, m, img, quality)
	if err != nil {
		return nil, orDone(ctx, fmt.Errorf("webp: %w", err))
	}
	return data, nil
}

// run calls encode(pixels, width, height, *size, 0 for RGBA, quality, effort 0 to 6, lossless,
// exact), which returns where the file is.
func run(ctx context.Context, m api.Module, img *image.NRGBA, quality int) ([]byte, error) {
	call := func(name string, args ...uint64) (uint32, error) {
		out, err := m.ExportedFunction(name).Call(ctx, args...)
		if err != nil {
			return 0, err
		}
		return uint32(out[0]), nil
	}
	w, h := img.Rect.Dx(), img.Rect.Dy()
	const length = 8
	in, err := call("malloc", uint64(length+4*w*h))
	if err != nil {
		return nil, err
	}
	if in == 0 {
		return nil, errors.New("the picture is too large")
	}
	for y := range h {
		if !m.Memory().Write(in+length+uint32(4*w*y), img.Pix[y*img.Stride:][:4*w]) {
			return nil, errors.New("the picture is too large")
		}
	}
	lossless, method, at := uint64(0), uint64(3), uint64(in)
	if quality == 0 { // of the lossless form it is the effort: more takes ten times as long for 8 % less
		quality, method, lossless = 10, 0, 1
	}
	out, err := call("encode", at+length, uint64(w), uint64(h), at, 0, uint64(quality), method, lossless, lossless)
	if err != nil {
		return nil, err
	}
	n, ok := m.Memory().ReadUint32Le(in)
	data, read := m.Memory().Read(out, n)
	if !ok || !read || n == 0 {
		return nil, errors.New("the encoder gave up; the picture may be too large")
	}
	return bytes.Clone(data), nil
}

// orDone is the context's error where that is why.
func orDone(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return ctx.Err()
	}
	return err
}
