package jpeg

import (
	"bytes"
	"context"
	"fmt"
	"image"
	"image/color"
	"image/jpeg"
	"math"
	"testing"
)

// picture is smooth with coloured edges.
func picture(w, h int) *image.NRGBA {
	img := image.NewNRGBA(image.Rect(3, 5, 3+w, 5+h))
	for y := range h {
		for x := range w {
			c := color.NRGBA{uint8(128 + 100*math.Sin(float64(x)/9)), uint8(128 + 90*math.Sin(float64(y)/7)), uint8(255 * x / w), 255}
			if (x/7+y/11)%5 == 0 {
				c = color.NRGBA{220, 20, 30, 255}
			}
			img.SetNRGBA(3+x, 5+y, c)
		}
	}
	return img
}

// off is the largest and the mean difference, in 255ths, to what the standard library reads.
func off(t *testing.T, img *image.NRGBA, data []byte) (most int, mean float64) {
	t.Helper()
	got, err := jpeg.Decode(bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	if got.Bounds().Size() != img.Rect.Size() {
		t.Fatalf("read back as %v, want %v", got.Bounds(), img.Rect)
	}
	sum := 0
	for y := range img.Rect.Dy() {
		for x := range img.Rect.Dx() {
			a, b := img.NRGBAAt(3+x, 5+y), color.NRGBAModel.Convert(got.At(x, y)).(color.NRGBA)
			for _, d := range []int{int(a.R) - int(b.R), int(a.G) - int(b.G), int(a.B) - int(b.B)} {
				sum, most = sum+max(d, -d), max(most, d, -d)
			}
		}
	}
	return most, float64(sum) / float64(3*img.Rect.Dx()*img.Rect.Dy())
}

// TestColoursKeepTheirEdges: at full chroma resolution a picture is as near as its quality
// says, of any size; the halved form has its usual loss.
func TestColoursKeepTheirEdges(t *testing.T) {
	for _, size := range []image.Point{{1, 1}, {8, 8}, {9, 17}, {100, 75}, {7, 130}} {
		img := picture(size.X, size.Y)
		for _, c := range []struct {
			o    Options
			most int
			mean float64
		}{{Options{Quality: 100}, 4, 0.8}, {Options{Quality: 95}, 28, 2.6}, {Options{Quality: 50}, 140, 12}, {Options{Quality: 95, Halved: true}, 220, 25}} {
			var b bytes.Buffer
			if err := Encode(context.Background(), &b, img, c.o); err != nil {
				t.Fatal(err)
			}
			if most, mean := off(t, img, b.Bytes()); most > c.most || mean > c.mean {
				t.Errorf("%v at %+v: %d of 255 off, %.2f on average; want at most %d and %.2f", size, c.o, most, mean, c.most, c.mean)
			}
		}
	}
}

func TestGreyAndSegments(t *testing.T) {
	img := picture(40, 30)
	for i := 0; i < len(img.Pix); i += 4 {
		img.Pix[i+1], img.Pix[i+2] = img.Pix[i], img.Pix[i]
	}
	var b bytes.Buffer
	note := append([]byte{0xff, 0xfe, 0, 7}, "hello"...)
	if err := Encode(context.Background(), &b, img, Options{Quality: 98, Grey: true, Segments: note, Density: [3]uint16{1, 300, 300}}); err != nil {
		t.Fatal(err)
	}
	if got, err := jpeg.Decode(bytes.NewReader(b.Bytes())); err != nil || fmt.Sprintf("%T", got) != "*image.Gray" {
		t.Errorf("read back as %T, %v", got, err)
	}
	if most, _ := off(t, img, b.Bytes()); most > 8 {
		t.Errorf("%d of 255 off", most)
	}
	if !bytes.Contains(b.Bytes(), note) || !bytes.Contains(b.Bytes(), []byte("JFIF\x00\x01\x01\x01\x01\x2c\x01\x2c\x00\x00")) {
		t.Error("a segment or the density is missing")
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if err := Encode(ctx, &b, img, Options{Quality: 90}); err != context.Canceled {
		t.Errorf("cancelled: %v", err)
	}
	for _, o := range []Options{{Quality: 0}, {Quality: 101}} {
		if Encode(context.Background(), &b, img, o) == nil {
			t.Errorf("%+v is taken", o)
		}
	}
}

func BenchmarkEncode(b *testing.B) {
	img := picture(1500, 1000)
	for b.Loop() {
		var out bytes.Buffer
		_ = Encode(context.Background(), &out, img, Options{Quality: 95})
		b.SetBytes(int64(len(img.Pix)))
	}
}
