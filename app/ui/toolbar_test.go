package ui

import (
	"image"
	"testing"

	"fyne.io/fyne/v2"

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

// TestEscapeInACardLeavesTheChange at the first press, though a number of it has the focus.
func TestEscapeInACardLeavesTheChange(t *testing.T) {
	for _, what := range []string{"adjust.levels", "adjust.curves", "adjust.blur"} {
		w := open(t)
		paintTestPicture(w)
		before := w.ed.State()
		w.showAdjust(what)
		if w.ed.Trying() == "" || w.card == nil {
			t.Fatalf("%s: nothing is tried", what)
		}
		w.win.Canvas().Focused().TypedKey(&fyne.KeyEvent{Name: fyne.KeyEscape})
		if w.ed.Trying() != "" || w.card != nil || w.ed.State() != before {
			t.Errorf("%s: %q is still tried", what, w.ed.Trying())
		}
	}
}

// TestOptionsAreThoseOfTheTool from the first frame on, and of a transform the ways out lie in the
// row itself where the numbers have no room.
func TestOptionsAreThoseOfTheTool(t *testing.T) {
	w := open(t)
	o := of[*optionsBar](w)
	if o.crop.content.Visible() {
		t.Errorf("with %s the options of Crop are seen", w.ed.ToolName())
	}
	paintTestPicture(w)
	w.ed.SetTool("transform")
	o.content.Resize(fyne.NewSize(700, 40))
	if !o.row.over {
		t.Fatal("there is room for all: the test shows nothing")
	}
	if at := o.transform.parts[0].Position(); at.X < 0 || at.X > 700 {
		t.Errorf("Apply and Cancel lie at %v", at)
	}
}
