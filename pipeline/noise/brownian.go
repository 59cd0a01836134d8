package noise

import (
	"math"
	"strconv"
)

// Brownian is the noise of A1111's and ComfyUI's SDE samplers: increments of one Brownian
// path over sigma, so that more steps refine the same path. The path is fixed by its seed
// alone: its value at a point follows from halving [low, high] down to that point, each
// half being a Brownian bridge with a seed of its own (torchsde's BrownianTree with
// tolerance 1e-6, Kidger et al. 2021, arXiv:2105.13493). It belongs to one goroutine.
//
// A new point takes some 24 draws, most of a step's cost; the last two points are kept,
// because a step begins where the one before it ended.
type Brownian struct {
	n         int
	entropy   uint64
	low, high float64
	known     []point // the newest last
}

// point is the path's value at a place, from low.
type point struct {
	at    float64
	value []float64
}

const (
	poolSize   = 24 // words of torchsde's seed sequences
	maxKnown   = 3
	pathDigits = 6 // decimals to which points of the path are distinguished
)

// NewBrownian returns the path of one picture with n latent values between the run's
// lowest sigma above zero and its highest.
func NewBrownian(seed int64, n int, sigmaMin, sigmaMax float64) *Brownian {
	return &Brownian{n: n, entropy: uint64(seed), low: float64(float32(sigmaMin)), high: float64(float32(sigmaMax))}
}

// Normal is the unit-variance noise of the step from sigma to next: the path's increment
// over the step's length. A step of no length, or outside the path, gives zeros.
func (b *Brownian) Normal(sigma, next float64) []float32 {
	out := make([]float32, b.n)
	length := math.Abs(float64(float32(sigma) - float32(next)))
	if length == 0 {
		return out
	}
	from, to := b.value(sigma), b.value(next)
	scale := 1 / math.Sqrt(length)
	for i := range out {
		out[i] = float32((to[i] - from[i]) * scale)
	}
	return out
}

// value is the path's value at sigma.
func (b *Brownian) value(sigma float64) []float64 {
	at := place(min(max(float64(float32(sigma)), b.low), b.high))
	for _, p := range b.known {
		if p.at == at {
			return p.value
		}
	}
	v := b.descend(at)
	b.known = append(b.known, point{at, v})
	if len(b.known) > maxKnown {
		b.known = b.known[1:]
	}
	return v
}

// descend halves the path's interval until a half ends at the point.
func (b *Brownian) descend(at float64) []float64 {
	value := make([]float64, b.n)
	start, end := place(b.low), place(b.high)
	if at <= start {
		return value
	}
	whole := b.draw(nil)
	scale := float32(math.Sqrt(b.high - b.low))
	for i := range whole {
		whole[i] *= scale
	}
	var key, depth uint64
	for at < end {
		mid := place((start + end) / 2)
		if mid <= start || mid >= end {
			break // shorter than the tree tells apart
		}
		left := b.draw([]uint64{key, depth})
		share, inverse := float32(mid-start), 1/float32(end-start)
		deviation := float32(math.Sqrt((mid - start) * (end - mid) / (end - start)))
		for i, bridge := range left {
			left[i] = whole[i]*share*inverse + deviation*bridge
		}
		key, depth = 2*key, depth+1
		if at < mid {
			whole, end = left, mid
			continue
		}
		for i, v := range left {
			value[i] += float64(v)
			whole[i] -= v
		}
		if at == mid {
			return value
		}
		start, key = mid, key+1
	}
	for i, v := range whole {
		value[i] += float64(v)
	}
	return value
}

// draw makes the normals of a node of the tree, named by its path from the root.
func (b *Brownian) draw(path []uint64) []float32 {
	return NewTorch(uint64(seedWord(b.entropy, path))).Normal(b.n)
}

// place rounds a point to the tree's resolution, in decimal as the reference does.
func place(x float64) float64 {
	r, err := strconv.ParseFloat(strconv.FormatFloat(x, 'f', pathDigits, 64), 64)
	if err != nil {
		return x
	}
	return r
}

// seedWord is the first word of numpy's SeedSequence (O'Neill's seed_seq,
// https://www.pcg-random.org): an entropy and the path to a child, spread over a pool.
func seedWord(entropy uint64, path []uint64) uint32 {
	words := func(v uint64) []uint32 {
		if v>>32 == 0 {
			return []uint32{uint32(v)}
		}
		return []uint32{uint32(v), uint32(v >> 32)}
	}
	input := words(entropy)
	if len(path) > 0 {
		for len(input) < poolSize {
			input = append(input, 0)
		}
	}
	for _, p := range path {
		input = append(input, words(p)...)
	}
	for len(input) < poolSize {
		input = append(input, 0)
	}

	constant := uint32(0x43b0d7e5)
	hash := func(v uint32) uint32 {
		v ^= constant
		constant *= 0x931e8875
		v *= constant
		return v ^ v>>16
	}
	mix := func(x, y uint32) uint32 {
		r := 0xca01f9dd*x - 0x4973f715*y
		return r ^ r>>16
	}
	var pool [poolSize]uint32
	for i := range pool {
		pool[i] = hash(input[i])
	}
	for from := range pool {
		for to := range pool {
			if from != to {
				pool[to] = mix(pool[to], hash(pool[from]))
			}
		}
	}
	for _, v := range input[poolSize:] {
		for to := range pool {
			pool[to] = mix(pool[to], hash(v))
		}
	}
	out := uint32(0x8b51f9dd)
	v := pool[0] ^ out
	out *= 0x58f38ded
	v *= out
	return v ^ v>>16
}
