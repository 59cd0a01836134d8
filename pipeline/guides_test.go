package pipeline

import (
	"slices"
	"testing"
)

// The steps in which a guide acts are those of A1111's extension, its rounding included.
func TestGuidesActInAPartOfTheSteps(t *testing.T) {
	for _, c := range []struct {
		steps      int
		start, end float64
		want       []int
	}{
		{10, 0, 1, []int{0, 1, 2, 3, 4, 5, 6, 7, 8, 9}},
		{10, 0.2, 0.6, []int{2, 3, 4, 5, 6}},
		{10, 0, 0.5, []int{0, 1, 2, 3, 4, 5}},
		{10, 0.33, 0.34, []int{}},
		{20, 0.2, 0.6, []int{4, 5, 6, 7, 8, 9, 10, 11, 12}},
		{20, 0.5, 1, []int{10, 11, 12, 13, 14, 15, 16, 17, 18, 19}},
	} {
		if got := ActiveSteps(c.steps, c.start, c.end); !slices.Equal(got, c.want) {
			t.Errorf("%d steps from %g to %g: %v, want %v", c.steps, c.start, c.end, got, c.want)
		}
	}
}

func TestAGuideOfAnUnknownKindIsRefusedBeforeAnyWork(t *testing.T) {
	q := Request{Guides: []Guide{{Kind: "telepathy", Weight: 1, End: 1}}}
	if err := q.checkGuides(nil); err == nil {
		t.Error("it was taken")
	}
}
