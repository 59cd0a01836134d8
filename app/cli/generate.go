package cli

import (
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
			if *out == "-" && req.Batch > 1 {
				return Misuse("--batch is %d and --out standard output, want a file name", req.Batch)
			}
			return generate(ctx, env, req, running, *out, *asJSON, !*bare)
		}
	},
}

func generate(ctx context.Context, env *Env, req pipeline.Request, running *running, out string, asJSON, describe bool) error {
	began := time.Now()
	var results []*pipeline.Result
	hash := func() string { return "" }
	err := running.with(env, req.Engine, func(r pipeline.Runner, report func(pipeline.Progress)) (err error) {
		if describe {
			hash = modelHash(ctx, req.Model)
		}
		results, err = commission.Run(ctx, r, req, report)
		return err
	})
	if err != nil {
		return err
	}
	names := batchNames(out, len(results))
	for i, res := range results {
		var texts []file.Text
		if describe {
			texts = describeRun(env, res, hash())
		}
		if err := env.write(ctx, names[i], res.Image, texts, file.Meaning{}); err != nil {
			return err
		}
	}
	if asJSON {
		return printed(writeJSON(env.Stdout, newReport(results[0], names)))
	}
	for i, res := range results {
		if names[i] != "-" {
			size := res.Image.Rect.Size()
			fmt.Fprintf(env.Stderr, "%s: %d×%d with seed %s in %.1f s\n", names[i], size.X, size.Y, seedText(res.Request.Seed), time.Since(began).Seconds())
		}
	}
	return nil
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
