package segment

import (
	"context"
	"image"
	"image/color"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"pentimento/fault"
	"pentimento/pipeline/graph"
	"pentimento/pipeline/model"
	"pentimento/pipeline/pipelinetest"
	"pentimento/pipeline/tensor"
)

var layouts = []string{"sam", "edgesam", "sam2", "efficientsam", "efficientsam1"}

// TestFilesAreToldByTheirSignatures, in either order, and the other half is found beside one.
func TestFilesAreToldByTheirSignatures(t *testing.T) {
	for _, layout := range layouts {
		paths := pipelinetest.WriteSAM(t, t.TempDir(), layout)
		p, err := Open(paths...)
		if err != nil {
			t.Fatal(layout, err)
		}
		want := 64
		if strings.HasPrefix(layout, "efficient") {
			want = usual
		}
		if p.Encoder != paths[0] || p.Decoder != paths[len(paths)-1] || p.stretch != (layout == "sam2") || p.raw != (want == usual) || p.Side != want || p.Name() != strings.TrimSuffix(layout, "1") {
			t.Errorf("%s: %q, %q, side %d, stretched %v, raw %v, called %q", layout, p.Encoder, p.Decoder, p.Side, p.stretch, p.raw, p.Name())
		}
		if len(paths) == 1 {
			continue
		}
		if q, err := Open(paths[1], paths[0]); err != nil || q.Encoder != p.Encoder {
			t.Errorf("%s the other way round: %v", layout, err)
		}
		if Other(paths[0]) != paths[1] || Other(paths[1]) != paths[0] {
			t.Errorf("%s: beside them stand %q and %q", layout, Other(paths[0]), Other(paths[1]))
		}
		if _, err := Open(paths[0]); err == nil || !strings.Contains(err.Error(), "decoder is missing") {
			t.Errorf("%s: the encoder alone: %v", layout, err)
		}
		if _, err := Open(paths[1], paths[1]); err == nil || !strings.Contains(err.Error(), "encoder is missing") {
			t.Errorf("%s: the decoder twice: %v", layout, err)
		}
	}
}

// TestAWrongFileSaysWhatItIs: another kind of network, a pair of two exports, and no network at all.
func TestAWrongFileSaysWhatItIs(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "u2net.onnx")
	if err := pipelinetest.WriteSegmenter(path, 320, 7, "Sigmoid"); err != nil {
		t.Fatal(err)
	}
	if _, err := Open(path); err == nil || !strings.Contains(err.Error(), "reads input [1,3,320,320] and makes map0") || fault.Hint(err) != Files {
		t.Errorf("%v (%s)", err, fault.Hint(err))
	}
	sam, two := pipelinetest.WriteSAM(t, dir, "sam"), pipelinetest.WriteSAM(t, dir, "sam2")
	if _, err := Open(sam[0], two[1]); err == nil || !strings.Contains(err.Error(), "don't belong together") {
		t.Errorf("halves of two exports: %v", err)
	}
	text := filepath.Join(dir, "text.onnx")
	if err := os.WriteFile(text, []byte("no network"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, paths := range [][]string{{text}, {filepath.Join(dir, "none.onnx")}, {}, {sam[0], sam[1], sam[1]}} {
		if _, err := Open(paths...); err == nil {
			t.Errorf("%q is taken", paths)
		}
	}
}

// seen is what the networks of a layout are shown.
type seen struct {
	runs []string
	in   map[string]*tensor.Tensor
}

// shown opens a layout's networks on a runtime that remembers what it is shown, and gives masks of one
// value after the other.
func shown(t *testing.T, layout string, masks, side int) (*Network, *seen) {
	t.Helper()
	p, err := Open(pipelinetest.WriteSAM(t, t.TempDir(), layout)...)
	if err != nil {
		t.Fatal(err)
	}
	s := &seen{in: map[string]*tensor.Tensor{}}
	n, err := p.Load(t.Context(), &pipelinetest.Runtime{Eval: func(_ context.Context, g *graph.Graph, in map[string]*tensor.Tensor) (map[string]*tensor.Tensor, error) {
		for k, v := range in {
			s.in[strings.TrimPrefix(k, "our ")] = v
		}
		out := map[string]*tensor.Tensor{}
		for _, v := range g.Outputs {
			name := strings.TrimPrefix(v.Name, "our ")
			switch {
			case strings.Contains(name, "low_res"):
				out[v.Name] = tensor.New(1, masks, 32, 32)
			case strings.Contains(name, "masks"):
				out[v.Name] = tensor.New(1, masks, side, side)
				for i := range out[v.Name].Data {
					out[v.Name].Data[i] = float32(i/(side*side)) - 1
				}
			case name == "iou_predictions":
				out[v.Name] = tensor.New(1, masks)
				for i := range masks {
					out[v.Name].Data[i] = []float32{0.9, 0.2, 0.8, 0.5}[i]
				}
			default:
				out[v.Name] = tensor.New(1, 1, 32, 32)
			}
		}
		s.runs = append(s.runs, g.Outputs[0].Name)
		return out, nil
	}}, model.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = n.Close() })
	return n, s
}

func flat(w, h int, c color.NRGBA) *image.NRGBA {
	img := image.NewNRGBA(image.Rect(-5, 3, w-5, h+3))
	for i := range img.Pix {
		img.Pix[i] = []uint8{c.R, c.G, c.B, c.A}[i%4]
	}
	return img
}

func quiet(string) {}

// TestPicturesAndPointsComeAsTheirProgramsGiveThem: normalised and padded, stretched, or as they are; points with them.
func TestPicturesAndPointsComeAsTheirProgramsGiveThem(t *testing.T) {
	img := flat(128, 64, color.NRGBA{255, 51, 0, 255})
	norm := func(c int, v float32) float32 { return (v - mean[c]) / deviation[c] }
	for layout, want := range map[string]struct {
		shape  []int
		red    float32
		below  float32 // in row 40 of the first channel
		coords []float32
		labels []float32
	}{
		"sam":           {[]int{1, 3, 64, 64}, norm(0, 255), 0, []float32{16, 8, 0, 0}, []float32{1, -1}},
		"edgesam":       {[]int{1, 3, 64, 64}, norm(0, 255), 0, []float32{16, 8, 0, 0}, []float32{1, -1}},
		"sam2":          {[]int{1, 3, 64, 64}, norm(0, 255), norm(0, 255), []float32{16, 16, 0, 0}, []float32{1, -1}},
		"efficientsam":  {[]int{1, 3, 64, 128}, 1, 1, []float32{32, 16}, []float32{1}},
		"efficientsam1": {[]int{1, 3, 64, 128}, 1, 1, []float32{32, 16}, []float32{1}},
	} {
		n, s := shown(t, layout, 1, 32)
		if _, err := n.Find(t.Context(), img, [][]Point{{{32, 16, In}}}, quiet); err != nil {
			t.Fatal(layout, err)
		}
		x, xy, l := s.in["image"], s.in["point_coords"], s.in["point_labels"]
		if n.raw {
			x, xy, l = s.in["batched_images"], s.in["batched_point_coords"], s.in["batched_point_labels"]
		}
		w := want.shape[3]
		if !slices.Equal(x.Shape, want.shape) || math.Abs(float64(x.Data[10*w+10]-want.red)) > 1e-6 || math.Abs(float64(x.Data[40*w+10]-want.below)) > 1e-6 {
			t.Errorf("%s is shown %v with %g and %g", layout, x.Shape, x.Data[10*w+10], x.Data[40*w+10])
		}
		if !slices.Equal(xy.Data, want.coords) || !slices.Equal(l.Data, want.labels) || len(xy.Shape) != len(l.Shape)+1 {
			t.Errorf("%s is told %v %v, labels %v %v", layout, xy.Shape, xy.Data, l.Shape, l.Data)
		}
		if size := s.in["orig_im_size"]; layout == "sam" && !slices.Equal(size.Data, []float32{64, 128}) {
			t.Errorf("the size is %v", size.Data)
		}
	}
}

// TestAPictureIsEncodedOnce while its pixels stay, and each click is decoded with the mask of those before it.
func TestAPictureIsEncodedOnce(t *testing.T) {
	n, s := shown(t, "sam", 1, 32)
	img := flat(64, 64, color.NRGBA{200, 100, 50, 255})
	one, two := []Point{{10, 10, In}}, []Point{{40, 40, Out}}
	find := func(want int, has float32, clicks ...[]Point) {
		t.Helper()
		before := len(s.runs)
		if _, err := n.Find(t.Context(), img, clicks, quiet); err != nil {
			t.Fatal(err)
		}
		if got := s.in["has_mask_input"].Data[0]; len(s.runs)-before != want || got != has {
			t.Errorf("%d runs, the last with a mask: %v; want %d, %v", len(s.runs)-before, got, want, has)
		}
	}
	find(2, 0, one)
	find(1, 1, one, two)
	find(1, 0, one) // as if nothing had been before
	find(2, 1, two, one)
	img.Pix[1234]++
	find(2, 0, two)
}

// TestTheBestMaskIsTheFirst: of several the one with the best score, and of four for more than one point the one that is
// made for them; masks of the padded square are cut to the picture.
func TestTheBestMaskIsTheFirst(t *testing.T) {
	img := flat(64, 32, color.NRGBA{200, 100, 50, 255})
	for _, c := range []struct {
		layout string
		masks  int
		points []Point
		want   uint8 // of the best mask, whose logits are its number less one
		score  float64
	}{
		{"sam", 4, []Point{{10, 10, In}}, 255, 0.8}, {"sam", 4, []Point{{10, 10, In}, {20, 20, Out}}, 0, 0.9}, {"sam", 3, []Point{{10, 10, In}}, 0, 0.9}, {"efficientsam", 2, []Point{{10, 10, In}}, 0, 0.9},
	} {
		n, _ := shown(t, c.layout, c.masks, 32)
		got, err := n.Find(t.Context(), img, [][]Point{c.points}, quiet)
		if err != nil || len(got) != c.masks || got[0].Cover.Rect != image.Rect(0, 0, 64, 32) || got[0].Cover.Pix[900] != c.want || math.Abs(got[0].Score-c.score) > 1e-6 {
			t.Errorf("%s with %d masks and %d points: %d masks, %v", c.layout, c.masks, len(c.points), len(got), err)
		}
	}
	f := field{v: make([]float32, 8*8), w: 8, h: 8}
	for i := range f.v {
		f.v[i] = -4
		if i%8 < 4 && i/8 < 2 {
			f.v[i] = 4
		}
	}
	f.used(1, 0.5)
	if m := f.cover(16, 8); m.AlphaAt(3, 2).A != 255 || m.AlphaAt(9, 2).A != 0 || m.AlphaAt(3, 5).A != 0 {
		t.Errorf("the square's upper half is %v", m.Pix)
	}
}
