package file

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"os"
	"strings"
	"testing"

	"pentimento/fault"
)

// testdata/avif holds pictures that libavif packed, with a loss, and what they were.
func TestAVIFIsRead(t *testing.T) {
	for _, name := range []string{"plain", "alpha"} {
		p, err := Open(context.Background(), "testdata/avif/"+name+".avif", nil)
		if err != nil {
			t.Fatal(err)
		}
		want, err := Open(context.Background(), "testdata/avif/"+name+".png", nil)
		if err != nil {
			t.Fatal(err)
		}
		a, b := p.NRGBA(), want.NRGBA()
		if a.Rect != b.Rect || p.Format != "AVIF" || p.Alpha != want.Alpha {
			t.Fatalf("%s: %+v", name, p.Info)
		}
		sum, n := 0, 0
		for i := 0; i < len(a.Pix); i += 4 {
			if d := int(a.Pix[i+3]) - int(b.Pix[i+3]); d > 1 || d < -1 {
				t.Fatalf("%s: alpha %d, want %d", name, a.Pix[i+3], b.Pix[i+3])
			}
			if b.Pix[i+3] < 100 {
				continue
			}
			for k := range 3 {
				d := int(a.Pix[i+k]) - int(b.Pix[i+k])
				sum, n = sum+max(d, -d), n+1
			}
		}
		if sum > 4*n {
			t.Errorf("%s: off by %.1f on average", name, float64(sum)/float64(n))
		}
	}
}

// HEIC is read by the system's libheif; where there is none, the error says what to install.
func TestHEICIsReadOrSaysWhatItWants(t *testing.T) {
	p, err := Open(context.Background(), "testdata/avif/plain.heic", nil)
	if err != nil {
		if !strings.Contains(err.Error(), "libheif") && !strings.Contains(err.Error(), "HEVC") || fault.Hint(err) == "" || strings.Contains(fault.Hint(err), "damaged") {
			t.Errorf("%v (%s)", err, fault.Hint(err))
		}
		return
	}
	want, err := Open(context.Background(), "testdata/avif/plain.png", nil)
	if err != nil {
		t.Fatal(err)
	}
	a, b, sum := p.NRGBA(), want.NRGBA(), 0
	if a.Rect != b.Rect || p.Format != "HEIC" {
		t.Fatalf("%+v", p.Info)
	}
	for i := range a.Pix {
		d := int(a.Pix[i]) - int(b.Pix[i])
		sum += max(d, -d)
	}
	if sum > 4*len(a.Pix) {
		t.Errorf("off by %.1f on average", float64(sum)/float64(len(a.Pix)))
	}
	// The pixels destroyed, the boxes whole.
	data, err := os.ReadFile("testdata/avif/plain.heic")
	if err != nil {
		t.Fatal(err)
	}
	for i := len(data) - 60; i < len(data); i++ {
		data[i] = 0
	}
	_, _ = Decode(context.Background(), bytes.NewReader(data), nil)
}

// With a turn, a profile and colours in its boxes.
func TestTurnAndColoursOfAnAVIF(t *testing.T) {
	b, err := os.ReadFile("testdata/avif/plain.avif")
	if err != nil {
		t.Fatal(err)
	}
	plain, err := Decode(context.Background(), bytes.NewReader(b), nil)
	if err != nil {
		t.Fatal(err)
	}
	p, err := Decode(context.Background(), bytes.NewReader(withProperty(t, b, "irot", []byte{1})), nil)
	if err != nil {
		t.Fatal(err)
	}
	a, c := plain.NRGBA(), p.NRGBA()
	if p.Orientation != 8 || p.Width != plain.Height || c.NRGBAAt(3, p.Height-1-7) != a.NRGBAAt(7, 3) {
		t.Errorf("a quarter turn anticlockwise: %+v", p.Info)
	}
	b = bytes.Replace(b, []byte("nclx\x00\x02\x00\x02"), []byte("nclx\x00\x0c\x00\x0d"), 1)
	p, err = Decode(context.Background(), bytes.NewReader(b), nil)
	if err != nil {
		t.Fatal(err)
	}
	if p.Meaning.ColourName() != "Display P3" {
		t.Errorf("colours %q, %v", p.Meaning.ColourName(), p.Meaning)
	}
}

// withProperty gives a file's only picture one more property.
func withProperty(t *testing.T, b []byte, kind string, body []byte) []byte {
	t.Helper()
	box := append(binary.BigEndian.AppendUint32(nil, uint32(8+len(body))), kind...)
	box = append(box, body...)
	at := func(name string) int {
		i := bytes.Index(b, []byte(name))
		if i < 0 {
			t.Fatalf("no %q", name)
		}
		return i - 4
	}
	grow := func(b []byte, at, n int) {
		binary.BigEndian.PutUint32(b[at:], binary.BigEndian.Uint32(b[at:])+uint32(n))
	}
	meta, iprp, ipco, ipma, mdat := at("meta"), at("iprp"), at("ipco"), at("ipma"), at("mdat")
	// The list of the picture's properties: its length is the byte before it.
	const list = 8 + 4 + 4 + 2
	count := int(b[ipma+list])
	number := 0
	for i := ipco + 8; i < ipco+int(binary.BigEndian.Uint32(b[ipco:])); i += int(binary.BigEndian.Uint32(b[i:])) {
		number++
	}
	out := bytes.Clone(b[:ipma])
	out = append(append(out, box...), b[ipma:ipma+list+1+count]...)
	out[ipma+len(box)+list]++
	out = append(append(out, byte(number+1)), b[ipma+list+1+count:]...)
	more := len(box) + 1
	grow(out, meta, more)
	grow(out, iprp, more)
	grow(out, ipco, len(box))
	grow(out, ipma+len(box), 1)
	// Where the pixels are has moved.
	iloc := at("iloc")
	old := binary.BigEndian.AppendUint32(nil, uint32(mdat+8))
	i := bytes.Index(out[iloc:], old)
	if i < 0 {
		t.Fatal("no place of the pixels")
	}
	grow(out, iloc+i, more)
	return out
}

// Cut, changed and huge files are refused, in little memory; a cancelled one ends.
func TestHostileAVIF(t *testing.T) {
	b, err := os.ReadFile("testdata/avif/plain.avif")
	if err != nil {
		t.Fatal(err)
	}
	for n := 0; n < len(b)-40; n += 7 {
		if _, err := Decode(context.Background(), bytes.NewReader(b[:n]), nil); err == nil {
			t.Errorf("cut to %d of %d bytes it opens", n, len(b))
		}
	}
	for i := 0; i < len(b); i += 5 { // no panic
		c := bytes.Clone(b)
		c[i] ^= 0x55
		_, _ = Decode(context.Background(), bytes.NewReader(c), nil)
	}
	huge := bytes.Clone(b)
	i := bytes.Index(huge, []byte("ispe"))
	copy(huge[i+8:], "\x00\x00\x3f\xff\x00\x00\x3f\xff")
	peak := watchHeap(func() { _, err = Decode(context.Background(), bytes.NewReader(huge), nil) })
	if err == nil || !strings.Contains(err.Error(), "too few bytes") || peak > 64<<20 {
		t.Errorf("16383×16383: %v, %d MB", err, peak>>20)
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := Decode(ctx, bytes.NewReader(b), nil); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: %v", err)
	}
}

// What cannot be opened is named with what to do.
func TestNeighboursOfAVIFAreNamed(t *testing.T) {
	b, err := os.ReadFile("testdata/avif/plain.avif")
	if err != nil {
		t.Fatal(err)
	}
	b = bytes.Replace(bytes.Replace(b, []byte("av01\x00"), []byte("vvc1\x00"), 1), []byte("ftypavif"), []byte("ftypmif1"), 1)
	_, err = Decode(context.Background(), bytes.NewReader(b), nil)
	if err == nil || !strings.Contains(err.Error(), "vvc1") || !strings.Contains(fault.Hint(err), "PNG") {
		t.Errorf("%v (%s)", err, fault.Hint(err))
	}
	for magic, want := range map[string]string{"\xff\x0a\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00": "JPEG XL", "\x00\x00\x00\x0cJXL \x0d\x0a\x87\x0a": "JPEG XL"} {
		if _, err := Decode(context.Background(), strings.NewReader(magic), nil); err == nil || !strings.Contains(err.Error(), want) || fault.Hint(err) == "" {
			t.Errorf("%q: %v", magic, err)
		}
	}
}

// Chroma of half the size comes to the size of luma by a triangle filter, as avifdec has it at
// its best; repeated it would be up to 86 of 255 off beside the edges of this picture.
func TestChromaOfAnAVIFIsSmooth(t *testing.T) {
	p, err := Open(context.Background(), "testdata/avif/edge.avif", nil)
	if err != nil {
		t.Fatal(err)
	}
	want, err := Open(context.Background(), "testdata/avif/edge.png", nil)
	if err != nil {
		t.Fatal(err)
	}
	a, b := p.NRGBA(), want.NRGBA()
	for i := range a.Pix {
		if d := int(a.Pix[i]) - int(b.Pix[i]); d < -1 || d > 1 {
			t.Fatalf("byte %d is %d, want %d", i, a.Pix[i], b.Pix[i])
		}
	}
}
