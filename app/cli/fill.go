package cli

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"image"
	"io"
	"time"

	"pentimento/canvas/file"
	"pentimento/pipeline"
	"pentimento/pipeline/metadata"
	"pentimento/pipeline/pixels"
	"pentimento/pipeline/region"
)

var fillVerb = Verb{
	Name:  "fill",
	Short: "Replace what a mask covers by plausible picture",
	Long: `The mask is a picture of the same size: 8-bit grey (white = repaint) or alpha
(opaque = repaint). Outside it not one pixel changes, bit for bit.

Example:
  pentimento fill --image photo.jpg --mask mask.png --out result.png

With --recipe a fill is made again as the picture P says that it was made, on the
picture before it and with its mask; of diffusion the model must be named.

` + enginesHelp(),
	Setup: func(fs *flag.FlagSet) Action {
		c := &common{}
		c.declare(fs)
		mask := fs.String("mask", "", "the mask (`P`; - is standard input)")
		feather := settingFlags(fs, func(s *pipeline.Setting) bool { return s.ID == "feather" })
		var again recipeFlags
		again.declare(fs)
		return func(ctx context.Context, env *Env, _ []string) error {
			err := again.check(c)
			if err == nil && again.path == "" {
				err = c.check()
			}
			if err != nil {
				return err
			}
			switch {
			case *mask == "":
				return WithHint(Misuse("--mask is missing, want a mask"), "to fill no mask but new borders, use outpaint")
			case *mask == "-" && c.image == "-":
				return Misuse("--image and --mask are both standard input, want one of them from a file")
			case again.path != "":
				return c.again(ctx, env, again, *mask)
			}
			return c.fill(ctx, env, *mask, feather)
		}
	},
}

func (c *common) fill(ctx context.Context, env *Env, maskPath string, feather *rowFlags) error {
	began := time.Now()
	req, err := c.request(ctx, env, pipeline.Inpaint)
	if err == nil {
		err = feather.lay(&req)
	}
	if err != nil {
		return err
	}
	in, mask, err := c.pictures(ctx, env, maskPath)
	if err != nil {
		return err
	}
	j := &job{common: c, in: in, canvas: in.img, mask: mask, req: req, began: began}
	return j.run(ctx, env)
}

// pictures reads picture and mask, which must be of one size.
func (c *common) pictures(ctx context.Context, env *Env, maskPath string) (input, *image.Alpha, error) {
	in, err := env.open(ctx, c.image)
	if err != nil {
		return in, nil, err
	}
	m, err := env.open(ctx, maskPath)
	if err != nil {
		return in, nil, fmt.Errorf("mask: %w", err)
	}
	if got, want := m.img.Rect.Size(), in.img.Rect.Size(); got != want {
		return in, nil, WithHint(fmt.Errorf("mask is %d×%d pixels, want %d×%d as the picture", got.X, got.Y, want.X, want.Y),
			"save the mask at the size of the picture, without cropping")
	}
	mask, err := maskOf(m.img)
	return in, mask, err
}

// job is one fill of a picture, from the canvas with its hole to the written file.
type job struct {
	*common
	in     input
	canvas *image.NRGBA // changed only where mask is not 0
	mask   *image.Alpha
	req    pipeline.Request
	moved  image.Point // how far the picture moved on its canvas (outpaint)
	away   image.Point // from the picture's pixels to the request's, of a fill made again
	began  time.Time
	rect   image.Rectangle
	stages []pipeline.Timing
	texts  []file.Text   // what the written picture carries
	hash   func() string // of the model; nil without one
}

func (j *job) run(ctx context.Context, env *Env) error {
	j.stages = append(j.stages, pipeline.Timing{Stage: "read", Seconds: time.Since(j.began).Seconds()})
	j.req.Frame = pixels.Bounds(j.mask)
	place, err := j.place()
	if err != nil {
		return err
	}
	j.req.Image, j.req.Mask = pixels.Crop(j.canvas, place), pixels.CropMask(j.mask, place)
	j.req.Inside = true // the verb's promise: outside the mask nothing changes
	res, err := j.engine(ctx, env)
	if err != nil {
		return err
	}
	j.layBack(res)
	return j.finish(ctx, env, res)
}

// engine runs the request, with progress on the terminal.
func (j *job) engine(ctx context.Context, env *Env) (*pipeline.Result, error) {
	p, err := env.Pipeline(j.req.Engine)
	if err != nil {
		return nil, err
	}
	defer func() { _ = p.Close() }() // the process ends soon
	if j.req.Engine == pipeline.Diffusion && !j.noMetadata {
		j.hash = modelHash(ctx, j.req.Model)
	}
	bar := env.bar()
	res, err := p.RunTraced(ctx, j.req, bar.report, j.trace.hook())
	bar.clear()
	if err != nil {
		return nil, err
	}
	j.stages = append(j.stages, res.Timings...)
	return res, j.trace.write(env)
}

// finish writes the picture and tells what was done.
func (j *job) finish(ctx context.Context, env *Env, res *pipeline.Result) error {
	start := time.Now()
	if !j.noMetadata {
		j.describe(env, res)
	}
	if err := env.write(ctx, j.out, j.canvas, j.texts); err != nil {
		return err
	}
	j.stages = append(j.stages, pipeline.Timing{Stage: "write", Seconds: time.Since(start).Seconds()})
	return j.tell(env, res)
}

// place is what the engine is shown. Networks plan for themselves; patch search gets the
// surroundings, for a whole large photo would be slow and no better.
func (j *job) place() (image.Rectangle, error) {
	all := j.canvas.Rect
	if j.req.Engine == pipeline.Diffusion || j.req.Frame.Empty() {
		return all, nil // an empty mask is the pipeline's to refuse
	}
	layout, err := region.Plan(region.Input{Method: region.ContentAware, Selection: j.req.Frame, Picture: all, Bounds: all})
	if err != nil {
		return all, err
	}
	return layout.Context.Union(j.req.Frame).Intersect(all), nil
}

// layBack takes the result over where the mask allows, and nowhere else: the promise does
// not rest on the engine.
func (j *job) layBack(res *pipeline.Result) {
	r := res.Image.Rect.Intersect(j.canvas.Rect)
	for y := r.Min.Y; y < r.Max.Y; y++ {
		for x := r.Min.X; x < r.Max.X; x++ {
			if j.mask.AlphaAt(x, y).A == 0 || res.Mask.AlphaAt(x, y).A == 0 {
				continue
			}
			at := image.Rect(x, y, x+1, y+1)
			j.rect = j.rect.Union(at)
			copy(j.canvas.Pix[j.canvas.PixOffset(x, y):][:4], res.Image.Pix[res.Image.PixOffset(x, y):][:4])
		}
	}
}

// describe gathers what the picture will carry: what it brought along, and this fill.
func (j *job) describe(env *Env, res *pipeline.Result) {
	size := j.canvas.Rect.Size()
	d := history(j.in.texts, size.X, size.Y)
	d.Move(j.moved, size.X, size.Y)
	d.Program = "Pentimento " + env.Version
	f, replay := res.Request.Record(j.rect, time.Now()), res.Replay()
	f.Read = metadata.RectOf(replay.Read.Sub(j.away))
	if j.hash != nil {
		f.ModelHash = j.hash()
	}
	f.Run, _ = json.Marshal(replay) // without it the rest is still worth having
	d.Add(f)
	for _, t := range d.Texts() {
		j.texts = append(j.texts, file.Text(t))
	}
}

// facts is what --json prints.
type facts struct {
	Out     string            `json:"out"`
	Engine  pipeline.Engine   `json:"engine"`
	Task    pipeline.Task     `json:"task"`
	Seed    int64             `json:"seed"`
	Width   int               `json:"width"`
	Height  int               `json:"height"`
	Rect    metadata.Rect     `json:"rect"` // that changed, pixels of the result
	Stages  []pipeline.Timing `json:"stages"`
	Seconds float64           `json:"seconds"`
	Device  string            `json:"device,omitempty"`

	StepSeconds []float64 `json:"step_seconds,omitempty"`
	WorkSize    []int     `json:"work_size,omitempty"` // at which a network worked
	PeakMemory  int64     `json:"peak_memory_bytes,omitempty"`
}

func (j *job) tell(env *Env, res *pipeline.Result) error {
	f := facts{Out: j.out, Engine: j.req.Engine, Task: j.req.Task, Seed: res.Request.Seed, Width: j.canvas.Rect.Dx(), Height: j.canvas.Rect.Dy(),
		Rect: metadata.RectOf(j.rect), Stages: j.stages, Seconds: time.Since(j.began).Seconds(), Device: res.Device,
		StepSeconds: res.Steps, PeakMemory: peakMemory()}
	if j.req.Engine == pipeline.Diffusion {
		f.WorkSize = []int{res.Request.Width, res.Request.Height}
	}
	if j.json {
		w := env.Stdout
		if j.out == "-" {
			w = env.Stderr
		}
		return printed(writeJSON(w, f))
	}
	name := j.out
	if name == "-" {
		name = "standard output"
	}
	fmt.Fprintf(env.Stderr, "%s: %d×%d, changed %d×%d at %d,%d with seed %d in %.1f s\n", name, f.Width, f.Height,
		f.Rect.Width, f.Rect.Height, f.Rect.X, f.Rect.Y, f.Seed, f.Seconds)
	return nil
}

func writeJSON(w io.Writer, v any) error {
	enc := json.NewEncoder(w)
	enc.SetIndent("", "  ")
	enc.SetEscapeHTML(false)
	return enc.Encode(v)
}
