package pipelinetest

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"

	"pentimento/pipeline/graph"
	"pentimento/pipeline/model"
	"pentimento/pipeline/tensor"
)

// Runtime is a model.Runtime without networks: it remembers what was opened, run and
// closed, and answers each run with Eval. It is safe for use by several goroutines.
type Runtime struct {
	// Eval computes a graph's outputs. nil gives zeros of the first input's shape for
	// every output.
	Eval func(ctx context.Context, g *graph.Graph, in map[string]*tensor.Tensor) (map[string]*tensor.Tensor, error)
	// Fail, when it returns an error, keeps a graph from opening.
	Fail func(g *graph.Graph, o model.Options) error
	// At is what its sessions say of where they run.
	At string

	mu   sync.Mutex
	log  []string
	open int
	most int
}

// Open remembers "open NAME".
func (r *Runtime) Open(ctx context.Context, g *graph.Graph, o model.Options) (model.Session, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	if r.Fail != nil {
		if err := r.Fail(g, o); err != nil {
			return nil, err
		}
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.log = append(r.log, "open "+g.Name)
	r.open++
	r.most = max(r.most, r.open)
	return &session{runtime: r, graph: g}, nil
}

// Devices is the processor alone.
func (r *Runtime) Devices() []model.Device {
	return []model.Device{{Name: "cpu", Label: "processor", Ready: true}}
}

// Log lists what happened so far: "open NAME", "run NAME", "close NAME".
func (r *Runtime) Log() []string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Clone(r.log)
}

// Sessions counts the open sessions now, and the most there were at once.
func (r *Runtime) Sessions() (now, most int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.open, r.most
}

func (r *Runtime) say(what string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.log = append(r.log, what)
}

type session struct {
	runtime *Runtime
	graph   *graph.Graph
	closed  bool
}

// Device implements model.Placed.
func (s *session) Device() string { return s.runtime.At }

func (s *session) Run(ctx context.Context, in map[string]*tensor.Tensor) (map[string]*tensor.Tensor, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	if s.closed {
		return nil, errors.New("pipelinetest: the session is closed")
	}
	for _, v := range s.graph.Inputs {
		if in[v.Name] == nil {
			return nil, fmt.Errorf("pipelinetest: graph %q wants an input %q", s.graph.Name, v.Name)
		}
	}
	s.runtime.say("run " + s.graph.Name)
	if s.runtime.Eval != nil {
		return s.runtime.Eval(ctx, s.graph, in)
	}
	out := map[string]*tensor.Tensor{}
	for _, v := range s.graph.Outputs {
		out[v.Name] = tensor.New(in[s.graph.Inputs[0].Name].Shape...)
	}
	return out, nil
}

func (s *session) Close() error {
	if !s.closed {
		s.closed = true
		s.runtime.say("close " + s.graph.Name)
		s.runtime.mu.Lock()
		s.runtime.open--
		s.runtime.mu.Unlock()
	}
	return nil
}
