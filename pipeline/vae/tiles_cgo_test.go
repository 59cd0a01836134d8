//go:build cgo

package vae_test

import (
	"context"
	"math"
	"testing"

	"pentimento/pipeline/checkpoint"
	"pentimento/pipeline/graph"
	"pentimento/pipeline/model"
	"pentimento/pipeline/pipelinetest"
	"pentimento/pipeline/tensor"
	"pentimento/pipeline/vae"
)

// smooth is a picture of slow waves, [1,3,h,w] in [-1,1].
func smooth(w, h int) *tensor.Tensor {
	t := tensor.New(1, 3, h, w)
	for i := range t.Data {
		c, y, x := float64(i/(w*h)), float64(i/w%h), float64(i%w)
		t.Data[i] = float32(0.4*math.Sin(x/90+c) + 0.4*math.Cos(y/70-c))
	}
	return t
}

func worst(a, b *tensor.Tensor) float64 {
	m := 0.0
	for i, v := range a.Data {
		m = max(m, math.Abs(float64(v-b.Data[i])))
	}
	return m
}

// Cut into tiles, a picture comes out as it does whole: not only without seams, but with
// the same colours, since every norm knows the whole picture. Along axes that wrap, too,
// and whether enlarged pictures are kept or made again.
func TestTilesAgreeWithTheWhole(t *testing.T) {
	ctx, rt := context.Background(), native(t)
	ck := open(t, pipelinetest.Tiny(t, "tiny15"), "single", "F32", checkpoint.Options{})
	for _, wraps := range []bool{false, true} {
		variant := graph.Variant{Changes: []graph.Change{graph.Wrap(wraps, wraps)}}
		d, err := vae.OpenDecoder(rt, ck, model.Options{Threads: 2}, variant)
		if err != nil {
			t.Fatal(err)
		}
		defer d.Close()
		e, err := vae.OpenEncoder(rt, ck, model.Options{Threads: 2}, variant)
		if err != nil {
			t.Fatal(err)
		}
		defer e.Close()
		p := pipelinetest.Uniform("tiles", 1, 1, 3, 96, 200)
		if wraps {
			p = smooth(144, 136)
		}
		w, h := p.Shape[3], p.Shape[2]
		whole := encode(t, e, p)
		z := &tensor.Tensor{Shape: []int{1, 4, h / 8, w / 8}, Data: whole.Data[:len(whole.Data)/2]}
		picture := decode(t, d, z)
		for _, memory := range []int64{1, d.Needs(w, h) / 2, d.Needs(w, h) - 1} {
			steps := 0
			tiling := vae.Tiling{Memory: min(memory, e.Needs(w, h)-1), WrapX: wraps, WrapY: wraps, Done: func(int, int) { steps++ }}
			tiled, err := e.EncodeTiled(ctx, p, tiling)
			if err != nil {
				t.Fatal(err)
			}
			if d := worst(whole, tiled); d > 1e-4 || steps == 0 {
				t.Errorf("wrapping %v, %d bytes: encoded in %d steps of tiles %v differs by %.2g from the whole", wraps, memory, steps, p.Shape, d)
			}
			steps, tiling.Memory = 0, memory
			made, err := d.DecodeTiled(ctx, z, tiling)
			if err != nil {
				t.Fatal(err)
			}
			if d := worst(picture, made); d > 2.0/255/10 || steps == 0 {
				t.Errorf("wrapping %v, %d bytes: decoded in %d steps of tiles %v differs by %.2g from the whole", wraps, memory, steps, p.Shape, d)
			}
		}
	}
}
