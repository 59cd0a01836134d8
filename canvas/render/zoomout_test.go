package render

import (
	"image"
	stddraw "image/draw"
	"image/jpeg"
	"math"
	"os"
	"testing"

	"pentimento/canvas"
)

// TestZoomedOutPicturesAreScaledByArea: below 100 % the screen shows what a scaling by area
// gives, at powers of two and between them. The picture is dense with lines and texture.
func TestZoomedOutPicturesAreScaledByArea(t *testing.T) {
	picture := dense(t)
	d := canvas.New()
	e := d.Begin("picture")
	e.Put(1, picture, nil)
	e.Commit()
	r := patient(DefaultLook)
	r.SetState(d.State(), image.Rectangle{})
	for _, scale := range []float64{0.05, 0.083, 0.11, 0.125, 0.17, 0.24, 0.25, 0.333, 0.41, 0.55, 0.7, 0.9} {
		v := View{Scale: scale, W: int(float64(picture.Rect.Dx()) * scale), H: int(float64(picture.Rect.Dy()) * scale)}
		mean, most := apart(draw(t, r, v, Smooth), byArea(picture, scale, v.W, v.H))
		t.Logf("%.3f: mean %.2f of 255, at most %.0f", scale, mean, most)
		if mean > 2 || most > 40 {
			t.Errorf("at %.3f the screen is %.2f of 255 from the scaled picture, at most %.0f, want 2 and 40", scale, mean, most)
		}
	}
}

// dense is the sample picture with a fan of lines one pixel wide and a patch of noise.
func dense(t *testing.T) *image.NRGBA {
	t.Helper()
	f, err := os.Open("../../assets/sample.jpg")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	img, err := jpeg.Decode(f)
	if err != nil {
		t.Fatal(err)
	}
	out := image.NewNRGBA(image.Rect(0, 0, img.Bounds().Dx(), img.Bounds().Dy()))
	stddraw.Draw(out, out.Rect, img, img.Bounds().Min, stddraw.Src)
	for i := range 60 {
		sin, cos := math.Sincos(float64(i) * math.Pi / 60)
		for s := -300.0; s < 300; s += 0.5 {
			at := out.PixOffset(int(512+s*cos), int(384+s*sin))
			copy(out.Pix[at:], []uint8{20, 20, 20})
		}
	}
	rng := seeded(7)
	for y := range 200 {
		for x := range 300 {
			at := out.PixOffset(x, y)
			v := uint8(rng.IntN(120))
			copy(out.Pix[at:], []uint8{60 + v, 80 + v, 70 + v})
		}
	}
	return out
}

// byArea scales an opaque picture: each pixel is the exact mean of the area that it covers.
func byArea(p *image.NRGBA, scale float64, w, h int) []float64 {
	along := func(in []float64, n, rows, to int) []float64 { // over rows of n pixels
		out := make([]float64, rows*to*3)
		for x := range to {
			lo, hi := float64(x)/scale, float64(x+1)/scale
			for j := int(lo); float64(j) < hi && j < n; j++ {
				part := (math.Min(hi, float64(j+1)) - math.Max(lo, float64(j))) * scale
				for y := range rows {
					for c := range 3 {
						out[(x*rows+y)*3+c] += part * in[(y*n+j)*3+c] // turned: the next pass goes along y
					}
				}
			}
		}
		return out
	}
	flat := make([]float64, len(p.Pix)/4*3)
	for i := range flat {
		flat[i] = float64(p.Pix[i/3*4+i%3])
	}
	return along(along(flat, p.Rect.Dx(), p.Rect.Dy(), w), p.Rect.Dy(), w, h)
}

// apart is the mean and the largest difference of a frame and of rows of three channels.
func apart(got *image.RGBA, want []float64) (mean, most float64) {
	for i, v := range want {
		d := math.Abs(v - float64(got.Pix[i/3*4+i%3]))
		mean, most = mean+d/float64(len(want)), math.Max(most, d)
	}
	return mean, most
}

// TestUnrolledRowsAreTheSums: add3 and add5 give the very bits of addRows.
func TestUnrolledRowsAreTheSums(t *testing.T) {
	rng := seeded(3)
	for range 200 {
		var rows [5]*[cellRow]uint8
		var weight [5]uint64
		rest := 256
		for k := range rows {
			rows[k] = new([cellRow]uint8)
			for i := range rows[k] {
				rows[k][i] = uint8(rng.IntN(256))
			}
			w := rng.IntN(rest + 1)
			weight[k], rest = uint64(w), rest-w
		}
		var want, got [cellSize]uint64
		addRows(want[:], rows[:3], weight[:3])
		add3(&got, rows[0], rows[1], rows[2], weight[0], weight[1], weight[2])
		if got != want {
			t.Fatalf("add3 with weights %v differs", weight[:3])
		}
		addRows(want[:], rows[:], weight[:])
		if add5(&got, &rows, &weight); got != want {
			t.Fatalf("add5 with weights %v differs", weight)
		}
	}
}
