package cli

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"pentimento/canvas/disk"
	"pentimento/pipeline"
	"pentimento/pipeline/checkpoint"
	"pentimento/pipeline/noise"
	"pentimento/pipeline/tensor"
)

// traceFlags are the flags of all stages; each stage takes its own of them.
type traceFlags struct {
	model, vae, prompt, in, out, with, rng, shape, schedule, device string
	clipSkip, draws, steps, threads                                 int
	seed                                                            int64
}

// stage is one row of the trace verb: the flags that it wants, whether it takes a request
// (--with), and what it does.
type stage struct {
	name, short string
	flags       []string
	with        bool
	run         func(ctx context.Context, env *Env, t *traceFlags) error
}

// stages are all of them; a subject's stand in a file of its own, trace….go.
var stages = slices.Concat(
	networkStages,
	adapterStages,
	mergeStages,
	blockStages,
	blocksStages,
	guideStages,
	sampleStages,
	previewStages,
	controlStages,
	placeStages,
	imageStages,
	preprocessStages,
	upscaleStages,
)

var networkStages = []stage{
	{"tokens", "the prompt's token ids and weights, 77 per chunk", []string{"model", "prompt"}, false, traceTokens},
	{"text", "the prompt as the denoiser reads it: context, pooled", []string{"model", "prompt", "out"}, true, traceText},
	{"denoise", "the denoiser's raw output for x, timestep, context, label: out", []string{"model", "in", "out"}, true, traceDenoise},
	{"decode", "the picture of a latent z, without scale factor: image", []string{"model", "in", "out"}, false, traceDecode},
	{"encode", "the latent's moments of an image: moments", []string{"model", "in", "out"}, false, traceEncode},
	{"noise", "random draws: noise.0, noise.1 …", []string{"seed", "shape", "out"}, false, traceNoise},
	{"open", "every tensor of a file of torch (.ckpt, .pt) or of safetensors, by its name", []string{"model", "out"}, false, traceOpen},
	{"sigmas", "a schedule's noise levels", []string{"schedule", "steps"}, false, traceSigmas},
}

var traceVerb = Verb{
	Name:  "trace",
	Args:  "STAGE",
	Words: strings.Split(stageNames(), ", "),
	Short: "Run one stage of the diffusion engine and write its output",
	Long: "Stages (--in and --out are .safetensors files of F32 tensors; JSON goes to\nstandard output):\n" +
		stageHelp(),
	Setup: func(fs *flag.FlagSet) Action {
		t := &traceFlags{}
		fs.StringVar(&t.model, "model", "", "the checkpoint: a .safetensors, .ckpt or .gguf `FILE` or a diffusers folder")
		fs.StringVar(&t.vae, "vae", "", "a separate VAE `FILE`")
		fs.StringVar(&t.prompt, "prompt", "", "the prompt `TEXT` (may be empty)")
		fs.StringVar(&t.in, "in", "", "`FILE` of tensors to read")
		fs.StringVar(&t.out, "out", "", "`FILE` of tensors to write")
		fs.StringVar(&t.with, "with", "", "`FILE` of the stage's request, a JSON object")
		fs.StringVar(&t.rng, "rng", "cpu", "random number generator: `cpu|nv`")
		fs.StringVar(&t.shape, "shape", "1,4,64,64", "`SHAPE` of a draw")
		fs.StringVar(&t.schedule, "schedule", "", "`NAME` of the noise schedule")
		fs.StringVar(&t.device, "device", "", "`NAME` of the device; see the verb devices")
		fs.IntVar(&t.clipSkip, "clip-skip", 1, "1 is the text encoder's last layer")
		fs.IntVar(&t.draws, "draws", 1, "number of draws")
		fs.IntVar(&t.steps, "steps", 20, "steps of the schedule")
		fs.IntVar(&t.threads, "threads", 0, "CPU threads; 0 = one per core")
		fs.Int64Var(&t.seed, "seed", 0, "seed of the draws")
		return func(ctx context.Context, env *Env, args []string) error {
			if len(args) != 1 {
				return WithHint(Misuse("%d stages, want one of %s", len(args), stageNames()), "pentimento trace --help explains them")
			}
			i := slices.IndexFunc(stages, func(s stage) bool { return s.name == args[0] })
			if i < 0 {
				err := Misuse("unknown stage %q, want one of %s", args[0], stageNames())
				return meant(WithHint(err, "pentimento trace --help explains them"), args[0], strings.Split(stageNames(), ", "))
			}
			for _, f := range stages[i].flags {
				if v := fs.Lookup(f).Value.String(); v == "" && f != "prompt" {
					return Misuse("stage %s wants --%s", args[0], f)
				}
			}
			if none := (struct{}{}); t.with != "" && !stages[i].with {
				if err := t.ask(&none); err != nil {
					return Misuse("stage %s takes no --with but an empty object: %w", args[0], err)
				}
			}
			if err := env.checkDevice(t.device); err != nil {
				return err
			}
			return stages[i].run(ctx, env, t)
		}
	},
}

func stageNames() string {
	var n []string
	for _, s := range stages {
		n = append(n, s.name)
	}
	return strings.Join(n, ", ")
}

func stageHelp() string {
	var b strings.Builder
	for _, s := range stages {
		flags := s.flags
		if s.with {
			flags = append(slices.Clone(flags), "with")
		}
		fmt.Fprintf(&b, "  %-8s %s\n           --%s\n", s.name, s.short, strings.Join(flags, " --"))
	}
	return b.String()
}

func (t *traceFlags) request() pipeline.Request {
	return pipeline.Request{Ask: pipeline.Ask{Engine: pipeline.Diffusion}, Models: pipeline.Models{Model: t.model, VAE: t.vae}, Text: pipeline.Text{Prompt: t.prompt, ClipSkip: t.clipSkip}, Where: pipeline.Where{Device: t.device, Threads: t.threads}}
}

func traceTokens(ctx context.Context, env *Env, t *traceFlags) error {
	p := pipeline.New(nil)
	p.SetMerges(env.Merges)
	chunks, err := p.Tokens(t.request())
	if err != nil {
		return err
	}
	return printed(json.NewEncoder(env.Stdout).Encode(map[string]any{"chunks": chunks}))
}

func traceDenoise(ctx context.Context, env *Env, t *traceFlags) error {
	p, in, err := t.prepare(env, "x", "timestep", "context")
	if err != nil {
		return err
	}
	var ask denoiseAsk
	q := t.request()
	if err = t.ask(&ask); err == nil {
		err = checkRows(ask.Rows, in["x"].Shape)
	}
	if err == nil {
		q.Adapters, err = adapters(ask.Loras)
	}
	if err == nil {
		q.Guides, err = ask.guides(in)
	}
	if err != nil {
		return err
	}
	out, err := p.EvalDenoiser(ctx, q, in["x"], in["timestep"], in["context"], in["label"], ask.negative()...)
	if err != nil {
		return err
	}
	return t.write(env, map[string]*tensor.Tensor{"out": out})
}

func traceDecode(ctx context.Context, env *Env, t *traceFlags) error {
	p, in, err := t.prepare(env, "z")
	if err != nil {
		return err
	}
	out, err := p.DecodeLatent(ctx, t.request(), in["z"])
	if err != nil {
		return err
	}
	return t.write(env, map[string]*tensor.Tensor{"image": out})
}

func traceEncode(ctx context.Context, env *Env, t *traceFlags) error {
	p, in, err := t.prepare(env, "image")
	if err != nil {
		return err
	}
	out, err := p.EncodePicture(ctx, t.request(), in["image"])
	if err != nil {
		return err
	}
	return t.write(env, map[string]*tensor.Tensor{"moments": out})
}

func traceOpen(_ context.Context, env *Env, t *traceFlags) error {
	part, err := checkpoint.OpenPart(t.model, "")
	if err != nil {
		return err
	}
	if t.out == "-" {
		return printed(checkpoint.WriteWidened(env.Stdout, part))
	}
	if err := disk.WriteAtomic(t.out, func(w io.Writer) error { return checkpoint.WriteWidened(w, part) }); err != nil {
		return err
	}
	shapes := map[string][]int64{}
	for n, at := range part.Tensors {
		shapes[n] = at.Shape
	}
	return t.said(env, shapes)
}

func traceNoise(_ context.Context, env *Env, t *traceFlags) error {
	kind, err := noise.ParseKind(t.rng)
	if err != nil {
		return meant(Misuse("%w", err), t.rng, choices(pipeline.FindSetting("rng")))
	}
	shape, err := parseShape(t.shape)
	if err != nil {
		return err
	}
	if t.draws < 1 || t.draws*tensor.Size(shape) > 1<<28 {
		return Misuse("%d draws of shape %s, want at least one and at most 2^28 numbers", t.draws, t.shape)
	}
	source, out := noise.New(kind, t.seed), map[string]*tensor.Tensor{}
	for i := range t.draws {
		out[fmt.Sprintf("noise.%d", i)] = &tensor.Tensor{Shape: shape, Data: source.Normal(tensor.Size(shape))}
	}
	return t.write(env, out)
}

func parseShape(text string) ([]int, error) {
	var shape []int
	n := 1
	for f := range strings.SplitSeq(text, ",") {
		d, err := strconv.Atoi(strings.TrimSpace(f))
		if err != nil || d < 1 || d > 1<<28 || n > 1<<28/d {
			return nil, Misuse("shape %q, want positive numbers with commas between them, 2^28 values at most", text)
		}
		shape, n = append(shape, d), n*d
	}
	return shape, nil
}

func traceSigmas(_ context.Context, env *Env, t *traceFlags) error {
	schedule, steps := pipeline.FindSetting("schedule"), pipeline.FindSetting("steps")
	if err := schedule.Set(&pipeline.Request{}, t.schedule); err != nil {
		return meant(Misuse("--schedule is %s, %w", t.schedule, err), t.schedule, choices(schedule))
	}
	if err := steps.Set(&pipeline.Request{}, fmt.Sprint(t.steps)); err != nil {
		return Misuse("--steps is %d, %w", t.steps, err)
	}
	sigmas, err := pipeline.Sigmas(t.schedule, t.steps, t.model)
	if err != nil {
		return err
	}
	return printed(json.NewEncoder(env.Stdout).Encode(map[string]any{"sigmas": sigmas}))
}

// ask reads the stage's request, if it is given one, into a struct with json tags. A field
// that the struct lacks is an error, as is anything behind the object.
func (t *traceFlags) ask(into any) error {
	if t.with == "" {
		return nil
	}
	data, err := os.ReadFile(t.with)
	if err != nil {
		return err
	}
	d := json.NewDecoder(bytes.NewReader(data))
	d.DisallowUnknownFields()
	err = d.Decode(into)
	if err == nil && d.More() {
		err = errors.New("has text behind the object")
	}
	if err != nil {
		return fmt.Errorf("request %q: %w", filepath.Base(t.with), err)
	}
	return nil
}

// prepare reads the input file, which must hold the named tensors, and makes a pipeline.
func (t *traceFlags) prepare(env *Env, want ...string) (*pipeline.Pipeline, map[string]*tensor.Tensor, error) {
	in, err := checkpoint.ReadTensors(t.in)
	if err != nil {
		return nil, nil, err
	}
	for _, n := range want {
		if in[n] == nil {
			return nil, nil, fmt.Errorf("%q has no tensor %q, want %s", filepath.Base(t.in), n, strings.Join(want, ", "))
		}
	}
	p, err := env.Pipeline(pipeline.Diffusion)
	return p, in, err
}

// write writes the output file and says on standard output what is in it.
func (t *traceFlags) write(env *Env, out map[string]*tensor.Tensor) error {
	if err := writeTensors(env, t.out, out); err != nil || t.out == "-" {
		return err
	}
	shapes := map[string][]int{}
	for n, x := range out {
		shapes[n] = x.Shape
	}
	return t.said(env, shapes)
}

// said says on standard output what was written.
func (t *traceFlags) said(env *Env, shapes any) error {
	return printed(json.NewEncoder(env.Stdout).Encode(map[string]any{"out": t.out, "tensors": shapes}))
}

// writeTensors writes a file whole or not at all; "-" is standard output.
func writeTensors(env *Env, path string, out map[string]*tensor.Tensor) error {
	if path == "-" {
		return printed(checkpoint.WriteTensors(env.Stdout, out))
	}
	return disk.WriteAtomic(path, func(w io.Writer) error { return checkpoint.WriteTensors(w, out) })
}
