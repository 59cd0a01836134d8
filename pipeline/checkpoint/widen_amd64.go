package checkpoint

import "golang.org/x/sys/cpu" // which instructions the processor has; Go keeps its own list to itself

// wide says whether widen32 runs here: nearly all processors since 2013.
var wide = cpu.X86.HasAVX && cpu.X86.HasF16C

// widenHalves widens the first values of binary16, and says how many.
func widenHalves(out []float32, b []byte) (done int) {
	if n := len(out) / 32; wide && n > 0 {
		widen32(&out[0], &b[0], n)
		return 32 * n
	}
	return 0
}

// widen32 widens n times 32 values of binary16, n at least 1.
//
//go:noescape
func widen32(to *float32, from *byte, n int)
