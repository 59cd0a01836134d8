package ort

import (
	"context"
	"slices"
	"strings"
	"testing"

	"pentimento/pipeline/graph"
	"pentimento/pipeline/model"
	"pentimento/pipeline/pipelinetest"
	"pentimento/pipeline/tensor"
)

// The self-test of half precision passes where the numbers are right, and a device that rounds
// scores fails the part of it that is about them.
func TestHalfPrecisionIsTested(t *testing.T) {
	r := New(Config{})
	if _, err := r.Version(); err != nil {
		t.Skip(err)
	}
	p, err := r.ProbeHalf(context.Background(), "cpu") // computes fp16 graphs in fp32
	if err != nil || !p.Half || !p.HalfAttention || p.Worst == 0 {
		t.Errorf("probe %+v, error %v", p, err)
	}
	r.make = func(ctx context.Context, how settings, encoded []byte, g *graph.Graph, w *watch) (machine, error) {
		m, err := makeHandle(ctx, how, encoded, g, w)
		if strings.Contains(g.Name, "attention") && slices.ContainsFunc(g.Nodes, func(n *graph.Node) bool { return n.Op == "Cast" }) {
			m = skewed{m}
		}
		return m, err
	}
	if p, err := r.ProbeHalf(context.Background(), "cpu"); err != nil || !p.Half || p.HalfAttention {
		t.Errorf("attention is off by a tenth: probe %+v, error %v", p, err)
	}
}

// skewed is a session whose results are a tenth too large.
type skewed struct{ machine }

func (m skewed) run(s *stopper, in map[string]*tensor.Tensor) (map[string]*tensor.Tensor, error) {
	out, err := m.machine.run(s, in)
	for name, t := range out {
		out[name] = tensor.Scale(1.1, t)
	}
	return out, err
}

// A card without half precision, as SwiftShader is one, says so and is used in fp32.
func TestACardWithoutHalfPrecisionIsUsedWithoutIt(t *testing.T) {
	if testing.Short() {
		t.Skip("a card of software takes its time")
	}
	pipelinetest.Card(t)
	if !pipelinetest.Child(t) {
		return
	}
	r := New(Config{Device: "webgpu", Notice: func(s string) { t.Error(s) }})
	p, err := r.ProbeHalf(context.Background(), "webgpu")
	t.Logf("probe %+v, error %v", p, err)
	if s, card := r.Survey(context.Background(), "webgpu"); p.Half || s.Half || !card {
		t.Error("a card without half precision is said to have it")
	}
	g, _, _ := chain(t, 64, 6)
	s, err := r.Open(context.Background(), g, model.Options{Half: model.HalfPrecision})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	run(t, s, row(4, 64))
	if at := s.(model.Placed).Device(); at != "webgpu" {
		t.Errorf("it runs on %q", at)
	}
}
