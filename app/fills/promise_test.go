package fills

import (
	"context"
	"image"
	"image/color"
	"testing"

	"pentimento/app/settings"
	"pentimento/pipeline"
	"pentimento/pipeline/pixels"
)

// everywhere is a Runner that repaints all it reads, and says that it did.
type everywhere struct{}

func (everywhere) Run(_ context.Context, q pipeline.Request, _ func(pipeline.Progress)) (*pipeline.Result, error) {
	r := q.Image.Rect
	res := &pipeline.Result{Mask: pixels.Full(r), Request: q}
	for i := range max(q.Batch, 1) {
		res.Images, res.Seeds = append(res.Images, flat(r, color.NRGBA{200, uint8(i), 40, 255})), append(res.Seeds, q.Nth(i).Seed)
	}
	res.Image = res.Images[0]
	return res, nil
}

// TestAcceptingChangesTheMaskedPixelsOnly, whatever the engine returned.
func TestAcceptingChangesTheMaskedPixelsOnly(t *testing.T) {
	for _, into := range []string{"new", "active", "replace"} {
		b := newBench(t)
		b.Runner = everywhere{}
		b.Settings.AcceptInto = into
		hole := image.Rect(-10, -4, 9, 20)
		b.put(texture(image.Rect(-60, -50, 40, 44), 3))
		b.maskRect(hole)
		before := flatten(b.Committed(), image.Rect(-80, -80, 80, 80))
		b.SetFill(func(f *settings.Fill) { f.Engine = "content" })
		b.Fill()
		b.idle()
		b.Accept()
		after := flatten(b.Committed(), before.Rect)
		changed := pixels.BoundsWhere(before.Rect, func(x, y int) bool { return before.NRGBAAt(x, y) != after.NRGBAAt(x, y) })
		if changed != hole {
			t.Errorf("%s: %v changed, want %v", into, changed, hole)
		}
	}
}
