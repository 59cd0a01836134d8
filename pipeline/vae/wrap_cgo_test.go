//go:build cgo

package vae_test

import (
	"context"
	"testing"

	"pentimento/pipeline/checkpoint"
	"pentimento/pipeline/graph"
	"pentimento/pipeline/model"
	"pentimento/pipeline/pipelinetest"
	"pentimento/pipeline/tensor"
	"pentimento/pipeline/vae"
)

// roll shifts a picture [B,C,h,w] round its axes: place (x, y) goes to (x+dx, y+dy).
func roll(t *tensor.Tensor, dx, dy int) *tensor.Tensor {
	h, w := t.Shape[2], t.Shape[3]
	out := tensor.New(t.Shape...)
	for i, v := range t.Data {
		p, y, x := i/(h*w), i/w%h, i%w
		out.Data[p*h*w+(y+dy)%h*w+(x+dx)%w] = v
	}
	return out
}

// A network that wraps knows no border: what it makes of a shifted latent is the shifted
// picture, along the axes that wrap and only along them. The seam of what it made is then
// a place like any other.
func TestWrappedAutoencoderCommutesWithShifts(t *testing.T) {
	rt := native(t)
	ck := open(t, pipelinetest.Tiny(t, "tiny15"), "single", "F32", checkpoint.Options{})
	z, picture := pipelinetest.UnitNoise("wrap.z", 1, 4, 7, 10), pipelinetest.Uniform("wrap.image", 1, 1, 3, 40, 56)
	for _, axes := range [][2]bool{{true, true}, {true, false}, {false, true}, {false, false}} {
		d, err := vae.OpenDecoder(rt, ck, model.Options{Threads: 2}, graph.Variant{Changes: []graph.Change{graph.Wrap(axes[0], axes[1])}})
		if err != nil {
			t.Fatal(err)
		}
		defer d.Close()
		e, err := vae.OpenEncoder(rt, ck, model.Options{Threads: 2}, graph.Variant{Changes: []graph.Change{graph.Wrap(axes[0], axes[1])}})
		if err != nil {
			t.Fatal(err)
		}
		defer e.Close()
		for axis, wraps := range axes {
			dx, dy := 3*(1-axis), 3*axis
			plain, shifted := decode(t, d, z), decode(t, d, roll(z, dx, dy))
			decoded := pipelinetest.Relative(shifted.Data, roll(plain, 8*dx, 8*dy).Data)
			moments, moved := encode(t, e, picture), encode(t, e, roll(picture, 8*dx, 8*dy))
			encoded := pipelinetest.Relative(moved.Data, roll(moments, dx, dy).Data)
			for side, err := range map[string]float64{"decoder": decoded, "encoder": encoded} {
				if wraps && err > 2e-5 || !wraps && err < 1e-2 {
					t.Errorf("axes %v, %s shifted along axis %d: error %.2g; wrapping %v", axes, side, axis, err, wraps)
				}
			}
		}
	}
}

func decode(t *testing.T, d *vae.Decoder, z *tensor.Tensor) *tensor.Tensor {
	t.Helper()
	out, err := d.Decode(context.Background(), z)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func encode(t *testing.T, e *vae.Encoder, picture *tensor.Tensor) *tensor.Tensor {
	t.Helper()
	out, err := e.Encode(context.Background(), picture)
	if err != nil {
		t.Fatal(err)
	}
	return out
}
