package family

import (
	"pentimento/pipeline/checkpoint"
	"pentimento/pipeline/region"
)

// SDXL is Stable Diffusion XL: two text encoders, and a label vector of the second's pooled
// text and the picture's size.
var SDXL = stable(Family{
	Family:  checkpoint.SDXL,
	Limits:  limits(1024, region.Limits{MinSide: 640, MaxSide: 1280, MinArea: 800 * 800, MaxArea: 1024 * 1024}),
	Preview: [][3]float32{{0.3816, 0.4930, 0.5320}, {-0.3753, 0.1631, 0.1739}, {0.1770, 0.3588, -0.2048}, {-0.4350, -0.2644, -0.4289}},
	Small:   "taesdxl",
	// sd-webui-controlnet follows references less here, whose effect in these networks is strong.
	Fidelity: func(f float64) float64 { return f * f * f },
	Ignores:  []string{"clip_skip"}, // the layer it reads is part of the family
}, clipRules{hidden: true, zeroPad: []bool{false, true}})
