package ui

import (
	"testing"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/driver/desktop"
)

// row is a row of the list by its place from the top.
func (p *layerPanel) row(i int) *layerRow { return p.rows.Objects[i].(*layerRow) }

func (r *layerRow) press(x float32, mods fyne.KeyModifier) {
	at := fyne.NewPos(x, rowHeight/2)
	r.MouseDown(&desktop.MouseEvent{PointEvent: fyne.PointEvent{Position: at}, Modifier: mods})
	r.Tapped(&fyne.PointEvent{Position: at})
}

// drag drags a row to y in the list.
func (p *layerPanel) move(i int, y float32) {
	r := p.row(i)
	r.Dragged(&fyne.DragEvent{PointEvent: fyne.PointEvent{Position: fyne.NewPos(60, y-r.Position().Y)}})
	r.DragEnd()
}

// names are what the list shows, with a step of depth for each group around.
func (p *layerPanel) names() (out []string) {
	for _, o := range p.rows.Objects {
		r := o.(*layerRow)
		out = append(out, "  "[:min(r.depth, 2)]+r.layer.Name)
	}
	return out
}

// TestLayersAreDraggedIntoGroupsAndOut, folded, hidden, locked and masked by clicks on the rows.
func TestLayersAreDraggedIntoGroupsAndOut(t *testing.T) {
	w := open(t)
	paintTestPicture(w)
	p := w.layers
	w.ed.Do("layer.add")
	w.ed.Do("layer.group")
	p.rows.Resize(fyne.NewSize(290, rowHeight*3))
	same := func(what string, want ...string) {
		t.Helper()
		got := p.names()
		if len(got) != len(want) {
			t.Fatalf("%s: %q, want %q", what, got, want)
		}
		for i := range got {
			if got[i] != want[i] {
				t.Fatalf("%s: %q, want %q", what, got, want)
			}
		}
	}
	same("grouped", "Group 1", " Layer 2", "Layer 1")
	p.move(2, rowHeight*0.5) // onto the group
	same("into the group", "Group 1", " Layer 1", " Layer 2")
	p.move(1, rowHeight*2.9) // below its neighbour
	same("down", "Group 1", " Layer 2", " Layer 1")
	p.move(1, rowHeight*9) // under all
	same("out of the group", "Group 1", " Layer 1", "Layer 2")
	p.move(0, rowHeight*1.5) // a group goes not into itself
	same("into itself", "Group 1", " Layer 1", "Layer 2")
	p.row(0).press(eyeWidth+4, 0)
	same("folded", "Group 1", "Layer 2")
	p.row(0).press(eyeWidth+4, 0)
	steps := len(historyOf(w))
	p.row(1).press(4, 0)
	p.row(1).press(p.row(1).Size().Width-4, 0)
	if l := p.row(1).layer; l.Visible || l.Lock == 0 || len(historyOf(w)) != steps+2 {
		t.Errorf("the eye and the lock of %+v", *l)
	}
	w.ed.Do("layer.mask")
	if !w.ed.Brush().LayerMask {
		t.Error("a new mask is not what the brush paints on")
	}
	thumb := float32(eyeWidth + stepWidth + 8)
	p.row(1).press(thumb, 0)
	if w.ed.Brush().LayerMask {
		t.Error("a click on the thumbnail goes on painting on the mask")
	}
	p.row(1).press(thumb+thumbRoom, fyne.KeyModifierAlt)
	if id := p.row(1).layer.ID; w.ed.MaskSeen() != id {
		t.Error("Alt and a click do not show the mask")
	}
	p.row(1).press(thumb+thumbRoom, fyne.KeyModifierShift)
	if !p.row(1).layer.Mask.Off {
		t.Error("Shift and a click do not switch the mask off")
	}
}

func historyOf(w *window) []string {
	steps, _ := w.ed.History()
	out := make([]string, len(steps))
	return out
}

// TestThumbnailsComeFromTheBackground: the list is there at once, its pictures soon.
func TestThumbnailsComeFromTheBackground(t *testing.T) {
	w := open(t)
	paintTestPicture(w)
	w.ed.Do("layer.mask")
	p := w.layers
	l := w.ed.Committed().Layers[0]
	for end := time.Now().Add(10 * time.Second); time.Now().Before(end) && (p.thumbs.of(l) == nil || p.thumbs.ofMask(l) == nil); time.Sleep(5 * time.Millisecond) {
		w.view.settle()
	}
	if p.thumbs.of(l) == nil || p.row(0).thumb.Image == nil || p.row(0).mask.Image == nil {
		t.Error("the thumbnails never came")
	}
}

// TestThumbnailsAreOfTheDocumentThatIsShown: its layers have the same numbers as another's, whose
// thumbnails are never shown for them, though they were being made when it was left.
func TestThumbnailsAreOfTheDocumentThatIsShown(t *testing.T) {
	w := open(t)
	paintTestPicture(w)
	p, first := w.layers, w.ed.Committed().Layers[0]
	w.ed.New()
	second := w.ed.Committed().Layers[0]
	if first.ID != second.ID {
		t.Fatal("the layers of two documents have other numbers")
	}
	for range 40 { // what was on its way for the first
		if p.thumbs.of(second) != nil || p.row(0).thumb.Image != nil {
			t.Fatal("an empty layer has another document's thumbnail")
		}
		w.view.settle()
		time.Sleep(5 * time.Millisecond)
	}
	w.ed.ShowTab(0)
	for end := time.Now().Add(10 * time.Second); time.Now().Before(end) && p.thumbs.of(first) == nil; time.Sleep(5 * time.Millisecond) {
		w.view.settle()
	}
	w.ed.ShowTab(1)
	if p.thumbs.of(second) != nil || p.row(0).thumb.Image != nil {
		t.Error("an empty layer has another document's thumbnail for a moment")
	}
}
