package noise

import "math"

const (
	mtSize  = 624
	mtShift = 397
)

// Torch is torch.Generator on the CPU.
type Torch struct {
	state [mtSize]uint32
	next  int
	// normals come in pairs on the scalar path; the second waits here
	spare float64
	full  bool
}

// NewTorch seeds a Mersenne Twister (MT19937; Matsumoto and Nishimura 1998) with the lower
// 32 bits of seed.
func NewTorch(seed uint64) *Torch {
	t := &Torch{next: mtSize}
	t.state[0] = uint32(seed)
	for i := 1; i < mtSize; i++ {
		prev := t.state[i-1]
		t.state[i] = 1812433253*(prev^prev>>30) + uint32(i)
	}
	return t
}

// Uint32 is the next raw output.
func (t *Torch) Uint32() uint32 {
	if t.next == mtSize {
		t.refill()
	}
	y := t.state[t.next]
	t.next++
	y ^= y >> 11
	y ^= y << 7 & 0x9d2c5680
	y ^= y << 15 & 0xefc60000
	return y ^ y>>18
}

func (t *Torch) refill() {
	for i := range t.state {
		y := t.state[i]&0x80000000 | t.state[(i+1)%mtSize]&0x7fffffff
		v := t.state[(i+mtShift)%mtSize] ^ y>>1
		if y&1 != 0 {
			v ^= 0x9908b0df
		}
		t.state[i] = v
	}
	t.next = 0
}

// Uniform draws n values of [0, 1) (torch.rand): the lower 24 bits of one output each.
func (t *Torch) Uniform(n int) []float32 {
	out := make([]float32, n)
	for i := range out {
		out[i] = float32(t.Uint32()&(1<<24-1)) / (1 << 24)
	}
	return out
}

// Uint64 joins two outputs, the first one being the upper half.
func (t *Torch) Uint64() uint64 {
	high := uint64(t.Uint32())
	return high<<32 | uint64(t.Uint32())
}

// uniform53 is a double of [0, 1).
func (t *Torch) uniform53() float64 { return float64(t.Uint64()&(1<<53-1)) / (1 << 53) }

// Normal draws as torch.randn does: fewer than 16 values one by one in double precision,
// more in blocks of 16 in single precision.
func (t *Torch) Normal(n int) []float32 {
	if n >= 16 {
		return t.blocks(n)
	}
	out := make([]float32, n)
	for i := range out {
		out[i] = float32(t.scalar())
	}
	return out
}

// scalar is Box-Muller in double precision; it keeps the second of each pair for the next
// call, over draws too.
func (t *Torch) scalar() float64 {
	if t.full {
		t.full = false
		return t.spare
	}
	u1, u2 := t.uniform53(), t.uniform53()
	r, angle := math.Sqrt(-2*math.Log1p(-u2)), 2*math.Pi*u1
	t.spare, t.full = r*math.Sin(angle), true
	return r * math.Cos(angle)
}

// blocks is Box-Muller over sixteen uniforms at a time: the first eight give the radius,
// the other eight the angle. A rest is covered by drawing the last sixteen values again.
func (t *Torch) blocks(n int) []float32 {
	out := t.Uniform(n)
	for i := 0; i+16 <= n; i += 16 {
		block(out[i : i+16])
	}
	if n%16 != 0 {
		last := out[n-16:]
		copy(last, t.Uniform(16))
		block(last)
	}
	return out
}

func block(v []float32) {
	for i := range 8 {
		u1, u2 := 1-v[i], v[i+8]
		r := float32(math.Sqrt(float64(-2 * float32(math.Log(float64(u1))))))
		sin, cos := math.Sincos(float64(2 * float32(math.Pi) * u2))
		v[i], v[i+8] = r*float32(cos), r*float32(sin)
	}
}
