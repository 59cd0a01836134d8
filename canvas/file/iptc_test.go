package file

import (
	"bytes"
	"context"
	"encoding/binary"
	"encoding/hex"
	"image/png"
	"os"
	"strings"
	"testing"
)

// caption is a block of IPTC: a record of one caption.
var caption = []byte("\x1c\x02\x78\x00\x0bA red boat.")

// A caption of an agency is in the PNG that is written of its picture, where ImageMagick and
// ExifTool look for it.
func TestIPTCIsKept(t *testing.T) {
	b, err := os.ReadFile("testdata/pictures/rgb.jpg")
	if err != nil {
		t.Fatal(err)
	}
	resources := []byte("8BIM\x03\xed\x01a\x00\x00\x00\x03abc\x00" + "8BIM\x04\x04\x00\x00")
	resources = append(binary.BigEndian.AppendUint32(resources, uint32(len(caption))), caption...)
	segment := append([]byte(photoshopPrefix), resources...)
	with := append([]byte{0xff, 0xd8, 0xff, 0xed}, byte((len(segment)+2)>>8), byte(len(segment)+2))
	with = append(append(with, segment...), b[2:]...)
	p, err := Decode(context.Background(), bytes.NewReader(with), nil)
	if err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	if err := p.Meaning.EncodePNG(context.Background(), &out, p.NRGBA(), nil, png.BestSpeed); err != nil {
		t.Fatal(err)
	}
	texts, err := Texts(bytes.NewReader(out.Bytes()))
	if err != nil || len(texts) == 0 || texts[0].Key != iptcKey {
		t.Fatalf("texts %q %v", texts, err)
	}
	lines := strings.Split(texts[0].Text, "\n")
	back, err := hex.DecodeString(strings.Join(lines[3:], ""))
	if err != nil || !bytes.HasPrefix(resource(back, resourceIPTC), caption) {
		t.Errorf("%q %v", back, err)
	}
}

// Cut or lying resources end the search.
func TestResourcesThatLie(t *testing.T) {
	whole := []byte("8BIM\x04\x04\x00\x00\x00\x00\x00\x03abc\x00")
	if got := resource(whole, resourceIPTC); string(got) != "abc" {
		t.Errorf("%q", got)
	}
	for n := range len(whole) - 1 {
		if got := resource(whole[:n], resourceIPTC); got != nil {
			t.Errorf("%d bytes: %q", n, got)
		}
	}
	if got := resource([]byte("8BIM\x04\x04\xff\x00\xff\xff\xff\xffabcdefgh"), resourceIPTC); got != nil {
		t.Errorf("%q", got)
	}
}

// What is said in a BigTIFF counts as in a usual one.
func TestProfileOfABigTIFF(t *testing.T) {
	p, err := Open(context.Background(), "testdata/meaning/big.tif", nil)
	if err != nil || p.Meaning.Profile == nil || p.Meaning.ColourName() == "" {
		t.Errorf("%+v %v", p, err)
	}
}
