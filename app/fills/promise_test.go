package fills

import (
	"context"
	"image"
	"image/color"
	"slices"
	"strings"
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

// TestAFillPastTheEdgeIsTold once it is accepted: the picture is larger than it was.
func TestAFillPastTheEdgeIsTold(t *testing.T) {
	for hole, told := range map[image.Rectangle]bool{image.Rect(-10, -4, 9, 20): false, image.Rect(20, 20, 60, 40): true} {
		b := newBench(t)
		b.Runner = everywhere{}
		b.put(texture(image.Rect(-60, -50, 40, 44), 3))
		b.maskRect(hole)
		b.SetFill(func(f *settings.Fill) { f.Engine = "content" })
		b.Fill()
		b.idle()
		b.Accept()
		if got := slices.ContainsFunc(b.seen.Said, func(s string) bool { return strings.Contains(s, "120 × 94") }); got != told {
			t.Errorf("%v: said %q", hole, b.seen.Said)
		}
	}
}

// TestAFillGoesNoFurtherThanThePanelSays: with a network, too, what changes once a fill is accepted
// lies within so many pixels of the mask, and with "Exactly the mask" in it.
func TestAFillGoesNoFurtherThanThePanelSays(t *testing.T) {
	hole := image.Rect(50, 56, 70, 76)
	for reach, most := range map[string]int{"": 36, "inside": 0} {
		b, _ := studio(t)
		b.put(texture(image.Rect(0, 0, 128, 128), 3))
		b.maskRect(hole)
		b.SetFill(func(f *settings.Fill) { f.Strength, f.Reach = 1, reach })
		says := b.Outline().Beyond
		before := flatten(b.Committed(), image.Rect(0, 0, 128, 128))
		b.Fill()
		b.until("a candidate", func() bool { return b.Current() != nil })
		b.Accept()
		after := flatten(b.Committed(), before.Rect)
		changed := pixels.BoundsWhere(before.Rect, func(x, y int) bool { return before.NRGBAAt(x, y) != after.NRGBAAt(x, y) })
		if says != most || changed.Empty() || !changed.In(hole.Inset(-says)) || says > 0 && changed.In(hole) {
			t.Errorf("border %q: %v changed of the mask %v, the panel says up to %d px around it, want %d", reach, changed, hole, says, most)
		}
	}
}
