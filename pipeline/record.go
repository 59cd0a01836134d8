package pipeline

import (
	"image"
	"time"

	"pentimento/pipeline/metadata"
)

// Record is what a picture remembers of an accepted fill: everything of the request that
// determines it, and where it may have changed pixels (rect, in pixels of that picture).
// What the engine does not use is left out; paths are cut to base names.
func (req Request) Record(rect image.Rectangle, when time.Time) metadata.Fill {
	f := metadata.Fill{
		Rect: metadata.RectOf(rect), Time: when, Task: string(req.Task), Engine: string(req.Engine),
		Seed: req.Seed, Feather: req.Feather,
	}
	if req.Engine == Diffusion {
		f.Prompt, f.Negative, f.Steps, f.CFG = req.Prompt, req.Negative, req.Steps, req.CFG
		f.Sampler, f.Schedule, f.Strength, f.ClipSkip = req.Sampler, req.Schedule, req.Strength, req.ClipSkip
		f.RNG, f.Width, f.Height, f.Model, f.VAE = req.RNG, req.Width, req.Height, req.Model, req.VAE
	}
	return f
}
