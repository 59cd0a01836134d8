package file

import (
	"bytes"
	"context"
	"encoding/binary"
	"image"
	"image/color"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"pentimento/fault"
)

// testdata/rare holds files that the usual decoders refuse or read wrongly, written by
// libtiff, libwebp and the like from one scene of 41×30 pixels; NAME.png beside each is
// what another program shows of it.
func TestRareFormsAreReadAsOthersReadThem(t *testing.T) {
	files, _ := filepath.Glob("testdata/rare/*")
	n := 0
	for _, path := range files {
		if strings.HasSuffix(path, ".png") {
			continue
		}
		n++
		want, err := Open(context.Background(), path+".png", nil)
		if err != nil {
			t.Fatal(err)
		}
		got, err := Open(context.Background(), path, nil)
		if err != nil {
			t.Errorf("%s: %v", path, err)
			continue
		}
		a, b := got.NRGBA(), want.NRGBA()
		if a.Rect != b.Rect {
			t.Errorf("%s covers %v, want %v", path, a.Rect, b.Rect)
			continue
		}
		most := 0
		for i := range a.Pix {
			most = max(most, int(a.Pix[i])-int(b.Pix[i]), int(b.Pix[i])-int(a.Pix[i]))
		}
		limit := 1
		if strings.Contains(path, "jpeg") || strings.HasSuffix(path, ".webp") || strings.HasSuffix(path, ".jpg") {
			limit = 9 // decoders differ in rounding
		}
		if most > limit {
			t.Errorf("%s differs by %d", path, most)
		}
		data, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		for cut := range len(data) { // no panic, whatever is missing
			if cut%17 == 0 {
				_, _ = Decode(context.Background(), bytes.NewReader(data[:cut]), nil)
			}
		}
	}
	if n < 12 {
		t.Errorf("%d files", n)
	}
}

// TestFormsThatAreNotReadAreNotCalledDamaged.
func TestFormsThatAreNotReadAreNotCalledDamaged(t *testing.T) {
	tags := func(compression, photometric uint16) []byte {
		b := []byte("II*\x00\x08\x00\x00\x00")
		list := [][2]uint32{{256, 8}, {257, 8}, {258, 8}, {259, uint32(compression)}, {262, uint32(photometric)}, {273, 8}, {277, 3}, {278, 8}, {279, 64}}
		b = binary.LittleEndian.AppendUint16(b, uint16(len(list)))
		for _, e := range list {
			b = binary.LittleEndian.AppendUint16(b, uint16(e[0]))
			b = binary.LittleEndian.AppendUint16(b, 4)
			b = binary.LittleEndian.AppendUint32(b, 1)
			b = binary.LittleEndian.AppendUint32(b, e[1])
		}
		return append(b, make([]byte, 300)...)
	}
	for name, b := range map[string][]byte{"old JPEG": tags(6, 6), "Lab": tags(1, 8), "video": []byte("\x00\x00\x00\x18ftypisom\x00\x00\x00\x00")} {
		_, err := Decode(context.Background(), bytes.NewReader(b), nil)
		if err == nil || strings.Contains(fault.Hint(err), "damaged") || fault.Hint(err) == "" {
			t.Errorf("%s: %v (%s)", name, err, fault.Hint(err))
		}
	}
}

// TestRunLengthsAndBitFields of BMP, written here.
func TestRunLengthsAndBitFields(t *testing.T) {
	le := binary.LittleEndian
	head := func(w, h int, bits, form int, extra []byte, pixels []byte) []byte {
		b := append([]byte("BM"), make([]byte, 52)...)
		le.PutUint32(b[10:], uint32(54+len(extra)))
		le.PutUint32(b[14:], 40)
		le.PutUint32(b[18:], uint32(w))
		le.PutUint32(b[22:], uint32(h))
		le.PutUint16(b[26:], 1)
		le.PutUint16(b[28:], uint16(bits))
		le.PutUint32(b[30:], uint32(form))
		return append(append(b, extra...), pixels...)
	}
	palette := make([]byte, 4*256)
	for i := range 256 {
		palette[4*i], palette[4*i+1], palette[4*i+2] = byte(i), byte(255-i), byte(i/2)
	}
	at := func(i int) color.NRGBA { return color.NRGBA{byte(i / 2), byte(255 - i), byte(i), 255} }
	// two rows, the lower first: 7 7 7 9 10 | end | skip one, 3 3 | end of all
	runs := []byte{3, 7, 0, 3, 9, 10, 11, 0, 0, 0, 0, 2, 1, 0, 2, 3, 0, 1}
	want := map[image.Point]color.NRGBA{{0, 1}: at(7), {2, 1}: at(7), {3, 1}: at(9), {4, 1}: at(10), {5, 1}: at(11), {0, 0}: at(0), {1, 0}: at(3), {2, 0}: at(3), {3, 0}: at(0)}
	p, err := Decode(context.Background(), bytes.NewReader(head(6, 2, 8, 1, palette, runs)), nil)
	if err != nil {
		t.Fatal(err)
	}
	img := p.NRGBA()
	for q, c := range want {
		if got := img.NRGBAAt(q.X, q.Y); got != c {
			t.Errorf("RLE8 at %v: %v, want %v", q, got, c)
		}
	}
	masks := []byte{0, 0xf8, 0, 0, 0xe0, 7, 0, 0, 0x1f, 0, 0, 0}
	p, err = Decode(context.Background(), bytes.NewReader(head(2, 1, 16, 3, masks, []byte{0x1f, 0xf8, 0xe0, 7})), nil)
	if err != nil {
		t.Fatal(err)
	}
	if img = p.NRGBA(); img.NRGBAAt(0, 0) != (color.NRGBA{255, 0, 255, 255}) || img.NRGBAAt(1, 0) != (color.NRGBA{0, 255, 0, 255}) {
		t.Errorf("565: %v", img.Pix)
	}
}

// An animation that says it is huge, and whose first picture fills little of it, is refused:
// its pixels would take a gigabyte.
func TestAnimationsOfNearlyNothingAreRefused(t *testing.T) {
	b, err := os.ReadFile("testdata/rare/anim.webp")
	if err != nil {
		t.Fatal(err)
	}
	copy(b[24:], "\xff\x3f\x00\xff\x3f\x00") // 16384×16384
	peak := watchHeap(func() { _, err = Decode(context.Background(), bytes.NewReader(b), nil) })
	if err == nil || !strings.Contains(err.Error(), "16384×16384") || peak > 64<<20 {
		t.Errorf("error %v, %d MB", err, peak>>20)
	}
}
