package merge

import (
	"math"
	"strings"
	"testing"
)

// A share that is no number from 0 to 1 is refused before the file is looked at.
func TestResizingRefusesShares(t *testing.T) {
	for _, keep := range []float64{math.NaN(), -0.1, 1.1} {
		if _, _, err := (Resizing{File: "none.safetensors", Rank: 4, Keep: keep}).open(); err == nil || !strings.Contains(err.Error(), "a share of 0 to 1") {
			t.Errorf("share %g: %v", keep, err)
		}
	}
}
