//go:build cgo

package pipeline

import (
	"context"
	"fmt"
	"image"
	"math"
	"testing"

	"pentimento/pipeline/pipelinetest"
	"pentimento/pipeline/tensor"
)

// One step in tiles and regions is that of the extension of MultiDiffusion, and in areas that of
// ComfyUI (testdata/places.safetensors).
func TestPlacesAgreeWithOtherPrograms(t *testing.T) {
	want, err := pipelinetest.ReadSafetensors("testdata/places.safetensors")
	if err != nil {
		t.Fatal(err)
	}
	p := native(t)
	q := Request{Ask: Ask{Engine: Diffusion}, Models: Models{Model: tiny(t, "tiny15")}, Sampling: Sampling{CFG: 5}}
	const sigma = 1.6182789
	text := func(name string) *tensor.Tensor { return pipelinetest.UnitNoise(name, 1, 77, 128) }
	check := func(name string, tiles *Tiling, areas []AreaRegion) {
		x := tensor.Scale(float32(math.Sqrt(sigma*sigma+1)), pipelinetest.UnitNoise(name+".x", 1, 4, 16, 24))
		got, err := p.GuideIn(context.Background(), q, sigma, x, text(name+".positive"), text(name+".negative"), tiles, areas)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		ref := want[name+".denoised"]
		if off := pipelinetest.Relative(got.Data, ref.Data); off > 1e-5 || !got.SameShape(ref) {
			t.Errorf("%s: off by %.2g", name, off)
		}
		delete(want, name+".denoised")
	}
	for i := range 8 {
		method := map[bool]string{true: "mixture", false: "multidiffusion"}[i >= 4]
		name := fmt.Sprintf("tiled.%s.%d", method, i)
		boxes := [][]BoxRegion{
			nil,
			{{X: 0.1, Y: 0.2, W: 0.5, H: 0.6}},
			{{X: 0.25, W: 0.5, H: 1, Over: true, Feather: 0.4}},
			{{W: 0.5, H: 1}, {X: 0.4, Y: 0.3, W: 0.45, H: 0.5, Over: true, Feather: 0.2}},
		}[i%4]
		for k := range boxes {
			boxes[k].Positive, boxes[k].Negative = text(fmt.Sprintf("%s.region%d.positive", name, k)), text(fmt.Sprintf("%s.region%d.negative", name, k))
		}
		check(name, &Tiling{Tile: image.Pt(16, 16), Overlap: 4, Mixture: i >= 4, Boxes: boxes}, nil)
	}
	half := func(from, to int) *tensor.Tensor {
		m := tensor.New(1, 128, 192)
		for i := range m.Data {
			if x := i % 192; x >= from && x < to {
				m.Data[i] = 1
			}
		}
		return m
	}
	random := pipelinetest.Uniform("region.mask_random.mask1", 1, 1, 128, 192)
	for i, v := range random.Data {
		random.Data[i] = map[bool]float32{true: 1, false: 0}[v > 0]
	}
	for name, areas := range map[string][]AreaRegion{
		"area":          {{Strength: 1}, {Area: image.Rect(6, 4, 18, 12), Strength: 1}},
		"area_strength": {{Strength: 0.5}, {Area: image.Rect(0, 0, 8, 8), Strength: 1.5}, {Area: image.Rect(12, 6, 22, 16), Strength: 0.8}},
		"area_percent":  {{Strength: 1}, {Area: image.Rect(12, 4, 24, 12), Strength: 1.2}},
		"mask":          {{Strength: 1}, {Mask: half(0, 96), Strength: 1}},
		"mask_only":     {{Mask: half(0, 96), Strength: 1}, {Mask: half(96, 192), Strength: 0.7}},
		"mask_random":   {{Strength: 1}, {Mask: random, Strength: 0.6}},
		"combine":       {{Strength: 1}, {Strength: 1}},
	} {
		for i := range areas {
			areas[i].Context = text(fmt.Sprintf("region.%s.positive%d", name, i))
		}
		check("region."+name, nil, areas)
	}
	if len(want) != 0 {
		t.Errorf("%d references were not compared with", len(want))
	}
}
