package pipeline

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"image"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"pentimento/pipeline/pixels"
	"pentimento/pipeline/region"
)

func TestEveryMethodSamplerAndStrengthKeepsTheRest(t *testing.T) {
	img := noisePicture(160, 120)
	for i := range 600 {
		img.Pix[4*i+3] = 0 // blank pixels with hidden colours
	}
	mask := disc(img.Rect, image.Pt(90, 70), 22)
	for _, name := range []string{"tiny15", "tiny15-inpaint"} {
		p, _ := standIns(t)
		for _, blend := range []string{BlendAuto, BlendDenoised, BlendBoth, BlendDifferential, BlendSoft} {
			for _, sampler := range []string{"Euler", "Euler a", "DPM++ 2M", "DPM++ SDE", "DDIM", "UniPC", "LCM"} {
				for _, strength := range []float64{0.75, 0.3, 1} {
					if testing.Short() && strength != 0.75 {
						continue
					}
					what := fmt.Sprintf("%s, blend %q, %s, strength %g", name, blend, sampler, strength)
					q := Request{
						Ask:      Ask{Engine: Diffusion, Task: Inpaint, Image: img, Mask: mask},
						Models:   Models{Model: tiny(t, name)},
						Sampling: Sampling{Steps: 2, CFG: 1, Sampler: sampler, Strength: strength, Seed: 3, Width: 80, Height: 64},
						Keep:     Keep{Blend: blend, Infill: InfillEdge, Area: &Area{Method: region.Auto}},
					}
					res, err := p.Run(context.Background(), q, nil)
					if err != nil {
						t.Fatalf("%s: %v", what, err)
					}
					sameWhere(t, what, img, res.Image, res.Mask)
				}
			}
		}
	}
}

func TestAHundredRandomMasksKeepTheRest(t *testing.T) {
	p, _ := standIns(t)
	rng := rand.New(rand.NewPCG(1, 2))
	img := noisePicture(130, 110)
	for i := range 100 {
		mask := image.NewAlpha(img.Rect)
		for range 1 + rng.IntN(4) {
			pixels.Raise(mask, disc(img.Rect, image.Pt(rng.IntN(130), rng.IntN(110)), 1+rng.IntN(30)))
		}
		if pixels.Bounds(mask).Empty() {
			continue
		}
		q := Request{
			Ask:      Ask{Engine: Diffusion, Task: Inpaint, Image: img, Mask: mask},
			Models:   Models{Model: tiny(t, "tiny15")},
			Sampling: Sampling{Steps: 1, CFG: 1, Strength: 0.3 + 0.7*rng.Float64(), Seed: int64(i), Width: 64, Height: 64},
			Keep:     Keep{Infill: InfillEdge, Poisson: i%4 == 0, Area: &Area{Method: region.Auto}},
		}
		res, err := p.Run(context.Background(), q, nil)
		if err != nil {
			t.Fatal(err)
		}
		sameWhere(t, fmt.Sprint("mask ", i), img, res.Image, res.Mask)
	}
}

func TestWhatIsSelectedIsLaidBackInFull(t *testing.T) {
	p, _ := standIns(t)
	img := noisePicture(160, 120)
	mask := pixels.CropMask(pixels.Full(image.Rect(40, 40, 90, 80)), img.Rect)
	for _, inside := range []bool{false, true} {
		q := Request{Ask: Ask{Engine: Diffusion, Task: Inpaint, Image: img, Mask: mask}, Models: Models{Model: tiny(t, "tiny15")}, Sampling: Sampling{Steps: 1}, Keep: Keep{Inside: inside}}
		res, err := p.Run(context.Background(), q, nil)
		if err != nil {
			t.Fatal(err)
		}
		beyond := 0
		for i, m := range res.Mask.Pix {
			if mask.Pix[i] == 255 && m != 255 {
				t.Fatalf("inside %v: the composite is %d in the selection", inside, m)
			}
			if mask.Pix[i] == 0 && m > 0 {
				beyond++
			}
		}
		if inside != (beyond == 0) {
			t.Errorf("inside %v: %d pixels beyond the selection may change", inside, beyond)
		}
	}
}

func TestOutlineIsWhatRuns(t *testing.T) {
	p, _ := standIns(t)
	picture := image.Rect(0, 0, 1400, 900)
	canvas := slope(picture)
	mask := disc(picture, image.Pt(700, 400), 60)
	q := Request{Ask: Ask{Engine: Diffusion, Task: Inpaint}, Models: Models{Model: tiny(t, "tiny15")}, Sampling: Sampling{Steps: 1, CFG: 1, Strength: 0.7}}
	outline, err := p.Plan(q, Scene{Selection: pixels.Bounds(mask), Picture: picture})
	if err != nil {
		t.Fatal(err)
	}
	if !outline.Layout.Context.In(outline.Read) || outline.Layout.Context == picture {
		t.Fatalf("context %v, read %v", outline.Layout.Context, outline.Read)
	}
	// the request passes through JSON, as a stored candidate's does
	q.Plan = outline
	data, err := json.Marshal(q)
	if err != nil {
		t.Fatal(err)
	}
	var again Request
	if err := json.Unmarshal(data, &again); err != nil {
		t.Fatal(err)
	}
	again.Image, again.Mask = pixels.Crop(canvas, outline.Read), pixels.CropMask(mask, outline.Read)
	res, err := p.Run(context.Background(), again, nil)
	if err != nil {
		t.Fatal(err)
	}
	if got := pixels.Bounds(res.Mask); !got.In(outline.Layout.Target) {
		t.Errorf("changed %v, outlined %v", got, outline.Layout.Target)
	}
	if res.Image.Rect != outline.Read {
		t.Errorf("the result covers %v, want %v", res.Image.Rect, outline.Read)
	}
	// planned by the run itself, from the whole canvas, it is the same picture
	q.Plan, q.Image, q.Mask = nil, canvas, mask
	q.Area = &Area{Method: region.Auto}
	alone, err := p.Run(context.Background(), q, nil)
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(pixels.Crop(alone.Image, outline.Read).Pix, res.Image.Pix) {
		t.Error("the outlined run and the run that plans for itself differ")
	}
	// and a finished request gives its picture again
	last, err := p.Run(context.Background(), alone.Request, nil)
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(last.Image.Pix, alone.Image.Pix) {
		t.Error("the request of a result gives another picture")
	}
}

func TestTaskFollowsFromTheFrame(t *testing.T) {
	r := image.Rect(-20, 10, 60, 90)
	full, blank, mixed := slope(r), image.NewNRGBA(r), slope(r)
	for i := range 800 {
		mixed.Pix[4*i+3] = 0
	}
	some := disc(r, image.Pt(20, 40), 9)
	for _, c := range []struct {
		name string
		img  *image.NRGBA
		mask *image.Alpha
		want Task
	}{
		{"blank", blank, nil, Generate}, {"blank and masked", blank, some, Generate}, {"full", full, nil, Refine}, {"full, empty mask", full, image.NewAlpha(r), Refine},
		{"full and masked", full, some, Inpaint}, {"mixed", mixed, nil, Outpaint}, {"mixed and masked", mixed, some, Inpaint},
	} {
		task, why, mask := DecideFor(c.img, c.mask)
		if task != c.want || !strings.HasSuffix(why, ".") {
			t.Errorf("%s: task %q because %q, want %q", c.name, task, why, c.want)
		}
		for i := range mask.Pix {
			if want := c.img.Pix[4*i+3] == 0 || c.mask != nil && c.mask.Pix[i] == 255; want && mask.Pix[i] != 255 {
				t.Fatalf("%s: pixel %d is not in the mask", c.name, i)
			}
		}
		q := Request{Ask: Ask{Image: c.img, Mask: c.mask, Frame: r}}
		if q.settle(); q.Task != c.want {
			t.Errorf("%s: the run does %q, want %q", c.name, q.Task, c.want)
		}
	}
	q := Request{Ask: Ask{Image: slope(image.Rect(0, 0, 200, 100)), Frame: image.Rect(0, 0, 80, 80)}}
	q.Mask = disc(q.Image.Rect, image.Pt(150, 50), 9)
	if q.settle(); q.Task != Inpaint {
		t.Errorf("a mask beside the frame: task %q, want inpaint", q.Task)
	}
}

// TestABatchIsItsPicturesAlone: true batches, failing ones too, give every picture as its
// seed alone would.
func TestABatchIsItsPicturesAlone(t *testing.T) {
	if testing.Short() {
		t.Skip("the race detector makes these fills take long: run without -short")
	}
	for _, c := range []struct {
		q    Request
		fail bool
		most int
	}{
		{Request{Ask: Ask{Task: Generate}, Sampling: Sampling{Width: 64, Height: 64}}, false, 2}, {Request{Ask: Ask{Task: Generate}, Sampling: Sampling{Width: 64, Height: 64, VariationStrength: 0.3, VariationSeed: 9}}, false, 2},
		{Request{Ask: Ask{Task: Inpaint, Image: noisePicture(96, 64), Mask: disc(image.Rect(0, 0, 96, 64), image.Pt(40, 30), 12)}, Keep: Keep{Blend: BlendSoft}}, false, 2},
		{Request{Ask: Ask{Task: Refine, Image: noisePicture(96, 64)}, Sampling: Sampling{Width: 64, Height: 64, Hires: &Hires{Scale: 1.5}}}, false, 2},
		{Request{Ask: Ask{Task: Outpaint, Image: pixels.Crop(noisePicture(96, 64), image.Rect(0, 0, 128, 64)), Mask: pixels.CropMask(pixels.Full(image.Rect(96, 0, 128, 64)), image.Rect(0, 0, 128, 64))}}, false, 2},
		{Request{Ask: Ask{Task: Generate}, Sampling: Sampling{Width: 64, Height: 64}}, true, 2},
	} {
		q := c.q
		q.Engine, q.Model, q.Steps, q.CFG, q.Sampler, q.Seed = Diffusion, tiny(t, "tiny15"), 2, 1, "DPM++ 2M SDE", 40
		q.Batch, q.BatchSize = 3, 2
		p, n := neutralPipeline(t)
		if c.fail {
			n.fail = func(batch int) error {
				if batch > 1 {
					return errors.New("out of memory")
				}
				return nil
			}
		}
		notices := 0
		res, err := p.Run(context.Background(), q, func(g Progress) {
			if g.Notice != "" {
				notices++
			}
		})
		if err != nil {
			t.Fatal(err)
		}
		if n.most != c.most || len(res.Images) != 3 || (notices > 0) != c.fail {
			t.Errorf("%s: the networks saw %d at once, %d pictures, %d notices", q.Task, n.most, len(res.Images), notices)
		}
		for i := range 3 {
			one := q.Nth(i)
			one.Batch = 1
			alone, err := p.Run(context.Background(), one, nil)
			if err != nil {
				t.Fatal(err)
			}
			if !slices.Equal(alone.Image.Pix, res.Images[i].Pix) || alone.Seeds[0] != res.Seeds[i] {
				t.Errorf("%s: picture %d of the batch is not the one of its seed alone", q.Task, i)
			}
		}
	}
}

func TestHiresMakesTheLargerPicture(t *testing.T) {
	p, n := neutralPipeline(t)
	q := Request{Ask: Ask{Engine: Diffusion, Task: Generate}, Models: Models{Model: tiny(t, "tiny15")}, Sampling: Sampling{Width: 64, Height: 96, Steps: 4, Hires: &Hires{Scale: 2, Steps: 2}}}
	res, err := p.Run(context.Background(), q, nil)
	if err != nil {
		t.Fatal(err)
	}
	if res.Image.Rect != image.Rect(0, 0, 128, 192) || !slices.Equal(n.last.Shape, []int{1, 4, 24, 16}) {
		t.Errorf("picture %v, second pass on latents %v", res.Image.Rect, n.last.Shape)
	}
	if len(res.Steps) != 4+2 { // 0.7 of 2 steps, and one
		t.Errorf("%d steps", len(res.Steps))
	}
}

func TestRefineChangesTheFrameAlone(t *testing.T) {
	p, _ := standIns(t)
	img := noisePicture(200, 150)
	q := Request{Ask: Ask{Engine: Diffusion, Task: Refine, Image: img, Frame: image.Rect(40, 30, 140, 130)}, Models: Models{Model: tiny(t, "tiny15")}, Sampling: Sampling{Steps: 1}}
	res, err := p.Run(context.Background(), q, nil)
	if err != nil {
		t.Fatal(err)
	}
	if changed := sameWhere(t, "refine", img, res.Image, res.Mask); changed < 5000 || !pixels.Bounds(res.Mask).In(q.Frame) {
		t.Errorf("%d pixels changed within %v, want many within %v", changed, pixels.Bounds(res.Mask), q.Frame)
	}
}

// TestASmoothPictureShowsNoSeam is the seam figure: with networks that return what they
// are given, the step across the border of what was painted is that of the slope itself.
func TestASmoothPictureShowsNoSeam(t *testing.T) {
	p, _ := neutralPipeline(t)
	img := slope(image.Rect(0, 0, 384, 320))
	sel := image.Rect(128, 96, 256, 224)
	for _, q := range []Request{{Keep: Keep{Infill: InfillOriginal}}, {Keep: Keep{Infill: InfillOriginal, Inside: true}}, {Keep: Keep{Infill: InfillOriginal, Poisson: true}}, {Sampling: Sampling{Strength: 0.6}}} {
		q.Engine, q.Task, q.Model, q.Steps, q.CFG = Diffusion, Inpaint, tiny(t, "tiny15"), 3, 1
		q.Image, q.Mask = img, pixels.CropMask(pixels.Full(sel), img.Rect)
		res, err := p.Run(context.Background(), q, nil)
		if err != nil {
			t.Fatal(err)
		}
		// of the picture as it was the figure is nearly 1: 8 bits leave a ripple
		if ratio := seam(res.Image, sel) / seam(img, sel); math.Abs(ratio-1) > 0.02 {
			t.Errorf("infill %q, inside %v, poisson %v: seam %.3f, want 1.0 ± 0.02", q.Infill, q.Inside, q.Poisson, ratio)
		}
	}
}

// seam is the gradient across the left border of sel against that inside.
func seam(img *image.NRGBA, sel image.Rectangle) float64 {
	inside := 0.0
	for x := sel.Min.X + 32; x < sel.Max.X-32; x++ {
		inside += step(img, x, sel) / float64(sel.Dx()-64)
	}
	return step(img, sel.Min.X, sel) / inside
}

// step is the mean rise from the eight columns left of x to the eight right of it.
func step(img *image.NRGBA, x int, rows image.Rectangle) float64 {
	sum := 0.0
	for y := rows.Min.Y; y < rows.Max.Y; y++ {
		for d := range 8 {
			for k := range 3 {
				sum += float64(img.Pix[img.PixOffset(x+d, y)+k]) - float64(img.Pix[img.PixOffset(x-1-d, y)+k])
			}
		}
	}
	return sum / float64(rows.Dy())
}
