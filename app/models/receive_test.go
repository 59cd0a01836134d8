package models

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"pentimento/app/settings"
	"pentimento/pipeline"
	"pentimento/pipeline/pipelinetest"
)

// TestAFileIsTakenAsWhatItIs: checkpoints are opened, what belongs to one goes to the chosen
// one, what cannot be used is named, and pictures are left to others.
func TestAFileIsTakenAsWhatItIs(t *testing.T) {
	m, d := beginner(t)
	dir := t.TempDir()
	file := func(name, content string) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	failed := func(want string) {
		t.Helper()
		all := d.Seen.Failed
		if len(all) == 0 || !strings.Contains(all[len(all)-1].Error(), want) {
			t.Errorf("errors %v, want one that says %q", all, want)
		}
	}
	lora := pipelinetest.Tiny(t, "tiny15").WriteLoRA(t, dir, "fog", 2)
	if m.Receive(file("a.png", "\x89PNG")) || m.Receive(dir) || m.Receive(filepath.Join(dir, "none.jpg")) {
		t.Error("a picture or a plain folder was taken for a model")
	}
	if !m.Receive(lora) || len(d.Settings.Fill.Adapters) != 0 {
		t.Error("the starter got an adapter")
	}
	failed("this is a LoRA")

	model := tiny(t)
	if !m.Receive(model) || d.Settings.Fill.Model != model || !m.Generates() {
		t.Errorf("a checkpoint was dropped, and the model is %q", d.Settings.Fill.Model)
	}
	folder := pipelinetest.Tiny(t, "tiny15").Write(t, "folder", "F16")
	if !m.Receive(folder) || d.Settings.Fill.Model != folder {
		t.Errorf("a diffusers folder was dropped, and the model is %q", d.Settings.Fill.Model)
	}
	m.Receive(filepath.Join(folder, "text_encoder", "model.safetensors")) // stands for its folder
	if d.Settings.Fill.Get("text_encoder") != "" {
		t.Error("a file of the folder was taken for a separate one")
	}
	m.Receive(model)
	for range 2 {
		m.Receive(lora)
	}
	if a := d.Settings.Fill.Adapters; len(a) != 1 || a[0] != (settings.Adapter{File: lora, Weight: 1, TextWeight: 1}) {
		t.Errorf("adapters %+v, want the dropped one once", a)
	}
	for _, name := range []string{"embedding.pt", "learned_embeds.bin"} {
		data, err := os.ReadFile(filepath.Join("..", "..", "pipeline", "pickle", "testdata", name))
		if err != nil {
			t.Fatal(err)
		}
		m.Receive(file(name, string(data)))
	}
	if got, want := d.Settings.Fill.Get("embeddings"), filepath.Join(dir, "embedding.pt")+"\n"+filepath.Join(dir, "learned_embeds.bin"); got != want {
		t.Errorf("embeddings %q, want %q", got, want)
	}
	m.WeighAdapter(0, 0.5)
	if a := d.Settings.Fill.Adapters; len(a) != 1 || a[0].Weight != 0.5 || a[0].TextWeight != 0.5 {
		t.Errorf("adapters %+v, want the weight 0.5", a)
	}
	if m.RemoveAdapter(0); len(d.Settings.Fill.Adapters) != 0 {
		t.Error("the adapter stays")
	}
	for _, c := range []struct{ from, id string }{{"vae/diffusion_pytorch_model", "vae"}, {"text_encoder/model", "text_encoder"}, {"text_encoder/model", "text_encoder_2"}} {
		data, err := os.ReadFile(filepath.Join(folder, filepath.FromSlash(c.from)+".safetensors"))
		if err != nil {
			t.Fatal(err)
		}
		path := file(c.id+".safetensors", string(data))
		if m.Receive(path); d.Settings.Fill.Get(c.id) != path {
			t.Errorf("%s is %q, want the dropped file", pipeline.FindSetting(c.id).Name, d.Settings.Fill.Get(c.id))
		}
	}
	before := d.Settings.Fill.Model
	for name, want := range map[string]string{"x.gguf": "GGUF", "x.ckpt": "torch", "x.onnx": "ONNX"} {
		content := map[string]string{"x.gguf": "GGUF\x03\x00\x00\x00", "x.ckpt": "\x80\x02}q", "x.onnx": "\x08\x03\x12"}[name]
		if !m.Receive(file(name, content)) || d.Settings.Fill.Model != before {
			t.Errorf("%s changed the model to %q", name, d.Settings.Fill.Model)
		}
		failed(want)
	}
}

// TestWordsJoinThePromptUnlessTheyAreInIt as whole words.
func TestWordsJoinThePromptUnlessTheyAreInIt(t *testing.T) {
	m, d := beginner(t)
	for _, c := range []struct{ prompt, add, want string }{
		{"uneasy water, ", "easy", "uneasy water, easy"},
		{"an (easy:1.2) walk", "easy", "an (easy:1.2) walk"},
		{"", " brush style ", "brush style"},
		{"a barn", " ", "a barn"},
	} {
		d.SetFill(func(f *settings.Fill) { f.Prompt = c.prompt })
		m.Library.AddWords(c.add)
		if got := d.Settings.Fill.Prompt; got != c.want {
			t.Errorf("%q and %q give %q, want %q", c.prompt, c.add, got, c.want)
		}
	}
}
