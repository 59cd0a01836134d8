//go:build cgo

package upscaler

import (
	"context"
	"encoding/binary"
	"image"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"pentimento/pipeline/graph"
	"pentimento/pipeline/model"
	"pentimento/pipeline/ort"
	"pentimento/pipeline/tensor"
)

// excited is a small network of the kind of Real-CUGAN: without padding, a step down and up again, and two means that
// weigh channels, the second of what the first made.
const excited = `7767517
16 20
Input        in0   0 1 in0
Convolution  c0    1 1 in0 a 0=4 1=3 5=1 6=108 9=2 -23310=1,0.1
Split        s0    1 2 a a0 a1
Convolution  c1    1 1 a0 b 0=4 1=2 3=2 5=1 6=64 9=2 -23310=1,0.1
Split        s1    1 2 b b0 b1
Pooling      p0    1 1 b1 m 0=1 4=1
InnerProduct i0    1 1 m n 0=4 1=1 2=16 9=4
BinaryOp     x0    2 1 b0 n d 0=2
Deconvolution u0   1 1 d e 0=4 1=2 3=2 5=1 6=64
BinaryOp     x1    2 1 a1 e f 0=0
Split        s2    1 2 f f0 f1
Pooling      p1    1 1 f1 o 0=1 4=1
InnerProduct i1    1 1 o q 0=4 1=1 2=16 9=4
BinaryOp     x2    2 1 f0 q r 0=2
Convolution  c2    1 1 r t 0=12 1=3 5=1 6=432
PixelShuffle z     1 1 t out0 0=2
`

// TestNoTileIsSeenInANetworkOfMeans: what tiles make is what the whole picture makes, to the rounding of sums, also of a size
// that its steps do not divide, and though no tile has a margin.
func TestNoTileIsSeenInANetworkOfMeans(t *testing.T) {
	path := pairOf(t, excited, [][2]int{{108, 4}, {64, 4}, {16, 4}, {64, 4}, {16, 4}, {432, 12}})
	f, err := Open(path)
	if err != nil {
		t.Fatal(err)
	}
	n, err := f.Load(context.Background(), ort.New(ort.Config{Device: "cpu"}), model.Options{}, graph.Variant{})
	if err != nil {
		t.Fatal(err)
	}
	defer n.Close()
	if !n.whole || len(n.stages) != 3 || n.cut != 2 {
		t.Fatalf("without padding %v, %d stages, %d cut off; want 3 and 2", n.whole, len(n.stages), n.cut)
	}
	p := Of(speckled(151, 83, false))
	x := planes(p, image.Rect(0, 0, p.W, p.H))
	want, err := n.Eval(context.Background(), x)
	if err != nil {
		t.Fatal(err)
	}
	last := 0.0
	got, err := n.pass(context.Background(), p, Options{Tile: 48}, func(f float64) {
		if f < last {
			t.Errorf("progress fell from %g to %g", last, f)
		}
		last = f
	})
	if err != nil || last != 1 {
		t.Fatalf("%v, progress ended at %g", err, last)
	}
	lowest, highest := values(want)
	if highest-lowest < 0.3 {
		t.Fatalf("the network makes values from %g to %g only: it tells nothing", lowest, highest)
	}
	W, plane := want.Shape[3], want.Shape[2]*want.Shape[3]
	for i, v := range got.Pix {
		at, c := i/3, i%3
		if w := min(max(want.Data[c*plane+at], 0), 1) * 0xffff; math.Abs(float64(v)-float64(w)) > 2 {
			t.Fatalf("pixel %d,%d: %d of 65535, the whole makes %g", at%W, at/W, v, w)
		}
	}
}

func values(x *tensor.Tensor) (low, high float32) {
	low, high = x.Data[0], x.Data[0]
	for _, v := range x.Data {
		low, high = min(low, v), max(high, v)
	}
	return low, high
}

// pairOf is ncnn's two files of a text and made-up weights and biases of fp32.
func pairOf(t *testing.T, text string, sizes [][2]int) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "net.param")
	var bin []byte
	seed := uint32(7)
	for _, l := range sizes {
		bin = append(bin, 0, 0, 0, 0) // fp32 follows
		for range l[0] + l[1] {
			seed = seed*1664525 + 1013904223
			bin = binary.LittleEndian.AppendUint32(bin, math.Float32bits(float32(seed>>8)/(1<<24)-0.4))
		}
	}
	for name, data := range map[string][]byte{path: []byte(text), strings.TrimSuffix(path, ".param") + ".bin": bin} {
		if err := os.WriteFile(name, data, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return path
}
