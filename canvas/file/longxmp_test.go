package file

import (
	"bytes"
	"context"
	"encoding/binary"
	"image"
	"os"
	"strings"
	"testing"
)

// through writes a picture in a form and reads it again.
func through(t *testing.T, name string, m Meaning) (*Picture, []byte) {
	t.Helper()
	f, _ := FormOf("x." + name)
	var b bytes.Buffer
	if err := m.Encode(context.Background(), &b, f, image.NewNRGBA(image.Rect(0, 0, 9, 7)), nil, Options{}); err != nil {
		t.Fatal(err)
	}
	p, err := Decode(context.Background(), bytes.NewReader(b.Bytes()), nil)
	if err != nil {
		t.Fatal(err)
	}
	return p, b.Bytes()
}

func xmpOf(m Meaning) string {
	for _, t := range m.Texts {
		if t.Key == xmpKey {
			return t.Text
		}
	}
	return ""
}

// XMP longer than a segment of a JPEG goes through every form, word for word.
func TestLongXMPIsKept(t *testing.T) {
	const xmp = `<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"><rdf:Description rdf:about="" xmlns:dc="http://purl.org/dc/elements/1.1/"><dc:source>LONG</dc:source></rdf:Description></rdf:RDF></x:xmpmeta>`
	for _, n := range []int{10, 64800, 65000, 70000, 200000} {
		want := strings.Replace(xmp, "LONG", strings.Repeat("ä7", n/3), 1)
		for _, form := range []string{"jpg", "webp", "tif", "png"} {
			p, data := through(t, form, Meaning{Texts: []Text{{xmpKey, want}}})
			if got := xmpOf(p.Meaning); got != want {
				t.Errorf("%s, %d bytes: came back with %d", form, len(want), len(got))
			}
			if form != "jpg" || n < 70000 {
				continue
			}
			// A missing or changed part: the usual segment's own counts.
			at := bytes.LastIndex(data, []byte(longXMPPrefix))
			data[at+len(longXMPPrefix)+guidSize+8+100] ^= 1
			p, err := Decode(context.Background(), bytes.NewReader(data), nil)
			if err != nil || strings.Contains(xmpOf(p.Meaning), "dc:source") || !strings.Contains(xmpOf(p.Meaning), "HasExtendedXMP") {
				t.Errorf("a damaged part: %v, %.100q", err, xmpOf(p.Meaning))
			}
		}
	}
}

// What another program split stays one: descriptions of both parts.
func TestLongXMPOfOthersIsJoined(t *testing.T) {
	_, guid, long := splitXMP(`<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="u"><rdf:Description rdf:about="" a:far="1"/></rdf:RDF></x:xmpmeta>`)
	short := `<x:xmpmeta><rdf:RDF xmlns:rdf="u"><rdf:Description rdf:about="" a:near="2" xmpNote:HasExtendedXMP="` + guid + `"/></rdf:RDF></x:xmpmeta>`
	segment := func(text string) []byte {
		b := binary.BigEndian.AppendUint16([]byte{0xff, 0xe1}, uint16(2+len(text)))
		return append(b, text...)
	}
	half := len(long) / 2
	number := func(n int) string { return string(binary.BigEndian.AppendUint32(nil, uint32(n))) }
	part := func(from, to int) []byte {
		return segment(longXMPPrefix + guid + number(len(long)) + number(from) + string(long[from:to]))
	}
	plain, err := os.ReadFile("testdata/pictures/rgb.jpg")
	if err != nil {
		t.Fatal(err)
	}
	data := bytes.Join([][]byte{plain[:2], part(half, len(long)), segment(xmpPrefix + short), part(0, half), plain[2:]}, nil) // in any order
	p, err := Decode(context.Background(), bytes.NewReader(data), nil)
	if err != nil {
		t.Fatal(err)
	}
	if got := xmpOf(p.Meaning); !strings.Contains(got, `a:near="2"`) || !strings.Contains(got, `a:far="1"`) || strings.Contains(got, "HasExtended") || strings.Count(got, rdfEnd) != 1 {
		t.Errorf("%s", got)
	}
}

// BT.2100 survives forms that have no number for it, through the profile, and that they have
// none is said.
func TestHDRIsSaidByEveryForm(t *testing.T) {
	for transfer, name := range map[byte]string{16: "BT.2100 PQ", 18: "BT.2100 HLG"} {
		m := Meaning{Colour: []Chunk{{"cICP", []byte{9, transfer, 0, 1}}}}
		for _, f := range Forms {
			p, _ := through(t, f.Extensions[0][1:], m)
			if p.Meaning.ColourName() != name || len(p.Meaning.Colour) != 1 || !bytes.Equal(p.Meaning.Colour[0].Data, m.Colour[0].Data) || p.Meaning.Profile != nil {
				t.Errorf("%s: %s became %v", f.Name, name, p.Meaning.ColourName())
			}
			said := strings.Join(f.Losses(image.NewNRGBA(image.Rect(0, 0, 1, 1)), m), "\n")
			if strings.Contains(said, name) == (f.Name == "PNG") {
				t.Errorf("%s of %s says %q", f.Name, name, said)
			}
		}
	}
}
