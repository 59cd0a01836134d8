package cli

import (
	"cmp"
	"context"
	"flag"
	"fmt"
	"maps"
	"math/rand/v2"
	"strings"

	"pentimento/pipeline"
)

// own are the flags of engines (pipeline.Engines) that have some of their own, refused
// with another engine. A function declares them and returns what lays them into the
// request, before seed, picture and mask are set.
var own = map[pipeline.Engine]func(fs *flag.FlagSet) layer{
	pipeline.Diffusion: diffusionFlags,
}

// ownedBy begins the usage text of a flag that only one engine has; its name and a zero
// follow. Help groups such flags.
const ownedBy = "\x00"

// common are the flags of every verb that fills.
type common struct {
	image, out, engine string
	quality            qualityFlag // of out
	seed               seedFlag
	json, noMetadata   bool
	invert             bool // the mask
	over               *bool

	*running
	fs     *flag.FlagSet
	owners map[string]pipeline.Engine // flag name → the only engine that has it
	lay    map[pipeline.Engine]layer
}

// declare declares the common flags and those of the engines.
func (c *common) declare(fs *flag.FlagSet) {
	c.fs = fs
	names := engineNames()
	fs.StringVar(&c.image, "image", "", "the picture to work on (`P`: PNG, JPEG, WebP, TIFF, BMP, GIF, AVIF, HEIC, JPEG XL, PSD, .kra, .ora; - is standard input)")
	fs.StringVar(&c.out, "out", "", outUsage)
	fs.Var(&c.quality, "quality", qualityUsage)
	fs.StringVar(&c.engine, "engine", names[0], "how to fill: `NAME` is one of "+strings.Join(names, ", "))
	fs.Var(&c.seed, "seed", "`N` from 0; the same seed gives the same picture; -1 picks a random one")
	fs.BoolVar(&c.json, "json", false, "print what was done as JSON (to stderr with --out -)")
	fs.BoolVar(&c.noMetadata, "no-metadata", false, "don't embed how the picture was made")
	c.over = overwriteFlag(fs)
	c.running = runningFlags(fs)
	c.owners, c.lay = maps.Clone(ofNetworks), map[pipeline.Engine]layer{}
	for _, e := range pipeline.Engines {
		flags := own[e.ID]
		if flags == nil {
			continue
		}
		before := map[string]bool{}
		fs.VisitAll(func(f *flag.Flag) { before[f.Name] = true })
		c.lay[e.ID] = flags(fs)
		fs.VisitAll(func(f *flag.Flag) {
			if !before[f.Name] {
				c.owners[f.Name] = e.ID
				f.Usage = ownedBy + string(e.ID) + "\x00" + f.Usage
			}
		})
	}
}

func engineNames() (names []string) {
	for _, e := range pipeline.Engines {
		names = append(names, string(e.ID))
	}
	return names
}

// check refuses what is wrong on the command line.
func (c *common) check() error {
	if _, err := pipeline.FindEngine(pipeline.Engine(c.engine)); err != nil {
		return meant(Misuse("unknown engine %q", c.engine), c.engine, engineNames())
	}
	var err error
	c.fs.Visit(func(f *flag.Flag) {
		if owner, owned := c.owners[f.Name]; owned && owner != pipeline.Engine(c.engine) && err == nil {
			err = WithHint(Misuse("--%s belongs to engine %q, found engine %q", f.Name, owner, c.engine), "add --engine %s, or leave --%s out", owner, f.Name)
		}
	})
	if err != nil {
		return err
	}
	if c.image == "" {
		return WithHint(Misuse("--image is missing, want a picture"), "--image - reads standard input")
	}
	return cmp.Or(checkOut(c.out, c.quality), spares(c.out, *c.over, c.image))
}

// follow lets the recipe choose the engine where no flag does.
func (c *common) follow(from *taken) {
	if from != nil && !c.given("engine") {
		c.engine = string(from.engine())
	}
}

// given says whether a flag is on the command line.
func (c *common) given(name string) (yes bool) {
	c.fs.Visit(func(f *flag.Flag) { yes = yes || f.Name == name })
	return yes
}

// request is a request with engine, seed and the engine's own flags laid in; from is the
// recipe below them, nil for none.
func (c *common) request(ctx context.Context, env *Env, task pipeline.Task, from *taken) (pipeline.Request, error) {
	req := pipeline.Request{Ask: pipeline.Ask{Engine: pipeline.Engine(c.engine), Task: task}}
	if lay := c.lay[req.Engine]; lay != nil {
		if err := lay(ctx, env, &req, from); err != nil {
			return req, err
		}
	}
	if err := checkBatch(req.Batch, c.out); err != nil {
		return req, err
	}
	req.Seed = from.seed(env, c.seed)
	return req, nil
}

// checkBatch refuses several pictures where one has a place.
func checkBatch(n int, out string) error {
	if n > 1 && out == "-" {
		return Misuse("--batch is %d and --out standard output, want a file name", n)
	}
	return nil
}

func (e *Env) drawSeed() int64 {
	if e.pickSeed != nil {
		return e.pickSeed()
	}
	return rand.Int64N(1 << 32)
}

// enginesHelp lists the engines for the help of the verbs that have them.
func enginesHelp() string {
	var b strings.Builder
	b.WriteString("Engines:\n")
	for _, e := range pipeline.Engines {
		fmt.Fprintf(&b, "  %-12s %s\n", e.ID, e.Help)
	}
	return b.String()
}
