package cli

import (
	"flag"
	"fmt"
	"slices"

	"pentimento/pipeline"
	"pentimento/pipeline/pixelart"
)

// tellIdle says of each of some flags that was given that it does nothing, and why.
func (e *Env) tellIdle(fs *flag.FlagSet, why string, names ...string) {
	for _, name := range names {
		if flagGiven(fs, name) {
			fmt.Fprintf(e.Stderr, "note: --%s does nothing: %s\n", name, why)
		}
	}
}

// refuse is an error about the first flag that was given and is none of those that act; why is its advice.
func refuse(fs *flag.FlagSet, acts []string, why string) (err error) {
	fs.Visit(func(g *flag.Flag) {
		if err == nil && !slices.Contains(acts, g.Name) {
			err = WithHint(Misuse("--%s has no use here", g.Name), "%s", why)
		}
	})
	return err
}

// cuttingFlags are the flags of declareCutting: how a network's subject is cut out.
var cuttingFlags = []string{"kind", "threshold", "radius", "shift", "eps", "grey", "keep-colours"}

// backgroundActs are the flags of the verb background that act whatever comes behind; all others are the model's.
var backgroundActs = slices.Concat(cuttingFlags, []string{"subject", "picture", "colour", "blur", "harmonise", "shadow", "as", "fetch", "in", "out", "json", "no-metadata", "quality", "overwrite", "recipe", "nth", "device", "threads", "low-memory", "isolate"})

// tellIdle says of flags that do nothing as it stands.
func (f *backgroundFlags) tellIdle(env *Env) {
	if f.mask != nil {
		env.tellIdle(f.fs, "the subject is a mask, which is taken as it is", cuttingFlags...)
	} else {
		env.tellIdleCutting(f.fs, f.how)
	}
	if f.as == asLayers {
		env.tellIdle(f.fs, "layers are written without loss", "quality")
	}
}

// tellIdleCutting says of flags of declareCutting that do nothing where the edge is not refined.
func (e *Env) tellIdleCutting(fs *flag.FlagSet, how pipeline.Cutting) {
	if how.Radius < 0 {
		e.tellIdle(fs, "with --radius -1 the edge is not refined", "eps", "grey")
	}
}

// tellIdle says of flags that do nothing as it stands.
func (f *cutoutFlags) tellIdle(env *Env) {
	env.tellIdleCutting(f.fs, f.how)
	if f.as == asMask {
		env.tellIdle(f.fs, "a mask has no colours", "keep-colours")
	}
}

// tellIdle says of flags that do nothing as it stands.
func (f *pixelateFlags) tellIdle(env *Env) {
	how := f.how.Settle()
	if how.Dither == pixelart.Dithers[0] {
		env.tellIdle(f.fs, "nothing is dithered without --dither", "dither-strength")
	}
	if how.Palette != "" || len(how.Colours) > 0 {
		env.tellIdle(f.fs, "the colours are the palette's, and none are looked for", "seed")
	}
}

// tellIdle says of flags that do nothing as it stands.
func (f *harmoniseFlags) tellIdle(env *Env) {
	l := f.look
	if l.Strength == 0 {
		env.tellIdle(f.fs, "with --strength 0 nothing is done but to lay the layer", "colour", "seam", "seam-width", "shadow", "direction", "length", "softness")
		return
	}
	if l.Seam == 0 {
		env.tellIdle(f.fs, "with --seam 0 the edge stays as it is", "seam-width")
	}
	if l.Shadow == 0 {
		env.tellIdle(f.fs, "with --shadow 0 there is no shadow", "direction", "length", "softness")
	}
}
