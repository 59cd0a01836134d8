package cli

import (
	"cmp"
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"text/tabwriter"

	"pentimento/app/collection"
	"pentimento/pipeline"
)

// library is the collection of the folders of --in, or of those the person chose, looked at now.
func (e *Env) library(ctx context.Context, f *modelFlags) (*collection.Collection, error) {
	c, places := collection.Open(""), collection.Places{Trees: f.in}
	if e.Collection != nil {
		own, chosen := e.Collection()
		if c = own; len(f.in) == 0 {
			places = chosen
		}
	}
	if places.None() {
		return nil, WithHint(errors.New("no folder of models is known"), "name one, such as --in ~/stable-diffusion-webui")
	}
	for _, dir := range f.in {
		if info, err := os.Stat(dir); err != nil || !info.IsDir() {
			return nil, WithHint(fmt.Errorf("--in %q: no such folder", dir), "it wants a folder of models, or that of A1111, ComfyUI or InvokeAI")
		}
	}
	bar := e.bar()
	_, err := c.Refresh(ctx, places, func(done, total int) {
		bar.report(pipeline.Progress{Stage: "reading models", Fraction: float64(done) / float64(max(total, 1))})
	})
	bar.clear()
	return c, err
}

// query are the flags as a query.
func (f *modelFlags) query() (q collection.Query, err error) {
	if f.kind != "" && !slices.Contains(collection.Kinds, f.kind) {
		return q, meant(Misuse("--kind %q, want one of %s", f.kind, strings.Join(collection.Kinds, ", ")), f.kind, collection.Kinds)
	}
	return collection.Query{Kind: f.kind, Family: f.family}, nil
}

var listModels = modelAction{"list", "", "lists the models of the library's folders, or of --in, each told by its\ncontent; broken files are named with the reason",
	func(fs *flag.FlagSet, f *modelFlags) Action {
		order := fs.String("sort", "name", "list: by name, size, date or used")
		doubled := fs.Bool("doubled", false, "list: only files of which there are several (see --hash)")
		gone := fs.Bool("missing", false, "list: only files that were there and are gone")
		hash := fs.Bool("hash", false, "list: read all files whole first, for hashes and doubles; they are remembered")
		return func(ctx context.Context, env *Env, args []string) error {
			q, err := f.query()
			if orders := []string{"name", "size", "date", "used"}; err == nil && !slices.Contains(orders, *order) {
				err = Misuse("--sort %q, want one of %s", *order, strings.Join(orders, ", "))
			}
			if err == nil && len(args) > 0 {
				err = WithHint(Misuse("argument %q is one too many", args[0]), "pentimento models find %s", args[0])
			}
			if err != nil {
				return err
			}
			c, err := env.library(ctx, f)
			if err == nil && *hash {
				err = env.hashAll(ctx, c)
			}
			if err != nil {
				return err
			}
			q.Sort, q.Doubled, q.Gone = *order, *doubled, *gone
			return env.printModels(c.List(q), f.json)
		}
	}}

// hashAll reads all files of a library whole.
func (e *Env) hashAll(ctx context.Context, c *collection.Collection) error {
	bar := e.bar()
	defer bar.clear()
	return c.HashAll(ctx, func(p collection.Progress) {
		bar.report(pipeline.Progress{Stage: "hashing " + p.Name, Fraction: float64(p.Bytes) / float64(max(p.Size, 1))})
	})
}

var findModels = modelAction{"find", "WORDS|HASH", "finds models by words of their name, folder, trigger words and tags, or by\nthe beginning of a hash (SHA-256, AutoV2, AutoV3, A1111's, sd-scripts')",
	func(fs *flag.FlagSet, f *modelFlags) Action {
		return func(ctx context.Context, env *Env, args []string) error {
			if len(args) == 0 {
				return WithHint(Misuse("nothing to find, want words or a hash"), "pentimento models find watercolour --in ~/stable-diffusion-webui")
			}
			q, err := f.query()
			if err != nil {
				return err
			}
			c, err := env.library(ctx, f)
			if err != nil {
				return err
			}
			q.Words = strings.Join(args, " ")
			rows := c.List(q)
			if len(rows) == 0 && len(args) == 1 && collection.IsHash(args[0]) { // of a file that was not read yet
				w := collection.Wanted{Hash: args[0]}
				if q.Kind != "" {
					w.Kind = []string{q.Kind}
				}
				if _, found := c.Find(ctx, w, 1<<62); found {
					rows = c.List(q)
				}
				if err := ctx.Err(); err != nil {
					return err
				}
			}
			if len(rows) == 0 {
				return WithHint(fmt.Errorf("no model has %q in its name, words, folder, tags or hashes", q.Words), "pentimento models list shows all")
			}
			return env.printModels(rows, f.json)
		}
	}}

// printModels prints items as a table, or as JSON.
func (e *Env) printModels(rows []collection.Row, asJSON bool) error {
	if asJSON {
		return printed(writeJSON(e.Stdout, slices.Concat([]collection.Row{}, rows)))
	}
	w := tabwriter.NewWriter(e.Stdout, 0, 8, 2, ' ', 0)
	broken := 0
	for _, r := range rows {
		kind, note := cmp.Or(r.Adapter, r.Kind), ""
		switch {
		case r.Away:
			note = "its folder isn't there now"
		case r.Gone:
			note = "gone"
		case r.Kind == collection.Broken:
			note = r.Trouble() + " (" + r.Problem + ")"
		case r.Problem != "":
			note = r.Problem
		case r.Doubles > 0:
			note = fmt.Sprintf("one of %d of this content", r.Doubles+1)
		}
		if r.Kind == collection.Broken {
			broken++
		}
		hash := "-"
		if len(r.Sums.SHA256) > pipeline.ModelHashDigits {
			hash = r.Sums.SHA256[:pipeline.ModelHashDigits]
		}
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\t%s\t%s\n", oneLine(r.Name()), kind, cmp.Or(r.Family, "-"), cmp.Or(r.DType, "-"), hash, megabytes(r.Size), oneLine(filepath.Clean(string(r.Path))))
		if note != "" {
			fmt.Fprintf(w, "  %s\n", oneLine(note))
		}
	}
	if err := w.Flush(); err != nil {
		return printed(err)
	}
	noun := "models"
	if len(rows) == 1 {
		noun = "model"
	}
	fmt.Fprintf(e.Stderr, "%d %s", len(rows), noun)
	if broken > 0 {
		fmt.Fprintf(e.Stderr, ", %d of them broken", broken)
	}
	_, err := fmt.Fprintln(e.Stderr)
	return printed(err)
}

// megabytes is a size for people.
func megabytes(n int64) string {
	switch {
	case n < 1<<20:
		return fmt.Sprintf("%.1f kB", float64(n)/(1<<10))
	case n < 10<<20:
		return fmt.Sprintf("%.1f MB", float64(n)/(1<<20))
	}
	return fmt.Sprintf("%d MB", n>>20)
}
