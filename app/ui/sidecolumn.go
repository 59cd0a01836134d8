package ui

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"

	"pentimento/app/desk"
)

// sideColumn lays the right column out as two parts that scroll apart from each other, so
// that the layers stay in view however long the fill panel is. Each takes its natural
// height while both fit; where they do not, the lower part is left at least leastLower of
// the column, or its natural height if that is less.
type sideColumn struct {
	upper, lower *container.Scroll
	box          *fyne.Container
}

const leastLower = 0.36

// newSideColumn stacks two contents.
func newSideColumn(upper, lower fyne.CanvasObject) *sideColumn {
	s := &sideColumn{upper: container.NewVScroll(upper), lower: container.NewVScroll(lower)}
	s.box = container.New(s, s.upper, s.lower)
	return s
}

// update shares the height out again: what stands in a scroll changes in height without its
// parents being told.
func (s *sideColumn) update(c desk.Change) {
	if c.What&(desk.SettingsChanged|desk.LayersChanged|desk.FillChanged) != 0 {
		s.Layout(nil, s.box.Size())
	}
}

// Layout implements fyne.Layout.
func (s *sideColumn) Layout(_ []fyne.CanvasObject, size fyne.Size) {
	lower := min(s.lower.Content.MinSize().Height, size.Height*leastLower)
	upper := min(s.upper.Content.MinSize().Height, size.Height-lower)
	s.upper.Resize(fyne.NewSize(size.Width, upper))
	s.lower.Move(fyne.NewPos(0, upper))
	s.lower.Resize(fyne.NewSize(size.Width, size.Height-upper))
}

// MinSize implements fyne.Layout.
func (s *sideColumn) MinSize([]fyne.CanvasObject) fyne.Size {
	a, b := s.upper.MinSize(), s.lower.MinSize()
	return fyne.NewSize(max(a.Width, b.Width), a.Height+b.Height)
}
