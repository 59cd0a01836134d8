//go:build cgo

package pipeline

import (
	"context"
	"image"
	"slices"
	"testing"

	"pentimento/pipeline/ort"
)

// A run says when the denoiser's packed form took over, and one that is to be exact takes
// it over there again: the record of the second is that of the first.
func TestAnExactRunTakesItsFormsFromTheRecord(t *testing.T) {
	rt := ort.New(ort.Config{Device: "cpu"})
	if _, err := rt.Version(); err != nil {
		t.Skipf("the native library is not here; `make native` fetches it (%v)", err)
	}
	p := New(rt)
	p.SetMerges(merges(t))
	defer p.Close()
	for _, packed := range [][]int{{3, -1}, {0, 2}} {
		var before []*image.NRGBA
		for range 2 {
			res, err := p.Run(context.Background(), Request{
				Ask:      Ask{Engine: Diffusion, Task: Generate},
				Models:   Models{Model: tiny(t, "tiny15")},
				Text:     Text{Prompt: "waves"},
				Sampling: Sampling{Seed: 3, Steps: 3, CFG: 2, Width: 64, Height: 64, Batch: 2},
				Where:    Where{Threads: 2},
				Ran:      Ran{Packed: packed, Exact: true},
			}, nil)
			if err != nil {
				t.Fatal(err)
			}
			if !slices.Equal(res.Request.Packed, packed) {
				t.Errorf("the run says %v, want %v", res.Request.Packed, packed)
			}
			for i, img := range before {
				if !slices.Equal(img.Pix, res.Images[i].Pix) {
					t.Errorf("%v: picture %d differs the second time", packed, i)
				}
			}
			before = res.Images
		}
	}
}
