package ort

import (
	"context"
	"errors"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"pentimento/pipeline/graph"
	"pentimento/pipeline/model"
	"pentimento/pipeline/pipelinetest"
	"pentimento/pipeline/tensor"
)

// Networks are opened while another runs, and closed before they are there: the provider, left
// to itself, ended the process in most of the runs of a picture.
func TestNetworksOpenOnACardWhileAnotherRuns(t *testing.T) {
	if testing.Short() {
		t.Skip("a card of software takes its time")
	}
	pipelinetest.Card(t)
	if !pipelinetest.Child(t) {
		return
	}
	began := time.Now()
	r := New(Config{Device: "webgpu", Notice: func(s string) { t.Error(s) }})
	g := attentionGraph(2, 40)
	s := must(r.Open(context.Background(), g, model.Options{}))
	defer s.Close()
	in := map[string]*tensor.Tensor{}
	for _, n := range []string{"q", "k", "v"} {
		in[n] = row(64, 80)
		in[n].Shape = []int{1, 64, 80}
	}
	stop, done := make(chan struct{}), make(chan int)
	go func() {
		for runs := 0; ; runs++ {
			select {
			case <-stop:
				done <- runs
				return
			default:
			}
			if _, err := s.Run(context.Background(), in); err != nil {
				t.Error(err)
			}
		}
	}()
	other, _, _ := chain(t, 64, 6)
	for i := range 20 {
		ctx, cancel := context.WithCancel(context.Background())
		if i%2 == 1 {
			time.AfterFunc(time.Duration(i)*time.Millisecond, cancel)
		}
		n, err := r.Open(ctx, other, model.Options{})
		if err == nil {
			if i%4 == 0 {
				run(t, n, row(4, 64))
			}
			err = n.Close()
		}
		if err != nil && !errors.Is(err, context.Canceled) {
			t.Fatal(err)
		}
		cancel()
	}
	close(stop)
	t.Logf("%d evaluations meanwhile; %v", <-done, time.Since(began))
}

// onTheList is what the list says of WebGPU once the devices are tested.
func onTheList(t *testing.T) model.Device {
	t.Helper()
	r := New(Config{})
	if err := r.Test(context.Background(), false); err != nil {
		t.Fatal(err)
	}
	all := r.Devices()
	return all[slices.IndexFunc(all, func(d model.Device) bool { return d.Name == "webgpu" })]
}

func TestACardPassesItsSelfTest(t *testing.T) {
	if testing.Short() {
		t.Skip("a card of software takes its time")
	}
	pipelinetest.Card(t)
	if !pipelinetest.Child(t) {
		return
	}
	if d := onTheList(t); !d.Ready || d.Missing != "" {
		t.Errorf("the list says %+v", d)
	}
	p, err := New(Config{}).Probe(context.Background(), "webgpu")
	if err != nil || p.Attention != (p.Worst <= attentionLimit) { // SwiftShader's fused attention is off by 0.26
		t.Errorf("probe %+v, error %v", p, err)
	}
}

// No driver at all: its description is empty.
func TestNoCardIsTold(t *testing.T) {
	pipelinetest.Card(t)
	if err := os.WriteFile(os.Getenv("VK_DRIVER_FILES"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if !pipelinetest.Child(t) {
		return
	}
	want := "its self-test failed: no graphics card here has a driver that it can use"
	if d := onTheList(t); d.Ready || !strings.HasPrefix(d.Missing, want) || d.Hint == "" {
		t.Errorf("the list says %+v, want that it is missing because %s", d, want)
	}
}

// The driver stops in the middle: the person is told, and the same numbers come from the processor.
func TestACardThatStopsLosesNothing(t *testing.T) {
	if testing.Short() {
		t.Skip("a card of software takes its time")
	}
	pipelinetest.Card(t)
	if !pipelinetest.Child(t) {
		return
	}
	var said []string
	r := New(Config{Device: "webgpu", Notice: func(s string) { said = append(said, s) }})
	r.probed["webgpu"] = model.Probe{}
	runs := 0
	r.make = func(ctx context.Context, how settings, encoded []byte, g *graph.Graph, w *watch) (machine, error) {
		m, err := makeHandle(ctx, how, encoded, g, w)
		if err == nil && how.provider != "" {
			m = stopping{m, &runs}
		}
		return m, err
	}
	g, _, _ := chain(t, 64, 6)
	s := must(r.Open(context.Background(), g, model.Options{}))
	defer s.Close()
	x := row(4, 64)
	want := run(t, s, x)
	for i := 2; i < 6; i++ {
		got := run(t, s, x)
		on := "webgpu"
		if i > 3 {
			on = "cpu"
		}
		if e := worst(got.Data, want.Data); e > 1e-5 || s.(model.Placed).Device() != on {
			t.Errorf("evaluation %d is off by %g on %q, want it on %q", i, e, s.(model.Placed).Device(), on)
		}
	}
	if len(said) != 1 || !strings.HasPrefix(said[0], label("webgpu")+": the graphics card or its driver stopped; using "+label("cpu")) {
		t.Errorf("said %q", said)
	}
}

// stopping is a session whose device is lost in the fourth evaluation.
type stopping struct {
	machine
	runs *int
}

func (m stopping) run(s *stopper, in map[string]*tensor.Tensor) (map[string]*tensor.Tensor, error) {
	out, err := m.machine.run(s, in)
	if *m.runs++; *m.runs > 3 && err == nil {
		return nil, errors.New("WebGPU device lost (2): A valid external Instance reference no longer exists.")
	}
	return out, err
}
