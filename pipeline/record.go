package pipeline

import (
	"image"
	"time"

	"pentimento/pipeline/metadata"
	"pentimento/pipeline/region"
)

// Record is what a picture remembers of an accepted fill: everything of the request that
// determines it, and where it may have changed pixels (rect, in pixels of that picture).
// What the engine does not use is left out; paths are cut to base names.
func (req Request) Record(rect image.Rectangle, when time.Time) metadata.Fill {
	f := metadata.Fill{
		Rect: metadata.RectOf(rect), Time: when, Task: string(req.Task), Engine: string(req.Engine),
		Seed: req.Seed, Feather: req.Feather,
	}
	if req.Task == Generate {
		f.Feather = 0 // nothing old to fade into
	}
	if req.Engine == Diffusion {
		f.Prompt, f.Negative, f.Steps, f.CFG = req.Prompt, req.Negative, req.Steps, req.CFG
		f.Sampler, f.Schedule, f.Strength, f.ClipSkip = req.Sampler, req.Schedule, req.Strength, req.ClipSkip
		f.RNG, f.Width, f.Height, f.Model, f.VAE = req.RNG, req.Width, req.Height, baseName(req.Model), baseName(req.VAE)
		f.VariationSeed, f.VariationStrength, f.Tiling = req.VariationSeed, req.VariationStrength, req.TileX || req.TileY
		if h := req.Hires; h != nil {
			if f.Hires = h.Scale; f.Hires == 0 {
				f.Hires = 2 // what a zero means
			}
		}
		if req.Task == Inpaint || req.Task == Outpaint {
			f.Mask = req.maskRecord()
		}
	}
	return f
}

// maskRecord says how the mask was used, in A1111's words where it has some.
func (req Request) maskRecord() *metadata.Mask {
	m := &metadata.Mask{Blur: req.Feather, Blend: req.Blend}
	if a := req.Area; a != nil {
		m.Area = map[region.Method]string{region.OnlyMasked: "Only masked", region.WholePicture: "Whole picture"}[a.Method]
		m.Padding, m.Blur = a.Padding, a.Blur
	}
	switch req.Infill {
	case InfillOriginal:
		m.Content = "original"
	case InfillNoise:
		m.Content = "latent noise"
	case InfillNeutral:
		m.Content = "latent nothing"
	case InfillContent, InfillEdge:
		m.Content = "fill"
	case InfillAuto:
		if m.Content = "original"; req.Strength >= 1 || req.Task == Outpaint {
			m.Content = "fill"
		}
	}
	return m
}
