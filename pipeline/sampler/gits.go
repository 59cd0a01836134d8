package sampler

import (
	_ "embed"
	"fmt"
	"math"
	"strconv"
	"strings"
	"sync"
)

// gitsText is the published table of GITS: a line for each coefficient and number of steps, 2 to
// 20, the coefficient and then the sigmas of the exploding path.
//
//go:embed gits.txt
var gitsText string

// gitsTable gives them by coefficient, each list for n steps at n−2.
var gitsTable = sync.OnceValue(func() map[string][][]float64 {
	table := map[string][][]float64{}
	for line := range strings.Lines(gitsText) {
		fields := strings.Fields(line)
		sigmas := make([]float64, len(fields)-1)
		for i := range sigmas {
			sigmas[i], _ = strconv.ParseFloat(fields[i+1], 64) // TestGITS reads every one
		}
		table[fields[0]] = append(table[fields[0]], sigmas)
	}
	return table
})

// gitsUsual is ComfyUI's coefficient where nobody says another.
const gitsUsual = "1.20"

// gits is the schedule along the shape that the flow's paths have (Chen et al. 2024, "On the
// trajectory regularity of ODE-based diffusion sampling", arXiv:2405.11326), found by their
// search for up to 20 steps; more are read between those of 20. The lower the coefficient, the
// more steps go to high noise.
func gits(coefficient string) func(*Levels, int) []float64 {
	return func(l *Levels, n int) []float64 {
		lists := gitsTable()[coefficient]
		switch {
		case n < 2:
			return []float64{l.Max(), 0}
		case n-2 < len(lists):
			sigmas := append([]float64{}, lists[n-2]...)
			sigmas[n] = 0
			return onPathOf(l, sigmas)
		}
		sigmas := logInterpolate(lists[len(lists)-1], n+1)
		sigmas[n] = 0
		return onPathOf(l, sigmas)
	}
}

// findGITS resolves "gits 0.8": GITS with a coefficient from 0.80 to 1.50, taken to the nearest
// twentieth.
func findGITS(key string) (Schedule, bool) {
	text, ok := strings.CutPrefix(key, "gits ")
	c, err := strconv.ParseFloat(text, 64)
	if !ok || err != nil || !(c >= 0.775 && c <= 1.525) {
		return Schedule{}, false
	}
	text = fmt.Sprintf("%.2f", math.Round(c*20)/20)
	if text == gitsUsual {
		return Schedule{}, false
	}
	return Schedule{Name: "gits_" + text, Label: "GITS " + text, sigmas: gits(text)}, true
}
