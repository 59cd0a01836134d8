package cutout

import (
	"context"
	"errors"
	"image"
	"image/color"
	"math"
	"math/rand"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"pentimento/fault"
	"pentimento/pipeline/graph"
	"pentimento/pipeline/model"
	"pentimento/pipeline/pipelinetest"
	"pentimento/pipeline/tensor"
)

// TestFilesAreToldByTheirShapes: what a network reads, how many maps it gives and what it is made of.
func TestFilesAreToldByTheirShapes(t *testing.T) {
	for name, c := range map[string]struct {
		side int64
		maps int
		op   string
		want string
		size int
	}{
		"u2net": {320, 7, "Sigmoid", "u2net", 320}, "free u2net": {0, 7, "Sigmoid", "u2net", 320}, "isnet": {1024, 12, "Sigmoid", "isnet", 1024}, "rmbg 1.4": {0, 1, "Sigmoid", "isnet", 1024},
		"birefnet": {1024, 1, "Softmax", "birefnet", 1024}, "birefnet of 2048": {2048, 1, "Erf", "birefnet", 2048}, "free birefnet": {0, 1, "LayerNormalization", "birefnet", 1024},
	} {
		path := filepath.Join(t.TempDir(), "net.onnx")
		if err := pipelinetest.WriteSegmenter(path, c.side, c.maps, c.op); err != nil {
			t.Fatal(err)
		}
		f, err := Open(path, "")
		if err != nil || f.Kind.Name != c.want || f.W != c.size || f.H != c.size {
			t.Errorf("%s: %+v, %v", name, f, err)
		}
		if f, err := Open(path, "person"); err != nil || f.Kind.Name != "person" {
			t.Errorf("%s, as it is called: %+v, %v", name, f, err)
		}
		if _, err := Open(path, "u2nett"); err == nil || !strings.Contains(fault.Hint(err), "u2net?") {
			t.Errorf("a kind of no name: %v", err)
		}
	}
	path := filepath.Join(t.TempDir(), "none.onnx")
	if err := pipelinetest.WriteSegmenter(path, 8, 1, "Sigmoid"); err != nil {
		t.Fatal(err)
	}
	if _, err := Open(path, ""); err == nil || !strings.Contains(err.Error(), "want 16 to 4096") || fault.Hint(err) != Files {
		t.Errorf("a network of 8×8: %v", err)
	}
}

// find runs a network that gives a constant map, and says what it was shown.
func find(t *testing.T, kind string, img *image.NRGBA, gives func(i int) float32) (*Matte, *tensor.Tensor, error) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "net.onnx")
	if err := pipelinetest.WriteSegmenter(path, 32, 1, "Sigmoid"); err != nil {
		t.Fatal(err)
	}
	f, err := Open(path, kind)
	if err != nil {
		t.Fatal(err)
	}
	var seen *tensor.Tensor
	n, err := f.Load(t.Context(), &pipelinetest.Runtime{Eval: func(_ context.Context, _ *graph.Graph, in map[string]*tensor.Tensor) (map[string]*tensor.Tensor, error) {
		seen = in["our picture"]
		out := tensor.New(1, 1, 32, 32)
		for i := range out.Data {
			out.Data[i] = gives(i)
		}
		return map[string]*tensor.Tensor{"our map": out}, nil
	}}, model.Options{})
	if err != nil {
		t.Fatal(err)
	}
	m, err := n.Find(t.Context(), img)
	return m, seen, err
}

// TestKindsShowAndReadAsTheirOwnPrograms: a flat picture comes as its normalised values, and maps as shares.
func TestKindsShowAndReadAsTheirOwnPrograms(t *testing.T) {
	img := image.NewNRGBA(image.Rect(3, 5, 83, 65))
	for i := range img.Pix {
		img.Pix[i] = []uint8{51, 102, 204, 255}[i%4]
	}
	half := func(i int) float32 { return float32(i%2)*0.6 + 0.2 } // 0.2, 0.8
	for kind, c := range map[string]struct {
		shown [3]float64
		gives func(int) float32
		want  [2]float64
	}{
		"person":   {[3]float64{0.2, 0.4, 0.8}, half, [2]float64{0, 1}},
		"u2net":    {[3]float64{(0.25 - 0.485) / 0.229, (0.5 - 0.456) / 0.224, (1 - 0.406) / 0.225}, half, [2]float64{0, 1}},
		"isnet":    {[3]float64{-0.3, -0.1, 0.3}, half, [2]float64{0, 1}},
		"birefnet": {[3]float64{(0.2 - 0.485) / 0.229, (0.4 - 0.456) / 0.224, (0.8 - 0.406) / 0.225}, func(i int) float32 { return float32(i%2)*4 - 2 }, [2]float64{0.1192, 0.8808}},
	} {
		m, seen, err := find(t, kind, img, c.gives)
		if err != nil {
			t.Fatal(kind, err)
		}
		for ch := range 3 {
			if v := float64(seen.Data[ch*32*32+500]); math.Abs(v-c.shown[ch]) > 1e-5 {
				t.Errorf("%s is shown %g in channel %d, want %g", kind, v, ch, c.shown[ch])
			}
		}
		if math.Abs(float64(m.A[0])-c.want[0]) > 1e-4 || math.Abs(float64(m.A[1])-c.want[1]) > 1e-4 {
			t.Errorf("%s reads %v, want %v", kind, m.A[:2], c.want)
		}
		if _, _, err := find(t, kind, img, func(int) float32 { return 0.1 - 4*float32(len(kind)/8) }); !errors.Is(err, ErrNothing) {
			t.Errorf("%s found a subject in nothing: %v", kind, err)
		}
	}
}

// scene is a subject with a slanting edge, soft over some pixels, before a background, with noise; and its shares.
func scene(w, h int, seed int64) (*image.NRGBA, *Matte) {
	rng := rand.New(rand.NewSource(seed))
	img, m := image.NewNRGBA(image.Rect(0, 0, w, h)), &Matte{w, h, make([]float32, w*h)}
	for y := range h {
		for x := range w {
			edge := float64(w)/2 + float64(y)/4 + 6*math.Sin(float64(y)/7)
			a := min(max((edge-float64(x))/6+0.5, 0), 1)
			m.A[y*w+x] = float32(a)
			n := rng.Float64()*8 - 4
			mix := func(f, b float64) uint8 { return uint8(a*f + (1-a)*b + n + 0.5) }
			img.SetNRGBA(x, y, color.NRGBA{mix(200, 20), mix(60, 180), mix(40, 90), 255})
		}
	}
	return img, m
}

func apart(a, b []float32) (mean float64) {
	for i := range a {
		mean += math.Abs(float64(a[i]-b[i])) / float64(len(a))
	}
	return mean
}

// TestTheGuidedFilterFindsThePicturesEdge: of a matte of coarse blocks comes the true one, nearer than by enlarging, by
// colour and by lightness, on the whole picture and on a smaller one.
func TestTheGuidedFilterFindsThePicturesEdge(t *testing.T) {
	img, truth := scene(160, 120, 1)
	rough, err := plane(t.Context(), truth.A, 160, 120, 20, 15)
	if err != nil {
		t.Fatal(err)
	}
	for i, a := range rough {
		rough[i] = float32(math.Round(float64(a)))
	}
	m := &Matte{20, 15, rough}
	plainly, err := Refine(t.Context(), img, m, Refining{Radius: -1}, nil)
	if err != nil {
		t.Fatal(err)
	}
	before := apart(plainly.A, truth.A)
	for _, o := range []Refining{{}, {Grey: true}, {Radius: 7}, {Radius: 32}} {
		got, err := Refine(t.Context(), img, m, o, nil)
		if err != nil {
			t.Fatal(err)
		}
		most := before / 2
		if o.Grey { // subject and ground are nearly as light as each other
			most = 0.8 * before
		}
		if after := apart(got.A, truth.A); after > most || got.W != 160 || got.H != 120 {
			t.Errorf("%+v is %.4f apart of the truth, enlarging %.4f", o, after, before)
		}
	}
}

// TestTheFilterIsThatOfThePaper: its coefficients at full size are those of the equations, window by window.
func TestTheFilterIsThatOfThePaper(t *testing.T) {
	const w, h, r, eps = 17, 13, 2, 1e-3
	img, _ := scene(w, h, 2)
	rng := rand.New(rand.NewSource(3))
	p := make([]float32, w*h)
	for i := range p {
		p[i] = rng.Float32()
	}
	for _, grey := range []bool{false, true} {
		g := newGuided(img, r, Refining{Eps: eps, Grey: grey})
		g.guide = g.small(t.Context(), img)
		guide := [][]float32{}
		for _, v := range g.guide {
			guide = append(guide, append([]float32(nil), v...))
		}
		if err := g.fit(t.Context(), append([]float32(nil), p...), func(float64) {}); err != nil {
			t.Fatal(err)
		}
		want := byEquations(guide, p, w, h, r, eps)
		for c := range want {
			for i, v := range want[c] {
				if math.Abs(v-float64(g.a[c][i])) > 2e-3*(1+math.Abs(v)) {
					t.Fatalf("grey %v: coefficient %d at %d is %g, want %g", grey, c, i, g.a[c][i], v)
				}
			}
		}
	}
}

// byEquations are the means of the coefficients, by going over every window and solving by elimination.
func byEquations(guide [][]float32, p []float32, w, h, r int, eps float64) [][]float64 {
	n := len(guide)
	coef := make([][]float64, n+1)
	mean := make([][]float64, n+1)
	for c := range coef {
		coef[c], mean[c] = make([]float64, w*h), make([]float64, w*h)
	}
	around := func(i int, do func(j int)) (count float64) {
		for y := max(i/w-r, 0); y <= min(i/w+r, h-1); y++ {
			for x := max(i%w-r, 0); x <= min(i%w+r, w-1); x++ {
				do(y*w + x)
				count++
			}
		}
		return count
	}
	for i := range p {
		m, mp := make([]float64, n), 0.0
		count := around(i, func(j int) {
			mp += float64(p[j])
			for c := range n {
				m[c] += float64(guide[c][j])
			}
		})
		rows := make([][]float64, n)
		for c := range n {
			rows[c] = make([]float64, n+1)
		}
		around(i, func(j int) {
			for c := range n {
				for d := range n {
					rows[c][d] += (float64(guide[c][j]) - m[c]/count) * (float64(guide[d][j]) - m[d]/count) / count
				}
				rows[c][n] += (float64(guide[c][j]) - m[c]/count) * (float64(p[j]) - mp/count) / count
			}
		})
		for c := range n {
			rows[c][c] += eps
		}
		for c := range n { // Gauss and Jordan; the matrix is positive
			for d := range n {
				if f := rows[d][c] / rows[c][c]; d != c {
					for k := c; k <= n; k++ {
						rows[d][k] -= f * rows[c][k]
					}
				}
			}
		}
		rest := mp / count
		for c := range n {
			coef[c][i] = rows[c][n] / rows[c][c]
			rest -= coef[c][i] * m[c] / count
		}
		coef[n][i] = rest
	}
	for c := range coef {
		for i := range p {
			count := around(i, func(j int) { mean[c][i] += coef[c][j] })
			mean[c][i] /= count
		}
	}
	return mean
}

// TestCleanTakesTheBackgroundOut of soft edges: their colours are the subject's, what is no edge keeps its bits, and
// tiles leave no seam.
func TestCleanTakesTheBackgroundOut(t *testing.T) {
	img, m := scene(tile+160, 150, 4)
	was := append([]uint8(nil), img.Pix...)
	if err := Clean(t.Context(), PixelsOf(img), m, nil); err != nil {
		t.Fatal(err)
	}
	worst, mean, n := 0.0, 0.0, 0.0
	for i, a := range m.A {
		p, before := img.Pix[4*i:4*i+4], was[4*i:4*i+4]
		if a == 0 || a == 1 {
			if [4]uint8(p) != [4]uint8(before) {
				t.Fatalf("pixel %d is no edge and was changed", i)
			}
			continue
		}
		d := math.Abs(float64(p[1]) - 60)
		worst, mean, n = max(worst, d), mean+d, n+1
	}
	if mean /= n; mean > 6 || worst > 40 {
		t.Errorf("green of the edge is %.1f off on the mean and %.1f at worst; mixed with the background it was up to 120", mean, worst)
	}
	whole := estimate(t.Context(), PixelsOf(mustScene(4)), m, image.Rect(0, 0, m.W, m.H))
	for i, a := range m.A {
		if x, y := i%m.W, i/m.W; a > 0 && a < 1 {
			r, g, b := whole.at(x, y)
			for c, v := range [3]float32{r, g, b} {
				if d := int(255*v+0.5) - int(img.Pix[4*i+c]); d < -1 || d > 1 {
					t.Fatalf("at %d, %d a tile gives %d, the whole %g", x, y, img.Pix[4*i+c], 255*v)
				}
			}
		}
	}
}

func mustScene(seed int64) *image.NRGBA { img, _ := scene(tile+160, 150, seed); return img }

// TestEndedContextsEndTheWork with their error.
func TestEndedContextsEndTheWork(t *testing.T) {
	img, m := scene(64, 64, 5)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := Refine(ctx, img, m, Refining{}, nil); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
	if err := Clean(ctx, PixelsOf(img), m, nil); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
}

// TestNetworksOfOtherThingsAreRefused: what finds text reads and makes the same as what parts subjects, and is told by how its map
// is made; a network that gives a number gives no map.
func TestNetworksOfOtherThingsAreRefused(t *testing.T) {
	write := func(side int64, ops ...string) string {
		shape := func(c, n int64) []graph.Dim {
			return []graph.Dim{graph.Fixed(1), graph.Fixed(c), graph.Fixed(n), graph.Fixed(n)}
		}
		g := &graph.Graph{Name: "theirs", Inputs: []graph.Value{{Name: "input", Type: graph.Float32, Shape: shape(3, 640)}}, Outputs: []graph.Value{{Name: "map", Type: graph.Float32, Shape: shape(1, side)}}}
		last := "input"
		for i, op := range ops {
			next := "value" + string(rune('0'+i))
			if i == len(ops)-1 {
				next = "map"
			}
			g.Nodes = append(g.Nodes, &graph.Node{Op: op, Inputs: []string{last}, Outputs: []string{next}})
			last = next
		}
		path := filepath.Join(t.TempDir(), "net.onnx")
		data, err := g.Encode(filepath.Dir(path))
		if err == nil {
			err = os.WriteFile(path, data, 0o600)
		}
		if err != nil {
			t.Fatal(err)
		}
		return path
	}
	text := write(640, "Conv", "ConvTranspose", "Add", "BatchNormalization", "Relu", "ConvTranspose", "Add", "Sigmoid")
	if _, err := Open(text, ""); err == nil || !strings.Contains(err.Error(), "finds text") || fault.Hint(err) == "" {
		t.Errorf("a network that finds text: %v", err)
	}
	if f, err := Open(text, "u2net"); err != nil || f.Kind.Name != "u2net" {
		t.Errorf("by a kind that is named: %+v, %v", f, err)
	}
	if _, err := Open(write(640, "ConvTranspose", "Conv", "Sigmoid"), ""); err != nil {
		t.Errorf("one transposed convolution makes no detector of text: %v", err)
	}
	if _, err := Open(write(1, "Sigmoid"), ""); err == nil || !strings.Contains(err.Error(), "[1,1,1,1]") {
		t.Errorf("a network that gives a number: %v", err)
	}
}
