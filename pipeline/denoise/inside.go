package denoise

import "pentimento/pipeline/tensor"

// FreeU (Si et al. 2023, arXiv:2309.11497) strengthens what a network's way up has made, by B1
// at its widest and B2 at its next level, and weakens the low frequencies of what joins it
// from the way down, to S1 and S2. All 1 changes nothing.
type FreeU struct{ B1, B2, S1, S2 float64 }

// Refined is a box of a picture of so many pixels that is refined within the network, and how much of that is mixed in (LLuL);
// with a weight of 0, nothing.
type Refined struct {
	X, Y, W, H, Width, Height int
	Weight                    float64
}

// Image is what one IP-Adapter (Ye et al. 2023, arXiv:2308.06721) adds to an evaluation; without
// tokens it does not act.
type Image struct {
	Tokens *tensor.Tensor // [B,n,W] of B latents, W as wide as the text
	Scale  float32
	Mask   *tensor.Tensor // [B,1,h,w], 0 to 1, where the network was opened for one; nil: everywhere
}

// inside puts into an evaluation what the conditions ask of the network within.
func (m Model) inside(in *Input, group []Condition, batch int, sigma float64) {
	in.FreeU = m.FreeU
	if m.Shrink != nil {
		in.Shrink = float32(m.Shrink(sigma))
	}
	if m.Refine != nil {
		in.Refined = m.Refine(group[0].Box)
	}
	mark := func(rows *[]bool, i int) {
		if *rows == nil {
			*rows = make([]bool, batch*len(group))
		}
		for j := range batch {
			(*rows)[i*batch+j] = true
		}
	}
	for i, c := range group {
		if c.Perturbed {
			mark(&in.Perturbed, i)
		}
		if c.Negative {
			mark(&in.Negative, i)
		}
		if c.Attention != nil {
			in.Attention = func(maps *tensor.Tensor) {
				for i, c := range group {
					if c.Attention != nil {
						c.Attention(maps.Batch(i*batch, (i+1)*batch))
					}
				}
			}
		}
	}
}
