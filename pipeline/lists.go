package pipeline

import (
	"encoding/json"
	"fmt"
	"image"
	"slices"
	"strings"

	"pentimento/pipeline/adapter"
	"pentimento/pipeline/metadata"
	"pentimento/pipeline/tensor"
)

// The lists of a Request. An engine that has no use for an entry passes it by.

// GuideReference is the kind of a picture that the person attached as a reference. Kinds are
// strings, the names of GuideKinds.
const GuideReference = "reference"

// The modes of a guide (Guide.Mode), as A1111's extension has them: of what a network gives within,
// the deeper the more counts where the prompt is more important, and the negative prompt's evaluation
// goes without it where the guide is.
const (
	ModeBalanced = "balanced"
	ModePrompt   = "prompt"
	ModeControl  = "control"
)

// The ways to bring a guide's picture to another shape (Guide.Resize).
const (
	ResizeStretch = "resize"
	ResizeCrop    = "crop"
	ResizeFill    = "fill"
)

// Guide is a picture that steers a fill without being part of what is read: for networks
// that take one (ControlNet, reference attention). A layer that steers is one too: its
// pixels are Image, its name is Name.
type Guide struct {
	Kind   string          `json:"kind"`
	Name   string          `json:"name"`          // of the picture or layer, for people
	Weight float64         `json:"weight"`        // 0..2, 1 is the usual
	Start  float64         `json:"start"`         // the part of the sampling in which it acts, 0..1
	End    float64         `json:"end"`           // not below Start
	Crop   image.Rectangle `json:"crop,omitzero"` // pixels of Image; empty: all of it

	Model        string  `json:"model,omitempty"`        // path of the network that reads the picture
	Preprocessor string  `json:"preprocessor,omitempty"` // what is made of the picture first; "": nothing
	Network      string  `json:"network,omitempty"`      // path of the preprocessor's own network, an ONNX file
	Fidelity     float64 `json:"fidelity,omitempty"`     // how closely it is followed where the kind knows degrees, 0..1; with a Preprocessor only

	// Vision is the path of the vision encoder of an IP-Adapter; "": one near Model. Curve is how the weight
	// goes through its part of the sampling, one of Curves. A Joined guide stands beside the
	// picture of the guide before, of the same Model, as one of several.
	Vision string `json:"vision,omitempty"`
	Curve  string `json:"curve,omitempty"`
	Joined bool   `json:"joined,omitempty"`

	// Type is what its map is, for a Union ControlNet, one of controlnet.UnionTypes; "": what the preprocessor makes.
	Type string `json:"type,omitempty"`
	// Mode is what counts more: one of the Mode names, "" is ModeBalanced.
	Mode string `json:"mode,omitempty"`
	// Resize is how Image is brought to the shape of what the run works on: one of the Resize names, "" is
	// ResizeCrop.
	Resize string `json:"resize,omitempty"`
	// Factors stand in place of Weight, one for each place within the network: 13, of SDXL 10, of
	// T2I-Adapters 4.
	Factors []float64 `json:"factors,omitempty"`
	// Average takes of what the network gives its mean over the picture, for the prompt alone (shuffle).
	Average bool `json:"average,omitempty"`
	// Resolution, A and B are the preprocessor's numbers; 0 and nil: its own.
	Resolution int      `json:"resolution,omitempty"`
	A          *float64 `json:"threshold_a,omitempty"`
	B          *float64 `json:"threshold_b,omitempty"`
	// PixelPerfect has the preprocessor work at the resolution of the run.
	PixelPerfect bool `json:"pixel_perfect,omitempty"`

	// Place is the rectangle of the canvas that Image is brought to; empty: the request's frame.
	Place image.Rectangle `json:"place,omitzero"`
	// Placed says that Image lies on the canvas, as its Bounds say, and not wherever the run works;
	// without Image it is what the run reads there.
	Placed bool `json:"placed,omitempty"`

	Image *image.NRGBA `json:"-"`
	Mask  *image.Alpha `json:"-"` // where it acts, canvas pixels; nil: everywhere

	tensors map[string]*tensor.Tensor // see With
	region  *Region                   // that it belongs to: see Request.allGuides
}

// String is the guide in a few words, for lists of settings.
func (g Guide) String() string {
	text := fmt.Sprintf("%s × %.4g", g.Name, g.Weight)
	if g.Kind != GuideReference {
		text = g.Kind + " " + text
	}
	if g.Start != 0 || g.End != 1 {
		text += fmt.Sprintf(" from %.0f to %.0f %%", 100*g.Start, 100*g.End)
	}
	if !g.Crop.Empty() {
		text += fmt.Sprintf(", cropped to %d × %d", g.Crop.Dx(), g.Crop.Dy())
	}
	return text
}

// Adapter is a file that changes weights of the model (LoRA and its kin). Both weights are
// meant as they are: 0 leaves that part of the model alone, 1 is the file's full effect.
type Adapter struct {
	File       string  `json:"file"`        // path; only its base name leaves the program
	Weight     float64 `json:"weight"`      // on the denoiser
	TextWeight float64 `json:"text_weight"` // on the text encoders

	Ranks    int    `json:"ranks,omitempty"`    // so many ranks of a LoRA count, the first ones; 0: all
	Blocks   string `json:"blocks,omitempty"`   // block weights (package adapter): numbers or the name of a list
	Elements string `json:"elements,omitempty"` // rules for single layers, or the name of some
	// Start and Stop are the part of the sampling in which it acts on the denoiser, as A1111's
	// extension counts: from 1 on they are steps, below that parts of all steps. 0 is open.
	Start float64 `json:"start,omitempty"`
	Stop  float64 `json:"stop,omitempty"`
}

// String is the adapter in a few words, for lists of settings.
func (a Adapter) String() string {
	text := fmt.Sprintf("%s × %.4g", baseName(a.File), a.Weight)
	if a.TextWeight != a.Weight {
		text += fmt.Sprintf(", text × %.4g", a.TextWeight)
	}
	if rest := a.arguments(); rest != "" {
		text += ", " + strings.ReplaceAll(rest[1:], ":", ", ")
	}
	return text
}

// addon is the adapter as recipes name it.
func (a Adapter) addon() metadata.Addon {
	return metadata.Addon{Name: adapter.Name(a.File), TE: a.TextWeight, UNet: a.Weight, Args: a.arguments()}
}

// arguments are what a tag <lora:…> says of the adapter behind its strengths, as in
// ":lbw=OUTALL:start=5".
func (a Adapter) arguments() (text string) {
	for _, arg := range []struct{ name, value string }{{"dyn", when(float64(a.Ranks))}, {"lbw", a.Blocks}, {"lbwe", a.Elements}, {"start", when(a.Start)}, {"stop", when(a.Stop)}} {
		if arg.value != "" && !strings.ContainsAny(arg.value, ":<>") { // rules written out have no place in a tag
			text += ":" + arg.name + "=" + arg.value
		}
	}
	return text
}

func when(v float64) string {
	if v == 0 {
		return ""
	}
	return short(v)
}

// Region is a place of the picture with a text of its own. It shares the place with the request's
// text (Text.RegionBase) and with other regions, or lies over them.
type Region struct {
	Name     string `json:"name,omitempty"` // of the layer or mask, for people
	Prompt   string `json:"prompt"`
	Negative string `json:"negative,omitempty"` // "": the request's
	// Template and NegativeTemplate are what its texts were drawn from (Request.Expanded).
	Template         string `json:"template,omitempty"`
	NegativeTemplate string `json:"negative_template,omitempty"`

	Weight   float64   `json:"weight"`            // against the other regions that cover a pixel; 1 is the usual
	Over     bool      `json:"over,omitempty"`    // it covers what the others make there, of those that lie over the ones before it, as far as its mask does; Weight has no say then
	Feather  int       `json:"feather,omitempty"` // the mask's edge is softened over so many canvas pixels
	Adapters []Adapter `json:"adapters,omitempty"`
	Guides   []Guide   `json:"guides,omitempty"`

	// Box is where the region is without a Mask: x, y, width and height in parts of the frame's sides.
	Box   [4]float64   `json:"box,omitzero"`
	Shape []byte       `json:"shape,omitempty"` // how much of each cell of the box it covers; nil: all (Recorded)
	Mask  *image.Alpha `json:"-"`               // 0 outside the region, canvas pixels
}

// Step is a task on the result of what came before, with settings of its own.
type Step struct {
	Task  Task    `json:"task"`
	Scale float64 `json:"scale,omitempty"` // of each side; 0 keeps the size
	Text
	Sampling
	Keep
	Models
	Guides   []Guide     `json:"guides,omitempty"`
	Adapters []Adapter   `json:"adapters,omitempty"`
	Details  []Detailing `json:"details,omitempty"` // of the task Detail
	Restore  *Restoring  `json:"restore,omitempty"` // of the task Restore

	Mask *image.Alpha `json:"-"` // where it works, canvas pixels; nil: everywhere
}

// UnmarshalJSON reads a request of any version: until 2026-11 the guides were called
// references and had no kind.
func (q *Request) UnmarshalJSON(data []byte) error {
	type plain Request // without this method
	old := struct {
		*plain
		References []Guide `json:"references"`
	}{plain: (*plain)(q)}
	if err := json.Unmarshal(data, &old); err != nil {
		return err
	}
	for i := range old.References {
		old.References[i].Kind = GuideReference
	}
	q.Guides = slices.Concat(q.Guides, old.References)
	return nil
}

// String is the region in a few words, for lists of settings.
func (r Region) String() string {
	return strings.TrimSpace(fmt.Sprintf("%s %q × %.4g", r.Name, r.Prompt, r.Weight))
}

// String is the step in a few words, for lists of settings.
func (s Step) String() string {
	return strings.TrimSpace(fmt.Sprintf("%s %s", s.Task, baseName(s.Model)))
}
