//go:build cgo

package upscaler

import (
	"context"
	"image"
	"testing"

	"pentimento/pipeline/graph"
	"pentimento/pipeline/model"
	"pentimento/pipeline/ort"
)

// tall is a small network of the kind of ESRGAN: layers at the size of what is read, then some that enlarge.
const tall = `7767517
6 6
Input       in0 0 1 in0
Convolution c0  1 1 in0 a 0=8 1=3 4=1 5=1 6=216 9=2 -23310=1,0.1
Convolution c1  1 1 a b 0=8 1=3 4=1 5=1 6=576 9=2 -23310=1,0.1
Interp      up  1 1 b c 0=1 1=2.0 2=2.0
Convolution c2  1 1 c d 0=8 1=3 4=1 5=1 6=576 9=2 -23310=1,0.1
Convolution c3  1 1 d out0 0=3 1=3 4=1 5=1 6=216
`

// TestHalvesMakeWhatTheWholeMakes bit for bit, though the last layers go over parts.
func TestHalvesMakeWhatTheWholeMakes(t *testing.T) {
	f, err := Open(pairOf(t, tall, [][2]int{{216, 8}, {576, 8}, {576, 8}, {216, 3}}))
	if err != nil {
		t.Fatal(err)
	}
	rt := ort.New(ort.Config{Device: "cpu"})
	n, err := f.Load(context.Background(), rt, model.Options{}, graph.Variant{})
	if err != nil {
		t.Fatal(err)
	}
	defer n.Close()
	s, ok := n.Session.(*halves)
	if !ok || n.Times() != 2 || n.Device() != "cpu" {
		t.Fatalf("opened in halves %v, ×%d, on %q", ok, n.Times(), n.Device())
	}
	x := planes(Of(speckled(211, 130, false)), image.Rect(0, 0, 211, 130))
	got, err := n.Eval(context.Background(), x)
	if err != nil {
		t.Fatal(err)
	}
	if n.Session, err = n.open(context.Background(), n.graph); err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	want, err := n.Eval(context.Background(), x)
	if err != nil {
		t.Fatal(err)
	}
	if low, high := values(want); high-low < 0.3 {
		t.Fatalf("the network makes values from %g to %g only: it tells nothing", low, high)
	}
	for i, v := range want.Data {
		if got.Data[i] != v {
			t.Fatalf("value %d is %g, of the whole %g", i, got.Data[i], v)
		}
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := s.Run(ctx, nil); err == nil {
		t.Error("a cancelled run made something")
	}
}
