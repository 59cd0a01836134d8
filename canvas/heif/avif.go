package heif

import (
	"bytes"
	"compress/gzip"
	"context"
	_ "embed"
	"encoding/binary"
	"errors"
	"fmt"
	"image"
	"io"
	"sync"

	"github.com/tetratelabs/wazero"
	"github.com/tetratelabs/wazero/api"
	"github.com/tetratelabs/wazero/imports/wasi_snapshot_preview1"
)

//go:embed avif.wasm.gz
var packed []byte

// memoryPages bounds the decoder's memory: 64 KiB each.
const memoryPages = 3 << 30 >> 16

// machine is the decoder in its box, made ready by the first AVIF: it takes a second or two.
var machine = sync.OnceValues(func() (*decoder, error) {
	z, err := gzip.NewReader(bytes.NewReader(packed))
	if err != nil {
		return nil, err
	}
	code, err := io.ReadAll(z)
	if err != nil {
		return nil, err
	}
	if bytes.Count(code, chromaRepeated) != 1 {
		return nil, errors.New("it is not the one that was measured")
	}
	code = bytes.Replace(code, chromaRepeated, chromaSmooth, 1)
	ctx := context.Background()
	rt := wazero.NewRuntimeWithConfig(ctx, wazero.NewRuntimeConfig().WithMemoryLimitPages(memoryPages))
	if _, err := wasi_snapshot_preview1.Instantiate(ctx, rt); err != nil {
		return nil, err
	}
	m, err := rt.CompileModule(ctx, code)
	return &decoder{rt, m}, err
})

// The decoder leaves the field chromaUpsampling of avifRGBImage at automatic, with which
// libavif repeats chroma: up to 146 of 255 beside a red or blue edge. chromaSmooth writes 4
// (AVIF_CHROMA_UPSAMPLING_BILINEAR) there instead, what avifdec and browsers do: one byte of
//
//	local.set 38; local.get 0; i64.const 0; i64.store offset=16
var (
	chromaRepeated = []byte{0x21, 0x26, 0x20, 0x00, 0x42, 0x00, 0x37, 0x02, 0x10}
	chromaSmooth   = []byte{0x21, 0x26, 0x20, 0x00, 0x42, 0x04, 0x37, 0x02, 0x10}
)

type decoder struct {
	runtime wazero.Runtime
	module  wazero.CompiledModule
}

var errAVIF = errors.New("heif: the AVIF is damaged")

// decodeAVIF decodes as long as ctx lasts. What runs then goes on to its end unseen: looking
// for an end within the box takes as long as decoding.
func decodeAVIF(ctx context.Context, b []byte, info *Info) (image.Image, error) {
	type result struct {
		img image.Image
		err error
	}
	done := make(chan result, 1)
	go func() {
		defer func() {
			if v := recover(); v != nil {
				done <- result{nil, fmt.Errorf("heif: the decoder failed (%v)", v)}
			}
		}()
		img, err := runAVIF(ctx, b, info)
		done <- result{img, err}
	}()
	select {
	case r := <-done:
		return r.img, r.err
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// runAVIF runs libavif on the file. Its function is called once for the header and once
// for the pixels: decode(in, size, headerOnly, all, *width, *height, *depth, *count, *delay, out).
func runAVIF(ctx context.Context, b []byte, info *Info) (image.Image, error) {
	d, err := machine()
	if err != nil {
		return nil, fmt.Errorf("heif: the decoder does not start: %w", err)
	}
	m, err := d.runtime.InstantiateModule(ctx, d.module, wazero.NewModuleConfig().WithName(""))
	if err != nil {
		return nil, orDone(ctx, err)
	}
	defer m.Close(context.Background())
	call := func(name string, args ...uint64) (uint32, error) {
		out, err := m.ExportedFunction(name).Call(ctx, args...)
		if err != nil {
			return 0, orDone(ctx, errAVIF)
		}
		return uint32(out[0]), nil
	}
	const said = 4*4 + 8 // width, height, depth, count; a delay
	in, err := call("malloc", uint64(len(b)+said+8))
	if err != nil {
		return nil, err
	}
	at := (in + uint32(len(b)) + 7) &^ 7
	if in == 0 || !m.Memory().Write(in, b) {
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
	w, h, depth := number(m, at), number(m, at+4), number(m, at+8)
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
	pix, ok := m.Memory().Read(out, uint32(size))
	if !ok {
		return nil, errAVIF
	}
	return pictureOf(pix, w, h, depth > 8), nil
}

func number(m api.Module, at uint32) int {
	v, _ := m.Memory().ReadUint32Le(at)
	return int(v)
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

// orDone is the context's error where that is why.
func orDone(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return ctx.Err()
	}
	return err
}
