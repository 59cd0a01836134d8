package editor

import (
	"context"
	"errors"
	"image"
	"image/color"
	"math/rand/v2"
	"testing"

	"pentimento/canvas"
	"pentimento/canvas/render"
	"pentimento/tools"
)

// TestAFillLosesNoStroke: *Fill* and *Accept* that come while the button is down, at any moment of the stroke, leave
// what was painted by then as a step, and a fill is of it.
func TestAFillLosesNoStroke(t *testing.T) {
	rng := rand.New(rand.NewPCG(9, 1))
	for range 4 {
		b := newBench(t)
		b.put(texture(image.Rect(0, 0, 160, 150), 3))
		b.SetBrush(tools.BrushSettings{Size: 8, Hardness: 1, Opacity: 1, Colour: color.NRGBA{250, 20, 30, 255}})
		begin := func(name string, y float64) tools.Pointer {
			p := tools.Pointer{X: 60 + rng.Float64()*40, Y: y, Pressure: 1}
			b.SetTool(name)
			b.Press(p)
			for range rng.IntN(6) {
				p.X, p.Time = p.X+4, p.Time+0.01
				b.Drag(p)
			}
			return p
		}
		on := func(s *canvas.State, p tools.Pointer) bool {
			at := image.Pt(int(p.X), int(p.Y))
			return s.MaskImage(image.Rectangle{Min: at, Max: at.Add(image.Pt(1, 1))}).Pix[0] > 0
		}
		p := begin("mask", 60)
		b.Fills.Fill()
		if s := b.Committed(); !on(s, p) || b.Pressed() || len(b.Fills.Stacks()) != 1 {
			t.Fatalf("mask under the pointer %v, pressed %v, %d places, failures %v", on(s, p), b.Pressed(), len(b.Fills.Stacks()), b.failed)
		}
		masked := b.Committed()
		p.X += 50
		b.Drag(p)
		b.Release(p) // the window tells of the rest
		if b.Committed() != masked {
			t.Fatal("the rest of the stroke is drawn after the fill began")
		}
		b.until("a candidate", func() bool { return hasCandidate(b.Editor) })
		if m := b.Fills.Current().Result.Request.Mask; m == nil || m.AlphaAt(int(p.X)-50, int(p.Y)).A == 0 {
			t.Fatal("the fill is not of the stroke")
		}
		steps := len(first(b.History()))
		p = begin("brush", 120)
		b.Fills.Accept()
		if got := flatten(b.Committed(), image.Rect(int(p.X), int(p.Y), int(p.X)+1, int(p.Y)+1)); got.Pix[0] != 250 || len(first(b.History())) != steps+2 {
			t.Fatalf("Accept: %v under the pointer, %d steps, want the stroke and two more than %d", got.Pix[:4], len(first(b.History())), steps)
		}
	}
}

func first[T, U any](v T, _ U) T { return v }

// TestWhatIsBeingDrawnIsNotLost to a change from elsewhere: a stroke ends where it is, an outline of several clicks goes on,
// and Fill closes it.
func TestWhatIsBeingDrawnIsNotLost(t *testing.T) {
	b := newBench(t)
	b.put(texture(image.Rect(0, 0, 200, 150), 1))
	b.SetView(tools.View{Scale: 1, W: 400, H: 300})
	for what, change := range map[string]func(){
		"an edit":  func() { b.Edit("frame", func(ed *canvas.Edit) { ed.SetFrame(image.Rect(0, 0, 90, 90)) }) },
		"a region": func() { b.Fills.RemoveRegion(b.Fills.AddRegion(canvas.CoverRect(image.Rect(0, 0, 9, 9)), nil)) },
	} {
		b.SetTool("mask")
		b.clearMask()
		b.at("press", 60, 60, 0)
		b.at("drag", 100, 60, 0)
		if change(); b.doc.State().Mask.Len() == 0 {
			t.Errorf("%s took the stroke away", what)
		}
		b.at("release", 100, 60, 0)
		b.SetTool("polygon")
		b.clearMask()
		for _, p := range []image.Point{{40, 40}, {90, 40}, {90, 90}} {
			b.at("press", float64(p.X), float64(p.Y), 0)
			b.at("release", float64(p.X), float64(p.Y), 0)
		}
		if change(); !b.Building() {
			t.Errorf("%s dropped the polygon", what)
		}
		b.Fills.Fill()
		if b.Building() || b.doc.State().Mask.Len() == 0 || len(b.Fills.Stacks()) != 1 || len(b.failed) > 0 {
			t.Errorf("after %s the polygon is not filled: %v", what, b.failed)
		}
		b.Fills.DiscardAll()
		b.idle()
	}
}

func (b *bench) clearMask() {
	if b.doc.State().Mask.Len() > 0 {
		b.Edit("mask", func(ed *canvas.Edit) { ed.ClearMask() })
	}
}

// TestALookAtThePictureIsLeftWhileAnotherIsMade: what is not wanted any more waits for nobody.
func TestALookAtThePictureIsLeftWhileAnotherIsMade(t *testing.T) {
	b := newBench(t)
	b.put(texture(image.Rect(0, 0, 20, 15), 1))
	x := &exhibit{busy: make(chan struct{})}
	ctx, stop := context.WithCancel(t.Context())
	stop()
	if _, _, _, err := x.open(ctx, b.doc.State(), tools.AreaSettings{}, shifted{}); !errors.Is(err, context.Canceled) {
		t.Errorf("%v", err)
	}
	close(x.busy)
	x.busy = nil
	if img, _, _, err := x.open(t.Context(), b.doc.State(), tools.AreaSettings{}, shifted{}); err != nil || img == nil {
		t.Errorf("it is never made again: %v", err)
	}
	if _, err := flattenPart(ctx, "select", b.doc.State(), image.Rect(0, 0, 9, 9), render.FlattenOptions{}); !errors.Is(err, context.Canceled) {
		t.Errorf("flattened against its end: %v", err)
	}
}
