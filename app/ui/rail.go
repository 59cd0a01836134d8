package ui

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/theme"
)

// rail lays the tools out from top to bottom, in as few columns as hold them: one in a tall
// window, two in a low one. How wide that is must be known before the canvas beside it is laid
// out, so the window's layout says how high the rail will be (beside).
type rail struct {
	columns int
	buttons []fyne.CanvasObject
}

func newRail(buttons []fyne.CanvasObject) *rail { return &rail{columns: 1, buttons: buttons} }

// cell is the size of each button.
func (r *rail) cell() fyne.Size {
	var cell fyne.Size
	for _, o := range r.buttons {
		cell = cell.Max(o.MinSize())
	}
	return cell
}

// fit chooses the columns for a height.
func (r *rail) fit(height float32) {
	gap := theme.Padding()
	fits := max(int((height+gap)/(r.cell().Height+gap)), 1)
	r.columns = (len(r.buttons) + fits - 1) / fits
}

// Layout implements fyne.Layout.
func (r *rail) Layout(all []fyne.CanvasObject, _ fyne.Size) {
	cell, gap := r.cell(), theme.Padding()
	rows := (len(all) + r.columns - 1) / r.columns
	for i, o := range all {
		o.Move(fyne.NewPos(float32(i/rows)*(cell.Width+gap), float32(i%rows)*(cell.Height+gap)))
		o.Resize(cell)
	}
}

// MinSize implements fyne.Layout. The height is what three columns need, so that the tools
// never keep a window from being low.
func (r *rail) MinSize(all []fyne.CanvasObject) fyne.Size {
	cell, gap := r.cell(), theme.Padding()
	rows := float32((len(all) + 2) / 3)
	return fyne.NewSize(float32(r.columns)*(cell.Width+gap)-gap, rows*(cell.Height+gap)-gap)
}

// beside is the window's layout: a border's, which gives the rail its columns first.
type beside struct {
	border fyne.Layout
	rail   *rail
	ends   []fyne.CanvasObject // above and below
}

// Layout implements fyne.Layout.
func (b *beside) Layout(all []fyne.CanvasObject, size fyne.Size) {
	height := size.Height - 2*theme.Padding() // around the rail
	for _, o := range b.ends {
		if o.Visible() {
			height -= o.MinSize().Height + theme.Padding()
		}
	}
	b.rail.fit(height)
	b.border.Layout(all, size)
}

// MinSize implements fyne.Layout.
func (b *beside) MinSize(all []fyne.CanvasObject) fyne.Size { return b.border.MinSize(all) }

// railBox is the rail with room around it.
func railBox(r *rail) *fyne.Container { return container.NewPadded(container.New(r, r.buttons...)) }
