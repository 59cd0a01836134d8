package ui

import (
	"image"

	"fyne.io/fyne/v2"
	fynecanvas "fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/widget"

	"pentimento/app/words"
	"pentimento/canvas"
)

// takenCard is what the strip shows of an entry that is taken of the canvas: its map as it is now.
type takenCard struct {
	r     *canvas.Reference
	img   *fynecanvas.Image
	made  *image.NRGBA
	over  *hintButton
	title *widget.Label
	note  *widget.Label // why there is no newer map
}

// taken makes the picture and the buttons of such an entry, and its card.
func (p *referencePanel) taken(r *canvas.Reference, c *referenceCard) fyne.CanvasObject {
	ed := p.w.ed
	name := map[bool]string{true: "frame", false: "layercopy"}[r.Layer == 0]
	t := &takenCard{r: r, img: fynecanvas.NewImageFromResource(icon(name)), note: wrapped("")}
	t.img.FillMode, t.img.ScaleMode = fynecanvas.ImageFillContain, fynecanvas.ImageScaleFastest
	t.img.SetMinSize(fyne.NewSize(72, 72))
	t.note.Importance = widget.LowImportance
	t.note.Hide()
	t.over = newHintButton(p.w, icon("eye"), words.T("Show its map over the canvas while you paint, or hide it"), func() { ed.Fills.Maps.Lay(r) })
	remove := newHintButton(p.w, icon("layerremove"), words.T("Remove %s from the strip", r.Name), func() { ed.RemoveReference(r) })
	if r.Layer != 0 {
		remove.hint = words.T("Make this guide a layer of the picture again")
	}
	c.taken = t
	return container.NewVBox(container.NewStack(t.img, c.border), container.NewHBox(c.attach, t.over, remove))
}

// follow brings the card to the map as it is, and to the layer's name.
func (t *takenCard) follow(w *window) {
	maps := w.ed.Fills.Maps
	made, _, err := maps.Of(t.r)
	if made != nil && made != t.made {
		t.img.Resource, t.img.Image = nil, shrunk(made, 144)
		t.img.Refresh()
	}
	t.made = made
	if title := w.ed.Fills.Title(t.r); t.title.Text != title {
		t.title.SetText(title)
	}
	importance := widget.LowImportance
	if maps.Over() == t.r {
		importance = widget.HighImportance
	}
	if t.over.Importance != importance {
		t.over.Importance = importance
		t.over.Refresh()
	}
	text := ""
	if err != nil {
		text = err.Error()
	}
	if t.note.Text != text {
		t.note.SetText(text)
		showIf(t.note, text != "")
	}
}
