package editor

import (
	"context"
	"errors"
	"image"
	"image/color"
	"path/filepath"
	"strings"
	"testing"

	"pentimento/canvas"
	"pentimento/canvas/canvastest"
	"pentimento/canvas/render"
	"pentimento/pipeline"
	"pentimento/pipeline/pipelinetest"
	"pentimento/pipeline/pixels"
)

// TestCutOutIsOneStep for each way, of the active layer's pixels; undo brings everything back, and a network that fails leaves
// no trace.
func TestCutOutIsOneStep(t *testing.T) {
	r := image.Rect(10, 20, 70, 60)
	subject := image.Rect(20, 30, 50, 50)
	fails, asked := false, 0
	path := filepath.Join(t.TempDir(), "net.onnx")
	if err := pipelinetest.WriteSegmenter(path, 64, 1, "Sigmoid"); err != nil {
		t.Fatal(err)
	}
	for _, way := range CutWays {
		b := newBench(t)
		b.put(texture(r, 3))
		b.Fills.Runner = enlarger{func(_ context.Context, q pipeline.Request) (*pipeline.Result, error) {
			if fails {
				return nil, errors.New("no subject")
			}
			asked++
			out, mask := image.NewNRGBA(q.Image.Rect), image.NewAlpha(q.Image.Rect)
			for y := subject.Min.Y; y < subject.Max.Y; y++ {
				for x := subject.Min.X; x < subject.Max.X; x++ {
					out.SetNRGBA(x, y, q.Image.NRGBAAt(x, y))
					mask.Pix[mask.PixOffset(x, y)] = 255
				}
			}
			return &pipeline.Result{Image: out, Mask: mask, Request: q}, nil
		}}
		before, steps := canvastest.Copy(b.State()), b.steps()
		cut := func(way string) {
			c := &Cutting{Network: path, Way: way, Red: true}
			b.CutOut(c, func(bool) {})
			b.shown()
			if fails {
				return
			}
			for _, c.Shift = range []int{3, -3, 0} {
				b.CutOut(c, func(bool) {})
				b.shown()
			}
			if s, _ := b.TrialPicture(); s == nil || asked != 1 {
				t.Errorf("%s: nothing is shown, or the network was asked %d times, want once", way, asked)
			}
			if canvastest.Difference(before, b.State()) != "" {
				t.Errorf("%s: the document knows of what is only shown", way)
			}
			b.MakeTrial()
			b.idle()
		}
		fails = true
		cut(way)
		if b.steps() != steps || canvastest.Difference(before, b.State()) != "" || len(b.failed) != 1 {
			t.Errorf("%s: a network that fails leaves a trace; failed %v", way, b.failed)
		}
		fails = false
		asked = 0
		cut(way)
		l := b.State().Layer(b.State().Active)
		if b.steps() != steps+1 {
			t.Errorf("%s: %d steps, want 1", way, b.steps()-steps)
		}
		switch way {
		case CutAlpha:
			if l.Used() != subject || l.Mask != nil {
				t.Errorf("the layer covers %v, want %v", l.Used(), subject)
			}
		case CutMask:
			if l.Mask == nil || l.Mask.Outside != 0 || l.Mask.Used().Add(l.Offset) != subject || l.Used() != r {
				t.Errorf("mask %+v of a layer that covers %v", l.Mask, l.Used())
			}
		case CutSelection:
			if l.Mask != nil || l.Used() != r || b.State().Selection.Len() == 0 {
				t.Error("nothing is selected, or the layer was changed")
			}
		}
		if texts := b.Provenance.Texts(b.State(), r, 0); way != CutSelection && (len(texts) == 0 || !strings.Contains(texts[0].Text, "Cutout model: net")) {
			t.Errorf("%s: an export says %q", way, texts)
		}
		b.Do("edit.undo")
		if d := canvastest.Difference(before, b.State()); d != "" {
			t.Errorf("%s: %s", way, d)
		}
	}
}

// TestWhatAMaskHidesIsRedToo: of a layer that has a mask the preview shows in red all that won't be seen, the mask's part of it, too.
func TestWhatAMaskHidesIsRedToo(t *testing.T) {
	b := newBench(t)
	r := image.Rect(0, 0, 40, 40)
	b.put(flat(r, color.NRGBA{0, 0, 255, 255}))
	own := image.NewAlpha(r)
	pixels.Fill(own, image.Rect(0, 0, 20, 40), 255)
	b.Edit("mask", func(ed *canvas.Edit) { ed.SetLayerMask(ed.State().Active, canvas.NewLayerMask(own, 0)) })
	subject := image.NewAlpha(r)
	pixels.Fill(subject, image.Rect(10, 0, 30, 40), 255)
	s := b.State()
	l := s.Layer(s.Active)
	img := render.Flatten(cutPreview(s, l, pixelsOf(l), subject, true), r, render.FlattenOptions{})
	for x, red := range map[int]bool{5: true, 15: false, 25: true, 35: true} {
		if p := img.NRGBAAt(x, 20); (p.R > 100) != red || p.A != 255 {
			t.Errorf("at %d is %v, want red: %v", x, p, red)
		}
	}
}
