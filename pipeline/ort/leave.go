package ort

import (
	"context"
	"maps"
	"slices"
	"sync"

	"pentimento/fault"
)

// The library ends what it does between two operators, and an opening between two of its steps:
// a wide convolution takes half a second, packing a network's weights takes two. A caller whose
// ctx ends does not wait for that. What was left ends on its own and what it made is taken back;
// whoever comes next waits for it, so that no network is in memory twice.

// work is what is under way in the library that its caller has left.
type work struct {
	mu   sync.Mutex
	left map[chan struct{}]*session // each closed at its end; of a session, or of none
}

// begun is the work of this process, whatever Runtime it is of.
var begun work

// leave lets end go on by itself, for a session or none.
func (w *work) leave(s *session, end func()) {
	at := make(chan struct{})
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.left == nil {
		w.left = map[chan struct{}]*session{}
	}
	w.left[at] = s
	go func() {
		_ = fault.Guard("ending what was left", end)
		w.mu.Lock()
		delete(w.left, at)
		w.mu.Unlock()
		close(at)
	}()
}

// of says whether something of a session is left under way.
func (w *work) of(s *session) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return slices.Contains(slices.Collect(maps.Values(w.left)), s)
}

// rest waits for what was left, or for the end of ctx.
func (w *work) rest(ctx context.Context) error {
	for {
		w.mu.Lock()
		var any chan struct{}
		for any = range w.left {
			break
		}
		w.mu.Unlock()
		if any == nil {
			return ctx.Err()
		}
		select {
		case <-any:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// leaving is what call returns, or ctx.Err() as soon as ctx ends: then call goes on by itself, for
// a session or none, and undo has what it returned. A panic of call is one of the caller's
// goroutine while that waits.
func leaving[T any](ctx context.Context, s *session, call func() (T, error), undo func(T)) (T, error) {
	var none T
	if err := begun.rest(ctx); err != nil {
		return none, err
	}
	type result struct {
		of       T
		err, bad error
	}
	done := make(chan result, 1)
	var r result
	hand(func() { r.of, r.err = call() }, func(panicked error) {
		r.bad = panicked
		done <- r
	})
	select {
	case r := <-done:
		if r.bad != nil {
			panic(r.bad)
		}
		return r.of, r.err
	case <-ctx.Done():
	}
	begun.leave(s, func() {
		if r := <-done; r.bad == nil && r.err == nil {
			undo(r.of)
		}
	})
	return none, ctx.Err()
}
