package cli

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"pentimento/app/collection"
	"pentimento/canvas/file"
	"pentimento/pipeline"
	"pentimento/pipeline/pipelinetest"
)

// TestTheLibraryHasWhatARecipeNames: a VAE that is called otherwise and lies far from the model is found by its
// sum, embeddings of the library's folders are words of prompts, and adapters of them are applied.
func TestTheLibraryHasWhatARecipeNames(t *testing.T) {
	root, far := t.TempDir(), t.TempDir()
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	m := pipelinetest.Tiny(t, "tiny15")
	must(m.WriteTo(root, "single", "F16"))
	must(m.WriteTo(far, "folder", "F16"))
	model := filepath.Join(root, "tiny15.safetensors")
	var folder string
	must(filepath.Walk(far, func(path string, info os.FileInfo, err error) error {
		if filepath.Base(path) == "vae" {
			folder = path
		}
		return err
	}))
	entries, err := os.ReadDir(folder)
	must(err)
	trees := t.TempDir()
	must(os.MkdirAll(filepath.Join(trees, "VAE"), 0o755))
	must(os.MkdirAll(filepath.Join(trees, "embeddings"), 0o755))
	vae := filepath.Join(root, "odd one.safetensors")
	for _, e := range entries {
		if strings.HasSuffix(e.Name(), ".safetensors") {
			must(os.Rename(filepath.Join(folder, e.Name()), vae))
		}
	}
	must(pipelinetest.WriteSafetensors(filepath.Join(trees, "embeddings", "mistword.safetensors"), []pipelinetest.Item{pipelinetest.NewItem("emb_params", "F32", make([]float32, 2*128), 2, 128)}, nil))
	m.WriteLoRA(t, filepath.Join(trees, "Lora"), "farfog", 2)

	library := collection.Open("")
	places := collection.Places{Trees: []string{trees}}
	find := func(kind string) func(ctx context.Context, sum, name string) string {
		return func(ctx context.Context, sum, name string) string {
			_, err := library.Refresh(ctx, places, nil)
			must(err)
			path, _ := library.Find(ctx, collection.Wanted{Hash: sum, Name: name, Kind: []string{kind}}, 1<<30)
			return path
		}
	}
	run := func(args ...string) (errs string) {
		t.Helper()
		var out, said bytes.Buffer
		env := paintEnv(t, &out, &said)
		env.Collection = func() (*collection.Collection, collection.Places) { return library, places }
		env.Adapters, env.VAEs = find("adapter"), find("vae")
		if code := Main(t.Context(), args, env); code != ExitDone {
			t.Fatalf("exit %d: %s", code, said.String())
		}
		return said.String()
	}
	picture, again := filepath.Join(far, "a.png"), filepath.Join(far, "b.png")
	said := run("generate", "--model", model, "--vae", vae, "--prompt", "a mistword <lora:farfog:0.5>", "--size", "64x64", "--steps", "2", "--seed", "5", "--out", picture)
	if strings.Contains(said, "not applied") {
		t.Errorf("it says %s", said)
	}
	text := recipeText(t, picture)
	for _, part := range []string{"VAE hash", "mistword: ", "farfog: "} {
		if !strings.Contains(text, part) {
			t.Errorf("the record has no %s: %s", part, text)
		}
	}
	must(os.Rename(vae, filepath.Join(trees, "VAE", "kl.safetensors")))
	if said = run("generate", "--recipe", picture, "--model", model, "--out", again); strings.Contains(said, "VAE") {
		t.Errorf("it says %s", said)
	}
	if !bytes.Equal(decoded(t, picture).Pix, decoded(t, again).Pix) || !strings.Contains(recipeText(t, again), "VAE: kl,") {
		t.Errorf("made again it is another picture, by %s", recipeText(t, again))
	}
}

// recipeText is what a picture says of its making, as A1111 reads it.
func recipeText(t *testing.T, path string) (out string) {
	t.Helper()
	texts, err := file.ReadTexts(path)
	if err != nil {
		t.Fatal(err)
	}
	for _, text := range texts {
		if text.Key == "parameters" {
			out = text.Text
		}
	}
	return out
}

// TestAVAEOfTheSameNameIsNotTakenForTheRecipes where the sum says which it was.
func TestAVAEOfTheSameNameIsNotTakenForTheRecipes(t *testing.T) {
	root := t.TempDir()
	model, near, far := filepath.Join(root, "m.safetensors"), filepath.Join(root, "vae", "kl.safetensors"), filepath.Join(root, "far.safetensors")
	for path, text := range map[string]string{model: "m", near: "another", far: "this one"} {
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	sum, _, err := pipeline.ModelSums(t.Context(), far)
	if err != nil {
		t.Fatal(err)
	}
	know := func(path string) func(sum, name string) string { return func(string, string) string { return path } }
	for what, c := range map[string]struct {
		name, sum, knows, want string
		same                   bool
	}{
		"by its sum":                      {"kl.safetensors", sum[:10], far, far, true},
		"by its name alone":               {"kl", "", far, near, true},
		"another, where there is no such": {"kl.safetensors", sum[:10], "", near, false},
		"the library's by its name":       {"else", "", far, far, true},
		"none":                            {"else", sum[:10], "", "", false},
	} {
		if path, same := pipeline.FindVAE(t.Context(), model, c.name, c.sum, know(c.knows)); path != c.want || same != c.same {
			t.Errorf("%s: %s, %v", what, path, same)
		}
	}
}
