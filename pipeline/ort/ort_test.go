package ort

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io/fs"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"pentimento/pipeline/graph"
	"pentimento/pipeline/model"
	"pentimento/pipeline/tensor"
)

// chain is y = x·W₁·W₂·… with n square weights in one file, at an odd offset.
func chain(t testing.TB, width, n int) (*graph.Graph, string, [][]float32) {
	t.Helper()
	rng := rand.New(rand.NewPCG(7, 7))
	path := filepath.Join(t.TempDir(), "weights.bin")
	data := []byte{1, 2, 3} // so that no weight is aligned
	g := &graph.Graph{
		Name:    "chain",
		Inputs:  []graph.Value{{Name: "x", Type: graph.Float32, Shape: []graph.Dim{{Name: "rows"}, {Fixed: int64(width)}}}},
		Outputs: []graph.Value{{Name: "y", Type: graph.Float32, Shape: []graph.Dim{{Name: "rows"}, {Fixed: int64(width)}}}},
	}
	var values [][]float32
	from := "x"
	for i := range n {
		w := make([]float32, width*width)
		name := fmt.Sprintf("w%d", i)
		g.Weights = append(g.Weights, &graph.Weight{Name: name, Type: graph.Float32, Shape: []int64{int64(width), int64(width)},
			File: path, Offset: int64(len(data)), Length: int64(4 * len(w))})
		for j := range w {
			w[j] = float32(rng.NormFloat64() / math.Sqrt(float64(width)))
			data = binary.LittleEndian.AppendUint32(data, math.Float32bits(w[j]))
		}
		values = append(values, w)
		to := "y" + name
		if i == n-1 {
			to = "y"
		}
		g.Nodes = append(g.Nodes, &graph.Node{Op: "Gemm", Name: name, Inputs: []string{from, name}, Outputs: []string{to}})
		from = to
	}
	if err := os.WriteFile(path, data, 0o600); err != nil {
		t.Fatal(err)
	}
	return g, path, values
}

func row(rows, width int) *tensor.Tensor {
	x := tensor.New(rows, width)
	for i := range x.Data {
		x.Data[i] = float32(math.Sin(float64(i)))
	}
	return x
}

func open(t testing.TB, g *graph.Graph, o model.Options) model.Session {
	t.Helper()
	s, err := New(Config{}).Open(context.Background(), g, o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	return s
}

func run(t testing.TB, s model.Session, x *tensor.Tensor) *tensor.Tensor {
	t.Helper()
	out, err := s.Run(context.Background(), map[string]*tensor.Tensor{"x": x})
	if err != nil {
		t.Fatal(err)
	}
	return out["y"]
}

func multiply(x []float32, w []float32, width int) []float32 {
	out := make([]float32, len(x))
	for r := 0; r < len(x); r += width {
		for c := range width {
			s := 0.0
			for k := range width {
				s += float64(x[r+k]) * float64(w[k*width+c])
			}
			out[r+c] = float32(s)
		}
	}
	return out
}

func worst(a, b []float32) float64 {
	w := 0.0
	for i := range a {
		w = max(w, math.Abs(float64(a[i])-float64(b[i])))
	}
	return w
}

func TestMappedWeightsGiveTheRightProduct(t *testing.T) {
	const width = 48
	g, _, weights := chain(t, width, 3)
	for name, o := range map[string]model.Options{
		"quick": {}, "fast": {Fast: true}, "low memory": {LowMemory: true}, "release": {Fast: true, Release: true}, "one thread": {Threads: 1},
	} {
		s := open(t, g, o)
		for _, rows := range []int{1, 5, 2} { // one session, every number of rows
			x := row(rows, width)
			want := x.Data
			for _, w := range weights {
				want = multiply(want, w, width)
			}
			got := run(t, s, x)
			if got.Shape[0] != rows || worst(got.Data, want) > 1e-5 {
				t.Errorf("%s, %d rows: shape %v, off by %g", name, rows, got.Shape, worst(got.Data, want))
			}
		}
	}
}

func TestWeightsInMemoryAndInFileAgree(t *testing.T) {
	for _, width := range []int{32, 600} { // written into the model, and handed over apart
		g, path, _ := chain(t, width, 3)
		want := run(t, open(t, g, model.Options{}), row(2, width))
		data, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		for name, keep := range map[string]int{"all in memory": -1, "one in the file": 1} {
			inside := *g
			inside.Weights = nil
			for i, w := range g.Weights {
				c := *w
				if i != keep {
					c.File, c.Data = "", slices.Clone(data[w.Offset:w.Offset+w.Length])
				}
				inside.Weights = append(inside.Weights, &c)
			}
			_, apart, err := handOver(context.Background(), &inside)
			if err != nil || (len(apart) == 2) != (width == 600 && keep >= 0) {
				t.Errorf("%s, width %d: %d weights are handed over apart", name, width, len(apart))
			}
			for _, fast := range []bool{false, true} {
				s := open(t, &inside, model.Options{Fast: fast})
				for _, w := range inside.Weights {
					clear(w.Data) // a session keeps nothing of the caller's memory
				}
				got := run(t, s, row(2, width))
				if worst(got.Data, want.Data) > 1e-5 {
					t.Errorf("%s, width %d, fast %v: off by %g", name, width, fast, worst(got.Data, want.Data))
				}
				for i, w := range inside.Weights {
					if i != keep {
						copy(w.Data, data[g.Weights[i].Offset:])
					}
				}
			}
		}
	}
}

// A merged weight may be larger than any tensor of the file, because it is wider in type;
// it is handed over like the others.
func TestWeightsWiderThanTheFileAreHandedOver(t *testing.T) {
	const width = 600
	g, _, values := chain(t, width, 3)
	want := run(t, open(t, g, model.Options{}), row(2, width))
	// The middle weight and the last as one of twice the columns, of which Slice takes its half.
	both := &graph.Weight{Name: "both", Type: graph.Float32, Shape: []int64{width, 2 * width}}
	for i := range width {
		for _, w := range values[1:] {
			for _, v := range w[i*width : (i+1)*width] {
				both.Data = binary.LittleEndian.AppendUint32(both.Data, math.Float32bits(v))
			}
		}
	}
	g.Weights = []*graph.Weight{g.Weights[0], both, ints("0", 0), ints("1", 1), ints("w", width), ints("2w", 2*width)}
	half := func(name, from, to string) *graph.Node {
		return &graph.Node{Op: "Slice", Name: "half " + name, Inputs: []string{"both", from, to, "1"}, Outputs: []string{name}}
	}
	g.Nodes = append([]*graph.Node{half("w1", "0", "w"), half("w2", "w", "2w")}, g.Nodes...)
	if _, apart, err := handOver(context.Background(), g); err != nil || len(apart) != 1 {
		t.Errorf("%d weights are handed over apart, want the one of twice the size", len(apart))
	}
	for _, fast := range []bool{false, true} {
		if got := run(t, open(t, g, model.Options{Fast: fast}), row(2, width)); worst(got.Data, want.Data) > 1e-5 {
			t.Errorf("fast %v: off by %g", fast, worst(got.Data, want.Data))
		}
	}
}

func ints(name string, v int64) *graph.Weight {
	return &graph.Weight{Name: name, Type: graph.Int64, Shape: []int64{1}, Data: binary.LittleEndian.AppendUint64(nil, uint64(v))}
}

func TestExternalDataStaysInTheModelsFolder(t *testing.T) {
	g, path, _ := chain(t, 8, 1)
	inner := filepath.Join(filepath.Dir(path), "inner")
	if err := os.Mkdir(inner, 0o700); err != nil {
		t.Fatal(err)
	}
	if _, err := g.Encode(inner); err == nil {
		t.Error("a graph whose weights lie above the folder was encoded")
	}
	// The runtime itself must refuse as well, whatever the bytes say.
	if _, _, err := load(""); err != nil {
		t.Fatal(err)
	}
	encoded, err := g.Encode(filepath.Dir(path))
	if err != nil {
		t.Fatal(err)
	}
	encoded = []byte(strings.Replace(string(encoded), "weights.bin", "../ghts.bin", 1))
	if err := os.Symlink(path, filepath.Join(filepath.Dir(path), "ghts.bin")); err != nil {
		t.Fatal(err)
	}
	opt, err := newOptions(choose(inner, kinds[len(kinds)-1], model.Options{}, false))
	if err != nil {
		t.Fatal(err)
	}
	defer opt.free()
	if h, err := newHandle(opt, encoded, g); err == nil {
		h.free()
		t.Error("the runtime opened weights outside the model's folder")
	}
}

func TestCutFileEndsTheRunNotTheProgram(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("Windows does not let a mapped file be cut")
	}
	const width = 2048
	g, path, _ := chain(t, width, 12) // 200 MB, read over and over
	s := open(t, g, model.Options{})
	x := row(64, width)
	run(t, s, x)
	for i, cut := range []int64{100 << 20, 4096} {
		go func() {
			time.Sleep(time.Duration(5+10*i) * time.Millisecond)
			_ = os.Truncate(path, cut)
		}()
		var err error
		for range 200 {
			if _, err = s.Run(context.Background(), map[string]*tensor.Tensor{"x": x}); err != nil {
				break
			}
		}
		if err == nil || !strings.Contains(err.Error(), "changed while it was in use") {
			t.Fatalf("error %v, want one that says that the file changed", err)
		}
		var h interface{ Hint() string }
		if !errors.As(err, &h) || h.Hint() == "" {
			t.Errorf("error %v has no hint", err)
		}
	}
	// Whatever still reads the rest meets zeros, not the end of the program.
	l := s.(*session).now
	if _, err := l.run(must(newStopper(false)), map[string]*tensor.Tensor{"x": x}); err != nil {
		t.Logf("reading on: %v", err)
	}
	if faults() == 0 {
		t.Error("no read fell behind the end: the test did not test the handler")
	}
	// A session opened after the accident is well.
	fresh, _, _ := chain(t, 8, 1)
	run(t, open(t, fresh, model.Options{}), row(1, 8))
}

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

func TestTrimDropsMappedWeightsAndNothingElse(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("only Linux says where files are mapped")
	}
	const width = 2048
	g, _, _ := chain(t, width, 6) // 100 MB
	r := New(Config{})
	s := must(r.Open(context.Background(), g, model.Options{}))
	defer s.Close()
	x := row(4, width)
	want := run(t, s, x)
	before := residentFile(t)
	r.Trim()
	after := residentFile(t)
	if before-after < 90<<20 {
		t.Errorf("%d MB of files in memory before, %d after", before>>20, after>>20)
	}
	if got := run(t, s, x); worst(got.Data, want.Data) != 0 {
		t.Error("other numbers after a trim")
	}
}

// residentFile is how much of mapped files is in memory, in bytes.
func residentFile(t *testing.T) int64 {
	t.Helper()
	data, err := os.ReadFile("/proc/self/status")
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(data)) {
		if f := strings.Fields(line); len(f) > 1 && f[0] == "RssFile:" {
			return must(strconv.ParseInt(f[1], 10, 64)) << 10
		}
	}
	t.Fatal("no RssFile")
	return 0
}

func TestReplacedAndRemovedFilesAreNoticed(t *testing.T) {
	for name, spoil := range map[string]func(string) error{
		"removed": os.Remove,
		"replaced": func(p string) error {
			data, err := os.ReadFile(p)
			if err == nil {
				err = os.WriteFile(p+".new", data, 0o600)
			}
			if err == nil {
				err = os.Rename(p+".new", p)
			}
			return err
		},
		"written to": func(p string) error { return os.Chtimes(p, time.Now(), time.Now().Add(time.Hour)) },
	} {
		if runtime.GOOS == "windows" && name != "written to" {
			continue // a mapped file stays
		}
		g, path, _ := chain(t, 8, 1)
		s := open(t, g, model.Options{})
		run(t, s, row(1, 8))
		if err := spoil(path); err != nil {
			t.Fatal(err)
		}
		if _, err := s.Run(context.Background(), map[string]*tensor.Tensor{"x": row(1, 8)}); err == nil {
			t.Errorf("%s: the run went on", name)
		}
	}
}

func TestCancelEndsAnEvaluation(t *testing.T) {
	g, _, _ := chain(t, 512, 150)
	s := open(t, g, model.Options{})
	x := row(512, 512)
	want := run(t, s, x)
	// Not a limit in milliseconds, which load would break (the full-size benchmark prints
	// those): a cancelled run ends well before a whole one would, however slow both are.
	// One of three tries may meet a busy machine.
	quick, told := 0, ""
	for range 3 {
		began := time.Now()
		run(t, s, x)
		whole := time.Since(began)
		ctx, cancel := context.WithCancel(context.Background())
		var asked time.Time
		time.AfterFunc(whole/20, func() { asked = time.Now(); cancel() })
		if _, err := s.Run(ctx, map[string]*tensor.Tensor{"x": x}); !errors.Is(err, context.Canceled) {
			t.Fatalf("error %v, want %v", err, context.Canceled)
		}
		late := time.Since(asked)
		if told += fmt.Sprintf(" %v of %v", late, whole); late < whole/2 {
			quick++
		}
	}
	if quick < 2 {
		t.Errorf("evaluations ended so long after their cancel, of a whole one's time:%s", told)
	}
	if got := run(t, s, x); worst(got.Data, want.Data) != 0 {
		t.Error("the session gives other numbers after a cancel")
	}
}

func TestCancelledOpenEndsEarly(t *testing.T) {
	g, _, _ := chain(t, 8, 1)
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := New(Config{}).Open(ctx, g, model.Options{}); !errors.Is(err, context.Canceled) {
		t.Errorf("error %v, want %v", err, context.Canceled)
	}
	if _, _, err := load(""); err != nil {
		t.Fatal(err)
	}
	w := must(newWatch(g))
	defer w.close()
	opt := must(newOptions(choose(must(g.Dir()), kinds[len(kinds)-1], model.Options{}, true)))
	defer opt.free()
	opt.cancel() // what a cancel during the load does
	if h, err := newHandle(opt, must(g.Encode(must(g.Dir()))), g); err == nil {
		h.free()
		t.Error("a cancelled load gave a session")
	}
}

// TestLargeWidenedWeightsAreHeldOnce: packing weights that the processor widens would hold
// them twice; mapped ones cost nothing.
func TestLargeWidenedWeightsAreHeldOnce(t *testing.T) {
	for kind, want := range map[graph.DType]bool{graph.Float32: true, graph.Float16: false, graph.BFloat16: false, graph.Float8E4M3: false} {
		for bytes, want := range map[int64]bool{maxTwice + 16: want, 1 << 20: true} {
			g := &graph.Graph{Weights: []*graph.Weight{{Name: "w", Type: kind, File: "nowhere", Length: bytes / 4 * kind.Size()}}}
			if got := packs(g, model.Options{Fast: true}, func(text string) { t.Log(text) }); got != want {
				t.Errorf("%v of %d bytes: packed %v, want %v", kind, bytes, got, want)
			}
			if packs(g, model.Options{Fast: true, LowMemory: true}, nil) || packs(g, model.Options{}, nil) {
				t.Errorf("%v of %d bytes: packed without being asked for", kind, bytes)
			}
		}
	}
}

// What a form made, it makes again bit for bit, whatever ran in between.
func TestFormsCanBeHadAgain(t *testing.T) {
	g, _, _ := chain(t, 512, 4)
	s := open(t, g, model.Options{}).(*session)
	x := row(256, 512)
	want := map[bool]*tensor.Tensor{}
	for _, packed := range []bool{false, true, false, true} {
		if err := s.Use(context.Background(), packed); err != nil {
			t.Fatal(err)
		}
		got := run(t, s, x)
		if s.Packed() != packed {
			t.Errorf("packed %v, want %v", s.Packed(), packed)
		}
		if want[packed] == nil {
			want[packed] = got
		} else if worst(got.Data, want[packed].Data) != 0 {
			t.Errorf("packed %v: other numbers than before", packed)
		}
	}
	if worst(want[true].Data, want[false].Data) > 1e-4 {
		t.Errorf("the forms differ by %g", worst(want[true].Data, want[false].Data))
	}
}

// TestASessionStaysInItsForm: a request gives the same numbers however long its session has
// been open, and after one that was made with the other form.
func TestASessionStaysInItsForm(t *testing.T) {
	g, _, _ := chain(t, 512, 4)
	x := row(256, 512)
	for _, fast := range []bool{false, true} {
		s := open(t, g, model.Options{Fast: fast}).(*session)
		want := run(t, s, x)
		for n := range 20 {
			if n == 10 {
				if err := errors.Join(s.Use(context.Background(), !fast), s.Usual(context.Background())); err != nil {
					t.Fatal(err)
				}
			}
			if got := run(t, s, x); s.Packed() != fast || worst(got.Data, want.Data) != 0 {
				t.Fatalf("fast %v, evaluation %d: packed %v, off by %g", fast, n+2, s.Packed(), worst(got.Data, want.Data))
			}
		}
	}
}

func TestDeviceThatFailsIsAnnouncedAndTheNextOneTaken(t *testing.T) {
	g, _, _ := chain(t, 8, 1)
	var mu sync.Mutex
	var said []string
	r := New(Config{Notice: func(s string) { mu.Lock(); said = append(said, s); mu.Unlock() }})
	r.forbid("cuda", &refusal{"its self-test failed", errors.New("warning: a\nno such card\n\n")})
	r.forbid("webgpu", errors.New("this test is not about it"))
	r.forbid("directml", errors.New("nor about this one"))
	s, err := r.Open(context.Background(), g, model.Options{Device: "cuda"})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	run(t, s, row(1, 8))
	for range 2 { // the other networks of a picture
		more := must(r.Open(context.Background(), g, model.Options{Device: "cuda"}))
		run(t, more, row(1, 8))
		more.Close()
	}
	used := label(s.(model.Placed).Device())
	if want := label("cuda") + ": its self-test failed; using " + used + " instead. Details: no such card"; len(said) != 1 || said[0] != want {
		t.Errorf("notices %q, want only %q", said, want)
	}
	if at := s.(model.Placed).Device(); at == "cuda" || at == "" {
		t.Errorf("the session runs on %q", at)
	}
	if _, err := r.Open(context.Background(), g, model.Options{Device: "abacus"}); err == nil {
		t.Error("an unknown device was taken")
	}
}

// A graph or a file that no device can open says nothing against the devices.
func TestABadGraphBansNoDevice(t *testing.T) {
	g, path, _ := chain(t, 8, 1)
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	r := New(Config{Notice: func(s string) { t.Errorf("notice %q", s) }})
	if _, err := r.Open(context.Background(), g, model.Options{Device: "cuda"}); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("error %v, want that the file is missing", err)
	}
	for device, why := range r.banned { // a card that fails its self-test is another matter
		if why := why.Error(); !strings.HasPrefix(why, selfTestFailed) {
			t.Errorf("%s is banned: %s", device, why)
		}
	}
}

// What a self-test's process says comes behind our own words, and never as an empty text.
func TestAFailedSelfTestIsToldInOurWords(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("the stand-ins are shell scripts")
	}
	for script, want := range map[string]string{
		"echo >&2; echo '  ' >&2; exit 3":                                   "its self-test failed (details: exit status 3)",
		`printf 'Warning: x\nsrc/dml.cc(512) no such card\n\n' >&2; exit 1`: "its self-test failed (details: src/dml.cc(512) no such card)",
		"echo 'pentimento: no card' >&2; exit 1":                            "its self-test failed (details: no card)",
		// What Dawn says of Mesa 22.3's llvmpipe, and of a machine with no driver at all.
		`printf 'Warning: Vulkan shaderUniform*ArrayDynamicIndexing required.\n - While initializing\n\npentimento: devices: /a/b.cc:136 f(const g&)::<lambda()> a.status == s::Success was false. Failed to get a WebGPU adapter: No supported adapters\n' >&2; exit 1`: "its self-test failed: no graphics card here has a driver that it can use (drawing in software, Mesa's llvmpipe, is not enough) (details: Failed to get a WebGPU adapter: No supported adapters)",
		`echo 'pentimento: devices: a was false. No supported adapters' >&2; exit 1`: "its self-test failed: no graphics card here has a driver that it can use (details: No supported adapters)",
		// What DirectML says where there is no card.
		`echo 'N:\x\dml_provider_factory.cc(526)\onnxruntime.dll!00: 80004005 Call failed.' >&2; exit 1`: "its self-test failed: no graphics card here has a DirectX 12 driver that it can use (details: N:\\x\\dml_provider_factory.cc(526)\\onnxruntime.dll!00: 80004005 Call failed.)",
		// And WebGPU there.
		`printf 'Failed to create DXGI factory.\na was false. No supported adapters\n' >&2; exit 1`: "its self-test failed: no graphics card here has a DirectX 12 driver that it can use (details: No supported adapters)",
		"echo 'Failed to create DXGI factory.' >&2; exit 1":                                         "its self-test failed: no graphics card here has a DirectX 12 driver that it can use (details: Failed to create DXGI factory.)",
		"kill -9 $$":   "its self-test failed (details: signal: killed)",
		"printf '{'":   "its self-test failed (details: unexpected end of JSON input)",
		"echo; exit 0": "its self-test failed (details: unexpected end of JSON input)",
	} {
		self := filepath.Join(t.TempDir(), "self")
		if err := os.WriteFile(self, []byte("#!/bin/sh\n"+script+"\n"), 0o700); err != nil {
			t.Fatal(err)
		}
		r := New(Config{Self: self})
		if _, err := r.try(context.Background(), "webgpu"); err == nil || err.Error() != want {
			t.Errorf("%s: error %q, want %q", script, err, want)
		}
		if got := r.unfit("webgpu"); got != want {
			t.Errorf("%s: the device is missing %q, want %q", script, got, want)
		}
	}
}

func TestDirectMLNeedsItsLibraryAndNoMemoryPattern(t *testing.T) {
	if got := companions("directml", "windows"); !slices.Equal(got, []string{"DirectML.dll"}) {
		t.Errorf("beside the library it needs %q", got)
	}
	for _, k := range kinds {
		if got := choose("", k, model.Options{}, true).pattern; got != (k.name != "directml") {
			t.Errorf("%s: memory pattern %v", k.name, got)
		}
	}
}

func TestEveryDeviceIsReadyOrSaysWhatIsMissing(t *testing.T) {
	ready := 0
	for _, d := range New(Config{}).Devices() {
		if d.Ready {
			ready++
		} else if elsewhere := strings.HasPrefix(d.Missing, "only on "); d.Missing == "" || (d.Hint == "") != elsewhere {
			// what this system cannot have needs no advice on how to get it
			t.Errorf("%s: missing %q, hint %q", d.Name, d.Missing, d.Hint)
		}
	}
	if ready == 0 {
		t.Error("not even the processor is ready")
	}
}

func TestPlainAttentionAgreesWithTheFusedOne(t *testing.T) {
	if _, _, err := load(""); err != nil {
		t.Fatal(err)
	}
	p, err := New(Config{}).Probe(context.Background(), "cpu")
	if err != nil || !p.Attention || p.Worst > 1e-5 {
		t.Errorf("probe %+v, error %v", p, err)
	}
	g := attentionGraph(2, 16)
	g.Nodes[0].Attrs["unidirectional"] = int64(1)
	in := map[string]*tensor.Tensor{}
	for _, n := range []string{"q", "k", "v"} {
		in[n] = row(9, 32)
		in[n].Shape = []int{1, 9, 32}
	}
	var outs [2]*tensor.Tensor
	for i, g := range []*graph.Graph{g, must(plain(g))} {
		out, err := open(t, g, model.Options{}).Run(context.Background(), in)
		if err != nil {
			t.Fatal(err)
		}
		outs[i] = out["out"]
	}
	if d := worst(outs[0].Data, outs[1].Data); d > 1e-5 {
		t.Errorf("causal attention differs by %g", d)
	}
}

func TestMissingLibraryNamesEveryPlace(t *testing.T) {
	dir := t.TempDir()
	t.Setenv(Variable, filepath.Join(dir, "variable"))
	t.Chdir(dir)
	_, err := find(filepath.Join(dir, "setting"))
	if err == nil {
		return // the library is beside this test's executable
	}
	for _, want := range []string{"setting", Variable, "next to the program", "per-user data folder"} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("%q does not name %s", err, want)
		}
	}
}

// TestAFailedSelfTestIsRememberedAndToldOnce: the next run of the program neither tries the
// device nor speaks of it, the list has the reason; another driver, or asking for it, has it tried
// again.
func TestAFailedSelfTestIsRememberedAndToldOnce(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("the stand-in is a shell script")
	}
	dir := t.TempDir()
	self, tries, driver := filepath.Join(dir, "self"), filepath.Join(dir, "tries"), filepath.Join(dir, "driver.so")
	for path, text := range map[string]string{self: "#!/bin/sh\necho x >>" + tries + "\necho 'no card' >&2\nexit 1\n", driver: "1"} {
		if err := os.WriteFile(path, []byte(text), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	wasKinds, wasFiles := kinds, driverFiles
	defer func() { kinds, driverFiles = wasKinds, wasFiles }()
	kinds = append([]kind{{name: "fake", label: "a card", listed: "CPUExecutionProvider"}}, kinds[len(kinds)-1])
	driverFiles = map[string][]string{runtime.GOOS: {filepath.Join(dir, "driver*")}}
	g, _, _ := chain(t, 8, 1)
	for i, c := range []struct {
		change func()
		wish   string
		tries  int
		said   int
	}{{nil, "", 1, 1}, {nil, "", 1, 0}, {func() { _ = os.WriteFile(driver, []byte("22"), 0o700) }, "", 2, 1}, {nil, "fake", 3, 1}, {nil, "", 3, 0}} {
		if c.change != nil {
			c.change()
		}
		var said []string
		r := New(Config{Self: self, Memory: filepath.Join(dir, "cache", "devices.json"), Notice: func(s string) { said = append(said, s) }})
		for range 2 {
			s, err := r.Open(context.Background(), g, model.Options{Device: c.wish})
			if err != nil {
				t.Fatal(err)
			}
			if at := s.(model.Placed).Device(); at != "cpu" {
				t.Errorf("run %d: the session is on %q", i, at)
			}
			s.Close()
		}
		data, _ := os.ReadFile(tries)
		if n := strings.Count(string(data), "x"); n != c.tries || len(said) != c.said {
			t.Errorf("run %d: %d self-tests so far, want %d; said %q, want %d", i, n, c.tries, said, c.said)
		}
		if c.said > 0 && c.wish == "" && !strings.HasPrefix(said[0], "No usable graphics card; using the processor") {
			t.Errorf("run %d: said %q", i, said)
		}
		if d := r.Devices()[0]; d.Ready || !strings.Contains(d.Missing, "self-test failed (details: no card)") || d.Hint == "" {
			t.Errorf("run %d: the list says %+v", i, d)
		}
	}
	r := New(Config{Self: self, Memory: filepath.Join(dir, "cache", "devices.json")})
	if err := r.Test(context.Background(), true); err != nil {
		t.Fatal(err)
	}
	if data, _ := os.ReadFile(tries); strings.Count(string(data), "x") != 4 {
		t.Errorf("the device was not tried again when that was asked for: %q", data)
	}
}
