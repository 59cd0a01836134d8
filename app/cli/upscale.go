package cli

import (
	"cmp"
	"context"
	"flag"
	"fmt"
	"image"
	"os"
	"path/filepath"
	"time"

	"pentimento/app/commission"
	"pentimento/canvas/colour"
	"pentimento/canvas/file"
	"pentimento/fault"
	"pentimento/pipeline"
	"pentimento/pipeline/upscaler"
)

var upscaleVerb = Verb{
	Name:  "upscale",
	Args:  "IN OUT",
	Short: "Enlarge a picture, or all of a folder, by an upscaler's network or a filter",
	Long: `IN and OUT are pictures, or folders: then every picture of the one is enlarged into
the other under its name. A folder that was begun is gone on with: what is there in
the wanted size is left alone.

--model is an upscaler: a file (ESRGAN, Real-ESRGAN, SRVGG compact and SwinIR as
.pth or .safetensors; ncnn's .param and .bin; TensorFlow.js' model.json; ONNX), or
the name of one in the library's folders, or of one that can be fetched, which
--fetch does:
` + upscalerList() + `
Of those the network is taken whose factor suits --by; waifu2x-cunet and realcugan
take away noise, too: --denoise 0 (little) to 3 (much), and conservative for the
latter. Without --model the picture is enlarged by Lanczos' filter, which adds no
detail. A factor that is not the network's own is reached by several passes and the
filter. Transparency, 16 bits a channel, colour profile, EXIF and texts are kept; of a
picture with a profile the network sees the colours as sRGB.

--recipe P enlarges as the picture P says that it was enlarged.

Examples:
  pentimento upscale photo.jpg large.png --by 4 --model RealESRGAN_x4plus.pth
  pentimento upscale drawing.png large.png --model waifu2x-cunet --denoise 1 --fetch
  pentimento upscale --in photos --out large --by 2`,
	Setup: func(fs *flag.FlagSet) Action {
		f := &upscaleFlags{fs: fs}
		fs.Float64Var(&f.how.By, "by", 2, "how many times as large each side becomes, `F` from 1 to 8")
		fs.StringVar(&f.model, "model", "", "the upscaler: a `FILE`, or a name in the library; without it Lanczos")
		fs.StringVar(&f.denoise, "denoise", "", "how much noise is taken away, `S`: none, conservative, or 0 to 3; with --model waifu2x-cunet, waifu2x-upconv7 or realcugan")
		fs.BoolVar(&f.fetch, "fetch", false, "fetch the upscaler that --model names, if it is not here")
		fs.IntVar(&f.how.Tile, "tile", 0, "side of what the network reads at once, `N` pixels, widened where it would show too little around a place; 0 = by the memory that is free")
		folderFlags(fs, &f.in, &f.out, &f.json, &f.bare)
		fs.Var(&f.quality, "quality", qualityUsage)
		whereFlags(fs, &f.where)
		f.over = overwriteFlag(fs)
		f.again.declare(fs)
		return f.run
	},
}

// upscaleFlags are the flags of the verb.
type upscaleFlags struct {
	fs         *flag.FlagSet
	how        pipeline.Enlarging
	model      string
	denoise    string
	fetch      bool
	over       *bool // write over IN
	in, out    string
	quality    qualityFlag
	where      pipeline.Where
	json, bare bool
	again      recipeFlags

	p *pipeline.Pipeline
}

func (f *upscaleFlags) run(ctx context.Context, env *Env, args []string) error {
	if err := inAndOut(args, &f.in, &f.out, "pentimento upscale photo.jpg large.png --by 2"); err != nil {
		return err
	}
	folder := isFolder(f.in)
	if !folder {
		if err := cmp.Or(checkOut(f.out, f.quality), spares(f.out, *f.over, f.in)); err != nil {
			return err
		}
	}
	if err := f.settle(ctx, env); err != nil {
		return err
	}
	defer func() { _ = f.p.Close() }() // the process ends soon
	if folder {
		work := folderWork{in: f.in, out: f.out, made: "enlarged", json: f.json, one: func(ctx context.Context, in, out string, bar *bar) error { return f.one(ctx, env, in, out, bar) }}
		work.size = func(was image.Point) (image.Point, error) { return pipeline.EnlargedSize(was, f.how.By) }
		return work.run(ctx, env)
	}
	return f.one(ctx, env, f.in, f.out, env.bar())
}

// settle reads the recipe, finds the upscaler and makes ready what runs it.
func (f *upscaleFlags) settle(ctx context.Context, env *Env) error {
	from, err := f.again.read(ctx, env, func(task string) bool { return task == string(pipeline.Upscale) })
	if err != nil {
		return err
	}
	sum, told := "", false
	if from != nil {
		was, ok := pipeline.EnlargingOf(from.recipe)
		if !ok {
			return WithHint(fmt.Errorf("%q does not say that it was enlarged", from.name), "leave out --recipe and say --by")
		}
		if !flagGiven(f.fs, "by") {
			f.how.By = was.By
		}
		if !flagGiven(f.fs, "model") {
			f.model, sum, told = was.Upscaler, was.Sum, true
		}
	}
	if _, _, err := upscaler.Size(1, 1, f.how.By); err != nil {
		return Misuse("--by: %w", err)
	}
	if f.how.Tile != 0 && (f.how.Tile < 48 || f.how.Tile > 4096) {
		return Misuse("--tile is %d, want 48 to 4096, or 0", f.how.Tile)
	}
	if err := env.checkDevice(f.where.Device); err != nil {
		return err
	}
	engine := pipeline.Content // none with networks
	if f.model == "" {
		fmt.Fprintln(env.Stderr, "note: without --model the picture is enlarged by Lanczos' filter, which adds no detail")
	} else if f.how.Upscaler, err = f.file(ctx, env, sum, told); err != nil {
		return err
	} else {
		engine = pipeline.Diffusion
		if _, err := pipeline.CheckUpscaler(f.how.Upscaler); err != nil {
			return err
		}
	}
	f.p, err = env.Pipeline(engine)
	return err
}

// shownSize is the size of a picture file as it is shown.
func shownSize(ctx context.Context, path string) (image.Point, error) {
	r, err := os.Open(path)
	if err != nil {
		return image.Point{}, err
	}
	defer r.Close()
	info, err := file.Inspect(ctx, r)
	return image.Pt(info.Width, info.Height), err
}

// enlargedFacts is what --json prints of a picture.
type enlargedFacts struct {
	In       string            `json:"in"`
	Out      string            `json:"out"`
	By       float64           `json:"by"`
	Upscaler string            `json:"upscaler"`
	Width    int               `json:"width"`
	Height   int               `json:"height"`
	Stages   []pipeline.Timing `json:"stages"`
	Seconds  float64           `json:"seconds"`
	Peak     int64             `json:"peak_memory_bytes,omitempty"`
}

// one enlarges one picture.
func (f *upscaleFlags) one(ctx context.Context, env *Env, in, out string, bar *bar) error {
	began := time.Now()
	if size, err := shownSize(ctx, in); in != "-" && err == nil { // what is too large is not decoded
		if _, err := pipeline.EnlargedSize(size, f.how.By); err != nil {
			return fault.With(fmt.Errorf("%q: %w", in, err), fault.Hint(err))
		}
	}
	from, err := env.open(ctx, in)
	if err != nil {
		return err
	}
	var deep image.Image = from.img
	if exact := from.from.Exact(); exact != nil {
		deep = exact
	}
	picture := upscaler.Of(deep)
	from.img = nil // it may be large
	made, q, stages, err := f.enlarged(ctx, picture, from.from.Space(), filepath.Base(in), bar)
	bar.clear()
	if err != nil {
		return err
	}
	var texts []file.Text
	if !f.bare {
		texts = describe(q, from.texts, image.Pt(picture.W, picture.H), image.Pt(made.W, made.H), env.Version)
	}
	var img image.Image
	switch deep.(type) {
	case *image.NRGBA:
		img = made.NRGBA(image.Point{})
	case *image.Gray16:
		img = made.Gray16()
	default:
		img = made.NRGBA64()
	}
	if err := env.write(ctx, out, f.quality, img, texts, saidBy(from.from, f.bare)); err != nil {
		return err
	}
	facts := enlargedFacts{in, out, f.how.By, q.Enlarge.Name(), made.W, made.H, stages, time.Since(began).Seconds(), peakMemory()}
	if f.json {
		return env.tell(out, facts)
	}
	fmt.Fprintf(env.Stderr, "%s: %d×%d from %d×%d by %s in %.1f s\n", shownName(out), made.W, made.H, picture.W, picture.H, facts.Upscaler, facts.Seconds)
	return nil
}

func (f *upscaleFlags) enlarged(ctx context.Context, picture *upscaler.Picture, space *colour.Space, name string, bar *bar) (*upscaler.Picture, pipeline.Request, []pipeline.Timing, error) {
	how := f.how
	began := time.Now()
	made, q, err := commission.EnlargePicture(ctx, f.p, space, pipeline.Request{Enlarge: &how, Where: f.where}, picture, func(p pipeline.Progress) {
		if p.Stage != "" {
			p.Stage = name + ": " + p.Stage
		}
		bar.report(p)
	})
	return made, q, []pipeline.Timing{{Stage: "enlarge", Seconds: time.Since(began).Seconds()}}, err
}

// describe is what an enlarged picture says of its making: what the picture before it said, and by what it
// was enlarged.
func describe(q pipeline.Request, texts []file.Text, was, is image.Point, version string) []file.Text {
	d := commission.History(texts, was)
	d.Scale(is.X, is.Y)
	d.Program = "Pentimento " + version
	f := q.Record(image.Rectangle{Max: is}, time.Now())
	d.Add(f)
	return commission.Texts(d)
}
