package cli

import (
	"cmp"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"pentimento/pipeline"
)

// modelFor is the model that a recipe's picture is made with: the one that a flag names, or
// the recipe's where it is known here, by its hash first, or the starter. Another than the
// recipe names is never used without a word.
func (e *Env) modelFor(ctx context.Context, named string, t *taken) (path string, err error) {
	if t == nil {
		return e.model(named)
	}
	hash, name := t.model()
	path = named
	if path == "" && e.Known != nil && (hash != "" || name != "") {
		path = e.Known(ctx, hash, name)
	}
	if path == "" {
		if path, err = e.model(""); err != nil {
			if name != "" || hash != "" {
				err = WithHint(Misuse("no --model, and %s isn't among the known ones", label(name, hash)), "name its file with --model")
			}
			return path, err
		}
	}
	return path, e.compare(ctx, t, path)
}

// model is what the recipe calls its model, the hash "" where it is not one of ours or
// A1111's.
func (t *taken) model() (hash, name string) {
	hash, name = strings.ToLower(strings.TrimSpace(t.recipe.Value("Model hash"))), t.recipe.Value("Model")
	if len(hash) < 8 || strings.Trim(hash, "0123456789abcdef") != "" {
		hash = ""
	}
	return hash, name
}

func label(name, hash string) string {
	if hash == "" {
		return fmt.Sprintf("the model %q", name)
	}
	return strings.TrimSpace(fmt.Sprintf("the model %s [%s]", name, hash))
}

// compare says where a model is not the recipe's. Its file is read for that, which the run
// would do anyway.
func (e *Env) compare(ctx context.Context, t *taken, path string) error {
	hash, name := t.model()
	same := modelName(path) == modelName(name)
	if st, err := os.Stat(path); hash != "" && err == nil && !st.IsDir() {
		sum, old, err := pipeline.ModelSums(ctx, path)
		if ctx.Err() != nil {
			return ctx.Err()
		}
		t.sum = sum
		if err == nil && !strings.HasPrefix(sum, hash) && !strings.HasPrefix(hash, sum) && old != hash {
			t.say(e, "it was made with %s, and this run uses another: %s [%s]", label(name, hash), filepath.Base(path), sum[:pipeline.ModelHashDigits])
		}
		return nil
	}
	switch {
	case name == "" && hash == "":
		t.say(e, "it names no model; this run uses %s", filepath.Base(path))
	case !same:
		t.say(e, "it was made with %s, and this run uses another: %s", label(name, hash), filepath.Base(path))
	case hash != "":
		t.say(e, "its model %s was matched by the name alone: %s has no hash", label(name, hash), filepath.Base(path))
	}
	return nil
}

// modelName is a model's name as recipes have it, without regard to capitals.
func modelName(path string) string {
	name := strings.ToLower(path[strings.LastIndexAny(path, `/\`)+1:])
	return strings.TrimSuffix(strings.TrimSuffix(strings.TrimSuffix(name, ".safetensors"), ".ckpt"), ".gguf")
}

// near takes from beside the model and from the library what a recipe names, and leaves out what is not there;
// without a recipe it finds what the prompt names in the library.
func (e *Env) near(ctx context.Context, q *pipeline.Request, t *taken, given map[string]bool) {
	e.nameEmbeddings(q)
	e.nameWildcards(q)
	find := func(sum, name string) (path string) {
		if e.Adapters != nil {
			path = e.Adapters(ctx, sum, name)
		}
		return path
	}
	q.FindDrawnAdapters(find)
	e.nameUpscalers(ctx, q, t)
	if t == nil {
		q.FindAdapters(nil, find)
		return
	}
	if starter, err := e.model(""); err != nil || starter != q.Model {
		given["model"] = true
	}
	if !given["vae"] {
		q.VAE = e.vaeFor(ctx, q, t)
	}
	q.FindAdapters(pipeline.AdapterSums(t.recipe), func(sum, name string) string {
		if path := find(sum, name); path != "" {
			return path
		}
		return pipeline.AdapterOfSum(ctx, q.Model, sum)
	})
	for _, name := range q.DropMissing() {
		t.say(e, "not taken over: there is no adapter %q near the model or in the library of models", name)
	}
}

// nameUpscalers finds the files that enlarge: where a flag says, near the model, in the library or among what was
// fetched. Of a recipe one is left out, with a word, where it isn't here.
func (e *Env) nameUpscalers(ctx context.Context, q *pipeline.Request, t *taken) {
	var of pipeline.Request // what the recipe says
	if t != nil {
		of.Hires, _ = pipeline.HiresOf(t.recipe)
		if of.Enlarge = pipeline.SDUpscaleOf(t.recipe); t.run != nil {
			of.Hires, of.Enlarge = t.run.Request.Hires, t.run.Request.Enlarge
		}
	}
	if name, sum := q.HiresUpscaler(); name != "" {
		was, _ := of.HiresUpscaler()
		q.SetHiresUpscaler(e.nameUpscaler(ctx, q.Model, name, sum, was == name, t))
	}
	if q.Enlarge != nil && q.Enlarge.Network() != "" {
		how := *q.Enlarge
		how.Upscaler = e.nameUpscaler(ctx, q.Model, how.Upscaler, how.Sum, of.Enlarge != nil && of.Enlarge.Upscaler == how.Upscaler, t)
		q.Enlarge = &how
	}
}

// nameUpscaler is the file of one, or its name where there is none and no recipe told it; the run says that.
func (e *Env) nameUpscaler(ctx context.Context, model, name, sum string, told bool, t *taken) (path string) {
	if !told && exists(name) {
		path, _ = filepath.Abs(name)
	}
	if path == "" {
		path = pipeline.FindUpscaler(model, name)
	}
	for _, n := range pipeline.UpscalerNames(name) {
		if path == "" {
			path, _ = e.namedUpscaler(ctx, n, sum)
		}
	}
	if path == "" && told && exists(name) {
		path, _ = e.toldUpscaler(ctx, name, sum)
	}
	if path == "" && told {
		t.say(e, "not taken over: the upscaler %q isn't near the model or in the library; a filter enlarges", name)
		return ""
	}
	return cmp.Or(path, name)
}

// nameEmbeddings adds the library's embeddings to those that texts may name.
func (e *Env) nameEmbeddings(q *pipeline.Request) {
	if e.Collection == nil {
		return
	}
	_, places := e.Collection()
	q.Where.Embeddings = strings.Trim(strings.Join(append([]string{q.Where.Embeddings}, places.Embeddings()...), "\n"), "\n")
}

// vaeFor is the separate VAE that a recipe names, near the model or in the library; "" with a word
// where there is none.
func (e *Env) vaeFor(ctx context.Context, q *pipeline.Request, t *taken) string {
	name, sum := pipeline.VAEOf(t.recipe)
	if name == "" && sum == "" {
		return ""
	}
	path, same := pipeline.FindVAE(ctx, q.Model, name, sum, func(sum, name string) string {
		if e.VAEs == nil {
			return ""
		}
		return e.VAEs(ctx, sum, name)
	})
	switch {
	case path == "":
		t.say(e, "not taken over: the VAE %q isn't near the model or in the library of models; name its file with --vae", name)
	case !same:
		t.say(e, "it was made with the VAE %s [%s], and this run uses another of that name: %s", name, sum, path)
	}
	return path
}
