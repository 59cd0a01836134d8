//go:build cgo

package adapter_test

import (
	"context"
	"testing"

	"pentimento/pipeline/adapter"
	"pentimento/pipeline/checkpoint"
	"pentimento/pipeline/clip"
	"pentimento/pipeline/graph"
	"pentimento/pipeline/model"
	"pentimento/pipeline/ort"
	"pentimento/pipeline/pipelinetest"
	"pentimento/pipeline/tensor"
	"pentimento/pipeline/unet"
)

// strengths of one LoRA file in one case; it is named as often as it is used.
type strengths struct{ text, denoiser []float64 }

// Networks with merged weights give what the references have: one LoRA, the same twice, and
// of either network alone.
func TestNetworksWithLoRAAgreeWithTheReferences(t *testing.T) {
	rt := ort.New(ort.Config{Device: "cpu"})
	if _, err := rt.Version(); err != nil {
		t.Skipf("the native library is not here; `make native` fetches it (%v)", err)
	}
	want, err := pipelinetest.ReadSafetensors("testdata/lora.safetensors")
	if err != nil {
		t.Fatal(err)
	}
	m := pipelinetest.Tiny(t, "tiny15")
	ck, err := checkpoint.Open(m.Write(t, "single", "F32"), checkpoint.Options{})
	if err != nil {
		t.Fatal(err)
	}
	f, err := adapter.Open(m.WriteLoRA(t, t.TempDir(), "tiny", 4))
	if err != nil {
		t.Fatal(err)
	}
	source := func(p *checkpoint.Part, each []float64) graph.Variant {
		var uses []adapter.Use
		for _, s := range each {
			uses = append(uses, adapter.Use{File: f, Strength: s})
		}
		s, err := adapter.Over(context.Background(), p, uses...)
		if err != nil {
			t.Fatal(err)
		}
		return graph.Variant{Source: s}
	}
	// "a photo of a cat", of which the first eight tokens are compared
	ids := tensor.New(1, 77)
	for i := range ids.Data {
		ids.Data[i] = append([]float32{49406, 320, 1125, 539, 320, 2368}, make([]float32, 71)...)[i]
		if i > 5 {
			ids.Data[i] = 49407
		}
	}
	for name, s := range map[string]strengths{
		"none":             {},
		"lora":             {[]float64{0.8}, []float64{0.8}},
		"combo.same_twice": {[]float64{0.3, 0.5}, []float64{0.3, 0.2}},
		"combo.te_unet":    {[]float64{0}, []float64{1}},
		"combo.te_only":    {[]float64{1.2}, []float64{0}},
	} {
		input := "lora2."
		if name == "lora" || name == "none" {
			input = "adapter."
		}
		n, err := unet.Open(context.Background(), rt, ck, model.Options{Threads: 2}, source(ck.Denoiser, s.denoiser))
		if err != nil {
			t.Fatal(err)
		}
		out, err := n.Eval(context.Background(), unet.Input{X: pipelinetest.UnitNoise(input+"x", 1, 4, 8, 8), Timesteps: []float32{500},
			Context: pipelinetest.UnitNoise(input+"context", 1, 77, 128)})
		if err != nil {
			t.Fatal(err)
		}
		if e := pipelinetest.Relative(out.Data, want[name+".unet_out"].Data); e > 1e-5 {
			t.Errorf("%s: the denoiser's relative error is %.2g, want at most 1e-5", name, e)
		}
		_ = n.Close()
		text := want[name+".text_last"]
		if text == nil {
			continue
		}
		e, err := clip.Open(context.Background(), rt, ck, 0, model.Options{Threads: 2}, source(ck.Text[0], s.text))
		if err != nil {
			t.Fatal(err)
		}
		z, err := e.Encode(context.Background(), ids, nil, 1)
		if err != nil {
			t.Fatal(err)
		}
		if e := pipelinetest.Relative(z.Normed.Data[:len(text.Data)], text.Data); e > 1e-5 {
			t.Errorf("%s: the text encoder's relative error is %.2g, want at most 1e-5", name, e)
		}
		_ = e.Close()
	}
}
