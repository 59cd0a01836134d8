package cli

import (
	"cmp"
	"context"
	"flag"
	"fmt"
	"image"
	"path/filepath"
	"strings"
	"time"

	"pentimento/app/collection"
	"pentimento/app/commission"
	"pentimento/app/fetch"
	"pentimento/canvas/file"
	"pentimento/fault"
	"pentimento/pipeline"
	"pentimento/pipeline/pixels"
)

var restoreVerb = Verb{
	Name:  "restore",
	Args:  "IN OUT",
	Short: "Make the faces in a picture, or in all of a folder, clearer",
	Long: `IN and OUT are pictures, or folders: then every picture of the one is restored into
the other under its name, and what is there already is left alone. Outside the
faces not one pixel changes.

--model is a file of yours: GFPGAN (v1.2 to v1.4) or CodeFormer as .pth or
.safetensors; GFPGAN, CodeFormer, RestoreFormer or GPEN as ONNX; or an upscaler,
which is shown each face and whose picture is reduced again. Without it that is
Real-ESRGAN, which --fetch gets: it takes noise and JPEG blocks away and sharpens
a face that was enlarged; it invents no face out of a dozen pixels, as GFPGAN does.
Faces are found by MediaPipe's networks, which --fetch gets, too.

--recipe P restores as the picture P says that it was restored, here or in A1111.

Examples:
  pentimento restore photo.jpg better.png --fetch
  pentimento restore photo.jpg better.png --model CodeFormer.pth --weight 0.7
  pentimento restore --in photos --out better --visibility 0.8`,
	Setup: func(fs *flag.FlagSet) Action {
		f := &restoreFlags{faceFlags: faceFlags{fs: fs}, how: pipeline.Restoring{}.Usual()}
		fs.StringVar(&f.how.Model, "model", "", "the network: a `FILE`, or a name in the library; without it Real-ESRGAN")
		fs.Float64Var(&f.how.Weight, "weight", f.how.Weight, "CodeFormer's `W`: 0 the network's own idea of the face, 1 true to the picture")
		fs.Float64Var(&f.how.Visibility, "visibility", f.how.Visibility, "how much of the new face is laid over the old one, `V` from 0 to 1")
		f.declare()
		f.again.declare(fs)
		return f.run
	},
}

// faceFlags are the flags of verbs that change the faces of pictures.
type faceFlags struct {
	fs         *flag.FlagSet
	in, out    string
	quality    qualityFlag
	where      pipeline.Where
	json, bare bool
	fetch      bool
	over       *bool // write over what is read

	p      *pipeline.Pipeline
	finder string
}

func (f *faceFlags) declare() {
	folderFlags(f.fs, &f.in, &f.out, &f.json, &f.bare)
	f.fs.BoolVar(&f.fetch, "fetch", false, "fetch the networks that are not here; without it a terminal is asked")
	f.fs.Var(&f.quality, "quality", qualityUsage)
	f.over = overwriteFlag(f.fs)
	whereFlags(f.fs, &f.where)
}

// places takes IN and OUT, of which a picture is none of the files that are read besides.
func (f *faceFlags) places(args []string, example string, reads ...string) error {
	if err := inAndOut(args, &f.in, &f.out, example); err != nil || isFolder(f.in) {
		return err
	}
	return cmp.Or(checkOut(f.out, f.quality), spares(f.out, *f.over, append(reads, f.in)...))
}

// ready finds the networks that find faces and makes the pipeline.
func (f *faceFlags) ready(ctx context.Context, env *Env) error {
	files, err := env.partsOf(ctx, pipeline.FaceFinders, f.fetch)
	if err != nil {
		return fault.With(fmt.Errorf("finding faces: %w", err), fault.Hint(err))
	}
	f.finder = files[0]
	f.p, err = env.Pipeline(pipeline.Diffusion)
	return err
}

// each changes a picture, or every one of a folder, as the request says.
func (f *faceFlags) each(ctx context.Context, env *Env, q pipeline.Request) error {
	defer func() { _ = f.p.Close() }() // the process ends soon
	if !isFolder(f.in) {
		return f.one(ctx, env, q, f.in, f.out, env.bar())
	}
	work := folderWork{in: f.in, out: f.out, made: "made", json: f.json, one: func(ctx context.Context, in, out string, bar *bar) error { return f.one(ctx, env, q, in, out, bar) }}
	return work.run(ctx, env)
}

// faceFacts is what --json prints of a picture.
type faceFacts struct {
	In      string            `json:"in"`
	Out     string            `json:"out"`
	Task    pipeline.Task     `json:"task"`
	Model   string            `json:"model"`
	Faces   int               `json:"faces"`
	Changed int               `json:"changed_pixels"`
	Stages  []pipeline.Timing `json:"stages"`
	Seconds float64           `json:"seconds"`
	Peak    int64             `json:"peak_memory_bytes,omitempty"`
}

// one changes the faces of one picture.
func (f *faceFlags) one(ctx context.Context, env *Env, q pipeline.Request, in, out string, bar *bar) error {
	began := time.Now()
	from, err := env.open(ctx, in)
	if err != nil {
		return err
	}
	q = q.Clone()
	q.Image, q.Frame = from.img, from.img.Rect
	o := &commission.Order{Picture: from.img, Mask: pixels.Full(from.img.Rect), Request: q, Texts: from.texts, Space: from.from.Space()}
	pieces, err := o.Run(ctx, f.p, func(p pipeline.Progress) {
		if p.Stage != "" {
			p.Stage = filepath.Base(in) + ": " + p.Stage
		}
		bar.report(p)
	})
	bar.clear()
	if err != nil {
		return err
	}
	piece := pieces[0]
	img := piece.Lay()
	var texts []file.Text
	if !f.bare {
		texts = piece.Describe("Pentimento "+env.Version, "", time.Now())
	}
	if err := env.write(ctx, out, f.quality, from.from.Deepen(img, image.Point{}), texts, saidBy(from.from, f.bare)); err != nil {
		return err
	}
	model, faces := piece.Request.FacesBy()
	facts := faceFacts{in, out, q.Task, model, faces, piece.Changed, piece.Timings, time.Since(began).Seconds(), peakMemory()}
	return f.tell(env, facts)
}

// tell says what was done.
func (f *faceFlags) tell(env *Env, facts faceFacts) error {
	if f.json {
		return env.tell(facts.Out, facts)
	}
	faces := "faces"
	if facts.Faces == 1 {
		faces = "face"
	}
	fmt.Fprintf(env.Stderr, "%s: %d %s by %s, changed %d pixels in %.1f s\n", shownName(facts.Out), facts.Faces, faces, facts.Model, facts.Changed, facts.Seconds)
	return nil
}

// restoreFlags are the flags of the verb restore.
type restoreFlags struct {
	faceFlags
	how   pipeline.Restoring
	again recipeFlags
}

func (f *restoreFlags) run(ctx context.Context, env *Env, args []string) error {
	if err := f.places(args, "pentimento restore photo.jpg better.png", f.how.Model, f.again.path); err != nil {
		return err
	}
	from, err := f.again.read(ctx, env, func(task string) bool { return task == string(pipeline.Restore) })
	if err != nil {
		return err
	}
	sum, told := "", false
	if from != nil {
		was, ok := pipeline.RestoringOf(from.recipe)
		if !ok {
			return WithHint(fmt.Errorf("%q does not say that its faces were restored", from.name), "leave out --recipe and say --model")
		}
		if !flagGiven(f.fs, "model") {
			f.how.Model, sum, told = was.Model, was.Sum, true
		}
		for name, to := range map[string]struct{ to, is *float64 }{"weight": {&f.how.Weight, &was.Weight}, "visibility": {&f.how.Visibility, &was.Visibility}} {
			if !flagGiven(f.fs, name) {
				*to.to = *to.is
			}
		}
	}
	for name, v := range map[string]float64{"weight": f.how.Weight, "visibility": f.how.Visibility} {
		if !(v >= 0 && v <= 1) {
			return Misuse("--%s is %g, want 0 to 1", name, v)
		}
	}
	if err := env.checkDevice(f.where.Device); err != nil {
		return err
	}
	if f.how.Model, err = env.restorerFile(ctx, f.how.Model, sum, told, f.fetch); err != nil {
		return err
	}
	what, err := pipeline.CheckRestorer(f.how.Model)
	if err != nil {
		return err
	}
	if flagGiven(f.fs, "weight") && !what.Weighs {
		fmt.Fprintf(env.Stderr, "note: %s has no weight: --weight does nothing\n", what.Kind)
	}
	if err := f.ready(ctx, env); err != nil {
		return err
	}
	how := f.how
	how.Finder = f.finder
	return f.each(ctx, env, pipeline.Request{Ask: pipeline.Ask{Engine: pipeline.Diffusion, Task: pipeline.Restore}, Restore: &how, Where: f.where})
}

// restorerFile is the path of a network that makes faces better: a file, one of the library, or Real-ESRGAN. One that a recipe told is
// looked for in the library first (toldUpscaler).
func (e *Env) restorerFile(ctx context.Context, name, sum string, told, fetches bool) (string, error) {
	if name == "" {
		dir, err := fetch.NetworksDir()
		for _, here := range []string{"realesrgan-x4plus.param", "realesrgan-x4fast.param"} {
			if path := filepath.Join(dir, here); err == nil && exists(path) {
				return path, nil
			}
		}
		files, err := e.partsOf(ctx, []string{"realesrgan-x4plus.param", "realesrgan-x4plus.bin"}, fetches)
		if err != nil {
			return "", fault.With(fmt.Errorf("restore: without --model it wants Real-ESRGAN: %w", err), fault.Hint(err))
		}
		return files[0], nil
	}
	if !told && exists(name) || strings.ContainsRune(name, filepath.Separator) {
		return e.upscalerFile(ctx, name, sum)
	}
	if form, ok, err := fetchedForm(name, 4, ""); ok || err != nil {
		if err != nil {
			return "", misuse{err}
		}
		return e.upscalerForm(ctx, form, fetches)
	}
	c, err := e.library(ctx, &modelFlags{})
	if err == nil {
		if path, _ := c.Find(ctx, collection.Wanted{Hash: sum, Name: name, Kind: []string{"face_restorer", "upscaler"}}, 0); path != "" {
			return path, nil
		}
	}
	if told && exists(name) {
		return e.toldUpscaler(ctx, name, sum)
	}
	return "", WithHint(fmt.Errorf("restore: no file %q, and none of this name in the library", name), "--model wants a file such as GFPGANv1.4.pth or codeformer.pth; without it Real-ESRGAN is used")
}
