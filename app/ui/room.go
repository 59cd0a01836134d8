package ui

import (
	"encoding/json"
	"os"
	"path/filepath"

	"fyne.io/fyne/v2"
)

// byHand is the layout of what is moved by hand over the canvas: it asks for no room, so that
// no bar makes the window wider than the screen.
type byHand struct{}

// Layout implements fyne.Layout.
func (byHand) Layout([]fyne.CanvasObject, fyne.Size) {}

// MinSize implements fyne.Layout.
func (byHand) MinSize([]fyne.CanvasObject) fyne.Size { return fyne.Size{} }

// lineLayout puts its second object at the right and gives the first what is left. Where both
// don't fit, the second's left part goes first.
type lineLayout struct{}

// Layout implements fyne.Layout.
func (lineLayout) Layout(all []fyne.CanvasObject, size fyne.Size) {
	width := all[1].MinSize().Width
	all[0].Resize(fyne.NewSize(max(size.Width-width, 0), size.Height))
	all[1].Move(fyne.NewPos(size.Width-width, 0))
	all[1].Resize(fyne.NewSize(width, size.Height))
}

// MinSize implements fyne.Layout.
func (lineLayout) MinSize(all []fyne.CanvasObject) fyne.Size {
	return fyne.NewSize(0, max(all[0].MinSize().Height, all[1].MinSize().Height))
}

// dropHalfPreferences removes the toolkit's own file of preferences where it is not whole: the
// toolkit writes it in place, so a kill can leave it empty, and then complains of it at every
// start. It holds the folder of its file dialog and the colours chosen last, no setting of ours.
func dropHalfPreferences(id string) {
	folder, err := os.UserConfigDir()
	if err != nil {
		return
	}
	path := filepath.Join(folder, "fyne", id, "preferences.json")
	if data, err := os.ReadFile(path); err == nil && !json.Valid(data) {
		_ = os.Remove(path)
	}
}
