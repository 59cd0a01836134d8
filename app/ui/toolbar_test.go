package ui

import (
	"image"
	"testing"

	"pentimento/canvas"
)

// TestTheNumbersOfATransformFollowTheLayer also where a step changes it while the tool is held.
func TestTheNumbersOfATransformFollowTheLayer(t *testing.T) {
	w := open(t)
	paintTestPicture(w)
	w.ed.SetTool("transform")
	var width *field
	for _, p := range w.panels {
		if o, ok := p.(*optionsBar); ok {
			width = o.transform.boxes[2].field
		}
	}
	was := width.Text
	w.ed.Edit("wider", func(ed *canvas.Edit) {
		r := image.Rect(-300, 0, -290, 10)
		ed.PutTiles(ed.State().Active, r, func(dst []uint8, stride int, r image.Rectangle) {
			for y := range r.Dy() {
				for x := range 4 * r.Dx() {
					dst[y*stride+x] = 255
				}
			}
		})
	})
	wide := width.Text
	if wide == was {
		t.Errorf("the box is %s wide before and after", was)
	}
	w.ed.Undo()
	if width.Text != was {
		t.Errorf("after undo it is %s wide, want %s", width.Text, was)
	}
}
