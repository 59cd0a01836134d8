package cli

import (
	"cmp"
	"context"
	"flag"
	"fmt"
	"image"
	"strconv"
	"strings"

	"pentimento/canvas/file"
	"pentimento/pipeline/harmony"
)

var harmoniseVerb = Verb{
	Name:  "harmonise",
	Args:  "PICTURE LAYER OUT",
	Short: "Lay a cut-out over a picture as if it belonged there: colours, edge, shadow",
	Long: `LAYER is a picture with transparency: its colours come nearer to those around the
place where it is laid, its edge takes on what it lies on, and it casts a soft
shadow. No network is needed. Where neither the layer nor its shadow is, OUT has
every bit of PICTURE.

Examples:
  pentimento harmonise street.jpg person.png out.png --at 420,180
  pentimento harmonise wall.jpg patch.png out.png --at 64,64 --shadow 0 --seam-width 1`,
	Setup: func(fs *flag.FlagSet) Action {
		f := &harmoniseFlags{look: harmony.Default}
		fs.StringVar(&f.at, "at", "0,0", "where the layer's top left corner lies in the picture, `X,Y`")
		for _, n := range f.numbers() {
			fs.Float64Var(n.value, n.name, *n.value, n.usage)
		}
		fs.Var(&f.quality, "quality", qualityUsage)
		f.over = overwriteFlag(fs)
		return f.run
	},
}

// harmoniseFlags are the flags of the verb.
type harmoniseFlags struct {
	at      string
	look    harmony.Look
	quality qualityFlag
	over    *bool
}

// numbers are the flags that are numbers, and how far they go.
func (f *harmoniseFlags) numbers() []struct {
	name, usage string
	value       *float64
	most        float64
} {
	return []struct {
		name, usage string
		value       *float64
		most        float64
	}{
		{"strength", "of colour, seam and shadow together, `S` from 0 to 1", &f.look.Strength, 1},
		{"colour", "how far the colours go toward those around, `S` from 0 to 1", &f.look.Colour, 1},
		{"seam", "how far the edge goes toward what it lies on, `S` from 0 to 1", &f.look.Seam, 1},
		{"seam-width", "how far in from the edge that reaches, `W` from 0 to 1 of the layer's shorter side; 1: all of it", &f.look.Width, 1},
		{"shadow", "how dark the shadow is, `S` from 0 to 1", &f.look.Shadow, 1},
		{"direction", "where the shadow falls, `D` degrees clockwise: 0 is up, 90 to the right", &f.look.Direction, 360},
		{"length", "of the shadow, `L` from 0 to 2 of the layer's height", &f.look.Length, 2},
		{"softness", "over what the shadow fades, `W` from 0 to 1 of the layer's shorter side", &f.look.Softness, 1},
	}
}

func (f *harmoniseFlags) run(ctx context.Context, env *Env, args []string) error {
	if len(args) != 3 {
		return WithHint(Misuse("found %d arguments, want PICTURE LAYER OUT", len(args)), "pentimento harmonise street.jpg person.png out.png --at 420,180")
	}
	for _, n := range f.numbers() {
		if !(*n.value >= 0 && *n.value <= n.most) {
			return Misuse("--%s is %g, want 0 to %g", n.name, *n.value, n.most)
		}
	}
	at, err := pointOf(f.at)
	if err != nil {
		return Misuse("--at: %w", err)
	}
	if err := cmp.Or(checkOut(args[2], f.quality), spares(args[2], *f.over, args[0], args[1])); err != nil {
		return err
	}
	below, err := env.open(ctx, args[0])
	if err != nil {
		return err
	}
	layer, err := env.open(ctx, args[1])
	if err != nil {
		return err
	}
	moved := *layer.img
	moved.Rect = moved.Rect.Add(at.Sub(moved.Rect.Min))
	out, err := harmony.Over(ctx, below.img, &moved, f.look)
	if err != nil {
		return fmt.Errorf("%q over %q at %d,%d: %w", args[1], args[0], at.X, at.Y, err)
	}
	var deep image.Image = out
	if below.from != nil {
		deep = below.from.Deepen(out, image.Point{})
	}
	return env.write(ctx, args[2], f.quality, deep, below.texts, saidBy(below.from, false))
}

// pointOf reads X,Y.
func pointOf(text string) (image.Point, error) {
	x, y, ok := strings.Cut(text, ",")
	px, errX := strconv.Atoi(strings.TrimSpace(x))
	py, errY := strconv.Atoi(strings.TrimSpace(y))
	if !ok || errX != nil || errY != nil || max(px, -px, py, -py) > file.MaxSide {
		return image.Point{}, fmt.Errorf("found %q, want X,Y in pixels", text)
	}
	return image.Pt(px, py), nil
}
