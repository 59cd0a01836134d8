package main

import (
	"bytes"
	"context"
	"image"
	"math"
	"testing"

	xdraw "golang.org/x/image/draw"

	"pentimento/app/commission"
	"pentimento/assets"
	"pentimento/canvas/file"
	"pentimento/pipeline"
	"pentimento/pipeline/ort"
	px "pentimento/pipeline/pixels"
)

// samplePart is a square of the sample picture, w pixels wide.
func samplePart(t *testing.T, w int) *image.NRGBA {
	t.Helper()
	p, err := file.Decode(context.Background(), bytes.NewReader(assets.Sample), nil)
	if err != nil {
		t.Fatal(err)
	}
	out := image.NewNRGBA(image.Rect(0, 0, w, w))
	xdraw.CatmullRom.Scale(out, out.Rect, p.NRGBA(), image.Rect(250, 0, 1018, 768), xdraw.Src, nil)
	return out
}

// join is how far the mean step across column x exceeds that between the columns beside it,
// and the step of the mean, both of 255.
func join(img *image.NRGBA, x int) (excess, jump float64) {
	step := func(x int) (all float64, mean [3]float64) {
		h := float64(img.Rect.Dy())
		for y := range img.Rect.Dy() {
			a, b := img.Pix[img.PixOffset(x-1, y):], img.Pix[img.PixOffset(x, y):]
			for k := range 3 {
				d := float64(b[k]) - float64(a[k])
				all += math.Abs(d) / 3 / h
				mean[k] += d / h
			}
		}
		return all, mean
	}
	all, mean := step(x)
	for _, k := range []int{-6, -5, -4, -3, 3, 4, 5, 6} {
		beside, _ := step(x + k)
		excess -= beside / 8
	}
	for _, d := range mean {
		jump = max(jump, math.Abs(d))
	}
	return excess + all, jump
}

// TestOutpaintsByTheStarterShowNoLine: a picture is continued twice, as the verb and the
// window do; at each join the step is within 4 of 255 of those beside it, and of the old
// picture no more changes than was said.
func TestOutpaintsByTheStarterShowNoLine(t *testing.T) {
	p := pipeline.New(ort.New(ort.Config{Device: "cpu"}))
	defer p.Close()
	for _, exact := range []bool{false, true} {
		img := samplePart(t, 256)
		for i := range 2 {
			old := img.Rect.Dx()
			q := pipeline.Request{Ask: pipeline.Ask{Engine: pipeline.Diffusion, Task: pipeline.Outpaint}, Models: pipeline.Models{Model: starterPath(t)}, Text: pipeline.Text{Prompt: "a meadow, sky"},
				Sampling: pipeline.Sampling{Seed: 1, Steps: 6, CFG: 3, Schedule: "SGM Uniform"}, Keep: pipeline.Keep{KeepExact: exact}}
			o, err := commission.Outpaint(img, image.Pt(old+80, 256), image.Point{}, q)
			if err != nil {
				t.Fatal(err)
			}
			pieces, err := o.Run(context.Background(), p, nil)
			if err != nil {
				t.Fatal(err)
			}
			now, kept := pieces[0].Lay(), old-8
			if exact {
				kept = old
			}
			if r := image.Rect(0, 0, kept, 256); !bytes.Equal(px.Crop(now, r).Pix, px.Crop(img, r).Pix) {
				t.Errorf("exact %v: pixels beyond the seam changed", exact)
			}
			for x := 256; x <= old; x += 80 {
				if excess, jump := join(now, x); excess > 4 || jump > 4 {
					t.Errorf("exact %v, after %d: at column %d the step is %.1f above those beside it, the mean jumps by %.1f; want at most 4", exact, i+1, x, excess, jump)
				} else {
					t.Logf("exact %v, after %d: at column %d %.1f and %.1f", exact, i+1, x, excess, jump)
				}
			}
			img = now
		}
	}
}
