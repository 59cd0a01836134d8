package editor

import (
	"image"
	"testing"

	"pentimento/canvas"
	"pentimento/tools"
)

func (b *bench) stroke(x0, y0, x1, y1 float64) {
	b.Press(tools.Pointer{X: x0, Y: y0, Pressure: 1})
	b.Drag(tools.Pointer{X: x1, Y: y1, Time: 0.1, Pressure: 1})
	b.Release(tools.Pointer{X: x1, Y: y1, Time: 0.2, Pressure: 1})
}

func (b *bench) layer() *canvas.Layer { return b.Committed().Layer(b.Committed().Active) }

// TestLocksAreHeeded: a locked layer takes no stroke and does not move, and says so.
func TestLocksAreHeeded(t *testing.T) {
	b := newBench(t)
	b.SetTool("brush")
	b.stroke(10, 10, 60, 10)
	painted := b.Committed()
	for _, c := range []struct{ action, tool string }{{"layer.lockpixels", "brush"}, {"layer.lockpixels", "eraser"}, {"layer.lockposition", "move"}, {"layer.lockalpha", "eraser"}} {
		b.Do(c.action)
		locked := b.Committed()
		if locked == painted || b.layer().Lock == 0 {
			t.Fatalf("%s locks nothing", c.action)
		}
		b.said = nil
		b.SetTool(c.tool)
		b.stroke(20, 10, 90, 90)
		if b.Committed() != locked || len(b.said) == 0 {
			t.Errorf("%s: %s changed the picture, or nothing was said (%q)", c.action, c.tool, b.said)
		}
		b.Undo()
	}
	for _, lock := range []string{"layer.lockpixels", "layer.lockposition"} {
		b.Do(lock)
		locked := b.Committed()
		b.said = nil
		b.Do("layer.fliph")
		b.idle()
		if b.Committed() != locked || len(b.said) == 0 {
			t.Errorf("%s: the layer was flipped, or nothing was said (%q)", lock, b.said)
		}
		b.Undo()
	}
	// What a group locks, it locks inside.
	b.Do("layer.group")
	group := b.layer().ID
	b.Do("layer.lockpixels")
	b.SetActive(1)
	locked := b.Committed()
	b.SetTool("brush")
	b.stroke(20, 10, 90, 90)
	if b.Committed() != locked || !b.Committed().In(1, group) {
		t.Error("a locked group takes strokes")
	}
}

// TestProtectedTransparencyStays: a stroke colours what is there.
func TestProtectedTransparencyStays(t *testing.T) {
	b := newBench(t)
	b.SetTool("brush")
	b.stroke(100, 100, 100, 100)
	before := b.layer()
	b.Do("layer.lockalpha")
	brush := b.Brush()
	brush.Colour.R, brush.Colour.G = 250, 100
	b.SetBrush(brush)
	b.stroke(95, 90, 200, 100)
	after := b.layer()
	var p, q [4]uint8
	changed := false
	for x := 40; x < 220; x++ {
		for y := 60; y < 140; y++ {
			at := image.Rect(x, y, x+1, y+1)
			before.Read(p[:], 4, at)
			after.Read(q[:], 4, at)
			if p[3] != q[3] {
				t.Fatalf("alpha at %d, %d was %d, is %d", x, y, p[3], q[3])
			}
			changed = changed || p != q
		}
	}
	if !changed {
		t.Error("nothing was painted")
	}
}

// TestALayerMaskIsPainted: from the mask, by the brush's lightness, undone, applied.
func TestALayerMaskIsPainted(t *testing.T) {
	b := newBench(t)
	b.SetTool("brush")
	b.stroke(10, 10, 200, 10)
	pixels := b.layer().Tiles
	b.Do("layer.mask")
	if b.layer().Mask == nil || !b.Brush().LayerMask {
		t.Fatal("no mask, or the brush does not paint on it")
	}
	brush := b.Brush()
	brush.Colour.R, brush.Colour.G, brush.Colour.B = 0, 0, 0
	b.SetBrush(brush)
	b.stroke(100, 10, 100, 10)
	l := b.layer()
	same := true
	pixels.Diff(l.Tiles, func(canvas.TileKey) { same = false })
	var shows [2]uint8
	l.Mask.Read(shows[:1], 1, image.Rect(100, 10, 101, 11))
	l.Mask.Read(shows[1:], 1, image.Rect(20, 10, 21, 11))
	if !same || shows != [2]uint8{0, 255} {
		t.Errorf("pixels the same %v, the mask shows %v, want 0 and 255", same, shows)
	}
	brush.Colour.R, brush.Colour.G, brush.Colour.B = 255, 255, 255
	b.SetBrush(brush)
	b.stroke(100, 10, 100, 10)
	if b.layer().Mask.Read(shows[:1], 1, image.Rect(100, 10, 101, 11)); shows[0] != 255 {
		t.Errorf("painted white again, the mask shows %d, want 255", shows[0])
	}
	b.Undo()
	b.Do("layer.maskapply")
	var p [4]uint8
	if b.layer().Read(p[:], 4, image.Rect(100, 10, 101, 11)); b.layer().Mask != nil || p[3] != 0 {
		t.Errorf("applied, the mask is there, or the pixel is %v", p)
	}
}

// TestAGroupMovesAsOne with its mask.
func TestAGroupMovesAsOne(t *testing.T) {
	b := newBench(t)
	b.SetTool("brush")
	b.stroke(10, 10, 60, 10)
	used := b.layer().Used()
	b.Do("layer.group")
	b.Do("layer.mask")
	b.SetTool("move")
	b.stroke(20, 20, 53, 27)
	if got := b.Committed().Layer(1).Used(); got != used.Add(image.Pt(33, 7)) {
		t.Errorf("the layer in it went from %v to %v", used, got)
	}
	if b.layer().Offset != image.Pt(33, 7) {
		t.Errorf("the group lies at %v", b.layer().Offset)
	}
	b.Undo()
	if got := b.Committed().Layer(1).Used(); got != used {
		t.Errorf("undone, it lies at %v", got)
	}
}

// TestLayersGoIntoGroupsAndOut by actions and by dragging.
func TestGroupsOfActions(t *testing.T) {
	b := newBench(t)
	b.Do("layer.add")
	b.Do("layer.group")
	group := b.layer()
	if !group.Group {
		t.Fatal("no group")
	}
	b.Do("layer.add")
	if l := b.layer(); l.Parent != group.ID || b.Committed().Below(l.ID) == nil {
		t.Errorf("a new layer lies in %d, want on top in the group %d", l.Parent, group.ID)
	}
	b.NestLayer(1, group.ID, 0)
	if s := b.Committed(); s.Layer(1).Parent != group.ID || s.Index(1) != 0 || s.Active != 1 {
		t.Errorf("dragged into the group: %+v", s.Layer(1))
	}
	b.SetActive(group.ID)
	b.Do("layer.ungroup")
	if s := b.Committed(); len(s.Layers) != 3 || s.Layer(1).Parent != 0 {
		t.Errorf("ungrouped: %d layers", len(s.Layers))
	}
}
