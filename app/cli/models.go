package cli

import (
	"context"
	"flag"
	"fmt"
	"io"
	"sort"
	"text/tabwriter"

	"pentimento/pipeline"
	"pentimento/pipeline/checkpoint"
	"pentimento/pipeline/family"
)

var modelsVerb = Verb{
	Name:  "models",
	Args:  "inspect FILE",
	Words: []string{"inspect"},
	Short: "Describe a model file: what it is, what it contains and what is wrong with it",
	Long: "inspect reads one .safetensors or .ckpt file, or a diffusers folder: family, kind, element\n" +
		"type, networks, settings, SHA-256 and A1111's short hash. A file that isn't a\n" +
		"complete model is reported too, with what was found and what is missing.",
	Setup: func(fs *flag.FlagSet) Action {
		asJSON := fs.Bool("json", false, "print the report as JSON")
		vae := fs.String("vae", "", "a separate VAE `FILE` that goes with it")
		var texts []string
		fs.Func("text-encoder", "a separate text encoder `FILE` that goes with it; twice for a model with two", func(s string) error { texts = append(texts, s); return nil })
		return func(ctx context.Context, env *Env, args []string) error {
			if len(args) > 0 && args[0] != "inspect" {
				return meant(Misuse("unknown action %q", args[0]), args[0], []string{"inspect"})
			}
			if len(args) != 2 {
				return WithHint(Misuse("arguments %q, want inspect and one file", args), "pentimento models inspect model.safetensors")
			}
			bar := env.bar()
			report, err := family.Inspect(ctx, args[1], checkpoint.Options{VAE: *vae, Text: texts}, func(done, total int64) {
				bar.report(pipeline.Progress{Stage: "hashing", Fraction: float64(done) / float64(max(total, 1))})
			})
			bar.clear()
			if err != nil {
				return err
			}
			if *asJSON {
				return printed(writeJSON(env.Stdout, report))
			}
			return printed(printReport(env.Stdout, report))
		}
	},
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
