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
Outside the faces not one pixel changes. IN and OUT may be folders.

Example:
  pentimento swap scene.png out.png --face me.jpg --model inswapper_128.onnx
    --embedder w600k_r50.onnx --into 2`,
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
		return f.run
	},
}

// swapFlags are the flags of the verb swap.
type swapFlags struct {
	faceFlags
	how  pipeline.Swapping
	face string
}

func (f *swapFlags) run(ctx context.Context, env *Env, args []string) error {
	if err := f.places(args, "pentimento swap scene.png out.png --face me.jpg --model inswapper_128.onnx --embedder w600k_r50.onnx", f.face, f.how.Swapper, f.how.Embedder); err != nil {
		return err
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
	if f.how.Swapper, err = env.faceFile(ctx, f.how.Swapper, "face_swapper"); err != nil {
		return err
	}
	if f.how.Embedder, err = env.faceFile(ctx, f.how.Embedder, "face_embedder"); err != nil {
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

// faceFile is the path of a network for faces: a file, or one of a kind in the library.
func (e *Env) faceFile(ctx context.Context, name, kind string) (string, error) {
	if exists(name) {
		return filepath.Abs(name)
	}
	if c, err := e.library(ctx, &modelFlags{}); err == nil {
		if path, _ := c.Find(ctx, collection.Wanted{Name: name, Kind: []string{kind}}, 0); path != "" {
			return path, nil
		}
	}
	return "", WithHint(fmt.Errorf("%q: no such file, and none of this name in the library", name), "name the ONNX file")
}
