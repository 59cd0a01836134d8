package pipeline

import (
	"image"

	"pentimento/pipeline/tensor"
)

// latentRGB maps the four channels of a family's latents to red, green and blue in
// [-1, 1]: the least-squares fit that the field's tools use for previews.
var latentRGB = map[string][4][3]float32{
	"sd1":  {{0.298, 0.207, 0.208}, {0.187, 0.286, 0.173}, {-0.158, 0.189, 0.264}, {-0.184, -0.271, -0.473}},
	"sd2":  {{0.298, 0.207, 0.208}, {0.187, 0.286, 0.173}, {-0.158, 0.189, 0.264}, {-0.184, -0.271, -0.473}},
	"sdxl": {{0.3816, 0.4930, 0.5320}, {-0.3753, 0.1631, 0.1739}, {0.1770, 0.3588, -0.2048}, {-0.4350, -0.2644, -0.4289}},
}

// preview is a rough picture of a latent [1,4,h,w] that covers r; nil for other shapes.
func preview(family string, latent *tensor.Tensor, r image.Rectangle) *image.NRGBA {
	m, ok := latentRGB[family]
	if !ok || latent == nil || len(latent.Shape) != 4 || latent.Shape[1] != len(m) {
		return nil
	}
	plane := latent.Shape[2] * latent.Shape[3]
	rgb := tensor.New(1, 3, latent.Shape[2], latent.Shape[3])
	for c, weights := range m {
		for k, w := range weights {
			for i, v := range latent.Data[c*plane:][:plane] {
				rgb.Data[k*plane+i] += w * v
			}
		}
	}
	return toImage(rgb, 0, r)
}
