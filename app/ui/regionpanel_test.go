package ui

import (
	"image"
	"strings"
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/widget"

	"pentimento/app/settings"
	"pentimento/canvas"
	"pentimento/tools"
)

// The list shows every region and says of the chosen one what a fill is made with; each is tinted in its
// colour where it lies, while the list is to be seen, and a candidate's place or a folded list shows none.
func TestRegionsAreListedAndTinted(t *testing.T) {
	w := open(t)
	paintTestPicture(w)
	p := w.painted
	if len(p.list) != 0 || p.details.Visible() {
		t.Fatal("something is listed before there is a region")
	}
	plain := w.view.colourAt(t, 15, 15)
	w.ed.Edit("select", func(ed *canvas.Edit) { ed.SetSelection(canvas.CoverRect(image.Rect(10, 10, 20, 20))) })
	w.ed.Do("region.add")
	if len(p.list) != 1 || !p.details.Visible() || !strings.Contains(p.section.head.Text, "1") {
		t.Fatalf("%d rows, head %q", len(p.list), p.section.head.Text)
	}
	w.focusCanvas() // as a menu does
	if w.view.settle(); w.win.Canvas().Focused() != fyne.Focusable(p.prompt.entry) {
		t.Fatalf("a region that lies somewhere is not asked for its words: %T has the keys", w.win.Canvas().Focused())
	}
	tinted, beside := w.view.colourAt(t, 15, 15), w.view.colourAt(t, 25, 25)
	ink := regionInk(0)
	if tinted != tintedOver(plain, [3]uint8{ink.R, ink.G, ink.B}, tintRegion) {
		t.Errorf("the region is shown as %v over %v", tinted, plain)
	}
	p.prompt.entry.OnChanged("a heron")
	p.negative.entry.OnChanged("fog")
	p.over.OnChanged(true)
	p.feather.changed(9)
	r := w.ed.Fills.Regions()[0]
	if r.Prompt != "a heron" || r.Negative != "fog" || !r.Over || r.Feather != 9 || p.weight.content.Visible() || p.baseRow.Visible() {
		t.Errorf("the region is %+v", r)
	}
	w.ed.SetFill(func(f *settings.Fill) { f.Engine = "content" })
	w.ed.Edit("mask", func(ed *canvas.Edit) { ed.SetCover(canvas.CoverRect(image.Rect(12, 12, 18, 18))) })
	if text := regionsText(w); !strings.Contains(text, "passed by") || !p.section.content.Visible() {
		t.Errorf("content-aware says %q", text)
	}
	w.ed.Edit("no mask", (*canvas.Edit).ClearMask)
	if p.list[0].eye.OnTapped(); w.view.colourAt(t, 15, 15) != plain {
		t.Error("switched off it is tinted")
	}
	p.list[0].eye.OnTapped()
	w.ed.Unfold("regions")
	if w.view.colourAt(t, 15, 15) != plain || w.view.colourAt(t, 25, 25) != beside {
		t.Error("with the list folded it is tinted")
	}
}

// A region is painted by hand: what is drawn shows at once in its colour, in place of the mask, whose bar
// stays away; undo takes the colour back from the screen.
func TestARegionIsPaintedInItsColour(t *testing.T) {
	w := open(t)
	paintTestPicture(w)
	w.ed.Do("region.add")
	p := w.painted
	if w.ed.PaintedRegion() == "" || p.list[0].paint.Importance != widget.HighImportance {
		t.Fatal("a new region without an area is not painted")
	}
	w.ed.SetBrush(tools.BrushSettings{Size: 20, Hardness: 1, Opacity: 1})
	plain := w.view.colourAt(t, 32, 40)
	w.ed.Press(tools.Pointer{X: 30, Y: 40, Pressure: 1})
	w.ed.Drag(tools.Pointer{X: 60, Y: 40, Pressure: 1, Time: 0.1})
	during := w.view.colourAt(t, 32, 40)
	w.ed.Release(tools.Pointer{X: 60, Y: 40, Pressure: 1, Time: 0.2})
	after := w.view.colourAt(t, 32, 40)
	if ink := regionInk(0); during != after || after != tintedOver(plain, [3]uint8{ink.R, ink.G, ink.B}, tintPainted) {
		t.Errorf("while it is painted the place is %v, then %v, before %v", during, after, plain)
	}
	if w.bar.box.Visible() || w.ed.Committed().Mask.Len() > 0 {
		t.Error("the mask was painted, or its bar is shown")
	}
	if w.ed.Undo(); w.view.colourAt(t, 32, 40) != plain {
		t.Error("undo leaves the colour on the screen")
	}
	w.ed.Redo()
	w.ed.Key("Escape")
	if w.ed.PaintedRegion() != "" || p.list[0].paint.Importance == widget.HighImportance {
		t.Error("Escape does not end it")
	}
	w.ed.Fills.RemoveRegion(p.list[0].area)
	if len(p.list) != 0 || p.details.Visible() || w.view.colourAt(t, 32, 40) != plain {
		t.Error("something of a removed region is still shown")
	}
}

// colourAt is what the screen shows at a document pixel of the test picture.
func (v *canvasView) colourAt(t *testing.T, x, y int) [3]uint8 {
	t.Helper()
	v.settle()
	c := v.fb.RGBAAt(x+20, y+20)
	return [3]uint8{c.R, c.G, c.B}
}

// tintedOver is a colour under another of a strength.
func tintedOver(under, ink [3]uint8, strength int) (out [3]uint8) {
	for i := range out {
		out[i] = uint8((int(under[i])*(255-strength) + int(ink[i])*strength + 127) / 255)
	}
	return out
}
