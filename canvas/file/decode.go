package file

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"image"
	"image/color"
	"image/gif"
	"image/jpeg"
	"image/png"
	"io"
	"os"

	"golang.org/x/image/bmp"

	"pentimento/canvas/disk"
	"pentimento/canvas/tiff"
	"pentimento/fault"
)

// Info says what a picture file held.
type Info struct {
	Format        string // "PNG", "JPEG", "WebP", "BMP", "TIFF", "GIF", "AVIF", "HEIC", "PSD", "Krita", "OpenRaster"
	Width, Height int    // in pixels, as shown: after the orientation is honoured
	Depth         int    // bits per channel as decoded: 8 or 16
	Alpha         bool   // some pixel may be less than opaque
	Orientation   int    // EXIF orientation of the file, 1 (as stored) to 8
	// Meaning is what the file says beside its pixels; of a picture that was converted to sRGB
	// (Note tells) without the profile.
	Meaning Meaning
	Note    string // a plain sentence on what of the picture could not be kept as it is, "" for none
}

// Picture is a decoded picture. It keeps the decoder's compact form (a JPEG 4:2:0 of
// 24 megapixels takes 36 MB) and converts what is asked for. It is safe for use by
// several goroutines at once.
type Picture struct {
	Info
	src    source
	w0, h0 int         // as stored
	deep   image.Image // of 16 bits a channel; nil: no more than src has
}

// Open reads the picture file at path. report may be nil; it receives the fraction read,
// from the calling goroutine. Errors name the file, what was found and what is wanted.
func Open(ctx context.Context, path string, report func(fraction float64)) (*Picture, error) {
	f, err := disk.Open(path)
	if err != nil {
		return nil, named(path, disk.Plain(err))
	}
	defer f.Close()
	if st, err := f.Stat(); err == nil && st.IsDir() {
		return nil, named(path, fault.New("found a folder, want a picture", "name a file in it"))
	} else if err == nil && !st.Mode().IsRegular() { // a pipe cannot be wound back
		b, err := Buffer(ctx, f)
		if err != nil {
			return nil, named(path, err)
		}
		p, err := Decode(ctx, b, report)
		return p, named(path, err)
	}
	p, err := Decode(ctx, f, report)
	return p, named(path, err)
}

// maxStream is the longest picture file taken from a stream, in bytes.
const maxStream = 1 << 30

// Buffer reads a stream such as standard input to its end, so that Decode, Texts and
// Inspect can be applied to it. It ends early with ctx.Err().
func Buffer(ctx context.Context, r io.Reader) (*bytes.Reader, error) {
	b, err := io.ReadAll(io.LimitReader(&steady{ctx: ctx, r: r}, maxStream+1))
	if err != nil {
		return nil, disk.Plain(err)
	}
	if len(b) > maxStream {
		return nil, fault.New("more than 1 GiB, want a picture of at most that", "save it to a file and open that")
	}
	return bytes.NewReader(b), nil
}

// Inspect tells what a picture file is from its header, without decoding pixels; Alpha
// then says what the format allows.
func Inspect(ctx context.Context, r io.ReadSeeker) (Info, error) {
	r, inside, err := unwrap(r)
	if err != nil {
		return Info{}, err
	}
	size, err := r.Seek(0, io.SeekEnd)
	if err != nil {
		return Info{}, disk.Plain(err)
	}
	if r, err = hold(ctx, r, size, nil); err != nil {
		return Info{}, err
	}
	f, cfg, err := inspect(ctx, r, size)
	if err != nil {
		return Info{}, err
	}
	info := Info{Format: f.name, Width: cfg.Width, Height: cfg.Height, Depth: depth(cfg.ColorModel), Orientation: readOrientation(r, f.name), Meaning: readMeaning(r, f.name), Note: severalNote(r, f.name)}
	if inside != "" {
		info.Format = inside
	}
	switch m := cfg.ColorModel.(type) {
	case color.Palette:
		for _, c := range m {
			_, _, _, a := c.RGBA()
			info.Alpha = info.Alpha || a != 0xffff
		}
	default:
		_, _, _, a := m.Convert(color.Transparent).RGBA()
		// The standard PNG reader names premultiplied models for opaque pictures.
		info.Alpha = a != 0xffff && m != color.RGBAModel && m != color.RGBA64Model
	}
	if info.Orientation >= 5 {
		info.Width, info.Height = info.Height, info.Width
	}
	return info, nil
}

// Decode reads a picture from the start of r. report may be nil. It ends early with
// ctx.Err(). Nothing is allocated for pixels before size and format are checked.
func Decode(ctx context.Context, r io.ReadSeeker, report func(fraction float64)) (p *Picture, err error) {
	defer func() { // the decoders are others': a bug there must not end the program
		if v := recover(); v != nil {
			p, err = nil, fault.New(fmt.Sprintf("the decoder failed (%v)", v), damaged)
		}
	}()
	r, inside, err := unwrap(r)
	if err != nil {
		return nil, err
	}
	size, err := r.Seek(0, io.SeekEnd)
	if err != nil {
		return nil, disk.Plain(err)
	}
	if r, err = hold(ctx, r, size, report); err != nil {
		return nil, err
	}
	f, cfg, err := inspect(ctx, r, size)
	if err != nil {
		return nil, err
	}
	orientation, meaning, several := readOrientation(r, f.name), readMeaning(r, f.name), severalNote(r, f.name)
	if _, err := r.Seek(0, io.SeekStart); err != nil {
		return nil, disk.Plain(err)
	}
	decode := f.decode
	if f.slow != nil {
		decode = func(r io.Reader) (image.Image, error) { return f.slow(ctx, r) }
	}
	first, second := report, report
	if cfg.ColorModel == color.CMYKModel && meaning.Profile != nil && report != nil { // half of the work is behind reading
		first, second = func(f float64) { report(f / 2) }, func(f float64) { report(0.5 + f/2) }
	}
	img, err := decode(stream(ctx, r, size, first))
	if err != nil {
		return nil, f.explain(ctx, err, cfg)
	}
	if got := img.Bounds(); got.Dx() != cfg.Width || got.Dy() != cfg.Height {
		return nil, fault.New(fmt.Sprintf("%s holds %d×%d pixels, its header says %d×%d", f.name, got.Dx(), got.Dy(), cfg.Width, cfg.Height), damaged)
	}
	p, err = settled(ctx, img, Info{Format: f.name, Width: cfg.Width, Height: cfg.Height, Orientation: orientation, Meaning: meaning, Note: several}, second)
	if err == nil && inside != "" {
		p.Format = inside
	}
	return p, err
}

// settled is the Picture of what was decoded, with the numbers that its profile means.
func settled(ctx context.Context, img image.Image, info Info, report func(float64)) (*Picture, error) {
	info.Depth = depth(img.ColorModel())
	if m, ok := img.(*image.RGBA64); ok {
		img = straight64(m)
	}
	img, note, err := info.Meaning.settle(ctx, img, report)
	if err != nil {
		return nil, err
	}
	p := &Picture{src: newSource(img, info.Format == "WebP"), w0: info.Width, h0: info.Height}
	info.Alpha, info.Note = !p.src.opaque, joined(info.Note, note)
	if info.Depth > 8 {
		p.deep = img
	}
	if info.Orientation >= 5 {
		info.Width, info.Height = info.Height, info.Width
	}
	p.Info = info
	return p, nil
}

const damaged = "the file is damaged or incomplete; try another copy"

// inspect finds format and size and refuses what cannot be opened.
func inspect(ctx context.Context, r io.ReadSeeker, size int64) (format, image.Config, error) {
	var none image.Config
	head := make([]byte, 32)
	if _, err := r.Seek(0, io.SeekStart); err != nil {
		return format{}, none, disk.Plain(err)
	}
	n, err := io.ReadFull(r, head)
	if err != nil && err != io.EOF && err != io.ErrUnexpectedEOF {
		return format{}, none, disk.Plain(err)
	}
	f, err := sniff(head[:n])
	if err != nil {
		return f, none, err
	}
	if w, h, ok := headSize(head[:n]); ok { // its decoder refuses the largest without their size
		if err := f.tooLarge(w, h); err != nil {
			return f, none, err
		}
	}
	if _, err := r.Seek(0, io.SeekStart); err != nil {
		return f, none, disk.Plain(err)
	}
	cfg, err := f.config(stream(ctx, r, 0, nil))
	if err != nil {
		return f, none, f.explain(ctx, err, none)
	}
	w, h := cfg.Width, cfg.Height
	if err := f.tooLarge(w, h); err != nil {
		return f, cfg, err
	}
	switch {
	case w < 1 || h < 1:
		return f, cfg, fault.New(fmt.Sprintf("%s is %d×%d pixels, want at least 1×1", f.name, w, h), damaged)
	case f.density > 0 && int64(w)*int64(h) > f.density*size:
		return f, cfg, fault.New(fmt.Sprintf("%s has %d bytes, too few for the %d×%d pixels its header says", f.name, size, w, h), damaged)
	}
	return f, cfg, nil
}

// tooLarge refuses more pixels a side than a canvas holds.
func (f format) tooLarge(w, h int) error {
	if w <= MaxSide && h <= MaxSide {
		return nil
	}
	return fault.Told(fmt.Sprintf("%s is %d×%d pixels, want at most %d a side", f.name, w, h, MaxSide),
		"make it smaller or cut it into parts with another program", nil)
}

// headSize is the size that a PNG's first bytes say.
func headSize(head []byte) (w, h int, ok bool) {
	if len(head) < 24 || string(head[1:4]) != "PNG" || string(head[12:16]) != "IHDR" {
		return 0, 0, false
	}
	return int(binary.BigEndian.Uint32(head[16:])), int(binary.BigEndian.Uint32(head[20:])), true
}

// explain turns a decoder's error into ours.
func (f format) explain(ctx context.Context, err error, cfg image.Config) error {
	if ctx.Err() != nil {
		return ctx.Err()
	}
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		if cfg.Width == 0 {
			return fault.Told(f.name+" ends within its header", damaged, err)
		}
		return fault.Told(fmt.Sprintf("%s ends too early, want %d×%d pixels", f.name, cfg.Width, cfg.Height), damaged, err)
	}
	var osErr *os.PathError
	if errors.As(err, &osErr) {
		return disk.Plain(err)
	}
	advice := "if other programs open it, save it there as PNG; otherwise the file is damaged"
	switch own := fault.Hint(err); {
	case own != "":
		advice = own
	case unreadForm(err):
		advice = "the file is sound, but of a kind that isn't read here: save it as PNG in the program it comes from"
	}
	return fault.Told(fmt.Sprintf("%s cannot be read: %v", f.name, err), advice, err)
}

// unreadForm says whether a decoder knows a form and does not read it.
func unreadForm(err error) bool {
	var t tiff.Unread
	var j jpeg.UnsupportedError
	var p png.UnsupportedError
	return unsupported(err) || errors.As(err, &t) || errors.As(err, &j) || errors.As(err, &p) || errors.Is(err, bmp.ErrUnsupported)
}

// decodeGIF lays the first frame where it belongs on the GIF's screen.
func decodeGIF(r io.Reader) (image.Image, error) {
	var head bytes.Buffer
	cfg, err := gif.DecodeConfig(io.TeeReader(r, &head))
	if err != nil {
		return nil, err
	}
	img, err := gif.Decode(io.MultiReader(&head, r))
	if err != nil {
		return nil, err
	}
	screen := image.Rect(0, 0, cfg.Width, cfg.Height)
	frame, ok := img.(*image.Paletted)
	if !ok || frame.Rect == screen {
		return img, nil
	}
	whole := image.NewNRGBA(screen)
	src := newSource(frame, false)
	at := frame.Rect.Intersect(screen)
	for y := at.Min.Y; y < at.Max.Y; y++ {
		o := whole.PixOffset(at.Min.X, y)
		src.row(at.Min.X, at.Max.X, y, whole.Pix[o:o+4*at.Dx()])
	}
	return whole, nil
}

func depth(m color.Model) int {
	switch m {
	case color.Gray16Model, color.RGBA64Model, color.NRGBA64Model:
		return 16
	}
	return 8
}

// steady is a reader that stops when ctx ends and reports how far it is.
type steady struct {
	ctx    context.Context
	r      io.Reader
	size   int64
	report func(float64)
	read   int64
}

func (s *steady) Read(b []byte) (int, error) {
	if err := s.ctx.Err(); err != nil {
		return 0, err
	}
	n, err := s.r.Read(b)
	if s.read += int64(n); s.report != nil && s.size > 0 && n > 0 {
		s.report(min(1, float64(s.read)/float64(s.size)))
	}
	return n, err
}
