package ui

import (
	"image"
	"testing"

	"pentimento/app/fills"
	"pentimento/canvas/canvastest"
)

// TestACandidatesPictureIsMadeBesideTheWindowsGoroutine: a tile's is rolled as a whole, which takes long.
func TestACandidatesPictureIsMadeBesideTheWindowsGoroutine(t *testing.T) {
	w := open(t)
	r := image.Rect(0, 0, 64, 64)
	c := &fills.Candidate{Patch: canvastest.Texture(r, 1)}
	made(&c.Result)
	c.Result.Image = c.Patch
	w.candidates.showCards(&fills.Stack{ID: 1, Place: r, Candidates: []*fills.Candidate{c}})
	card := w.candidates.cards[c]
	if card.img.Image != nil {
		t.Fatal("the picture was made by whoever shows the card")
	}
	for card.img.Image == nil {
		(<-posted)()
	}
	if b := card.img.Image.Bounds(); b.Empty() {
		t.Errorf("it is %v", b)
	}
}

func made[T any](to **T) { *to = new(T) }
