//go:build cgo

package unet_test

import (
	"context"
	"slices"
	"testing"

	"pentimento/pipeline/graph"
	"pentimento/pipeline/model"
	"pentimento/pipeline/pipelinetest"
	"pentimento/pipeline/tensor"
	"pentimento/pipeline/unet"
)

// On the feature of the same evaluation the shallow part gives what the whole network gives, at
// every skip of every family; on another's feature it does not. Weights that are changed are
// changed in both.
func TestTheShallowPartEndsTheWholeNetwork(t *testing.T) {
	ctx := context.Background()
	for _, name := range []string{"tiny15", "tiny21", "tinyxl"} {
		if testing.Short() && name == "tiny21" {
			continue
		}
		ck := open(t, small(t, name), "single", "F32")
		in := unet.Input{X: pipelinetest.UnitNoise("deep.x", 2, 4, 13, 16), Timesteps: []float32{500},
			Context: pipelinetest.UnitNoise("deep.context", 2, 77, int(ck.Denoiser.Tensors["middle_block.1.transformer_blocks.0.attn2.to_k.weight"].Shape[1]))}
		if label, ok := ck.Denoiser.Tensors["label_emb.0.0.weight"]; ok {
			in.Label = pipelinetest.UnitNoise("deep.label", 2, int(label.Shape[1]))
		}
		plain, err := unet.Open(ctx, native(t), ck, model.Options{Threads: 2}, graph.Variant{})
		if err != nil {
			t.Fatal(err)
		}
		defer plain.Close()
		want, err := plain.Eval(ctx, in)
		if err != nil {
			t.Fatal(err)
		}
		for skip := range unet.Skips(ck.Denoiser) {
			if testing.Short() && skip%3 > 0 {
				continue
			}
			c, err := unet.OpenCut(ctx, native(t), ck, model.Options{Threads: 2}, graph.Variant{}, skip)
			if err != nil {
				t.Fatal(err)
			}
			out, deep, err := c.Whole(ctx, in)
			if err != nil {
				t.Fatal(err)
			}
			if e := pipelinetest.Relative(out.Data, want.Data); e > 1e-5 {
				t.Errorf("%s, skip %d: the whole is off by %.2g", name, skip, e)
			}
			if out, err = c.Shallow(ctx, in, deep); err != nil {
				t.Fatal(err)
			}
			if e := pipelinetest.Relative(out.Data, want.Data); e > 1e-5 {
				t.Errorf("%s, skip %d: the shallow part is off by %.2g", name, skip, e)
			}
			if out, err = c.Shallow(ctx, in, tensor.Scale(2, deep)); err != nil || slices.Equal(out.Data, want.Data) {
				t.Errorf("%s, skip %d: another feature gives the same (%v)", name, skip, err)
			}
			_ = c.Close()
		}
	}
	ck := open(t, small(t, "tiny15"), "single", "F32")
	if _, err := unet.OpenCut(ctx, native(t), ck, model.Options{}, graph.Variant{}, unet.Skips(ck.Denoiser)); err == nil {
		t.Error("a skip that is not there was accepted")
	}
}
