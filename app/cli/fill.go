package cli

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"image"
	"io"
	"time"

	"pentimento/app/commission"
	"pentimento/canvas/file"
	"pentimento/pipeline"
	"pentimento/pipeline/metadata"
	"pentimento/pipeline/pixels"
)

var fillVerb = Verb{
	Name:  "fill",
	Short: "Fill the masked area plausibly",
	Long: `The mask is a picture of the same size: white is repainted, black is kept. A mask
painted in one colour on a transparent layer is read by its alpha. --mask alpha uses the
transparent parts of the picture itself. No pixel outside the mask changes, bit for bit.

Example:
  pentimento fill --image photo.jpg --mask mask.png --out result.png

` + recipeHelp("A fill of this program is repeated, pixel for\npixel, on the picture before it and with its mask.") + `

A JPEG, and a WebP with --quality, change every pixel a little; PNG and WebP without it
keep those outside the mask bit for bit.

--batch N fills it N times, with seeds counting up: result.png, result-2.png …

` + enginesHelp(),
	Setup: func(fs *flag.FlagSet) Action {
		c := &common{}
		c.declare(fs)
		mask := fs.String("mask", "", "the mask (`P`; - is standard input, alpha the transparent part of the picture)")
		fs.BoolVar(&c.invert, "invert", false, "repaint what the mask keeps and keep the rest")
		feather := settingFlags(fs, func(s *pipeline.Setting) bool { return s.ID == "feather" })
		var again recipeFlags
		again.declare(fs)
		return func(ctx context.Context, env *Env, _ []string) error {
			from, err := again.read(ctx, env, fills)
			if err != nil {
				return err
			}
			c.follow(from)
			if err := cmp.Or(c.check(), spares(c.out, *c.over, *mask)); err != nil {
				return err
			}
			switch {
			case *mask == "":
				return WithHint(Misuse("--mask is missing, want a mask"), "to add new borders instead, use outpaint")
			case *mask == "-" && c.image == "-":
				return Misuse("--image and --mask are both standard input, want one of them from a file")
			case from.repeats(c.fs, func(task string) bool { return fills(task) || grows(task) && from.fill.Sides == [4]int{} }):
				// an outpaint by the window, or of before 2026-11-27, doesn't say which sides it added
				return c.again(ctx, env, from, *mask)
			}
			return c.fill(ctx, env, *mask, feather, from)
		}
	},
}

// fills says whether a task of a recipe is one that the verb fill repeats.
func fills(task string) bool {
	row := pipeline.Task(task).Row()
	return row.Needs.Mask && !row.Grows || task == ""
}

func (c *common) fill(ctx context.Context, env *Env, maskPath string, feather *rowFlags, from *taken) error {
	began := time.Now()
	req, err := c.request(ctx, env, pipeline.Inpaint, from)
	if err == nil {
		err = feather.below(&req, from)
	}
	if err != nil {
		return err
	}
	in, mask, err := c.pictures(ctx, env, maskPath)
	if err != nil {
		return err
	}
	o, err := commission.Fill(in.img, mask, req)
	if err != nil {
		return err
	}
	c.warnPhoto(env, in)
	o.Texts = in.texts
	return (&job{common: c, order: o, began: began, from: in.from, recipe: from}).run(ctx, env)
}

// again repeats the recipe's fill: the same request, the same place read, the same plan. The
// recipe's picture and --image lie with their upper left corners on each other.
func (c *common) again(ctx context.Context, env *Env, from *taken, maskPath string) error {
	began := time.Now()
	here, err := c.request(ctx, env, pipeline.Inpaint, from)
	if err != nil {
		return err
	}
	in, mask, err := c.pictures(ctx, env, maskPath)
	if err != nil {
		return err
	}
	o, err := commission.Again(in.img, mask, *from.fill)
	if err != nil {
		return fmt.Errorf("%q: %w", from.name, err)
	}
	o.Texts = in.texts
	again := from.again(here)
	again.Image, again.Mask = o.Request.Image, o.Request.Mask
	o.Request = again
	return (&job{common: c, order: o, began: began, from: in.from, recipe: from}).run(ctx, env)
}

// pictures reads picture and mask, which must be of one size.
func (c *common) pictures(ctx context.Context, env *Env, maskPath string) (input, *image.Alpha, error) {
	in, err := env.open(ctx, c.image)
	if err != nil {
		return in, nil, err
	}
	if maskPath == "alpha" {
		mask := pixels.Erased(in.img)
		if pixels.Bounds(mask).Empty() {
			return in, nil, WithHint(errors.New("mask: no part of the picture is transparent"), "--mask alpha repaints transparent parts; otherwise give a mask file")
		}
		return in, c.turned(mask), nil
	}
	m, err := env.open(ctx, maskPath)
	if err != nil {
		return in, nil, fmt.Errorf("mask: %w", err)
	}
	if got, want := m.img.Rect.Size(), in.img.Rect.Size(); got != want {
		return in, nil, WithHint(fmt.Errorf("mask is %d×%d pixels, want %d×%d, the picture's size", got.X, got.Y, want.X, want.Y),
			"save the mask at the size of the picture, without cropping")
	}
	mask, note, err := pixels.MaskOf(m.img)
	if err != nil {
		return in, nil, err
	}
	if note != "" {
		fmt.Fprintf(env.Stderr, "note: %s\n", note)
	}
	return in, c.turned(mask), nil
}

// turned is the mask as the flags want it.
func (c *common) turned(mask *image.Alpha) *image.Alpha {
	if c.invert {
		pixels.Invert(mask)
	}
	return mask
}

// job is one order, from the picture that was read to the written files: one for each
// picture of the batch.
type job struct {
	*common
	order   *commission.Order
	began   time.Time
	stages  []pipeline.Timing
	picture *image.NRGBA  // the last one that was finished
	texts   []file.Text   // that it carries
	recipe  *taken        // that it was made by; nil: none
	from    *file.Picture // whose meaning and depth it keeps; nil: none
	done    []facts
}

func (j *job) run(ctx context.Context, env *Env) error {
	j.clock("read", j.began)
	if j.from != nil {
		j.order.Space = j.from.Space()
	}
	q, hash := j.order.Request, func() string { return "" }
	names := batchNames(j.out, q.Batch)
	err := j.each(env, q, func(q pipeline.Request, r pipeline.Runner, report func(pipeline.Progress)) (func() error, error) {
		n := len(j.done)
		if n == 0 && q.Engine.Row().Network && !j.noMetadata {
			hash = j.recipe.hash(ctx, q.Model)
		}
		o := *j.order
		o.Request = q
		if n < len(names)-1 { // the last one may have the picture itself
			o.Picture = pixels.Crop(o.Picture, o.Picture.Rect)
		}
		pieces, err := o.Run(ctx, r, report)
		if err != nil {
			return nil, err
		}
		return func() error { return j.finish(ctx, env, names[n], pieces[0], hash) }, nil
	})
	if j.json && len(j.done) > 0 {
		err = cmp.Or(err, j.print(env))
	}
	return err
}

// finish lays a piece into its picture, writes that and tells of it.
func (j *job) finish(ctx context.Context, env *Env, name string, piece *commission.Piece, hash func() string) error {
	j.stages = append(j.stages, piece.Timings...)
	start := time.Now()
	j.picture = piece.Lay()
	if !j.noMetadata {
		j.texts = piece.Describe("Pentimento "+env.Version, hash(), time.Now())
	}
	if err := env.write(ctx, name, j.quality, j.deepened(), j.texts, j.says()); err != nil {
		return err
	}
	j.clock("write", start)
	j.tell(env, name, piece)
	j.stages, j.began = nil, time.Now()
	return nil
}

// says is what the file said of its picture and the result still says.
func (j *job) says() file.Meaning {
	return saidBy(j.from, j.noMetadata)
}

// saidBy is what a picture that was made from another one goes on saying; nil: nothing.
func saidBy(from *file.Picture, bare bool) file.Meaning {
	if from == nil {
		return file.Meaning{}
	}
	return from.Meaning.Without(commission.Ours, bare)
}

// deepened is the picture with the file's 16 bits where nothing has changed.
func (j *job) deepened() image.Image {
	if j.from == nil {
		return j.picture
	}
	return j.from.Deepen(j.picture, j.picture.Rect.Min.Add(j.order.Moved))
}

func (j *job) clock(stage string, began time.Time) {
	j.stages = append(j.stages, pipeline.Timing{Stage: stage, Seconds: time.Since(began).Seconds()})
}

// facts is what --json prints.
type facts struct {
	Out     string            `json:"out"`
	Engine  pipeline.Engine   `json:"engine"`
	Task    pipeline.Task     `json:"task"`
	Seed    uint64            `json:"seed"`
	Width   int               `json:"width"`
	Height  int               `json:"height"`
	Rect    metadata.Rect     `json:"rect"` // that changed, pixels of the result
	Changed int               `json:"changed_pixels"`
	Stages  []pipeline.Timing `json:"stages"`
	Seconds float64           `json:"seconds"`
	Device  string            `json:"device,omitempty"`

	StepSeconds []float64 `json:"step_seconds,omitempty"`
	WorkSize    []int     `json:"work_size,omitempty"` // at which a network worked
	PeakMemory  int64     `json:"peak_memory_bytes,omitempty"`
	Notes       []string  `json:"notes,omitempty"` // what of the recipe was not to be had
}

// tell remembers what was done and, without --json, says it.
func (j *job) tell(env *Env, name string, p *commission.Piece) {
	q := p.Request
	f := facts{Out: name, Engine: q.Engine, Task: q.Task, Seed: uint64(q.Seed), Width: j.picture.Rect.Dx(), Height: j.picture.Rect.Dy(),
		Rect: metadata.RectOf(p.Rect), Changed: p.Changed, Stages: j.stages, Seconds: time.Since(j.began).Seconds(), Device: p.Device,
		StepSeconds: p.Steps, PeakMemory: peakMemory(), Notes: j.recipe.said()}
	if q.Engine.Row().Network {
		f.WorkSize = []int{q.Width, q.Height}
	}
	j.done = append(j.done, f)
	if j.json {
		return
	}
	fmt.Fprintf(env.Stderr, "%s: %d×%d, changed %d pixels within %d×%d at %d,%d with seed %s in %.1f s\n", shownName(name), f.Width, f.Height,
		f.Changed, f.Rect.Width, f.Rect.Height, f.Rect.X, f.Rect.Y, seedText(q.Seed), f.Seconds)
}

// print prints what was done as JSON: an object, of a batch a list of them.
func (j *job) print(env *Env) error {
	w := env.factsTo(j.out)
	if j.order.Request.Batch > 1 {
		return printed(writeJSON(w, j.done))
	}
	return printed(writeJSON(w, j.done[0]))
}

func writeJSON(w io.Writer, v any) error {
	enc := json.NewEncoder(w)
	enc.SetIndent("", "  ")
	enc.SetEscapeHTML(false)
	return enc.Encode(v)
}
