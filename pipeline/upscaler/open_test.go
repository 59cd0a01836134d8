package upscaler

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"pentimento/pipeline/graph"
	"pentimento/pipeline/pipelinetest"
)

// A file that is no upscaler, or one that is not read, is told what it is.
func TestOtherFilesAreNamed(t *testing.T) {
	dir := t.TempDir()
	write := func(name string, shapes map[string][]int) string {
		var items []pipelinetest.Item
		for key, shape := range shapes {
			n := 1
			for _, d := range shape {
				n *= d
			}
			items = append(items, pipelinetest.NewItem(key, "F32", make([]float32, n), shape...))
		}
		path := filepath.Join(dir, name)
		if err := pipelinetest.WriteSafetensors(path, items, nil); err != nil {
			t.Fatal(err)
		}
		return path
	}
	text := filepath.Join(dir, "page.pth")
	if err := os.WriteFile(text, []byte("<!doctype html><html>"), 0o600); err != nil {
		t.Fatal(err)
	}
	block := func(in, out int) map[string][]int {
		return map[string][]int{"conv_first.weight": {4, in, 3, 3}, "body.0.rdb1.conv1.weight": {4, 4, 3, 3}, "conv_last.weight": {out, 4, 3, 3}}
	}
	for path, want := range map[string]string{
		text: "web page",
		write("lora.safetensors", map[string][]int{"lora_unet_a.lora_up.weight": {2, 2}}):                                       "LoRA",
		write("vae.safetensors", map[string][]int{"decoder.conv_in.weight": {2, 2, 3, 3}}):                                      "autoencoder",
		write("hat.safetensors", map[string][]int{"layers.0.residual_group.overlap_attn.relative_position_bias_table": {2, 2}}): "HAT",
		write("swin2.safetensors", map[string][]int{"layers.0.residual_group.blocks.0.attn.logit_scale": {2, 1, 1}}):            "Swin2SR",
		write("grey.safetensors", block(1, 1)):                           "grey",
		write("channels.safetensors", block(9, 3)):                       "9 channels",
		write("other.safetensors", map[string][]int{"some.weight": {2}}): "unknown kind",
		write("adapter.safetensors", map[string][]int{"body.0.in_conv.weight": {2, 2, 1, 1}, "conv_in.weight": {2, 2, 1, 1}}): "T2I-Adapter",
		write("compact.safetensors", map[string][]int{"body.0.weight": {4, 3, 3, 3}, "body.2.weight": {7, 4, 3, 3}}):          "7 4 3 3",
		filepath.Join(dir, "missing.pth"):               "may have been moved",
		write("model.onnx", map[string][]int{"a": {1}}): "ONNX",
		write("table.safetensors", map[string][]int{"layers.0.residual_group.blocks.0.attn.relative_position_bias_table": {4, 2}, "conv_first.weight": {4, 3, 3, 3}}): "table of positions",
	} {
		_, err := Open(path)
		if err == nil {
			t.Errorf("%s: no error, want one that says %q", filepath.Base(path), want)
			continue
		}
		hint, _ := err.(interface{ Hint() string })
		text := err.Error()
		if hint != nil {
			text += " " + hint.Hint()
		}
		if !strings.Contains(text, want) {
			t.Errorf("%s: %q, want it to say %q", filepath.Base(path), text, want)
		}
	}
}

// A tensor that has no place in the network is an error, not left out.
func TestWhatHasNoPlaceIsAnError(t *testing.T) {
	path := filepath.Join(t.TempDir(), "more.safetensors")
	var items []pipelinetest.Item
	for key, shape := range map[string][]int{"body.0.weight": {4, 3, 3, 3}, "body.0.bias": {4}, "body.2.weight": {12, 4, 3, 3}, "body.1.bias": {4}} {
		n := 1
		for _, d := range shape {
			n *= d
		}
		items = append(items, pipelinetest.NewItem(key, "F32", make([]float32, n), shape...))
	}
	if err := pipelinetest.WriteSafetensors(path, items, nil); err != nil {
		t.Fatal(err)
	}
	f, err := Open(path)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := f.build(graph.Variant{}); err == nil || !strings.Contains(err.Error(), "body.1.bias") {
		t.Errorf("found %v, want an error that names body.1.bias", err)
	}
}
