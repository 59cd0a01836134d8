// Package file reads pictures of the common formats, writes PNG, JPEG, WebP, TIFF and PSD, and keeps
// projects in OpenRaster files, whole or not at all.
//
// Start at Open, which decodes a file into a Picture; Picture.ReadRect then hands out
// any rectangle as premultiplied RGBA, straight into canvas tiles, without a second full
// copy. Pictures are shown as their EXIF orientation wants. Meaning.Encode writes
// one in a form of the table Forms (encode.go), with texts (owntexts.go says where they go);
// ReadTexts gets texts back out of PNG, JPEG, WebP and GIF;
// canvas/disk writes so that the old file stays until the new one is complete.
//
// A project file starts at SaveProject (save.go) and OpenProject (open.go): an OpenRaster
// zip that Krita, GIMP and MyPaint open with its layers, and whatever they have no words for
// in members under pentimento/. project.go lists the members, stack.go is stack.xml,
// pieces.go and leaves.go turn layers into it and back, rows.go, bands.go and readrows.go are the PNG
// of layers, archive.go is the zip file that is not trusted. Lists of the program's own are in
// savelists.go and openlists.go; contents.go tells what a file holds without its pixels.
//
// The decoders themselves are the standard library's and golang.org/x/image's: well
// kept and fuzzed. Ours are only the thin readers they lack: EXIF orientation and
// comment, PNG text chunks, WebP and GIF comments.
//
// 2026-11-23: a file is judged by its first bytes, never by its name.
// 2026-11-23: sizes are checked before anything is allocated, and against the bytes the
// file has, so that a lying header costs nothing.
// 2026-11-23: lossy WebP is converted with BT.601 studio range as its specification says;
// Go's image.YCbCr takes every picture as full range, which greys out black and white.
// 2026-11-23: 16-bit channels are rounded to 8, not cut off.
// 2026-11-23: an own EXIF reader of two tags; the libraries at hand are unmaintained or
// read hundreds of tags that have no use here.
// 2026-11-25: layers stand in stack.xml, which is the truth for what it can say; our own
// document adds IDs, offsets and what belongs to the picture besides its pixels. So a file that
// another program has changed in place opens as that program left it.
// 2026-11-25: OpenRaster's image has a size and begins at 0, 0; ours is an edgeless plane. The
// image is what is visible, our document says where its corner is, and layers may have
// negative places in it, as in the others' files.
// 2026-11-25: straight alpha of 8 bits holds premultiplied tiles exactly (a test goes through
// all pairs), so a layer is a plain PNG and not a format of our own.
// 2026-11-25: a member that has not changed is copied as it is packed; a layer is known by
// its tiles' pointers, a picture by its own. Members are written with their sizes and sums
// before them, so that readers which go through a file front to back are served, too.
// 2026-11-25: github.com/klauspost/compress deflates at a multiple of the standard library's
// speed, is kept by people who do little else, and takes no C. It is used in bands on all
// cores; PNG and zip around it are ours and the standard library's.
// 2026-11-25: what a foreign file has that a flat list of layers cannot keep is reported, and the
// program then does not save over that file without asking for a name.
// 2026-11-29: pictures are written so, too (bands.go). On two cores one of 16 megapixels takes, where a network
// enlarged it, a fifth of the standard encoder's time in a file 4 % smaller, where a filter did, a third in
// one 2 % larger.
// 2026-11-27: what a file says of its pixels (Meaning, meaning.go) is read beside them and
// written as it was, so that nothing looks different in another program. CMYK with a profile
// becomes sRGB on opening, for a PNG has no CMYK.
// 2026-11-27: a document is tiles of 8 bits; the samples of a file that has more are kept
// beside them (source.go) and written wherever the pixel still is what they round to. Tiles of
// 16 bits would take twice the memory and time of every picture for what few files have.
package file

import (
	"bytes"
	"context"
	"fmt"
	"image"
	"image/gif"
	"image/png"
	"io"

	"pentimento/fault"
)

// MaxSide is the longest side, in pixels, of a picture that is opened.
const MaxSide = 16384

// Extensions are the file name endings of what Open reads, for file dialogs.
var Extensions = []string{".png", ".jpg", ".jpeg", ".webp", ".bmp", ".tif", ".tiff", ".gif", ".avif", ".heic", ".heif", ".jxl", ".psd", ".psb", ".kra"}

// Layered are those of files of other programs whose layers OpenProject reads.
var Layered = []string{".psd", ".psb", ".kra"}

// format is one row of the table of formats.
type format struct {
	name   string
	magic  []string // "?" stands for any byte
	config func(io.Reader) (image.Config, error)
	decode func(io.Reader) (image.Image, error)
	// density is the most pixels one byte of such a file can hold: 0 means no bound. PNG:
	// deflate's 1032:1 at 1 bit; JPEG: a DC and an end code of one bit each per 64 pixels,
	// or, progressive, one bit; GIF: a 12-bit code for at most 4096 pixels.
	density int64
	slow    func(context.Context, io.Reader) (image.Image, error) // in place of decode: one that ends early itself
	whole   bool                                                  // it is read from memory
}

var formats = []format{
	{"PNG", []string{"\x89PNG\r\n\x1a\n"}, png.DecodeConfig, png.Decode, 1032 * 8, nil, false},
	{"JPEG", []string{"\xff\xd8\xff"}, configJPEG, decodeJPEG, 512, nil, false},
	{"WebP", []string{"RIFF????WEBPVP8"}, configWebP, decodeWebP, 0, nil, false},
	{"BMP", []string{"BM"}, configBMP, decodeBMP, 256, nil, false},
	{"TIFF", []string{"II*\x00", "MM\x00*", "II+\x00", "MM\x00+"}, configTIFF, decodeTIFF, 0, nil, true},
	{"GIF", []string{"GIF87a", "GIF89a"}, gif.DecodeConfig, decodeGIF, 4096, nil, false},
	{"PSD", []string{psdMagic + "\x00\x01", psdMagic + "\x00\x02"}, configPSD, nil, 0, decodePSD, true},
	{"AVIF", []string{"????ftypavi"}, configHEIF, nil, 0, decodeHEIF, true},
	{"HEIC", []string{"????ftyphe"}, configHEIF, nil, 0, decodeHEIF, true},
	{"JPEG XL", []string{"\xff\x0a", "\x00\x00\x00\x0cJXL "}, configJXL, nil, 0, decodeJXL, true},
	{"HEIF", []string{"????ftypmif1", "????ftypmsf1"}, configHEIF, nil, 0, decodeHEIF, true},
}

// strangers are things people try to open that are recognised only to be named.
var strangers = []struct{ name, magic string }{
	{"a video", "????ftypiso"}, {"a video", "????ftypmp4"}, {"a video", "????ftypqt"},
	{"a JPEG 2000 picture", "\x00\x00\x00\x0cjP  "}, {"a PDF document", "%PDF"},
	{"an SVG drawing", "<svg"}, {"an XML document", "<?xml"}, {"a web page", "<!DOCTYPE"},
	{"a web page", "<html"}, {"a GIMP picture (XCF)", "gimp xcf"}, {"an icon", "\x00\x00\x01\x00"},
}

const wanted = "PNG, JPEG, WebP, BMP, TIFF, GIF, AVIF, HEIC, JPEG XL, PSD or .kra"

// sniff finds the format by the first bytes of a file.
func sniff(head []byte) (format, error) {
	for _, f := range formats {
		for _, m := range f.magic {
			if match(m, head) {
				return f, nil
			}
		}
	}
	found := "something else"
	switch {
	case len(head) == 0:
		found = "an empty file"
	case len(bytes.Trim(head, "\x00")) == 0:
		found = "nothing but zeros"
	}
	for _, s := range strangers {
		if match(s.magic, head) {
			found = s.name
		}
	}
	return format{}, fault.New("found "+found+", want "+wanted, "open it in the program it comes from and save it as PNG")
}

func match(magic string, head []byte) bool {
	if len(head) < len(magic) {
		return false
	}
	for i := range len(magic) {
		if magic[i] != '?' && magic[i] != head[i] {
			return false
		}
	}
	return true
}

// named puts a file's name before an error and keeps its advice reachable.
func named(name string, err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("%q: %w", name, err)
}
