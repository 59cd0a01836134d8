package cli

import (
	"context"
	"flag"
	"fmt"
	"slices"
	"strings"
	"time"

	"pentimento/app/commission"
	"pentimento/canvas/file"
	"pentimento/pipeline"
	"pentimento/pipeline/metadata"
)

// recipeFlags name the fill of another picture that is made again.
type recipeFlags struct {
	path string
	nth  int
}

func (r *recipeFlags) declare(fs *flag.FlagSet) {
	fs.StringVar(&r.path, "recipe", "", "repeat a fill as described in the PNG `P`")
	fs.IntVar(&r.nth, "nth", 0, "which of its fills: `N` from 1, 0 is the last")
}

// besideRecipe are the flags that may be combined with --recipe; it says all the others.
var besideRecipe = []string{"recipe", "nth", "image", "mask", "out", "model", "vae", "device", "threads", "low-memory", "json", "no-metadata", "isolate", "trace-latent"}

func (r *recipeFlags) check(c *common) error {
	if r.path == "" {
		if r.nth != 0 {
			return Misuse("--nth without --recipe")
		}
		return nil
	}
	var err error
	c.fs.Visit(func(f *flag.Flag) {
		if !slices.Contains(besideRecipe, f.Name) && err == nil {
			err = WithHint(Misuse("--%s with --recipe, which already gives it", f.Name), "with --recipe only %s are allowed", strings.Join(besideRecipe[2:], ", "))
		}
	})
	if err != nil {
		return err
	}
	if c.image == "" {
		return WithHint(Misuse("--image is missing, want the picture before the fill"), "--recipe names the picture after it")
	}
	return checkOut(c.out)
}

// again makes a fill again: the same request, the same place read, the same plan. The
// recipe's picture and --image lie with their upper left corners on each other.
func (c *common) again(ctx context.Context, env *Env, r recipeFlags, maskPath string) error {
	began := time.Now()
	fill, err := env.recipe(ctx, r)
	if err != nil {
		return err
	}
	in, mask, err := c.pictures(ctx, env, maskPath)
	if err != nil {
		return err
	}
	o, err := commission.Again(in.img, mask, fill)
	if err != nil {
		return fmt.Errorf("%q: %w", r.path, err)
	}
	o.Texts = in.texts
	if q := &o.Request; q.Engine.Row().Network {
		var here pipeline.Request // the files and the machine are the flags'
		if err := c.lay[q.Engine](ctx, env, &here); err != nil {
			return err
		}
		here.Prediction = q.Prediction // a part of what the recipe says
		q.Models, q.Where = here.Models, here.Where
	}
	return (&job{common: c, order: o, began: began, from: in.from}).run(ctx, env)
}

// recipe reads the account of one fill from a picture.
func (e *Env) recipe(ctx context.Context, r recipeFlags) (metadata.Fill, error) {
	src, name, done, err := e.source(ctx, r.path)
	if err != nil {
		return metadata.Fill{}, err
	}
	defer done()
	found, err := file.Texts(src)
	if err != nil {
		return metadata.Fill{}, fmt.Errorf("%q: %w", name, err)
	}
	var texts []metadata.Text
	for _, t := range found {
		texts = append(texts, metadata.Text(t))
	}
	recipe, _ := metadata.Read(texts)
	if recipe == nil || recipe.Document == nil || len(recipe.Document.Fills) == 0 {
		return metadata.Fill{}, WithHint(fmt.Errorf("%q contains no Pentimento fill", name), "pentimento info shows what a picture contains")
	}
	fills := recipe.Document.Fills
	n := r.nth
	if n == 0 {
		n = len(fills)
	}
	if n < 1 || n > len(fills) {
		return metadata.Fill{}, fmt.Errorf("%q contains %d fills, want --nth from 1 to that", name, len(fills))
	}
	if f := fills[n-1]; len(f.Run) > 0 {
		return f, nil
	}
	return metadata.Fill{}, WithHint(fmt.Errorf("%q: fill %d doesn't say how it was planned", name, n), "it was written by an older program; give its settings as flags")
}
