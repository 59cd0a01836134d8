package ui

import (
	"image"
	"testing"

	"fyne.io/fyne/v2"
)

// TestATipGoesWithWhatItIsAbout: the start card's buttons vanish under a pointer that rests.
func TestATipGoesWithWhatItIsAbout(t *testing.T) {
	w := open(t)
	w.tips.show("Open — a picture", fyne.NewPos(50, 50))
	if !w.tips.box.Visible() {
		t.Fatal("no tip")
	}
	masked(w, image.Rect(0, 0, 9, 9)) // any step
	if w.tips.box.Visible() {
		t.Error("the tip stays over the picture")
	}
}
