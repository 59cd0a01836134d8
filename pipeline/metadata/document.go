package metadata

import (
	"encoding/json"
	"errors"
	"fmt"
	"image"
	"time"
)

// The keywords under which our texts lie in a picture.
const (
	DocumentKey   = "pentimento"
	ParametersKey = "parameters"
)

// DocumentVersion is the version of our JSON that is written. A reader takes any newer
// minor form: unknown fields are ignored; a greater number is refused.
const DocumentVersion = 1

// maxDocument is the most bytes of JSON that are read.
const maxDocument = 4 << 20

// Document is our own account of a picture: every accepted fill, oldest first.
type Document struct {
	Version int    `json:"version"`
	Program string `json:"program"` // "Pentimento 0.1.0"
	Width   int    `json:"width"`   // of the picture, pixels
	Height  int    `json:"height"`
	Fills   []Fill `json:"fills"`
	// Origin is the A1111 text of the recipe with which the picture came to us.
	Origin string `json:"origin,omitempty"`
}

// Rect is a rectangle in pixels of the picture, from its upper left corner; it may reach
// over the picture's edge where later only a part was exported.
type Rect struct {
	X      int `json:"x"`
	Y      int `json:"y"`
	Width  int `json:"width"`
	Height int `json:"height"`
}

// RectOf converts a rectangle.
func RectOf(r image.Rectangle) Rect { return Rect{r.Min.X, r.Min.Y, r.Dx(), r.Dy()} }

// Rectangle converts it back.
func (r Rect) Rectangle() image.Rectangle { return image.Rect(r.X, r.Y, r.X+r.Width, r.Y+r.Height) }

// Fill is one accepted fill with all that determines it, except pictures and paths.
type Fill struct {
	Rect      Rect      `json:"rect"` // where pixels may have changed
	Time      time.Time `json:"time"`
	Task      string    `json:"task"`
	Engine    string    `json:"engine"`
	Seed      int64     `json:"seed"`
	Prompt    string    `json:"prompt,omitempty"`
	Negative  string    `json:"negative,omitempty"`
	Steps     int       `json:"steps,omitempty"`
	CFG       float64   `json:"cfg,omitempty"`
	Sampler   string    `json:"sampler,omitempty"`
	Schedule  string    `json:"schedule,omitempty"`
	Strength  float64   `json:"strength,omitempty"` // denoising strength, 0..1
	ClipSkip  int       `json:"clip_skip,omitempty"`
	RNG       string    `json:"rng,omitempty"`
	Width     int       `json:"width,omitempty"` // at which the network worked
	Height    int       `json:"height,omitempty"`
	Model     string    `json:"model,omitempty"` // base name only
	ModelHash string    `json:"model_hash,omitempty"`
	VAE       string    `json:"vae,omitempty"`
	Feather   int       `json:"feather,omitempty"` // pixels
	Addons    []Addon   `json:"addons,omitempty"`
	// Run is the complete request as JSON, for making the fill again, and Read what it read;
	// see pipeline.Replay.
	Run  json.RawMessage `json:"run,omitempty"`
	Read Rect            `json:"read,omitzero"`
}

// Add puts a fill at the end. Names of model and VAE are cut to their base.
func (d *Document) Add(f Fill) {
	f.Model, f.VAE = base(f.Model), base(f.VAE)
	f.Time = f.Time.UTC().Truncate(time.Second)
	d.Fills = append(d.Fills, f)
}

// Move shifts all rectangles by p, as when the picture grew by p at its left and top, and
// sets the picture's new size.
func (d *Document) Move(p image.Point, width, height int) {
	d.Width, d.Height = width, height
	for i := range d.Fills {
		for _, r := range []*Rect{&d.Fills[i].Rect, &d.Fills[i].Read} {
			if *r != (Rect{}) {
				r.X += p.X
				r.Y += p.Y
			}
		}
	}
}

// Recipe writes a fill in A1111's vocabulary. program is the value of Version.
func (f Fill) Recipe(program string) *Recipe {
	r := &Recipe{Dialect: Ours, Prompt: f.Prompt, Negative: f.Negative, Addons: f.Addons}
	set := func(key string, ok bool, value string) {
		if ok {
			r.Set(key, value)
		}
	}
	set("Steps", f.Steps > 0, fmt.Sprint(f.Steps))
	set("Sampler", f.Sampler != "", SolverName(f.Sampler))
	set("Schedule type", f.Schedule != "", ScheduleName(f.Schedule))
	set("CFG scale", f.CFG != 0, number(f.CFG))
	set("Seed", true, fmt.Sprint(f.Seed))
	w, h := f.Width, f.Height
	if w == 0 || h == 0 {
		w, h = f.Rect.Width, f.Rect.Height
	}
	set("Size", true, fmt.Sprintf("%dx%d", w, h))
	set("Model hash", f.ModelHash != "", f.ModelHash)
	set("Model", f.Model != "", base(f.Model))
	set("VAE", f.VAE != "", base(f.VAE))
	set("Denoising strength", f.Strength > 0 && f.Task != "generate", number(f.Strength))
	set("Clip skip", f.ClipSkip > 1, fmt.Sprint(f.ClipSkip))
	set("RNG", f.RNG != "", map[string]string{"cpu": "CPU", "nv": "NV"}[f.RNG])
	set("Engine", f.Engine != "" && f.Engine != "diffusion", f.Engine)
	set("Mask blur", f.Feather > 0, fmt.Sprint(f.Feather))
	set("Version", true, program)
	return r
}

// Main is the fill that covers most of the picture, the latest of equals; nil when none
// touches it.
func (d *Document) Main() *Fill {
	var best *Fill
	most := 0
	for i := range d.Fills {
		in := d.Fills[i].Rect.Rectangle().Intersect(image.Rect(0, 0, d.Width, d.Height))
		if a := in.Dx() * in.Dy(); a > 0 && a >= most {
			best, most = &d.Fills[i], a
		}
	}
	return best
}

// Texts returns what to embed: "parameters" for the fill that covers most of the picture
// (or for the recipe it came with, where no fill covers half of it) and our JSON.
// Nothing when there is nothing to tell.
func (d *Document) Texts() []Text {
	main := d.Main()
	var params string
	if main != nil {
		params = main.Recipe(d.Program).Text()
		if in := main.Rect.Rectangle().Intersect(image.Rect(0, 0, d.Width, d.Height)); d.Origin != "" && 2*in.Dx()*in.Dy() < d.Width*d.Height {
			params = d.Origin
		}
	} else if params = d.Origin; params == "" && len(d.Fills) == 0 {
		return nil
	}
	d.Version = DocumentVersion
	b, err := json.Marshal(d)
	if err != nil { // a number that is none; everything else can be written
		return []Text{{ParametersKey, params}}
	}
	texts := []Text{{DocumentKey, string(b)}}
	if params != "" {
		texts = append([]Text{{ParametersKey, params}}, texts...)
	}
	return texts
}

// ParseDocument reads our JSON.
func ParseDocument(text string) (*Document, error) {
	if len(text) > maxDocument {
		return nil, fmt.Errorf("metadata: %q of %d bytes, want at most %d", DocumentKey, len(text), maxDocument)
	}
	var d Document
	if err := json.Unmarshal([]byte(text), &d); err != nil {
		return nil, fmt.Errorf("metadata: %q: %w", DocumentKey, err)
	}
	if d.Version > DocumentVersion {
		return nil, fmt.Errorf("metadata: %q has version %d, want at most %d", DocumentKey, d.Version, DocumentVersion)
	}
	if d.Version < 1 {
		return nil, errors.New("metadata: \"" + DocumentKey + "\" has no version")
	}
	return &d, nil
}

// recipe is the document as one recipe: that of its main fill.
func (d *Document) recipe() *Recipe {
	r := &Recipe{}
	if f := d.Main(); f != nil {
		r = f.Recipe(d.Program)
	} else if d.Origin != "" {
		r = ParseA1111(d.Origin)
	}
	r.Dialect, r.Document = Ours, d
	return r
}
