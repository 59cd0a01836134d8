package ui

import (
	"slices"
	"testing"
	"time"
)

// TestCoversThatAreSeenComeFirst: those of the cards that were filled last, in their order, before those
// that were scrolled past.
func TestCoversThatAreSeenComeFirst(t *testing.T) {
	var q wantedCovers
	var got []int
	add := func(n int) bool { return q.add(func() { got = append(got, n) }) }
	if !add(1) || add(2) {
		t.Error("want one worker, begun by the first")
	}
	q.asked = q.asked.Add(-2 * together)
	add(3)
	q.asked = time.Now()
	add(4)
	for do := q.next(); do != nil; do = q.next() {
		do()
	}
	if !slices.Equal(got, []int{3, 4, 1, 2}) {
		t.Errorf("decoded in the order %v", got)
	}
	if !add(5) {
		t.Error("nobody decodes what comes later")
	}
}
