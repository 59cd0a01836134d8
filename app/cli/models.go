package cli

import (
	"context"
	"flag"
	"fmt"
	"io"
	"slices"
	"sort"
	"strings"
	"text/tabwriter"

	"pentimento/pipeline"
	"pentimento/pipeline/checkpoint"
	"pentimento/pipeline/family"
)

// modelsAction is what `pentimento models NAME` does; a row of modelsActions.
type modelsAction struct {
	name, args string // "inspect", "FILE"
	run        func(ctx context.Context, env *Env, f *modelsFlags, args []string) error
}

// modelsFlags are the flags of all actions.
type modelsFlags struct {
	json                 bool
	vae                  string
	texts                []string
	into, sha256         string
	resume, anew, forget bool
}

var modelsActions = []modelsAction{
	{"inspect", "FILE", inspectModel},
	{"fetch", "SOURCE", fetchModel},
	{"catalogue", "", listCatalogue},
	{"lookup", "FILE|HASH", lookUpModel},
	{"token", "civitai|huggingface", keepToken},
}

func modelsNames() (names, forms []string) {
	for _, a := range modelsActions {
		names = append(names, a.name)
		forms = append(forms, strings.TrimSpace(a.name+" "+a.args))
	}
	return names, forms
}

var modelsVerb = Verb{
	Name:  "models",
	Args:  "inspect FILE | fetch SOURCE | catalogue | lookup FILE|HASH | token SITE",
	Words: []string{"inspect", "fetch", "catalogue", "lookup", "token"},
	Short: "Describe a model file, get one, or ask Civitai what it is",
	Long: "inspect reads one .safetensors or .ckpt file, or a diffusers folder: family, kind, element\n" +
		"type, networks, settings, SHA-256 and A1111's short hash. A file that isn't a\n" +
		"complete model is reported too, with what was found and what is missing.\n" +
		"\n" +
		"fetch downloads from an address (https://…), civitai:VERSION, hf:OWNER/REPOSITORY/FILE\n" +
		"or a name that catalogue lists. An interrupted download goes on where it ended, in\n" +
		"NAME.part; fetch --resume without a source goes on with all of them. The hash is held\n" +
		"against --sha256, what the site says, and what the address gave the first time.\n" +
		"lookup asks Civitai for a file by its hash; the answer is kept. These two speak to the\n" +
		"sites that they name, nothing else in this program does.\n" +
		"\n" +
		"token reads a site's token from standard input and keeps it in the system's key ring;\n" +
		"CIVITAI_TOKEN and HF_TOKEN in the environment come before it.",
	Setup: func(fs *flag.FlagSet) Action {
		f := &modelsFlags{}
		fs.BoolVar(&f.json, "json", false, "print the result as JSON")
		fs.StringVar(&f.vae, "vae", "", "inspect: a separate VAE `FILE` that goes with it")
		fs.Func("text-encoder", "inspect: a separate text encoder `FILE` that goes with it; twice for a model with two", func(s string) error { f.texts = append(f.texts, s); return nil })
		fs.StringVar(&f.into, "into", "", "fetch: the `FOLDER` for it, else that of the window's downloads")
		fs.StringVar(&f.sha256, "sha256", "", "fetch: the `HASH` that the file must have, 64 hex digits")
		fs.BoolVar(&f.resume, "resume", false, "fetch: go on with what is not whole; without a source with all of it")
		fs.BoolVar(&f.anew, "anew", false, "fetch: begin with the first byte; lookup: ask again")
		fs.BoolVar(&f.forget, "forget", false, "token: take it out of the key ring")
		return func(ctx context.Context, env *Env, args []string) error {
			names, forms := modelsNames()
			if len(args) == 0 {
				return WithHint(Misuse("no action, want one of %s", strings.Join(names, ", ")), "pentimento models %s", strings.Join(forms, "; pentimento models "))
			}
			i := slices.Index(names, args[0])
			if i < 0 {
				return meant(Misuse("unknown action %q", args[0]), args[0], names)
			}
			wanted := 0
			if modelsActions[i].args != "" {
				wanted = 1
			}
			if n := len(args) - 1; n != wanted && !(args[0] == "fetch" && f.resume && n == 0) {
				return WithHint(Misuse("%s: arguments %q, want %d", args[0], args[1:], wanted), "pentimento models %s", forms[i])
			}
			return modelsActions[i].run(ctx, env, f, args[1:])
		}
	},
}

func inspectModel(ctx context.Context, env *Env, f *modelsFlags, args []string) error {
	bar := env.bar()
	report, err := family.Inspect(ctx, args[0], checkpoint.Options{VAE: f.vae, Text: f.texts}, func(done, total int64) {
		bar.report(pipeline.Progress{Stage: "hashing", Fraction: float64(done) / float64(max(total, 1))})
	})
	bar.clear()
	if err != nil {
		return err
	}
	if f.json {
		return printed(writeJSON(env.Stdout, report))
	}
	return printed(printReport(env.Stdout, report))
}

func printReport(out io.Writer, r *checkpoint.Report) error {
	w := tabwriter.NewWriter(out, 0, 8, 2, ' ', 0)
	line := func(name string, format string, a ...any) {
		fmt.Fprintf(w, "%s\t%s\n", name, oneLine(fmt.Sprintf(format, a...)))
	}
	line("file", "%s (%s)", r.Path, r.Layout)
	line("kind", "%s", r.Kind)
	if r.Family != "" {
		line("family", "%s (%s)", r.Family, r.FamilyLabel)
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
	}
	keys := make([]string, 0, len(r.Metadata))
	for k := range r.Metadata {
		keys = append(keys, k)
	}
	sort.Strings(keys)
	for _, k := range keys {
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
