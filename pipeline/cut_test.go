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

// TestANetworkIsShownWhatItIsGiven: of a picture in other colours than sRGB the network sees what it is given of it, and what
// comes back has the picture's own values.
func TestANetworkIsShownWhatItIsGiven(t *testing.T) {
	path := filepath.Join(t.TempDir(), "net.onnx")
	if err := pipelinetest.WriteSegmenter(path, 64, 1, "Sigmoid"); err != nil {
		t.Fatal(err)
	}
	p := New(&pipelinetest.Runtime{Eval: func(_ context.Context, _ *graph.Graph, in map[string]*tensor.Tensor) (map[string]*tensor.Tensor, error) {
		x := in["our picture"]
		out := tensor.New(1, 1, x.Shape[2], x.Shape[3])
		for i := range out.Data {
			if x.Data[i] > x.Data[len(out.Data)+i] { // red
				out.Data[i] = 1
			}
		}
		return map[string]*tensor.Tensor{"our map": out}, nil
	}})
	own, seen := image.NewNRGBA(image.Rect(0, 0, 64, 64)), image.NewNRGBA(image.Rect(0, 0, 64, 64))
	for i := 0; i < len(own.Pix); i += 4 {
		copy(own.Pix[i:], []uint8{20, 200, 20, 255})
		copy(seen.Pix[i:], []uint8{20, 200, 20, 255})
		if i%256 >= 128 {
			copy(seen.Pix[i:], []uint8{200, 20, 20, 255})
		}
	}
	made, m, q, err := p.CutPicture(context.Background(), Request{Ask: Ask{Image: seen}, Cut: &Cutting{Network: path, Radius: -1, Keep: true}}, own, nil)
	if err != nil || q.Image != nil {
		t.Fatal(err)
	}
	out := made.(*image.NRGBA)
	if m.A[63] < 0.9 || m.A[0] > 0.1 || [4]uint8(out.Pix[4*63:]) != [4]uint8{20, 200, 20, 255} {
		t.Errorf("the shares are %g and %g, the picture has %v", m.A[0], m.A[63], out.Pix[4*63:4*64])
	}
	if _, _, _, err := p.CutPicture(context.Background(), Request{Ask: Ask{Image: image.NewNRGBA(image.Rect(0, 0, 3, 3))}, Cut: &Cutting{Network: path}}, own, nil); err == nil {
		t.Error("a picture of another size is shown")
	}
}
