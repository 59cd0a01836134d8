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

	"pentimento/app/commission"
	"pentimento/canvas/file"
	"pentimento/pipeline"
	finders "pentimento/pipeline/find"
	"pentimento/pipeline/pixels"
)

var detailVerb = Verb{
	Name:  "detail",
	Args:  "IN OUT",
	Words: finderNames(),
	Short: "Find faces, hands and other things in a picture and make each anew",
	Long: `IN and OUT are pictures, or folders: then all of the one are made into the other
under their names, and a folder that was begun is gone on with. What --find names
is found, and each find is inpainted by itself, as ADetailer does for A1111: with
--prompt or its own text, at a size that the network likes. Outside the masks of
the finds not one pixel changes. --mask-only writes the masks instead: a picture,
white where something would be made anew.

A flag of a find behind --find is that find's own; before the first, of all.
` + finderHelp() + `
--recipe P redoes what the picture P says was redone: of this program pixel for
pixel on the picture before it, or by ADetailer's fields; in a folder it looks anew.

Examples:
  pentimento detail group.png better.png --model sd15.safetensors --find face --prompt "a smiling face"
  pentimento detail a.png b.png --find face --find hand --find-strength 0.5
  pentimento detail photo.jpg mask.png --find eyes --mask-only
  pentimento detail a.png b.png --find face_yolov8n.onnx --sort left --find-prompt "a king [SEP] a queen [SEP] [SKIP]"`,
	Setup: func(fs *flag.FlagSet) Action {
		f := &detailFlags{fs: fs, lay: diffusionFlags(fs), running: runningFlags(fs)}
		f.passFlags.declare(fs)
		fs.Var(&f.seed, "seed", "`N`, the seed of the first find; random without it")
		fs.BoolVar(&f.maskOnly, "mask-only", false, "write the masks of what is found, and change nothing")
		folderFlags(fs, &f.in, &f.out, &f.json, &f.bare)
		fs.Var(&f.quality, "quality", qualityUsage)
		f.over = overwriteFlag(fs)
		f.again.declare(fs)
		return f.run
	},
}

func finderNames() (names []string) {
	for _, f := range finders.Finders {
		names = append(names, f.Name)
	}
	return names
}

func finderHelp() string {
	var b strings.Builder
	for _, f := range finders.Finders {
		fmt.Fprintf(&b, "  %-10s %s\n", f.Name, f.Short)
	}
	b.WriteString("  FILE.onnx  what a YOLOv5, v8 or v11 network of yours finds, by boxes or masks\n")
	return b.String()
}

// detailFlags are the flags of the verb.
type detailFlags struct {
	passFlags
	*running
	fs         *flag.FlagSet
	lay        layer
	seed       seedFlag
	in, out    string
	quality    qualityFlag
	over       *bool // write over what is read
	maskOnly   bool
	json, bare bool
	again      recipeFlags

	from *taken
	req  pipeline.Request
	run1 pipeline.Runner
	hash func() string
}

// useless are flags of the engine that have no meaning here.
var useless = map[string]string{"size": "--find-size says at which size finds are made", "guide": "finds follow no guides", "region": "finds have texts of their own", "region-base": "finds have texts of their own",
	"batch": "run it again with another --seed", "strength": "--find-strength says how much of a find may change", "area": "--padding and --whole-picture say what is read", "image": "the picture is IN", "tile": "only new pictures tile"}

func (f *detailFlags) run(ctx context.Context, env *Env, args []string) (err error) {
	if err := inAndOut(args, &f.in, &f.out, "pentimento detail photo.png better.png --find face"); err != nil {
		return err
	}
	f.fs.Visit(func(g *flag.Flag) {
		why, ok := useless[g.Name]
		if strings.HasPrefix(g.Name, "hires") {
			why, ok = "finds are made once; --find-size says at which size, and pentimento upscale enlarges the picture", true
		}
		if ok && err == nil {
			err = WithHint(Misuse("--%s has no use here", g.Name), "%s", why)
		}
	})
	if err != nil {
		return err
	}
	folder := isFolder(f.in)
	if !folder {
		if err := cmp.Or(checkOut(f.out, f.quality), spares(f.out, *f.over, f.in, f.again.path)); err != nil {
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
	if folder {
		return f.folder(ctx, env)
	}
	return f.one(ctx, env, f.in, f.out, env.bar())
}

// settle lays flags and recipe into the request.
func (f *detailFlags) settle(ctx context.Context, env *Env) (err error) {
	if f.from, err = f.again.read(ctx, env, func(task string) bool { return task == string(pipeline.Detail) }); err != nil {
		return err
	}
	passes := f.all
	if f.from != nil {
		f.from.details = true
		was, left := pipeline.DetailsOf(f.from.recipe)
		if run := f.from.run; run != nil && run.Request.Task == pipeline.Detail {
			was, left = unlooked(run.Request.Details), nil
		}
		if len(passes) == 0 {
			passes = was
		}
		for _, line := range left {
			f.from.say(env, "not taken over: %s", line)
		}
		if len(passes) == 0 {
			return WithHint(fmt.Errorf("%q does not say that faces or details were redone", f.from.name), "leave out --recipe, or say what to --find")
		}
	}
	if len(passes) == 0 {
		return WithHint(Misuse("--find is missing, want what is looked for"), "--find face; also %s, or a YOLO network's ONNX file", finders.Names())
	}
	q := pipeline.Request{Ask: pipeline.Ask{Engine: pipeline.Diffusion, Task: pipeline.Detail}}
	if f.maskOnly {
		q.Task = pipeline.Finding
		q.Device = f.fs.Lookup("device").Value.String()
		if err := env.checkDevice(q.Device); err != nil {
			return err
		}
	} else if err := f.lay(ctx, env, &q, f.from); err != nil {
		return err
	}
	q.Guides, q.Regions, q.Width, q.Height, q.Batch = nil, nil, 0, 0, 1
	q.Seed = f.from.seed(env, f.seed)
	if f.from.repeats(f.fs, func(task string) bool { return task == string(q.Task) && len(f.all) == 0 && !isFolder(f.in) }) {
		q = f.from.again(q)
		passes = q.Details
	}
	q.Details, err = env.ready(ctx, passes, q.Model, f.fetch, func(text string) { fmt.Fprintf(env.Stderr, "note: %s\n", text) })
	f.req = q
	f.hash = func() string { return "" }
	if err == nil && !f.bare && !f.maskOnly {
		f.hash = f.from.hash(ctx, q.Model)
	}
	return err
}

// unlooked are passes that look for themselves again.
func unlooked(passes []pipeline.Detailing) []pipeline.Detailing {
	out := make([]pipeline.Detailing, len(passes))
	for i, d := range passes {
		d.Found, d.Looked = nil, false
		out[i] = d
	}
	return out
}

// folder makes every picture of one folder into another; what is there already is left alone.
func (f *detailFlags) folder(ctx context.Context, env *Env) error {
	work := folderWork{in: f.in, out: f.out, made: "made", json: f.json, one: func(ctx context.Context, in, out string, bar *bar) error { return f.one(ctx, env, in, out, bar) }}
	if f.maskOnly {
		work.name = asPNG
	}
	return work.run(ctx, env)
}

// detailFacts is what --json prints of a picture.
type detailFacts struct {
	In      string   `json:"in"`
	Out     string   `json:"out"`
	Found   []looked `json:"found"`
	Seed    uint64   `json:"seed"`
	Changed int      `json:"changed_pixels"`
	Seconds float64  `json:"seconds"`
	Peak    int64    `json:"peak_memory_bytes,omitempty"`
}

// one makes one picture.
func (f *detailFlags) one(ctx context.Context, env *Env, in, out string, bar *bar) error {
	began := time.Now()
	from, err := env.open(ctx, in)
	if err != nil {
		return err
	}
	q := f.req.Clone()
	q.Image, q.Frame = from.img, from.img.Rect
	if q.Exact {
		at := f.from.run.Read
		if at.Size() != from.img.Rect.Size() {
			return fmt.Errorf("%q has %d×%d pixels, want %d×%d as the picture that was redone", in, from.img.Rect.Dx(), from.img.Rect.Dy(), at.Dx(), at.Dy())
		}
		then := *from.img
		then.Rect = at
		q.Image, q.Frame = &then, at
	}
	o := &commission.Order{Picture: q.Image, Mask: pixels.Full(q.Image.Rect), Request: q, Texts: from.texts, Space: from.from.Space()}
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
	facts := detailFacts{In: in, Out: out, Found: lookedAt(piece.Request.Details, q.Image.Rect.Min), Seed: uint64(q.Seed)}
	if f.maskOnly {
		mask := pipeline.Covers(piece.Request.Details, q.Image.Rect)
		mask.Rect = image.Rectangle{Max: mask.Rect.Size()}
		err = env.write(ctx, out, f.quality, grey(mask), nil, file.Meaning{})
	} else {
		made := piece.Lay()
		facts.Changed = piece.Changed
		texts := from.texts
		if f.bare {
			texts = nil
		} else if piece.Changed > 0 {
			texts = piece.Describe("Pentimento "+env.Version, f.hash(), time.Now())
		}
		made.Rect = image.Rectangle{Max: made.Rect.Size()}
		err = env.write(ctx, out, f.quality, from.from.Deepen(made, image.Point{}), texts, saidBy(from.from, f.bare))
	}
	if err != nil {
		return err
	}
	facts.Seconds, facts.Peak = time.Since(began).Seconds(), peakMemory()
	return f.tell(env, facts)
}

// grey is a mask as a picture: white where it covers.
func grey(m *image.Alpha) *image.Gray {
	return &image.Gray{Pix: m.Pix, Stride: m.Stride, Rect: m.Rect}
}

func (f *detailFlags) tell(env *Env, facts detailFacts) error {
	if f.json {
		return env.tell(facts.Out, facts)
	}
	name := shownName(facts.Out)
	if f.maskOnly {
		fmt.Fprintf(env.Stderr, "%s: %s in %.1f s\n", name, counted(facts.Found), facts.Seconds)
		return nil
	}
	fmt.Fprintf(env.Stderr, "%s: %s, changed %d pixels with seed %s in %.1f s\n", name, counted(facts.Found), facts.Changed, seedText(f.req.Seed), facts.Seconds)
	return nil
}
