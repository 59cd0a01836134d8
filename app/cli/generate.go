package cli

import (
	"bytes"
	"context"
	"flag"
	"fmt"
	"image"
	"image/png"
	"io"
	"math/rand/v2"
	"time"

	"pentimento/canvas/file"
	"pentimento/pipeline"
	"pentimento/pipeline/metadata"
)

var generateVerb = Verb{
	Name:  "generate",
	Short: "Make a picture from a prompt, or anew from a picture",
	Long: "With --image the picture is refined: --strength says how far it may go. A batch is\n" +
		"written beside --out: a.png, a-2.png, a-3.png … with the seeds counting up.",
	Setup: func(fs *flag.FlagSet) Action {
		lay := diffusionFlags(fs)
		trace := traceLatentFlag(fs)
		seed := fs.Int64("seed", -1, "seed of the noise; drawn at random without it")
		from := fs.String("image", "", "`PICTURE` to begin on; - is standard input")
		out := fs.String("out", "", "`PNG` to write; - is standard output")
		asJSON := fs.Bool("json", false, "print seeds, sizes, seconds and peak memory as JSON")
		return func(ctx context.Context, env *Env, _ []string) error {
			if *out == "" {
				return Misuse("no --out")
			}
			if *out == "-" && *asJSON {
				return Misuse("--json and --out - both want standard output")
			}
			req := pipeline.Request{Engine: pipeline.Diffusion, Task: pipeline.Generate, Seed: *seed}
			if req.Seed < 0 {
				req.Seed = int64(rand.Uint32())
				if env.pickSeed != nil {
					req.Seed = env.pickSeed()
				}
			}
			if *from != "" {
				img, err := readPicture(ctx, env, *from)
				if err != nil {
					return err
				}
				req.Task, req.Image, req.Frame = pipeline.Refine, img, img.Rect
			}
			if err := lay(ctx, env, &req); err != nil {
				return err
			}
			return generate(ctx, env, req, trace, *out, *asJSON)
		}
	},
}

func generate(ctx context.Context, env *Env, req pipeline.Request, trace *latentTrace, out string, asJSON bool) error {
	p, err := env.Pipeline(pipeline.Diffusion)
	if err != nil {
		return err
	}
	defer func() { _ = p.Close() }()
	res, err := p.RunTraced(ctx, req, follow(env), trace.hook())
	if err != nil {
		return err
	}
	if err := trace.write(env); err != nil {
		return err
	}
	names := batchNames(out, len(res.Images))
	for i, img := range res.Images {
		if err := writePicture(ctx, env, names[i], img, res, i); err != nil {
			return err
		}
	}
	if asJSON {
		return printJSON(env, newReport(res, names))
	}
	return nil
}

// readPicture opens a picture file as straight alpha.
func readPicture(ctx context.Context, env *Env, path string) (*image.NRGBA, error) {
	if path != "-" {
		p, err := file.Open(ctx, path, nil)
		if err != nil {
			return nil, err
		}
		return p.NRGBA(), nil
	}
	r, err := file.Buffer(ctx, env.Stdin)
	if err != nil {
		return nil, fmt.Errorf("standard input: %w", err)
	}
	p, err := file.Decode(ctx, r, nil)
	if err != nil {
		return nil, fmt.Errorf("standard input: %w", err)
	}
	return p.NRGBA(), nil
}

// writePicture writes picture i of a result with what made it.
func writePicture(ctx context.Context, env *Env, path string, img *image.NRGBA, res *pipeline.Result, i int) error {
	var texts []file.Text
	for _, t := range account(env, res, i).Texts() {
		texts = append(texts, file.Text(t))
	}
	if path == "-" {
		var buf bytes.Buffer
		if err := file.EncodePNG(ctx, &buf, img, texts, png.DefaultCompression); err != nil {
			return err
		}
		_, err := env.Stdout.Write(buf.Bytes())
		return printed(err)
	}
	return file.WriteAtomic(path, func(w io.Writer) error {
		return file.EncodePNG(ctx, w, img, texts, png.DefaultCompression)
	})
}

// account is what a generated picture says of itself.
func account(env *Env, res *pipeline.Result, i int) *metadata.Document {
	q, r := res.Request, res.Images[i].Rect
	d := &metadata.Document{Program: "Pentimento " + env.Version, Width: r.Dx(), Height: r.Dy()}
	d.Add(metadata.Fill{
		Rect: metadata.RectOf(r.Sub(r.Min)), Time: time.Now(), Task: string(q.Task), Engine: string(q.Engine), Seed: res.Seeds[i],
		Prompt: q.Prompt, Negative: q.Negative, Steps: q.Steps, CFG: q.CFG, Sampler: q.Sampler, Schedule: q.Schedule,
		Strength: q.Strength, ClipSkip: q.ClipSkip, RNG: q.RNG, Width: q.Width, Height: q.Height, Model: q.Model, VAE: q.VAE,
	})
	return d
}
