package file

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"hash/crc32"
	"image"
	"image/color"
	"image/jpeg"
	"image/png"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"pentimento/fault"

	"golang.org/x/image/tiff"
)

// refused are the files of testdata/pictures that must give an error, and words of it.
var refused = map[string]string{
	"arith.jpg": "JPEG",
}

// TestPicturesDecodeAsOtherProgramsDo compares with what ImageMagick, libjpeg-turbo and
// libwebp make of the same files by default (ref.NAME.png): chroma goes over smoothly.
func TestPicturesDecodeAsOtherProgramsDo(t *testing.T) {
	files, _ := filepath.Glob("testdata/pictures/*")
	seen := 0
	for _, path := range files {
		name := filepath.Base(path)
		if strings.HasPrefix(name, "ref.") {
			continue
		}
		seen++
		p, err := Open(context.Background(), path, nil)
		if words, bad := refused[name]; bad {
			if err == nil || !strings.Contains(err.Error(), words) || fault.Hint(err) == "" {
				t.Errorf("%s: error %v, want one with %q and a hint", name, err, words)
			}
			continue
		}
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		tolerance := 0
		switch {
		case strings.HasSuffix(name, ".jpg"):
			tolerance = 3 // two inverse transforms, each within 1 in Y, Cb and Cr
		case strings.Contains(name, "16"), name == "assoc8.tif", name == "cmyk.tif":
			tolerance = 1
		}
		if d := difference(t, p.NRGBA(), "testdata/pictures/ref."+name+".png"); d > tolerance {
			t.Errorf("%s: differs from the reference by %d, want at most %d", name, d, tolerance)
		}
	}
	if seen < 40 {
		t.Errorf("%d pictures compared, want 40 or more", seen)
	}
}

// difference is the largest difference of a channel, where not both are transparent.
func difference(t *testing.T, got *image.NRGBA, path string) int {
	t.Helper()
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	want, err := png.Decode(f)
	if err != nil {
		t.Fatal(err)
	}
	if want.Bounds() != got.Bounds() {
		t.Errorf("%s: bounds %v, want %v", path, got.Bounds(), want.Bounds())
		return 999
	}
	worst := 0
	for y := range got.Rect.Dy() {
		for x := range got.Rect.Dx() {
			w, g := color.NRGBAModel.Convert(want.At(x, y)).(color.NRGBA), got.NRGBAAt(x, y)
			if w.A == 0 && g.A == 0 {
				continue
			}
			for _, d := range [4]int{int(w.R) - int(g.R), int(w.G) - int(g.G), int(w.B) - int(g.B), int(w.A) - int(g.A)} {
				worst = max(worst, d, -d)
			}
		}
	}
	return worst
}

// TestOrientationPutsRowsAndColumnsWhereTheStandardSays checks against the words of EXIF:
// for each value, the side on which the stored row 0 and the stored column 0 are seen.
func TestOrientationPutsRowsAndColumnsWhereTheStandardSays(t *testing.T) {
	words := map[int][2]string{1: {"top", "left"}, 2: {"top", "right"}, 3: {"bottom", "right"}, 4: {"bottom", "left"},
		5: {"left", "top"}, 6: {"right", "top"}, 7: {"right", "bottom"}, 8: {"left", "bottom"}}
	const w, h = 150, 70 // more than one block a side
	stored := image.NewNRGBA(image.Rect(0, 0, w, h))
	for i := range w * h {
		stored.Pix[4*i], stored.Pix[4*i+1], stored.Pix[4*i+2], stored.Pix[4*i+3] = byte(i%w), byte(i/w), 77, byte(i)
	}
	for o, side := range words {
		p := picture(stored, o)
		got := p.NRGBA()
		var nx, ny int // for a stored column x and row y
		at := func(side string, i int) {
			switch side {
			case "top":
				ny = i
			case "bottom":
				ny = p.Height - 1 - i
			case "left":
				nx = i
			case "right":
				nx = p.Width - 1 - i
			}
		}
		for y := range h {
			for x := range w {
				at(side[0], y)
				at(side[1], x)
				if got.NRGBAAt(nx, ny) != stored.NRGBAAt(x, y) {
					t.Fatalf("orientation %d: stored pixel %d,%d is not shown at %d,%d", o, x, y, nx, ny)
				}
			}
		}
		// Any rectangle is the same as cutting it out of the whole, transparent outside.
		for _, r := range []image.Rectangle{{image.Pt(-5, -7), image.Pt(64, 64)}, {image.Pt(13, 9), image.Pt(14, 10)}, {image.Pt(500, 0), image.Pt(510, 3)}, p.Bounds().Inset(-9)} {
			stride := 4*r.Dx() + 12
			dst := bytes.Repeat([]byte{9}, stride*r.Dy())
			p.ReadStraight(r, dst, stride)
			for y := range r.Dy() {
				for x := range r.Dx() {
					c := got.NRGBAAt(r.Min.X+x, r.Min.Y+y)
					if o := y*stride + 4*x; !bytes.Equal(dst[o:o+4], []byte{c.R, c.G, c.B, c.A}) {
						t.Fatalf("orientation %d: rectangle %v differs at %d,%d", p.Orientation, r, x, y)
					}
				}
			}
		}
	}
}

func picture(img image.Image, orientation int) *Picture {
	b := img.Bounds()
	p := &Picture{src: newSource(img, false), w0: b.Dx(), h0: b.Dy()}
	p.Info = Info{Width: b.Dx(), Height: b.Dy(), Orientation: orientation}
	if orientation > 4 {
		p.Width, p.Height = p.Height, p.Width
	}
	return p
}

// withExif puts an EXIF block with an orientation and a comment into a JPEG.
func withExif(jpg []byte, orientation uint16, comment []byte) []byte {
	o := binary.BigEndian
	x := []byte("Exif\x00\x00MM\x00*\x00\x00\x00\x08\x00\x02")
	x = o.AppendUint16(o.AppendUint32(o.AppendUint16(o.AppendUint16(x, tagOrientation), 3), 1), orientation)
	x = o.AppendUint16(x, 0)
	x = o.AppendUint32(o.AppendUint32(o.AppendUint16(o.AppendUint16(x, tagExif), 4), 1), 38)
	x = o.AppendUint32(x, 0)
	x = o.AppendUint16(x, 1)
	x = o.AppendUint32(o.AppendUint32(o.AppendUint16(o.AppendUint16(x, tagUserComment), 7), uint32(len(comment))), 56)
	x = append(o.AppendUint32(x, 0), comment...)
	out := append([]byte{0xff, 0xd8, 0xff, 0xe1}, byte((len(x)+2)>>8), byte(len(x)+2))
	return append(append(out, x...), jpg[2:]...)
}

func TestOrientationOfAJPEGIsHonoured(t *testing.T) {
	img := image.NewGray(image.Rect(0, 0, 64, 16))
	for y := range 16 {
		for x := range 8 {
			img.SetGray(x, y, color.Gray{255}) // white at the left
		}
	}
	var b bytes.Buffer
	if err := jpeg.Encode(&b, img, &jpeg.Options{Quality: 100}); err != nil {
		t.Fatal(err)
	}
	p, err := Decode(context.Background(), bytes.NewReader(withExif(b.Bytes(), 6, []byte("ASCII\x00\x00\x00hi"))), nil)
	if err != nil {
		t.Fatal(err)
	}
	if p.Width != 16 || p.Height != 64 {
		t.Fatalf("size %d×%d, want 16×64", p.Width, p.Height)
	}
	// Turned clockwise for display, the left comes to the top.
	if got := p.NRGBA(); got.NRGBAAt(8, 2).R < 250 || got.NRGBAAt(8, 60).R > 5 {
		t.Errorf("top %v, bottom %v, want white, black", got.NRGBAAt(8, 2), got.NRGBAAt(8, 60))
	}
}

func TestEveryKindOfImageConvertsAsItsColoursSay(t *testing.T) {
	r := image.Rect(0, 0, 33, 9)
	fill := func(pix []byte) {
		v := uint32(7)
		for i := range pix {
			v = v*1664525 + 1013904223
			pix[i] = byte(v >> 24)
		}
	}
	var kinds []image.Image
	// Where chroma is repeated; what halves it is in canvas/chroma.
	for _, s := range []image.YCbCrSubsampleRatio{image.YCbCrSubsampleRatio444, image.YCbCrSubsampleRatio411, image.YCbCrSubsampleRatio410} {
		m := image.NewYCbCr(r, s)
		fill(m.Y)
		fill(m.Cb)
		fill(m.Cr)
		a := image.NewNYCbCrA(r, s)
		fill(a.Y)
		fill(a.Cb)
		fill(a.Cr)
		fill(a.A)
		kinds = append(kinds, m, a, m.SubImage(image.Rect(3, 2, 30, 8)))
	}
	gray, gray16, nrgba, nrgba64, cmyk := image.NewGray(r), image.NewGray16(r), image.NewNRGBA(r), image.NewNRGBA64(r), image.NewCMYK(r)
	for _, p := range [][]byte{gray.Pix, gray16.Pix, nrgba.Pix, nrgba64.Pix, cmyk.Pix} {
		fill(p)
	}
	rgba, rgba64 := image.NewRGBA(r), image.NewRGBA64(r)
	for y := range 9 {
		for x := range 33 {
			rgba.Set(x, y, nrgba.At(x, y))
			rgba64.Set(x, y, nrgba64.At(x, y))
		}
	}
	pal := image.NewPaletted(r, color.Palette{color.NRGBA{10, 20, 30, 40}, color.RGBA{1, 2, 3, 255}, color.Gray{9}})
	for i := range pal.Pix {
		pal.Pix[i] = byte(i % 3)
	}
	kinds = append(kinds, gray, gray16, nrgba, nrgba64, cmyk, rgba, rgba64, pal, struct{ image.Image }{rgba64})
	for _, img := range kinds {
		p := picture(img, 1)
		buf := make([]byte, 4*p.Width*p.Height)
		p.ReadRect(p.Bounds(), buf, 4*p.Width)
		for y := range p.Height {
			for x := range p.Width {
				r, g, b, a := img.At(x+img.Bounds().Min.X, y+img.Bounds().Min.Y).RGBA()
				for i, want := range [4]uint32{r, g, b, a} {
					got := uint32(buf[4*(y*p.Width+x)+i])
					if d := int(got*257) - int(want); d > 386 || d < -386 { // one step of the conversion, half a one of premultiplying
						t.Fatalf("%T: pixel %d,%d channel %d is %d, want %.2f", img, x, y, i, got, float64(want)/257)
					}
				}
			}
		}
	}
}

func encodePNG(t testing.TB, img image.Image) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := png.Encode(&b, img); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// lyingPNG changes the size that a PNG's header says, with a right checksum.
func lyingPNG(b []byte, w, h uint32) []byte {
	b = bytes.Clone(b)
	binary.BigEndian.PutUint32(b[16:], w)
	binary.BigEndian.PutUint32(b[20:], h)
	binary.BigEndian.PutUint32(b[29:], crc32.ChecksumIEEE(b[12:29]))
	return b
}

func TestBadFilesAreRefusedInWords(t *testing.T) {
	img := image.NewNRGBA(image.Rect(0, 0, 40, 30))
	for i := range img.Pix {
		img.Pix[i] = byte(i * i)
	}
	good := encodePNG(t, img)
	var tif, jpg bytes.Buffer
	if err := errors.Join(tiff.Encode(&tif, img, nil), jpeg.Encode(&jpg, img, nil)); err != nil {
		t.Fatal(err)
	}
	wide := encodePNG(t, image.NewGray(image.Rect(0, 0, MaxSide+1, 1)))
	flipped := bytes.Clone(good)
	flipped[len(flipped)/2] ^= 1
	cases := []struct {
		name string
		data []byte
		want string
	}{
		{"empty", nil, "an empty file"},
		{"zeros", make([]byte, 100), "nothing but zeros"},
		{"text", []byte("hello, I am no picture"), "something else"},
		{"heic", []byte("\x00\x00\x00\x18ftypheic\x00\x00\x00\x00"), "HEIC"},
		{"too wide", wide, "16385×1 pixels, want at most 16384"},
		{"lying and huge", lyingPNG(good, 16000, 16000), "too few for the 16000×16000"},
		{"lying beyond all", lyingPNG(good, 1<<30, 1<<30), "PNG"},
		{"lying a little", lyingPNG(good, 40, 31), "PNG"},
		{"no pixels", lyingPNG(good, 0, 5), "PNG"},
		{"cut PNG", good[:len(good)-30], "PNG"},
		{"cut header", good[:20], "PNG ends within its header"},
		{"cut JPEG", jpg.Bytes()[:jpg.Len()*2/3], "JPEG"},
		{"cut TIFF", tif.Bytes()[:tif.Len()/2], "TIFF"},
		{"one bit flipped", flipped, "PNG cannot be read"},
	}
	for _, c := range cases {
		p, err := Decode(context.Background(), bytes.NewReader(c.data), nil)
		if err == nil || p != nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: error %v, want %q in it", c.name, err, c.want)
		} else if fault.Hint(err) == "" {
			t.Errorf("%s: %v has no hint", c.name, err)
		}
	}
	for _, path := range []string{"testdata", "testdata/no such file.png"} {
		if _, err := Open(context.Background(), path, nil); err == nil || fault.Hint(err) == "" || !strings.Contains(err.Error(), path) {
			t.Errorf("open %q: %v, want an error with the name and a hint", path, err)
		}
	}
}

// TestEveryCutIsRefused cuts a picture of every format at many places. A GIF is complete
// when its first frame is.
func TestEveryCutIsRefused(t *testing.T) {
	for _, name := range []string{"rgba8.png", "s2x2.jpg", "prog.jpg", "lossless.webp", "rgb.bmp", "rgb8.tif", "pal.gif"} {
		b, err := os.ReadFile("testdata/pictures/" + name)
		if err != nil {
			t.Fatal(err)
		}
		for n := 0; n < len(b)-len(b)/8-12; n += max(1, len(b)/50) {
			if p, err := Decode(context.Background(), bytes.NewReader(b[:n]), nil); err == nil {
				t.Errorf("%s cut to %d of %d bytes opened as %d×%d", name, n, len(b), p.Width, p.Height)
			}
		}
	}
}

func TestDecodeStopsWhenCancelled(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	img := image.NewNRGBA(image.Rect(0, 0, 600, 600))
	v := uint32(1)
	for i := range img.Pix {
		v = v*1664525 + 1013904223
		img.Pix[i] = byte(v >> 24)
	}
	last := 0.0
	_, err := Decode(ctx, bytes.NewReader(encodePNG(t, img)), func(f float64) {
		if f < last {
			t.Errorf("progress fell from %v to %v", last, f)
		}
		last = f
		cancel()
	})
	if !errors.Is(err, context.Canceled) || last == 0 || last == 1 {
		t.Errorf("error %v at %v, want cancelled part way", err, last)
	}
}
