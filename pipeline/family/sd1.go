package family

import (
	"pentimento/pipeline/checkpoint"
	"pentimento/pipeline/region"
)

// SD1 is Stable Diffusion 1.x.
var SD1 = stable(Family{
	Family:  checkpoint.SD1,
	Limits:  ladder(region.SD15, 512),
	Preview: previewSD1,
	Small:   "taesd",
}, clipRules{})

// previewSD1 is the least-squares fit that the field's tools use for previews.
var previewSD1 = [][3]float32{{0.298, 0.207, 0.208}, {0.187, 0.286, 0.173}, {-0.158, 0.189, 0.264}, {-0.184, -0.271, -0.473}}
