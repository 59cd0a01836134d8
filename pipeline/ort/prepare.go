package ort

import (
	"context"
	"sync"
	"time"

	"pentimento/pipeline/graph"
)

// What the packed form costs and saves, measured with SD 1.5 on two cores: 5 to 7 s of
// loading for 3.4 GB of fp32 weights, twice that for fp16, and 15 % of an evaluation.
const (
	packSecondsPerByte = 2.0e-9
	packSaves          = 0.15
)

// maxTwice is the size of widened weights from which a graph keeps the form that it has. Both
// forms hold such weights in memory of their own, and making the second takes as much once more:
// 9.9 GB for SD 1.5 in fp16, to save 15 % of the evaluations that are left.
const maxTwice = 1 << 30

// preparation is the making of a faster form alongside the running one.
type preparation struct {
	mu     sync.Mutex
	runs   int // evaluations that are still expected
	begun  bool
	cancel context.CancelFunc
	ready  chan *loaded // one value, then closed
}

// Prepare says that about runs evaluations are coming; see model.Preparer. The decision
// falls after the next evaluation, when its time is known.
func (s *session) Prepare(runs int) {
	s.mu.Lock()
	s.pinned = false
	s.mu.Unlock()
	s.ahead.mu.Lock()
	defer s.ahead.mu.Unlock()
	s.ahead.runs = runs
}

// consider starts the faster form when the expected evaluations repay it, by a third at
// least, and the machine has room for both. It is called with s.mu held.
func (s *session) consider(took time.Duration) {
	a := &s.ahead
	a.mu.Lock()
	defer a.mu.Unlock()
	a.runs--
	if a.begun || s.pinned || s.now.fast || s.now.device != "cpu" || s.options.LowMemory {
		return
	}
	bytes := wideBytes(s.graph)
	if bytes > maxTwice && widens(s.graph) {
		return
	}
	cost := packSecondsPerByte * float64(bytes)
	if float64(a.runs)*took.Seconds()*packSaves < 1.33*cost || freeMemory() < uint64(bytes)*3/2 {
		return
	}
	ctx, cancel := context.WithCancel(context.Background())
	a.begun, a.cancel, a.ready = true, cancel, make(chan *loaded, 1)
	go func() {
		defer close(a.ready)
		if l, err := s.runtime.openOn(ctx, s.graph, s.options, "cpu", true); err == nil {
			a.ready <- l
		} // an error only means that the job goes on as it is
	}()
}

// adopt takes the faster form when it has become ready. It is called with s.mu held.
func (s *session) adopt() {
	if s.pinned {
		return
	}
	s.ahead.mu.Lock()
	defer s.ahead.mu.Unlock()
	select {
	case l := <-s.ahead.ready: // a nil channel never answers
		s.ahead.ready = nil
		if l != nil {
			s.now.close()
			s.now = l
		}
	default:
	}
}

// abandon ends a preparation and frees what it has made.
func (a *preparation) abandon() {
	a.mu.Lock()
	cancel, ready := a.cancel, a.ready
	a.runs = 0
	a.mu.Unlock()
	if cancel == nil {
		return
	}
	cancel()
	if ready == nil {
		return
	}
	if l := <-ready; l != nil {
		l.close()
	}
}

// wideBytes is the size of a graph's weights once they are all fp32.
func wideBytes(g *graph.Graph) int64 {
	n := int64(0)
	for _, w := range g.Weights {
		size := w.Length
		if w.File == "" {
			size = int64(len(w.Data))
		}
		if s := w.Type.Size(); s == 1 || s == 2 {
			size *= 4 / s
		}
		n += size
	}
	return n
}

// widens says whether weights are stored in fewer bits than the processor computes with.
func widens(g *graph.Graph) bool {
	for _, w := range g.Weights {
		if size := w.Type.Size(); w.File != "" && (size == 1 || size == 2) && w.Type != graph.Bool {
			return true
		}
	}
	return false
}
