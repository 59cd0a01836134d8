package editor

import (
	"image"
	"image/color"
	"image/draw"
	"testing"

	"pentimento/canvas"
	"pentimento/tools"
)

// TestAClickMasksAThing: in one step, of the layer or of all; a right click takes a part of it away, and what
// was clicked stays.
func TestAClickMasksAThing(t *testing.T) {
	b := newBench(t)
	img := image.NewNRGBA(image.Rect(0, 0, 200, 150))
	draw.Draw(img, img.Rect, image.NewUniform(color.NRGBA{40, 90, 200, 255}), image.Point{}, draw.Src)
	left, right := image.Rect(20, 20, 80, 90), image.Rect(80, 20, 120, 90)
	draw.Draw(img, left, image.NewUniform(color.NRGBA{220, 180, 10, 255}), image.Point{}, draw.Src)
	draw.Draw(img, right, image.NewUniform(color.NRGBA{220, 60, 10, 255}), image.Point{}, draw.Src)
	b.put(img)
	b.SetTool("object")
	b.area(func(a *tools.AreaSettings) { a.Grow = 0 })
	click := func(x, y float64, button tools.Button) {
		b.Press(tools.Pointer{X: x, Y: y, Pressure: 1, Button: button})
		b.Release(tools.Pointer{X: x, Y: y, Pressure: 1, Button: button})
		b.idle()
	}
	covers := func(r image.Rectangle) bool { return b.State().MaskUsed() == r.Inset(-1) }
	steps := b.steps()
	click(50, 50, tools.Left)
	if !covers(left) || b.steps() != steps+1 {
		t.Fatalf("a click masks %v in %d steps, want %v", b.State().MaskUsed(), b.steps()-steps, left)
	}
	click(100, 50, tools.Left)
	if !covers(left.Union(right)) {
		t.Errorf("two clicks mask %v", b.State().MaskUsed())
	}
	b.Undo()
	b.SetTool("brush")
	b.SetTool("object") // which knows of no clicks
	b.Edit("Leak", func(e *canvas.Edit) { e.SetCover(canvas.CoverRect(left.Union(right))) })
	click(100, 60, tools.Right)
	if m := canvas.CoverImage(b.State().Mask, img.Rect); m.AlphaAt(50, 50).A != 255 || m.AlphaAt(100, 50).A != 0 {
		t.Errorf("a right click leaves %v, %d and %d", b.State().MaskUsed(), m.AlphaAt(50, 50).A, m.AlphaAt(100, 50).A)
	}
	for range 3 {
		b.Undo()
	}
	b.area(func(a *tools.AreaSettings) { a.Selects, a.Feather = true, 4 })
	click(50, 50, tools.Left)
	if r := canvas.CoverUsed(b.State().Selection); b.State().Mask.Len() > 0 || !left.Inset(-2).In(r) {
		t.Errorf("selects %v", r)
	}
	b.AddLayer()
	b.area(func(a *tools.AreaSettings) { a.Selects, a.OneLayer, a.Feather = false, true, 0 })
	click(50, 50, tools.Left)
	if covers(left) {
		t.Error("of an empty layer the thing below is masked")
	}
}

// TestSubjectAndSkyAreSelected: each in one step.
func TestSubjectAndSkyAreSelected(t *testing.T) {
	b := newBench(t)
	img := image.NewNRGBA(image.Rect(0, 0, 300, 200))
	for y := range 200 {
		for x := range 300 {
			c := color.NRGBA{110, 150, uint8(200 + y/4), 255}
			if y > 120 {
				v := uint8((x*7 ^ y*13) % 60)
				c = color.NRGBA{60 + v, 80 + v, 20, 255}
			}
			img.SetNRGBA(x, y, c)
		}
	}
	ball := image.Rect(120, 90, 180, 150)
	draw.Draw(img, ball, image.NewUniform(color.NRGBA{220, 40, 30, 255}), image.Point{}, draw.Src)
	b.put(img)
	steps := b.steps()
	b.Do("select.sky")
	b.idle()
	sky := canvas.CoverImage(b.State().Selection, img.Rect)
	if b.steps() != steps+1 || sky.AlphaAt(40, 20).A != 255 || sky.AlphaAt(40, 100).A != 255 || sky.AlphaAt(40, 150).A != 0 || sky.AlphaAt(150, 110).A != 0 {
		t.Errorf("the sky is %v in %d steps", b.Selected(), b.steps()-steps)
	}
	b.Do("select.subject")
	b.idle()
	if r := b.Selected(); !ball.In(r) || !r.In(ball.Inset(-2)) {
		t.Errorf("the subject is %v, want %v", r, ball)
	}
}

// onBlue is a picture of boxes on a plain ground.
func onBlue(w, h int, boxes map[image.Rectangle]color.NRGBA) *image.NRGBA {
	img := image.NewNRGBA(image.Rect(0, 0, w, h))
	draw.Draw(img, img.Rect, image.NewUniform(color.NRGBA{40, 90, 200, 255}), image.Point{}, draw.Src)
	for r, c := range boxes {
		draw.Draw(img, r, image.NewUniform(c), image.Point{}, draw.Src)
	}
	return img
}

func (b *bench) click(x, y float64, button tools.Button) {
	b.Press(tools.Pointer{X: x, Y: y, Pressure: 1, Button: button})
	b.Release(tools.Pointer{X: x, Y: y, Pressure: 1, Button: button})
	b.idle()
}

// TestAMaskedThingIsWidened: by so many pixels and not beyond the picture, or unless one says so by as much as its edge is soft; of a part that is taken away the rim
// goes, too; a selection is not, until it becomes a mask, and then only as it was found.
func TestAMaskedThingIsWidened(t *testing.T) {
	b := newBench(t)
	left, right, corner := image.Rect(20, 20, 80, 90), image.Rect(80, 20, 120, 90), image.Rect(160, 100, 200, 150)
	b.put(onBlue(200, 150, map[image.Rectangle]color.NRGBA{left: {220, 180, 10, 255}, right: {220, 60, 10, 255}}))
	b.SetTool("object")
	b.click(50, 50, tools.Left)
	if r := b.State().MaskUsed(); b.Area().Grow != tools.GrowAuto || r != left.Inset(-2) {
		t.Fatalf("a crisp thing is masked as %v, grown by %d", r, b.Area().Grow)
	}
	b.Do("mask.clear")
	b.area(func(a *tools.AreaSettings) { a.Grow = 3 })
	bounds := image.Rect(0, 0, 200, 150)
	if r := canvas.CoverUsed(widened(canvas.CoverRect(corner), bounds, 3)); r != corner.Inset(-3).Intersect(bounds) {
		t.Errorf("a thing at the rim is widened to %v", r)
	}
	b.click(50, 50, tools.Left)
	if r := b.State().MaskUsed(); r != left.Inset(-4) {
		t.Errorf("a click masks %v", r)
	}
	b.click(100, 50, tools.Left)
	b.click(100, 60, tools.Right)
	m := canvas.CoverImage(b.State().Mask, bounds)
	for _, p := range []image.Point{{105, 50}, {105, 18}, {121, 50}, {105, 91}} {
		if m.AlphaAt(p.X, p.Y).A > 0 {
			t.Errorf("of what was taken away %v is still masked", p)
		}
	}
	if m.AlphaAt(40, 18).A != 255 || m.AlphaAt(75, 50).A != 255 {
		t.Error("what was not taken away went, too")
	}
	b.Do("mask.clear")
	b.area(func(a *tools.AreaSettings) { a.Selects = true })
	b.click(100, 50, tools.Left)
	if r := b.Selected(); r != right.Inset(-1) {
		t.Errorf("a click selects %v", r)
	}
	found := b.State().Selection
	b.Do("select.tomask")
	b.idle()
	if r := b.State().MaskUsed(); r != right.Inset(-4) || b.State().Selection.Len() > 0 {
		t.Errorf("the selection's mask is %v", r)
	}
	b.Edit("other", func(e *canvas.Edit) {
		e.ClearMask()
		e.SetSelection(canvas.Join(found, canvas.CoverRect(image.Rect(100, 30, 160, 60)), canvas.Add))
	})
	b.Do("select.tomask")
	b.idle()
	if r := b.State().MaskUsed(); r != right.Inset(-1).Union(image.Rect(100, 30, 160, 60)) {
		t.Errorf("a selection of another make becomes the mask %v", r)
	}
	b.area(func(a *tools.AreaSettings) { a.Selects = false })
	b.area(func(a *tools.AreaSettings) { a.Grow = 5 })
	if b.Area().Grow != 5 || b.Settings.Areas.Grow != 5 || b.Settings.Areas.GrowSel != 0 {
		t.Errorf("5 pixels are remembered as %+v", b.Settings.Areas)
	}
}

// TestWalkingTakesTheNextThing: what a click may mean is gone through, small to large and back, in one step of history.
func TestWalkingTakesTheNextThing(t *testing.T) {
	b := newBench(t)
	inner, outer := image.Rect(70, 50, 110, 80), image.Rect(40, 30, 150, 110)
	img := onBlue(200, 150, nil)
	draw.Draw(img, outer, image.NewUniform(color.NRGBA{220, 180, 10, 255}), image.Point{}, draw.Src)
	draw.Draw(img, inner, image.NewUniform(color.NRGBA{200, 40, 10, 255}), image.Point{}, draw.Src)
	b.put(img)
	b.SetTool("object")
	b.area(func(a *tools.AreaSettings) { a.Grow = 0 })
	if b.Walks() {
		t.Error("there is something to walk through before a click")
	}
	steps := b.steps()
	b.click(90, 65, tools.Left)
	seen := map[image.Rectangle]bool{b.State().MaskUsed(): true}
	first := b.State().MaskUsed()
	up := 0
	for ; up < 20; up++ {
		was := b.State()
		b.Do("object.larger")
		b.idle()
		if b.State() == was {
			break
		}
		seen[b.State().MaskUsed()] = true
	}
	if up == 0 || !seen[inner.Inset(-1)] || !seen[outer.Inset(-1)] || b.steps() != steps+1 {
		t.Errorf("%d steps larger show %v in %d steps of history", up, seen, b.steps()-steps)
	}
	for range up {
		b.Do("object.smaller")
		b.idle()
	}
	if r := b.State().MaskUsed(); r != first || b.steps() != steps+1 {
		t.Errorf("and back it is %v, not %v", r, first)
	}
	b.Undo()
	if b.Walks() || b.State().Mask.Len() > 0 {
		t.Error("after an undo the walk goes on")
	}
	size := b.Brush().Size
	if b.Do("brush.larger"); b.Brush().Size == size {
		t.Error("the brush's keys are lost")
	}
}
