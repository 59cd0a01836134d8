package pipelinetest

import (
	"context"
	"slices"

	"pentimento/pipeline/graph"
	"pentimento/pipeline/tensor"
)

// Zeros answers every evaluation with zeros of the right shapes, for Runtime.Eval.
func Zeros(_ context.Context, g *graph.Graph, in map[string]*tensor.Tensor) (map[string]*tensor.Tensor, error) {
	out := map[string]*tensor.Tensor{}
	for _, v := range g.Outputs {
		out[v.Name] = tensor.New(standInShape(v.Shape, in)...)
	}
	return out, nil
}

// StandIn answers like networks that know nothing, for Runtime.Eval: the text is zeros, the
// denoiser finds no noise, and the autoencoder's latent is a picture's mean of each 8 × 8
// pixels in three channels, so loud that noise of a low strength does not drown it; its
// decoder spreads it out again. What a run makes thus shows what it was given: the picture
// below it, in squares, as far as the strength leaves it, and the seed's noise.
func StandIn(ctx context.Context, g *graph.Graph, in map[string]*tensor.Tensor) (map[string]*tensor.Tensor, error) {
	out, _ := Zeros(ctx, g, in)
	if img := in["image"]; img != nil {
		for _, t := range out {
			meanDown(t, img)
		}
	}
	if z := in["z"]; z != nil {
		for _, t := range out {
			spreadUp(t, z)
		}
	}
	return out, nil
}

// standInGain is how much louder than a picture its latent is.
const standInGain = 32

func standInShape(dims []graph.Dim, in map[string]*tensor.Tensor) []int {
	shape := make([]int, len(dims))
	for i, d := range dims {
		shape[i] = int(d.Fixed)
	}
	switch {
	case in["ids"] != nil:
		shape[0] = in["ids"].Shape[0]
		if len(shape) == 3 {
			shape[1] = in["ids"].Shape[1]
		}
	case in["x"] != nil:
		shape = slices.Clone(in["x"].Shape)
		shape[1] = 4
	case in["z"] != nil:
		s := in["z"].Shape
		shape = []int{s[0], 3, 8 * s[2], 8 * s[3]}
	case in["image"] != nil:
		s := in["image"].Shape
		shape = []int{s[0], 8, s[2] / 8, s[3] / 8}
	}
	return shape
}

// meanDown writes the mean of each 8 × 8 pixels into the first three channels.
func meanDown(latent, img *tensor.Tensor) {
	n, h, w := img.Shape[0], latent.Shape[2], latent.Shape[3]
	for b := range n {
		for c := range 3 {
			src, dst := img.Data[(b*3+c)*64*h*w:], latent.Data[(b*8+c)*h*w:]
			for y := range 8 * h {
				for x := range 8 * w {
					dst[y/8*w+x/8] += src[y*8*w+x] / 64 * standInGain
				}
			}
		}
	}
}

// spreadUp repeats the first three channels, eight by eight.
func spreadUp(img, latent *tensor.Tensor) {
	n, h, w := img.Shape[0], latent.Shape[2], latent.Shape[3]
	for b := range n {
		for c := range 3 {
			dst, src := img.Data[(b*3+c)*64*h*w:], latent.Data[(b*4+c)*h*w:]
			for y := range 8 * h {
				for x := range 8 * w {
					dst[y*8*w+x] = src[y/8*w+x/8] / standInGain
				}
			}
		}
	}
}
