package ui

import (
	"image"
	"image/color"
	"strings"
	"testing"

	"fyne.io/fyne/v2"
	fynecanvas "fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/test"

	"pentimento/app/settings"
)

// TestTextCanBeReadOnTheScreen measures on pictures of the window, in both themes and with a menu
// open: the letters of every text that is drawn have a contrast of 4.5 to what is round them.
func TestTextCanBeReadOnTheScreen(t *testing.T) {
	w, _ := diffusing(t)
	paintTestPicture(w)
	w.ed.SetFill(func(f *settings.Fill) { f.Prompt = "a barn" })
	for _, name := range []string{"numbers", "guidance", "more", "guides", "history", "negative"} {
		w.ed.Unfold(name)
	}
	c := w.win.Canvas()
	c.(test.WindowlessCanvas).SetScale(2) // so that a stroke is wider than a pixel
	for range 2 {
		w.win.Resize(fyne.NewSize(1200, 900))
		showMenu(w, menuOf(w, "Edit"), fyne.NewPos(300, 200))
		w.view.settle()
		shot := c.Capture()
		seen := 0
		for _, root := range []fyne.CanvasObject{c.Content(), c.Overlays().Top()} {
			covered := root == c.Content()
			for _, o := range test.LaidOutObjects(root) {
				text, ok := o.(*fynecanvas.Text)
				if !ok || strings.TrimSpace(text.Text) == "" || !text.Visible() {
					continue
				}
				at := fyne.CurrentApp().Driver().AbsolutePositionForObject(text)
				r := image.Rect(int(at.X*2), int(at.Y*2), int((at.X+text.Size().Width)*2), int((at.Y+text.Size().Height)*2)).Intersect(shot.Bounds())
				if covered && (r.Overlaps(image.Rect(560, 360, 1400, 1500)) || r.Max.Y > 1700) || r.Dx() < 8 || r.Dy() < 8 {
					continue // the menu lies there, or the column ends
				}
				got := inkOn(shot, r)
				if got < 1.15 {
					continue // scrolled away, or under an edge
				}
				if seen++; got < 4.5 {
					t.Errorf("light %v: %q is drawn with a contrast of %.1f", w.ed.Settings.Theme == "light", text.Text, got)
				}
			}
		}
		if seen < 40 {
			t.Errorf("only %d texts were found", seen)
		}
		c.Overlays().Remove(c.Overlays().Top())
		w.ed.Do("view.theme")
	}
}

// inkOn is the highest contrast of a pixel of r to the colour that most of r has.
func inkOn(img image.Image, r image.Rectangle) float64 {
	count := map[color.Color]int{}
	var ground color.Color = color.Black
	for y := r.Min.Y; y < r.Max.Y; y++ {
		for x := r.Min.X; x < r.Max.X; x++ {
			p := img.At(x, y)
			if count[p]++; count[p] > count[ground] {
				ground = p
			}
		}
	}
	best := 1.0
	for p := range count {
		best = max(best, contrast(p, ground))
	}
	return best
}

// TestACharacterWithoutAFontIsToldOnce.
func TestACharacterWithoutAFontIsToldOnce(t *testing.T) {
	w, _ := diffusing(t)
	if !shows('é') || !shows('Ж') || shows('\U000F1234') {
		t.Fatalf("é %v, Ж %v, a private character %v", shows('é'), shows('Ж'), shows('\U000F1234'))
	}
	w.ed.SetFill(func(f *settings.Fill) { f.Prompt = "café Ж" })
	if strings.Contains(w.status.line.Text, "font") {
		t.Errorf("%q is said of letters that are there", w.status.line.Text)
	}
	w.ed.SetFill(func(f *settings.Fill) { f.Prompt = "a \U000F1234" })
	if !strings.Contains(w.status.line.Text, "No font") {
		t.Errorf("of a character without a font the line says %q", w.status.line.Text)
	}
	w.Say("")
	w.ed.SetFill(func(f *settings.Fill) { f.Prompt = "a \U000F1235" })
	if w.status.line.Text != "" {
		t.Errorf("it is told again: %q", w.status.line.Text)
	}
}
