package file

import (
	"bytes"
	"context"
	"errors"
	"os"
	"strings"
	"testing"

	"pentimento/fault"
)

// needJXL ends a test where the system has no libjxl, but sees that the file is named and that
// the advice says what to install.
func needJXL(t *testing.T) {
	t.Helper()
	_, err := Open(context.Background(), "testdata/jxl/plain.jxl", nil)
	if err == nil {
		return
	}
	if !strings.Contains(err.Error(), "JPEG XL") || !strings.Contains(fault.Hint(err), "PNG") {
		t.Fatalf("%v (%s)", err, fault.Hint(err))
	}
	t.Skip("no libjxl here: install it (Debian: libjxl-tools) to read the pictures themselves")
}

// testdata/jxl holds pictures that libjxl packed: without a loss they are, to the bit, those
// they were made of; depth, colours, EXIF and XMP are kept, the first picture of an animation
// is opened, and that is said.
func TestJPEGXLIsRead(t *testing.T) {
	needJXL(t)
	for _, c := range []struct {
		name, exact, colours, note string
		depth                      int
		alpha                      bool
	}{
		{"plain", "avif/plain.png", "", "", 8, false},
		{"alpha", "avif/alpha.png", "", "", 8, true},
		{"rgba16", "", "RGB_D65_SRG_Per_g0.45455", "", 16, true},
		{"gray16", "pictures/gray16.png", "Gra_D65_Per_g0.45455", "", 16, false},
		{"pq", "pictures/rgb16.png", "BT.2100 PQ", "", 16, false},
		{"p3", "", "Display P3", "", 8, false},
		{"adobe", "", "Display P3", "packed with a loss", 16, false},
		{"photo", "", "", "", 8, false},
		{"anim", "", "", "an animation of 2 pictures; the first", 8, false},
	} {
		p, err := Open(context.Background(), "testdata/jxl/"+c.name+".jxl", nil)
		if err != nil {
			t.Error(err)
			continue
		}
		if p.Format != "JPEG XL" || p.Meaning.ColourName() != c.colours || !strings.Contains(p.Note, c.note) || c.note == "" && p.Note != "" || p.Depth != c.depth || p.Alpha != c.alpha {
			t.Errorf("%s: %+v, colours %q, note %q", c.name, p.Info, p.Meaning.ColourName(), p.Note)
		}
		switch c.name {
		case "photo":
			_, texts := exifTags(p.Meaning.EXIF)
			if len(texts) == 0 || len(p.Meaning.Texts) != 1 || p.Meaning.Texts[0].Key != xmpKey {
				t.Errorf("photo: EXIF %q, texts %q", texts, p.Meaning.Texts)
			}
		case "anim":
			if r, g, b, _ := p.NRGBA().At(3, 3).RGBA(); r != 0xffff || g|b != 0 {
				t.Errorf("the first picture is red, found %x %x %x", r, g, b)
			}
		}
		if c.exact == "" {
			continue
		}
		want, err := Open(context.Background(), "testdata/"+c.exact, nil)
		if err != nil {
			t.Fatal(err)
		}
		a, b := p.deep, want.deep
		if p.Depth == 8 {
			a, b = p.NRGBA(), want.NRGBA()
		}
		for y := range want.Height {
			for x := range want.Width {
				r, g, bl, al := a.At(x, y).RGBA()
				r2, g2, b2, a2 := b.At(x, y).RGBA()
				if al|a2 != 0 && [4]uint32{r, g, bl, al} != [4]uint32{r2, g2, b2, a2} {
					t.Fatalf("%s: %d,%d is %v, want %v", c.name, x, y, a.At(x, y), b.At(x, y))
				}
			}
		}
	}
}

// Inspect says the same as Open, without the pixels.
func TestJPEGXLInspected(t *testing.T) {
	needJXL(t)
	for _, name := range []string{"alpha", "gray16", "pq", "photo"} {
		data, err := os.ReadFile("testdata/jxl/" + name + ".jxl")
		if err != nil {
			t.Fatal(err)
		}
		i, err := Inspect(context.Background(), bytes.NewReader(data))
		if err != nil {
			t.Fatal(err)
		}
		p, err := Decode(context.Background(), bytes.NewReader(data), nil)
		if err != nil {
			t.Fatal(err)
		}
		if i.Width != p.Width || i.Depth != p.Depth || i.Alpha != p.Alpha || i.Format != p.Format || i.Meaning.ColourName() != p.Meaning.ColourName() {
			t.Errorf("%s: inspected %+v, opened %+v", name, i, p.Info)
		}
	}
}

// Cut and changed files are refused or read, and none ends the program; a cancelled one ends.
func TestHostileJPEGXL(t *testing.T) {
	needJXL(t)
	for _, name := range []string{"plain", "photo", "anim"} {
		b, err := os.ReadFile("testdata/jxl/" + name + ".jxl")
		if err != nil {
			t.Fatal(err)
		}
		for n := 0; n < len(b); n += 5 {
			if _, err := Decode(context.Background(), bytes.NewReader(b[:n]), nil); err == nil && name == "plain" {
				t.Errorf("cut to %d of %d bytes it opens", n, len(b))
			}
		}
		for i := 2; i < len(b); i += 3 {
			c := bytes.Clone(b)
			c[i] ^= 0x55
			_, _ = Decode(context.Background(), bytes.NewReader(c), nil)
		}
		ctx, cancel := context.WithCancel(context.Background())
		cancel()
		if _, err := Decode(ctx, bytes.NewReader(b), nil); !errors.Is(err, context.Canceled) {
			t.Errorf("cancelled: %v", err)
		}
	}
}
