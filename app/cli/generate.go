package cli

import (
	"cmp"
	"context"
	"flag"
	"fmt"
	"image"
	"time"

	"pentimento/app/commission"
	"pentimento/canvas/colour"
	"pentimento/canvas/file"
	"pentimento/pipeline"
	"pentimento/pipeline/metadata"
)

var generateVerb = Verb{
	Name:  "generate",
	Short: "Generate a picture from a prompt, or rework one",
	Long: recipeHelp("A picture of this verb is made again,\npixel for pixel.") + "\n\n" +
		"--image gives a picture to rework; --strength says how much may change. With --enlarge it\n" +
		"is made larger first and reworked in tiles (SD upscale). A batch is\n" +
		"written next to --out: a.png, a-2.png, a-3.png …, with seeds counting up.",
	Setup: func(fs *flag.FlagSet) Action {
		lay := diffusionFlags(fs)
		enlarge := settingFlags(fs, func(s *pipeline.Setting) bool {
			return s.ID == "enlarge" || s.ID == "upscaler" || s.ID == "upscale_overlap"
		})
		running := runningFlags(fs)
		var seed seedFlag
		fs.Var(&seed, "seed", "`N`, the seed of the noise; random without it")
		image := fs.String("image", "", "`PICTURE` to rework; - is standard input")
		out := fs.String("out", "", outUsage)
		var quality qualityFlag
		fs.Var(&quality, "quality", qualityUsage)
		over := overwriteFlag(fs)
		asJSON := fs.Bool("json", false, "print seeds, sizes, seconds and peak memory as JSON (to stderr with --out -)")
		bare := fs.Bool("no-metadata", false, "don't embed how the picture was made")
		var again recipeFlags
		again.declare(fs)
		return func(ctx context.Context, env *Env, _ []string) error {
			if err := cmp.Or(checkOut(*out, quality), spares(*out, *over, *image)); err != nil {
				return err
			}
			from, err := again.read(ctx, env, generates)
			if err != nil {
				return err
			}
			if from != nil {
				from.details = true
			}
			req := pipeline.Request{Ask: pipeline.Ask{Engine: pipeline.Diffusion, Task: pipeline.Generate}}
			var in input
			if *image != "" {
				if in, err = env.open(ctx, *image); err != nil {
					return err
				}
				req.Task, req.Image, req.Frame = pipeline.Refine, in.img, in.img.Rect
			}
			if err := enlarge.lay(&req); err != nil {
				return err
			}
			if err := lay(ctx, env, &req, from); err != nil {
				return err
			}
			switch {
			case req.Upscaled() && *image != "":
				req.Task, req.Hires = pipeline.SDUpscale, nil
			case flagGiven(fs, "enlarge") && req.Upscaled():
				return WithHint(Misuse("--enlarge is %g and there is no picture to enlarge", req.Enlarge.By), "name it by --image; a picture that is generated becomes larger by --hires")
			default:
				req.Enlarge = nil
			}
			req.Seed = from.seed(env, seed)
			if from.repeats(fs, func(task string) bool { return task == string(req.Task) && from.run.Read.Size() == from.sizeOf(in) }) {
				req = from.again(req)
				if req.Image = in.img; in.img != nil {
					moved := *in.img
					moved.Rect = moved.Rect.Sub(moved.Rect.Min).Add(from.run.Read.Min)
					req.Image = &moved
				}
			}
			if err := env.redone(ctx, &req, from); err != nil {
				return err
			}
			fs.Visit(func(f *flag.Flag) {
				if f.Name == "size" {
					draft(&req)
				}
			})
			if err := checkBatch(req.Batch, *out); err != nil {
				return err
			}
			return generate(ctx, env, req, in.from, running, target{*out, quality, *asJSON, !*bare}, from)
		}
	},
}

// draft asks for a picture of a size instead of a network that works at it, where the model is
// too small for that and would paint every thing several times: it is drafted small and
// refined, as the window's frame is. The size of a recipe stays that of the network.
func draft(q *pipeline.Request) {
	size := image.Pt(q.Width, q.Height)
	if info, err := pipeline.Describe(q.Models); err == nil && q.Image == nil && q.Plan == nil && q.Hires == nil && info.Drafts(size) {
		q.Frame, q.Width, q.Height = image.Rectangle{Max: size}, 0, 0
	}
}

// generates says whether a task of a recipe is one that the verb generate repeats.
func generates(task string) bool {
	row := pipeline.Task(task).Row()
	return row.Name != "" && !row.Needs.Mask
}

// target is where pictures go, and how.
type target struct {
	out            string
	quality        qualityFlag
	json, describe bool
}

// generate makes pictures; from is the one that they rework, recipe what they are made by,
// both nil for none.
func generate(ctx context.Context, env *Env, req pipeline.Request, from *file.Picture, running *running, to target, recipe *taken) error {
	var results []*pipeline.Result
	hash, names := func() string { return "" }, batchNames(to.out, req.Batch)
	var space *colour.Space
	if from != nil {
		space = from.Space()
	}
	err := running.each(env, req, func(q pipeline.Request, r pipeline.Runner, report func(pipeline.Progress)) (func() error, error) {
		began := time.Now()
		if to.describe && len(results) == 0 {
			hash = recipe.hash(ctx, req.Model)
		}
		made, err := commission.Run(ctx, commission.In(space, r), q, report)
		if err != nil {
			return nil, err
		}
		res, name := made[0], names[len(results)]
		return func() error {
			var texts []file.Text
			if to.describe {
				texts = describeRun(env, res, hash())
			}
			if err := env.write(ctx, name, to.quality, deepened(from, res.Image), texts, saidBy(from, !to.describe)); err != nil {
				return err
			}
			results = append(results, res)
			if size := res.Image.Rect.Size(); !to.json {
				fmt.Fprintf(env.Stderr, "%s: %d×%d with seed %s in %.1f s\n", shownName(name), size.X, size.Y, seedText(res.Request.Seed), time.Since(began).Seconds())
			}
			return nil
		}, nil
	})
	if to.json && len(results) > 0 {
		err = cmp.Or(err, printed(writeJSON(env.factsTo(to.out), newReport(results, names[:len(results)], recipe.said()))))
	}
	return err
}

// deepened is a reworked picture with the 16 bits of the one it was made from, where it is of
// its size and has not changed.
func deepened(from *file.Picture, img *image.NRGBA) image.Image {
	if from == nil || from.Bounds().Size() != img.Rect.Size() {
		return img
	}
	return from.Deepen(img, img.Rect.Min)
}

// describeRun is what a generated picture says of itself; hash is its model's.
func describeRun(env *Env, res *pipeline.Result, hash string) []file.Text {
	r := res.Image.Rect
	d := &metadata.Document{Program: "Pentimento " + env.Version, Width: r.Dx(), Height: r.Dy()}
	f := commission.Account(res, r.Sub(r.Min), time.Now())
	f.Read, f.ModelHash = f.Rect, hash
	d.Add(f)
	return commission.Texts(d)
}
