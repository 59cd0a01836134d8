package metadata

import (
	"encoding/json"
	"errors"
	"fmt"
	"image"
	"slices"
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
	// OriginShows is how many pixels of that picture still show; 0 where that is not known.
	OriginShows int `json:"origin_shows,omitempty"`
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
	Seed      int64     `json:"seed,omitempty"`
	Prompt    string    `json:"prompt,omitempty"`
	Negative  string    `json:"negative,omitempty"`
	Steps     int       `json:"steps,omitempty"`
	CFG       float64   `json:"cfg,omitempty"`
	Sampler   string    `json:"sampler,omitempty"`
	Schedule  string    `json:"schedule,omitempty"`
	Strength  float64   `json:"strength,omitempty"` // denoising strength, 0..1
	ClipSkip  int       `json:"clip_skip,omitempty"`
	RNG       string    `json:"rng,omitempty"`
	Width     int       `json:"width,omitempty"` // at which the network worked, before a second pass
	Height    int       `json:"height,omitempty"`
	Model     string    `json:"model,omitempty"` // base name only
	ModelHash string    `json:"model_hash,omitempty"`
	VAE       string    `json:"vae,omitempty"`
	Feather   int       `json:"feather,omitempty"` // pixels
	Addons    []Addon   `json:"addons,omitempty"`
	Mask      *Mask     `json:"mask,omitempty"`
	Tiling    bool      `json:"tiling,omitempty"`
	Hires     float64   `json:"hires,omitempty"` // by how much a second pass enlarged it
	// Shows is how many of its pixels were still to be seen when the picture was written.
	Shows             int     `json:"shows,omitempty"`
	VariationSeed     int64   `json:"variation_seed,omitempty"`
	VariationStrength float64 `json:"variation_strength,omitempty"` // 0..1
	// Sides are the pixels that an outpaint added to the picture: left, top, right, bottom.
	Sides [4]int `json:"sides,omitzero"`
	// Params are settings without a field above, under A1111's keys.
	Params []Param `json:"params,omitempty"`
	// Text is the A1111 form of a foreign recipe (see CameWith).
	Text string `json:"text,omitempty"`
	// Run is the complete request as JSON, for making the fill again, and Read what it read;
	// see pipeline.Replay.
	Run json.RawMessage `json:"run,omitempty"`
	// Subject is the mask of what stays in front of a new background, where no network found it: pipeline.PackMask's.
	Subject []byte `json:"subject,omitempty"`
	Read    Rect   `json:"read,omitzero"`
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

// Texts returns what to embed: "parameters" for the fill with a prompt that made most of the
// picture's pixels (or for the recipe it came with, where that made more) and our JSON.
// Nothing when there is nothing to tell.
func (d *Document) Texts() []Text {
	if d.Origin == "" && len(d.Fills) == 0 {
		return nil
	}
	params := d.Origin
	if r := d.whole(); r != nil && (d.Told() != nil || slices.ContainsFunc(d.Fills, func(f Fill) bool { return reworked(f.Task) })) {
		params = r.Text()
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

// recipe is the document as one recipe: what stands for the whole picture.
func (d *Document) recipe() *Recipe {
	r := d.whole()
	if r == nil {
		r = &Recipe{}
	}
	r.Dialect, r.Document = Ours, d
	return r
}
