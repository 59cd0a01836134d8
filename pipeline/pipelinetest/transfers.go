package pipelinetest

import (
	"context"
	"sync"

	"pentimento/pipeline/graph"
	"pentimento/pipeline/model"
	"pentimento/pipeline/tensor"
)

// Transfers is a Runtime on a card, which keeps the inputs of each session as the real one does
// (model.Sent) and counts what crosses to the card. Networks are computed by the Runtime that it
// wraps. It is for one run at a time.
type Transfers struct {
	model.Runtime

	mu    sync.Mutex
	Runs  map[string]int            // evaluations, by the graph's name
	Sent  map[string]map[string]int // inputs that crossed, by the graph's name and their own
	Bytes map[string]int            // of them, by the graph's name
}

// Open opens on the card whatever it is.
func (r *Transfers) Open(ctx context.Context, g *graph.Graph, o model.Options) (model.Session, error) {
	s, err := r.Runtime.Open(ctx, g, o)
	if err != nil {
		return nil, err
	}
	return &transferred{Handle: model.Handle{Session: s}, runtime: r, name: g.Name, sent: map[string]*model.Sent{}}, nil
}

type transferred struct {
	model.Handle
	runtime *Transfers
	name    string
	sent    map[string]*model.Sent // by the shapes of the inputs
}

// Device implements model.Placed.
func (s *transferred) Device() string { return "card" }

func (s *transferred) Run(ctx context.Context, in map[string]*tensor.Tensor) (map[string]*tensor.Tensor, error) {
	s.count(in)
	return s.Handle.Run(ctx, in)
}

func (s *transferred) count(in map[string]*tensor.Tensor) {
	r := s.runtime
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.Runs == nil {
		r.Runs, r.Sent, r.Bytes = map[string]int{}, map[string]map[string]int{}, map[string]int{}
	}
	if r.Sent[s.name] == nil {
		r.Sent[s.name] = map[string]int{}
	}
	r.Runs[s.name]++
	key := model.Shapes(in)
	if s.sent[key] == nil {
		s.sent[key] = &model.Sent{}
	}
	for name, t := range in {
		if s.sent[key].Changed(name, t) {
			r.Sent[s.name][name]++
			r.Bytes[s.name] += 4 * len(t.Data)
		}
	}
}
