// Package canvastest helps the tests of canvas, its rooms, and tools: Golden compares a
// picture with a stored one (golden.go), the rest makes random documents, strokes and
// edits from a seed, and compares States pixel by pixel (random.go, equal.go).
package canvastest

import (
	"flag"
	"fmt"
	"image"
	"image/color"
	"image/draw"
	"image/png"
	"os"
	"path/filepath"
	"testing"
)

var update = flag.Bool("update", false, "rewrite the reference images of Golden")

// Golden compares img with testdata/name.png of the package under test, pixel for pixel.
// With the test flag -update, or PENTIMENTO_GOLDEN=1 in the environment, it writes that
// file instead. On a difference the picture and a map of the difference are put into
// testdata/failed and their paths printed.
func Golden(t testing.TB, name string, img image.Image) {
	t.Helper()
	got := straight(img)
	path := filepath.Join("testdata", name+".png")
	if *update || os.Getenv("PENTIMENTO_GOLDEN") == "1" {
		if err := write(path, got); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := read(path)
	if err != nil {
		t.Fatalf("%v (written by -update or PENTIMENTO_GOLDEN=1); got %s", err, failed(t, name, got))
		return
	}
	if want.Rect.Size() != got.Rect.Size() {
		t.Fatalf("%s is %v, want %v; got %s", name, got.Rect.Size(), want.Rect.Size(), failed(t, name, got))
	}
	diff, count, worst := difference(got, want)
	if count > 0 {
		t.Fatalf("%s differs in %d pixels, at most by %d; got %s, difference %s", name, count, worst,
			failed(t, name, got), failed(t, name+".diff", diff))
	}
}

// straight is img as NRGBA that begins at 0, 0.
func straight(img image.Image) *image.NRGBA {
	b := img.Bounds()
	out := image.NewNRGBA(image.Rect(0, 0, b.Dx(), b.Dy()))
	if n, ok := img.(*image.NRGBA); ok { // draw.Draw would lose the colour of faint pixels
		for y := range b.Dy() {
			copy(out.Pix[y*out.Stride:][:b.Dx()*4], n.Pix[n.PixOffset(b.Min.X, b.Min.Y+y):])
		}
		return out
	}
	draw.Draw(out, out.Rect, img, b.Min, draw.Src)
	return out
}

func difference(a, b *image.NRGBA) (diff *image.NRGBA, count, worst int) {
	diff = image.NewNRGBA(a.Rect)
	for i := 0; i < len(a.Pix); i += 4 {
		d := 0
		for c := range 4 {
			d = max(d, int(a.Pix[i+c])-int(b.Pix[i+c]), int(b.Pix[i+c])-int(a.Pix[i+c]))
		}
		grey := color.NRGBA{A: 255}
		if d > 0 {
			count, worst = count+1, max(worst, d)
			grey.R = uint8(min(255, 64+d*8))
		}
		diff.Pix[i], diff.Pix[i+3] = grey.R, grey.A
	}
	return diff, count, worst
}

func failed(t testing.TB, name string, img *image.NRGBA) string {
	t.Helper()
	path := filepath.Join("testdata", "failed", name+".png")
	if err := write(path, img); err != nil {
		return fmt.Sprintf("(could not be written: %v)", err)
	}
	if abs, err := filepath.Abs(path); err == nil {
		return abs
	}
	return path
}

func read(path string) (*image.NRGBA, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	img, err := png.Decode(f)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return straight(img), nil
}

func write(path string, img image.Image) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return err
	}
	f, err := os.Create(path)
	if err != nil {
		return err
	}
	if err := png.Encode(f, img); err != nil {
		f.Close()
		return err
	}
	return f.Close()
}
