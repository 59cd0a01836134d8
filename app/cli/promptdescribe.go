package cli

import (
	"context"
	"flag"
	"fmt"
	"strings"

	"pentimento/pipeline"
	"pentimento/pipeline/pixels"
)

// describePicture puts a picture into words by a network of the person's.
func describePicture(fs *flag.FlagSet, f *promptFlags) Action {
	by, where := pipeline.CaptionBy{}, pipeline.Where{}
	fs.Float64Var(&by.General, "general", 0.35, "describe: a tagger's tags from this probability on, `N`")
	fs.Float64Var(&by.Character, "character", 0.85, "describe: the same of characters, `N`")
	fs.StringVar(&where.Device, "device", "", "describe: `NAME` of the device it runs on; see the verb devices")
	fs.IntVar(&where.Threads, "threads", 0, "describe: CPU threads; 0 = one per core")
	return func(ctx context.Context, env *Env, args []string) error {
		if len(args) != 1 || f.model == "" {
			return WithHint(Misuse("found %d pictures and the network %q, want one of each", len(args), f.model), "pentimento prompt describe photo.jpg --model tagger/model.onnx; --help says which networks")
		}
		for name, v := range map[string]float64{"general": by.General, "character": by.Character} {
			if !(v > 0 && v < 1) {
				return Misuse("--%s is %g, want above 0 and below 1", name, v)
			}
		}
		if err := env.checkDevice(where.Device); err != nil {
			return err
		}
		from, err := env.open(ctx, args[0])
		if err != nil {
			return err
		}
		p, err := env.Pipeline(pipeline.Diffusion)
		if err != nil {
			return err
		}
		defer func() { _ = p.Close() }() // the process ends soon
		by.File, by.Wildcards = f.model, strings.Join(f.wildcards, "\n")
		said, err := p.Caption(ctx, pixels.Crop(from.img, from.img.Rect), by, where)
		if err != nil {
			return err
		}
		if f.json {
			return printed(writeJSON(env.Stdout, said))
		}
		if said.Text == "" {
			fmt.Fprintln(env.Stderr, "note: the network found nothing to say; --general sets from which probability on a tag counts")
		}
		_, err = fmt.Fprintln(env.Stdout, oneLine(said.Text))
		return printed(err)
	}
}
