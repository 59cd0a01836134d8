package file

import (
	"bytes"
	"context"
	"encoding/binary"
	"fmt"
	"image"
	"image/draw"
	"image/png"
	"io"
	"path/filepath"
	"slices"
	"strings"

	"pentimento/canvas"
	"pentimento/canvas/colour"
	"pentimento/canvas/jpeg"
	"pentimento/canvas/psd"
	"pentimento/canvas/webp"
	"pentimento/fault"
)

// Form is a row of Forms: a format that pictures are written in.
type Form struct {
	Name       string
	Extensions []string // with their dot; the first is the usual one
	Quality    int      // that is usual, 1 to 100; 0: the form has none, or the usual one is exact
	Lossy      bool     // it has a quality
	Exact      bool     // it holds every pixel exactly, where no quality is asked for
	Alpha      bool
	Deep       bool // 16 bits a channel
	Layers     bool // it holds layers (Options.State)
	MaxSide    int  // pixels; 0: no bound of the form's
	write      func(ctx context.Context, w io.Writer, p printed, m Meaning) error
}

// Forms are the formats that pictures are written in; the first is the usual one.
var Forms = []Form{
	{Name: "PNG", Extensions: []string{".png"}, Exact: true, Alpha: true, Deep: true, write: writePNG},
	{Name: "JPEG", Extensions: []string{".jpg", ".jpeg"}, Quality: 92, Lossy: true, MaxSide: jpeg.MaxSide, write: writeJPEG},
	{Name: "WebP", Extensions: []string{".webp"}, Lossy: true, Exact: true, Alpha: true, MaxSide: webp.MaxSide, write: writeWebP},
	{Name: "TIFF", Extensions: []string{".tif", ".tiff"}, Exact: true, Alpha: true, Deep: true, write: writeTIFF},
	{Name: "PSD", Extensions: []string{".psd"}, Alpha: true, Layers: true, MaxSide: psd.MaxWritten, write: writePSD},
}

// FormOf is the form that a file's name asks for by its ending; false where it asks for none of
// Forms.
func FormOf(path string) (Form, bool) {
	ext := strings.ToLower(filepath.Ext(path))
	for _, f := range Forms {
		if slices.Contains(f.Extensions, ext) {
			return f, true
		}
	}
	return Forms[0], false
}

// HDR is the name of the colours where a form has no number for them and they are brighter than
// paper (BT.2100 PQ and HLG): it then says them by an ICC profile alone. Else "".
func (f Form) HDR(m Meaning) string {
	for _, c := range m.Colour {
		const pq, hlg = 16, 18
		if c.Kind == "cICP" && len(c.Data) == 4 && (c.Data[1] == pq || c.Data[1] == hlg) && m.Profile == nil && f.Name != "PNG" {
			return m.ColourName()
		}
	}
	return ""
}

// Losses are what a form doesn't keep of a picture and of what it means, a line each, for
// people to know before it is written.
func (f Form) Losses(img image.Image, m Meaning) (out []string) {
	if !f.Alpha && !opaqueImage(img) {
		out = append(out, f.Name+" has no transparency: what is transparent becomes white")
	}
	if !f.Deep && isDeep(img) {
		out = append(out, f.Name+" has 8 bits a channel: the 16 of this picture are rounded")
	}
	if name := f.HDR(m); name != "" {
		out = append(out, f.Name+" has no number for "+name+": an ICC profile says it, and programs that don't read it there show the picture dull; PNG keeps it")
	}
	return out
}

// printed is a picture as it is written: its pixels, its own texts and how well.
type printed struct {
	img     image.Image
	texts   []Text
	quality int
	fast    bool
	state   *canvas.State
}

// Options say how well a picture is written.
type Options struct {
	Quality int  // 1 to 100; 0: the form's usual one, or exactly
	Fast    bool // a PNG is packed fast, not small
	// State is what the picture was flattened of, for a form that holds layers; its bounds are
	// in the State's pixels. nil: the picture is its only layer.
	State *canvas.State
}

// Encode writes a picture in a form, with what the meaning says and with texts, as far as the
// form has places for them. It ends early with ctx.Err(); what was written until then is no
// picture, so call it inside WriteAtomic.
func (m Meaning) Encode(ctx context.Context, w io.Writer, f Form, img image.Image, texts []Text, o Options) error {
	r := img.Bounds()
	switch {
	case r.Empty():
		return fault.New(fmt.Sprintf("picture is %d×%d pixels, want at least 1×1", r.Dx(), r.Dy()), "there is nothing to export here")
	case f.MaxSide > 0 && max(r.Dx(), r.Dy()) > f.MaxSide:
		return fault.New(fmt.Sprintf("picture is %d×%d pixels, want at most %d a side for %s", r.Dx(), r.Dy(), f.MaxSide, f.Name), "write it as PNG")
	case o.Quality < 0 || o.Quality > 100 || o.Quality > 0 && !f.Lossy:
		return fmt.Errorf("%s: quality %d, want %s", f.Name, o.Quality, map[bool]string{true: "1 to 100", false: "none"}[f.Lossy])
	}
	if o.Quality == 0 {
		o.Quality = f.Quality
	}
	return f.write(ctx, w, printed{img, texts, o.Quality, o.Fast, o.State}, m)
}

func writePNG(ctx context.Context, w io.Writer, p printed, m Meaning) error {
	level := png.DefaultCompression
	if p.fast {
		level = png.BestSpeed
	}
	return m.EncodePNG(ctx, w, p.img, p.texts, level)
}

// fullChroma is the quality from which a JPEG keeps its full colour resolution.
const fullChroma = 90

func writeJPEG(ctx context.Context, w io.Writer, p printed, m Meaning) error {
	_, grey := p.img.(*image.Gray16)
	o := jpeg.Options{Quality: p.quality, Halved: p.quality < fullChroma, Grey: grey, Density: jfifDensity(m.Density)}
	add := func(marker byte, prefix string, data []byte) {
		n := 2 + len(prefix) + len(data)
		if n <= 0xffff { // longer than a segment can be: left out
			o.Segments = append(append(append(o.Segments, 0xff, marker, byte(n>>8), byte(n)), prefix...), data...)
		}
	}
	own := m.own(p.texts)
	if exif := m.exif(p.texts); exif != nil {
		add(0xe1, exifPrefix, exif)
	}
	if x := own.xmp; len(x) <= maxXMP {
		if x != "" {
			add(0xe1, xmpPrefix, []byte(x))
		}
	} else {
		short, guid, long := splitXMP(x)
		add(0xe1, xmpPrefix, short)
		for at, part := range slices.All(slices.Collect(slices.Chunk(long, maxXMP))) {
			head := binary.BigEndian.AppendUint32([]byte(guid), uint32(len(long)))
			add(0xe1, longXMPPrefix, append(binary.BigEndian.AppendUint32(head, uint32(at*maxXMP)), part...))
		}
	}
	for _, long := range []struct {
		marker byte
		prefix string
		data   []byte
	}{{0xe2, iccPrefix, m.profile(grey)}, {0xea, ownPrefix, own.packed()}} {
		all := parts(long.data)
		for i, part := range all {
			add(long.marker, long.prefix, append([]byte{byte(i + 1), byte(len(all))}, part...))
		}
	}
	return jpeg.Encode(ctx, w, onWhite(p.img), o)
}

func writeWebP(ctx context.Context, w io.Writer, p printed, m Meaning) error {
	data, err := webp.Encode(ctx, narrowed(p.img), p.quality)
	if err != nil {
		return err
	}
	own := m.own(p.texts)
	packed := own.packed()
	if packed != nil {
		packed = append([]byte{1, 1}, packed...) // numbered, as a JPEG's parts
	}
	_, err = w.Write(webpFile(data, p.img, map[string][]byte{"ICCP": m.profile(false), "EXIF": withDensity(m.exif(p.texts), m.Density), "XMP ": []byte(own.xmp), ownChunk: packed}))
	return err
}

// webpFile puts a picture that libwebp wrote into the extended form, with chunks beside it.
func webpFile(data []byte, img image.Image, more map[string][]byte) []byte {
	chunk := func(dst []byte, kind string, b []byte) []byte {
		dst = binary.LittleEndian.AppendUint32(append(dst, kind...), uint32(len(b)))
		if dst = append(dst, b...); len(b)%2 != 0 {
			dst = append(dst, 0)
		}
		return dst
	}
	var flags byte
	for kind, bit := range map[string]byte{"ICCP": 0x20, "EXIF": 0x08, "XMP ": 0x04} {
		if len(more[kind]) > 0 {
			flags |= bit
		}
	}
	inner := data[12:]
	if bytes.HasPrefix(inner, []byte("VP8X")) {
		inner = inner[8+10:] // written anew
	}
	if !opaqueImage(img) {
		flags |= 0x10
	}
	size := img.Bounds().Size()
	head := []byte{flags, 0, 0, 0}
	for _, n := range []int{size.X - 1, size.Y - 1} {
		head = append(head, byte(n), byte(n>>8), byte(n>>16))
	}
	body := chunk([]byte("WEBP"), "VP8X", head)
	add := func(kind string) {
		if len(more[kind]) > 0 {
			body = chunk(body, kind, more[kind])
		}
	}
	add("ICCP")
	body = append(body, inner...)
	for _, kind := range []string{"EXIF", "XMP ", ownChunk} {
		add(kind)
	}
	return append(binary.LittleEndian.AppendUint32([]byte("RIFF"), uint32(len(body))), body...)
}

// profile is the ICC profile that a form without PNG's numbers carries, nil for sRGB.
func (m Meaning) profile(grey bool) []byte {
	if grey && colour.Channels(m.Profile) == 1 {
		return m.Profile
	}
	return m.ICC()
}

// jfifDensity is PNG's pixels a metre as JFIF has them: unit 1, pixels an inch, rounded.
func jfifDensity(phys []byte) [3]uint16 {
	if len(phys) != 9 || phys[8] != 1 {
		return [3]uint16{}
	}
	x, y := float64(binary.BigEndian.Uint32(phys)), float64(binary.BigEndian.Uint32(phys[4:]))
	dots := func(v float64) uint16 { return uint16(min(v*0.0254+0.5, 0xffff)) }
	return [3]uint16{1, dots(x), dots(y)}
}

// parts cut data into what a segment of a JPEG holds beside a name; the format counts them in
// a byte.
func parts(data []byte) (out [][]byte) {
	const most = 65000
	if len(data) > 255*most {
		return nil
	}
	return slices.Collect(slices.Chunk(data, most))
}

// narrowed is a picture as 8 bits a channel.
func narrowed(img image.Image) *image.NRGBA {
	if n, ok := img.(*image.NRGBA); ok {
		return n
	}
	out := image.NewNRGBA(img.Bounds())
	draw.Draw(out, out.Rect, img, out.Rect.Min, draw.Src)
	return out
}

// onWhite is a picture on white, itself where it is opaque.
func onWhite(img image.Image) *image.NRGBA {
	n := narrowed(img)
	if n.Opaque() {
		return n
	}
	out := image.NewNRGBA(n.Rect)
	for y := range n.Rect.Dy() {
		from, to := n.Pix[y*n.Stride:][:4*n.Rect.Dx()], out.Pix[y*out.Stride:]
		for i := 0; i < len(from); i += 4 {
			a := int(from[i+3])
			for c := range 3 {
				to[i+c] = uint8((int(from[i+c])*a + 255*(255-a) + 127) / 255)
			}
			to[i+3] = 255
		}
	}
	return out
}

func opaqueImage(img image.Image) bool {
	o, ok := img.(interface{ Opaque() bool })
	return ok && o.Opaque()
}

func isDeep(img image.Image) bool {
	switch img.(type) {
	case *image.NRGBA64, *image.Gray16, *image.RGBA64:
		return true
	}
	return false
}
