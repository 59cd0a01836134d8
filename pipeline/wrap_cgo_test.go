//go:build cgo

package pipeline

import (
	"context"
	"image"
	"testing"

	"pentimento/pipeline/graph"
	"pentimento/pipeline/ort"
	"pentimento/pipeline/tensor"
)

// across is the mean difference of colour between column (or row) k and the one before it,
// which for 0 is the last: what an eye sees where copies of the picture meet.
func across(img *image.NRGBA, k int, rows bool) float64 {
	w, h := img.Rect.Dx(), img.Rect.Dy()
	sum := 0.0
	for i := range h {
		a, b := img.NRGBAAt((k+w-1)%w, i), img.NRGBAAt(k, i)
		if rows {
			a, b = img.NRGBAAt(i, (k+h-1)%h), img.NRGBAAt(i, k)
		}
		for _, d := range []int{int(a.R) - int(b.R), int(a.G) - int(b.G), int(a.B) - int(b.B)} {
			sum += float64(max(d, -d))
		}
	}
	return sum / float64(3*h)
}

// What is generated to tile meets its own copy as its latent places meet each other; the
// same request without tiling has a seam there.
func TestATilesSeamIsAPlaceLikeAnyOther(t *testing.T) {
	rt := ort.New(ort.Config{Device: "cpu"})
	if _, err := rt.Version(); err != nil {
		t.Skipf("the native library is not here; `make native` fetches it (%v)", err)
	}
	p := New(rt)
	p.SetMerges(merges(t))
	defer p.Close()
	var seam [2]float64
	for i, tiles := range []bool{false, true} {
		res, err := p.Run(context.Background(), Request{
			Ask:      Ask{Engine: Diffusion, Task: Generate},
			Models:   Models{Model: tiny(t, "tiny15")},
			Text:     Text{Prompt: "waves"},
			Sampling: Sampling{Seed: 3, Steps: 4, CFG: 1, Width: 128, Height: 128, TileX: tiles, TileY: tiles},
			Where:    Where{Threads: 2},
		}, nil)
		if err != nil {
			t.Fatal(err)
		}
		for _, rows := range []bool{false, true} {
			inside := 0.0
			for k := 8; k < 128; k += 8 {
				inside += across(res.Image, k, rows) / 15
			}
			seam[i] += across(res.Image, 0, rows) / inside / 2
		}
	}
	if seam[0] < 1.15 || seam[1] > 1.05 {
		t.Errorf("across the seam the step is %.2f of those inside, %.2f with tiling; want a seam without and none with", seam[0], seam[1])
	}
}

// Each way to wrap has sessions of its own, in which denoiser and autoencoder wrap.
func TestTilingIsPartOfASessionsIdentity(t *testing.T) {
	p, rt := standIns(t)
	defer p.Close()
	var pads []int
	inner := rt.Eval
	rt.Eval = func(ctx context.Context, g *graph.Graph, in map[string]*tensor.Tensor) (map[string]*tensor.Tensor, error) {
		n := 0
		for _, node := range g.Nodes {
			if node.Op == "Pad" {
				n++
			}
		}
		pads = append(pads, n)
		return inner(ctx, g, in)
	}
	q := Request{Ask: Ask{Engine: Diffusion, Task: Generate}, Models: Models{Model: tiny(t, "tiny15")}, Sampling: Sampling{Steps: 1, CFG: 1, Width: 64, Height: 64}}
	for _, tiles := range []bool{true, false, true} {
		pads = nil
		q.TileX = tiles
		if _, err := p.Run(context.Background(), q, nil); err != nil {
			t.Fatal(err)
		}
		last := pads[len(pads)-2:] // one evaluation of the denoiser, then the decoder
		if len(pads) < 3 || (last[0] > 10) != tiles || (last[1] > 10) != tiles {
			t.Errorf("tiling %v: networks of %v paddings ran", tiles, pads)
		}
	}
}
