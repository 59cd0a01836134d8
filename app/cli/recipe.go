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

	"pentimento/canvas/file"
	"pentimento/pipeline"
	"pentimento/pipeline/metadata"
)

// recipeHelp explains --recipe; more is what is special to a verb.
func recipeHelp(more string) string {
	return `--recipe P takes prompts, size, seed, model and settings from what a picture of this
program or another says of its making (or a .txt beside one). A flag given beside it
wins; what cannot be taken over is said. ` + more
}

// recipeFlags name the picture whose recipe is taken.
type recipeFlags struct {
	path string
	nth  int
}

func (r *recipeFlags) declare(fs *flag.FlagSet) {
	fs.StringVar(&r.path, "recipe", "", "make it as described in the picture `P`, of this program or another")
	fs.IntVar(&r.nth, "nth", 0, "which of the picture's fills: `N` from 1; 0 is the last that fits")
}

// taken is a recipe on its way into a request; nil is none.
type taken struct {
	name    string // of its file
	recipe  *metadata.Recipe
	fill    *metadata.Fill   // of ours: the one that is taken; nil: another program's
	run     *pipeline.Replay // and how it ran; nil: it does not say
	notes   []string         // what was said of it
	details bool             // its passes of Detail are taken over
	sum     string           // of the model that is used, where it was compared
}

// read reads the recipe that the flags name, of ours the fill of a task; nil where they name
// none. What is remarked is said.
func (r *recipeFlags) read(ctx context.Context, env *Env, fits func(task string) bool) (*taken, error) {
	if r.path == "" {
		if r.nth != 0 {
			return nil, Misuse("--nth without --recipe")
		}
		return nil, nil
	}
	t, err := env.recipe(ctx, r.path)
	if err != nil {
		return nil, err
	}
	var fills []metadata.Fill
	if d := t.recipe.Document; d != nil {
		fills = d.Fills
	}
	switch n := len(fills); {
	case r.nth < 0 || r.nth > n:
		return nil, Misuse("%q contains %d fills, want --nth from 1 to that", t.name, n)
	case r.nth > 0:
		t.take(&fills[r.nth-1])
		return t, nil
	}
	for i := range slices.Backward(fills) {
		if fits(fills[i].Task) {
			t.take(&fills[i])
			return t, nil
		}
	}
	if len(fills) > 0 {
		if f := t.recipe.Document.Told(); f != nil {
			t.take(f)
		}
	}
	return t, nil
}

// take chooses a fill of ours.
func (t *taken) take(f *metadata.Fill) {
	t.fill, t.recipe = f, f.Recipe(metadata.Ours)
	if run, err := pipeline.ReadReplay(f.Run); err == nil {
		t.run = &run
	}
}

// recipe reads what a file says of a picture's making.
func (e *Env) recipe(ctx context.Context, path string) (*taken, error) {
	src, name, done, err := e.source(ctx, path)
	if err != nil {
		return nil, err
	}
	defer done()
	var texts []metadata.Text
	if strings.EqualFold(filepath.Ext(path), ".txt") {
		text, err := file.PlainText(src)
		if err != nil {
			return nil, fmt.Errorf("%q: %w", name, err)
		}
		texts = append(texts, metadata.Text{Key: metadata.ParametersKey, Text: text})
	} else {
		found, err := file.Texts(src)
		if err != nil && found == nil {
			return nil, fmt.Errorf("%q: %w", name, err)
		}
		for _, t := range found {
			texts = append(texts, metadata.Text(t))
		}
	}
	recipe, _ := metadata.Read(texts)
	if recipe == nil && path != "-" {
		if t, ok := beside(path); ok {
			recipe, _ = metadata.Read(append(texts, t))
		}
	}
	if recipe == nil || len(recipe.Params) == 0 && recipe.Prompt == "" && recipe.Document == nil {
		return nil, WithHint(fmt.Errorf("%q says nothing of how it was made", name), "pentimento info shows what a picture contains; many programs and web sites remove that")
	}
	return &taken{name: name, recipe: recipe}, nil
}

// say notes something about the recipe, for people at once and for the result.
func (t *taken) say(env *Env, format string, a ...any) {
	text := oneLine(fmt.Sprintf(format, a...))
	t.notes = append(t.notes, text)
	fmt.Fprintf(env.Stderr, "note: %s: %s\n", t.name, text)
}

// said are the notes for the result.
func (t *taken) said() []string {
	if t == nil {
		return nil
	}
	return t.notes
}

// engine is the one that made the picture.
func (t *taken) engine() pipeline.Engine {
	if t.run != nil {
		return t.run.Request.Engine
	}
	if t.fill != nil {
		return pipeline.Engine(cmp.Or(t.fill.Engine, string(pipeline.Diffusion)))
	}
	return pipeline.Diffusion
}

// seed is the recipe's, unless a flag says another; drawn where nobody says one.
func (t *taken) seed(env *Env, given seedFlag) int64 {
	if t != nil && !given.given {
		if t.run != nil {
			return t.run.Request.Seed
		}
		if n, ok := t.recipe.Seed(); ok {
			return n
		}
		t.say(env, "it names no seed, so one is drawn")
	}
	return given.or(env.drawSeed)
}

// lay puts the recipe's settings into a request, where no flag was given, and marks them as
// given: a model's advice does not replace them.
func (t *taken) lay(env *Env, q *pipeline.Request, given map[string]bool) {
	if t == nil {
		return
	}
	keep := func(id string) bool {
		s := pipeline.FindSetting(id)
		return s == nil && (given[id] || id == "details" && t.details) || s != nil && (s.Flag != "" && given[s.Flag] || id == "seed" || id == "batch" || id == "feather")
	}
	for i := range pipeline.Settings {
		if s := &pipeline.Settings[i]; !keep(s.ID) && !s.Private && !s.Path {
			s.Clear(q)
		}
	}
	if t.run != nil && t.run.Request.Engine == q.Engine {
		t.layRun(q, keep)
	} else {
		for _, line := range q.Recall(t.recipe, keep) {
			t.say(env, "not taken over: %s", line)
		}
	}
	for i := range pipeline.Settings {
		switch s := &pipeline.Settings[i]; {
		case s.Flag == "" || keep(s.ID):
		case s.Get(*q) != s.Get(pipeline.Request{}):
			given[s.Flag] = true
		case !s.Open && s.Get(*q) != s.Default:
			_ = s.Set(q, s.Default)
		}
	}
}

// layRun takes the settings of a run of ours.
func (t *taken) layRun(q *pipeline.Request, keep func(id string) bool) {
	from := t.run.Request.WithDefaults()
	for i := range pipeline.Settings {
		if s := &pipeline.Settings[i]; !keep(s.ID) && !s.Private && (!s.Path || s.ID == "hires_upscaler" || s.ID == "upscaler") && s.ID != "size" && s.Acts(from) {
			_ = s.Set(q, s.Get(from))
		}
	}
	if len(q.Adapters) == 0 {
		q.Adapters = from.Adapters
	}
	if len(q.Regions) == 0 && !keep("prompt") {
		q.Regions = from.Regions
	}
	if !keep("size") && q.Task == from.Task {
		size := from.AskedSize()
		q.Width, q.Height = size.X, size.Y
	}
}

// below lays the flags of rows in, and where none was given what a recipe's run had.
func (r *rowFlags) below(q *pipeline.Request, from *taken) error {
	if err := r.lay(q); err != nil || from == nil || from.run == nil {
		return err
	}
	given, run := r.given(), from.run.Request.WithDefaults()
	for _, f := range r.all {
		if !given[f.row.Flag] && f.row.Acts(run) {
			_ = f.row.Set(q, f.row.Get(run))
		}
	}
	return nil
}

// besideRecipe are the flags that change no setting: with these alone a run of ours is
// repeated as it was, pixel for pixel.
var besideRecipe = []string{"recipe", "nth", "image", "mask", "invert", "out", "quality", "model", "vae", "text-encoder", "text-encoder-2", "embedding", "guide", "device", "threads", "low-memory", "memory", "json", "no-metadata", "isolate", "trace-latent", "left", "top", "right", "bottom", "in", "fetch", "overwrite", "picture", "subject", "as"}

// repeats says whether the recipe's run is repeated, and not only its settings taken.
func (t *taken) repeats(fs *flag.FlagSet, fits func(task string) bool) bool {
	if t == nil || t.run == nil || !fits(t.fill.Task) {
		return false
	}
	only := true
	fs.Visit(func(f *flag.Flag) {
		same := f.Name == "engine" && f.Value.String() == string(t.run.Request.Engine)
		only = only && (same || slices.Contains(besideRecipe, f.Name))
	})
	return only
}

// again is the run's request once more, on the files and the machine of here, a request that
// the flags and the recipe were laid into.
func (t *taken) again(here pipeline.Request) pipeline.Request {
	q := t.run.Request
	here.Prediction = q.Prediction // a part of what the recipe says, as are separate files that no flag names
	here.VAE = cmp.Or(here.VAE, q.VAE)
	if here.TextEncoder == "" && here.TextEncoder2 == "" {
		here.TextEncoder, here.TextEncoder2 = q.TextEncoder, q.TextEncoder2
	}
	if name, _ := q.HiresUpscaler(); name != "" {
		path, _ := here.HiresUpscaler()
		q.SetHiresUpscaler(path)
	}
	if q.Enlarge != nil && here.Enlarge != nil {
		how := *q.Enlarge
		how.Upscaler, q.Enlarge = here.Enlarge.Upscaler, &how
	}
	q.Models, q.Where = here.Models, here.Where
	q.Guides = slices.Clone(q.Guides)
	for i := range min(len(q.Guides), len(here.Guides)) { // pictures and files are those of the flags, in their order
		g, from := &q.Guides[i], here.Guides[i]
		g.Image, g.Mask = from.Image, from.Mask
		g.Model, g.Vision, g.Network = cmp.Or(from.Model, g.Model), cmp.Or(from.Vision, g.Vision), cmp.Or(from.Network, g.Network)
	}
	if q.Engine.Row().Network { // adapters are missing, which was said, or are called otherwise here
		q.Prompt, q.Regions = here.Prompt, slices.Clone(q.Regions)
		for i := range min(len(q.Regions), len(here.Regions)) {
			q.Regions[i].Prompt = here.Regions[i].Prompt
		}
	}
	return q
}

// sizeOf is the size of the picture that is reworked, or where there is none the run's own.
func (t *taken) sizeOf(in input) image.Point {
	if in.img == nil {
		return t.run.Read.Size()
	}
	return in.img.Rect.Size()
}

// hash is modelHash, unless comparing the model has found it already.
func (t *taken) hash(ctx context.Context, path string) func() string {
	if t != nil && t.sum != "" {
		return func() string { return t.sum[:pipeline.ModelHashDigits] }
	}
	return modelHash(ctx, path)
}
