package pipeline

import (
	"context"
	"path/filepath"
	"slices"
	"strings"

	"pentimento/pipeline/checkpoint"
	"pentimento/pipeline/metadata"
)

// VAEOf is the separate autoencoder that a recipe names, with the beginning of its sum; both are ""
// where it names none.
func VAEOf(r *metadata.Recipe) (name, sum string) {
	name, sum = baseName(strings.ReplaceAll(strings.TrimSpace(r.Value("VAE")), `\`, "/")), strings.ToLower(strings.TrimSpace(r.Value("VAE hash")))
	if slices.ContainsFunc([]string{"Automatic", "None", "Baked VAE"}, func(none string) bool { return strings.EqualFold(name, none) }) {
		return "", ""
	}
	return name, sum
}

// FindVAE is the file of VAEOf for a model, "" where there is none: the one of its name near the model where its
// sum is the recipe's or the recipe has none; else what find knows by sum and name, such as the library of models;
// else the one near the model after all, and same is false. It reads files.
func FindVAE(ctx context.Context, model, name, sum string, find func(sum, name string) string) (path string, same bool) {
	near := ""
	if name != "" {
		near, _ = checkpoint.Beside(model, "vae", filepath.Base(name)) // what isn't there may be elsewhere
	}
	is := func(path string) bool {
		if path == "" || sum == "" {
			return path != ""
		}
		found, _, err := ModelSums(ctx, path)
		return err == nil && strings.HasPrefix(found, sum)
	}
	if is(near) {
		return near, true
	}
	if found := find(sum, name); found != "" && (near == "" || is(found)) {
		return found, is(found)
	}
	return near, false
}
