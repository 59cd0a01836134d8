package pipeline

import (
	"bytes"
	"context"
	"errors"
	"image"
	"math"
	"math/rand/v2"
	"runtime"
	"testing"

	"pentimento/pipeline/pixels"
	"pentimento/pipeline/region"
)

// texture draws stripes with noise, and hidden colours in a blank corner.
func texture(r image.Rectangle, seed uint64) *image.NRGBA {
	rng := rand.New(rand.NewPCG(seed, 1))
	img := image.NewNRGBA(r)
	for y := range r.Dy() {
		for x := range r.Dx() {
			p := img.Pix[y*img.Stride+4*x:][:4]
			v := 128 + 60*math.Sin(float64(x)*math.Pi/8) + 6*rng.NormFloat64()
			p[0], p[1], p[2], p[3] = uint8(v), uint8(v*0.8), uint8(200-v*0.5), 255
			if x < 12 && y < 12 {
				p[3] = uint8(x * 20)
			}
		}
	}
	return img
}

// blot is a random soft mask.
func blot(r image.Rectangle, rng *rand.Rand) *image.Alpha {
	m := image.NewAlpha(r)
	for range 1 + rng.IntN(4) {
		cx, cy, rad := rng.IntN(r.Dx()), rng.IntN(r.Dy()), 2+rng.Float64()*float64(min(r.Dx(), r.Dy()))/5
		for y := range r.Dy() {
			for x := range r.Dx() {
				if d := math.Hypot(float64(x-cx), float64(y-cy)); d < rad {
					m.Pix[y*m.Stride+x] = uint8(min(255, 60*(rad-d)+1))
				}
			}
		}
	}
	return m
}

func TestFillChangesNothingOutsideTheSelection(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 3))
	for i := range 24 {
		engine := []Engine{Content, Edge, Neutral, Noise}[i%4]
		img := texture(image.Rect(-20, 7, 70, 77), uint64(i))
		before := bytes.Clone(img.Pix)
		mask := blot(img.Rect, rng)
		res, err := New(nil).Run(t.Context(), Request{Ask: Ask{Engine: engine, Image: img, Mask: mask}, Sampling: Sampling{Seed: int64(i)}, Keep: Keep{Feather: i % 5}}, nil)
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(before, img.Pix) {
			t.Fatalf("%s: the run wrote into its input", engine)
		}
		changed := 0
		for k, m := range mask.Pix {
			same := bytes.Equal(img.Pix[4*k:4*k+4], res.Image.Pix[4*k:4*k+4])
			if m == 0 && (!same || res.Mask.Pix[k] != 0) {
				t.Fatalf("%s: pixel %d outside the selection changed or is in the composite mask", engine, k)
			}
			if !same {
				changed++
			}
			if res.Mask.Pix[k] == 0 && !same {
				t.Fatalf("%s: pixel %d changed where the composite mask is 0", engine, k)
			}
		}
		if changed == 0 {
			t.Errorf("%s: nothing changed inside the selection", engine)
		}
	}
}

func TestFillIsTheSameOnAnyNumberOfCores(t *testing.T) {
	img := texture(image.Rect(0, 0, 160, 120), 1)
	mask := blot(img.Rect, rand.New(rand.NewPCG(5, 5)))
	run := func(procs int) *Result {
		defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(procs))
		res, err := New(nil).Run(t.Context(), Request{Ask: Ask{Engine: Content, Image: img, Mask: mask}, Sampling: Sampling{Seed: 9}, Keep: Keep{Feather: 3}}, nil)
		if err != nil {
			t.Fatal(err)
		}
		return res
	}
	one := run(1)
	for _, n := range []int{2, 3, 8} {
		if !bytes.Equal(one.Image.Pix, run(n).Image.Pix) {
			t.Errorf("%d cores give another picture than one", n)
		}
	}
}

func TestChainedOutpaintsKeepTheOldPixels(t *testing.T) {
	times := 10
	if testing.Short() {
		times = 1
	}
	picture := texture(image.Rect(0, 0, 320, 48), 4)
	first := means(picture, picture.Rect)
	for i := range times {
		old := picture.Rect
		grown := image.Rect(old.Min.X, old.Min.Y, old.Max.X+256, old.Max.Y)
		target := image.Rect(old.Max.X, old.Min.Y, grown.Max.X, old.Max.Y)
		plan, err := region.Plan(region.Input{Method: region.ContentAware, Selection: target, Picture: old})
		if err != nil {
			t.Fatal(err)
		}
		img := image.NewNRGBA(plan.Context)
		copyInto(img, picture)
		mask := pixels.CropMask(pixels.Full(target), plan.Context)
		res, err := New(nil).Run(t.Context(), Request{Ask: Ask{Engine: Content, Task: Outpaint, Frame: target, Image: img, Mask: mask}, Sampling: Sampling{Seed: int64(i)}, Keep: Keep{Feather: 4}}, nil)
		if err != nil {
			t.Fatal(err)
		}
		next := image.NewNRGBA(grown)
		copyInto(next, picture)
		copyInto(next, res.Image)
		for y := old.Min.Y; y < old.Max.Y; y++ {
			a, b := picture.PixOffset(old.Min.X, y), next.PixOffset(old.Min.X, y)
			if !bytes.Equal(picture.Pix[a:a+4*old.Dx()], next.Pix[b:b+4*old.Dx()]) {
				t.Fatalf("outpaint %d changed row %d of the old picture", i, y)
			}
		}
		for k, a := range means(next, target) {
			if b := means(next, target.Sub(image.Pt(256, 0)))[k]; math.Abs(a-b) > 2 {
				t.Errorf("outpaint %d: channel %d has mean %.2f beside %.2f, want within 2", i, k, a, b)
			}
			if math.Abs(a-first[k]) > 2 {
				t.Errorf("outpaint %d: channel %d has mean %.2f, the first picture %.2f, want within 2", i, k, a, first[k])
			}
		}
		picture = next
	}
}

// TestAnOutpaintLargerThanItsPictureGrowsInSteps: a copying engine cannot take more than there
// is at once; it goes on from what it made.
func TestAnOutpaintLargerThanItsPictureGrowsInSteps(t *testing.T) {
	if testing.Short() {
		t.Skip("the race detector makes these fills take long: run without -short")
	}
	for _, small := range []image.Rectangle{image.Rect(40, 30, 104, 94), image.Rect(60, 5, 67, 12)} {
		all := image.Rect(-20, -10, 264, 114)
		img, mask, old := image.NewNRGBA(all), pixels.Full(all), texture(small, 4)
		copyInto(img, old)
		pixels.Fill(mask, small, 0)
		req := Request{Ask: Ask{Engine: Content, Task: Outpaint, Frame: all, Image: img, Mask: mask}, Keep: Keep{Feather: 4}}
		if problems := New(nil).Check(req); len(problems) > 0 {
			t.Errorf("%v: %v", small, problems)
		}
		last := -1.0
		res, err := New(nil).Run(t.Context(), req, func(p Progress) {
			if p.Fraction < last || p.Preview != nil && p.Preview.Rect != all {
				t.Errorf("fraction %v after %v, a preview %v", p.Fraction, last, p.Preview != nil)
			}
			last = p.Fraction
		})
		if err != nil {
			t.Fatalf("%v: %v", small, err)
		}
		if !bytes.Equal(pixels.Crop(res.Image, small).Pix, old.Pix) {
			t.Errorf("%v: old pixels changed", small)
		}
		eachPixel(res.Image, func(i, alpha int) {
			if alpha == 0 && mask.Pix[i] > 0 {
				t.Fatalf("%v: pixel %d is blank", small, i)
			}
		})
		req.Task = Inpaint
		if _, err := New(nil).Run(t.Context(), req, nil); err == nil {
			t.Errorf("%v: a fill larger than its source is refused as before; want an error", small)
		}
	}
}

// copyInto copies the common pixels of src to dst.
func copyInto(dst, src *image.NRGBA) {
	r := dst.Rect.Intersect(src.Rect)
	for y := r.Min.Y; y < r.Max.Y; y++ {
		copy(dst.Pix[dst.PixOffset(r.Min.X, y):][:4*r.Dx()], src.Pix[src.PixOffset(r.Min.X, y):][:4*r.Dx()])
	}
}

func TestFillReportsRisingProgressAndPreviews(t *testing.T) {
	img := texture(image.Rect(5, 5, 405, 305), 2)
	mask := image.NewAlpha(img.Rect)
	for y := 100; y < 200; y++ {
		for x := 100; x < 250; x++ {
			mask.Pix[y*mask.Stride+x] = 255
		}
	}
	last, previews := -1.0, 0
	_, err := New(nil).Run(t.Context(), Request{Ask: Ask{Engine: Content, Image: img, Mask: mask}}, func(p Progress) {
		if p.Fraction < last || p.Fraction > 1 {
			t.Errorf("fraction %v after %v", p.Fraction, last)
		}
		last = p.Fraction
		if p.Preview != nil {
			previews++
			for i, m := range mask.Pix {
				if m == 0 && !bytes.Equal(p.Preview.Pix[4*i:4*i+4], img.Pix[4*i:4*i+4]) {
					t.Fatal("the preview differs outside the mask")
				}
			}
		}
	})
	if err != nil || last != 1 || previews == 0 {
		t.Errorf("err %v, last fraction %v, %d previews; want nil, 1, at least 1", err, last, previews)
	}
}

func TestFillRefusesWithAdvice(t *testing.T) {
	img := texture(image.Rect(0, 0, 40, 40), 1)
	all := image.NewAlpha(img.Rect)
	for i := range all.Pix {
		all.Pix[i] = 255
	}
	for name, mask := range map[string]*image.Alpha{"empty": image.NewAlpha(img.Rect), "all": all, "other size": image.NewAlpha(image.Rect(0, 0, 3, 3))} {
		_, err := New(nil).Run(t.Context(), Request{Ask: Ask{Engine: Content, Image: img, Mask: mask}}, nil)
		var hint interface{ Hint() string }
		if err == nil || !errors.As(err, &hint) || hint.Hint() == "" {
			t.Errorf("%s: error %v, want one with a hint", name, err)
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := New(nil).Run(ctx, Request{Ask: Ask{Engine: Content, Image: img, Mask: all}}, nil); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled run: %v", err)
	}
}
