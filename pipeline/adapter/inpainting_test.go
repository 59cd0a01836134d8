package adapter

import (
	"context"
	"maps"
	"path/filepath"
	"strings"
	"testing"

	"pentimento/pipeline/checkpoint"
	"pentimento/pipeline/pipelinetest"
)

// What an adapter of a plain network says of the first convolution changes an inpainting network's
// first four channels by the same, and no other.
func TestThePlainFirstConvolutionsChangeIsPadded(t *testing.T) {
	_, ck := tiny(t, "tiny15-inpaint")
	own := ck.Denoiser.Tensors[firstConvolution]
	if own.Shape[1] != 9 {
		t.Fatalf("the first convolution has shape %v", own.Shape)
	}
	c := int(own.Shape[0])
	// The plain network's is the first four channels of the same numbers.
	view := own
	view.Shape, view.Stride, view.Length = []int64{own.Shape[0], 4, 3, 3}, []int64{81, 9, 3, 1}, own.Length/9*4
	plain := *ck.Denoiser
	plain.Tensors = maps.Clone(plain.Tensors)
	plain.Tensors[firstConvolution] = view
	item := func(key string, shape ...int) pipelinetest.Item {
		return pipelinetest.NewItem("lora_unet_conv_in."+key, "F32", pipelinetest.Uniform(key, 0.5, shape...).Data, shape...)
	}
	for name, items := range map[string][]pipelinetest.Item{
		"LoRA": {item("lora_up.weight", c, 2, 1, 1), item("lora_down.weight", 2, 4, 3, 3)},
		"DoRA": {item("lora_up.weight", c, 2, 1, 1), item("lora_down.weight", 2, 4, 3, 3), item("dora_scale", 1, 4, 1, 1)},
		"full": {item("diff", c, 4, 3, 3), item("diff_b", c)},
	} {
		path := filepath.Join(t.TempDir(), "an.safetensors")
		if err := pipelinetest.WriteSafetensors(path, items, nil); err != nil {
			t.Fatal(err)
		}
		f, err := Open(path)
		if err != nil {
			t.Fatal(err)
		}
		if left, err := f.Without(ck.Denoiser); err != nil || len(left) > 0 {
			t.Errorf("%s: %q left, error %v", name, left, err)
		}
		use := Use{File: f, Strength: 0.5}
		want, err := Change(&plain, firstConvolution, use)
		if err != nil {
			t.Fatal(err)
		}
		got, err := Change(ck.Denoiser, firstConvolution, use)
		if err != nil {
			t.Fatal(err)
		}
		source, err := Over(context.Background(), ck.Denoiser, use)
		if err != nil {
			t.Fatal(err)
		}
		base, err := own.Floats()
		if err != nil {
			t.Fatal(err)
		}
		merged, _ := source(firstConvolution)
		changed := 0
		for i, v := range got {
			w, channel := float32(0), i%81/9
			if channel < 4 {
				w = want[i/81*36+i%81]
			}
			if d := v - w; d > 1e-6 || d < -1e-6 || w == 0 && v != 0 {
				t.Fatalf("%s: channel %d changes by %g, want %g", name, channel, v, w)
			}
			if m := merged.Floats()[i]; w == 0 && m != base[i] || m-base[i]-v > 1e-6 || m-base[i]-v < -1e-6 {
				t.Fatalf("%s: a run has %g of channel %d, want %g", name, m, channel, base[i]+v)
			}
			if v != 0 {
				changed++
			}
		}
		if changed < len(got)/3 {
			t.Errorf("%s: %d of %d values change", name, changed, len(got))
		}
	}
	f, err := Open(write(t, map[string][]int{"lora_unet_conv_in.lora_up.weight": {c, 2, 1, 1}, "lora_unet_conv_in.lora_down.weight": {2, 5, 3, 3}}))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := f.Without(ck.Denoiser, &checkpoint.Part{Role: "text_encoder"}); err == nil || !strings.Contains(err.Error(), "9") {
		t.Errorf("five channels: error %v", err)
	}
}
