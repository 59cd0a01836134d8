package editor

import (
	"context"
	"errors"
	"fmt"
	"image"
	"path/filepath"
	"strings"
	"testing"

	"pentimento/canvas/canvastest"
	"pentimento/pipeline"
	"pentimento/tools"
)

// TestEnlargeIsOneStep for the picture, a layer and a part; undo brings everything back.
func TestEnlargeIsOneStep(t *testing.T) {
	for what, want := range map[string]image.Rectangle{
		EnlargePicture:   image.Rect(0, 0, 135, 105),
		EnlargeLayer:     image.Rect(-22, -17, 113, 88),
		EnlargeSelection: image.Rect(0, 0, 90, 70), // the selected part stays within the picture
		EnlargeFrame:     image.Rect(0, 0, 90, 70),
	} {
		b := newBench(t)
		b.put(texture(image.Rect(0, 0, 90, 70), 3))
		b.maskRect(image.Rect(20, 20, 40, 40))
		b.setFrame(image.Rect(30, 20, 60, 50))
		before, steps, layers := canvastest.Copy(b.State()), b.steps(), len(b.State().Layers)
		b.Enlarge(what, 1.5, "")
		b.idle()
		if b.steps() != steps+1 || b.Used() != want || len(b.failed) > 0 {
			t.Errorf("%s: %d steps, picture %v, failed %v; want one step and %v", what, b.steps()-steps, b.Used(), b.failed, want)
		}
		if part := what == EnlargeSelection || what == EnlargeFrame; part {
			if now := b.State().Layers; len(now) != layers+1 || now[layers].Used().Dx() != map[string]int{EnlargeSelection: 30, EnlargeFrame: 45}[what] {
				t.Errorf("%s: the new layer covers %v", what, now[len(now)-1].Used())
			}
		}
		whole := b.Provenance.Texts(b.State(), b.Used(), 0)
		if len(whole) == 0 || !strings.Contains(whole[0].Text, "Postprocess upscale by: 1.5") || strings.Count(fmt.Sprint(whole), "\"upscale\"") > 1 {
			t.Errorf("%s: an export says %q", what, whole)
		}
		b.Do("edit.undo")
		if d := canvastest.Difference(before, b.State()); d != "" {
			t.Errorf("%s: %s", what, d)
		}
	}
}

// enlarger is a Runner that answers with what made says.
type enlarger struct {
	made func(ctx context.Context, q pipeline.Request) (*pipeline.Result, error)
}

func (e enlarger) Run(ctx context.Context, q pipeline.Request, _ func(pipeline.Progress)) (*pipeline.Result, error) {
	return e.made(ctx, q)
}

// TestEnlargeByANetworkGoesToTheEngine, layer by layer, with what was chosen; one that fails or is
// cancelled leaves no trace.
func TestEnlargeByANetworkGoesToTheEngine(t *testing.T) {
	b := newBench(t)
	b.put(texture(image.Rect(0, 0, 90, 70), 3))
	before, steps := canvastest.Copy(b.State()), b.steps()
	path := filepath.Join(t.TempDir(), "net.pth")
	var asked []pipeline.Request
	answer := errors.New("the network is broken")
	b.Fills.Runner = enlarger{func(ctx context.Context, q pipeline.Request) (*pipeline.Result, error) {
		asked = append(asked, q)
		if answer != nil {
			return nil, answer
		}
		size, err := pipeline.EnlargedSize(q.Image.Rect.Size(), q.Enlarge.By)
		img := image.NewNRGBA(image.Rectangle{Max: size})
		for i := range img.Pix {
			img.Pix[i] = 255
		}
		return &pipeline.Result{Image: img}, err
	}}
	b.Enlarge(EnlargePicture, 2, path)
	b.idle()
	if len(b.failed) != 1 || b.steps() != steps || canvastest.Difference(before, b.State()) != "" {
		t.Errorf("a network that fails: %v, %d steps", b.failed, b.steps()-steps)
	}
	answer = context.Canceled
	b.Enlarge(EnlargePicture, 2, path)
	b.idle()
	if len(b.failed) != 1 || b.steps() != steps || canvastest.Difference(before, b.State()) != "" {
		t.Errorf("a cancelled one: %v, %d steps", b.failed, b.steps()-steps)
	}
	answer = nil
	b.Enlarge(EnlargePicture, 2, path)
	b.idle()
	q := asked[len(asked)-1]
	if b.Used() != image.Rect(0, 0, 180, 140) || b.steps() != steps+1 || q.Task != pipeline.Upscale || q.Enlarge.Upscaler != path || q.Enlarge.By != 2 || q.Image.Rect.Dx() != 90 {
		t.Errorf("picture %v, %d steps, asked for %+v of %v", b.Used(), b.steps()-steps, q.Enlarge, q.Image.Rect)
	}
}

// TestEnlargeRefusesWhatIsTooLarge and what is not there.
func TestEnlargeRefusesWhatIsTooLarge(t *testing.T) {
	b := newBench(t)
	b.put(texture(image.Rect(0, 0, 9000, 2), 3))
	b.Enlarge(EnlargePicture, 2, "")
	b.Enlarge(EnlargeSelection, 2, "")
	b.idle()
	if len(b.failed) != 2 || b.Used().Dx() != 9000 {
		t.Errorf("failed %v, picture %v", b.failed, b.Used())
	}
}

// TestWhatTheViewDoesNotShowIsTold: an enlarged picture looks as it did, and so may what is undone and redone.
func TestWhatTheViewDoesNotShowIsTold(t *testing.T) {
	b := newBench(t)
	b.put(texture(image.Rect(0, 0, 90, 70), 3))
	b.Enlarge(EnlargePicture, 2, "")
	b.idle()
	for _, want := range []string{"180 × 140", "Undone: Enlarge", "Redone: Enlarge"} {
		if len(b.said) == 0 || !strings.Contains(b.said[len(b.said)-1], want) {
			t.Errorf("said %q, want %q last", b.said, want)
		}
		if b.CanRedo() {
			b.Do("edit.redo")
		} else {
			b.Do("edit.undo")
		}
	}
	n := len(b.said)
	for b.CanUndo() {
		b.Undo()
	}
	if b.Undo(); len(b.said) == n || strings.Contains(b.said[len(b.said)-1], "Redone") {
		t.Errorf("said %q", b.said[n:])
	}
}

// TestUndoOfEnlargeFillsTheViewAgain, and redo does; a step that paints far away moves nothing.
func TestUndoOfEnlargeFillsTheViewAgain(t *testing.T) {
	b := newBench(t)
	b.put(texture(image.Rect(0, 0, 900, 700), 3))
	b.setFrame(image.Rect(0, 0, 900, 700))
	b.SetView(tools.View{Scale: 1, W: 1000, H: 800})
	b.FitContent()
	small := b.View().Scale
	b.Enlarge(EnlargePicture, 3, "")
	b.idle()
	large := b.View().Scale
	b.Do("edit.undo")
	if z := b.View().Scale; z != small || large >= small {
		t.Errorf("zoom %g, enlarged %g, undone %g", small, large, z)
	}
	b.Do("edit.redo")
	if z := b.View().Scale; z != large {
		t.Errorf("redone at zoom %g, was %g", z, large)
	}
	b.put(texture(image.Rect(9000, 9000, 9100, 9100), 3))
	before := b.View()
	b.Do("edit.undo")
	if b.View() != before {
		t.Error("the view jumps when a step far away is undone")
	}
}
