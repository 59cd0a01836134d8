package pipeline

import (
	"image"
	"testing"

	"pentimento/pipeline/pixels"
)

// TestNoOutlineStaysOfWhatDiffusionReplaced: of a thing that fills a mask nothing shines through the fade inside it but where the
// new picture happens to be like it; with less than full strength, where the old picture is meant to show, the fade stays.
func TestNoOutlineStaysOfWhatDiffusionReplaced(t *testing.T) {
	img := image.NewNRGBA(image.Rect(0, 0, 128, 128))
	thing := image.Rect(24, 24, 104, 104)
	mask := image.NewAlpha(img.Rect)
	pixels.Fill(mask, thing, 255)
	for i := range img.Pix {
		img.Pix[i] = 255
		if p := image.Pt(i/4%128, i/4/128); i%4 != 3 && !p.In(thing) {
			img.Pix[i] = 40
		}
	}
	shown := func(strength float64) int { // of the old picture along the border, of 255
		p, _ := standIns(t)
		res, err := p.Run(t.Context(), Request{
			Ask:      Ask{Engine: Diffusion, Task: Inpaint, Image: img, Mask: mask},
			Models:   Models{Model: tiny(t, "tiny15")},
			Sampling: Sampling{Steps: 2, CFG: 1, Sampler: "Euler", Strength: strength, Seed: 3, Width: 128, Height: 128},
			Keep:     Keep{Inside: true, Feather: 8},
		}, nil)
		if err != nil {
			t.Fatal(err)
		}
		sameWhere(t, "a thing", img, res.Image, mask)
		sum, n := 0, 0
		for y := thing.Min.Y; y < thing.Max.Y; y++ {
			for x := thing.Min.X; x < thing.Max.X; x++ {
				if !image.Pt(x, y).In(thing.Inset(4)) {
					sum, n = sum+255-int(res.Mask.AlphaAt(x, y).A), n+1
				}
			}
		}
		return sum / n
	}
	if v := shown(1); v > 20 {
		t.Errorf("along its border %d of 255 of the thing shine through", v)
	}
	if v := shown(0.5); v < 100 {
		t.Errorf("with half the strength %d of 255 of the old picture show along the border, a fade would show more", v)
	}
}
