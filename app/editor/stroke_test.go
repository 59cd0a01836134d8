package editor

import (
	"image"
	"image/color"
	"math/rand/v2"
	"testing"

	"pentimento/canvas"
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
