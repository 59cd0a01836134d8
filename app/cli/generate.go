package cli

import (
	"cmp"
	"context"
	"flag"
	"fmt"
	"time"

	"pentimento/app/commission"
	"pentimento/canvas/file"
	"pentimento/pipeline"
	"pentimento/pipeline/metadata"
)

var generateVerb = Verb{
	Name:  "generate",
	Short: "Generate a picture from a prompt, or rework one",
	Long: "--image gives a picture to rework; --strength says how much may change. A batch is\n" +
		"written next to --out: a.png, a-2.png, a-3.png …, with seeds counting up.",
	Setup: func(fs *flag.FlagSet) Action {
		lay := diffusionFlags(fs)
		running := runningFlags(fs)
		var seed seedFlag
		fs.Var(&seed, "seed", "`N`, the seed of the noise; random without it")
		from := fs.String("image", "", "`PICTURE` to rework; - is standard input")
		out := fs.String("out", "", "`PNG` to write; - is standard output")
		asJSON := fs.Bool("json", false, "print seeds, sizes, seconds and peak memory as JSON")
		bare := fs.Bool("no-metadata", false, "don't embed how the picture was made")
		return func(ctx context.Context, env *Env, _ []string) error {
			switch err := checkOut(*out); {
			case err != nil:
				return err
			case *out == "-" && *asJSON:
				return Misuse("--json and --out - both want standard output")
			}
			req := pipeline.Request{Ask: pipeline.Ask{Engine: pipeline.Diffusion, Task: pipeline.Generate}, Sampling: pipeline.Sampling{Seed: seed.or(env.drawSeed)}}
			if *from != "" {
				in, err := env.open(ctx, *from)
				if err != nil {
					return err
				}
				req.Task, req.Image, req.Frame = pipeline.Refine, in.img, in.img.Rect
			}
			if err := lay(ctx, env, &req); err != nil {
				return err
			}
			if err := checkBatch(req.Batch, *out); err != nil {
				return err
			}
			return generate(ctx, env, req, running, *out, *asJSON, !*bare)
		}
	},
}

func generate(ctx context.Context, env *Env, req pipeline.Request, running *running, out string, asJSON, describe bool) error {
	var results []*pipeline.Result
	hash, names := func() string { return "" }, batchNames(out, req.Batch)
	err := running.each(env, req, func(q pipeline.Request, r pipeline.Runner, report func(pipeline.Progress)) (func() error, error) {
		began := time.Now()
		if describe && len(results) == 0 {
			hash = modelHash(ctx, req.Model)
		}
		made, err := commission.Run(ctx, r, q, report)
		if err != nil {
			return nil, err
		}
		res, name := made[0], names[len(results)]
		return func() error {
			var texts []file.Text
			if describe {
				texts = describeRun(env, res, hash())
			}
			if err := env.write(ctx, name, res.Image, texts, file.Meaning{}); err != nil {
				return err
			}
			results = append(results, res)
			if size := res.Image.Rect.Size(); name != "-" && !asJSON {
				fmt.Fprintf(env.Stderr, "%s: %d×%d with seed %s in %.1f s\n", name, size.X, size.Y, seedText(res.Request.Seed), time.Since(began).Seconds())
			}
			return nil
		}, nil
	})
	if asJSON && len(results) > 0 {
		err = cmp.Or(err, printed(writeJSON(env.Stdout, newReport(results, names[:len(results)]))))
	}
	return err
}

// describeRun is what a generated picture says of itself; hash is its model's.
func describeRun(env *Env, res *pipeline.Result, hash string) []file.Text {
	r := res.Image.Rect
	d := &metadata.Document{Program: "Pentimento " + env.Version, Width: r.Dx(), Height: r.Dy()}
	f := res.Request.Record(r.Sub(r.Min), time.Now())
	f.ModelHash = hash
	d.Add(f)
	return commission.Texts(d)
}
