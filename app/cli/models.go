package cli

import (
	"context"
	"flag"
	"fmt"
	"io"
	"sort"
	"strings"
	"text/tabwriter"

	"pentimento/app/collection"
	"pentimento/pipeline"
	"pentimento/pipeline/checkpoint"
	"pentimento/pipeline/family"
)

// modelAction is one word after "models": a row of modelActions, with a file of its own.
type modelAction struct {
	name, args, short string
	// setup declares the flags that are the action's own, as Verb.Setup; f is what all share.
	setup func(fs *flag.FlagSet, f *modelFlags) Action
}

// modelFlags are the flags that several actions share.
type modelFlags struct {
	json         bool
	in           []string // folders
	kind, family string

	into, sha256         string // of downloads and what is asked of sites
	resume, anew, forget bool

	makeFlags // of what is written
	rank      int
}

// modelActions is the table of what can be done with models, in the order of the help.
var modelActions = []modelAction{listModels, findModels, inspectModel, previewModel, fetchAction, catalogueAction, networksAction, lookupAction, tokenAction, mergeModels, extractLoRA, resizeLoRA}

var modelsVerb = Verb{
	Name:  "models",
	Args:  "ACTION …",
	Words: modelWords(),
	Short: "List, find and describe model files, get one, or ask Civitai what it is",
	Long:  modelsHelp(),
	Setup: func(fs *flag.FlagSet) Action {
		f := &modelFlags{}
		fs.BoolVar(&f.json, "json", false, "print the answer as JSON")
		fs.Func("in", "look through this `FOLDER`, or the A1111, ComfyUI or InvokeAI folder that it is; repeatable (the folders chosen in the window)",
			func(s string) error { f.in = append(f.in, s); return nil })
		fs.StringVar(&f.kind, "kind", "", "of this `KIND` alone: "+strings.Join(collection.Kinds, ", "))
		fs.StringVar(&f.family, "family", "", "of this `FAMILY` alone: sd1, sd2, sdxl, …")
		fs.StringVar(&f.into, "into", "", "fetch, networks: the `FOLDER` for it, else the window's")
		fs.StringVar(&f.sha256, "sha256", "", "fetch: the `HASH` that the file must have, 64 hex digits")
		fs.BoolVar(&f.resume, "resume", false, "fetch: go on with what is not whole; without a source with all of it")
		fs.BoolVar(&f.anew, "anew", false, "fetch: begin with the first byte; lookup: ask again")
		fs.BoolVar(&f.forget, "forget", false, "token: take it out of the key ring")
		fs.StringVar(&f.out, "out", "", "preview, merge, extract, resize: the `FILE` to write")
		fs.StringVar(&f.dtype, "type", "", "merge, extract, resize: `fp16|fp32|bf16`, else that of the files; extract: fp16")
		fs.BoolVar(&f.over, "overwrite", false, "merge, extract, resize: write over a file that is there")
		fs.IntVar(&f.rank, "rank", 32, "extract: rank of the LoRA; resize: the most that a module may have")
		run := map[string]Action{}
		for _, a := range modelActions {
			run[a.name] = a.setup(fs, f)
		}
		return func(ctx context.Context, env *Env, args []string) error {
			if len(args) == 0 {
				return WithHint(Misuse("no action, want one of %s", strings.Join(modelWords(), ", ")), "pentimento models inspect model.safetensors")
			}
			action, ok := run[args[0]]
			if !ok {
				return meant(Misuse("unknown action %q", args[0]), args[0], modelWords())
			}
			return action(ctx, env, args[1:])
		}
	},
}

func modelWords() (words []string) {
	for _, a := range modelActions {
		words = append(words, a.name)
	}
	return words
}

func modelsHelp() string {
	var b strings.Builder
	for i, a := range modelActions {
		if i > 0 {
			b.WriteString("\n")
		}
		fmt.Fprintf(&b, "%-16s %s", strings.TrimSpace(a.name+" "+a.args), strings.ReplaceAll(a.short, "\n", "\n"+strings.Repeat(" ", 17)))
	}
	return b.String()
}

var inspectModel = modelAction{"inspect", "FILE", "reads one file of networks or a diffusers folder: kind, family, element\ntype, settings, hashes, trigger words. What isn't complete is reported\ntoo, with what was found and what is missing.",
	func(fs *flag.FlagSet, f *modelFlags) Action {
		vae := fs.String("vae", "", "inspect: a separate VAE `FILE` that goes with it")
		var texts []string
		fs.Func("text-encoder", "inspect: a separate text encoder `FILE` that goes with it; twice for a model with two", func(s string) error { texts = append(texts, s); return nil })
		return func(ctx context.Context, env *Env, args []string) error {
			if len(args) != 1 {
				return WithHint(Misuse("arguments %q, want one file", args), "pentimento models inspect model.safetensors")
			}
			bar := env.bar()
			report, err := family.Inspect(ctx, args[0], checkpoint.Options{VAE: *vae, Text: texts}, func(done, total int64) {
				bar.report(pipeline.Progress{Stage: "hashing", Fraction: float64(done) / float64(max(total, 1))})
			})
			bar.clear()
			if err != nil {
				return err
			}
			item, err := collection.Inspect(args[0])
			if err != nil {
				return err
			}
			if f.json {
				return printed(writeJSON(env.Stdout, struct {
					*checkpoint.Report
					Card collection.Card `json:"card,omitzero"`
				}{report, item.Card}))
			}
			return printed(printReport(env.Stdout, report, item.Card))
		}
	}}

func printReport(out io.Writer, r *checkpoint.Report, card collection.Card) error {
	w := tabwriter.NewWriter(out, 0, 8, 2, ' ', 0)
	line := func(name string, format string, a ...any) {
		fmt.Fprintf(w, "%s\t%s\n", name, oneLine(fmt.Sprintf(format, a...)))
	}
	line("file", "%s (%s)", r.Path, r.Layout)
	line("kind", "%s", strings.TrimSpace(r.Kind+" "+r.Adapter))
	switch {
	case r.FamilyLabel != "":
		line("family", "%s (%s)", r.Family, r.FamilyLabel)
	case r.Family != "":
		line("family", "made for %s", r.Family)
	}
	if r.Channels > 0 {
		use := "generates; masks by blending"
		if r.Inpainting {
			use = "made for inpainting"
		}
		line("denoiser", "%d input channels: %s", r.Channels, use)
	}
	if r.DType != "" {
		line("element type", "%s", r.DType)
	}
	line("tensors", "%d with %d values", r.Tensors, r.Values)
	for _, p := range r.Parts {
		line("  "+p.Role, "%s, %d tensors, %d values", p.DType, p.Tensors, p.Values)
	}
	if s := r.Settings; s != nil {
		line("prediction", "%s (%s)", s.Prediction, s.PredictionWhy)
		line("schedule", "%s, %g to %g, %d steps", s.Schedule.Kind, s.Schedule.BetaStart, s.Schedule.BetaEnd, s.Schedule.Steps)
		line("native size", "%d pixels", s.NativeSize)
	}
	for _, f := range r.Files {
		line("hash", "%s  sha256 %s  short %s  %d bytes", f.Name, f.SHA256, f.ShortHash, f.Size)
		if f.Data != "" {
			line("  of its data", "AutoV3 %s  sd-scripts %s  before 2023 %s", f.Data[:12], f.Data, f.Old)
		}
	}
	printCard(line, card)
	keys := make([]string, 0, len(r.Metadata))
	for k := range r.Metadata {
		keys = append(keys, k)
	}
	sort.Strings(keys)
	for _, k := range keys {
		if k == "modelspec.thumbnail" {
			continue // a picture's bytes: models preview writes it
		}
		line("metadata", "%s = %s", k, r.Metadata[k])
	}
	for _, p := range r.Problems {
		line("problem", "%s", p)
	}
	if len(r.Problems) == 0 {
		line("problems", "none")
	}
	return w.Flush()
}

// printCard prints what is written of a model in it and beside it.
func printCard(line func(name, format string, a ...any), c collection.Card) {
	for _, l := range []struct{ name, text string }{
		{"title", c.Title}, {"made from", c.Base}, {"author", c.Author}, {"licence", c.License}, {"trigger words", strings.Join(c.Words, ", ")}, {"negative", c.Negative}, {"notes", c.Notes},
	} {
		if l.text != "" {
			line(l.name, "%s", l.text)
		}
	}
	if c.Weight != 0 {
		line("weight", "%g", c.Weight)
	}
	if len(c.Trained) > 0 {
		var words []string
		for _, t := range c.Trained {
			words = append(words, fmt.Sprintf("%s (%d)", t.Word, t.N))
		}
		line("trained on", "%s", strings.Join(words, ", "))
	}
	if c.Picture != "" {
		line("picture", "%s", c.Picture)
	}
}
