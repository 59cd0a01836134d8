package adjust

import "math"

// Range is one channel of Levels: what counts as black and white, the middle's gamma, and
// the values that black and white become. All 0..1, Gamma above 0.
type Range struct{ Black, White, Gamma, Low, High float64 }

// Plain is the Range that changes nothing.
var Plain = Range{White: 1, Gamma: 1, High: 1}

// At is out = Low + (High − Low) · clamp((v − Black) / (White − Black))^(1/Gamma), the levels
// of every painting program (GIMP's manual, 8.9.4, gives the same). A White not above Black
// makes a threshold.
func (r Range) At(v float64) float64 {
	t := 0.0
	switch {
	case r.White > r.Black:
		t = min(max((v-r.Black)/(r.White-r.Black), 0), 1)
	case v > r.Black:
		t = 1
	}
	if r.Gamma != 1 && r.Gamma > 0 {
		t = math.Pow(t, 1/r.Gamma)
	}
	return r.Low + (r.High-r.Low)*t
}

// Levels are four Ranges: of red, green and blue, and of all three, which is applied to what
// the channel's own gives.
type Levels struct {
	All Range
	RGB [3]Range
}

// NewLevels changes nothing yet.
func NewLevels() Levels { return Levels{Plain, [3]Range{Plain, Plain, Plain}} }

// Change is what these Levels do.
func (l Levels) Change() *Change {
	c := &Change{Grey: l.RGB[0] == l.RGB[1] && l.RGB[1] == l.RGB[2]}
	for i, r := range l.RGB {
		if r != Plain || l.All != Plain {
			c.Each[i] = func(v float64) float64 { return l.All.At(r.At(v)) }
		}
	}
	return c
}

// clipped is the share of pixels that Auto makes black, and white.
const clipped = 0.001

// Auto stretches every channel over the whole range, but for a thousandth of the pixels at
// either end, which single dead pixels would otherwise decide.
func (h *Histogram) Auto() Levels {
	l := NewLevels()
	for i := range l.RGB {
		lo, hi := h.ends(i)
		if lo < hi {
			l.RGB[i].Black, l.RGB[i].White = float64(lo)/255, float64(hi)/255
		}
	}
	return l
}

func (h *Histogram) ends(channel int) (lo, hi int) {
	total := 0
	for _, n := range h[channel] {
		total += n
	}
	spare := int(clipped * float64(total))
	for sum := 0; lo < 255; lo++ {
		if sum += h[channel][lo]; sum > spare {
			break
		}
	}
	hi = 255
	for sum := 0; hi > 0; hi-- {
		if sum += h[channel][hi]; sum > spare {
			break
		}
	}
	return lo, hi
}
