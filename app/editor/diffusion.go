package editor

import (
	"os"
	"path/filepath"

	"pentimento/app/settings"
	"pentimento/pipeline"
)

// diffusionRow is the engine that needs a checkpoint; where the starter model serves, Engine
// puts that model's own words in the place of Help.
var diffusionRow = EngineRow{
	ID: pipeline.Diffusion, Name: "Diffusion", Generates: true,
	Help:   "Stable Diffusion from the prompt, on this machine. Needs a checkpoint.",
	Unused: map[string]string{},
}

// OpenModel makes a checkpoint the one to fill with and chooses the diffusion engine. What
// is no checkpoint is refused with what was found, and nothing changes. A file inside a
// diffusers folder (model_index.json, unet/….safetensors) stands for the folder.
func (e *Editor) OpenModel(path string) {
	for dir := filepath.Dir(path); filepath.Dir(dir) != dir; dir = filepath.Dir(dir) {
		if _, err := os.Stat(filepath.Join(dir, "model_index.json")); err == nil {
			path = dir
			break
		}
	}
	info, err := pipeline.Describe(path)
	if e.fail(err) {
		return
	}
	e.model, e.modelPath = info, path
	e.SetFill(func(f *settings.Fill) { f.Model, f.Engine = path, string(pipeline.Diffusion) })
	e.Settings.AddModel(e.sums.known(path))
	e.learnModel(path)
	e.say(info.Name + ": " + info.Family + ", " + info.Precision)
}

// Model describes the checkpoint that the panel has chosen, or the starter model; false where none is chosen or
// it cannot be read any more.
func (e *Editor) Model() (pipeline.ModelInfo, bool) {
	path, err := e.chosen()
	if path == "" {
		e.modelPath, e.modelErr = "", err
		return pipeline.ModelInfo{}, false
	}
	if e.modelPath != path {
		e.modelPath = path
		e.model, e.modelErr = pipeline.Describe(path)
	}
	return e.model, e.modelErr == nil
}
