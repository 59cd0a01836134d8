package ui

import (
	"fmt"
	"strconv"
	"strings"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/widget"

	"pentimento/app/editor"
	"pentimento/app/words"
)

// cropOptions are the crop tool's: the rectangle's size in pixels, and the ways out.
type cropOptions struct {
	w           *window
	content     *fyne.Container
	wide, high  *field
	apply, back *hintButton
}

func newCropOptions(w *window) *cropOptions {
	c := &cropOptions{w: w, wide: newField(), high: newField()}
	c.wide.left, c.high.left = c.typed, c.typed
	button := func(id, text string) *hintButton {
		a := editor.Find(id)
		b := newActionButton(w, a)
		b.SetText(text)
		return b
	}
	c.apply, c.back = button("crop.apply", words.T("Crop")), button("crop.leave", words.T("Cancel"))
	c.apply.Importance = widget.HighImportance
	c.content = container.NewHBox(container.NewStack(spacer(64), c.wide), widget.NewLabel("×"), container.NewStack(spacer(64), c.high), widget.NewLabel("px"), c.apply, c.back)
	return c
}

// typed takes the numbers, or shows again those that are so.
func (c *cropOptions) typed() {
	wide, err := strconv.Atoi(strings.TrimSpace(c.wide.Text))
	high, other := strconv.Atoi(strings.TrimSpace(c.high.Text))
	if err == nil && other == nil {
		c.w.ed.SetCropSize(wide, high)
	}
	c.show()
}

func (c *cropOptions) show() {
	r, on := c.w.ed.CropRect()
	showIf(c.content, on)
	if !on {
		return
	}
	for f, v := range map[*field]int{c.wide: r.Dx(), c.high: r.Dy()} {
		if text := fmt.Sprint(v); f.Text != text && c.w.win.Canvas().Focused() != fyne.Focusable(f) {
			f.SetText(text)
		}
	}
	c.apply.enable(editor.Find("crop.apply").Can(c.w.ed))
}
