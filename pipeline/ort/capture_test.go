package ort

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"

	"pentimento/pipeline/graph"
	"pentimento/pipeline/model"
	"pentimento/pipeline/pipelinetest"
	"pentimento/pipeline/tensor"
)

// recordings are cards that record. What they do wrong is in how.
type recordings struct {
	*cardsOf
	how  string
	made []bool // for each session whether it records
	said []string
}

func fakeRecordings(t *testing.T, how string) *recordings {
	was := capturers
	t.Cleanup(func() { capturers = was })
	capturers = []string{"first card"}
	r := &recordings{cardsOf: fakeCards(t), how: how}
	r.repeat["first card"] = nil
	r.config.Notice = func(s string) { r.said = append(r.said, s) }
	plain := r.make
	r.make = func(ctx context.Context, how settings, encoded []byte, g *graph.Graph, w *watch) (machine, error) {
		r.made = append(r.made, how.capture)
		if how.capture && r.how == "refuses" {
			return nil, errors.New("all compute graph nodes have not been partitioned")
		}
		m, err := plain(ctx, how, encoded, g, w)
		if f, ok := m.(*fakeMachine); ok && how.capture {
			m = &recordingMachine{f, r}
		}
		return m, err
	}
	return r
}

type recordingMachine struct {
	*fakeMachine
	r *recordings
}

func (m *recordingMachine) newRecording(in, _ map[string][]int) (binding, error) {
	return &fakeRecording{m: m, in: map[string]*tensor.Tensor{}}, nil
}

type fakeRecording struct {
	m     *recordingMachine
	in    map[string]*tensor.Tensor
	first *tensor.Tensor
	runs  int
}

func (b *fakeRecording) bind(name string, t *tensor.Tensor) error {
	b.in[name] = t.Clone()
	return nil
}

func (b *fakeRecording) run(s *stopper) (map[string]*tensor.Tensor, error) {
	out, err := b.m.run(s, map[string]*tensor.Tensor{"x": b.in["x"].Clone()})
	if b.runs++; b.runs > 4 && b.m.r.how == "fails" {
		return nil, errors.New("a driver's words")
	}
	if b.first == nil {
		b.first = out["y"]
	}
	if b.m.r.how == "repeats results" {
		out["y"] = b.first
	}
	return out, err
}

func (b *fakeRecording) free() { b.m.c.begin(b.m.device, "let go")() }

// evaluations runs a session with other values each time and compares.
func evaluations(t *testing.T, s model.Session, rows, n int) {
	t.Helper()
	for i := range n {
		x := filled(float32(rows+i), rows, 16)
		if got := run(t, s, x); !slices.Equal(got.Data, x.Data) {
			t.Fatalf("evaluation %d of %d rows gives another one's result", i, rows)
		}
	}
}

// Evaluations of the same sizes are recorded, and the weights are on the card once: the session of
// open sizes is closed before, and comes back with other sizes.
func TestEvaluationsOfTheSameSizesAreRecorded(t *testing.T) {
	r := fakeRecordings(t, "")
	g, _, _ := chain(t, 16, 2)
	s := must(r.Open(context.Background(), g, model.Options{Device: "first card", Capture: model.CaptureAlways}))
	evaluations(t, s, 4, 6)
	evaluations(t, s, 5, 1)
	evaluations(t, s, 4, 1)
	evaluations(t, s, 5, 3)
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if want := []bool{false, true, false, true}; !slices.Equal(r.made, want) || len(r.said) > 0 {
		t.Errorf("sessions were made that record: %v, want %v; said %q", r.made, want, r.said)
	}
	open := 0
	for _, what := range r.log {
		switch {
		case strings.HasSuffix(what, "make"):
			open++
		case strings.HasSuffix(what, "free"):
			open--
		}
		if open > 1 {
			t.Fatalf("two sessions were on the card at once: %v", r.log)
		}
	}
	for name, c := range map[string]struct {
		capture model.Captures
		most    []bool
	}{"where it is worth it": {model.CaptureWorth, []bool{false, true}}, "never": {model.NoCapture, []bool{false}}} {
		r.made = nil
		s := must(r.Open(context.Background(), g, model.Options{Device: "first card", Capture: c.capture}))
		evaluations(t, s, 4, standing)
		if len(r.made) != 1 {
			t.Errorf("%s: recorded after fewer than %d evaluations", name, standing)
		}
		evaluations(t, s, 4, 2)
		if !slices.Equal(r.made, c.most) {
			t.Errorf("%s: sessions were made that record: %v, want %v", name, r.made, c.most)
		}
		_ = s.Close()
	}
}

// A card that refuses, repeats old results or fails in the middle is told of once, and the results
// are those of a session that does not record.
func TestAWrongRepetitionIsNotUsed(t *testing.T) {
	for how, words := range map[string]string{"refuses": "have not been partitioned", "repeats results": "a repeated evaluation is off by", "fails": "a recorded evaluation failed (details: a driver's words)"} {
		r := fakeRecordings(t, how)
		g, _, _ := chain(t, 16, 2)
		for range 2 {
			s := must(r.Open(context.Background(), g, model.Options{Device: "first card", Capture: model.CaptureAlways}))
			evaluations(t, s, 4, 8)
			if s.(model.Placed).Device() != "first card" {
				t.Errorf("%s: it left the card", how)
			}
			_ = s.Close()
		}
		if want := []bool{false, true, false, false, true, false}; !slices.Equal(r.made, want) {
			t.Errorf("%s: sessions were made that record: %v, want %v", how, r.made, want)
		}
		if len(r.said) != 1 || !strings.Contains(r.said[0], words) {
			t.Errorf("%s: said %q", how, r.said)
		}
	}
}

// A change of form that is cancelled leaves a session that goes on.
func TestARecordingThatIsCancelledIsMadeUpFor(t *testing.T) {
	r := fakeRecordings(t, "")
	g, _, _ := chain(t, 16, 2)
	s := must(r.Open(context.Background(), g, model.Options{Device: "first card", Capture: model.CaptureAlways}))
	defer s.Close()
	evaluations(t, s, 4, 1)
	ctx, cancel := context.WithCancel(context.Background())
	r.during = func(string) error { cancel(); return nil }
	if _, err := s.Run(ctx, map[string]*tensor.Tensor{"x": row(4, 16)}); !errors.Is(err, context.Canceled) {
		t.Errorf("error %v", err)
	}
	r.during = nil
	evaluations(t, s, 4, 4)
}

// What has left the card between two evaluations of the same sizes is not recorded where it went.
func TestWhatHasLeftTheCardIsNotRecorded(t *testing.T) {
	r := fakeRecordings(t, "")
	r.Runtime.repeat["cpu"] = errors.New("the processor was asked")
	g, _, _ := chain(t, 16, 1)
	s := must(r.Open(context.Background(), g, model.Options{Device: "first card", Capture: model.CaptureAlways}))
	defer s.Close()
	evaluations(t, s, 4, 1)
	r.during = func(string) error { return errors.New("out of memory") }
	run(t, s, filled(1, 8, 16))
	if at := s.(model.Placed).Device(); at != "cpu" {
		t.Fatalf("it runs on %q", at)
	}
	r.said = nil
	run(t, s, filled(1, 4, 16))
	if len(r.said) > 0 {
		t.Errorf("said %q", r.said)
	}
}

// On a real provider: what is repeated is computed from the inputs as they are then.
func TestACardRepeatsWithNewInputs(t *testing.T) {
	if testing.Short() {
		t.Skip("a card of software takes its time")
	}
	pipelinetest.Card(t)
	if !pipelinetest.Child(t) {
		return
	}
	g, _, _ := chain(t, 64, 6)
	r := New(Config{Notice: func(s string) { t.Error(s) }})
	r.probed["webgpu"] = model.Probe{}
	card := must(r.Open(context.Background(), g, model.Options{Device: "webgpu", Capture: model.CaptureAlways}))
	defer card.Close()
	want := must(r.Open(context.Background(), g, model.Options{Device: "cpu"}))
	defer want.Close()
	for i, rows := range []int{4, 4, 4, 4, 5, 4} {
		x := row(rows, 64)
		for k := range x.Data {
			x.Data[k] *= float32(i + 1)
		}
		if e := worst(run(t, card, x).Data, run(t, want, x).Data); e > 1e-5 {
			t.Errorf("evaluation %d is off by %g", i, e)
		}
		if still := card.(model.Recorder).Recorded(); still != (i > 0 && i < 4) {
			t.Errorf("evaluation %d: recorded %v", i, still)
		}
	}
	// Networks of open sizes are refused, so that what was recorded above was.
	open := must(layersGraph())
	if _, err := makeHandle(context.Background(), settings{level: levelAll, provider: "WebGPU", capture: true}, must(open.Encode("")), open, must(newWatch(open))); err == nil || !strings.Contains(err.Error(), "have not been partitioned") {
		t.Errorf("the provider takes no notice of the wish: %v", err)
	}
	// Copies into an output's place are not repeated by this provider, which is seen.
	copying := must(plain(attentionGraph(2, 40)))
	in := map[string]*tensor.Tensor{"q": pattern(1, 1, 64, 80), "k": pattern(2, 1, 77, 80), "v": pattern(3, 1, 77, 80)} // sizes whose shaders are there
	out := must(r.once(context.Background(), "webgpu", copying, in))
	l, err := r.record(context.Background(), "webgpu", copying, model.Options{}, in, map[string]*tensor.Tensor{"out": out})
	if !errors.As(err, new(*misrepeated)) {
		t.Errorf("old results were repeated: %v, %v", l, err)
	}
}
