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

// A device that runs out of memory gets smaller tiles until they fit, and where none do the next
// device goes on; the picture is the same.
func TestTilesShrinkUntilTheyFit(t *testing.T) {
	ctx, rt := context.Background(), native(t)
	ck := open(t, pipelinetest.Tiny(t, "tiny15"), "single", "F32", checkpoint.Options{})
	p := smooth(304, 160)
	var full, told int
	fits := math.MaxInt
	tight := &pipelinetest.Tight{Runtime: rt, Fits: func(_ *graph.Graph, in map[string]*tensor.Tensor) bool {
		for _, name := range []string{"in", "image", "z"} {
			if x := in[name]; x != nil && x.Shape[2]*x.Shape[3] > fits {
				return false
			}
		}
		return true
	}}
	o := model.Options{Threads: 2, Notice: func(string) { told++ }}
	d, err := vae.OpenDecoder(tight, ck, o, graph.Variant{})
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	e, err := vae.OpenEncoder(tight, ck, o, graph.Variant{})
	if err != nil {
		t.Fatal(err)
	}
	defer e.Close()
	tiling := vae.Tiling{Memory: math.MaxInt64, Full: func(e *model.OutOfMemory, memory int64) {
		if full++; e.Device != "card" || memory <= 0 {
			t.Errorf("%q has %d bytes", e.Device, memory)
		}
	}}
	whole := encode(t, e, p)
	z := &tensor.Tensor{Shape: []int{1, 4, 20, 38}, Data: whole.Data[:len(whole.Data)/2]}
	picture := decode(t, d, z)
	for _, c := range []struct {
		fits        int
		full, moved bool
	}{{math.MaxInt, false, false}, {180 * 180, true, false}, {500, true, true}} {
		full, told, fits = 0, 0, c.fits
		latent, err := e.EncodeTiled(ctx, p, tiling)
		if err != nil {
			t.Fatal(err)
		}
		smaller := full > 0
		full = 0
		made, err := d.DecodeTiled(ctx, z, tiling)
		if err != nil {
			t.Fatal(err)
		}
		// The encoder reads 48,640 places at once, the decoder the 760 of the latent.
		if smaller != c.full || (full > 0) != c.moved || (told > 0) != c.moved {
			t.Errorf("%d places: smaller tiles %v and %v, told of another device %d times", c.fits, smaller, full > 0, told)
		}
		if d, e := worst(picture, made), worst(whole, latent); d > 2.0/255/10 || e > 1e-4 {
			t.Errorf("%d places: differs by %.2g and %.2g from the whole", c.fits, d, e)
		}
	}
}
