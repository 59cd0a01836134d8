package cli

import (
	"cmp"
	"context"
	"flag"
	"fmt"
	"image"
	"image/draw"
	"path/filepath"
	"strings"
	"time"

	"pentimento/canvas/file"
	"pentimento/pipeline"
	"pentimento/pipeline/pixelart"
	"pentimento/pipeline/pixels"
)

var pixelateVerb = Verb{
	Name:  "pixelate",
	Args:  "IN OUT",
	Words: pixelart.Palettes(),
	Short: "Make pixel art of a picture, or of all of a folder: cells, few colours, dithering",
	Long: `IN and OUT are pictures, or folders: then of every picture of the one pixel art is made
in the other, as a PNG of its name. A folder that was begun is gone on with: what is
there in the right size is left alone.

A cell is as many pixels wide as --cell says, or a row has as many cells as --across.
Colours are found in the picture (k-means in OKLab; the same --seed finds the same
ones), or those of a palette: ` + strings.Join(pixelart.Palettes(), ", ") + `
or a file of GIMP (.gpl), of hexadecimal colours (.hex), .pal or .act.
--colour says which colour a cell takes: majority keeps outlines whole, median drops
specks. A cell is opaque or transparent, never between. A palette's colours are meant
in sRGB; colour profile and 16 bits a channel of the picture are kept.

--recipe P makes it as the picture P says that it was made, its palette included.

Examples:
  pentimento pixelate photo.jpg art.png --cell 8 --colours 24 --dither bayer4
  pentimento pixelate --in photos --out art --across 160 --palette pico-8 --small`,
	Setup: func(fs *flag.FlagSet) Action {
		f := &pixelateFlags{fs: fs}
		fs.IntVar(&f.how.Cell, "cell", 0, "side of a cell, `N` pixels of the picture; without it 8")
		fs.IntVar(&f.how.Across, "across", 0, "instead of --cell: `N` cells in a row")
		fs.StringVar(&f.how.Taken, "colour", "", "which colour a cell takes: `"+strings.Join(pixelart.Takes, "|")+"`")
		fs.StringVar(&f.how.Palette, "palette", "", "a palette's `NAME`, or its file; without it colours of the picture")
		fs.IntVar(&f.how.Count, "colours", 0, "how many colours at most, `N`; without it 16, of a palette all")
		fs.StringVar(&f.how.Dither, "dither", "", "`"+strings.Join(pixelart.Dithers, "|")+"`")
		fs.Float64Var(&f.how.Amount, "dither-strength", 0, "how strongly, `S` from above 0 to 1; without it 1")
		fs.Int64Var(&f.how.Seed, "seed", 0, "of the colours that are found, `N`; without it 0")
		fs.BoolVar(&f.how.Small, "small", false, "write one pixel for each cell")
		folderFlags(fs, &f.in, &f.out, &f.json, &f.bare)
		f.over = overwriteFlag(fs)
		f.again.declare(fs)
		return f.run
	},
}

// pixelateFlags are the flags of the verb.
type pixelateFlags struct {
	fs         *flag.FlagSet
	how        pixelart.Options
	in, out    string
	json, bare bool
	over       *bool // write over what is read
	again      recipeFlags
	p          *pipeline.Pipeline
}

func (f *pixelateFlags) run(ctx context.Context, env *Env, args []string) error {
	if err := inAndOut(args, &f.in, &f.out, "pentimento pixelate photo.jpg art.png --cell 8"); err != nil {
		return err
	}
	many := isFolder(f.in)
	if !many {
		if err := cmp.Or(checkOut(f.out, 0), spares(f.out, *f.over, f.in, f.how.Palette, f.again.path)); err != nil {
			return err
		}
	}
	if err := f.settle(ctx, env); err != nil {
		return err
	}
	var err error
	if f.p, err = env.Pipeline(pipeline.Content); err != nil {
		return err
	}
	defer func() { _ = f.p.Close() }() // the process ends soon
	if !many {
		return f.one(ctx, env, f.in, f.out, env.bar())
	}
	work := folderWork{in: f.in, out: f.out, made: "made pixel art", name: asPNG, json: f.json, size: sameSize, one: func(ctx context.Context, in, out string, bar *bar) error { return f.one(ctx, env, in, out, bar) }}
	if f.how.Small {
		work.size = func(was image.Point) (image.Point, error) { return f.how.Grid(was), nil }
	}
	return work.run(ctx, env)
}

// settle reads the recipe and the palette's file.
func (f *pixelateFlags) settle(ctx context.Context, env *Env) error {
	from, err := f.again.read(ctx, env, func(task string) bool { return task == string(pipeline.Pixelate) })
	if err != nil {
		return err
	}
	if from != nil {
		was, ok := pipeline.PixelArtOf(from.recipe)
		if !ok {
			return WithHint(fmt.Errorf("%q does not say that it was made pixel art", from.name), "leave out --recipe and say --cell")
		}
		f.take(was)
	}
	if p := f.how.Palette; exists(p) && len(f.how.Colours) == 0 {
		if f.how.Colours, err = pixelart.ReadPalette(p); err != nil {
			return err
		}
		f.how.Palette = filepath.Base(p)
	}
	if err := f.how.Check(); err != nil {
		return misuse{err}
	}
	f.tellIdle(env)
	return nil
}

// take takes over what a recipe says and no flag does.
func (f *pixelateFlags) take(was pixelart.Options) {
	given := func(names ...string) (yes bool) {
		for _, name := range names {
			yes = yes || flagGiven(f.fs, name)
		}
		return yes
	}
	now := f.how
	f.how = was
	if given("cell", "across") {
		f.how.Cell, f.how.Across = now.Cell, now.Across
	}
	if given("palette") {
		f.how.Palette, f.how.Colours = now.Palette, nil
	}
	for name, take := range map[string]func(){
		"colour": func() { f.how.Taken = now.Taken }, "colours": func() { f.how.Count = now.Count }, "dither": func() { f.how.Dither = now.Dither },
		"dither-strength": func() { f.how.Amount = now.Amount }, "seed": func() { f.how.Seed = now.Seed }, "small": func() { f.how.Small = now.Small },
	} {
		if given(name) {
			take()
		}
	}
}

// pixelFacts is what --json prints of a picture.
type pixelFacts struct {
	In      string  `json:"in"`
	Out     string  `json:"out"`
	Cells   [2]int  `json:"cells"`
	Colours int     `json:"colours"`
	Width   int     `json:"width"`
	Height  int     `json:"height"`
	Seconds float64 `json:"seconds"`
	Peak    int64   `json:"peak_memory_bytes,omitempty"`
}

// one makes one picture.
func (f *pixelateFlags) one(ctx context.Context, env *Env, in, out string, bar *bar) error {
	began := time.Now()
	from, err := env.open(ctx, in)
	if err != nil {
		return err
	}
	how, size := f.how.Settle(), from.img.Rect.Size()
	seen := pixels.Crop(from.img, from.img.Rect)
	from.from.Space().ToSRGB(seen) // palettes are sRGB
	q := pipeline.Request{Ask: pipeline.Ask{Engine: pipeline.Diffusion, Task: pipeline.Pixelate, Frame: seen.Rect, Image: seen}, Pixels: &how}
	res, err := f.p.Run(ctx, q, func(p pipeline.Progress) {
		if p.Stage != "" {
			p.Stage = filepath.Base(in) + ": " + p.Stage
		}
		bar.report(p)
	})
	bar.clear()
	if err != nil {
		return err
	}
	from.from.Space().FromSRGB(res.Image)
	is, grid := res.Image.Rect.Size(), how.Grid(size)
	var texts []file.Text
	if !f.bare {
		texts = describe(res.Request, from.texts, size, is, env.Version)
	}
	if err := env.write(ctx, out, 0, asDeep(from, res.Image), texts, saidBy(from.from, f.bare)); err != nil {
		return err
	}
	facts := pixelFacts{in, out, [2]int{grid.X, grid.Y}, coloursIn(res.Image), is.X, is.Y, time.Since(began).Seconds(), peakMemory()}
	if f.json {
		return env.tell(out, facts)
	}
	fmt.Fprintf(env.Stderr, "%s: %d×%d cells of %d colours in %.1f s\n", shownName(out), grid.X, grid.Y, facts.Colours, facts.Seconds)
	return nil
}

// asDeep is what was made of a picture with as many bits a channel as that has: its few colours are those of 8.
func asDeep(from input, made *image.NRGBA) image.Image {
	if _, deep := straight(from).(*image.NRGBA64); !deep {
		return made
	}
	out := image.NewNRGBA64(made.Rect)
	draw.Draw(out, out.Rect, made, made.Rect.Min, draw.Src)
	return out
}

// coloursIn counts a picture's colours.
func coloursIn(img *image.NRGBA) int {
	seen := map[[4]uint8]bool{}
	for i := 0; i < len(img.Pix); i += 4 {
		if p := [4]uint8(img.Pix[i:]); p[3] > 0 {
			seen[p] = true
		}
	}
	return len(seen)
}
