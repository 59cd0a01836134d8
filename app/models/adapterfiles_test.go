package models

import (
	"os"
	"path/filepath"
	"slices"
	"testing"

	"pentimento/app/collection"
	"pentimento/app/desk/desktest"
	"pentimento/app/settings"
	"pentimento/pipeline"
	"pentimento/pipeline/pipelinetest"
)

// TestAdaptersAreOfferedOnce: each file once though it is near the model and in the library, those that fit the
// model first, then those of another family, then broken ones, with a person's words for why; a prompt may name
// all that can be read. Nothing is walked before the call returns.
func TestAdaptersAreOfferedOnce(t *testing.T) {
	root := t.TempDir()
	model, loras := filepath.Join(root, "models", "Stable-diffusion", "m.safetensors"), filepath.Join(root, "models", "Lora")
	for _, dir := range []string{filepath.Dir(model), loras} {
		if err := os.MkdirAll(dir, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	small := pipelinetest.Tiny(t, "tiny15")
	if err := small.WriteTo(filepath.Dir(model), "single", "F16"); err != nil {
		t.Fatal(err)
	}
	if err := os.Rename(filepath.Join(filepath.Dir(model), "tiny15.safetensors"), model); err != nil {
		t.Fatal(err)
	}
	write := func(name string, width int) {
		t.Helper()
		item := pipelinetest.NewItem("lora_unet_down_blocks_0_attentions_0_transformer_blocks_0_attn2_to_k.lora_down.weight", "F32", make([]float32, 4*width), 4, width)
		if err := pipelinetest.WriteSafetensors(filepath.Join(loras, name), []pipelinetest.Item{item}, nil); err != nil {
			t.Fatal(err)
		}
	}
	write("b for sd1.safetensors", 768)
	write("a for sdxl.safetensors", 2048)
	if err := os.WriteFile(filepath.Join(loras, "c page.safetensors"), []byte("<!doctype html><html><title>Log in</title></html>"), 0o644); err != nil {
		t.Fatal(err)
	}
	d := desktest.New(t)
	m := New(d.Desk, nil, pipeline.New(nil).TextWindow)
	m.Library.Collection = collection.Open("")
	d.SetFill(func(f *settings.Fill) { f.Engine, f.Model = string(pipeline.Diffusion), model })
	if m.Adapters() != nil {
		t.Error("folders were walked on the window's goroutine")
	}
	d.Until("a look", func() bool { return m.Adapters() != nil })
	m.Library.AddFolder(root)
	if len(m.Library.Chosen()) != 0 {
		t.Error("a folder was looked at on the window's goroutine")
	}
	d.Until("the library", func() bool { on, _, _ := m.Library.Looking(); return !on && m.Library.Totals().All > 0 })
	for _, known := range []string{"headers", "the library"} {
		var files []AdapterFile
		m.ListAdapters(func(f []AdapterFile) { files = f })
		d.Until("the list", func() bool { return files != nil })
		var names []string
		for _, f := range files {
			names = append(names, filepath.Base(f.Path))
		}
		if !slices.Equal(names, []string{"b for sd1.safetensors", "a for sdxl.safetensors", "c page.safetensors"}) || files[0].Other != "" || files[1].Other != "sdxl" || files[2].Trouble == "" {
			t.Errorf("by %s: %+v", known, files)
		}
		if got := m.Adapters(); len(got) != 2 {
			t.Errorf("by %s: a prompt may name %q", known, got)
		}
	}
}
