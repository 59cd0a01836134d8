package ipadapter_test

import (
	"path/filepath"
	"strings"
	"testing"

	"pentimento/fault"
	"pentimento/pipeline/checkpoint"
	"pentimento/pipeline/graph"
	"pentimento/pipeline/ipadapter"
	"pentimento/pipeline/pipelinetest"
	"pentimento/pipeline/unet"
)

// renamed gives tensors other names.
func renamed(items []pipelinetest.Item, pairs ...string) (out []pipelinetest.Item) {
	r := strings.NewReplacer(pairs...)
	for _, it := range items {
		it.Name = r.Replace(it.Name)
		out = append(out, it)
	}
	return out
}

// TestFilesOfOtherKindsAreNamed: what it is, what is wanted, and what to do.
func TestFilesOfOtherKindsAreNamed(t *testing.T) {
	dir, m := t.TempDir(), pipelinetest.Tiny(t, "tiny15")
	plain, plus := m.IPAdapterItems("plain"), m.IPAdapterItems("plus")
	f := func(name string, shape ...int) pipelinetest.Item {
		n := 1
		for _, d := range shape {
			n *= d
		}
		return pipelinetest.NewItem(name, "F32", make([]float32, n), shape...)
	}
	for name, c := range map[string]struct {
		items []pipelinetest.Item
		want  string
	}{
		"faceid":           {append(renamed(plain, "proj.proj.", "proj.proj.0."), f("ip_adapter.1.to_q_lora.down.weight", 4, 32)), "FaceID"},
		"faceid plus":      {renamed(plus, "image_proj.", "image_proj.perceiver_resampler."), "FaceID"},
		"full face":        {append(renamed(plain, "proj.proj.", "proj.proj.0.", "proj.norm.", "proj.other."), f("image_proj.proj.3.weight", 4)), "full-face"},
		"another network":  {[]pipelinetest.Item{f("control_model.x", 2)}, "this is no IP-Adapter"},
		"half of one":      {plain[4:], "want image_proj.proj.weight"},
		"a stranger in it": {append(plain[:len(plain):len(plain)], f("ip_adapter.1.to_k.weight", 2, 128)), "has no place"},
		"another number":   {append(plain[:len(plain):len(plain)], f("ip_adapter.01.to_k_ip.weight", 2, 128)), "has no place"},
		"narrow keys":      {append(plain[:len(plain):len(plain)], f("ip_adapter.99.to_k_ip.weight", 2, 64)), "tokens of width 128"},
		"no keys":          {plain[:4], "no keys and values"},
		"scalars":          {append(renamed(plain, "proj.proj.weight", "proj.proj.w"), f("image_proj.proj.weight")), "want 2 dimensions"},
		"nothing":          {append(renamed(plain, "proj.proj.weight", "proj.proj.w"), f("image_proj.proj.weight", 0, 96)), "want 2 dimensions"},
		"odd tokens":       {append(renamed(plain, "proj.proj.weight", "proj.proj.w"), f("image_proj.proj.weight", 500, 96)), "whole tokens"},
		"two latents":      {append(renamed(plus, "proj.latents", "proj.l"), f("image_proj.latents", 2, 3, 128)), "[1 tokens 128]"},
		"no output":        {renamed(plus, "proj.proj_out", "proj.p"), `"image_proj.proj_out.weight" is missing`},
	} {
		path := filepath.Join(dir, "look.safetensors")
		if err := pipelinetest.WriteSafetensors(path, c.items, nil); err != nil {
			t.Fatal(err)
		}
		_, err := ipadapter.Open(path)
		if err == nil || !strings.Contains(err.Error(), c.want) || !strings.Contains(err.Error(), "look.safetensors") || strings.Contains(err.Error(), dir) {
			t.Errorf("%s: %v, want %q of look.safetensors", name, err, c.want)
		}
	}
	for name, c := range map[string]struct {
		items []pipelinetest.Item
		want  string
	}{
		"keys and values of odd widths": {append(renamed(plus, "0.0.to_kv", "0.0.to_vk"), f("image_proj.layers.0.0.to_kv.weight", 250, 128)), "to_kv"},
		"a norm that is missing":        {renamed(plus, "0.0.norm1", "0.0.norm3"), "is missing"},
		"no layers":                     {renamed(plus, "proj.layers", "proj.layer"), "no layers"},
		"a tensor of no use":            {append(plus[:len(plus):len(plus)], f("image_proj.extra", 2)), "has no place"},
	} {
		path := filepath.Join(dir, "look.safetensors")
		if err := pipelinetest.WriteSafetensors(path, c.items, nil); err != nil {
			t.Fatal(err)
		}
		file, err := ipadapter.Open(path)
		if err == nil {
			_, err = ipadapter.Build(file, graph.Variant{})
		}
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want %q", name, err, c.want)
		}
	}
}

// TestAnAdapterOfAnotherFamilyIsRefused before a graph is written.
func TestAnAdapterOfAnotherFamilyIsRefused(t *testing.T) {
	dir := t.TempDir()
	ck, err := checkpoint.Open(pipelinetest.Tiny(t, "tiny15").Write(t, "single", "F16"), checkpoint.Options{})
	if err != nil {
		t.Fatal(err)
	}
	path := pipelinetest.Tiny(t, "tinyxl").WriteIPAdapter(t, dir, "xl.safetensors", "plain")
	_, err = unet.Inside{Images: []unet.ImageAdapter{{File: path}}}.In(ck.Denoiser, graph.Variant{})
	if err == nil || !strings.Contains(err.Error(), `"xl.safetensors": it was made for another kind of model`) || fault.Hint(err) == "" {
		t.Errorf("an adapter for SDXL on SD 1.5: %v (hint %q)", err, fault.Hint(err))
	}
}

// TestWhatIsNoVisionEncoderIsNamed and what contradicts its config is told.
func TestWhatIsNoVisionEncoderIsNamed(t *testing.T) {
	dir := t.TempDir()
	vision := pipelinetest.VisionItems()
	change := func(name string, shape ...int) []pipelinetest.Item {
		out := append([]pipelinetest.Item{}, vision...)
		for i, it := range out {
			if it.Name == name {
				n := 1
				for _, d := range shape {
					n *= d
				}
				out[i] = pipelinetest.NewItem(name, "F32", make([]float32, n), shape...)
			}
		}
		return out
	}
	for name, c := range map[string]struct {
		items  []pipelinetest.Item
		config checkpoint.VisionConfig
		want   string
	}{
		"a text encoder":    {renamed(vision, "vision_model.", "text_model."), checkpoint.VisionConfig{}, "this is a text encoder"},
		"two of them":       {append(renamed(vision, "vision_model.", "a.vision_model.", "visual_p", "a.visual_p"), vision...), checkpoint.VisionConfig{}, "two vision encoders"},
		"other layers":      {vision, checkpoint.VisionConfig{Layers: 4}, "num_hidden_layers 4, the weights 3"},
		"other activation":  {vision, checkpoint.VisionConfig{Act: "relu"}, "want gelu or quick_gelu"},
		"other heads":       {vision, checkpoint.VisionConfig{Heads: 7}, "7 attention heads"},
		"no square":         {change("vision_model.embeddings.position_embedding.weight", 16, 64), checkpoint.VisionConfig{}, "a square number and one more"},
		"no positions":      {change("vision_model.embeddings.position_embedding.weight", 1, 64), checkpoint.VisionConfig{}, "a square number and one more"},
		"grey pictures":     {change("vision_model.embeddings.patch_embedding.weight", 64, 1, 14, 14), checkpoint.VisionConfig{}, "want [width 3 side side]"},
		"empty patches":     {change("vision_model.embeddings.patch_embedding.weight", 0, 3, 14, 14), checkpoint.VisionConfig{}, "want 4 dimensions"},
		"a missing tensor":  {renamed(vision, "embeddings.patch", "embeddings.match"), checkpoint.VisionConfig{}, "is missing"},
		"without any layer": {renamed(vision, "encoder.layers", "encoder.layer"), checkpoint.VisionConfig{}, "has no layers"},
	} {
		path := filepath.Join(dir, "v.safetensors")
		if err := pipelinetest.WriteSafetensors(path, c.items, nil); err != nil {
			t.Fatal(err)
		}
		if _, err := checkpoint.OpenVision(path, c.config); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want %q", name, err, c.want)
		}
	}
}
