package family

import "pentimento/pipeline/checkpoint"

// SD2 is Stable Diffusion 2.x. Its models of 512 pixels have the sizes of SD 1.x, and the
// latents of all are the same.
var SD2 = stable(Family{
	Family:  checkpoint.SD2,
	Limits:  limits(512, limitsSD1),
	Preview: previewSD1,
	Small:   "taesd",
}, clipRules{zeroPad: []bool{true}})
