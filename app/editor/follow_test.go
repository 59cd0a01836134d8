package editor

import (
	"image"
	"slices"
	"testing"

	"pentimento/pipeline"
)

// A picture that fills are to follow unfolds the panel where the way is chosen; a second one leaves it
// unfolded.
func TestAPictureToFollowIsShownInItsPanel(t *testing.T) {
	b := newBench(t)
	b.put(texture(image.Rect(0, 0, 60, 40), 1))
	b.Do("edit.copy")
	b.copied()
	for n := 1; n <= 2; n++ {
		b.FollowClipboard(pipeline.GuideReference)
		b.until("the reference", func() bool { return len(b.Fills.Attached()) == n })
		if !slices.Contains(b.Settings.Open, "guides") {
			t.Errorf("after picture %d the panels %v are unfolded", n, b.Settings.Open)
		}
	}
}
