package family

import (
	"pentimento/pipeline/checkpoint"
	"pentimento/pipeline/region"
)

// SD1 is Stable Diffusion 1.x.
var SD1 = stable(Family{
	Family:  checkpoint.SD1,
	Limits:  limits(512, limitsSD1),
	Preview: previewSD1,
	Small:   "taesd",
}, clipRules{})

// limitsSD1 are the sides and areas at which models of 512 pixels compose whole pictures.
var limitsSD1 = region.Limits{MinSide: 512, MaxSide: 768, MinArea: 512 * 512, MaxArea: 512 * 768}

// previewSD1 is the least-squares fit that the field's tools use for previews.
var previewSD1 = [][3]float32{{0.298, 0.207, 0.208}, {0.187, 0.286, 0.173}, {-0.158, 0.189, 0.264}, {-0.184, -0.271, -0.473}}
