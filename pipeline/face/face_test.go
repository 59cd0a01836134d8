package face

import (
	"bytes"
	"image"
	"math"
	"os"
	"path/filepath"
	"testing"

	"pentimento/pipeline/pixels"
)

// placed is FFHQ's face, turned, scaled and moved, with an oval about it.
func placed(angle, scale, x, y float64) Face {
	sin, cos := math.Sincos(angle)
	var five [5]Point
	move := func(p Point) Point {
		u, v := (p.X-256)*scale, (p.Y-300)*scale
		return Point{x + u*cos - v*sin, y + u*sin + v*cos}
	}
	for i, p := range FFHQ.Five {
		five[i] = move(p)
	}
	var oval []Point
	for i := range 24 {
		s, c := math.Sincos(float64(i) * math.Pi / 12)
		oval = append(oval, move(Point{256 + 125*c, 300 + 165*s}))
	}
	f, _ := New(five, oval)
	return f
}

func textured(r image.Rectangle) *image.NRGBA {
	img := image.NewNRGBA(r)
	for y := r.Min.Y; y < r.Max.Y; y++ {
		for x := r.Min.X; x < r.Max.X; x++ {
			p := img.Pix[img.PixOffset(x, y):]
			p[0], p[1], p[2], p[3] = uint8(128+90*math.Sin(float64(x)/9)), uint8(128+90*math.Sin(float64(y)/7)), uint8(128+60*math.Sin(float64(x+y)/11)), 255
		}
	}
	return img
}

// The similarity of a turned face brings its places onto the template's, and back.
func TestSimilarityBringsAFaceOntoTheTemplate(t *testing.T) {
	f := placed(0.4, 0.3, 210, -90)
	s := FFHQ.Onto(f)
	for i, p := range f.Five {
		got, back := s.To(p), s.Back().To(FFHQ.Five[i])
		if d := math.Hypot(got.X-FFHQ.Five[i].X, got.Y-FFHQ.Five[i].Y) + math.Hypot(back.X-p.X, back.Y-p.Y); d > 1e-9 {
			t.Errorf("place %d is %g pixels off", i, d)
		}
	}
	if got := s.Scale(); math.Abs(got-1/0.3) > 1e-9 {
		t.Errorf("scale %g, want %g", got, 1/0.3)
	}
}

// A square that nothing was done to is laid back nearly as it was, and outside the mask, and where pixels are
// transparent, not one pixel changes.
func TestPastingChangesNothingOutsideTheMask(t *testing.T) {
	const side = 160
	for name, f := range map[string]Face{
		"enlarged": placed(0.3, 0.25, 160, 130), "reduced": placed(-0.2, 0.9, 150, 140), "cut off": placed(0, 0.4, 5, 20),
		"without an outline": {Five: placed(0.1, 0.2, 150, 120).Five},
	} {
		img := textured(image.Rect(-10, -20, 310, 260))
		for y := 100; y < 110; y++ {
			img.Pix[img.PixOffset(140, y)+3] = 200
		}
		before := pixels.Crop(img, img.Rect)
		changed := image.NewAlpha(img.Rect)
		s := FFHQ.Scaled(side).Onto(f)
		square := s.Cut(img, side)
		for i := range square.Pix {
			square.Pix[i] = 1 - square.Pix[i]
		}
		Paste(img, changed, s, square, Mask(f, s, side, side), 1)
		n := 0
		for i := range changed.Pix {
			same := bytes.Equal(img.Pix[4*i:4*i+4], before.Pix[4*i:4*i+4])
			if same != (changed.Pix[i] == 0) || before.Pix[4*i+3] != 255 && !same {
				t.Fatalf("%s: pixel %d: changed is %d, same %v", name, i, changed.Pix[i], same)
			}
			if !same {
				n++
			}
		}
		if all := math.Pi * 125 * 165 * 0.25 * 0.25; name == "enlarged" && (float64(n) < all || float64(n) > 2*all) {
			t.Errorf("%s: %d pixels changed of a face of %.0f", name, n, all)
		}
		again := pixels.Crop(before, before.Rect)
		Paste(again, changed, s, s.Cut(again, side), Mask(f, s, side, side), 1)
		worst := 0
		for i, v := range again.Pix {
			worst = max(worst, int(v)-int(before.Pix[i]), int(before.Pix[i])-int(v))
		}
		if name == "enlarged" && worst > 12 {
			t.Errorf("%s: an unchanged square is laid back %d levels off", name, worst)
		}
	}
}

// Files of other forms, such as ncnn's of Real-ESRGAN, are no error here: they may be upscalers.
func TestFilesOfOtherFormsAreLeftToUpscalers(t *testing.T) {
	for name, text := range map[string]string{"realesrgan.param": "7767517\n1 1\nInput data 0 1 data\n", "x.pth": "no network", "x.safetensors": ""} {
		path := filepath.Join(t.TempDir(), name)
		if err := os.WriteFile(path, []byte(text), 0o666); err != nil {
			t.Fatal(err)
		}
		if f, ok, err := Open(path); f != nil || ok || err != nil {
			t.Errorf("%s: found %v, %v, %v", name, f, ok, err)
		}
	}
}

// A picture that was enlarged may be shown smaller; one with detail may not.
func TestEnlargedPicturesAreReducible(t *testing.T) {
	sharp := SquareOf(textured(image.Rect(0, 0, 60, 60)))
	for i := range sharp.Pix {
		sharp.Pix[i] = float32((i*7919)%251) / 250
	}
	if got := Reducible(sharp); got != 1 {
		t.Errorf("a picture of noise may be reduced by %d, want 1", got)
	}
	smooth := newSquare(40, 40)
	for i := range smooth.Pix {
		smooth.Pix[i] = float32(0.5 + 0.3*math.Sin(float64(i/3%40)/4)*math.Cos(float64(i/120)/5))
	}
	if got := Reducible(smooth.turned(Similarity{A: 1.0 / 3}, 120, 120)); got != 3 {
		t.Errorf("a picture that was enlarged three times may be reduced by %d, want 3", got)
	}
}

// TestANumberInATensorsNameIsNoReasonToCount: a file may be anybody's.
func TestANumberInATensorsNameIsNoReasonToCount(t *testing.T) {
	l := layers{keys: []string{"encoder.blocks.0.weight", "encoder.blocks.1.weight", "encoder.blocks.-3.weight", "encoder.blocks.4000000000000000000.weight"}}
	if n := l.blocks("encoder"); n != 2 {
		t.Errorf("found %d blocks, want 2", n)
	}
}
