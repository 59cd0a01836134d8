package cli

import (
	"cmp"
	"context"
	"flag"
	"fmt"
	"path/filepath"

	"pentimento/app/collection"
	"pentimento/pipeline"
)

var swapVerb = Verb{
	Name:  "swap",
	Args:  "IN OUT",
	Short: "Give a face in a picture another identity, by files of yours",
	Long: `For pictures of yourself, of people who have agreed to it, and of people you have
painted. The result says in its texts, under "Face swap", that a face was swapped.
Nothing is fetched for it but the networks that find faces: --model is your ONNX file
of inswapper's shape (inswapper_128.onnx), --embedder one of ArcFace's
(w600k_r50.onnx); mind their licences, which as a rule allow no business use.

--face is the picture of the face to put in, the largest in it or --from N, counted
from the left. --into N is the face that changes, counted likewise; without it all.
Outside the faces not one pixel changes. IN and OUT may be folders: then every
picture of the one is made into the other under its name, and what is there already
is left alone.

--recipe P swaps by the networks and numbers of the picture P, where no flag says
otherwise; the picture of the face is in no recipe, so --face names it again.

Examples:
  pentimento swap scene.png out.png --face me.jpg --model inswapper_128.onnx
    --embedder w600k_r50.onnx --into 2
  pentimento swap --in scenes --out swapped --face me.jpg --recipe out.png`,
	Setup: func(fs *flag.FlagSet) Action {
		f := &swapFlags{faceFlags: faceFlags{fs: fs}, how: pipeline.Swapping{}.Usual()}
		fs.StringVar(&f.face, "face", "", "the picture `P` of the face to put in")
		fs.StringVar(&f.how.Swapper, "model", "", "your ONNX `FILE` of inswapper's shape, or its name in the library")
		fs.StringVar(&f.how.Embedder, "embedder", "", "your ONNX `FILE` of ArcFace, or its name in the library")
		fs.IntVar(&f.how.From, "from", 0, "which face of --face, `N` from the left; 0 = the largest")
		fs.IntVar(&f.how.Into, "into", 0, "which face of IN, `N` from the left; 0 = all")
		fs.Float64Var(&f.how.Match, "match", f.how.Match, "how far the colours become those of the old face, `M` from 0 to 1")
		fs.Float64Var(&f.how.Visibility, "visibility", f.how.Visibility, "how much of the new face is laid over the old one, `V` from 0 to 1")
		f.declare()
		f.again.declare(fs)
		return f.run
	},
}

// swapFlags are the flags of the verb swap.
type swapFlags struct {
	faceFlags
	how   pipeline.Swapping
	face  string
	again recipeFlags
}

func (f *swapFlags) run(ctx context.Context, env *Env, args []string) error {
	if err := f.places(args, "pentimento swap scene.png out.png --face me.jpg --model inswapper_128.onnx --embedder w600k_r50.onnx", f.face, f.how.Swapper, f.how.Embedder, f.again.path); err != nil {
		return err
	}
	if err := f.take(ctx, env); err != nil {
		return err
	}
	if f.face == "" && f.how.Name != "" {
		return WithHint(Misuse("want --face, the picture of the face to put in, which is in no recipe"), "the recipe's was %q", f.how.Name)
	}
	if f.face == "" || f.how.Swapper == "" || f.how.Embedder == "" {
		return WithHint(Misuse("want --face, --model and --embedder"), "the networks are files of yours: inswapper_128.onnx and w600k_r50.onnx; none comes with the program")
	}
	if f.how.From < 0 || f.how.Into < 0 {
		return Misuse("--from and --into count from 1")
	}
	for name, v := range map[string]float64{"match": f.how.Match, "visibility": f.how.Visibility} {
		if !(v >= 0 && v <= 1) {
			return Misuse("--%s is %g, want 0 to 1", name, v)
		}
	}
	if err := env.checkDevice(f.where.Device); err != nil {
		return err
	}
	var err error
	if f.how.Swapper, err = env.faceFile(ctx, f.how.Swapper, f.how.Sums[0], "face_swapper", f.again.path != "" && !flagGiven(f.fs, "model")); err != nil {
		return err
	}
	if f.how.Embedder, err = env.faceFile(ctx, f.how.Embedder, f.how.Sums[1], "face_embedder", f.again.path != "" && !flagGiven(f.fs, "embedder")); err != nil {
		return err
	}
	if err := cmp.Or(pipeline.CheckSwapper(f.how.Swapper), pipeline.CheckEmbedder(f.how.Embedder)); err != nil {
		return err
	}
	who, err := env.open(ctx, f.face)
	if err != nil {
		return err
	}
	if err := f.ready(ctx, env); err != nil {
		return err
	}
	how := f.how
	how.Finder, how.Face, how.Name = f.finder, who.img, filepath.Base(f.face)
	return f.each(ctx, env, pipeline.Request{Ask: pipeline.Ask{Engine: pipeline.Diffusion, Task: pipeline.Swap}, Swap: &how, Where: f.where})
}

// take takes over what a recipe says and no flag does.
func (f *swapFlags) take(ctx context.Context, env *Env) error {
	from, err := f.again.read(ctx, env, func(task string) bool { return task == string(pipeline.Swap) })
	if from == nil || err != nil {
		return err
	}
	was, err := pipeline.SwappingOf(from.recipe)
	if err != nil {
		return WithHint(fmt.Errorf("%q: %w", from.name, err), "leave out --recipe and say --model and --embedder")
	}
	was.Faces = 0
	for name, lay := range map[string]func(){
		"model":      func() { was.Swapper, was.Sums[0] = f.how.Swapper, "" },
		"embedder":   func() { was.Embedder, was.Sums[1] = f.how.Embedder, "" },
		"from":       func() { was.From = f.how.From },
		"into":       func() { was.Into = f.how.Into },
		"match":      func() { was.Match = f.how.Match },
		"visibility": func() { was.Visibility = f.how.Visibility },
	} {
		if flagGiven(f.fs, name) {
			lay()
		}
	}
	f.how = was
	return nil
}

// faceFile is the path of a network for faces: a file, or one of a kind in the library by sum or name. One that a recipe told is looked
// for in the library first, and what is taken of the folder where the program was started is told.
func (e *Env) faceFile(ctx context.Context, name, sum, kind string, told bool) (string, error) {
	if !told && exists(name) {
		return filepath.Abs(name)
	}
	if c, err := e.library(ctx, &modelFlags{}); err == nil {
		if path, _ := c.Find(ctx, collection.Wanted{Hash: sum, Name: name, Kind: []string{kind}}, 0); path != "" {
			return path, nil
		}
	}
	if told && exists(name) {
		path, err := filepath.Abs(name)
		fmt.Fprintf(e.Stderr, "note: the recipe's network %s isn't in the library: %s is taken\n", oneLine(name), oneLine(path))
		return path, err
	}
	return "", WithHint(fmt.Errorf("%q: no such file, and none of this name in the library", name), "name the ONNX file")
}
