package noise

import (
	"math"
	"math/bits"
)

// Philox is the generator of NVIDIA GPUs as torch uses it: Philox 4x32-10 (Salmon et al.
// 2011, "Parallel random numbers: as easy as 1, 2, 3"), one counter for each element, so
// that the values do not depend on how work is spread over a card.
type Philox struct {
	seed  uint64
	calls uint32
}

// NewPhilox returns the stream of a 64-bit seed.
func NewPhilox(seed uint64) *Philox { return &Philox{seed: seed} }

// Normal draws the next n normals: element i of call k has the counter (k, 0, i, 0).
func (p *Philox) Normal(n int) []float32 {
	out := make([]float32, n)
	for i := range out {
		a, b := philox(p.calls, uint32(i), uint64(i)>>32, p.seed)
		// Box-Muller on the first two of the four outputs; halves keep the logarithm finite
		u := float64(a)/(1<<32) + 0.5/(1<<32)
		angle := (float64(b)/(1<<32) + 0.5/(1<<32)) * 2 * math.Pi
		out[i] = float32(math.Sqrt(-2*math.Log(u)) * math.Sin(angle))
	}
	p.calls++
	return out
}

// philox gives the first two outputs of ten rounds.
func philox(call, element uint32, elementHigh, seed uint64) (uint32, uint32) {
	c := [4]uint32{call, 0, element, uint32(elementHigh)}
	k0, k1 := uint32(seed), uint32(seed>>32)
	for range 10 {
		h0, l0 := bits.Mul32(0xD2511F53, c[0])
		h1, l1 := bits.Mul32(0xCD9E8D57, c[2])
		c = [4]uint32{h1 ^ c[1] ^ k0, l1, h0 ^ c[3] ^ k1, l0}
		k0, k1 = k0+0x9E3779B9, k1+0xBB67AE85
	}
	return c[0], c[1]
}
