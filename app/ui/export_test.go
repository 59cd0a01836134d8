package ui

import (
	"testing"

	"fyne.io/fyne/v2"

	"pentimento/app/desk"
)

// TestTheQualityIsAsked: the answer is the slider's, 0 for every pixel exactly where the form
// can, and nothing where the question is left.
func TestTheQualityIsAsked(t *testing.T) {
	w := open(t)
	w.win.Resize(fyne.NewSize(900, 600))
	for _, c := range []struct {
		q    desk.Quality
		key  fyne.KeyName
		want int
	}{
		{desk.Quality{Form: "JPEG", Quality: 92, Notes: []string{"JPEG has no transparency: what is transparent becomes white."}}, fyne.KeyReturn, 92},
		{desk.Quality{Form: "WebP", Exact: true}, fyne.KeyReturn, 0},
		{desk.Quality{Form: "WebP", Exact: true, Quality: 75}, fyne.KeyReturn, 75},
		{desk.Quality{Form: "JPEG", Quality: 92}, fyne.KeyEscape, -1},
	} {
		got := -1
		w.AskQuality(c.q, func(n int) { got = n })
		if !w.covered() {
			t.Fatalf("%+v: nothing is asked", c.q)
		}
		w.win.Canvas().OnTypedKey()(&fyne.KeyEvent{Name: c.key})
		if got != c.want || w.covered() {
			t.Errorf("%+v: answered %d, still asked %v; want %d", c.q, got, w.covered(), c.want)
		}
	}
}
