package file

import (
	"bytes"
	"compress/gzip"
	"encoding/binary"
	"image"
	"image/png"
	"math/rand/v2"
	"testing"
	"unicode/utf16"
)

// hide writes text into the lowest bits of a picture, column by column.
func hide(img *image.NRGBA, mark string, alpha, packed bool, text string) {
	data := []byte(text)
	if packed {
		var b bytes.Buffer
		z := gzip.NewWriter(&b)
		z.Write(data)
		z.Close()
		data = b.Bytes()
	}
	all := append([]byte(mark), binary.BigEndian.AppendUint32(nil, uint32(8*len(data)))...)
	all = append(all, data...)
	h, channels := img.Rect.Dy(), 3
	if alpha {
		channels = 1
	}
	for i := range 8 * len(all) {
		at := i / channels
		p := img.Pix[img.PixOffset(at/h, at%h):]
		c := i % channels
		if alpha {
			c = 3
		}
		p[c] = p[c]&^1 | all[i/8]>>(7-i%8)&1
	}
}

func TestTextsHiddenInPixelsAreFound(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 9))
	for _, f := range hiddenForms {
		for _, h := range []int{40, 120, 300} {
			img := image.NewNRGBA(image.Rect(0, 0, 200, h))
			for i := range img.Pix {
				img.Pix[i] = uint8(rng.Uint32())
				if i%4 == 3 {
					img.Pix[i] = 255
				}
			}
			const text = "a cat, grün\nSteps: 20, Seed: 42, Size: 8x8"
			hide(img, f.mark, f.alpha, f.packed, text)
			if !f.alpha { // no alpha channel at all
				for i := 3; i < len(img.Pix); i += 4 {
					img.Pix[i] = 255
				}
			}
			var b bytes.Buffer
			if err := png.Encode(&b, img); err != nil {
				t.Fatal(err)
			}
			texts, err := Texts(bytes.NewReader(b.Bytes()))
			if err != nil || len(texts) != 1 || texts[0] != (Text{HiddenKey, text}) {
				t.Errorf("%s, %d rows: %q (%v)", f.mark, h, texts, err)
			}
			for _, cut := range []int{b.Len() / 2, b.Len() - 20} { // no panic, and nothing made up
				if texts, _ := Texts(bytes.NewReader(b.Bytes()[:cut])); len(texts) > 1 {
					t.Errorf("%s cut at %d: %q", f.mark, cut, texts)
				}
			}
		}
	}
}

func TestCommentsOfSloppyWriters(t *testing.T) {
	const text = "a cat\nNegative prompt: bad\nSteps: 20, Seed: 42, Size: 8x8"
	wide := func(order binary.AppendByteOrder, s string) (b []byte) {
		for _, u := range utf16.Encode([]rune(s)) {
			b = order.AppendUint16(b, u)
		}
		return b
	}
	for name, c := range map[string]struct {
		b    []byte
		want string
	}{
		"UTF-16LE without a head":      {wide(binary.LittleEndian, text), text},
		"UTF-16BE without a head":      {wide(binary.BigEndian, text), text},
		"UTF-16LE":                     {append([]byte("UNICODE\x00"), wide(binary.LittleEndian, text)...), text},
		"UTF-16BE":                     {append([]byte("UNICODE\x00"), wide(binary.BigEndian, text)...), text},
		"UTF-16 without zeros":         {append([]byte("UNICODE\x00"), wide(binary.BigEndian, "灯台の夕暮れ")...), "灯台の夕暮れ"},
		"UTF-8 that says it is UTF-16": {[]byte("UNICODE\x00" + text), text},
		"a space in place of the zero": {[]byte("UNICODE " + text), text},
		"the name with an equals sign": {[]byte("charset=Unicode " + text), text},
		"ASCII":                        {[]byte("ASCII\x00\x00\x00" + text), text},
		"UTF-8 that says it is ASCII":  {[]byte("ASCII\x00\x00\x00grün"), "grün"},
		"no name":                      {[]byte("\x00\x00\x00\x00\x00\x00\x00\x00" + text), text},
		"padded with zeros":            {[]byte("ASCII\x00\x00\x00" + text + "\x00\x00\x00\x00"), text},
		"nothing but text":             {[]byte(text), text},
		"shorter than a head":          {[]byte("a cat"), "a cat"},
		"nothing":                      {nil, ""},
	} {
		if got := userComment(c.b); got != c.want {
			t.Errorf("%s: %q, want %q", name, got, c.want)
		}
	}
}
