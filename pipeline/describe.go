package pipeline

import (
	"encoding/json"
	"errors"
	"image"
	"path/filepath"
	"slices"
	"strings"

	"pentimento/pipeline/checkpoint"
	"pentimento/pipeline/embedding"
	"pentimento/pipeline/family"
	"pentimento/pipeline/region"
	"pentimento/pipeline/sampler"
	"pentimento/pipeline/upscaler"
)

// ModelInfo says in a few words what a checkpoint is, for the window.
type ModelInfo struct {
	Name       string // its own name, or the file's
	Family     string // "Stable Diffusion 1.x", …
	Size       int    // side of the pictures it was trained on, pixels
	Inpainting bool   // its denoiser reads mask and picture
	Precision  string // of its weights: "fp32", "fp16", "bf16"
	Problems   []string
	Ignores    []string // IDs of Settings that do nothing for it
	Words      string   // JSON list of the words it knows; "" for models that read free text
	Suggested  Suggestion
	Previewer  string    // the path of a small decoder for previews near it; "": there is none
	Distilled  Distilled // why, where the model was made to need few steps

	limits region.Limits
}

// Drafts says whether the model is too small to make a picture of a size at once: such a
// picture is drafted at a size that the model likes, and refined.
func (i ModelInfo) Drafts(size image.Point) bool {
	return i.limits != (region.Limits{}) && len(i.limits.Passes(size, 1)) > 1
}

// StarterName is what the built-in model is called wherever it can be chosen: what it paints
// is for trying the tools, not for keeping.
const StarterName = "Starter (a toy to try the tools with)"

// Suggestion is the numbers a model, or else its family, says it is best used with.
// They are for callers that fill in a Request: a run takes a Request as it is.
type Suggestion = family.Suggestion

// suggestionKey is the metadata key under which a model of our own carries a Suggestion.
const suggestionKey = "pentimento.defaults"

// wordsKey is that under which a small model of our own carries the words it knows.
const wordsKey = "pentimento.words"

// suggestion reads what a model says; what makes no sense counts as nothing.
func suggestion(text string) Suggestion {
	var s Suggestion
	if json.Unmarshal([]byte(text), &s) != nil || s.Steps < 0 || s.Steps > 1000 || !(s.CFG >= 0 && s.CFG <= 1000) {
		return Suggestion{}
	}
	if _, joined, err := sampler.Find(s.Sampler); err != nil || joined != "" {
		s.Sampler = ""
	}
	if _, err := sampler.FindSchedule(s.Schedule); err != nil {
		s.Schedule = ""
	}
	return s
}

// Describe reads what a model is from its files' names, shapes and configs, in milliseconds
// and without loading it. The error says what was found and what is missing (Incomplete).
func Describe(m Models) (ModelInfo, error) {
	path := m.Model
	c, err := family.Open(path, m.Options())
	if err != nil {
		return ModelInfo{}, err
	}
	info := ModelInfo{
		Name: c.Metadata["pentimento.name"], Family: c.Family.Label, Size: c.NativeSize, Inpainting: c.Inpainting,
		Precision: c.DType, Problems: c.Problems, Ignores: c.Family.Ignores, Words: c.Metadata[wordsKey],
		Suggested: suggestion(c.Metadata[suggestionKey]), limits: c.Limits(),
	}
	if info.Suggested == (Suggestion{}) {
		info.Suggested = c.Family.Suggested
	}
	if info.Suggested == (Suggestion{}) {
		if d, ok := distilledModel(c); ok {
			info.Distilled, info.Suggested = d, d.Suggestion
		}
	}
	if small := smallFiles(path, c.Family); len(small) > 0 {
		info.Previewer = small[0]
	}
	if what, own := strings.CutPrefix(info.Name, "Starter:"); own {
		info.Name = StarterName + ":" + what
	}
	if len(c.Family.Predictions) == 1 {
		info.Ignores = append(slices.Clone(info.Ignores), "prediction")
	}
	if info.Name == "" {
		info.Name = fileTitle(path)
	}
	return info, nil
}

// fileTitle is a model's file or folder without its ending, which a folder has none of.
func fileTitle(path string) string {
	name := filepath.Base(path)
	switch ext := filepath.Ext(name); strings.ToLower(ext) {
	case ".safetensors", ".sft", ".ckpt", ".pt", ".pth", ".bin", ".gguf", ".onnx":
		return strings.TrimSuffix(name, ext)
	}
	return name
}

// Incomplete says whether an error is about a model that lacks networks which can be given as
// files of their own (Models.VAE, Models.TextEncoder).
func Incomplete(err error) bool {
	var missing *checkpoint.Incomplete
	return errors.As(err, &missing)
}

// FileKind says what a file of networks is: "checkpoint", "unknown", or one of the kinds of
// checkpoint.Report; "" where it cannot be read.
func FileKind(path string) string {
	kind, err := checkpoint.Kind(path)
	if err != nil {
		return ""
	}
	if kind == "unknown" { // {token: tensor}, as diffusers writes embeddings
		if _, err := embedding.Open(path); err == nil {
			return "embedding"
		}
	}
	return kind
}

// Look sketches a file or folder of networks by its header alone, for lists of many. An error
// means that it is no file of networks, or a broken one.
//
// What checkpoints are not made of, ncnn's pair, TensorFlow.js' folder and ONNX, is an upscaler where it makes
// a picture of a picture.
func Look(path string) (*checkpoint.Sketch, error) {
	if kind := faceKind(path); kind != "" {
		return &checkpoint.Sketch{Layout: "single", Kind: kind}, nil
	}
	if upscaler.Own(path) || strings.EqualFold(filepath.Ext(path), ".onnx") {
		_, err := upscaler.Open(path)
		if err == nil {
			return &checkpoint.Sketch{Layout: "single", Kind: "upscaler"}, nil
		}
		if upscaler.Own(path) {
			return nil, err
		}
		if isPrompted(path) {
			return &checkpoint.Sketch{Layout: "single", Kind: "prompted_segmenter"}, nil
		}
		if isSegmenter(path) {
			return &checkpoint.Sketch{Layout: "single", Kind: "segmenter"}, nil
		}
	}
	return family.Look(path)
}
