package pixels

import (
	"math"
	"slices"
	"testing"
)

// TestTapsKeepALevel: the weights of each value sum to 1, their places rise and lie in the line, and
// a line of the same length stays as it is.
func TestTapsKeepALevel(t *testing.T) {
	tent := func(t float64) float64 { return max(1-math.Abs(t), 0) }
	for _, c := range [][2]int{{7, 7}, {7, 20}, {20, 7}, {1, 5}, {5, 1}} {
		for i, tap := range Taps(c[0], c[1], 1, tent) {
			sum := float32(0)
			for _, w := range tap.Weight {
				sum += w
			}
			if math.Abs(float64(sum)-1) > 1e-6 || !slices.IsSorted(tap.At) || tap.At[0] < 0 || tap.At[len(tap.At)-1] >= c[0] {
				t.Errorf("%d to %d: value %d is made of %v by %v", c[0], c[1], i, tap.At, tap.Weight)
			}
			if c[0] == c[1] && (len(tap.At) != 1 || tap.At[0] != i) {
				t.Errorf("of the same length, value %d is made of %v", i, tap.At)
			}
		}
	}
}

// TestInParallelDoesEachOnce, whatever the number.
func TestInParallelDoesEachOnce(t *testing.T) {
	for _, n := range []int{0, 1, 2, 3, 1000} {
		done := make([]int, n)
		InParallel(n, func(i int) { done[i]++ })
		if slices.ContainsFunc(done, func(times int) bool { return times != 1 }) {
			t.Errorf("%d: done %v times", n, done)
		}
	}
}
