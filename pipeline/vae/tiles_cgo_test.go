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
// the same colours, since every norm knows the whole picture. Along axes that wrap, too.
func TestTilesAgreeWithTheWhole(t *testing.T) {
	ctx, rt := context.Background(), native(t)
	ck := open(t, pipelinetest.Tiny(t, "tiny15"), "single", "F32", checkpoint.Options{})
	for _, wraps := range []bool{false, true} {
		change := graph.Wrap(wraps, wraps)
		d, err := vae.OpenDecoder(ctx, rt, ck, model.Options{Threads: 2}, change)
		if err != nil {
			t.Fatal(err)
		}
		defer d.Close()
		e, err := vae.OpenEncoder(ctx, rt, ck, model.Options{Threads: 2}, change)
		if err != nil {
			t.Fatal(err)
		}
		defer e.Close()
		steps := 0
		tiling := vae.Tiling{Side: 136, WrapX: wraps, WrapY: wraps, Done: func(int, int) { steps++ }}
		p := pipelinetest.Uniform("tiles", 1, 1, 3, 96, 200)
		if wraps {
			p = smooth(144, 136)
		}
		whole := encode(t, e, p)
		tiled, err := e.EncodeTiled(ctx, p, tiling)
		if err != nil {
			t.Fatal(err)
		}
		if d := worst(whole, tiled); d > 1e-4 {
			t.Errorf("wrapping %v: encoded in tiles %v differs by %.2g from the whole", wraps, p.Shape, d)
		}
		z := &tensor.Tensor{Shape: []int{1, 4, p.Shape[2] / 8, p.Shape[3] / 8}, Data: whole.Data[:len(whole.Data)/2]}
		picture := decode(t, d, z)
		made, err := d.DecodeTiled(ctx, z, tiling)
		if err != nil {
			t.Fatal(err)
		}
		if d := worst(picture, made); d > 2.0/255/10 {
			t.Errorf("wrapping %v: decoded in tiles %v differs by %.2g from the whole", wraps, p.Shape, d)
		}
		if steps == 0 {
			t.Error("nothing was done in tiles")
		}
	}
}
