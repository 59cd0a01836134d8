package denoise

import "pentimento/pipeline/tensor"

// Reference is a picture whose look an evaluation follows: the network is evaluated on it first, and
// its self-attention then reads both (see unet.Reference). Only networks opened for that mind it.
type Reference struct {
	X      *tensor.Tensor // [B,C,h,w], its latent at the evaluation's noise level, as Input.X; h and w may differ
	Concat *tensor.Tensor // [B,1+C,h,w] for inpainting networks: no mask, and its latent; else nil
	// Attention and Groups are how far it takes part in self-attentions, 0 to 1, and in the means and
	// deviations of groups of layers, 0 to 2.
	Attention, Groups float64
	Fidelity          float64 // 0 to 1: how little latents of the negative prompt follow it
}

// citedRows are the references of latents from–to alone.
func citedRows(all []Reference, from, to int) []Reference {
	out := append([]Reference(nil), all...)
	for i, r := range out {
		out[i].X = r.X.Batch(from, to)
		if r.Concat != nil {
			out[i].Concat = r.Concat.Batch(from, to)
		}
	}
	return out
}
