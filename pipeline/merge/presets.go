package merge

import "math"

// Preset is a course of shares over a denoiser's blocks. Names and courses are those of the
// extension merge-block-weighted, whose lists are written for 25 blocks.
type Preset struct {
	Name, Short string
	at          func(block, blocks int) float64
}

// Of are the shares for so many blocks, from IN00 on, to five digits.
func (p Preset) Of(blocks int) []float64 {
	out := make([]float64, blocks)
	for i := range out {
		out[i] = math.Round(p.at(i, blocks)*1e5) / 1e5
	}
	return out
}

// Presets are the courses that people know by name.
var Presets = []Preset{
	{"GRAD_V", "all of B at both ends, none in the middle", func(i, n int) float64 { return 1 - arch(i, n) }},
	{"GRAD_A", "all of B in the middle, none at both ends", arch},
	{"FLAT_25", "a quarter of B everywhere", func(int, int) float64 { return 0.25 }},
	{"FLAT_75", "three quarters of B everywhere", func(int, int) float64 { return 0.75 }},
	{"WRAP08", "B in the outermost 8 blocks", wrap(4)},
	{"WRAP12", "B in the outermost 12 blocks", wrap(6)},
	{"WRAP14", "B in the outermost 14 blocks", wrap(7)},
	{"WRAP16", "B in the outermost 16 blocks", wrap(8)},
	{"OUT07", "B in the last 7 blocks", last(7)},
	{"OUT12", "B in the last 12 blocks", last(12)},
	{"SMOOTHSTEP", "from A to B, slowly at both ends", func(i, n int) float64 { t := along(i, n); return t * t * (3 - 2*t) }},
	{"REVERSE-SMOOTHSTEP", "from B to A, slowly at both ends", func(i, n int) float64 { t := 1 - along(i, n); return t * t * (3 - 2*t) }},
	{"ALL_A", "none of B", func(int, int) float64 { return 0 }},
	{"ALL_B", "all of B", func(int, int) float64 { return 1 }},
}

// along is 0 at the first block and 1 at the last.
func along(i, n int) float64 { return float64(i) / float64(n-1) }

// arch is 0 at both ends and 1 in the middle.
func arch(i, n int) float64 { return 1 - math.Abs(2*along(i, n)-1) }

func wrap(side int) func(i, n int) float64 {
	return func(i, n int) float64 { return one(i < side || i >= n-side) }
}

func last(many int) func(i, n int) float64 {
	return func(i, n int) float64 { return one(i >= n-many) }
}

func one(on bool) float64 {
	if on {
		return 1
	}
	return 0
}
