package ui

import (
	"image"
	"testing"
)

// TestImageSizeFollows: the other side and the percentage follow what is typed, as long as
// the proportions are kept; the last thing typed counts without leaving its field.
func TestImageSizeFollows(t *testing.T) {
	open(t)
	m := newImageSize(image.Pt(600, 400))
	typed := func(n *numberField, text string, w, h int, percent int64) {
		t.Helper()
		n.SetText(text)
		if x, y := m.size(); x != w || y != h || m.percent.value != percent {
			t.Errorf("%q gives %d × %d, %d %%; want %d × %d, %d %%", text, x, y, m.percent.value, w, h, percent)
		}
	}
	typed(m.wide, "300", 300, 200, 50)
	if m.wide.SetText("450"); m.high.Text != "300" || m.percent.Text != "75" {
		t.Errorf("while typing %s × %s, %s %%", m.wide.Text, m.high.Text, m.percent.Text)
	}
	typed(m.high, "800", 1200, 800, 200)
	typed(m.percent, "25", 150, 100, 25)
	typed(m.percent, "0", 1, 1, 0)
	typed(m.wide, "no number", 1, 1, 0)
	m.keep.SetChecked(false)
	typed(m.wide, "77", 77, 1, 0)
	typed(m.high, "9", 77, 9, 0)
}
