package cli

import (
	"context"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"pentimento/canvas/disk"
	"pentimento/pipeline"
	"pentimento/pipeline/merge"
)

// makeFlags are those of the actions that write a model. They share one set of flags.
type makeFlags struct {
	out, dtype string
	over       bool
}

// check is asked before anything is read. A model may exist nowhere else: a file that is there is
// written over only when that is said, one that is read never.
func (m *makeFlags) check(types []string, read ...string) error {
	if m.out == "" {
		return WithHint(Misuse("no --out"), "the file to write, such as --out merged.safetensors")
	}
	if !strings.EqualFold(filepath.Ext(m.out), ".safetensors") {
		return WithHint(Misuse("--out %q, want a name that ends in .safetensors", m.out), "that is what is written, whatever is read")
	}
	if m.dtype != "" && !slices.Contains(types, m.dtype) {
		return meant(Misuse("--type %q, want %s", m.dtype, strings.Join(types, " or ")), m.dtype, types)
	}
	if info, err := os.Stat(m.out); err == nil && info.Mode().IsRegular() && !m.over {
		return WithHint(fmt.Errorf("%q is there already", m.out), "choose another --out, or say --overwrite")
	}
	if out, err := os.Stat(m.out); err == nil {
		for _, path := range read {
			if in, err := os.Stat(path); err == nil && os.SameFile(in, out) {
				return WithHint(Misuse("--out %q is the file %q that is read, want another", m.out, path), "write to a new file, and replace the old one when you have tried it")
			}
		}
	}
	disk.Sweep(filepath.Dir(m.out))
	return disk.CanWrite(m.out)
}

// stored is how files call the types of --type.
var stored = map[string]string{"": "", "fp32": "F32", "fp16": "F16", "bf16": "BF16"}

// progress is a bar for work of the merger.
func (e *Env) progress(stage string) (report func(done, total int64), clear func()) {
	bar := e.bar()
	return func(done, total int64) {
		bar.report(pipeline.Progress{Stage: stage, Fraction: float64(done) / float64(max(total, 1))})
	}, bar.clear
}

var mergeModels = modelAction{"merge", "A [B [C]]", "makes a checkpoint of one to three (--method, --alpha, --bake-vae,\n--bake-lora, --type, --out); the file says how it was made",
	func(fs *flag.FlagSet, f *modelFlags) Action {
		o, m := merge.Options{}, &f.makeFlags
		var help []string
		for _, k := range merge.Methods {
			help = append(help, k.Name+" ("+k.Short+")")
		}
		fs.StringVar(&o.Method, "method", "weighted", "merge: `NAME` of the method: "+strings.Join(help, "; "))
		alpha := fs.Float64("alpha", 0.5, "merge: how much of B goes in")
		beta := fs.Float64("beta", 0.5, "merge: how much of C goes in, for triple and twice")
		base := shareFlag(fs, "base-alpha", "merge: alpha of text encoders and VAE, where it is another")
		baseBeta := shareFlag(fs, "base-beta", "merge: beta of text encoders and VAE, where it is another")
		blocks := listFlag(fs, "blocks", "merge: alphas of the denoiser's blocks, `LIST` of 25 numbers (IN00–IN11, M00, OUT00–OUT11) or, for SDXL, 19")
		blocksBeta := listFlag(fs, "blocks-beta", "merge: betas of the denoiser's blocks, a `LIST` likewise")
		fs.StringVar(&o.VAE, "bake-vae", "", "merge: put the VAE of this `FILE` in place")
		var baked loraFlags
		fs.Var(&baked, "bake-lora", "merge: make the adapter `FILE:STRENGTH` part of the weights; may be given several times")
		return func(ctx context.Context, env *Env, args []string) error {
			read := append(slices.Clone(args), o.VAE)
			for _, a := range baked {
				read = append(read, a.File)
			}
			if err := m.check([]string{"fp16", "fp32", "bf16"}, read...); err != nil {
				return err
			}
			if len(args) < 1 || len(args) > 3 {
				return WithHint(Misuse("%d models, want one to three", len(args)), "pentimento models merge a.safetensors b.safetensors --alpha 0.3 --out c.safetensors")
			}
			o.A, o.B, o.C = args[0], at(args, 1), at(args, 2)
			if len(args) == 1 && o.Method == "weighted" {
				o.Method = "none"
			}
			o.Type = stored[m.dtype]
			o.Alpha, o.Beta = shares(*alpha, base.given, *blocks), shares(*beta, baseBeta.given, *blocksBeta)
			for _, a := range baked {
				if a != (pipeline.Adapter{File: a.File, Weight: a.Weight, TextWeight: a.TextWeight}) {
					return Misuse("--bake-lora %s: ranks, block weights and steps cannot be baked in", filepath.Base(a.File))
				}
				o.Adapters = append(o.Adapters, merge.Baked{File: a.File, Denoiser: a.Weight, Text: a.TextWeight})
			}
			return env.merge(ctx, o, m.out, f.json)
		}
	}}

func at(list []string, i int) string {
	if i < len(list) {
		return list[i]
	}
	return ""
}

// merge writes the merged model, whole or not at all.
func (e *Env) merge(ctx context.Context, o merge.Options, out string, asJSON bool) error {
	j, err := merge.Open(o)
	if err != nil {
		return err
	}
	for _, n := range j.Notes {
		fmt.Fprintln(e.Stderr, "note: "+n)
	}
	var sums [3]merge.Sums
	report, clear := e.progress("hashing")
	for i, path := range []string{o.A, o.B, o.C} {
		if path == "" {
			continue
		}
		report(int64(i), 3)
		sum, old, err := pipeline.ModelSums(ctx, path)
		if err != nil {
			clear()
			return err
		}
		sums[i] = merge.Sums{SHA256: sum, Old: old}
	}
	clear()
	report, clear = e.progress("merging")
	err = disk.WriteAtomic(out, func(w io.Writer) error { return j.Write(ctx, w, j.Metadata(sums), report) })
	clear()
	return e.wrote(out, asJSON, err)
}

// wrote says how large a file became.
func (e *Env) wrote(path string, asJSON bool, err error) error {
	if err != nil {
		return err
	}
	info, err := os.Stat(path)
	if err != nil {
		return err
	}
	if asJSON {
		return printed(writeJSON(e.Stdout, map[string]any{"out": path, "bytes": info.Size()}))
	}
	fmt.Fprintf(e.Stderr, "%s: %.1f MB\n", filepath.Base(path), float64(info.Size())/1e6)
	return nil
}

var extractLoRA = modelAction{"extract", "TUNED BASE", "finds the LoRA that makes the model TUNED of the model BASE (--rank,\n--conv-rank, --out)",
	func(fs *flag.FlagSet, f *modelFlags) Action {
		m := &f.makeFlags
		conv := fs.Int("conv-rank", 0, "extract: rank of convolutions and what else is no attention; 0 leaves them out")
		least := fs.Float64("least", 0, "extract: leave out modules of which no weight differs by more")
		only := fs.String("only", "", "extract: `PART` of the model, denoiser or text; both where it is not given")
		return func(ctx context.Context, env *Env, args []string) error {
			if err := m.check([]string{"fp16", "fp32"}, args...); err != nil {
				return err
			}
			if len(args) != 2 {
				return WithHint(Misuse("%d models, want two", len(args)), "pentimento models extract tuned.safetensors base.safetensors --rank 32 --out lora.safetensors")
			}
			if parts := []string{"denoiser", "text"}; *only != "" && !slices.Contains(parts, *only) {
				return meant(Misuse("--only %q, want denoiser or text", *only), *only, parts)
			}
			o := merge.Extraction{Tuned: args[0], Base: args[1], Rank: f.rank, ConvRank: *conv, Least: *least, Only: *only, Type: stored[m.dtype]}
			if o.Type == "" {
				o.Type = "F16"
			}
			report, clear := env.progress("extracting")
			err := disk.WriteAtomic(m.out, func(w io.Writer) error { return merge.Extract(ctx, o, w, report) })
			clear()
			return env.wrote(m.out, f.json, err)
		}
	}}

var resizeLoRA = modelAction{"resize", "LORA", "makes a LoRA of another rank (--rank, or --keep SHARE of each module's\nchange; --out)",
	func(fs *flag.FlagSet, f *modelFlags) Action {
		m := &f.makeFlags
		keep := fs.Float64("keep", 0, "resize: let each module have the least rank that keeps this `SHARE` of its change, 0 to 1; --rank is the most")
		return func(ctx context.Context, env *Env, args []string) error {
			if err := m.check([]string{"fp16", "fp32"}, args...); err != nil {
				return err
			}
			if len(args) != 1 {
				return WithHint(Misuse("%d files, want one", len(args)), "pentimento models resize lora.safetensors --rank 16 --out small.safetensors")
			}
			o, r := merge.Resizing{File: args[0], Rank: f.rank, Keep: *keep, Type: stored[m.dtype]}, merge.Resized{}
			report, clear := env.progress("resizing")
			err := disk.WriteAtomic(m.out, func(w io.Writer) (err error) { r, err = merge.Resize(ctx, o, w, report); return err })
			clear()
			if err == nil {
				fmt.Fprintf(env.Stderr, "%d modules of rank %.3g on average keep %.1f %% of the change's length; %d other tensors are as they were\n", r.Modules, r.Rank, 100*r.Length, r.Kept)
			}
			return env.wrote(m.out, f.json, err)
		}
	}}

// shareFlag is a number that may be left out.
type share struct{ given *float64 }

func shareFlag(fs *flag.FlagSet, name, usage string) *share {
	s := &share{}
	fs.Func(name, usage+" (a `NUMBER`)", func(text string) error {
		v, err := strconv.ParseFloat(text, 64)
		s.given = &v
		return err
	})
	return s
}

// listFlag is a list of numbers with commas between them.
func listFlag(fs *flag.FlagSet, name, usage string) *[]float64 {
	list := new([]float64)
	fs.Func(name, usage, func(text string) error {
		for f := range strings.SplitSeq(text, ",") {
			v, err := strconv.ParseFloat(strings.TrimSpace(f), 64)
			if err != nil {
				return err
			}
			*list = append(*list, v)
		}
		return nil
	})
	return list
}
