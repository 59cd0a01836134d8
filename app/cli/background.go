package cli

import (
	"cmp"
	"context"
	"flag"
	"fmt"
	"image"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"pentimento/app/commission"
	"pentimento/canvas/file"
	"pentimento/pipeline"
	"pentimento/pipeline/pixels"
)

const asPicture = "picture" // what the verb background writes, besides asLayers

var backgroundVerb = Verb{
	Name:  "background",
	Args:  "IN OUT",
	Words: []string{asPicture, asLayers},
	Short: "Put something else behind the subject of a picture, or of all of a folder",
	Long: `The subject is cut out as the verb cutout does it, by --subject: person, isnet, a
network's file, or a mask, white where the subject is. Behind it comes one of

  --prompt TEXT    what a model paints, in a new picture of IN's size (--model,
                   --steps, --seed and the other flags of generate)
  --picture P      a picture; it covers IN's size, and its sides are cut off
  --colour #RRGGBB one colour
  --blur N         what was there, filled where the subject was, then blurred
                   with a deviation of N pixels; 0 fills and doesn't blur

--harmonise brings the subject's colours and its edge nearer to the new background:
1 without it with --prompt and --picture, else 0. --shadow lets it cast one.
--as layers writes an .ora: the picture as it was, hidden, the new background, and
the subject behind a layer mask. 16 bits a channel stay where the subject is as it was.

IN and OUT may be folders. --recipe P does it as the picture P says that it was done:
a picture that came behind is looked for under its name beside IN, beside P and here,
and known by what it shows; a mask of the subject is in the recipe.

Examples:
  pentimento background me.jpg beach.jpg --picture sea.jpg
  pentimento background me.jpg soft.jpg --blur 12
  pentimento background cat.jpg cat.png --subject isnet --prompt "a meadow, morning" --model sd15.safetensors
  pentimento background --in goods --out white --subject isnet --colour "#ffffff"`,
	Setup: func(fs *flag.FlagSet) Action {
		f := &backgroundFlags{fs: fs, lay: diffusionFlags(fs), running: runningFlags(fs), harmonise: -1}
		fs.StringVar(&f.subject, "subject", "person", "what finds the subject: `person|isnet|FILE`, a name in the library, or a mask")
		declareCutting(fs, &f.how)
		fs.StringVar(&f.picture, "picture", "", "the picture `P` that comes behind")
		fs.StringVar(&f.back.Colour, "colour", "", "the colour that comes behind, `#RRGGBB`")
		fs.Float64Var(&f.back.Blur, "blur", 0, "keep what was there, filled and blurred by `N` pixels, 0 to 500")
		fs.Float64Var(&f.harmonise, "harmonise", -1, "how far the subject goes toward the new background, `S` from 0 to 1; without it 1 or 0, see above")
		fs.Float64Var(&f.shadow, "shadow", 0, "how dark a shadow the subject casts, `S` from 0 to 1")
		fs.Var(&f.seed, "seed", "`N`, the seed with --prompt; random without it")
		fs.StringVar(&f.as, "as", asPicture, "what is written: `picture|layers`")
		fs.BoolVar(&f.fetch, "fetch", false, "fetch person or isnet where it is not here; without it a terminal is asked")
		folderFlags(fs, &f.in, &f.out, &f.json, &f.bare)
		fs.Var(&f.quality, "quality", qualityUsage)
		f.over = overwriteFlag(fs)
		f.again.declare(fs)
		return f.run
	},
}

// backgroundFlags are the flags of the verb.
type backgroundFlags struct {
	*running
	fs                *flag.FlagSet
	lay               layer
	how               pipeline.Cutting
	back              pipeline.Backdrop
	subject, picture  string
	harmonise, shadow float64
	seed              seedFlag
	as, in, out       string
	quality           qualityFlag
	over              *bool // write over what is read
	fetch             bool
	json, bare        bool
	again             recipeFlags

	from   *taken
	req    pipeline.Request
	mask   *image.Alpha // the subject, where it is a mask,
	maskOf string       // of this file
	run1   pipeline.Runner
	hash   func() string
}

func (f *backgroundFlags) run(ctx context.Context, env *Env, args []string) (err error) {
	if err := inAndOut(args, &f.in, &f.out, `pentimento background me.jpg beach.jpg --picture sea.jpg`); err != nil {
		return err
	}
	f.fs.Visit(func(g *flag.Flag) {
		if why, ok := useless[g.Name]; ok && err == nil && g.Name != "size" && g.Name != "guide" && g.Name != "tile" {
			if strings.HasPrefix(why, "--find") || strings.HasPrefix(why, "--padding") {
				why = "a new background is painted from nothing"
			}
			err = WithHint(Misuse("--%s has no use here", g.Name), "%s", why)
		}
	})
	if err != nil {
		return err
	}
	folder := isFolder(f.in)
	if !folder {
		if err := cmp.Or(f.checkOut(), spares(f.out, *f.over, f.in, f.picture, f.subject, f.again.path)); err != nil {
			return err
		}
	}
	if err := f.settle(ctx, env); err != nil {
		return err
	}
	run, done, err := f.runner(env, pipeline.Diffusion)
	if err != nil {
		return err
	}
	defer done()
	f.run1 = run
	if !folder {
		return f.one(ctx, env, f.in, f.out, env.bar())
	}
	work := folderWork{in: f.in, out: f.out, made: "given a new background", json: f.json, one: func(ctx context.Context, in, out string, bar *bar) error { return f.one(ctx, env, in, out, bar) }}
	if f.as == asPicture {
		work.size = sameSize
	}
	if f.as == asLayers {
		work.name = func(name string) string { return strings.TrimSuffix(name, filepath.Ext(name)) + ".ora" }
	}
	return work.run(ctx, env)
}

func (f *backgroundFlags) checkOut() error {
	switch ext := strings.ToLower(filepath.Ext(f.out)); {
	case f.as != asPicture && f.as != asLayers:
		return Misuse("--as is %q, want picture or layers", f.as)
	case f.as == asLayers && ext != ".ora":
		return WithHint(Misuse("--as layers writes a project, and %q ends in %q, want .ora", f.out, ext), "pentimento background me.jpg beach.ora --picture sea.jpg --as layers")
	case f.as == asLayers:
		return nil
	}
	return checkOut(f.out, f.quality)
}

// settle lays flags and recipe into the request.
func (f *backgroundFlags) settle(ctx context.Context, env *Env) (err error) {
	if f.from, err = f.again.read(ctx, env, func(task string) bool { return task == string(pipeline.Background) }); err != nil {
		return err
	}
	subjectSum, err := f.take()
	if err != nil {
		return err
	}
	if f.back.By != pipeline.ByWords {
		if err := refuse(f.fs, backgroundActs, "it is for --prompt: nothing else is painted by a model"); err != nil {
			return err
		}
	}
	q := pipeline.Request{Ask: pipeline.Ask{Engine: pipeline.Diffusion, Task: pipeline.Background}}
	f.hash = func() string { return "" }
	if f.back.By == pipeline.ByWords {
		if err := f.lay(ctx, env, &q, f.from); err != nil {
			return err
		}
		if !f.bare {
			f.hash = f.from.hash(ctx, q.Model)
		}
	} else {
		where := func(name string) string { return f.fs.Lookup(name).Value.String() }
		q.Device, q.LowMemory = where("device"), where("low-memory") == "true"
		if _, err := fmt.Sscan(where("threads"), &q.Threads); err != nil {
			q.Threads = 0
		}
		if err := env.checkDevice(q.Device); err != nil {
			return err
		}
	}
	q.Batch, q.Seed = 1, 0
	if f.back.By == pipeline.ByWords {
		q.Seed = f.from.seed(env, f.seed)
	}
	if f.from.repeats(f.fs, func(task string) bool { return task == string(pipeline.Background) }) {
		q = f.from.again(q)
	}
	switch {
	case f.picture != "":
		err = f.readPicture(ctx, env)
	case f.back.By == pipeline.ByPicture:
		err = f.findPicture(ctx, env)
	}
	if err != nil {
		return err
	}
	q.Backdrop = &f.back
	f.req = q
	if err := f.back.Check(); err != nil {
		return misuse{err}
	}
	if err := f.findSubject(ctx, env, subjectSum); err != nil {
		return err
	}
	f.tellIdle(env)
	return nil
}

// readPicture reads what comes behind, as sRGB.
func (f *backgroundFlags) readPicture(ctx context.Context, env *Env) error {
	p, err := env.open(ctx, f.picture)
	if err != nil {
		return err
	}
	f.back.Picture, f.back.Name = asSRGB(p), filepath.Base(f.picture)
	return nil
}

// findSubject finds the network, or reads the mask, that says what the subject is.
func (f *backgroundFlags) findSubject(ctx context.Context, env *Env, sum string) error {
	if err := f.how.Check(); err != nil {
		return misuse{err}
	}
	if f.mask != nil { // the recipe's
		f.req.Cut = nil
		return nil
	}
	if exists(f.subject) && slices.Contains(file.Extensions, strings.ToLower(filepath.Ext(f.subject))) {
		in, err := env.open(ctx, f.subject)
		if err != nil {
			return err
		}
		mask, note, err := pixels.MaskOf(in.img)
		if err != nil {
			return WithHint(fmt.Errorf("%q: %w", f.subject, err), "--subject wants person, isnet, a network's file, or a mask")
		}
		if note != "" {
			fmt.Fprintf(env.Stderr, "note: %s\n", note)
		}
		f.mask, f.maskOf = mask, f.subject
		f.req.Cut = nil
		return nil
	}
	var err error
	if f.how.Network, err = env.cutoutFile(ctx, f.subject, sum, f.fetch); err != nil {
		if sum != "" {
			return WithHint(err, "the recipe's subject was found by %s (hash %.10s): name its file with --subject", f.subject, sum)
		}
		return err
	}
	if _, err := pipeline.CheckCutout(f.how.Network, f.how.Kind); err != nil {
		return err
	}
	f.req.Cut = &f.how
	return nil
}

// backgroundFacts is what --json prints of a picture.
type backgroundFacts struct {
	In         string            `json:"in"`
	Out        string            `json:"out"`
	Background string            `json:"background"`
	Network    string            `json:"network,omitempty"`
	As         string            `json:"as"`
	Seed       *uint64           `json:"seed,omitempty"`
	Stages     []pipeline.Timing `json:"stages"`
	Seconds    float64           `json:"seconds"`
	Peak       int64             `json:"peak_memory_bytes,omitempty"`
}

// one makes one picture.
func (f *backgroundFlags) one(ctx context.Context, env *Env, in, out string, bar *bar) error {
	began := time.Now()
	from, err := env.open(ctx, in)
	if err != nil {
		return err
	}
	q := f.req.Clone()
	q.Image, q.Frame, q.Mask = from.img, from.img.Rect, f.mask
	if f.mask != nil && f.mask.Rect.Size() != from.img.Rect.Size() {
		err := fmt.Errorf("%q has %d×%d pixels, want %d×%d as %q", f.maskOf, f.mask.Rect.Dx(), f.mask.Rect.Dy(), from.img.Rect.Dx(), from.img.Rect.Dy(), in)
		if f.maskOf != f.subject {
			return WithHint(fmt.Errorf("the subject's mask in %w", err), "name one of this size, or a network, with --subject")
		}
		return err
	}
	o := &commission.Order{Picture: pixels.Crop(from.img, from.img.Rect), Mask: pixels.Full(from.img.Rect), Request: q, Texts: from.texts, Space: from.from.Space()}
	pieces, err := o.Run(ctx, f.run1, func(p pipeline.Progress) {
		p.Stage = filepath.Base(in) + ": " + p.Stage
		p.Notice = ""
		bar.report(p)
	})
	bar.clear()
	if err != nil {
		return err
	}
	piece := pieces[0]
	made := piece.Lay()
	var texts []file.Text
	if !f.bare {
		texts = piece.Describe("Pentimento "+env.Version, f.hash(), time.Now())
	}
	if f.as == asLayers {
		err = env.writeBackground(ctx, out, from, piece.Layers, saidBy(from.from, f.bare), texts)
	} else {
		err = env.write(ctx, out, f.quality, from.from.Deepen(made, image.Point{}), texts, saidBy(from.from, f.bare))
	}
	if err != nil {
		return err
	}
	return f.tell(env, in, out, piece.Result, began)
}

// writeBackground writes a project of the picture as it was, hidden, the layers of its new look, and the subject as
// a layer mask over all that was there.
func (e *Env) writeBackground(ctx context.Context, out string, from input, layers []*image.NRGBA, says file.Meaning, texts []file.Text) error {
	laid := []file.Laid{{Name: "Before", Image: from.img, Hidden: true}}
	for i, l := range layers[:len(layers)-1] {
		laid = append(laid, file.Laid{Name: []string{"Background", "Shadow"}[i], Image: l})
	}
	subject, shows := pipeline.Unmasked(from.img, layers[len(layers)-1])
	laid = append(laid, file.Laid{Name: "Subject", Image: subject, Shows: shows})
	return file.SaveLaid(ctx, out, laid, "Pentimento "+e.Version, says, texts)
}

func (f *backgroundFlags) tell(env *Env, in, out string, res *pipeline.Result, began time.Time) error {
	q := res.Request
	facts := backgroundFacts{In: in, Out: out, Background: q.Backdrop.By, As: f.as, Stages: res.Timings, Seconds: time.Since(began).Seconds(), Peak: peakMemory()}
	by := "a mask"
	if q.Mask == nil {
		facts.Network = q.Cut.Name()
		by = facts.Network
	}
	seed := ""
	if q.Backdrop.By == pipeline.ByWords {
		n := uint64(q.Seed)
		facts.Seed, seed = &n, " with seed "+seedText(q.Seed)
	}
	if f.json {
		return env.tell(out, facts)
	}
	fmt.Fprintf(env.Stderr, "%s: subject by %s, background by %s%s in %.1f s\n", shownName(out), by, q.Backdrop.By, seed, facts.Seconds)
	return nil
}
