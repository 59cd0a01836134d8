package editor

import (
	"image"
	"testing"

	"pentimento/tools"
)

// TestSpacePanKeepsTheShiftLine holds that the tool before a held key is the same one
// after it: a Shift+click after a pan goes on from where the last stroke ended.
func TestSpacePanKeepsTheShiftLine(t *testing.T) {
	b := newBench(t)
	b.SetTool("mask")
	b.SetBrush(tools.BrushSettings{Size: 4, Hardness: 1, Opacity: 1})
	at := func(x, y float64, m tools.Mods) tools.Pointer {
		return tools.Pointer{X: x, Y: y, Pressure: 1, Mods: m}
	}
	b.Press(at(10, 10, 0))
	b.Release(at(10, 10, 0))
	b.Hold("pan")
	b.Press(at(50, 50, 0))
	b.Drag(at(55, 52, 0))
	b.Release(at(55, 52, 0))
	b.Unhold()
	b.Press(at(90, 10, tools.Shift))
	b.Release(at(90, 10, tools.Shift))
	if m := b.Committed().MaskImage(image.Rect(0, 0, 100, 20)); m.AlphaAt(50, 10).A != 255 {
		t.Error("there is no line between the two clicks")
	}
}
