package models

import (
	"os"
	"path/filepath"
	"slices"
	"strings"

	"pentimento/app/settings"
	"pentimento/app/words"
	"pentimento/fault"
	"pentimento/pipeline"
)

// modelEndings are those of files that hold networks, of any program; which of them can be read
// opening says.
var modelEndings = []string{".safetensors", ".sft", ".ckpt", ".pt", ".pth", ".bin", ".gguf", ".onnx"}

// isModel says whether a path is a model's by its name: a file of networks, or a folder of one.
func isModel(path string) bool {
	if info, err := os.Stat(path); err == nil && info.IsDir() {
		for _, inside := range []string{"model_index.json", "unet", "transformer", "model.onnx"} {
			if _, err := os.Stat(filepath.Join(path, inside)); err == nil {
				return true
			}
		}
		return false
	}
	return slices.Contains(modelEndings, strings.ToLower(filepath.Ext(path)))
}

// Receive takes a file that was dropped on the window or given to it as what it is, and says
// whether it was a model's: a checkpoint is opened, an adapter goes to the list, a VAE or a text
// encoder to the chosen model. Others are named, with what to do.
func (m *Models) Receive(path string) bool {
	if !isModel(path) {
		return false
	}
	switch kind := pipeline.FileKind(whole(path)); kind {
	case "adapter", "vae", "text_encoder", "embedding":
		if m.UsesStarter() || m.desk.Settings.Fill.Model == "" {
			what := map[string]string{"adapter": words.T("a LoRA or another adapter, which changes a model"), "vae": words.T("an autoencoder (VAE), which belongs to a model"),
				"text_encoder": words.T("a text encoder, which belongs to a model"), "embedding": words.T("an embedding, a word for a model's prompts")}[kind]
			m.desk.Fail(fault.New(words.T("%s: this is %s", filepath.Base(path), what), words.T("Open the Stable Diffusion checkpoint that it goes with first, then drop it again.")))
		} else if kind == "adapter" {
			m.AddAdapter(path)
		} else if kind == "embedding" {
			m.addEmbedding(path)
		} else {
			m.give(kind, path)
		}
	default:
		m.Open(path)
	}
	return true
}

// give makes a separate file a part of the chosen model. A second text encoder stands beside the
// first.
func (m *Models) give(kind, path string) {
	f := m.desk.Settings.Fill
	if first := f.Get(kind); kind == "text_encoder" && first != "" && first != path {
		kind = "text_encoder_2"
	}
	m.desk.SetFill(func(f *settings.Fill) { f.Set(kind, path); f.Engine = string(pipeline.Diffusion) })
	m.desk.Say(words.T("%s is the %s of %s now", filepath.Base(path), words.Label(pipeline.FindSetting(kind).Name), m.Label()))
}

// AddAdapter puts an adapter into the panel's list, in full, unless it is there.
func (m *Models) AddAdapter(path string) {
	m.speed.added = path
	m.desk.SetFill(func(f *settings.Fill) {
		f.Engine = string(pipeline.Diffusion)
		if !slices.ContainsFunc(f.Adapters, func(a settings.Adapter) bool { return a.File == path }) {
			f.Adapters = append(slices.Clone(f.Adapters), settings.Adapter{File: path, Weight: 1, TextWeight: 1})
		}
	})
	m.desk.Say(words.T("%s changes the model from the next fill on; its weight is under Adapters", filepath.Base(path)))
}

// addEmbedding makes an embedding known to prompts, wherever it lies.
func (m *Models) addEmbedding(path string) {
	m.desk.SetFill(func(f *settings.Fill) {
		f.Engine = string(pipeline.Diffusion)
		all := strings.FieldsFunc(f.Get("embeddings"), func(r rune) bool { return r == '\n' })
		if !slices.Contains(all, path) {
			f.Set("embeddings", strings.Join(append(all, path), "\n"))
		}
	})
	m.desk.Say(words.T("Prompts can name %s now", strings.TrimSuffix(filepath.Base(path), filepath.Ext(path))))
}
