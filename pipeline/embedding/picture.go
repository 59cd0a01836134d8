package embedding

import (
	"bytes"
	"compress/zlib"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"io"
	"os"
	"slices"
	"strings"
	"sync"

	"pentimento/fault"
	"pentimento/pipeline/tensor"
)

// A1111 hands embeddings on as pictures, in two forms: as base64 of JSON in a text of the PNG, and,
// where a site has stripped the texts, as zlib of the same JSON in the lower halves of the pixels'
// bytes, in two blocks left and right of the picture.

// The limits on such a picture: its file and its text, its pixels, and the JSON.
const (
	largestPicture = 64 << 20
	largestPixels  = 64 << 20
	largestJSON    = 64 << 20
	pictureKey     = "sd-ti-embedding"
)

// isPicture says whether a file may be such a picture, by its name; previews beside embeddings
// are called NAME.preview.png.
func isPicture(path string) bool {
	name := strings.ToLower(path)
	return strings.HasSuffix(name, ".png") && !strings.HasSuffix(name, ".preview.png")
}

// looked remembers which pictures hold an embedding while they stay the same: to tell, a picture has
// to be decoded.
var looked struct {
	sync.Mutex
	at map[string]bool // by path, size and time
}

// holds says whether a picture holds an embedding.
func holds(path string) bool {
	info, err := os.Stat(path)
	if err != nil {
		return false
	}
	key := fmt.Sprint(path, "\x00", info.Size(), "\x00", info.ModTime().UnixNano())
	looked.Lock()
	defer looked.Unlock()
	if is, known := looked.at[key]; known {
		return is
	}
	text, _ := pictureJSON(path) // what is no embedding is a picture
	if len(looked.at) >= maxFiles || looked.at == nil {
		looked.at = map[string]bool{}
	}
	looked.at[key] = text != nil
	return text != nil
}

// pictureJSON is the embedding in a picture, as JSON; nil where there is none.
func pictureJSON(path string) ([]byte, error) {
	info, err := os.Stat(path)
	if err != nil || info.Size() > largestPicture {
		return nil, err
	}
	file, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	text, err := pngText(file, pictureKey)
	if err != nil {
		return nil, err
	}
	if text != nil {
		return base64.StdEncoding.DecodeString(strings.TrimSpace(string(text)))
	}
	config, err := png.DecodeConfig(bytes.NewReader(file))
	if err != nil || config.Width*config.Height > largestPixels {
		return nil, err
	}
	img, err := png.Decode(bytes.NewReader(file))
	if err != nil {
		return nil, err
	}
	data := pixelData(img)
	if data == nil {
		return nil, nil
	}
	return inflated(data)
}

func inflated(data []byte) ([]byte, error) {
	z, err := zlib.NewReader(bytes.NewReader(data))
	if err != nil {
		return nil, err
	}
	out, err := io.ReadAll(io.LimitReader(z, largestJSON+1))
	if err == nil && len(out) > largestJSON {
		err = fmt.Errorf("the text in the picture is larger than %d bytes", largestJSON)
	}
	return out, err
}

// pngText is a PNG's text of a key; nil where it has none.
func pngText(file []byte, key string) ([]byte, error) {
	const signature = "\x89PNG\r\n\x1a\n"
	if !bytes.HasPrefix(file, []byte(signature)) {
		return nil, nil
	}
	for rest := file[len(signature):]; len(rest) >= 12; {
		n, kind := binary.BigEndian.Uint32(rest), string(rest[4:8])
		if uint64(n)+12 > uint64(len(rest)) {
			return nil, io.ErrUnexpectedEOF
		}
		data := rest[8 : 8+n]
		rest = rest[12+n:]
		name, text, _ := bytes.Cut(data, []byte{0})
		if string(name) != key {
			continue
		}
		switch {
		case kind == "tEXt":
			return text, nil
		case kind == "zTXt" && len(text) > 0:
			return inflated(text[1:])
		case kind == "iTXt" && len(text) > 2:
			packed := text[0] != 0
			_, text, _ = bytes.Cut(text[2:], []byte{0}) // the language
			if _, text, _ = bytes.Cut(text, []byte{0}); packed {
				return inflated(text)
			}
			return text, nil
		}
	}
	return nil, nil
}

// pixelData are the bytes in a picture's two blocks; nil where it has none.
func pixelData(img image.Image) []byte {
	low := lowHalves(img)
	first, last := -1, -1 // of the black lines between the blocks and the picture
	for x := range low.width {
		if !slices.ContainsFunc(low.rows, func(row []byte) bool { return row[3*x] != 0 || row[3*x+1] != 0 || row[3*x+2] != 0 }) {
			if first < 0 {
				first = x
			}
			last = x
		}
	}
	if first < 1 || last == first || low.width-last-1 != first {
		return nil
	}
	var out []byte
	left, right := noise(), noise()
	for _, row := range low.rows {
		for i := range 3 * first {
			out = append(out, (row[3*(last+1)+i]^right())<<4|row[i]^left())
		}
	}
	return out
}

// halves are the lower halves of the bytes of a picture without its black margin.
type halves struct {
	width int
	rows  [][]byte // three a pixel
}

func lowHalves(img image.Image) (out halves) {
	b := img.Bounds()
	inner := image.Rectangle{}
	pixels := make([]byte, 0, 3*b.Dx()*b.Dy())
	for y := b.Min.Y; y < b.Max.Y; y++ {
		for x := b.Min.X; x < b.Max.X; x++ {
			c := color.NRGBAModel.Convert(img.At(x, y)).(color.NRGBA)
			pixels = append(pixels, c.R&15, c.G&15, c.B&15)
			if c.R > 0 && c.G > 0 && c.B > 0 {
				inner = inner.Union(image.Rect(x, y, x+1, y+1))
			}
		}
	}
	inner = inner.Sub(b.Min)
	out.width = inner.Dx()
	for y := inner.Min.Y; y < inner.Max.Y; y++ {
		out.rows = append(out.rows, pixels[3*(y*b.Dx()+inner.Min.X):][:3*out.width])
	}
	return out
}

// noise are the half bytes that A1111 mixes the blocks with: a linear congruential generator.
func noise() func() byte {
	seed := uint32(0)
	return func() byte {
		seed = 1664525*seed + 1013904223
		return byte(seed%255) & 15
	}
}

// openPicture reads the embedding in a picture.
func (f *File) openPicture() error {
	text, err := pictureJSON(f.Path)
	if err != nil {
		return err
	}
	if text == nil {
		return fault.New("the picture holds no embedding", "Pictures with an embedding inside are A1111's .png.")
	}
	var in struct {
		Params map[string]struct {
			Values json.RawMessage `json:"TORCHTENSOR"`
		} `json:"string_to_param"`
	}
	if err := json.Unmarshal(text, &in); err != nil {
		return fmt.Errorf("the text in the picture: %w", err)
	}
	if len(in.Params) != 1 {
		return fmt.Errorf("the picture holds %d embeddings, want one", len(in.Params))
	}
	for _, p := range in.Params {
		var rows [][]float32
		if err := json.Unmarshal(p.Values, &rows); err != nil {
			rows = make([][]float32, 1)
			if json.Unmarshal(p.Values, &rows[0]) != nil {
				return fmt.Errorf("the vectors in the picture: %w", err)
			}
		}
		if len(rows) < 1 || len(rows) > maxVectors || len(rows[0]) < 1 {
			return fmt.Errorf("the picture holds %d vectors, want 1 to %d", len(rows), maxVectors)
		}
		f.Vectors, f.Widths = len(rows), []int{len(rows[0])}
		f.picture = tensor.New(f.Vectors, f.Widths[0])
		for i, row := range rows {
			if len(row) != f.Widths[0] {
				return fmt.Errorf("vector %d in the picture is %d wide, want %d as the first", i+1, len(row), f.Widths[0])
			}
			copy(f.picture.Data[i*f.Widths[0]:], row)
		}
	}
	return nil
}
