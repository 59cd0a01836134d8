package render

import (
	"image"
	"testing"
)

// What a first look far out lacks is never sketched all in one frame; the frames that follow
// sketch on until the picture is as fine as one frame would have made it.
func TestASketchIsMadeOverSeveralFrames(t *testing.T) {
	r := New(Options{Budget: 400_000})
	r.back.limit = 0 // nothing comes from the background
	r.SetState(bigDocument(1500).State(), image.Rectangle{})
	v := View{Scale: 0.14, W: 210, H: 210}
	fb := image.NewRGBA(image.Rect(0, 0, v.W, v.H))
	sketched := func(level int) (cells, cost int) {
		for k, c := range r.cells {
			if c.trusted {
				cost += r.sketchCost(k.level)
				if k.level == level {
					cells++
				}
			}
		}
		return cells, cost
	}
	before, want := 0, 36 // 1500 px are 6 cells a side of a quarter of them
	for frame := 0; ; frame++ {
		if r.Render(fb, fb.Rect, v, Smooth) {
			t.Fatal("a frame of sketches says that it is complete")
		}
		cells, cost := sketched(v.level())
		if cost-before > r.sketches() {
			t.Fatalf("frame %d sketched for %d layer pixels, want %d at most", frame, cost-before, r.sketches())
		}
		if cells == want {
			break
		}
		if cost == before {
			t.Fatalf("frame %d sketched nothing, with %d of %d cells done", frame, cells, want)
		}
		before = cost
	}
	f := &r.frame
	if r.Render(fb, fb.Rect, v, Nearest); f.nx != 6 {
		t.Errorf("the sketch is there and is not drawn: %d cells side by side, want 6", f.nx)
	}
}
