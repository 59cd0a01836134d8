package editor

import (
	"image"
	"os"
	"path/filepath"

	"pentimento/app/settings"
	"pentimento/canvas"
	"pentimento/pipeline"
	"pentimento/pipeline/region"
)

// diffusionRow is the engine that needs a checkpoint.
var diffusionRow = EngineRow{
	ID: pipeline.Diffusion, Name: "Diffusion", Generates: true, Method: region.Auto,
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
	e.say(info.Name + ": " + info.Family + ", " + info.Precision)
}

// Model describes the checkpoint that the panel has chosen; false where none is chosen or
// it cannot be read any more.
func (e *Editor) Model() (pipeline.ModelInfo, bool) {
	path := e.Settings.Fill.Model
	if path == "" {
		return pipeline.ModelInfo{}, false
	}
	if e.modelPath != path {
		e.modelPath = path
		e.model, e.modelErr = pipeline.Describe(path)
	}
	return e.model, e.modelErr == nil
}

// place says what diffusion does with the frame when nothing is masked: the frame rule.
func (e *Editor) frameTask(state *canvas.State) (image.Rectangle, Outline) {
	frame := state.Frame
	blank := blankBounds(state, frame)
	switch {
	case blank.Empty():
		return frame, Outline{Task: pipeline.Refine, Why: "no mask and nothing blank in the frame: the whole frame is made anew from itself", Target: frame, Context: frame}
	case blank == frame && flatEmpty(state, frame):
		return frame, Outline{Task: pipeline.Generate, Why: "the frame is blank: a new picture is made in it", Target: frame, Context: frame}
	}
	return blank, Outline{Task: pipeline.Outpaint, Why: "no mask: the blank part of the frame"}
}

// flatEmpty says whether nothing visible lies in r.
func flatEmpty(state *canvas.State, r image.Rectangle) bool {
	m := blankMask(state, r)
	for _, v := range m.Pix {
		if v == 0 {
			return false
		}
	}
	return true
}
