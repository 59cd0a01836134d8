package canvas_test

import (
	"image"
	"testing"

	"pentimento/canvas"
	"pentimento/canvas/canvastest"
)

// What is painted onto a saved selection changes it alone, as one step; the mask and all other saved
// selections keep their very tiles, and undo brings the old one back.
func TestOntoChangesOneSavedSelection(t *testing.T) {
	d := canvas.New()
	e := d.Begin("New")
	e.SetMask(canvastest.Blob(canvastest.Chance(t), image.Rect(0, 0, 90, 90)))
	e.SetChannel("sky", canvas.CoverRect(image.Rect(10, 10, 40, 40)))
	e.SetChannel("hair", canvas.CoverRect(image.Rect(100, 0, 180, 70)))
	e.Commit()
	before := d.State()
	for name, change := range map[string]func(e *canvas.Edit){
		"tile": func(e *canvas.Edit) { e.MaskTile(canvas.TileKey{X: 3, Y: 0}).Pix[5] = 77 },
		"cover": func(e *canvas.Edit) {
			e.SetCover(canvas.Join(e.Base().Mask, canvas.CoverRect(image.Rect(20, 20, 300, 30)), canvas.Add))
		},
		"clear": (*canvas.Edit).ClearMask,
	} {
		e := d.Begin("Paint")
		e.Onto("sky")
		if !canvas.SameCover(e.State().Mask, before.Channels[0].Cover) || !canvas.SameCover(e.Base().Mask, before.Channels[0].Cover) {
			t.Fatalf("%s: the saved selection is not what is shown as the mask", name)
		}
		change(e)
		e.Commit()
		after := d.State()
		if after == before || canvas.SameCover(after.Channels[0].Cover, before.Channels[0].Cover) {
			t.Errorf("%s: the saved selection is as it was", name)
		}
		if !canvas.SameCover(after.Mask, before.Mask) || !canvas.SameCover(after.Channels[1].Cover, before.Channels[1].Cover) || len(after.Channels) != 2 {
			t.Errorf("%s: the mask or another saved selection changed", name)
		}
		d.Undo()
		if d.State() != before {
			t.Errorf("%s: undo does not bring back what was", name)
		}
	}
	e = d.Begin("Nothing")
	e.Onto("sky")
	e.MaskTile(canvas.TileKey{})
	e.Commit()
	if d.State() != before {
		t.Error("what changes nothing leaves a step")
	}
	e = d.Begin("Mask")
	e.Onto("unknown")
	e.ClearMask()
	e.Commit()
	if d.State().Mask.Len() != 0 {
		t.Error("without such a selection the mask is not what is changed")
	}
}
