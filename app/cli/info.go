package cli

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"path/filepath"
	"strings"

	"pentimento/canvas/file"
	"pentimento/fault"
	"pentimento/pipeline/metadata"
)

var infoVerb = Verb{
	Name:  "info",
	Args:  "FILE",
	Short: "Describe a picture and how it was made",
	Long: `Reads the information that Pentimento, A1111, stable-diffusion.cpp, InvokeAI,
ComfyUI, NovelAI and Unpaint write into PNG, JPEG, WebP and GIF files, or a .txt
file of the same name next to the picture. FILE may be - for standard input, or
such a .txt file itself.`,
	Setup: func(fs *flag.FlagSet) Action {
		asJSON := fs.Bool("json", false, "print it as JSON")
		return func(ctx context.Context, env *Env, args []string) error {
			if len(args) != 1 {
				return WithHint(Misuse("found %d files, want 1", len(args)), "pentimento info FILE")
			}
			a, err := env.inspect(ctx, args[0])
			if err != nil {
				return err
			}
			if *asJSON {
				return printed(writeJSON(env.Stdout, a))
			}
			return printed(a.print(env.Stdout))
		}
	},
}

// details are all that info tells; its JSON form is for scripts and only grows.
type details struct {
	File     string           `json:"file"`
	Picture  *pictureFacts    `json:"picture,omitempty"`
	Project  *projectFacts    `json:"project,omitempty"`
	Dialect  string           `json:"dialect,omitempty"`
	Prompt   string           `json:"prompt"`
	Negative string           `json:"negative_prompt"`
	Sampler  string           `json:"sampler,omitempty"`
	Schedule string           `json:"schedule,omitempty"`
	Steps    *int64           `json:"steps,omitempty"`
	CFG      *float64         `json:"cfg,omitempty"`
	Seed     *json.Number     `json:"seed,omitempty"`  // up to 64 bits, as written
	Width    *int             `json:"width,omitempty"` // the recipe's size
	Height   *int             `json:"height,omitempty"`
	Params   []metadata.Param `json:"parameters,omitempty"` // all, in the order found
	Addons   []addonFacts     `json:"addons,omitempty"`
	Fills    []metadata.Fill  `json:"fills,omitempty"`
	Program  string           `json:"program,omitempty"` // that wrote the fills
	Origin   string           `json:"origin,omitempty"`  // recipe the picture came with, before the fills
	Source   *textFacts       `json:"source,omitempty"`  // the text that was read
	Texts    []textFacts      `json:"texts,omitempty"`   // the other texts, as they are
	Unread   []string         `json:"unread,omitempty"`
	Notes    []string         `json:"notes,omitempty"`
}

type pictureFacts struct {
	Format      string `json:"format"`
	Width       int    `json:"width"`
	Height      int    `json:"height"`
	Depth       int    `json:"depth"`
	Alpha       bool   `json:"alpha"`
	Orientation int    `json:"orientation"`
	Colour      string `json:"colour,omitempty"` // what its profile calls itself; none: sRGB
}

type textFacts struct {
	Key  string `json:"key"`
	Text string `json:"text"`
}

type addonFacts struct {
	metadata.Addon
	Tag string `json:"tag"`
}

// inspect gathers everything about a file.
func (e *Env) inspect(ctx context.Context, path string) (*details, error) {
	r, name, done, err := e.source(ctx, path)
	if err != nil {
		return nil, err
	}
	defer done()
	a := &details{File: name}
	var texts []metadata.Text
	if strings.EqualFold(filepath.Ext(path), ".txt") {
		t, err := file.PlainText(r)
		if err != nil {
			return nil, fmt.Errorf("%q: %w", name, err)
		}
		texts = append(texts, metadata.Text{Key: metadata.ParametersKey, Text: t})
	} else {
		if a.Project, err = project(r); err != nil {
			return nil, fmt.Errorf("%q: %w", name, err)
		}
		info, err := file.Inspect(ctx, r)
		switch {
		case err == nil:
			a.Picture = &pictureFacts{info.Format, info.Width, info.Height, info.Depth, info.Alpha, info.Orientation, info.Meaning.ColourName()}
			if info.Note != "" {
				a.Notes = append(a.Notes, info.Note)
			}
		case a.Project == nil:
			return nil, fmt.Errorf("%q: %w", name, err)
		default: // of a project the flattened picture is only a part
			a.Notes = append(a.Notes, fault.Plain(err))
		}
		found, err := file.Texts(r)
		if err != nil {
			a.Notes = append(a.Notes, strings.Split(fault.Plain(err), "\n")...)
		}
		for _, t := range found {
			texts = append(texts, metadata.Text(t))
		}
	}
	recipe, notes := metadata.Read(texts)
	if recipe == nil && a.Picture != nil && path != "-" {
		if t, ok := beside(path); ok {
			texts = append(texts, t)
			recipe, notes = metadata.Read(texts)
		}
	}
	a.Notes = append(a.Notes, notes...)
	if recipe == nil {
		for _, t := range texts {
			a.Texts = append(a.Texts, textFacts(t))
		}
		return a, nil
	}
	a.take(recipe)
	return a, nil
}

// beside reads the text of the same name, as some programs write it. Somebody's notes are
// no recipe.
func beside(path string) (metadata.Text, bool) {
	text, err := file.Sidecar(path)
	if err != nil || len(metadata.ParseA1111(text).Params) == 0 {
		return metadata.Text{}, false
	}
	return metadata.Text{Key: metadata.ParametersKey, Text: text}, true
}

// take lays a recipe into the account.
func (a *details) take(r *metadata.Recipe) {
	a.Dialect, a.Prompt, a.Negative, a.Params, a.Unread = r.Dialect, r.Prompt, r.Negative, r.Params, r.Unread
	a.Sampler, a.Schedule = r.Sampler()
	if n, ok := r.Int("Steps"); ok {
		a.Steps = &n
	}
	if f, ok := r.Float("CFG scale"); ok {
		a.CFG = &f
	}
	if _, ok := r.Seed(); ok {
		n := json.Number(strings.TrimPrefix(r.Value("Seed"), "+"))
		a.Seed = &n
	}
	if w, h, ok := r.Size(); ok {
		a.Width, a.Height = &w, &h
	}
	for _, x := range r.Addons {
		a.Addons = append(a.Addons, addonFacts{x, x.Tag()})
	}
	if r.Document != nil {
		a.Fills, a.Program, a.Origin = r.Document.Fills, r.Document.Program, r.Document.Origin
	}
	a.Source = &textFacts{r.Source.Key, r.Source.Text}
	for _, t := range r.Rest {
		a.Texts = append(a.Texts, textFacts(t))
	}
}
