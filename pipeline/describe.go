package pipeline

import (
	"path/filepath"
	"strings"

	"pentimento/pipeline/checkpoint"
)

// ModelInfo says in a few words what a checkpoint is, for the window.
type ModelInfo struct {
	Name       string // its own name, or the file's
	Family     string // "Stable Diffusion 1.x", …
	Size       int    // side of the pictures it was trained on, pixels
	Inpainting bool   // its denoiser reads mask and picture
	Precision  string // of its weights: "fp32", "fp16", "bf16"
	Problems   []string
	Words      string // JSON list of the words it knows; "" for models that read free text
}

// Describe reads what a checkpoint is from its names, shapes and configs, in milliseconds
// and without loading it. The error says what was found and what is missing. A file of a
// diffusers folder stands for the folder.
func Describe(path string) (ModelInfo, error) {
	c, err := checkpoint.Open(path, checkpoint.Options{})
	if err != nil {
		return ModelInfo{}, err
	}
	info := ModelInfo{
		Name: c.Metadata["pentimento.name"], Family: c.Family.Label, Size: c.NativeSize, Inpainting: c.Channels == 9,
		Precision: c.DType, Problems: c.Problems, Words: c.Metadata["pentimento.words"],
	}
	if info.Name == "" {
		info.Name = strings.TrimSuffix(filepath.Base(path), filepath.Ext(path))
	}
	return info, nil
}
