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
