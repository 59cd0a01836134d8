package pipelinetest

import (
	"context"
	"fmt"

	"pentimento/pipeline/graph"
	"pentimento/pipeline/model"
	"pentimento/pipeline/tensor"
)

// Tight is a Runtime on a card with little memory: what doesn't fit is answered as the real
// runtime answers it, by an error where the caller can do with less at once, else by going on on
// the processor, which is told. Within its memory it is the Runtime that it wraps.
type Tight struct {
	model.Runtime
	// Fits says whether the card has memory for an evaluation.
	Fits func(g *graph.Graph, in map[string]*tensor.Tensor) bool
}

// Open opens on the card whatever it is.
func (r *Tight) Open(ctx context.Context, g *graph.Graph, o model.Options) (model.Session, error) {
	s, err := r.Runtime.Open(ctx, g, o)
	if err != nil {
		return nil, err
	}
	return &tightSession{Handle: model.Handle{Session: s}, runtime: r, graph: g, options: o, at: "card"}, nil
}

type tightSession struct {
	model.Handle
	runtime *Tight
	graph   *graph.Graph
	options model.Options
	at      string
}

// Device implements model.Placed.
func (s *tightSession) Device() string { return s.at }

func (s *tightSession) Run(ctx context.Context, in map[string]*tensor.Tensor) (map[string]*tensor.Tensor, error) {
	if s.at == "card" && !s.runtime.Fits(s.graph, in) {
		if s.options.Smaller != nil && s.options.Smaller(in) {
			return nil, fmt.Errorf("run: %w", &model.OutOfMemory{Device: s.at})
		}
		s.at = "cpu"
		if s.options.Notice != nil {
			s.options.Notice("card: it ran out of memory; using cpu instead")
		}
	}
	return s.Handle.Run(ctx, in)
}
