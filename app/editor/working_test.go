package editor

import (
	"bytes"
	"context"
	"image"
	"image/color"
	"image/png"
	"slices"
	"strings"
	"testing"
	"time"

	"pentimento/canvas"
	"pentimento/canvas/file"
	"pentimento/tools"
)

// clicks presses and releases a tool at a place.
func (b *bench) clicks(tool string, x, y float64) {
	b.SetTool(tool)
	b.Press(tools.Pointer{X: x, Y: y, Pressure: 1})
	b.Release(tools.Pointer{X: x, Y: y, Pressure: 1})
}

func TestABucketFillIsOneStepAndCanBeStopped(t *testing.T) {
	b := newBench(t)
	b.put(texture(image.Rect(0, 0, 64, 64), 1))
	b.Edit("blank", func(ed *canvas.Edit) { ed.SetFrame(image.Rect(0, 0, 300, 200)) })
	b.SetColour(color.NRGBA{1, 2, 3, 255})
	before, steps := b.Committed(), len(history(b))
	b.clicks("bucket", 200, 150)
	b.until("the fill", func() bool { return !b.Working() })
	if n := len(history(b)); n != steps+1 || b.Used() != image.Rect(0, 0, 300, 200) {
		t.Fatalf("%d steps, used %v", n-steps, b.Used())
	}
	if b.Settings.Colours[0] != "#010203" {
		t.Errorf("the colour is not remembered: %v", b.Settings.Colours)
	}
	b.Undo()
	stuck := tools.Work{Label: "Bucket fill", Do: func(ctx context.Context, _ *canvas.State) (*canvas.State, error) {
		<-ctx.Done()
		return nil, ctx.Err()
	}}
	b.do(stuck)
	if !b.Key("Escape") || b.Working() {
		t.Error("Esc does not stop it")
	}
	b.do(stuck)
	b.clicks("bucket", 200, 150) // a second one takes the first one's place
	b.until("the second", func() bool { return !b.Working() })
	b.Undo()
	if !canvas.Same(b.Committed(), before) || len(b.failed) > 0 {
		t.Errorf("something is left, or was told: %v", b.failed)
	}
}

// TestAFillDoesNotOverwriteWhatIsPaintedMeanwhile: it waits for a stroke, and is then worked
// out again of what is there.
func TestAFillDoesNotOverwriteWhatIsPaintedMeanwhile(t *testing.T) {
	b := newBench(t)
	b.Edit("frame", func(ed *canvas.Edit) { ed.SetFrame(image.Rect(0, 0, 300, 200)) })
	calls := 0
	go1 := make(chan bool, 8)
	b.do(tools.Work{Label: "Gradient", Do: func(ctx context.Context, s *canvas.State) (*canvas.State, error) {
		calls++
		<-go1
		return s.Painted(ctx, s.Active, image.Rect(0, 100, 300, 200), func(t *canvas.Tile, at image.Rectangle) {
			for i := range t.Pix {
				t.Pix[i] = 255
			}
		})
	}})
	b.SetTool("brush")
	b.Press(tools.Pointer{X: 50, Y: 50, Pressure: 1})
	go1 <- true
	go1 <- true
	for end := time.Now().Add(300 * time.Millisecond); time.Now().Before(end); {
		select {
		case f := <-b.posted:
			f()
		case <-time.After(10 * time.Millisecond):
		}
	}
	if !b.Pressed() || !b.Drawing() {
		t.Fatal("the stroke was broken off")
	}
	b.Release(tools.Pointer{X: 60, Y: 50, Pressure: 1})
	b.until("the work", func() bool { return !b.Working() })
	if calls != 2 {
		t.Errorf("it was worked out %d times, want 2", calls)
	}
	var p [4]uint8
	if b.Committed().Layers[0].Read(p[:], 4, image.Rect(55, 50, 56, 51)); p[3] == 0 {
		t.Error("the stroke is gone")
	}
	if b.Committed().Layers[0].Read(p[:], 4, image.Rect(55, 150, 56, 151)); p[3] == 0 {
		t.Error("the work is gone")
	}
}

func TestTheHistoryBrushPaintsBackTheStepThatWasChosen(t *testing.T) {
	b := newBench(t)
	b.put(texture(image.Rect(0, 0, 64, 64), 1)) // step 1
	first := b.Committed()
	b.put(texture(image.Rect(0, 0, 64, 64), 2)) // step 2
	set := b.Brush()
	set.Size, set.Hardness = 300, 1
	b.SetBrush(set)
	b.SetPast(1)
	if b.PastStep() != 1 || b.Past() != first {
		t.Fatalf("step %d is chosen", b.PastStep())
	}
	b.clicks("history", 32, 32)
	if !canvas.Same(b.Committed(), first) {
		t.Error("it is not what it was at that step")
	}
}

func TestTheHistoryBrushPaintsBackThePictureAsItWasOpened(t *testing.T) {
	b := newBench(t)
	var buf bytes.Buffer
	if err := png.Encode(&buf, texture(image.Rect(0, 0, 64, 64), 1)); err != nil {
		t.Fatal(err)
	}
	p, err := file.Decode(context.Background(), bytes.NewReader(buf.Bytes()), nil)
	if err != nil {
		t.Fatal(err)
	}
	b.openPicture(arrived(p, nil), "", nil)
	opened := b.Committed()
	b.put(texture(image.Rect(0, 0, 64, 64), 2))
	set := b.Brush()
	set.Size, set.Hardness = 300, 1
	b.SetBrush(set)
	b.clicks("history", 32, 32)
	if b.OpenedStep() != 1 || !canvas.Same(b.Committed(), opened) {
		t.Error("it is not the picture as it was opened")
	}
}

func TestTheStampAsksForItsSource(t *testing.T) {
	b := newBench(t)
	b.put(texture(image.Rect(0, 0, 64, 64), 1))
	before := b.Committed()
	b.said = nil
	b.clicks("stamp", 32, 32)
	if len(b.said) != 1 || !strings.Contains(b.said[0], "Ctrl+click") || b.Committed() != before || b.Pressed() {
		t.Fatalf("without a source it says %q", b.said)
	}
	b.Press(tools.Pointer{X: 16, Y: 16, Pressure: 1, Mods: tools.Control})
	b.Release(tools.Pointer{X: 16, Y: 16, Pressure: 1, Mods: tools.Control})
	b.said = nil
	b.Press(tools.Pointer{X: 48, Y: 48, Pressure: 1})
	b.Release(tools.Pointer{X: 48, Y: 48, Pressure: 1})
	if len(b.said) != 0 || canvas.Same(b.Committed(), before) {
		t.Errorf("with a source it says %q", b.said)
	}
}

func TestPaintingOnAGroupSaysWhyNothingHappens(t *testing.T) {
	b := newBench(t)
	b.put(texture(image.Rect(0, 0, 64, 64), 1))
	b.Do("layer.group")
	for _, tool := range []string{"brush", "eraser", "history", "bucket", "gradient"} {
		before := b.Committed()
		b.said = nil
		b.clicks(tool, 32, 32)
		b.idle()
		if len(b.said) != 1 || !strings.Contains(b.said[0], "is a group") || b.Committed() != before {
			t.Errorf("%s on a group says %q", tool, b.said)
		}
	}
	b.said = nil
	b.Do("layer.mask")
	b.clicks("brush", 32, 32)
	if slices.ContainsFunc(b.said, func(s string) bool { return strings.Contains(s, "is a group") }) {
		t.Errorf("painting on the group's mask says %q", b.said)
	}
}

func history(b *bench) []canvas.Step { h, _ := b.History(); return h }
