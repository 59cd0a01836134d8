package cli

import (
	"context"
	"flag"
	"fmt"
	"slices"
	"strings"
	"time"

	"pentimento/canvas/file"
	"pentimento/pipeline"
	"pentimento/pipeline/metadata"
	"pentimento/pipeline/pixels"
)

// recipeFlags name the fill of another picture that is made again.
type recipeFlags struct {
	path string
	nth  int
}

func (r *recipeFlags) declare(fs *flag.FlagSet) {
	fs.StringVar(&r.path, "recipe", "", "make a fill again as the PNG `P` says that it was made")
	fs.IntVar(&r.nth, "nth", 0, "which of its fills: `N` from 1, 0 is the last")
}

// besideRecipe are the flags that may stand beside --recipe; it says all the others.
var besideRecipe = []string{"recipe", "nth", "image", "mask", "out", "model", "vae", "device", "threads", "low-memory", "json", "no-metadata", "trace-latent"}

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
			err = WithHint(Misuse("--%s beside --recipe, which says it already", f.Name), "beside --recipe only %s count", strings.Join(besideRecipe[2:], ", "))
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
	replay, err := pipeline.ReadReplay(fill.Run)
	if err != nil {
		return fmt.Errorf("%q: %w", r.path, err)
	}
	in, mask, err := c.pictures(ctx, env, maskPath)
	if err != nil {
		return err
	}
	req := replay.Request
	if req.Engine == pipeline.Diffusion {
		if req.Model, err = env.model(c.fs.Lookup("model").Value.String()); err != nil {
			return err
		}
		req.VAE, req.Device = c.fs.Lookup("vae").Value.String(), c.fs.Lookup("device").Value.String()
	}
	away := replay.Read.Min.Sub(fill.Read.Rectangle().Min) // from the file's pixels to the canvas of then
	in.img.Rect, mask.Rect = in.img.Rect.Add(away), mask.Rect.Add(away)
	req.Image, req.Mask = pixels.Crop(in.img, replay.Read), pixels.CropMask(mask, replay.Read)
	j := &job{common: c, in: in, canvas: in.img, mask: mask, req: req, away: away, began: began}
	res, err := j.engine(ctx, env)
	if err != nil {
		return err
	}
	j.layBack(res)
	in.img.Rect, j.rect = in.img.Rect.Sub(away), j.rect.Sub(away)
	return j.finish(ctx, env, res)
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
		return metadata.Fill{}, WithHint(fmt.Errorf("%q carries no fill of ours", name), "pentimento info tells what a picture carries")
	}
	fills := recipe.Document.Fills
	n := r.nth
	if n == 0 {
		n = len(fills)
	}
	if n < 1 || n > len(fills) {
		return metadata.Fill{}, fmt.Errorf("%q carries %d fills, want --nth from 1 to that", name, len(fills))
	}
	if f := fills[n-1]; len(f.Run) > 0 {
		return f, nil
	}
	return metadata.Fill{}, WithHint(fmt.Errorf("%q: fill %d does not say how it was planned", name, n), "it was written by an older program; give its settings as flags")
}
