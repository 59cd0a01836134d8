package ui

import (
	"testing"

	"fyne.io/fyne/v2"

	"pentimento/tools"
)

// TestEveryToolIsInAnyWindow: at each size that the window must hold, all tools lie inside it,
// none over another, and none over the canvas, from the moment on at which the window has that size.
func TestEveryToolIsInAnyWindow(t *testing.T) {
	w := open(t)
	for _, size := range []fyne.Size{{Width: 1440, Height: 900}, {Width: 1366, Height: 768}, {Width: 900, Height: 600}, {Width: 1366, Height: 768}} {
		w.win.Resize(size) // and nothing else: a frame of a wrong layout is seen
		seen := map[fyne.Position]string{}
		for _, row := range tools.All {
			b := w.tools.buttons[row.Name]
			at := fyne.CurrentApp().Driver().AbsolutePositionForObject(b)
			if end := at.Add(b.Size()); at.Y < 60 || end.Y > size.Height || b.Size().Width < 20 || seen[at] != "" {
				t.Errorf("%v: %s lies at %v to %v, with %q", size, row.Name, at, end, seen[at])
			}
			seen[at] = row.Name
			if b.Size() != b.MinSize() && b.Size().Width < b.MinSize().Width {
				t.Errorf("%v: %s is cut: %v", size, row.Name, b.Size())
			}
		}
		left := fyne.CurrentApp().Driver().AbsolutePositionForObject(w.view)
		for at, name := range seen {
			if at.X+w.tools.buttons[name].Size().Width > left.X {
				t.Errorf("%v: %s lies over the canvas", size, name)
			}
		}
	}
}
