package checkpoint_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"pentimento/fault"
	"pentimento/pipeline/checkpoint"
	"pentimento/pipeline/pipelinetest"
)

// TestOtherNetworksAreNamedWhenOpened, with advice: what a person chose for a checkpoint.
func TestOtherNetworksAreNamedWhenOpened(t *testing.T) {
	for name, want := range map[string]string{
		"lora_unet_x.lora_down.weight": "LoRA", "transformer.x.lora_A.weight": "LoRA", "lora_te_x.hada_w1_a": "LoRA", "control_model.input_blocks.0.0.weight": "ControlNet",
		"emb_params": "embedding", "clip_l": "embedding", "decoder.conv_in.weight": "VAE", "first_stage_model.decoder.conv_in.weight": "VAE",
		"input_blocks.0.0.weight": "denoiser alone", "double_blocks.0.img_attn.qkv.weight": "denoiser alone", "model.1.sub.0.RDB1.conv1.0.weight": "upscaler", "body.0.weight": "upscaler",
		"text_model.encoder.layers.0.layer_norm1.weight": "text encoder", "transformer.resblocks.0.ln_1.weight": "text encoder", "image_proj.latents": "IP-Adapter",
	} {
		path := filepath.Join(t.TempDir(), "file.safetensors")
		if err := pipelinetest.WriteSafetensors(path, []pipelinetest.Item{pipelinetest.NewItem(name, "F32", []float32{1, 2}, 2)}, nil); err != nil {
			t.Fatal(err)
		}
		if _, err := checkpoint.Open(path, checkpoint.Options{}); err == nil || !strings.Contains(err.Error(), want) || fault.Hint(err) == "" {
			t.Errorf("%s: %v (%s), want one that names %q and says what to do", name, err, fault.Hint(err), want)
		}
	}
	path := small(t, "tinyxl").Write(t, "single", "F16")
	rewrite(t, path, func(list []pipelinetest.Item) []pipelinetest.Item {
		var out []pipelinetest.Item
		for _, i := range list {
			if !strings.HasPrefix(i.Name, "conditioner.embedders.0.") {
				i.Name = strings.Replace(i.Name, "conditioner.embedders.1.", "conditioner.embedders.0.", 1)
				out = append(out, i)
			}
		}
		return out
	})
	if _, err := checkpoint.Open(path, checkpoint.Options{}); err == nil || !strings.Contains(err.Error(), "refiner") {
		t.Errorf("a refiner: %v", err)
	}
}

// TestADoubledPrefixIsNone: some trainers write "model." before every key of the denoiser again.
func TestADoubledPrefixIsNone(t *testing.T) {
	path := small(t, "tiny15").Write(t, "single", "F16")
	plain, err := checkpoint.Open(path, checkpoint.Options{})
	if err != nil {
		t.Fatal(err)
	}
	rewrite(t, path, rename("model.diffusion_model.", "model.model.diffusion_model."))
	ck, err := checkpoint.Open(path, checkpoint.Options{})
	if err != nil || len(ck.Denoiser.Tensors) != len(plain.Denoiser.Tensors) {
		t.Errorf("%v", err)
	}
}

// TestTheYAMLBesideAFileIsRead for what the file itself cannot say; a damaged one is told.
func TestTheYAMLBesideAFileIsRead(t *testing.T) {
	path := small(t, "tiny15").Write(t, "single", "F16")
	beside := strings.TrimSuffix(path, ".safetensors") + ".yaml"
	for _, c := range []struct {
		text, prediction string
		start            float64
		problems         int
	}{
		{"model:\n  params:\n    parameterization: \"v\"\n", "v", 0.00085, 0},
		{"model:\n  base_learning_rate: 1.0e-4\n  target: ldm.models.diffusion.ddpm.LatentDiffusion\n  params:\n    linear_start: 0.0009\n    linear_end: 0.0120\n    timesteps: 1000\n    first_stage_config:\n      target: x\n", "epsilon", 0.0009, 0},
		{"model:\n  params:\n    parameterization: eps\n", "epsilon", 0.00085, 0},
		{"model: [", "epsilon", 0.00085, 1},
		{"", "epsilon", 0.00085, 0},
	} {
		if err := os.WriteFile(beside, []byte(c.text), 0o600); err != nil {
			t.Fatal(err)
		}
		ck, err := checkpoint.Open(path, checkpoint.Options{})
		if err != nil || ck.Prediction != c.prediction || ck.Schedule.BetaStart != c.start || len(ck.Problems) != c.problems {
			t.Errorf("%q: %+v, %v, problems %q", c.text, ck.Settings, err, ck.Problems)
		}
	}
	if err := os.WriteFile(beside, []byte("model:\n  params:\n    parameterization: x0\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := checkpoint.Open(path, checkpoint.Options{}); err == nil || !strings.Contains(err.Error(), ".yaml") {
		t.Errorf("a prediction that nobody knows: %v", err)
	}
}

// TestAnONNXModelIsNamed where a checkpoint is wanted, with where it belongs; how it begins would else be taken for
// the length of a header.
func TestAnONNXModelIsNamed(t *testing.T) {
	path := filepath.Join(t.TempDir(), "net.onnx")
	data := append([]byte("\x08\x08\x12\x07pytorch\x1a\x052.1.0:\xf3\x01"), make([]byte, 600)...)
	if err := os.WriteFile(path, data, 0o600); err != nil {
		t.Fatal(err)
	}
	_, err := checkpoint.Open(path, checkpoint.Options{})
	if err == nil || !strings.Contains(err.Error(), "ONNX model of one network") || !strings.Contains(fault.Hint(err), "model_index.json") {
		t.Errorf("%v (%s)", err, fault.Hint(err))
	}
}
