package pipeline

import (
	"bytes"
	"fmt"
	"image"
	"math"
	"math/rand/v2"
	"testing"

	"pentimento/pipeline/pixels"
)

// wired is a wire of value 30 on a soft gradient with noise, or on stripes; the wire runs
// from the left side to the right with the given slope and is wide pixels thick. bare is
// the picture without it.
func wired(w, h int, wide, slope float64, striped bool) (img, bare *image.NRGBA) {
	rng := rand.New(rand.NewPCG(12, 3))
	img, bare = image.NewNRGBA(image.Rect(0, 0, w, h)), image.NewNRGBA(image.Rect(0, 0, w, h))
	for y := range h {
		for x := range w {
			v := 165 + 24*float64(x)/float64(w) + 2*rng.NormFloat64()
			if striped {
				v += 20 * math.Sin(float64(x)/5)
			}
			covered := min(max(wide/2+0.5-fromWire(x, y, w, h, slope), 0), 1)
			for k := range 3 {
				bare.Pix[4*(y*w+x)+k] = uint8(v)
				img.Pix[4*(y*w+x)+k] = uint8(v + covered*(30-v))
			}
			img.Pix[4*(y*w+x)+3], bare.Pix[4*(y*w+x)+3] = 255, 255
		}
	}
	return img, bare
}

// fromWire is how far a pixel is from the middle of the wire.
func fromWire(x, y, w, h int, slope float64) float64 {
	return math.Abs(float64(y)-float64(h)/2-slope*(float64(x)-float64(w)/2)) / math.Hypot(1, slope)
}

// stroked masks a hard stroke of so many pixels along the wire.
func stroked(w, h int, width, slope float64) *image.Alpha {
	m := image.NewAlpha(image.Rect(0, 0, w, h))
	for y := range h {
		for x := range w {
			if fromWire(x, y, w, h, slope) <= width/2 {
				m.Pix[y*w+x] = 255
			}
		}
	}
	return m
}

// missed is the error under the mask, RMS in levels.
func missed(img, bare *image.NRGBA, mask *image.Alpha) float64 {
	sum, n := 0.0, 0.0
	for i, m := range mask.Pix {
		if m != 0 {
			d := float64(img.Pix[4*i]) - float64(bare.Pix[4*i])
			sum, n = sum+d*d, n+1
		}
	}
	return math.Sqrt(sum / n)
}

// contrast is how much darker the wire's middle is than the picture without it.
func contrast(img, bare *image.NRGBA, slope float64) float64 {
	w, h := img.Rect.Dx(), img.Rect.Dy()
	sum, n := 0.0, 0.0
	for y := range h {
		for x := range w {
			if fromWire(x, y, w, h, slope) <= 1 {
				sum, n = sum+float64(bare.Pix[4*(y*w+x)])-float64(img.Pix[4*(y*w+x)]), n+1
			}
		}
	}
	return sum / n
}

func TestAWireUnderAStrokeIsGone(t *testing.T) {
	if testing.Short() {
		t.Skip("the race detector makes these fills take long: run without -short")
	}
	const w, h = 96, 72
	for _, c := range []struct {
		striped     bool
		slope, wide float64
		strokes     []float64
	}{
		{false, 0.1, 3, []float64{4, 6, 8, 12, 16, 24}},
		{false, 1, 3, []float64{8}},
		{false, 0, 1, []float64{6}}, // a scratch
		{true, 0.1, 3, []float64{6, 16, 24}},
	} {
		img, bare := wired(w, h, c.wide, c.slope, c.striped)
		for _, width := range c.strokes {
			mask := stroked(w, h, width+c.slope, c.slope)
			feathers := []int{8}
			if width >= 12 {
				feathers = []int{8, 16}
			}
			for _, feather := range feathers {
				name := fmt.Sprintf("%+v under %v px, feather %d", c, width, feather)
				res, err := New(nil).Run(t.Context(), Request{Ask: Ask{Engine: Content, Image: img, Mask: mask}, Sampling: Sampling{Seed: 1}, Keep: Keep{Feather: feather}}, nil)
				if err != nil {
					t.Fatal(err)
				}
				if left := contrast(res.Image, bare, c.slope); math.Abs(left) >= 3 {
					t.Errorf("%s: %.1f of %.1f levels of the wire are left, want less than 3", name, left, contrast(img, bare, c.slope))
				}
				if e := missed(res.Image, bare, mask); e > 4 {
					t.Errorf("%s: %.1f levels RMS beside the truth of noise 2, want the stripes to go through", name, e)
				}
				for i, m := range mask.Pix {
					if m == 0 && !bytes.Equal(img.Pix[4*i:4*i+4], res.Image.Pix[4*i:4*i+4]) {
						t.Fatalf("%s: pixel %d outside the stroke changed", name, i)
					}
				}
			}
		}
	}
}

func TestASmallMaskIsFilledInFull(t *testing.T) {
	img, _ := wired(120, 90, 3, 0.1, false)
	for _, side := range []int{1, 2, 6, 12} {
		for _, feather := range []int{0, 1, 8, 40} {
			mask := pixels.CropMask(pixels.Full(image.Rect(57, 30, 57+side, 30+side)), img.Rect)
			res, err := New(nil).Run(t.Context(), Request{Ask: Ask{Engine: Content, Image: img, Mask: mask}, Keep: Keep{Feather: feather}}, nil)
			if err != nil {
				t.Fatal(err)
			}
			if !bytes.Equal(res.Mask.Pix, mask.Pix) {
				t.Errorf("%d×%d px, feather %d: the new picture is not fully there", side, side, feather)
			}
		}
	}
}
