package pipeline

import (
	"context"
	"image"
	"runtime"
	"runtime/metrics"
	"testing"
	"time"

	"pentimento/pipeline/pixels"
)

// BenchmarkOurWork is what a run does itself for a context of 1024×1024, infill and
// networks excluded: planning, masks, colours to tensors and back, colour match, blend.
func BenchmarkOurWork(b *testing.B) {
	p, _ := standIns(b)
	img := slope(image.Rect(0, 0, 1024, 1024))
	mask := disc(img.Rect, image.Pt(512, 512), 250)
	q := Request{Ask: Ask{Engine: Diffusion, Task: Inpaint, Image: img, Mask: mask}, Models: Models{Model: tiny(b, "tiny15")}, Sampling: Sampling{Strength: 1}}
	err := p.stage(context.Background(), Request{Models: Models{Model: q.Model}}, func(r *run) error {
		r.req = q.WithDefaults()
		best := time.Hour
		for b.Loop() {
			began := time.Now()
			r.req.Plan = nil
			if err := r.plan(scene(img, mask, Inpaint)); err != nil {
				return err
			}
			s := r.req.Plan.runs()[0]
			old := pixels.Crop(img, s.Context)
			m := r.req.masksFor(old, pixels.CropMask(mask, s.Context), r.req.Plan.Layout.Fade)
			t := toTensor(old, old.Rect.Size())
			softMask(m.denoise, old.Rect.Size().Div(8))
			made := toImage(t, 0, s.Context)
			if _, _, err := r.layBack(img, &patch{job{place: s.Context}, m, old}, pictureOf(made)); err != nil {
				return err
			}
			best = min(best, time.Since(began))
		}
		b.ReportMetric(float64(best.Microseconds())/1000, "ms-least")
		return nil
	})
	if err != nil {
		b.Fatal(err)
	}
}

func pictureOf(img *image.NRGBA) made { return made{img: img} }

// BenchmarkMemory is the most our own heap holds, live and garbage, during an inpaint with
// a context of 1024×1024; the networks are stand-ins that hold nothing.
func BenchmarkMemory(b *testing.B) {
	p, _ := standIns(b)
	img := slope(image.Rect(0, 0, 1024, 1024))
	q := Request{
		Ask:      Ask{Engine: Diffusion, Task: Inpaint, Image: img, Mask: disc(img.Rect, image.Pt(512, 512), 250)},
		Models:   Models{Model: tiny(b, "tiny15")},
		Sampling: Sampling{Steps: 10, Strength: 1},
		Keep:     Keep{Infill: InfillEdge},
	}
	if _, err := p.Run(context.Background(), q, nil); err != nil {
		b.Fatal(err)
	}
	runtime.GC()
	before, stop, most := heap(), make(chan bool), make(chan uint64)
	go func() {
		top := uint64(0)
		for {
			select {
			case <-stop:
				most <- top
				return
			case <-time.After(time.Millisecond):
				top = max(top, heap())
			}
		}
	}()
	for b.Loop() {
		if _, err := p.Run(context.Background(), q, nil); err != nil {
			b.Fatal(err)
		}
	}
	close(stop)
	b.ReportMetric(float64(<-most-before)/1e6, "MB-peak")
}

func heap() uint64 {
	s := []metrics.Sample{{Name: "/memory/classes/heap/objects:bytes"}}
	metrics.Read(s)
	return s[0].Value.Uint64()
}

// BenchmarkPreview is one preview of a 1024×1024 frame.
func BenchmarkPreview(b *testing.B) {
	p, _ := standIns(b)
	err := p.stage(context.Background(), Request{Models: Models{Model: tiny(b, "tiny15")}}, func(r *run) error {
		latent := squares(toTensor(slope(image.Rect(0, 0, 1024, 1024)), image.Pt(1024, 1024)))
		latent.Shape[1], latent.Data = 4, latent.Data[:len(latent.Data)/2]
		best := time.Hour
		for b.Loop() {
			began := time.Now()
			if r.preview(latent, image.Rect(0, 0, 1024, 1024)) == nil {
				b.Fatal("no preview")
			}
			best = min(best, time.Since(began))
		}
		b.ReportMetric(float64(best.Microseconds())/1000, "ms-least")
		return nil
	})
	if err != nil {
		b.Fatal(err)
	}
}
