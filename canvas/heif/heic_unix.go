//go:build linux || darwin || freebsd

package heif

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"image"
	"runtime"
	"sync"
	"unsafe"

	"github.com/ebitengine/purego"
)

// HEVC is decoded by the system's libheif, where there is one: it is LGPL, so it isn't
// shipped, and most desktops have it.
//
// 2026-11-27: github.com/ebitengine/purego (Apache-2.0) loads and calls it, without C of ours.
// A few functions of its C interface are used, which have been the same since 1.3 (2018).
// Boxes and sizes are checked before; what it does with the pixels is in its hands.

var libraries = []string{"libheif.so.1", "libheif.1.dylib", "/opt/homebrew/lib/libheif.1.dylib", "/usr/local/lib/libheif.1.dylib", "libheif.so"}

// The functions of libheif that are called, by their names without "heif_".
var names = []string{"context_alloc", "context_free", "context_read_from_memory", "context_get_primary_image_handle", "image_handle_release", "image_handle_get_luma_bits_per_pixel",
	"decoding_options_alloc", "decoding_options_free", "decode_image", "image_release", "image_get_width", "image_get_height", "image_get_plane_readonly"}

// library is libheif's functions by name; nil where there is none.
var library = sync.OnceValue(func() map[string]uintptr {
	for _, name := range libraries {
		at, err := purego.Dlopen(name, purego.RTLD_NOW|purego.RTLD_LOCAL)
		if err != nil {
			continue
		}
		out := map[string]uintptr{}
		for _, n := range names {
			if out[n], err = purego.Dlsym(at, "heif_"+n); err != nil {
				return nil
			}
		}
		return out
	}
	return nil
})

// libheif's numbers.
const (
	colourRGB, rgba8, rgba16, interleaved = 1, 11, 15, 10
)

var errHEIC = errors.New("heif: libheif cannot read it")

func decodeHEIC(ctx context.Context, b []byte, info *Info) (image.Image, error) {
	lib := library()
	if lib == nil {
		return nil, Unread{"the pictures in it are HEVC, which the system's libheif reads; there is none", "install libheif (Debian, Ubuntu: libheif1; Fedora: libheif; macOS: brew install libheif), or save it as PNG or JPEG"}
	}
	call := func(name string, args ...uintptr) uintptr {
		r, _, _ := purego.SyscallN(lib[name], args...)
		return r
	}
	// An error comes back as two numbers and a text in two registers; the first number is 0
	// for none.
	try := func(name string, args ...uintptr) error {
		if code := uint32(call(name, args...)); code != 0 {
			return fmt.Errorf("%w (error %d of heif_%s)", errHEIC, code, name)
		}
		return ctx.Err()
	}
	// What it reads and writes of ours must not move meanwhile.
	out := &struct {
		handle, img uintptr
		stride      int32
	}{}
	var pin runtime.Pinner
	defer pin.Unpin()
	pin.Pin(out)
	pin.Pin(&b[0])
	file := call("context_alloc")
	defer call("context_free", file)
	if err := try("context_read_from_memory", file, uintptr(unsafe.Pointer(&b[0])), uintptr(len(b)), 0); err != nil {
		return nil, err
	}
	if err := try("context_get_primary_image_handle", file, uintptr(unsafe.Pointer(&out.handle))); err != nil {
		return nil, err
	}
	defer call("image_handle_release", out.handle)
	opt := call("decoding_options_alloc")
	defer call("decoding_options_free", opt)
	bytesAt(opt, 2)[1] = 1 // as stored: turning is ours
	depth := int(int32(call("image_handle_get_luma_bits_per_pixel", out.handle)))
	form, size := uintptr(rgba8), 4
	if depth > 8 {
		form, size = rgba16, 8
	}
	if err := try("decode_image", out.handle, uintptr(unsafe.Pointer(&out.img)), colourRGB, form, opt); err != nil {
		return nil, err
	}
	defer call("image_release", out.img)
	w, h := int(int32(call("image_get_width", out.img, interleaved))), int(int32(call("image_get_height", out.img, interleaved)))
	plane := call("image_get_plane_readonly", out.img, interleaved, uintptr(unsafe.Pointer(&out.stride)))
	stride := int(out.stride)
	if plane == 0 || w != info.Width || h != info.Height || stride < size*w || depth > 16 {
		return nil, fmt.Errorf("heif: the HEIC holds %d×%d pixels, its header says %d×%d", w, h, info.Width, info.Height)
	}
	return straightOf(bytesAt(plane, stride*h), stride, w, h, depth), nil
}

// bytesAt is memory of the library's.
func bytesAt(at uintptr, n int) []byte { return unsafe.Slice(*(**byte)(unsafe.Pointer(&at)), n) }

// straightOf copies pixels with straight alpha; those of more than 8 bits are little-endian.
func straightOf(pix []byte, stride, w, h, depth int) image.Image {
	r := image.Rect(0, 0, w, h)
	if depth <= 8 {
		img := image.NewNRGBA(r)
		for y := range h {
			copy(img.Pix[y*img.Stride:][:4*w], pix[y*stride:])
		}
		return img
	}
	img := image.NewNRGBA64(r)
	most := uint32(1)<<depth - 1
	for y := range h {
		for i := range 4 * w {
			v := uint32(binary.LittleEndian.Uint16(pix[y*stride+2*i:]))
			binary.BigEndian.PutUint16(img.Pix[y*img.Stride+2*i:], uint16(min(v, most)*0xffff/most))
		}
	}
	return img
}
