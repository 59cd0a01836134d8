package cli

import (
	"cmp"
	"context"
	"flag"
	"fmt"
	"image"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"pentimento/app/commission"
	"pentimento/canvas/file"
	"pentimento/pipeline"
	"pentimento/pipeline/harmony"
	"pentimento/pipeline/pixels"
)

var harmoniseVerb = Verb{
	Name:  "harmonise",
	Args:  "PICTURE LAYER OUT",
	Short: "Lay a cut-out over a picture as if it belonged there: colours, edge, shadow",
	Long: `LAYER is a picture with transparency: its colours come nearer to those around the
place where it is laid, its edge takes on what it lies on, and it casts a soft
shadow. No network is needed. Where neither the layer nor its shadow is, OUT has
every bit of PICTURE.

PICTURE or LAYER may be a folder: then OUT is one, and the layer is laid over every
picture, or every layer over the picture. A folder that was begun is gone on with.

--recipe P lays it where and how the picture P says; the layer itself is in no recipe.

Examples:
  pentimento harmonise street.jpg person.png out.png --at 420,180
  pentimento harmonise wall.jpg patch.png out.png --at 64,64 --shadow 0 --seam-width 1
  pentimento harmonise table.jpg cups tables --at 300,200`,
	Setup: func(fs *flag.FlagSet) Action {
		f := &harmoniseFlags{fs: fs, look: harmony.Default}
		fs.StringVar(&f.at, "at", "0,0", "where the layer's top left corner lies in the picture, `X,Y`")
		for _, n := range f.look.Numbers() {
			fs.Float64Var(n.Value, n.Name, *n.Value, harmoniseUsage[n.Name])
		}
		fs.BoolVar(&f.json, "json", false, "print what was done as JSON, one object a line")
		fs.BoolVar(&f.bare, "no-metadata", false, "write nothing of how the picture was made, and drop its EXIF and texts")
		fs.Var(&f.quality, "quality", qualityUsage)
		f.over = overwriteFlag(fs)
		f.again.declare(fs)
		return f.run
	},
}

// harmoniseUsage is the help of the flags that are a Look's numbers.
var harmoniseUsage = map[string]string{
	"strength":   "of colour, seam and shadow together, `S` from 0 to 1",
	"colour":     "how far the colours go toward those around, `S` from 0 to 1",
	"seam":       "how far the edge goes toward what it lies on, `S` from 0 to 1",
	"seam-width": "how far in from the edge that reaches, `W` from 0 to 1 of the layer's shorter side; 1: all of it",
	"shadow":     "how dark the shadow is, `S` from 0 to 1",
	"direction":  "where the shadow falls, `D` degrees clockwise: 0 is up, 90 to the right",
	"length":     "of the shadow, `L` from 0 to 2 of the layer's height",
	"softness":   "over what the shadow fades, `W` from 0 to 1 of the layer's shorter side",
}

// harmoniseFlags are the flags of the verb.
type harmoniseFlags struct {
	fs         *flag.FlagSet
	at         string
	look       harmony.Look
	json, bare bool
	quality    qualityFlag
	over       *bool
	again      recipeFlags

	place image.Point
	p     *pipeline.Pipeline
}

func (f *harmoniseFlags) run(ctx context.Context, env *Env, args []string) error {
	if len(args) != 3 {
		return WithHint(Misuse("found %d arguments, want PICTURE LAYER OUT", len(args)), "pentimento harmonise street.jpg person.png out.png --at 420,180")
	}
	picture, layer, out := args[0], args[1], args[2]
	if err := f.settle(ctx, env); err != nil {
		return err
	}
	pictures, layers := isFolder(picture), isFolder(layer)
	if pictures && layers {
		return WithHint(Misuse("found two folders, want one at most"), "lay one layer over the pictures of a folder, or the layers of a folder over one picture")
	}
	var err error
	if f.p, err = env.Pipeline(pipeline.Content); err != nil {
		return err
	}
	defer func() { _ = f.p.Close() }() // the process ends soon
	work := folderWork{in: picture, out: out, made: "harmonised", json: f.json}
	switch {
	case pictures:
		work.one = func(ctx context.Context, in, out string, bar *bar) error {
			return f.one(ctx, env, in, layer, out, bar)
		}
	case layers:
		ext := strings.ToLower(filepath.Ext(picture))
		if _, known := file.FormOf(picture); !known {
			ext = ".png"
		}
		work.in, work.name = layer, func(name string) string { return strings.TrimSuffix(name, filepath.Ext(name)) + ext }
		work.one = func(ctx context.Context, in, out string, bar *bar) error {
			return f.one(ctx, env, picture, in, out, bar)
		}
	default:
		if err := cmp.Or(checkOut(out, f.quality), spares(out, *f.over, picture, layer, f.again.path)); err != nil {
			return err
		}
		return f.one(ctx, env, picture, layer, out, env.bar())
	}
	return work.run(ctx, env)
}

// settle takes over what a recipe says and no flag does.
func (f *harmoniseFlags) settle(ctx context.Context, env *Env) error {
	from, err := f.again.read(ctx, env, func(task string) bool { return task == string(pipeline.Harmonise) })
	if err != nil {
		return err
	}
	if f.place, err = pointOf(f.at); err != nil {
		return Misuse("--at: %w", err)
	}
	if from != nil {
		was, ok := pipeline.HarmonisingOf(from.recipe)
		if !ok {
			return WithHint(fmt.Errorf("%q does not say that a layer was harmonised, and where it lay", from.name), "leave out --recipe and say --at")
		}
		if err := was.Look.Check(); err != nil {
			return fmt.Errorf("%q: %w", from.name, err)
		}
		now := f.look.Numbers()
		for i, n := range was.Look.Numbers() {
			if !flagGiven(f.fs, n.Name) {
				*now[i].Value = *n.Value
			}
		}
		if !flagGiven(f.fs, "at") {
			f.place = was.At
		}
	}
	for _, n := range f.look.Numbers() {
		if !(*n.Value >= 0 && *n.Value <= n.Most) {
			return Misuse("--%s is %g, want 0 to %g", n.Name, *n.Value, n.Most)
		}
	}
	f.tellIdle(env)
	return nil
}

// harmoniseFacts is what --json prints of a picture.
type harmoniseFacts struct {
	Picture string  `json:"picture"`
	Layer   string  `json:"layer"`
	Out     string  `json:"out"`
	At      [2]int  `json:"at"`
	Changed int     `json:"changed_pixels"`
	Seconds float64 `json:"seconds"`
	Peak    int64   `json:"peak_memory_bytes,omitempty"`
}

// one lays one layer over one picture.
func (f *harmoniseFlags) one(ctx context.Context, env *Env, picture, layer, out string, bar *bar) error {
	began := time.Now()
	below, err := env.open(ctx, picture)
	if err != nil {
		return err
	}
	over, err := env.open(ctx, layer)
	if err != nil {
		return err
	}
	laid := pixels.Crop(over.img, over.img.Rect)
	over.from.Space().ToSRGB(laid)
	q := pipeline.Request{Ask: pipeline.Ask{Engine: pipeline.Diffusion, Task: pipeline.Harmonise, Frame: below.img.Rect, Image: below.img},
		Harmony: &pipeline.Harmonising{Layer: laid, Name: filepath.Base(layer), At: f.place, Look: f.look}}
	o := &commission.Order{Picture: pixels.Crop(below.img, below.img.Rect), Mask: pixels.Full(below.img.Rect), Request: q, Texts: below.texts, Space: below.from.Space()}
	pieces, err := o.Run(ctx, f.p, bar.report)
	bar.clear()
	if err != nil {
		return fmt.Errorf("%q over %q at %d,%d: %w", layer, picture, f.place.X, f.place.Y, err)
	}
	made := pieces[0].Lay()
	var texts []file.Text
	if !f.bare {
		texts = pieces[0].Describe("Pentimento "+env.Version, "", time.Now())
	}
	if err := env.write(ctx, out, f.quality, below.from.Deepen(made, image.Point{}), texts, saidBy(below.from, f.bare)); err != nil {
		return err
	}
	facts := harmoniseFacts{picture, layer, out, [2]int{f.place.X, f.place.Y}, pieces[0].Changed, time.Since(began).Seconds(), peakMemory()}
	if f.json {
		return env.tell(out, facts)
	}
	fmt.Fprintf(env.Stderr, "%s: %s at %d,%d, changed %d pixels in %.1f s\n", shownName(out), filepath.Base(layer), f.place.X, f.place.Y, facts.Changed, facts.Seconds)
	return nil
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
