package pixels

import (
	"bytes"
	"context"
	"image"
	"math"
	"testing"
)

// TestScalingAndBlurKeepWhatIsEven: one colour stays it, also beside transparency, and a dot's blur has the deviation asked for.
func TestScalingAndBlurKeepWhatIsEven(t *testing.T) {
	img := image.NewNRGBA(image.Rect(3, 4, 63, 64))
	for i := range len(img.Pix) / 4 {
		copy(img.Pix[4*i:], []uint8{200, 90, 10, 255})
		if i%60 < 20 {
			copy(img.Pix[4*i:], []uint8{0, 0, 0, 0})
		}
	}
	even := func(name string, out *image.NRGBA, err error) {
		if err != nil {
			t.Fatal(err)
		}
		for i := 0; i < len(out.Pix); i += 4 {
			if p := out.Pix[i : i+4]; p[3] > 8 && (p[0] < 190 || p[1] > 110 || p[2] > 30) {
				t.Fatalf("%s: a pixel is %v", name, p)
			}
		}
	}
	blurred, err := Blur(context.Background(), img, 6)
	even("blurred", blurred, err)
	for _, size := range []image.Point{{17, 90}, {120, 33}} {
		out, err := Scaled(context.Background(), img, image.Rectangle{Max: size})
		even("scaled", out, err)
	}
	dot := image.NewNRGBA(image.Rect(0, 0, 101, 1))
	for x := range 101 {
		copy(dot.Pix[4*x:], []uint8{0, 0, 0, 255})
	}
	dot.Pix[4*50] = 255
	for i := 45; i < 56; i++ { // a row of bright pixels, so that rounding does not count
		dot.Pix[4*i] = 255
	}
	out, err := Blur(context.Background(), dot, 8)
	if err != nil {
		t.Fatal(err)
	}
	sum, spread := 0.0, 0.0
	for x := range 101 {
		v := float64(out.Pix[4*x])
		sum, spread = sum+v, spread+v*float64((x-50)*(x-50))
	}
	if got, want := math.Sqrt(spread/sum), math.Sqrt(64+10); math.Abs(got-want) > 0.6 {
		t.Errorf("the deviation is %.2f, want %.2f", got, want)
	}
}

// TestBilinearKeepsTheLight: of a dark picture with grain that becomes smaller or larger the mean stays within a seventh of a level,
// and a picture of its own size stays as it is.
func TestBilinearKeepsTheLight(t *testing.T) {
	img := image.NewNRGBA(image.Rect(0, 0, 300, 200))
	for i := range img.Pix {
		if img.Pix[i] = uint8((i*i*31 + i*17) % 41); i%4 == 3 {
			img.Pix[i] = 255
		}
	}
	mean := func(img *image.NRGBA) (sum float64) {
		for i, v := range img.Pix {
			if i%4 != 3 {
				sum += float64(v)
			}
		}
		return sum / float64(len(img.Pix)/4*3)
	}
	for _, size := range []image.Point{{150, 100}, {211, 173}, {449, 301}, {300, 200}} {
		out, err := Bilinear(context.Background(), img, image.Rectangle{Max: size})
		if err != nil {
			t.Fatal(err)
		}
		if d := mean(out) - mean(img); math.Abs(d) > 0.15 {
			t.Errorf("to %v the mean changes by %.3f", size, d)
		}
		if size == img.Rect.Max && !bytes.Equal(out.Pix, img.Pix) {
			t.Error("its own size is not itself")
		}
	}
}
