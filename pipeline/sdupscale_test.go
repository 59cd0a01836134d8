package pipeline

import (
	"context"
	"image"
	"math"
	"slices"
	"testing"
	"time"

	"pentimento/pipeline/metadata"
)

// TestSDUpscaleRefinesTheLargerPicture: in A1111's grid or in tiles of the latent, a picture that networks leave as it is
// comes out as the filter enlarges it, without a seam, with its transparency; what it says of itself makes it again.
func TestSDUpscaleRefinesTheLargerPicture(t *testing.T) {
	img := slope(image.Rect(10, 20, 106, 84))
	for i := range 40 {
		img.Pix[4*i+3] = 0
	}
	for _, with := range []*Tiled{nil, {Method: Mixture, Width: 12, Height: 8}} {
		largest := 0
		p, n := neutralPipeline(t)
		q := Request{Ask: Ask{Engine: Diffusion, Task: SDUpscale, Image: img, Frame: img.Rect}, Models: Models{Model: tiny(t, "tiny15")},
			Sampling: Sampling{Steps: 4, CFG: 1, Seed: 5, Tiled: with}, Enlarge: &Enlarging{By: 2, Overlap: 16}}
		if with == nil {
			q.Width, q.Height = 96, 64
		} else { // the neutral network knows whole latents only
			p.runtime = pointwiseRuntime(&largest)
		}
		var told string
		res, err := p.Run(context.Background(), q, func(g Progress) { told += g.Notice })
		if err != nil {
			t.Fatal(err)
		}
		if res.Image.Rect != image.Rect(10, 20, 202, 148) || told == "" || res.Request.Image != img {
			t.Errorf("%+v: picture %v of request %p, told %q", with, res.Image.Rect, res.Request.Image, told)
		}
		if res.Image.Pix[3] != 0 || res.Image.NRGBAAt(150, 120).A != 255 {
			t.Errorf("%+v: transparency is lost", with)
		}
		if with == nil && n.last.Shape[2]*n.last.Shape[3] != 12*8 || with != nil && largest != 12*8 {
			t.Errorf("%+v: it works at %v or %d cells", with, n.last, largest)
		}
		if with == nil {
			for _, x := range []int{60, 90, 120} {
				if a, b := step(res.Image, x, image.Rect(0, 60, 1, 140)), step(res.Image, x+16, image.Rect(0, 60, 1, 140)); math.Abs(a-b) > 12 {
					t.Errorf("a step of %.1f at %d, of %.1f beside it", a, x, b)
				}
			}
		}
		if with == nil {
			again, err := p.Run(context.Background(), q, nil)
			if err != nil || !slices.Equal(again.Image.Pix, res.Image.Pix) {
				t.Errorf("the same request makes another picture: %v", err)
			}
		}
		r := res.Request.Record(res.Image.Rect, time.Unix(9, 0)).Recipe("test")
		if e := SDUpscaleOf(metadata.ParseA1111(r.Text())); e == nil || e.By != 2 || e.Overlap != 16 || e.Upscaler != Lanczos {
			t.Errorf("%+v: its recipe says %+v: %s", with, e, r.Text())
		}
		if read := res.Replay().Read; read != img.Rect {
			t.Errorf("it read %v, its replay says %v", img.Rect, read)
		}
	}
	e := SDUpscaleOf(metadata.ParseA1111("p\nSteps: 9, Sampler: Euler, Seed: 1, Size: 768x768, Denoising strength: 0.28, SD upscale overlap: 64, SD upscale upscaler: R-ESRGAN 4x+"))
	if e == nil || *e != (Enlarging{By: 2, Upscaler: "R-ESRGAN 4x+"}) {
		t.Errorf("A1111's script is read as %+v", e)
	}
}

// TestACancelledSDUpscaleEndsAtOnce: between tiles and within them.
func TestACancelledSDUpscaleEndsAtOnce(t *testing.T) {
	p, _ := standIns(t)
	q := Request{Ask: Ask{Engine: Diffusion, Task: SDUpscale, Image: noisePicture(96, 64)}, Models: Models{Model: tiny(t, "tiny15")},
		Sampling: Sampling{Steps: 4, CFG: 1, Strength: 0.5, Width: 64, Height: 64}, Enlarge: &Enlarging{By: 2, Overlap: 16}}
	ctx, stop := context.WithCancel(context.Background())
	steps := 0
	_, err := p.Run(ctx, q, func(g Progress) {
		if steps++; steps == 12 {
			stop()
		}
	})
	if err == nil || steps > 14 {
		t.Errorf("%v after %d reports", err, steps)
	}
}
