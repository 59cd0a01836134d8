package file

import (
	"context"
	"fmt"
	"image"
	"image/png"
	"io"
	"strings"
	"unicode/utf8"

	"pentimento/fault"
)

// EncodePNG writes img as a PNG that holds its pixels exactly, also the colour of
// transparent ones, with texts before the pixels. A picture without transparency is
// written as RGB. Its bytes are the same on any machine. level is png.BestSpeed, or any other for a small
// file. It ends early with ctx.Err(); what was written until then is no
// picture, so call it inside WriteAtomic.
func EncodePNG(ctx context.Context, w io.Writer, img *image.NRGBA, texts []Text, level png.CompressionLevel) error {
	return Meaning{}.EncodePNG(ctx, w, img, texts, level)
}

// EncodePNG is the function of that name, with what the meaning says before the pixels and
// for pictures of 16 bits as well (Picture.Deepen).
func (m Meaning) EncodePNG(ctx context.Context, w io.Writer, img image.Image, texts []Text, level png.CompressionLevel) error {
	if r := img.Bounds(); r.Empty() {
		return fault.New(fmt.Sprintf("picture is %d×%d pixels, want at least 1×1", r.Dx(), r.Dy()), "there is nothing to export here")
	}
	_, grey := img.(*image.Gray16)
	if c := commentOf(m.EXIF); isParameters(c) {
		m.EXIF = m.exif(texts) // it says how a JPEG was made, not this picture
	}
	chunks := m.chunks(grey)
	for _, t := range texts {
		var err error
		if chunks, err = appendText(chunks, t); err != nil {
			return err
		}
	}
	fast := level == png.BestSpeed
	if p, ok := rasterOfPicture(img); ok {
		return writeRaster(ctx, w, p, chunks, fast)
	}
	enc := png.Encoder{CompressionLevel: level} // a palette's few colours, and kinds that nothing here makes
	return enc.Encode(&inserter{ctx: ctx, w: w, chunks: chunks, until: pngHeader}, img)
}

// pngHeader is the length of signature and IHDR chunk, after which texts may stand.
const pngHeader = 8 + 25

// inserter passes a PNG through and puts chunks after its header.
type inserter struct {
	ctx    context.Context
	w      io.Writer
	chunks []byte
	until  int // bytes of the header still to come
}

func (s *inserter) Write(b []byte) (int, error) {
	if err := s.ctx.Err(); err != nil {
		return 0, err
	}
	head := min(s.until, len(b))
	n, err := s.w.Write(b[:head])
	s.until -= n
	if err != nil || s.until > 0 {
		return n, err
	}
	if s.chunks != nil {
		if _, err := s.w.Write(s.chunks); err != nil {
			return n, err
		}
		s.chunks = nil
	}
	if head == len(b) {
		return n, nil
	}
	m, err := s.w.Write(b[head:])
	return n + m, err
}

// appendText writes a text as a tEXt chunk, or as iTXt (UTF-8) when Latin-1 cannot hold
// it, or when its Latin-1 bytes would look like UTF-8 to a lenient reader, or when it is XMP.
func appendText(dst []byte, t Text) ([]byte, error) {
	key, ok := latin1(t.Key)
	if !ok || len(key) == 0 || len(key) > 79 || strings.TrimSpace(t.Key) != t.Key || strings.ContainsRune(t.Key, 0) {
		return dst, fmt.Errorf("png: keyword %q, want 1 to 79 Latin-1 characters", t.Key)
	}
	// A zero would end the text; it is shown as the replacement character.
	text := strings.ReplaceAll(strings.ToValidUTF8(t.Text, "\ufffd"), "\x00", "\ufffd")
	if len(text) > MaxText {
		return dst, fmt.Errorf("png: text %q has %d bytes, want at most %d", t.Key, len(text), MaxText)
	}
	kind, data := "tEXt", append(key, 0)
	if b, ok := latin1(text); ok && t.Key != xmpKey && (len(b) == len(text) || !utf8.Valid(b)) {
		data = append(data, b...)
	} else {
		kind = "iTXt"
		data = append(data, 0, 0, 0, 0) // not compressed, method, no language, no translation
		data = append(data, text...)
	}
	return appendChunk(dst, kind, data), nil
}

func latin1(s string) ([]byte, bool) {
	b := make([]byte, 0, len(s)+1)
	for _, r := range s {
		if r > 255 {
			return nil, false
		}
		b = append(b, byte(r))
	}
	return b, true
}
