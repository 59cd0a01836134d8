//go:build cgo

package face

import (
	"context"
	"encoding/binary"
	"image"
	"math"
	"os"
	"path/filepath"
	"testing"

	"pentimento/pipeline/graph"
	"pentimento/pipeline/model"
	"pentimento/pipeline/ort"
	"pentimento/pipeline/pipelinetest"
)

// bytesOf are numbers as a file has them.
func bytesOf(v []float32) []byte {
	var out []byte
	for _, x := range v {
		out = binary.LittleEndian.AppendUint32(out, math.Float32bits(x))
	}
	return out
}

func madeUp(name string) (graph.Weight, bool) {
	shape := map[string][]int64{"knower.weight": {512, 3}, "swapper.weight": {3, 512}}[name]
	if shape == nil {
		return graph.Weight{}, false
	}
	v := pipelinetest.Uniform(name, 1, int(shape[0]), int(shape[1])).Data
	return graph.Weight{Name: name, Type: graph.Float32, Shape: shape, Data: bytesOf(v)}, true
}

// onnx writes a graph as a file of another program.
func onnx(t *testing.T, name string, write func(b *graph.Builder), last ...*graph.Weight) string {
	t.Helper()
	b := graph.NewBuilder(name, madeUp, graph.Variant{})
	write(b)
	g, err := b.Finish()
	if err != nil {
		t.Fatal(err)
	}
	g.Weights = append(g.Weights, last...)
	data, err := g.Encode("")
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), name+".onnx")
	if err := os.WriteFile(path, data, 0o666); err != nil {
		t.Fatal(err)
	}
	return path
}

func squareInput(b *graph.Builder, name string, side int64) graph.Value {
	return b.Input(name, graph.Fixed(1), graph.Fixed(3), graph.Fixed(side), graph.Fixed(side))
}

// knower tells identities by the mean colour, swapper adds an identity's colour to half of the picture: networks of the
// shapes of w600k_r50 and inswapper_128.
func knowerAndSwapper(t *testing.T) (knower, swapper string, turn []float32) {
	knower = onnx(t, "knower", func(b *graph.Builder) {
		x := squareInput(b, "input.1", 112)
		m := b.Op("ReduceMean", "mean", graph.Float32, []graph.Dim{graph.Fixed(1), graph.Fixed(3)}, map[string]any{"keepdims": int64(0)}, x, b.Ints(2, 3))
		b.Output("683", b.Linear("knower", m), graph.Fixed(1), graph.Fixed(512))
	})
	turn = pipelinetest.Uniform("turn", 1, 512, 512).Data
	swapper = onnx(t, "swapper", func(b *graph.Builder) {
		x := squareInput(b, "target", 128)
		who := b.Input("source", graph.Fixed(1), graph.Fixed(512))
		c := b.Op("Reshape", "colour", graph.Float32, []graph.Dim{graph.Fixed(1), graph.Fixed(3), graph.Fixed(1), graph.Fixed(1)}, nil, b.Linear("swapper", who), b.Ints(1, 3, 1, 1))
		b.Output("output", b.Add("out", b.Mul("half", x, b.Scalar(0.5)), c), graph.Fixed(1), graph.Fixed(3), graph.Fixed(128), graph.Fixed(128))
	}, &graph.Weight{Name: "emap", Type: graph.Float32, Shape: []int64{512, 512}, Data: bytesOf(turn)})
	return knower, swapper, turn
}

// What is painted follows from the embedding of the source's aligned face, of length 1, times the file's last matrix, of
// length 1 again.
func TestSwapIsMadeOfEmbeddingAndMatrix(t *testing.T) {
	kp, sp, turn := knowerAndSwapper(t)
	ctx, rt := context.Background(), ort.New(ort.Config{Device: "cpu"})
	k, err := OpenKnower(kp)
	if err != nil {
		t.Fatal(err)
	}
	s, err := OpenSwapper(sp)
	if err != nil || s.Side != 128 {
		t.Fatal(s, err)
	}
	know, err := k.Load(ctx, rt, model.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer know.Close()
	swap, err := s.Load(ctx, rt, model.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer swap.Close()
	img, f := textured(image.Rect(0, 0, 240, 220)), placed(0.2, 0.3, 120, 110)
	square := ArcFace.Onto(f).Cut(img, 112)
	who, err := k.Who(ctx, know, square)
	if err != nil {
		t.Fatal(err)
	}
	latent, err := s.Latent(who)
	if err != nil {
		t.Fatal(err)
	}
	was := s.Onto(f).Cut(img, 128)
	made, err := s.Swap(ctx, swap, was, latent)
	if err != nil {
		t.Fatal(err)
	}
	// The same by hand.
	var mean [3]float64
	for i, v := range square.Pix {
		mean[i%3] += (2*float64(v) - 1) / (112 * 112)
	}
	length := func(v []float64) {
		sum := 0.0
		for _, x := range v {
			sum += x * x
		}
		for i := range v {
			v[i] /= math.Sqrt(sum)
		}
	}
	kw, sw := pipelinetest.Uniform("knower.weight", 1, 512, 3).Data, pipelinetest.Uniform("swapper.weight", 1, 3, 512).Data
	e, l := make([]float64, 512), make([]float64, 512)
	for i := range e {
		for c := range 3 {
			e[i] += float64(kw[3*i+c]) * mean[c]
		}
	}
	length(e)
	for j := range l {
		for i := range e {
			l[j] += e[i] * float64(turn[i*512+j])
		}
	}
	length(l)
	for i, v := range made.Pix {
		want := 0.5 * float64(was.Pix[i])
		for j := range l {
			if i >= 3*200 {
				break
			}
			want += float64(sw[(i%3)*512+j]) * l[j]
		}
		if i < 3*200 && math.Abs(math.Min(math.Max(want, 0), 1)-float64(v)) > 1e-5 {
			t.Fatalf("value %d is %g, want %g", i, v, want)
		}
	}
}

// Files of other shapes are refused, each for the other and a swapper without its matrix.
func TestFilesForSwappingAreToldApart(t *testing.T) {
	kp, sp, _ := knowerAndSwapper(t)
	if _, err := OpenSwapper(kp); err == nil {
		t.Error("a network that knows faces was taken for one that swaps them")
	}
	if _, err := OpenKnower(sp); err == nil {
		t.Error("a network that swaps faces was taken for one that knows them")
	}
	if f, ok, err := Open(sp); ok || err != nil {
		t.Errorf("a network that swaps faces was taken for %v, %v", f, err)
	}
	bare := onnx(t, "bare", func(b *graph.Builder) {
		x := squareInput(b, "target", 128)
		who := b.Input("source", graph.Fixed(1), graph.Fixed(512))
		c := b.Op("Reshape", "colour", graph.Float32, nil, nil, b.Linear("swapper", who), b.Ints(1, 3, 1, 1))
		b.Output("output", b.Add("out", x, c), graph.Fixed(1), graph.Fixed(3), graph.Fixed(128), graph.Fixed(128))
	})
	if _, err := OpenSwapper(bare); err == nil {
		t.Error("a swapper without its matrix was taken")
	}
}

// Exports of other programs: a square of the usual range, and one with a number, in double precision and without dimensions.
func TestForeignRestorersTakeTheirWeight(t *testing.T) {
	double := func(shape ...graph.Dim) string {
		return onnx(t, "codeformer_export", func(b *graph.Builder) {
			x := squareInput(b, "input", 64)
			w := b.Input("weight", shape...)
			b.Output("output", b.Mul("by", x, w), graph.Fixed(1), graph.Fixed(3), graph.Fixed(64), graph.Fixed(64))
		})
	}
	for name, path := range map[string]string{"one number": double(graph.Fixed(1)), "no dimensions": double()} {
		n := load(t, path)
		if n.Kind != CodeFormer || n.Side != 64 || !n.Weighs {
			t.Fatalf("%s: found %+v", name, n.File)
		}
		s := newSquare(64, 64)
		for i := range s.Pix {
			s.Pix[i] = float32(i%100) / 99
		}
		out, err := n.Restore(context.Background(), s, 0.5)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		for i, v := range out.Pix {
			if want := (0.5*(2*s.Pix[i]-1) + 1) / 2; math.Abs(float64(v-want)) > 1e-6 {
				t.Fatalf("%s: value %d is %g, want %g", name, i, v, want)
			}
		}
	}
}

// Matched colours have the mean and the spread of what they are to be like; colours of sRGB survive the way there and back.
func TestMatchBringsTheStatistics(t *testing.T) {
	made, like, mask := newSquare(40, 40), newSquare(40, 40), make([]float32, 1600)
	for i := range mask {
		mask[i] = 1
		for c := range 3 {
			made.Pix[3*i+c] = float32(0.4 + 0.2*math.Sin(float64(i*(c+1))))
			like.Pix[3*i+c] = float32(0.5 + 0.1*float64(c-1) + 0.15*math.Cos(float64(i*(c+2))))
		}
	}
	before := append([]float32{}, made.Pix...)
	Match(made, made, mask, 1)
	for i, v := range made.Pix {
		if math.Abs(float64(v-before[i])) > 1e-5 {
			t.Fatalf("a square like itself changed at %d: %g, was %g", i, v, before[i])
		}
	}
	Match(made, like, mask, 1)
	is, want := statistics(made, mask), statistics(like, mask)
	for c := range is {
		if math.Abs(is[c].mean-want[c].mean) > 0.5 || math.Abs(is[c].spread-want[c].spread) > 0.5 {
			t.Errorf("channel %d: %+v, want %+v", c, is[c], want[c])
		}
	}
}
