package ui

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/theme"
)

// folding lays objects out one after the other in a number of rows of about the same length.
type folding struct {
	rows int
	// grows: the first object changes its size. Rows end at the right, and where there are several the last one is its
	// own, so that the others keep their distance from the upper right corner.
	grows bool
}

// MinSize implements fyne.Layout.
func (f *folding) MinSize(objects []fyne.CanvasObject) fyne.Size {
	var size fyne.Size
	for i, row := range f.folded(objects) {
		w, h := f.measure(row)
		size.Width = max(size.Width, w)
		if size.Height += h; i > 0 {
			size.Height += theme.Padding()
		}
	}
	return size
}

// Layout implements fyne.Layout.
func (f *folding) Layout(objects []fyne.CanvasObject, room fyne.Size) {
	y := float32(0)
	for _, row := range f.folded(objects) {
		wide, high := f.measure(row)
		x := float32(0)
		if f.grows {
			x = room.Width - wide
		}
		for _, o := range row {
			size := fyne.NewSize(o.MinSize().Width, high)
			o.Move(fyne.NewPos(x, y))
			o.Resize(size)
			x += size.Width + theme.Padding()
		}
		y += high + theme.Padding()
	}
}

func (f *folding) measure(row []fyne.CanvasObject) (wide, high float32) {
	for i, o := range row {
		size := o.MinSize()
		if wide += size.Width; i > 0 {
			wide += theme.Padding()
		}
		high = max(high, size.Height)
	}
	return wide, high
}

// folded is what is visible, in rows: as narrow as their number allows.
func (f *folding) folded(objects []fyne.CanvasObject) [][]fyne.CanvasObject {
	var seen []fyne.CanvasObject
	widest, all := float32(0), float32(0)
	for _, o := range objects {
		if o.Visible() {
			seen = append(seen, o)
			w := o.MinSize().Width
			widest, all = max(widest, w), all+w+theme.Padding()
		}
	}
	if f.grows && f.rows > 1 && len(seen) > 1 {
		others := folding{rows: f.rows - 1}
		return append(others.folded(seen[1:]), seen[:1])
	}
	for limit := max(widest, all/float32(max(f.rows, 1))); ; limit += 8 {
		rows := f.within(seen, limit)
		if len(rows) <= max(f.rows, 1) {
			return rows
		}
	}
}

func (f *folding) within(objects []fyne.CanvasObject, limit float32) (rows [][]fyne.CanvasObject) {
	var row []fyne.CanvasObject
	for _, o := range objects {
		if wide, _ := f.measure(append(row, o)); len(row) > 0 && wide > limit {
			rows, row = append(rows, row), nil
		}
		row = append(row, o)
	}
	if len(row) > 0 {
		rows = append(rows, row)
	}
	return rows
}
