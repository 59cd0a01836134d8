package models

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"pentimento/app/desk/desktest"
	"pentimento/app/prompting"
	"pentimento/app/settings"
	"pentimento/pipeline/pipelinetest"
	"pentimento/pipeline/prompt"
)

// The files near the chosen model, and those of the folder that the panel names, are words of
// its prompts; which fit it follows from their widths.
func TestThePromptKnowsTheEmbeddingsNearTheModel(t *testing.T) {
	root := t.TempDir()
	model := filepath.Join(root, "models", "m.safetensors")
	if err := os.MkdirAll(filepath.Dir(model), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.Rename(tiny(t), model); err != nil {
		t.Fatal(err)
	}
	write := func(path string, vectors, width int) {
		t.Helper()
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		item := pipelinetest.NewItem("emb_params", "F32", make([]float32, vectors*width), vectors, width)
		if err := pipelinetest.WriteSafetensors(path, []pipelinetest.Item{item}, nil); err != nil {
			t.Fatal(err)
		}
	}
	write(filepath.Join(root, "embeddings", "near.safetensors"), 3, 128)
	write(filepath.Join(root, "embeddings", "other.safetensors"), 3, 768)
	write(filepath.Join(root, "elsewhere", "far.safetensors"), 5, 128)
	if err := os.WriteFile(filepath.Join(root, "embeddings", "broken.pt"), []byte("no"), 0o644); err != nil {
		t.Fatal(err)
	}
	d := desktest.New(t)
	letters := func(text string) (out []prompt.Token) {
		for i, w := range strings.Fields(text) {
			out = append(out, prompt.Token{ID: int(w[0]), Start: i, End: i + 1})
		}
		return out
	}
	m := New(d.Desk, nil, func(string) (prompt.Encoder, prompt.Spec, error) {
		return letters, prompt.Spec{Length: 75, Start: 1001, End: 1002, Pad: 1002, Comma: -1}, nil
	})
	d.SetFill(func(f *settings.Fill) { f.Engine, f.Model = "diffusion", model })
	d.Until("the embeddings", func() bool { return len(m.Vocabulary().Embeddings.Names()) == 1 })
	d.SetFill(func(f *settings.Fill) { f.Set("embeddings", filepath.Join(root, "elsewhere")) })
	d.Until("those of the folder", func() bool { return len(m.Vocabulary().Embeddings.Names()) == 2 })
	p := prompting.New(d.Desk, m, m.Adapters)
	if _, got := p.Complete("embedding:f", 11); len(got) != 1 || got[0] != "far" {
		t.Errorf("completions %q", got)
	}
	if r := p.Read("embedding:far embedding:broken embedding:gone", false); len(r.Remarks) != 2 || len(r.Chunks) != 1 {
		t.Errorf("remarks %+v, tokens %v", r.Remarks, r.Chunks)
	}
	d.SetFill(func(f *settings.Fill) { f.Prompt = "embedding:far" })
	if r := p.Read("embedding:far", false); len(r.Chunks) != 1 || r.Chunks[0] != 5 {
		t.Errorf("%v tokens, want the 5 vectors", r.Chunks)
	}
}

// Folders of the library are looked through as their programs lay them out.
func TestTheLibrarysEmbeddingsAreKnown(t *testing.T) {
	root := t.TempDir()
	for _, dir := range []string{"webui/models/Stable-diffusion", "webui/embeddings", "plain/embeddings", "comfy/models/checkpoints", "comfy/models/embeddings"} {
		if err := os.MkdirAll(filepath.Join(root, filepath.FromSlash(dir)), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	got := embeddingPaths("/own.pt", []string{filepath.Join(root, "webui"), filepath.Join(root, "plain"), filepath.Join(root, "comfy"), filepath.Join(root, "gone")})
	want := strings.Join([]string{"/own.pt", filepath.Join(root, "webui", "embeddings"), filepath.Join(root, "plain", "embeddings"), filepath.Join(root, "comfy", "models", "embeddings")}, "\n")
	if got != want {
		t.Errorf("paths %q, want %q", got, want)
	}
}
