//go:build cgo

package pipeline

import (
	"bytes"
	"context"
	"encoding/json"
	"image"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"pentimento/pipeline/embedding"
	"pentimento/pipeline/metadata"
	"pentimento/pipeline/pipelinetest"
	"pentimento/pipeline/tensor"
)

// embeddingFile writes an embedding for tiny15, or with widths for others.
func embeddingFile(t testing.TB, path string, vectors int, widths ...int) string {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	var items []pipelinetest.Item
	for i, w := range widths {
		name := []string{"clip_l", "clip_g"}[i]
		if len(widths) == 1 {
			name = "emb_params"
		}
		items = append(items, pipelinetest.NewItem(name, "F32", pipelinetest.Uniform(path[len(path)-8:]+name, 0.05, vectors, w).Data, vectors, w))
	}
	if err := pipelinetest.WriteSafetensors(path, items, nil); err != nil {
		t.Fatal(err)
	}
	return path
}

// linked is a model in a folder of its own, so that a test's embeddings lie near it alone.
func linked(t *testing.T, name string) (model, folder string) {
	t.Helper()
	root := t.TempDir()
	model = filepath.Join(root, "models", "checkpoints", name+".safetensors")
	if err := os.MkdirAll(filepath.Dir(model), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.Link(tiny(t, name), model); err != nil {
		if err := os.Symlink(tiny(t, name), model); err != nil {
			t.Fatal(err)
		}
	}
	return model, filepath.Join(root, "models", "embeddings")
}

// texts encodes prompts with a model; what was said is gathered in said.
func encoded(t *testing.T, p *Pipeline, model, text string, said *[]string) *tensor.Tensor {
	t.Helper()
	q := Request{Ask: Ask{Engine: Diffusion, Task: Generate}, Models: Models{Model: model}, Text: Text{Prompt: text}, Where: Where{Threads: 2}}
	if err := p.enter(context.Background()); err != nil {
		t.Fatal(err)
	}
	defer p.leave()
	r := &run{p: p, req: q, words: &p.words, report: func(now Progress) {
		if now.Notice != "" {
			*said = append(*said, now.Notice)
		}
	}}
	if err := r.open(context.Background()); err != nil {
		t.Fatal(err)
	}
	defer r.model.release()
	if err := r.complete(); err != nil {
		t.Fatal(err)
	}
	all, err := r.readPrompts(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	return all.changes[0].positive[0].text.Context
}

// A name stands for its file's vectors in every form, for each text encoder of a family; what
// isn't there or doesn't fit is told, and the picture is made.
func TestAPromptNamesEmbeddings(t *testing.T) {
	p := native(t)
	for arch, widths := range map[string][]int{"tiny15": {128}, "tiny21": {192}, "tinyxl": {128, 192}} {
		model, folder := linked(t, arch)
		embeddingFile(t, filepath.Join(folder, "ti-a.safetensors"), 3, widths...)
		embeddingFile(t, filepath.Join(folder, "other.safetensors"), 3, 96)
		embeddingFile(t, filepath.Join(folder, "cat.safetensors"), 1, widths...)
		if err := os.WriteFile(filepath.Join(folder, "torn.pt"), []byte("no"), 0o644); err != nil {
			t.Fatal(err)
		}
		var said []string
		want := encoded(t, p, model, "a ti-a, far", &said)
		plain := encoded(t, p, model, "a tree, far", &said)
		if len(said) > 0 || slices.Equal(want.Data, plain.Data) {
			t.Errorf("%s: said %q", arch, said)
		}
		for _, text := range []string{"a TI-A, far", "a embedding:ti-a, far", "a <Ti-a>, far", "a (embedding:ti-a:1), far", "a embedding:gone ti-a, far", "a ti-a, far AND waves", "[a ti-a, far:waves:0.5]", "a ti-a, far BREAK"} {
			if got := encoded(t, p, model, text, &said); !slices.Equal(got.Data, want.Data) {
				t.Errorf("%s: %q is another text", arch, text)
			}
		}
		if got := encoded(t, p, model, "a (ti-a:1.3), far", &said); slices.Equal(got.Data, want.Data) {
			t.Errorf("%s: a weight does nothing", arch)
		}
		if len(said) != 1 || !strings.Contains(said[0], `"gone"`) {
			t.Errorf("%s: said %q, want that one is gone", arch, said)
		}
		said = nil
		encoded(t, p, model, "other cat torn embedding:torn", &said)
		if len(said) != 3 || !strings.Contains(strings.Join(said, "\n"), `"torn.pt"`) || !strings.Contains(strings.Join(said, "\n"), "96 wide") || !strings.Contains(strings.Join(said, "\n"), `"cat" is read as the embedding`) {
			t.Errorf("%s: said %q, want that one does not fit, one is torn and one is an ordinary word", arch, said)
		}
	}
}

// withBundle copies a file and adds an embedding's vectors to it.
func withBundle(t *testing.T, from, to, name, embeddingFile string) {
	t.Helper()
	all, err := pipelinetest.ReadSafetensors(from)
	if err != nil {
		t.Fatal(err)
	}
	vectors, err := pipelinetest.ReadSafetensors(embeddingFile)
	if err != nil {
		t.Fatal(err)
	}
	all["bundle_emb."+name+".string_to_param.*"] = vectors["emb_params"]
	var items []pipelinetest.Item
	for _, key := range slices.Sorted(maps.Keys(all)) {
		items = append(items, pipelinetest.NewItem(key, "F32", all[key].Data, all[key].Shape...))
	}
	if err := os.MkdirAll(filepath.Dir(to), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := pipelinetest.WriteSafetensors(to, items, nil); err != nil {
		t.Fatal(err)
	}
}

// An embedding that lies in the checkpoint, or in an adapter that the prompt names, is named like
// one in a file of its own.
func TestAPromptNamesBundledEmbeddings(t *testing.T) {
	p := native(t)
	model, folder := linked(t, "tiny15")
	file := embeddingFile(t, filepath.Join(folder, "ti-a.safetensors"), 3, 128)
	var said []string
	want := encoded(t, p, model, "a ti-a, far", &said)
	own := filepath.Join(t.TempDir(), "own.safetensors")
	withBundle(t, model, own, "ti-a", file)
	bare, _ := linked(t, "tiny15")
	withBundle(t, pipelinetest.Tiny(t, "tiny15").WriteLoRA(t, t.TempDir(), "wisp", 2), filepath.Join(filepath.Dir(bare), "Lora", "wisp.safetensors"), "ti-a", file)
	for text, model := range map[string]string{"a ti-a, far": own, "a ti-a, far<lora:wisp:0>": bare} {
		if got := encoded(t, p, model, text, &said); !slices.Equal(got.Data, want.Data) {
			t.Errorf("%q with %s is another text", text, filepath.Base(model))
		}
	}
	if got := encoded(t, p, bare, "a ti-a, far", &said); slices.Equal(got.Data, want.Data) {
		t.Error("an adapter that is not named brings its embedding")
	}
	if len(said) > 0 {
		t.Errorf("said %q", said)
	}
	if all := new(EmbeddingFiles).Look(Models{Model: own}, ""); len(all) != 1 || all[0].Name != "ti-a" || all[0].Vectors != 3 || all[0].Misfit != "" {
		t.Errorf("the list of embeddings: %+v", all)
	}
}

// A picture made with embeddings tells them as A1111 does, and is made again from its record,
// also where the file has another name; other files are told.
func TestARecordFindsItsEmbeddings(t *testing.T) {
	if testing.Short() {
		t.Skip("the race detector makes these pictures take long: run without -short")
	}
	p := native(t)
	model, folder := linked(t, "tiny15")
	file := embeddingFile(t, filepath.Join(folder, "ti-a.safetensors"), 3, 128)
	sum, err := embedding.Sum(context.Background(), file)
	if err != nil {
		t.Fatal(err)
	}
	var said []string
	run := func(q Request) *Result {
		t.Helper()
		said = nil
		res, err := p.Run(context.Background(), q, func(now Progress) {
			if now.Notice != "" {
				said = append(said, now.Notice)
			}
		})
		if err != nil {
			t.Fatal(err)
		}
		return res
	}
	q := Request{Ask: Ask{Engine: Diffusion, Task: Generate}, Models: Models{Model: model}, Text: Text{Prompt: "waves, ti-a", Negative: "embedding:gone"},
		Sampling: Sampling{Seed: 3, Steps: 2, CFG: 2, Width: 64, Height: 64}, Where: Where{Threads: 2}}
	made := run(q)
	if want := []string{"ti-a: " + sum, "gone: "}; !slices.Equal(made.Request.Embedded, want) {
		t.Fatalf("embedded %q, want %q", made.Request.Embedded, want)
	}
	recipe := made.Request.Record(image.Rect(0, 0, 64, 64), time.Now()).Recipe("test")
	if got := recipe.Value("TI hashes"); got != "ti-a: "+sum {
		t.Errorf("the recipe has %q", got)
	}
	record, err := json.Marshal(made.Replay())
	if err != nil {
		t.Fatal(err)
	}
	again := func() *Result {
		r, err := ReadReplay(record)
		if err != nil {
			t.Fatal(err)
		}
		r.Request.Model, r.Request.Threads = model, 2
		return run(r.Request)
	}
	if !bytes.Equal(again().Image.Pix, made.Image.Pix) {
		t.Error("the picture made again is another")
	}
	if err := os.Rename(file, filepath.Join(folder, "renamed.safetensors")); err != nil {
		t.Fatal(err)
	}
	embeddingFile(t, filepath.Join(folder, "waves.safetensors"), 2, 128) // a word of the prompt, later
	if !bytes.Equal(again().Image.Pix, made.Image.Pix) || !strings.Contains(strings.Join(said, "\n"), "is the file renamed.safetensors") {
		t.Errorf("with the file renamed the picture is another; said %q", said)
	}
	text := "waves, TI-A, ti-ab"
	RenameEmbeddings(context.Background(), made.Request.Embedded, model, "", &text)
	if text != "waves, renamed, ti-ab" {
		t.Errorf("with the file renamed the text is %q", text)
	}
	var from Request // a recipe of A1111's
	from.Engine, from.Task = Diffusion, Generate
	from.Recall(metadata.ParseA1111(recipe.Text()), func(string) bool { return false })
	if !slices.Equal(from.Embedded, []string{"ti-a: " + sum}) {
		t.Errorf("recalled %q", from.Embedded)
	}
	other := embeddingFile(t, filepath.Join(folder, "ti-a.safetensors"), 1, 128)
	if err := os.Remove(filepath.Join(folder, "renamed.safetensors")); err != nil {
		t.Fatal(err)
	}
	if again(); !strings.Contains(strings.Join(said, "\n"), "not the file that this picture was made with") {
		t.Errorf("with another file of that name: said %q", said)
	}
	if err := os.Remove(other); err != nil {
		t.Fatal(err)
	}
	if again(); !strings.Contains(strings.Join(said, "\n"), "is not here") {
		t.Errorf("without the file: said %q", said)
	}
	q.Exact, q.Packed = true, []int{-1} // of before there were embeddings
	embeddingFile(t, other, 1, 128)
	if old := run(q); len(old.Request.Embedded) > 0 {
		t.Errorf("a picture of before is made with %q", old.Request.Embedded)
	}
}
