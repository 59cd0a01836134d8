package file

import (
	"bytes"
	"compress/zlib"
	"context"
	"encoding/binary"
	"hash/crc32"
	"image"
	"image/gif"
	"image/jpeg"
	"image/png"
	"math/rand/v2"
	"reflect"
	"strings"
	"testing"
	"unicode/utf16"
)

func noise(seed uint64, r image.Rectangle) *image.NRGBA {
	rng := rand.New(rand.NewPCG(seed, 1))
	img := image.NewNRGBA(r)
	for i := range img.Pix {
		img.Pix[i] = byte(rng.Uint32() >> 24)
	}
	return img
}

// TestPNGKeepsEveryPixel also covers the colour of transparent pixels and pictures that
// are cut out of larger ones or lie at negative places.
func TestPNGKeepsEveryPixel(t *testing.T) {
	big := noise(1, image.Rect(-20, -30, 50, 60))
	for i := 3; i < len(big.Pix); i += 12 {
		big.Pix[i] = 0
	}
	opaque := noise(2, image.Rect(0, 0, 31, 7))
	for i := 3; i < len(opaque.Pix); i += 4 {
		opaque.Pix[i] = 255
	}
	for _, img := range []*image.NRGBA{big, big.SubImage(image.Rect(-3, -2, 11, 9)).(*image.NRGBA), opaque} {
		for _, level := range []png.CompressionLevel{png.DefaultCompression, png.BestSpeed, png.NoCompression} {
			var b bytes.Buffer
			if err := EncodePNG(context.Background(), &b, img, []Text{{"parameters", "a\nSteps: 1"}}, level); err != nil {
				t.Fatal(err)
			}
			p, err := Decode(context.Background(), bytes.NewReader(b.Bytes()), nil)
			if err != nil {
				t.Fatal(err)
			}
			got := p.NRGBA()
			if got.Rect.Size() != img.Rect.Size() {
				t.Fatalf("size %v, want %v", got.Rect.Size(), img.Rect.Size())
			}
			for y := range got.Rect.Dy() {
				for x := range got.Rect.Dx() {
					if g, w := got.NRGBAAt(x, y), img.NRGBAAt(img.Rect.Min.X+x, img.Rect.Min.Y+y); g != w {
						t.Fatalf("pixel %d,%d is %v, want %v", x, y, g, w)
					}
				}
			}
		}
	}
}

func TestTextsSurviveARoundTrip(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 4))
	alphabet := []rune("aB,:\"\\ \n\r\té¼ÿÃ©漢字🎨\u2028\u00a0\u0085<>&")
	img := noise(5, image.Rect(0, 0, 3, 3))
	for range 500 {
		want := []Text{{"parameters", ""}, {"pentimento", strings.Repeat("long ", 40)}, {"Clé ÿ", "x"}}
		var s strings.Builder
		for range rng.IntN(60) {
			s.WriteRune(alphabet[rng.IntN(len(alphabet))])
		}
		want[0].Text = s.String()
		var b bytes.Buffer
		if err := EncodePNG(context.Background(), &b, img, want, png.BestSpeed); err != nil {
			t.Fatal(err)
		}
		got, err := Texts(bytes.NewReader(b.Bytes()))
		if err != nil || !reflect.DeepEqual(got, want) {
			t.Fatalf("got %q, %v, want %q", got, err, want)
		}
	}
}

func TestTextKindFollowsTheStandard(t *testing.T) {
	for text, kind := range map[string]string{"plain": "tEXt", "café": "tEXt", "漢字": "iTXt", "Ã©": "iTXt"} {
		b, err := appendText(nil, Text{"k", text})
		if err != nil || string(b[4:8]) != kind {
			t.Errorf("%q: chunk %q, %v, want %s", text, b[4:8], err, kind)
		}
	}
	for _, key := range []string{"", " x", strings.Repeat("k", 80), "漢", "a\x00b"} {
		if _, err := appendText(nil, Text{key, "x"}); err == nil {
			t.Errorf("keyword %q was taken", key)
		}
	}
}

func chunk(kind string, data []byte) []byte {
	b := binary.BigEndian.AppendUint32(nil, uint32(len(data)))
	b = append(append(b, kind...), data...)
	return binary.BigEndian.AppendUint32(b, crc32.ChecksumIEEE(b[4:]))
}

func deflate(b []byte) []byte {
	var z bytes.Buffer
	w := zlib.NewWriter(&z)
	w.Write(b)
	w.Close()
	return z.Bytes()
}

func TestTextsOfOtherWritersAreRead(t *testing.T) {
	base := encodePNG(t, noise(1, image.Rect(0, 0, 4, 4)))
	damagedChunk := chunk("tEXt", []byte("bad\x00x"))
	damagedChunk[len(damagedChunk)-1] ^= 1
	bomb := deflate(make([]byte, MaxText+1))
	full := bytes.Join([][]byte{base[:pngHeader],
		chunk("tEXt", []byte("latin\x00caf\xe9")), chunk("tEXt", []byte("utf8\x00caf\xc3\xa9 \xe6\xbc\xa2")),
		chunk("zTXt", append([]byte("z\x00\x00"), deflate([]byte("squeezed"))...)),
		chunk("iTXt", append([]byte("i\x00\x01\x00de\x00Ü\x00"), deflate([]byte("漢"))...)),
		damagedChunk, chunk("zTXt", append([]byte("bomb\x00\x00"), bomb...)), chunk("zTXt", []byte("junk\x00\x00nonsense")),
		chunk("iTXt", []byte("short\x00")), chunk("eXIf", withExif([]byte{0xff, 0xd8}, 3, []byte("ASCII\x00\x00\x00note"))[12:]),
		base[pngHeader : len(base)-12], chunk("tEXt", []byte("late\x00after the pixels")), base[len(base)-12:]}, nil)
	got, err := Texts(bytes.NewReader(full))
	want := []Text{{"latin", "café"}, {"utf8", "café 漢"}, {"z", "squeezed"}, {"i", "漢"}, {"UserComment", "note"}, {"late", "after the pixels"}}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
	if err == nil || !strings.Contains(err.Error(), "bomb") || !strings.Contains(err.Error(), "junk") || !strings.Contains(err.Error(), "short") {
		t.Errorf("error %v, want one that names bomb, junk and short", err)
	}
	if p, err := Decode(context.Background(), bytes.NewReader(full), nil); err == nil {
		t.Errorf("a damaged chunk went unnoticed: %v", p.Info)
	}
}

func utf16Bytes(order binary.AppendByteOrder, s string) []byte {
	var b []byte
	for _, u := range utf16.Encode([]rune(s)) {
		b = order.AppendUint16(b, u)
	}
	return b
}

func TestCommentsOfJPEGWebPAndGIFAreRead(t *testing.T) {
	const words = "漢字 lamp\nSteps: 20, Seed: 1, Size: 8x8 🎨"
	var jpg bytes.Buffer
	if err := jpeg.Encode(&jpg, noise(1, image.Rect(0, 0, 8, 8)), nil); err != nil {
		t.Fatal(err)
	}
	want := []Text{{"UserComment", words}}
	for name, comment := range map[string][]byte{
		"big endian":    append([]byte("UNICODE\x00"), utf16Bytes(binary.BigEndian, words)...),
		"little endian": append([]byte("UNICODE\x00"), utf16Bytes(binary.LittleEndian, words)...),
		"marked":        append([]byte("UNICODE\x00"), utf16Bytes(binary.LittleEndian, "\ufeff"+words)...),
		"utf-8":         append(make([]byte, 8), words...),
	} {
		file := withExif(jpg.Bytes(), 1, comment)
		if got, err := Texts(bytes.NewReader(file)); err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("JPEG, %s: %q, %v, want %q", name, got, err, want)
		}
		exif := file[6 : 6+int(binary.BigEndian.Uint16(file[4:]))-2]
		webp := append([]byte("RIFF\x00\x00\x00\x00WEBPVP8X\x03\x00\x00\x00abc\x00EXIF"), binary.LittleEndian.AppendUint32(nil, uint32(len(exif)))...)
		if got, err := Texts(bytes.NewReader(append(webp, exif...))); err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("WebP, %s: %q, %v, want %q", name, got, err, want)
		}
	}
	var b bytes.Buffer
	if err := gif.Encode(&b, noise(1, image.Rect(0, 0, 9, 9)), nil); err != nil {
		t.Fatal(err)
	}
	long := strings.Repeat("word ", 100) // more than one block
	comment := []byte{0x21, 0xfe}
	for s := long; s != ""; {
		n := min(len(s), 255)
		comment = append(append(comment, byte(n)), s[:n]...)
		s = s[n:]
	}
	file := append(append(bytes.Clone(b.Bytes()[:b.Len()-1]), append(comment, 0)...), 0x3b)
	if got, err := Texts(bytes.NewReader(file)); err != nil || !reflect.DeepEqual(got, []Text{{"Comment", long}}) {
		t.Errorf("GIF: %q, %v, want %q", got, err, long)
	}
}
