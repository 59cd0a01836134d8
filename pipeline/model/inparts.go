package model

import (
	"context"
	"errors"
	"maps"
	"time"

	"pentimento/pipeline/graph"
	"pentimento/pipeline/tensor"
)

// InParts is a Runtime for networks that are larger than the memory they may take: it opens such a
// one in parts (graph.Cut), whose weights are read for each evaluation. On the processor the
// results are, bit for bit, those of the whole in its plain form.
//
// Order of unloading: an evaluation goes through the parts in their order, so that what was used
// last is wanted last. The first parts therefore stay open, as many as fit beside the largest of
// the others; each of those is opened when its turn comes and closed before the next.
//
// 2026-11-28: keeping the parts that were used last, as caches do, would read all of them at each
// evaluation.
type InParts struct {
	Runtime
	Most int64                     // bytes of weights open at once; 0: no limit
	Size func(*graph.Weight) int64 // of a weight once it is open
	// Tell, which may be nil, is told after the first evaluation in parts how many times as long as
	// without reading them it took.
	Tell func(network string, parts int, slower float64)
}

// shares is how many parts fit into the memory: fewer, larger ones would leave less of it to those
// that stay open.
const shares = 4

// Open opens g whole where it fits, else as a Session in parts: see InParts. Options.Fast, which
// repacks weights while they are read, isn't for parts, nor is Options.Capture.
func (r InParts) Open(ctx context.Context, g *graph.Graph, o Options) (Session, error) {
	if r.Most <= 0 || r.bytes(g) <= r.Most || g.IsForeign() {
		return r.Runtime.Open(ctx, g, o)
	}
	parts, err := g.Cut(r.Most/shares, r.Size)
	if err != nil {
		return nil, err
	}
	s := &inParts{runtime: r, name: g.Name, outputs: g.Outputs, last: map[string]int{}, parts: make([]part, len(parts))}
	o.Fast, o.Capture = false, NoCapture
	if o.Smaller != nil {
		smaller := o.Smaller // asks about the inputs of the whole
		o.Smaller = func(map[string]*tensor.Tensor) bool { return smaller(s.in) }
	}
	s.options = o
	largest := int64(0)
	for i, p := range parts {
		s.parts[i].graph = p
		largest = max(largest, r.bytes(p))
		for _, v := range p.Inputs {
			s.last[v.Name] = i
		}
	}
	for _, v := range g.Outputs {
		delete(s.last, v.Name)
	}
	left := r.Most - largest
	for i := range s.parts {
		if left -= r.bytes(parts[i]); left < 0 {
			break
		}
		s.parts[i].stays = true
	}
	return s, nil
}

func (r InParts) bytes(g *graph.Graph) (n int64) {
	for _, w := range g.Weights {
		n += r.Size(w)
	}
	return n
}

// part is one part of a network in parts.
type part struct {
	graph   *graph.Graph
	stays   bool
	session Session
}

// inParts is a Session that opens its parts in turn.
type inParts struct {
	runtime InParts
	name    string
	outputs []graph.Value
	last    map[string]int // the last part that reads a value
	options Options
	parts   []part
	in      map[string]*tensor.Tensor // of the evaluation under way
	device  string
	told    bool
	closed  bool
}

// Device implements Placed: where the last part ran.
func (s *inParts) Device() string { return s.device }

func (s *inParts) Run(ctx context.Context, in map[string]*tensor.Tensor) (map[string]*tensor.Tensor, error) {
	if s.closed {
		return nil, errors.New("the session is closed")
	}
	s.in = in
	defer func() { s.in = nil }()
	var opening, running time.Duration
	values := maps.Clone(in)
	for i := range s.parts {
		p := &s.parts[i]
		began := time.Now()
		if p.session == nil {
			session, err := s.runtime.Runtime.Open(ctx, p.graph, s.options)
			if err != nil {
				return nil, err
			}
			p.session = session
		}
		opened := time.Now()
		if !p.stays {
			opening += opened.Sub(began)
		}
		some := map[string]*tensor.Tensor{}
		for _, v := range p.graph.Inputs {
			some[v.Name] = values[v.Name]
		}
		out, err := p.session.Run(ctx, some)
		running += time.Since(opened)
		if err == nil { // a part whose evaluation was left answers when that ends
			s.device = Handle{p.session}.Device()
		}
		if !p.stays {
			began = time.Now()
			err = errors.Join(err, p.close())
			opening += time.Since(began)
		}
		if err != nil {
			return nil, err
		}
		maps.Copy(values, out)
		maps.DeleteFunc(values, func(name string, _ *tensor.Tensor) bool { at, read := s.last[name]; return read && at == i })
	}
	if !s.told && s.runtime.Tell != nil {
		s.told = true
		s.runtime.Tell(s.name, len(s.parts), 1+float64(opening)/float64(max(running, 1)))
	}
	out := map[string]*tensor.Tensor{}
	for _, v := range s.outputs {
		out[v.Name] = values[v.Name]
	}
	return out, nil
}

// Weigh implements Weigher: the parts with such a weight are opened again when their turn comes.
func (s *inParts) Weigh(_ context.Context, weights map[string]graph.Weight) error {
	var all []error
	for i := range s.parts {
		if g, changed := s.parts[i].graph.Reweighed(weights); changed {
			s.parts[i].graph = g
			all = append(all, s.parts[i].close())
		}
	}
	return errors.Join(all...)
}

func (p *part) close() error {
	if p.session == nil {
		return nil
	}
	err := p.session.Close()
	p.session = nil
	return err
}

// Close closes the parts that are open.
func (s *inParts) Close() error {
	s.closed = true
	var all []error
	for i := range s.parts {
		all = append(all, s.parts[i].close())
	}
	return errors.Join(all...)
}
