package pipeline

import (
	"context"
	"errors"
	"image"
	"math"
	"testing"
	"time"

	"pentimento/pipeline/tensor"
)

// TestPreviewsLearnTheModelsColours: whatever an autoencoder makes of colours, once a
// picture went through it previews show them.
func TestPreviewsLearnTheModelsColours(t *testing.T) {
	p, _ := standIns(t)
	img := slope(image.Rect(0, 0, 256, 256))
	for i := range img.Pix { // colours that do not hang together
		if i%4 < 3 {
			img.Pix[i] = uint8(i/4/(20+11*(i%4))*37 + i%4*50)
		}
	}
	err := p.stage(context.Background(), Request{Models: Models{Model: tiny(t, "tiny15")}}, func(r *run) error {
		picture := toTensor(img, image.Pt(256, 256))
		m := squares(picture)
		latent := tensor.New(1, 4, 32, 32)
		for i := range 1024 { // an autoencoder with channels of its own
			r, g, b := m.Data[i], m.Data[1024+i], m.Data[2048+i]
			latent.Data[i], latent.Data[1024+i], latent.Data[2048+i], latent.Data[3072+i] = 2*g-r, 0.3-b, r+g+b, 0.5*r
		}
		r.model.learn(latent, picture)
		got := r.preview(latent, image.Rect(-5, 3, 27, 35))
		for i := range 1024 {
			for k := range 3 {
				want := (float64(m.Data[1024*k+i]) + 1) * 127.5
				if d := math.Abs(float64(got.Pix[4*i+k]) - want); d > 12 {
					t.Fatalf("place %d channel %d is %d, want about %.0f", i, k, got.Pix[4*i+k], want)
				}
			}
		}
		if got.Rect != image.Rect(-5, 3, 27, 35) {
			t.Errorf("the preview covers %v", got.Rect)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

func TestPreviewsTakeTheirShareAtMost(t *testing.T) {
	now := time.Unix(1000, 0)
	r := &run{shown: now.Add(-250 * time.Millisecond), showing: 5 * time.Millisecond}
	if !r.mayShow(now) {
		t.Error("no preview after 250 ms where one takes 5")
	}
	if r.showing = 10 * time.Millisecond; r.mayShow(now) {
		t.Error("a preview of 10 ms after 250 ms: that is 4 %")
	}
	if r.shown, r.showing = now.Add(-150*time.Millisecond), 0; r.mayShow(now) {
		t.Error("more than five previews a second")
	}
}

// TestCancelAtEveryReportEndsTheRun cancels an outpaint of several runs at each of its
// reports in turn; nothing comes back, and no further step is begun (one is what a report
// from beside the run may add). How long that takes is the benchmarks' to say.
func TestCancelAtEveryReportEndsTheRun(t *testing.T) {
	step := 1
	if testing.Short() {
		step = 4
	}
	p, _ := standIns(t)
	canvas, mask := grown(slope(image.Rect(0, 0, 200, 200)), image.Rect(0, 0, 900, 200))
	q := Request{Ask: Ask{Engine: Diffusion, Task: Outpaint, Image: canvas, Mask: mask}, Models: Models{Model: tiny(t, "tiny15")}, Sampling: Sampling{Steps: 2, CFG: 1}, Keep: Keep{Infill: InfillEdge}}
	for at := 0; ; at += step {
		ctx, cancel := context.WithCancel(context.Background())
		reports := 0
		res, err := p.Run(ctx, q, func(Progress) {
			if reports == at {
				cancel()
			}
			reports++
		})
		cancel()
		if reports <= at {
			if err != nil {
				t.Fatal(err)
			}
			break
		}
		if !errors.Is(err, context.Canceled) || res != nil {
			t.Fatalf("cancelled at report %d: %v", at, err)
		}
		if more := reports - at - 1; more > 1 {
			t.Errorf("cancelled at report %d: %d more came", at, more)
		}
	}
}
