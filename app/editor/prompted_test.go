package editor

import (
	"context"
	"image"
	"image/color"
	"path/filepath"
	"sync"
	"testing"

	"pentimento/canvas"
	"pentimento/pipeline"
	"pentimento/pipeline/pipelinetest"
	"pentimento/tools"
)

// heldUp is a Runner that waits until nobody holds it.
type heldUp struct {
	pipeline.Runner
	by *sync.Mutex
}

// Run waits, and runs.
func (h heldUp) Run(ctx context.Context, q pipeline.Request, report func(pipeline.Progress)) (*pipeline.Result, error) {
	h.by.Lock()
	defer h.by.Unlock()
	return h.Runner.Run(ctx, q, report)
}

// TestANetworkOfOnesOwnFindsTheThing: further clicks are told it together and take the place of what the ones before
// made, one step each; the picture is encoded once while its pixels stay.
func TestANetworkOfOnesOwnFindsTheThing(t *testing.T) {
	b := newBench(t)
	encoded := 0
	var hold sync.Mutex // that the network waits for
	p := pipeline.New(&pipelinetest.Runtime{Eval: pipelinetest.PickingSAM(func() { encoded++ })})
	defer p.Close()
	b.Fills.Runner = heldUp{p, &hold}
	left, right := image.Rect(20, 20, 80, 100), image.Rect(110, 20, 170, 100)
	b.put(onBlue(200, 150, map[image.Rectangle]color.NRGBA{left: {220, 180, 10, 255}, right: {120, 20, 10, 255}}))
	b.SetTool("object")
	b.area(func(a *tools.AreaSettings) { a.Grow = 0 })
	sam := pipelinetest.WriteSAM(t, t.TempDir(), "sam")
	asked := 0
	b.ChooseSegmenter(func() { asked++ }, sam[1])
	b.until("the network", func() bool { return len(b.Settings.Areas.Networks) == 2 })
	has := func(x, y int) bool {
		return canvas.CoverImage(b.State().Mask, image.Rect(x, y, x+1, y+1)).Pix[0] > 127
	}
	steps := b.steps()
	for i, c := range []struct {
		x, y        float64
		button      tools.Button
		left, right bool
	}{{50, 60, tools.Left, true, false}, {140, 60, tools.Left, true, true}, {50, 70, tools.Right, false, true}} {
		b.click(c.x, c.y, c.button)
		if has(50, 60) != c.left || has(140, 60) != c.right || has(95, 130) || b.steps() != steps+i+1 {
			t.Errorf("click %d masks %v, left %v, right %v, in %d steps; failed %v", i, b.State().MaskUsed(), has(50, 60), has(140, 60), b.steps()-steps, b.failed)
		}
	}
	if encoded != 1 {
		t.Errorf("the picture was encoded %d times", encoded)
	}
	b.Edit("other", func(e *canvas.Edit) {
		e.Put(e.State().Active, onBlue(200, 150, map[image.Rectangle]color.NRGBA{left: {90, 180, 10, 255}}), nil)
		e.ClearMask()
	})
	b.click(50, 60, tools.Left)
	if encoded != 2 || !has(50, 60) || has(140, 60) {
		t.Errorf("of changed pixels, encoded %d times, %v is masked", encoded, b.State().MaskUsed())
	}
	further := tools.Pointer{X: 60, Y: 80, Pressure: 1, Mods: tools.Shift, Button: tools.Left} // while its thing is sought something else is masked
	hold.Lock()
	b.Press(further)
	b.Release(further)
	b.Edit("mask", func(e *canvas.Edit) {
		m := image.NewAlpha(image.Rect(90, 125, 100, 135))
		for i := range m.Pix {
			m.Pix[i] = 255
		}
		e.SetCover(canvas.Join(e.Base().Mask, canvas.Cover(m), canvas.Add))
	})
	hold.Unlock()
	b.idle()
	if !has(50, 60) || has(140, 60) || !has(95, 130) {
		t.Errorf("what was masked while a thing was sought: left %v, right %v, other %v", has(50, 60), has(140, 60), has(95, 130))
	}
	b.Edit("both", func(e *canvas.Edit) {
		e.Put(e.State().Active, onBlue(200, 150, map[image.Rectangle]color.NRGBA{left: {220, 180, 10, 255}, right: {120, 20, 10, 255}}), nil)
		e.ClearMask()
	})
	b.click(50, 60, tools.Left)
	b.click(140, 60, tools.Left)
	not := tools.Pointer{X: 50, Y: 70, Pressure: 1, Button: tools.Right}
	hold.Lock()
	b.Press(not)
	b.Release(not)
	b.Edit("mask", func(e *canvas.Edit) {
		e.SetCover(canvas.Join(e.Base().Mask, canvas.CoverRect(image.Rect(180, 125, 190, 135)), canvas.Add))
	})
	hold.Unlock()
	b.idle()
	if has(50, 60) || !has(140, 60) || !has(185, 130) {
		t.Errorf("what does not belong to it while something else is masked: left %v, right %v, other %v", has(50, 60), has(140, 60), has(185, 130))
	}
	b.ChooseSegmenter(nil, filepath.Join(t.TempDir(), "none.onnx"))
	b.until("the trouble", func() bool { return len(b.failed) > 0 })
	if len(b.Settings.Areas.Networks) != 2 || asked > 0 {
		t.Error("a file that is not there is taken")
	}
	b.ChooseSegmenter(nil)
	if b.Segmenter() != "" {
		t.Error("it can't be given up")
	}
}
