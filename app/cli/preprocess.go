package cli

import (
	"cmp"
	"context"
	"flag"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"pentimento/canvas/disk"
	"pentimento/canvas/file"
	"pentimento/fault"
	"pentimento/pipeline"
	"pentimento/pipeline/preprocess"
)

var preprocessVerb = Verb{
	Name:  "preprocess",
	Args:  "MODULE IN OUT",
	Words: moduleNames(),
	Short: "Make the map of a picture that a control network reads: edges, lines, poses …",
	Long: `IN and OUT are pictures, or folders: then every picture of the one is made into
a PNG of its name in the other. The modules openpose… also draw a JSON file of
points, and with --json write the points that they found in a picture;
those marked with * need their network, an ONNX file of yours, with --network
(depth_* and normal_midas also take a finished depth map in grey instead);
those with + use networks that --fetch gets once (models networks lists them).
The modules, by the names that A1111's ControlNet has for them:
` + moduleHelp() + `
Example:
  pentimento preprocess canny photo.jpg edges.png --res 768 --a 50 --b 120`,
	Setup: func(fs *flag.FlagSet) Action {
		f := &mapFlags{fs: fs}
		fs.IntVar(&f.by.Res, "res", 0, "the map's shorter side in pixels, `N`; without it 512")
		fs.Float64Var(&f.by.A, "a", 0, "the module's first number, `A`")
		fs.Float64Var(&f.by.B, "b", 0, "the module's second number, `B`")
		fs.Int64Var(&f.by.Seed, "seed", 0, "of what is random, `N`")
		fs.StringVar(&f.size, "size", "", "bring the map to a canvas of `WxH`")
		fs.StringVar(&f.fit, "fit", string(preprocess.Crop), "with --size: `resize|crop|fill`")
		fs.BoolVar(&f.perfect, "pixel-perfect", false, "with --size: choose --res so that a pixel of the map is one of the canvas")
		fs.StringVar(&f.network, "network", "", "the ONNX `FILE` of the module's network: depth, soft edges, line art, straight lines")
		fs.StringVar(&f.points, "json", "", "also write the people found to this `FILE`, as OpenPose does")
		f.over = overwriteFlag(fs)
		fs.BoolVar(&f.fetch, "fetch", false, "fetch the module's networks where they are not here; without it a terminal is asked")
		fs.StringVar(&f.where.Device, "device", "", "`NAME` of the device it runs on; see the verb devices")
		fs.IntVar(&f.where.Threads, "threads", 0, "CPU threads; 0 = one per core")
		return f.run
	},
}

func moduleNames() (names []string) {
	for _, m := range preprocess.Modules {
		names = append(names, m.Name)
	}
	return names
}

func moduleHelp() string {
	var b strings.Builder
	for _, m := range preprocess.Modules {
		mark := ""
		switch {
		case m.Network == nil:
		case len(m.Network.Parts) > 0:
			mark = " +"
		default:
			mark = " *"
		}
		fmt.Fprintf(&b, "  %-20s %s%s\n", m.Name, m.Short, mark)
		for _, p := range []struct {
			flag string
			of   *preprocess.Param
		}{{"a", m.A}, {"b", m.B}} {
			if p.of != nil {
				fmt.Fprintf(&b, "  %20s   --%s %s, %g to %g (%g)\n", "", p.flag, p.of.Label, p.of.Min, p.of.Max, p.of.Default)
			}
		}
	}
	return b.String()
}

// mapFlags are the flags of the verb.
type mapFlags struct {
	fs        *flag.FlagSet
	by        preprocess.Params
	size, fit string
	perfect   bool
	network   string // a path
	fetch     bool
	points    string // a path
	over      *bool  // write over IN
	where     pipeline.Where

	module *preprocess.Module
	w, h   int // 0: the map stays as it is
	how    preprocess.Fit

	networks *pipeline.Pipeline // nil without --network
}

func (f *mapFlags) run(ctx context.Context, env *Env, args []string) error {
	if len(args) != 3 {
		return WithHint(Misuse("found %d arguments, want MODULE IN OUT", len(args)), "pentimento preprocess canny photo.jpg edges.png; --help lists the modules")
	}
	if err := f.check(args[0]); err != nil {
		return err
	}
	in, out := args[1], args[2]
	if f.network == "" && f.wantsParts(in) && env.Fetch != nil && f.module.Network != nil && len(f.module.Network.Parts) > 0 {
		files, err := env.partsOf(ctx, f.module.Network.Parts, f.fetch)
		if err != nil {
			return fault.With(fmt.Errorf("preprocessor %q: %w", f.module.Name, err), fault.Hint(err))
		}
		f.network = files[0]
	}
	if f.network != "" {
		if err := env.checkDevice(f.where.Device); err != nil {
			return err
		}
		p, err := env.Pipeline(pipeline.Diffusion)
		if err != nil {
			return err
		}
		defer func() { _ = p.Close() }() // the process ends soon
		f.networks = p
	}
	if st, err := os.Stat(in); in != "-" && err == nil && st.IsDir() {
		if f.points != "" {
			return Misuse("--json is for one picture, and %q is a folder", in)
		}
		return f.folder(ctx, env, in, out)
	}
	if err := cmp.Or(checkOut(out, 0), spares(out, *f.over, in, f.network)); err != nil {
		return err
	}
	return f.one(ctx, env, in, out)
}

// check reads the flags of a module: those that it hasn't are wrong use.
func (f *mapFlags) check(module string) (err error) {
	if f.module, err = preprocess.Find(module); err != nil {
		return misuse{err}
	}
	by, given := f.by, map[string]bool{}
	f.by = f.module.Defaults()
	f.fs.Visit(func(g *flag.Flag) { given[g.Name] = true })
	for _, n := range []struct {
		flag string
		has  bool
		take func()
	}{
		{"res", f.module.Res != nil || f.module.Wants == preprocess.OfPoints, func() { f.by.Res = by.Res }},
		{"a", f.module.A != nil, func() { f.by.A = by.A }},
		{"b", f.module.B != nil, func() { f.by.B = by.B }},
		{"network", f.module.Network != nil, func() {}},
		{"json", f.module.Wants == preprocess.OfPoints, func() {}},
		{"fetch", f.module.Network != nil && len(f.module.Network.Parts) > 0, func() {}},
		{"seed", f.module.Seeded, func() { f.by.Seed = by.Seed }},
	} {
		if given[n.flag] && !n.has {
			return WithHint(Misuse("module %s has no --%s", f.module.Name, n.flag), "leave it out; --help lists what modules have")
		}
		if given[n.flag] {
			n.take()
		}
	}
	if err := f.module.Check(f.by); err != nil {
		return misuse{err}
	}
	if f.how, err = preprocess.ParseFit(f.fit); err != nil {
		return misuse{err}
	}
	if f.size == "" {
		if given["fit"] || f.perfect {
			return Misuse("--fit and --pixel-perfect want a --size")
		}
		return nil
	}
	if n, err := fmt.Sscanf(f.size, "%dx%d", &f.w, &f.h); n != 2 || err != nil || f.w < 1 || f.h < 1 || f.w > file.MaxSide || f.h > file.MaxSide {
		return Misuse("--size is %s, want WIDTHxHEIGHT such as 512x768", f.size)
	}
	return nil
}

// folder makes a map of every picture in one folder; a picture that can't be made is told of and
// left out.
func (f *mapFlags) folder(ctx context.Context, env *Env, in, out string) error {
	entries, err := os.ReadDir(in)
	if err != nil {
		return noSuchFile(in, err)
	}
	entries = slices.DeleteFunc(entries, func(e fs.DirEntry) bool { return !mayBePicture(in, e.Name()) || !f.reads(e.Name()) })
	if len(entries) == 0 {
		return fmt.Errorf("%q: found no picture in this folder", in)
	}
	if err := makeFolder(out); err != nil {
		return err
	}
	if same, err := sameFolder(in, out); err != nil || same {
		return cmp.Or(err, WithHint(fmt.Errorf("%q: found the folder of the pictures, want another for the maps, which have their names", out), "name a folder of its own for the maps; it is made"))
	}
	bar, failed, from := env.bar(), 0, map[string]string{}
	for i, e := range entries {
		bar.report(pipeline.Progress{Stage: e.Name(), Fraction: float64(i) / float64(len(entries))})
		name := strings.TrimSuffix(e.Name(), filepath.Ext(e.Name())) + ".png"
		var err error
		if other, taken := from[name]; taken {
			err = fmt.Errorf("%s is the map of %s, want another name", name, other)
		} else {
			from[name], err = e.Name(), f.one(ctx, env, filepath.Join(in, e.Name()), filepath.Join(out, name))
		}
		if ctx.Err() != nil {
			bar.clear()
			return stopped{i, len(entries), ctx.Err()}
		}
		if err != nil {
			bar.clear()
			fmt.Fprintf(env.Stderr, "note: %s: %s\n", e.Name(), oneLine(fault.Plain(err)))
			failed++
		}
	}
	bar.clear()
	if failed > 0 {
		return fmt.Errorf("%d of %d pictures could not be made", failed, len(entries))
	}
	_, err = fmt.Fprintf(env.Stderr, "%d maps in %s\n", len(entries), out)
	return printed(err)
}

// sameFolder says whether two paths are one folder.
func sameFolder(a, b string) (bool, error) {
	one, err := os.Stat(a)
	if err != nil {
		return false, err
	}
	other, err := os.Stat(b)
	return err == nil && os.SameFile(one, other), err
}

// reads says whether a file's name is one of what the module reads.
func (f *mapFlags) reads(name string) bool {
	if f.module.Wants == preprocess.OfPoints && strings.EqualFold(filepath.Ext(name), ".json") {
		return true
	}
	return (f.module.Wants != preprocess.OfPoints || f.networks != nil) && f.pictured(name)
}

// one makes one map.
func (f *mapFlags) one(ctx context.Context, env *Env, in, out string) error {
	p, err := f.made(ctx, env, in)
	if err == nil && f.w > 0 {
		p, err = preprocess.MapSize(ctx, p, f.how, f.w, f.h)
	}
	if err != nil {
		return err
	}
	return env.write(ctx, out, 0, p.NRGBA(), nil, file.Meaning{})
}

func (f *mapFlags) made(ctx context.Context, env *Env, in string) (preprocess.Picture, error) {
	if f.module.Wants == preprocess.OfPoints && !f.pictured(in) {
		return f.posed(ctx, env, in)
	}
	from, err := env.open(ctx, in)
	if err != nil {
		return preprocess.Picture{}, err
	}
	by, p := f.by, preprocess.Of(from.img)
	if f.perfect && f.module.Res != nil {
		if by.Res, err = preprocess.PixelPerfect(p.W, p.H, f.w, f.h, f.how); err != nil {
			return preprocess.Picture{}, err
		}
	}
	if f.networks != nil && f.module.Wants == preprocess.OfPoints {
		return f.found(ctx, p, by)
	}
	if f.networks != nil {
		return f.networks.Map(ctx, f.module, f.network, p, by, f.where)
	}
	return f.module.Run(ctx, p, by)
}

// wantsParts says whether what is at a path wants the networks that can be fetched: points in a file, from
// standard input or, unless fetching is asked for, in a folder don't.
func (f *mapFlags) wantsParts(in string) bool {
	if f.module.Wants != preprocess.OfPoints {
		return true
	}
	st, err := os.Stat(in)
	return f.pictured(in) || f.fetch && err == nil && st.IsDir()
}

func (f *mapFlags) pictured(in string) bool {
	return slices.Contains(file.Extensions, strings.ToLower(filepath.Ext(in)))
}

// found draws the people in a picture, and writes their points where that is wanted.
func (f *mapFlags) found(ctx context.Context, p preprocess.Picture, by preprocess.Params) (preprocess.Picture, error) {
	people, err := f.networks.People(ctx, f.module, f.network, p, f.where)
	if err != nil {
		return preprocess.Picture{}, err
	}
	if f.points != "" {
		err := disk.WriteAtomic(f.points, func(w io.Writer) error { return preprocess.WritePoses(w, people, p.W, p.H) })
		if err != nil {
			return preprocess.Picture{}, err
		}
	}
	return preprocess.DrawFound(p, by, people...)
}

// posed draws a file of points, as large as the file or --size says.
func (f *mapFlags) posed(ctx context.Context, env *Env, in string) (preprocess.Picture, error) {
	r, name, done, err := env.source(ctx, in)
	if err != nil {
		return preprocess.Picture{}, err
	}
	defer done()
	people, w, h, err := preprocess.ReadPoses(r)
	if err != nil {
		return preprocess.Picture{}, fmt.Errorf("%q: %w", name, err)
	}
	switch {
	case w < 1 || h < 1:
		if w, h = f.w, f.h; w < 1 {
			return preprocess.Picture{}, WithHint(fmt.Errorf("%q: the file says no canvas_width and canvas_height", name), "give --size WxH")
		}
	case f.perfect && f.w > 0, flagGiven(f.fs, "res"):
		short := f.by.Res
		if f.perfect {
			if short, err = preprocess.PixelPerfect(w, h, f.w, f.h, f.how); err != nil {
				return preprocess.Picture{}, err
			}
		}
		k := float64(short) / float64(min(w, h))
		w, h = int(float64(w)*k+0.5), int(float64(h)*k+0.5)
	}
	if err := ctx.Err(); err != nil {
		return preprocess.Picture{}, err
	}
	return preprocess.DrawPose(w, h, people...)
}

func flagGiven(fs *flag.FlagSet, name string) (given bool) {
	fs.Visit(func(f *flag.Flag) { given = given || f.Name == name })
	return given
}
