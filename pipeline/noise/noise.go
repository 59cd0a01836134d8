// Package noise draws random numbers as the field's tools draw them, so that the same
// seed gives the same picture: torch's CPU generator (a Mersenne Twister with two ways of
// making normals of it), the counter-based generator of NVIDIA GPUs ("NV"), and the
// Brownian path that A1111 and ComfyUI use for the SDE samplers.
//
// Start reading at Source: a seed and a kind, and a stream of draws. torch.go, philox.go
// and brownian.go hold one generator each, seeds.go what a batch and a variation are.
//
// Decisions.
// 2026-11-23: this package knows no tensors: shapes are the caller's, values float32.
// 2026-11-23: torch's blocked normals take cos and sin of a float32 angle in double
// precision; torch's own vectorised functions differ from that by 1e-7.
package noise

import "fmt"

// Kind names a generator, as in requests and in A1111's RNG setting.
type Kind string

// The generators.
const (
	CPU Kind = "cpu" // torch on the CPU: ComfyUI, InvokeAI, A1111's "CPU"
	NV  Kind = "nv"  // NVIDIA's Philox: A1111's "NV" and, on such cards, "GPU"
)

// ParseKind reads a name; "" is CPU, "gpu" is NV.
func ParseKind(name string) (Kind, error) {
	switch name {
	case "", "cpu", "CPU":
		return CPU, nil
	case "nv", "NV", "gpu", "GPU":
		return NV, nil
	}
	return "", fmt.Errorf("noise: generator %q is not known, want cpu or nv", name)
}

// Source is a stream of draws from one seed. It belongs to one goroutine.
type Source interface {
	// Normal draws the next n unit normals as one tensor. Where draws are cut matters:
	// torch makes normals differently for fewer than 16, and NV counts calls.
	Normal(n int) []float32
}

// New returns the stream of a seed. Seeds are 64 bits wide for NV; torch's generator uses
// the lower 32 bits only, as torch itself does.
func New(kind Kind, seed int64) Source {
	if kind == NV {
		return NewPhilox(uint64(seed))
	}
	return NewTorch(uint64(seed))
}
