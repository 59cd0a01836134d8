package cli

import (
	"cmp"
	"context"
	"flag"
	"fmt"
	"image"
	"strconv"
	"strings"
	"time"

	"pentimento/canvas"
	"pentimento/canvas/cut"
	"pentimento/canvas/file"
	"pentimento/pipeline"
	finders "pentimento/pipeline/find"
	"pentimento/pipeline/pixels"
	"pentimento/pipeline/region"
)

var selectVerb = Verb{
	Name:  "select",
	Args:  "IN OUT",
	Short: "Make the mask of a thing in a picture by pointing at it",
	Long: `OUT is a mask of the picture's size, white where the thing is, as fill --mask takes
it. The thing is what lies at --at; further --at add parts of it, --not says what
does not belong to it, --box where it lies. Points are pixels of the picture.
No network is needed: colours and edges decide. Instead of pixels --subject, --sky
or --person says what is meant, or --find text|face|hand… what a network finds, as
the verb detail does.

With --model a network of yours decides: SAM, MobileSAM, EdgeSAM, HQ-SAM or SAM 2 as
the two ONNX files that they are exported in, encoder and decoder, or EfficientSAM in one
or two. Of one file the other is looked for beside it.

A mask ends where the thing does. For a fill give --grow auto: by as much as
the thing's edge is soft, 2 pixels where it is crisp, as the window's tool Object does.

IN and OUT may be folders: then every picture of the one is selected from into a
PNG of its name in the other. A folder that was begun is gone on with.

Examples:
  pentimento select cat.jpg mask.png --at 240,120 --not 400,40 --grow auto
  pentimento select cat.jpg mask.png --at 240,120 --model mobile_sam.encoder.onnx
  pentimento fill --image cat.jpg --mask mask.png --out empty.png`,
	Setup: func(fs *flag.FlagSet) Action {
		f := &selectFlags{fs: fs}
		fs.Var(&f.at, "at", "a pixel `X,Y` of the thing; repeatable")
		fs.Var(&f.not, "not", "a pixel `X,Y` that does not belong to it; repeatable")
		fs.Var(&f.box, "box", "where it lies: `X,Y,W,H`, a rectangle in pixels")
		fs.Var(&f.model, "model", "decide by this `FILE`, an encoder, a decoder, or both in one, of SAM or its kin as ONNX; given once or twice")
		fs.StringVar(&f.where.Device, "device", "", "where the network of --model, --person or --find computes; `D` as devices prints it")
		fs.IntVar(&f.edges, "edges", 50, "how much it ends at edges and how little at colours, `N` from 0 to 100")
		fs.Var(&f.grow, "grow", "widen it by `N` pixels, so that a fill takes its rim along, or auto: by as much as its edge is soft (0)")
		fs.IntVar(&f.feather, "feather", 0, "soften its edge over `N` pixels")
		fs.BoolVar(&f.subject, "subject", false, "what the picture is of, as far as it stands out")
		fs.BoolVar(&f.sky, "sky", false, "the sky")
		fs.BoolVar(&f.person, "person", false, "people, by MediaPipe's network (0.2 MB)")
		fs.StringVar(&f.find, "find", "", "all that is found of `WHAT`: "+finders.Names()+", or what a YOLO network's ONNX file knows")
		fs.BoolVar(&f.fetch, "fetch", false, "with --person and --find: fetch the network where it is not here; without it a terminal is asked")
		fs.StringVar(&f.in, "in", "", "the picture or folder to read, `P`, instead of IN")
		fs.StringVar(&f.out, "out", "", "the mask or folder to write, `P`, instead of OUT")
		f.over = overwriteFlag(fs)
		fs.BoolVar(&f.json, "json", false, "print what was selected as JSON, one object a line (to stderr with OUT -)")
		return f.run
	},
}

// pointsFlag is pixels that were named one by one.
type pointsFlag []image.Point

func (p *pointsFlag) String() string { return "" }

// Set implements flag.Value.
func (p *pointsFlag) Set(text string) error {
	n, err := numbers(text, 2)
	if err != nil {
		return fmt.Errorf("%q: want X,Y such as 240,120", text)
	}
	*p = append(*p, image.Pt(n[0], n[1]))
	return nil
}

// boxFlag is a rectangle.
type boxFlag image.Rectangle

func (b *boxFlag) String() string { return "" }

// Set implements flag.Value.
func (b *boxFlag) Set(text string) error {
	n, err := numbers(text, 4)
	if err != nil || n[2] < 1 || n[3] < 1 {
		return fmt.Errorf("%q: want X,Y,WIDTH,HEIGHT such as 40,60,200,120", text)
	}
	*b = boxFlag(image.Rect(n[0], n[1], n[0]+n[2], n[1]+n[3]))
	return nil
}

// numbers reads so many whole numbers with commas between, each within what a picture can have.
func numbers(text string, want int) (out []int, err error) {
	for _, part := range strings.Split(text, ",") {
		n, err := strconv.Atoi(strings.TrimSpace(part))
		if err != nil || n < 0 || n > cut.MaxSide {
			return nil, fmt.Errorf("%q", part)
		}
		out = append(out, n)
	}
	if len(out) != want {
		return nil, fmt.Errorf("%d numbers", len(out))
	}
	return out, nil
}

// growFlag is a number of pixels, or automatic: by as many as suit.
type growFlag int

const automatic growFlag = -1

func (g *growFlag) String() string { return "" }

// Set implements flag.Value.
func (g *growFlag) Set(text string) error {
	if text == "auto" {
		*g = automatic
		return nil
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < 0 || n > 500 {
		return fmt.Errorf("%q: want 0 to 500, or auto", text)
	}
	*g = growFlag(n)
	return nil
}

// selectFlags are the flags of the verb.
type selectFlags struct {
	fs                   *flag.FlagSet
	at, not              pointsFlag
	box                  boxFlag
	edges, feather       int
	grow                 growFlag
	subject, sky, person bool
	find                 string
	fetch                bool
	over                 *bool // write over IN
	in, out              string
	json                 bool

	model filesFlag
	where pipeline.Where

	people *cutoutFlags       // what finds people
	things *pipeline.Pipeline // what finds by --model
	finder *finder            // what finds --find
}

func (f *selectFlags) run(ctx context.Context, env *Env, args []string) error {
	if err := inAndOut(args, &f.in, &f.out, "pentimento select cat.jpg mask.png --at 240,120"); err != nil {
		return err
	}
	if err := f.check(); err != nil {
		return err
	}
	if len(f.model) == 0 && !f.person && f.find == "" {
		env.tellIdle(f.fs, "colours and edges decide, no network", "device")
	}
	if !isFolder(f.in) {
		if err := cmp.Or(checkOut(f.out, 0), spares(f.out, *f.over, f.in)); err != nil {
			return err
		}
	}
	if f.person {
		people := cutoutFlags{model: "person", fetch: f.fetch, where: f.where}
		if err := people.settle(ctx, env); err != nil {
			return err
		}
		defer func() { _ = people.p.Close() }() // the process ends soon
		f.people = &people
	}
	if len(f.model) > 0 {
		if err := f.openThings(env); err != nil {
			return err
		}
		defer func() { _ = f.things.Close() }()
	}
	if f.find != "" {
		var err error
		if f.finder, err = f.openFinder(ctx, env); err != nil {
			return err
		}
		defer func() { _ = f.finder.p.Close() }()
	}
	if isFolder(f.in) {
		work := folderWork{in: f.in, out: f.out, made: "selected from", name: asPNG, json: f.json, size: sameSize, one: func(ctx context.Context, in, out string, _ *bar) error { return f.one(ctx, env, in, out) }}
		return work.run(ctx, env)
	}
	return f.one(ctx, env, f.in, f.out)
}

func (f *selectFlags) check() error {
	ways := 0
	for _, is := range []bool{len(f.at)+len(f.not) > 0 || !image.Rectangle(f.box).Empty(), f.subject, f.sky, f.person, f.find != ""} {
		if is {
			ways++
		}
	}
	switch {
	case len(f.not) > 0 && len(f.at) == 0 && image.Rectangle(f.box).Empty():
		return WithHint(Misuse("--not says what does not belong to the thing, and nothing what does"), "--at X,Y names a pixel of it")
	case ways == 0:
		return WithHint(Misuse("it is not said what to select"), "--at X,Y names a pixel of the thing, --box X,Y,W,H where it lies; or --subject, --sky, --person, --find text")
	case ways > 1:
		return Misuse("found several things to select, want pixels of one, or one of --subject, --sky, --person and --find")
	case len(f.model) > 0 && (f.subject || f.sky || f.person || f.find != ""):
		return Misuse("--model finds what --at and --box point at, not --subject, --sky, --person or --find")
	case f.edges < 0 || f.edges > 100:
		return Misuse("--edges is %d, want 0 to 100", f.edges)
	case f.feather < 0 || f.feather > 500:
		return Misuse("--feather is %d, want 0 to 500", f.feather)
	}
	return nil
}

// selectedFacts is what --json prints of a picture.
type selectedFacts struct {
	In   string `json:"in"`
	Out  string `json:"out"`
	Area int    `json:"area"` // pixels of which at least half is selected
	Box  [4]int `json:"box"`  // of all that is: x, y, width, height
	MS   int64  `json:"ms"`   // to find it, without reading and writing files
}

// one selects in one picture.
func (f *selectFlags) one(ctx context.Context, env *Env, in, out string) error {
	from, err := env.open(ctx, in)
	if err != nil {
		return err
	}
	for _, p := range append(f.at[:len(f.at):len(f.at)], f.not...) {
		if size := from.img.Rect.Size(); !p.In(from.img.Rect) {
			return WithHint(fmt.Errorf("the pixel %d,%d is outside the picture of %d×%d pixels", p.X, p.Y, size.X, size.Y), "the top left pixel is 0,0")
		}
	}
	began := time.Now()
	img := from.img
	if space := from.from.Space(); space != nil { // networks know sRGB
		img = pixels.Crop(img, img.Rect)
		space.ToSRGB(img)
	}
	mask, err := f.mask(ctx, img)
	if err != nil {
		return err
	}
	facts := selectedFacts{In: in, Out: out, MS: time.Since(began).Milliseconds()}
	box := image.Rectangle{}
	grey := image.NewGray(mask.Rect)
	copy(grey.Pix, mask.Pix)
	for i, v := range mask.Pix {
		if v > 127 {
			facts.Area++
		}
		if x, y := i%mask.Stride, i/mask.Stride; v > 0 {
			box = box.Union(image.Rect(x, y, x+1, y+1))
		}
	}
	facts.Box = [4]int{box.Min.X, box.Min.Y, box.Dx(), box.Dy()}
	if facts.Area == 0 && f.finder != nil {
		return f.finder.nothing(in)
	}
	if facts.Area == 0 {
		return WithHint(fmt.Errorf("%q: found nothing to select", in), "name a pixel of the thing with --at")
	}
	if err := env.write(ctx, out, 0, grey, nil, file.Meaning{}); err != nil {
		return err
	}
	if f.json {
		return env.tell(out, facts)
	}
	fmt.Fprintf(env.Stderr, "%s: %d pixels of %d×%d (%.1f %%) at %d,%d, %d×%d, found in %d ms\n", shownName(out),
		facts.Area, mask.Rect.Dx(), mask.Rect.Dy(), 100*float64(facts.Area)/float64(len(mask.Pix)), box.Min.X, box.Min.Y, box.Dx(), box.Dy(), facts.MS)
	return nil
}

// mask is the coverage of what was asked for, at the picture's bounds.
func (f *selectFlags) mask(ctx context.Context, img *image.NRGBA) (*image.Alpha, error) {
	mask, err := f.found(ctx, img)
	if err != nil {
		return nil, err
	}
	if f.grow == automatic {
		wide, _, err := cut.Widened(ctx, cut.Of(img), canvas.Cover(mask))
		if err != nil {
			return nil, err
		}
		mask = canvas.CoverImage(wide, img.Rect)
	} else if f.grow > 0 {
		mask = region.Grow(mask, int(f.grow))
	}
	if f.feather > 0 {
		mask = region.Feather(mask, float64(f.feather))
	}
	return mask, nil
}

func (f *selectFlags) found(ctx context.Context, img *image.NRGBA) (*image.Alpha, error) {
	if f.people != nil {
		how := f.people.how
		_, m, _, err := f.people.p.CutPicture(ctx, pipeline.Request{Cut: &how, Where: f.where}, img, nil)
		if err != nil {
			return nil, err
		}
		mask := image.NewAlpha(image.Rect(0, 0, m.W, m.H))
		for i, a := range m.A {
			mask.Pix[i] = uint8(255*a + 0.5)
		}
		return mask, nil
	}
	if f.finder != nil {
		return f.finder.look(ctx, img)
	}
	if f.things != nil {
		return f.pointed(ctx, img)
	}
	scene, err := cut.Open(ctx, cut.Of(img))
	if err != nil {
		return nil, err
	}
	var g canvas.Grid[canvas.MaskTile]
	switch {
	case f.subject:
		g, err = scene.Subject(ctx)
	case f.sky:
		g, err = scene.Sky(ctx)
	default:
		g, err = scene.Select(ctx, cut.Seeds{In: f.at, Out: f.not, Box: image.Rectangle(f.box), Edges: float64(f.edges) / 100})
	}
	return canvas.CoverImage(g, img.Rect), err
}
