package canvas

import (
	"image"
	"testing"
	"time"
)

// TestNoTwoStepsHaveOneTime where the clock stands still or is set back, and not where one of them was undone.
func TestNoTwoStepsHaveOneTime(t *testing.T) {
	defer func() { now = time.Now }()
	at := time.Unix(1000, 0)
	now = func() time.Time { return at }
	d := New()
	seen := map[int64]bool{d.steps[0].when.UnixNano(): true} // as a journal keeps it
	for i := range 6 {
		if i == 3 {
			d.Undo()
			at = at.Add(-time.Second)
		}
		e := d.Begin("frame")
		e.SetFrame(image.Rect(0, 0, 64, 64*(i+9)))
		e.Commit()
		when := d.steps[d.at].when.UnixNano()
		if seen[when] || when < d.steps[0].when.UnixNano() {
			t.Errorf("step %d has the time of another, or one before the first: %d", i, when)
		}
		seen[when] = true
	}
}
