package file

import (
	"bytes"
	"context"
	"image"
	"image/color"
	"image/png"
	"os"
	"testing"

	"pentimento/canvas/colour"
)

// TestMeaningIsKept: what a file says of its pixels is in the PNG that is written of it.
func TestMeaningIsKept(t *testing.T) {
	for _, v := range []struct {
		name, colours  string
		profile, texts bool
		chunks         []string
	}{
		{"adobe.png", "Adobe RGB (1998)", true, false, []string{"iCCP"}},
		{"adobe.jpg", "Adobe RGB (1998)", true, false, []string{"iCCP"}},
		{"gama1.png", "gamma 1", false, false, []string{"gAMA"}},
		{"photo.jpg", "", false, true, []string{"eXIf", "pHYs", xmpKey, "(c) 2026"}},
	} {
		p, err := Open(context.Background(), "testdata/meaning/"+v.name, nil)
		if err != nil {
			t.Fatal(err)
		}
		if got := p.Meaning.ColourName(); v.profile != (p.Meaning.Profile != nil) || !v.profile && got != v.colours || v.profile && got == "" {
			t.Errorf("%s: colours %q, want %q", v.name, got, v.colours)
		}
		var b bytes.Buffer
		if err := p.Meaning.EncodePNG(context.Background(), &b, p.NRGBA(), nil, png.BestSpeed); err != nil {
			t.Fatal(err)
		}
		for _, c := range v.chunks {
			if !bytes.Contains(b.Bytes(), []byte(c)) {
				t.Errorf("%s: the PNG has no %q", v.name, c)
			}
		}
		again, err := Decode(context.Background(), bytes.NewReader(b.Bytes()), nil)
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(again.Meaning.Profile, p.Meaning.Profile) || !bytes.Equal(again.Meaning.EXIF, p.Meaning.EXIF) || !bytes.Equal(again.NRGBA().Pix, p.NRGBA().Pix) {
			t.Errorf("%s: profile, EXIF or pixels differ after writing and reading", v.name)
		}
		bare := p.Meaning.Without(nil, true)
		if bare.EXIF != nil || bare.Texts != nil || !bytes.Equal(bare.Profile, p.Meaning.Profile) || !bytes.Equal(bare.Density, p.Meaning.Density) {
			t.Errorf("%s: without texts %+v", v.name, bare)
		}
	}
}

// TestUpright: a turned EXIF block says that its picture is stored as shown.
func TestUpright(t *testing.T) {
	block := []byte("MM\x00*\x00\x00\x00\x08\x00\x01\x01\x12\x00\x03\x00\x00\x00\x01\x00\x06\x00\x00\x00\x00\x00\x00")
	if was, _ := exifTags(block); was != 6 {
		t.Fatalf("orientation %d, want 6", was)
	}
	if is, _ := exifTags(upright(block)); is != 1 {
		t.Errorf("orientation %d, want 1", is)
	}
}

// TestDeepen: a picture of 16 bits keeps them where it has not changed,
// also when what only reading needs was given back.
func TestDeepen(t *testing.T) {
	p, err := Open(context.Background(), "testdata/meaning/g16.png", nil)
	if err != nil {
		t.Fatal(err)
	}
	b, err := os.ReadFile("testdata/meaning/g16.png")
	if err != nil {
		t.Fatal(err)
	}
	want, err := png.Decode(bytes.NewReader(b))
	if err != nil {
		t.Fatal(err)
	}
	img := p.NRGBA()
	p.Trim()
	c := img.NRGBAAt(3, 3).R ^ 0x80
	img.SetNRGBA(3, 3, color.NRGBA{c, c, c, 255})
	got, ok := p.Deepen(img, image.Point{}).(*image.Gray16)
	if !ok {
		t.Fatal("found another kind than 16-bit grey")
	}
	for y := range p.Height {
		for x := range p.Width {
			right := want.(*image.Gray16).Gray16At(x, y).Y
			if x == 3 && y == 3 {
				right = uint16(c) * 257
			}
			if is := got.Gray16At(x, y).Y; is != right {
				t.Fatalf("pixel %d,%d is %d, want %d", x, y, is, right)
			}
		}
	}
}

// TestLyingProfile: counts and lengths that a profile does not have are refused at once.
func TestLyingProfile(t *testing.T) {
	p, err := Open(context.Background(), "testdata/meaning/adobe.png", nil)
	if err != nil {
		t.Fatal(err)
	}
	if s, err := colour.Read(p.Meaning.Profile); err != nil || s.SRGB || !s.Both() {
		t.Fatalf("Adobe RGB: %+v, %v", s, err)
	}
	for _, at := range []int{128, 136, 140} {
		b := bytes.Clone(p.Meaning.Profile)
		copy(b[at:], "\xff\xff\xff\xf0")
		if _, err := colour.Read(b); err == nil {
			t.Errorf("a profile with a lie at %d was read", at)
		}
	}
}

// TestNumbersNameASpace: what a PNG or AVIF says in numbers becomes a profile, HDR too; sRGB by
// any name, and numbers that nobody knows, become none.
func TestNumbersNameASpace(t *testing.T) {
	for _, v := range []struct {
		codes []byte
		name  string
	}{
		{[]byte{12, 13, 0, 1}, "Display P3"}, {[]byte{9, 16, 0, 1}, "BT.2100 PQ"}, {[]byte{9, 18, 0, 1}, "BT.2100 HLG"}, {[]byte{9, 1, 0, 1}, "cICP 9/1"},
		{[]byte{1, 13, 0, 1}, ""}, {[]byte{1, 1, 0, 1}, ""}, {[]byte{77, 13, 0, 1}, ""}, {[]byte{9, 99, 0, 1}, ""},
	} {
		m := Meaning{Colour: []Chunk{{"cICP", v.codes}}}
		if got := colour.Name(m.ICC()); got != v.name {
			t.Errorf("%v names the space %q, want %q", v.codes, got, v.name)
		}
	}
}
