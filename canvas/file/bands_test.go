package file

import (
	"bytes"
	"context"
	"errors"
	"image"
	"image/color"
	"image/png"
	"io"
	"math/rand/v2"
	"runtime"
	"testing"

	"pentimento/canvas/canvastest"
)

// everyKind are pictures of all kinds that are written in bands: of one band and of several, cut out of
// larger ones, and smaller than a pixel's neighbours.
func everyKind() (out []image.Image) {
	rng := rand.New(rand.NewPCG(7, 7))
	for _, size := range []image.Point{{1, 1}, {2, 5}, {700, 1}, {1, 700}, {97, 61}, {300, 500}} {
		around := image.Rectangle{Max: size.Add(image.Pt(9, 5))}
		part := image.Rectangle{Min: image.Pt(4, 3), Max: size.Add(image.Pt(4, 3))}
		clear, solid := canvastest.Picture(rng, around, true), canvastest.Picture(rng, around, false)
		grey, grey16 := image.NewGray(around), image.NewGray16(around)
		deep, deepSolid := image.NewNRGBA64(around), image.NewNRGBA64(around)
		for y := range around.Dy() {
			for x := range around.Dx() {
				c := solid.NRGBAAt(x, y)
				wide := color.NRGBA64{uint16(c.R)<<8 | uint16(x&255), uint16(c.G)*256 + 3, uint16(c.B) * 257, 0xffff}
				grey.SetGray(x, y, color.Gray{c.R})
				grey16.SetGray16(x, y, color.Gray16{wide.R})
				deepSolid.SetNRGBA64(x, y, wide)
				wide.A = uint16(x*y) * 3
				deep.SetNRGBA64(x, y, wide)
			}
		}
		for _, m := range []interface {
			SubImage(image.Rectangle) image.Image
		}{clear, solid, grey, grey16, deep, deepSolid} {
			out = append(out, m.SubImage(part))
		}
	}
	return out
}

// TestPicturesInBandsAreWhatOthersRead: the standard decoder reads each pixel, of the same kind as the
// standard encoder's.
func TestPicturesInBandsAreWhatOthersRead(t *testing.T) {
	for _, img := range everyKind() {
		var standard bytes.Buffer
		if err := png.Encode(&standard, img); err != nil {
			t.Fatal(err)
		}
		want, err := png.Decode(&standard)
		if err != nil {
			t.Fatal(err)
		}
		for _, level := range []png.CompressionLevel{png.DefaultCompression, png.BestSpeed} {
			var b bytes.Buffer
			if err := (Meaning{}).EncodePNG(t.Context(), &b, img, []Text{{"parameters", "a barn"}}, level); err != nil {
				t.Fatal(err)
			}
			got, err := png.Decode(bytes.NewReader(b.Bytes()))
			if err != nil {
				t.Fatalf("%T of %v: %v", img, img.Bounds(), err)
			}
			if !sameImage(got, want) {
				t.Errorf("%T of %v is read as %T with other pixels than %T", img, img.Bounds(), got, want)
			}
		}
	}
}

func sameImage(a, b image.Image) bool {
	if a.ColorModel() != b.ColorModel() || a.Bounds() != b.Bounds() {
		return false
	}
	r := a.Bounds()
	for y := r.Min.Y; y < r.Max.Y; y++ {
		for x := r.Min.X; x < r.Max.X; x++ {
			if a.At(x, y) != b.At(x, y) {
				return false
			}
		}
	}
	return true
}

// TestAPictureIsTheSameFileOnAnyMachine, however many cores pack it and however long one takes.
func TestAPictureIsTheSameFileOnAnyMachine(t *testing.T) {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(0))
	img := canvastest.Picture(rand.New(rand.NewPCG(1, 1)), image.Rect(0, 0, 400, 900), true)
	var first []byte
	for _, cores := range []int{1, 2, 5} {
		runtime.GOMAXPROCS(cores)
		var b bytes.Buffer
		if err := EncodePNG(t.Context(), &b, img, nil, png.DefaultCompression); err != nil {
			t.Fatal(err)
		}
		if first == nil {
			first = b.Bytes()
		} else if !bytes.Equal(b.Bytes(), first) {
			t.Errorf("on %d cores it is another file", cores)
		}
	}
}

// TestFilesStaySmall: next to nothing more than the standard encoder's, of what is smooth, of noise and of a
// drawing of few colours.
func TestFilesStaySmall(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 3))
	noisy, drawing := waves(500, 500), image.NewNRGBA(image.Rect(0, 0, 500, 500))
	for i := range noisy.Pix {
		if i%4 < 3 {
			noisy.Pix[i] += uint8(rng.IntN(12))
		}
	}
	for i := range 500 * 500 {
		x, y := i%500, i/500
		drawing.SetNRGBA(x, y, color.NRGBA{uint8(x / 60 * 25), uint8((x + 2*y) / 90 * 20), uint8(y / 47 * 11), 255})
	}
	for name, img := range map[string]*image.NRGBA{"smooth": waves(500, 500), "noisy": noisy, "drawing": drawing} {
		var ours, standard bytes.Buffer
		if err := errors.Join(EncodePNG(t.Context(), &ours, img, nil, png.DefaultCompression), png.Encode(&standard, img)); err != nil {
			t.Fatal(err)
		}
		if o, s := ours.Len(), standard.Len(); float64(o) > 1.03*float64(s)+64 {
			t.Errorf("%s: %d bytes, the standard encoder makes %d", name, o, s)
		}
	}
}

// endsAfter cancels when so many bytes were written.
type endsAfter struct {
	left int
	end  func()
}

func (w *endsAfter) Write(b []byte) (int, error) {
	if w.left -= len(b); w.left < 0 {
		w.end()
	}
	return len(b), nil
}

// TestWritingEndsAtOnce when it is cancelled, and with a writer's error.
func TestWritingEndsAtOnce(t *testing.T) {
	img := canvastest.Picture(rand.New(rand.NewPCG(1, 1)), image.Rect(0, 0, 800, 1100), true)
	ctx, cancel := context.WithCancel(t.Context())
	w := &endsAfter{1000, cancel}
	if err := EncodePNG(ctx, w, img, nil, png.BestSpeed); !errors.Is(err, context.Canceled) || w.left < -2<<20 {
		t.Errorf("%v, %d bytes after it was cancelled", err, -w.left)
	}
	r, full := io.Pipe()
	r.Close()
	if err := EncodePNG(t.Context(), full, img, nil, png.BestSpeed); !errors.Is(err, io.ErrClosedPipe) {
		t.Error(err)
	}
}

// TestEachFilterTellsRowsThatSuitIt: rows that one predicts nearly are told by it, and read as they were.
func TestEachFilterTellsRowsThatSuitIt(t *testing.T) {
	rng := rand.New(rand.NewPCG(9, 9))
	for filter, next := range []func(a, b, c int) int{
		filterNone:    func(a, b, c int) int { return 0 },
		filterSub:     func(a, b, c int) int { return a },
		filterUp:      func(a, b, c int) int { return b },
		filterAverage: func(a, b, c int) int { return (a + b) / 2 },
		filterPaeth:   predicted,
	} {
		img, n := image.NewGray(image.Rect(0, 0, 64, 64)), 0
		at := func(x, y int) int { return int(img.GrayAt(x, y).Y) }
		for y := range 64 {
			for x := range 64 {
				v := next(at(x-1, y), at(x, y-1), at(x-1, y-1)) + rng.IntN(5) - 2
				if (filter == filterSub && x == 0) || (filter == filterUp && y == 0) || filter == filterPaeth && (x == 0 || y == 0) {
					v = rng.IntN(256)
				}
				img.SetGray(x, y, color.Gray{uint8(v)})
			}
		}
		f := newFilter(64, 1)
		for y := 1; y < 64; y++ {
			if f.append(nil, img.Pix[64*y:][:64], img.Pix[64*(y-1):][:64])[0] == uint8(filter) {
				n++
			}
		}
		var b bytes.Buffer
		if err := (Meaning{}).EncodePNG(t.Context(), &b, img, nil, png.DefaultCompression); err != nil {
			t.Fatal(err)
		}
		if got, err := png.Decode(&b); err != nil || !sameImage(got, img) || n < 20 {
			t.Errorf("filter %d: chosen for %d of 63 rows, %v, the same pixels: %v", filter, n, err, err == nil && sameImage(got, img))
		}
	}
}
