package upscaler

import (
	"context"
	"image"
	"os"
	"path/filepath"
	"testing"

	"pentimento/pipeline/graph"
	"pentimento/pipeline/model"
	"pentimento/pipeline/pipelinetest"
	"pentimento/pipeline/tensor"
)

// TestBordersAndDifferencesAreMeasured of networks that cut off what they read at their borders, as waifu2x
// does, or make a difference to the enlarged picture, as Real-CUGAN ×4 does: both come out whole.
func TestBordersAndDifferencesAreMeasured(t *testing.T) {
	path := filepath.Join(t.TempDir(), "net.param")
	if err := os.WriteFile(path, []byte("7767517\n2 2\nInput in0 0 1 in0\nConvolution c 1 1 in0 out0 0=3 1=3 4=1 5=1 6=81\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path[:len(path)-6]+".bin", make([]byte, 4+4*84), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, v := range []struct {
		scale, cut int
		differs    bool
	}{{2, 7, false}, {1, 28, false}, {4, 19, true}, {3, 0, false}} {
		rt := &pipelinetest.Runtime{Eval: func(_ context.Context, g *graph.Graph, in map[string]*tensor.Tensor) (map[string]*tensor.Tensor, error) {
			x := in["in0"]
			h, w := x.Shape[2]-2*v.cut, x.Shape[3]-2*v.cut
			out := tensor.New(1, 3, h*v.scale, w*v.scale)
			for i := range out.Data {
				c, y, at := i/(h*w*v.scale*v.scale), i/(w*v.scale)%(h*v.scale), i%(w*v.scale)
				if !v.differs {
					out.Data[i] = x.Data[(c*x.Shape[2]+y/v.scale+v.cut)*x.Shape[3]+at/v.scale+v.cut]
				}
			}
			return map[string]*tensor.Tensor{"out0": out}, nil
		}}
		f, err := Open(path)
		if err != nil {
			t.Fatal(err)
		}
		n, err := f.Load(context.Background(), rt, model.Options{}, graph.Variant{})
		if err != nil || n.Times() != v.scale {
			t.Fatalf("%+v: ×%d, %v", v, n.Times(), err)
		}
		img := speckled(101, 67, false)
		out, err := Enlarge(context.Background(), n, Of(img), 101*v.scale, 67*v.scale, Options{Tile: 64})
		if err != nil {
			t.Fatal(err)
		}
		got := out.NRGBA(image.Point{})
		for i := range 101 * v.scale * 67 * v.scale {
			x, y := i%(101*v.scale), i/(101*v.scale)
			if want := img.NRGBAAt(3+x/v.scale, 4+y/v.scale); got.NRGBAAt(x, y) != want {
				t.Fatalf("%+v: pixel %d,%d is %v, want %v", v, x, y, got.NRGBAAt(x, y), want)
			}
		}
	}
}
