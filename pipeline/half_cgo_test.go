//go:build cgo

package pipeline

import (
	"context"
	"image"
	"math"
	"testing"

	"pentimento/pipeline/ort"
	"pentimento/pipeline/pipelinetest"
)

// decibels is the peak signal-to-noise ratio of two pictures of one size.
func decibels(a, b *image.NRGBA) float64 {
	sum := 0.0
	for i := range a.Pix {
		d := float64(a.Pix[i]) - float64(b.Pix[i])
		sum += d * d
	}
	return 10 * math.Log10(255*255/(sum/float64(len(a.Pix)*3/4)))
}

// A picture made in half precision, with every operator rounding, is one in fp32 to the eye: at
// least 40 dB, in each family.
func TestAPictureInHalfPrecision(t *testing.T) {
	p := New(pipelinetest.Halving{Runtime: ort.New(ort.Config{Device: "cpu"})})
	p.SetMerges(merges(t))
	defer p.Close()
	for _, name := range []string{"Starter", "tiny15", "tiny21", "tinyxl"} {
		if testing.Short() && name != "tiny15" {
			continue
		}
		q := Request{Ask: Ask{Engine: Diffusion, Task: Generate}, Text: Text{Prompt: "a red boat on a calm sea"}, Sampling: Sampling{Width: 64, Height: 64, Steps: 5, Seed: 3}}
		if name == "Starter" {
			q.Model, q.Width, q.Height, q.Steps = "../assets/starter/model/starter.safetensors", 256, 256, 10
		} else {
			q.Model = tiny(t, name)
		}
		var pictures []*image.NRGBA
		for _, half := range []string{HalfNever, HalfAlways} {
			q.Half = half
			r, err := p.Run(context.Background(), q, nil)
			if err != nil {
				t.Fatal(err)
			}
			pictures = append(pictures, r.Image)
		}
		dB := decibels(pictures[0], pictures[1])
		t.Logf("%s: %.1f dB", name, dB)
		if !(dB >= 40) || math.IsInf(dB, 1) {
			t.Errorf("%s: %.1f dB, want at least 40 and rounding", name, dB)
		}
	}
}
