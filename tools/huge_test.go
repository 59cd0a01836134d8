package tools_test

import (
	"context"
	"image"
	"image/color"
	"testing"

	"pentimento/fault"
	"pentimento/tools"
)

// TestAGradientOverAHugeAreaIsRefused: a picture from a file may reach anywhere.
func TestAGradientOverAHugeAreaIsRefused(t *testing.T) {
	h := gradientHost(tools.DefaultBrush, color.NRGBA{9, 9, 9, 255}, image.Rect(0, 0, 64, 64))
	e := h.Doc.Begin("far")
	e.Put(h.State().Active, flat(image.Rect(1<<15, 1<<15, 1<<15+2, 1<<15+2), color.NRGBA{1, 2, 3, 255}), nil)
	e.Commit()
	h.Press(10, 10)
	h.Tool.Release(h, h.At(40, 48))
	w, ok := h.Tool.(tools.Worker).Work()
	if !ok {
		t.Fatal("there is nothing to do")
	}
	if out, err := w.Do(context.Background(), h.State()); err == nil || fault.Hint(err) == "" {
		t.Errorf("%v, %d tiles", err, out.Layers[0].Tiles.Len())
	}
}
