package pipeline

import (
	"context"
	"image"
	"path/filepath"
	"testing"

	"pentimento/pipeline/graph"
	"pentimento/pipeline/pipelinetest"
	"pentimento/pipeline/tensor"
)

// TestAnotherEdgeAsksNoNetworkAgain, another picture does; what is made of what was kept is what a fresh run makes.
func TestAnotherEdgeAsksNoNetworkAgain(t *testing.T) {
	path, asked := filepath.Join(t.TempDir(), "net.onnx"), 0
	if err := pipelinetest.WriteSegmenter(path, 64, 1, "Sigmoid"); err != nil {
		t.Fatal(err)
	}
	rt := &pipelinetest.Runtime{Eval: func(_ context.Context, _ *graph.Graph, in map[string]*tensor.Tensor) (map[string]*tensor.Tensor, error) {
		asked++
		x := in["our picture"]
		out := tensor.New(1, 1, x.Shape[2], x.Shape[3])
		for i := range out.Data {
			out.Data[i] = float32(i%64) / 64
		}
		return map[string]*tensor.Tensor{"our map": out}, nil
	}}
	img := image.NewNRGBA(image.Rect(0, 0, 70, 50))
	run := func(p *Pipeline, how Cutting) *image.Alpha {
		how.Network = path
		res, err := p.Run(context.Background(), Request{Ask: Ask{Engine: Diffusion, Task: Cut, Frame: img.Rect, Image: img}, Cut: &how}, nil)
		if err != nil {
			t.Fatal(err)
		}
		return res.Mask
	}
	p := New(rt)
	run(p, Cutting{Radius: -1, Keep: true})
	kept := run(p, Cutting{Threshold: 0.7, Shift: 2})
	if asked != 1 {
		t.Errorf("another edge: asked %d times, want once", asked)
	}
	if fresh := run(New(rt), Cutting{Threshold: 0.7, Shift: 2}); string(fresh.Pix) != string(kept.Pix) {
		t.Error("what is made of what was kept is another mask")
	}
	img.Pix[7]++
	if run(p, Cutting{}); asked != 3 {
		t.Errorf("another picture: asked %d times, want 3", asked)
	}
}

// TestNetworksThatCutOutAreListed by their names and shapes: a map may be of depth or lines, too.
func TestNetworksThatCutOutAreListed(t *testing.T) {
	for name, want := range map[string]bool{"u2net.onnx": true, "ISNet-general-use.onnx": true, "BiRefNet-lite.onnx": true, "depth.onnx": false} {
		path := filepath.Join(t.TempDir(), name)
		if err := pipelinetest.WriteSegmenter(path, 320, 7, "Sigmoid"); err != nil {
			t.Fatal(err)
		}
		if s, err := Look(path); want != (err == nil && s.Kind == "segmenter") {
			t.Errorf("%s: %+v, %v", name, s, err)
		}
	}
}
