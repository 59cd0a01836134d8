package merge

import (
	"fmt"
	"strings"
)

// Blocks are shares of a model's blocks: Base is that of the text encoders and the
// autoencoder, Of those of the denoiser.
type Blocks struct {
	Base float64   `json:"base"`
	Of   []float64 `json:"blocks"` // IN00–IN11, M00, OUT00–OUT11; or for SDXL IN00–IN08, M00, OUT00–OUT08
}

// Uniform are the same share everywhere.
func Uniform(share float64) Blocks {
	b := Blocks{Base: share, Of: make([]float64, 25)}
	for i := range b.Of {
		b.Of[i] = share
	}
	return b
}

// Blocks is how many blocks the denoiser of A has shares for: 25, or 19 of SDXL.
func (j *Job) Blocks() int { return map[bool]int{true: 19, false: 25}[j.last == 8] }

// check says whether the list has one of the two lengths, and numbers.
func (b Blocks) check() error {
	if len(b.Of) != 25 && len(b.Of) != 19 {
		return fmt.Errorf("%d shares of blocks, want 25 (IN00–IN11, M00, OUT00–OUT11) or, for SDXL, 19 (IN00–IN08, M00, OUT00–OUT08)", len(b.Of))
	}
	for _, share := range append([]float64{b.Base}, b.Of...) {
		if share-share != 0 {
			return fmt.Errorf("a share of %g, want a finite number", share)
		}
	}
	return nil
}

// denoiserPrefix is what a denoiser's keys begin with in a checkpoint of one file.
const denoiserPrefix = "model.diffusion_model."

// at is the share for a key of a checkpoint. last is the number of the model's last output
// block, which also stands for what follows it.
func (b Blocks) at(key string, last int) float64 {
	rest, ok := strings.CutPrefix(key, denoiserPrefix)
	if !ok {
		return b.Base
	}
	sides := len(b.Of) / 2
	block, rest, _ := strings.Cut(rest, ".")
	switch block {
	case "middle_block":
		return b.Of[sides]
	case "out":
		return b.Of[sides+1+min(last, sides-1)]
	case "input_blocks", "output_blocks":
		n := 0
		if _, err := fmt.Sscanf(rest, "%d.", &n); err != nil || n < 0 || n >= sides {
			return b.Base
		}
		if block == "output_blocks" {
			n += sides + 1
		}
		return b.Of[n]
	}
	return b.Of[0] // time_embed, label_emb
}
