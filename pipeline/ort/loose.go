package ort

import (
	"context"
	"fmt"

	"pentimento/pipeline/graph"
	"pentimento/pipeline/tensor"
)

// Loose weights, those that adapters change, enter on the processor as inputs of the graph:
// replacing them costs nothing, they exist once, and where they are is for their owner to say.
// A device has them among its own, and is opened again with others.
//
// 2026-11-28: what it costs is the layout of their convolutions for the processor (about 15 % of
// an evaluation where all are loose, nothing where a LoRA leaves them alone or the model is in
// half precision, whose form is the plain one anyway).

// feed is g with its loose weights as inputs, and their values; g itself is not changed.
func feed(g *graph.Graph) (*graph.Graph, map[string]*tensor.Tensor) {
	out, fed := g, map[string]*tensor.Tensor(nil)
	for _, w := range g.Weights {
		if !w.Loose || w.Type != graph.Float32 || len(w.Data) == 0 {
			continue
		}
		if out == g {
			out, fed = g.Copy(), map[string]*tensor.Tensor{}
			out.Weights = nil
		}
		v := graph.Value{Name: w.Name, Type: w.Type, Shape: []graph.Dim{}}
		t := &tensor.Tensor{Data: w.Floats()}
		for _, n := range w.Shape {
			v.Shape, t.Shape = append(v.Shape, graph.Fixed(n)), append(t.Shape, int(n))
		}
		out.Inputs, fed[w.Name] = append(out.Inputs, v), t
	}
	if out == g {
		return g, nil
	}
	for _, w := range g.Weights {
		if fed[w.Name] == nil {
			out.Weights = append(out.Weights, w)
		}
	}
	return out, fed
}

// Weigh replaces loose weights; see model.Weigher.
func (s *session) Weigh(ctx context.Context, weights map[string]graph.Weight) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return fmt.Errorf("ort: graph %q: the session is closed", s.graph.Name)
	}
	g, changed := s.graph.Reweighed(weights)
	if s.graph = g; !changed {
		return nil
	}
	if s.stood = (stood{off: s.stood.off}); s.now == nil {
		return nil // the next evaluation opens it
	}
	if s.now.device == "cpu" {
		_, s.now.loose = feed(g)
		return nil
	}
	s.now.close()
	s.now = nil
	if err := s.place(ctx, "", nil); err != nil {
		s.closed = true
		return err
	}
	return nil
}
