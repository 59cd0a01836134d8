package ort

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"slices"
	"strings"
	"sync"
	"time"

	"pentimento/fault"
	"pentimento/pipeline/graph"
	"pentimento/pipeline/model"
	"pentimento/pipeline/tensor"
)

// session is one opened graph. The form that runs may be replaced between evaluations: by
// Use, or by one on another device where this one fails.
type session struct {
	runtime *Runtime
	graph   *graph.Graph
	options model.Options

	mu     sync.Mutex // held for a whole evaluation
	now    *loaded
	closed bool
	fast   bool // the usual form on the processor is the packed one
	stood  stood
}

var (
	_ model.Session = (*session)(nil)
	_ model.Placed  = (*session)(nil)
	_ model.Former  = (*session)(nil)

	_ model.Recorder = (*session)(nil)
)

// Run evaluates the graph once; see model.Session. It returns as soon as ctx ends; the evaluation
// ends at the next operator (about 0.1 s at 512×512), and the next one waits for that. A checkpoint
// that changed since the session was opened is an error, and so is every later run.
func (s *session) Run(ctx context.Context, in map[string]*tensor.Tensor) (map[string]*tensor.Tensor, error) {
	out, err := leaving(ctx, s, func() (map[string]*tensor.Tensor, error) { return s.run(ctx, in) }, func(map[string]*tensor.Tensor) { s.pauses() })
	if err != nil && ctx.Err() != nil && !begun.of(s) { // it was cancelled between two evaluations
		begun.leave(s, s.pauses)
	}
	return out, err
}

// pauses gives working memory back where nobody knows when the next evaluation comes.
func (s *session) pauses() {
	if !s.mu.TryLock() { // who comes next would wait for an evaluation that goes on
		return
	}
	cpu := s.now != nil && s.now.device == "cpu"
	s.mu.Unlock()
	if cpu {
		emptyArena()
	}
}

func (s *session) run(ctx context.Context, in map[string]*tensor.Tensor) (map[string]*tensor.Tensor, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return nil, fmt.Errorf("ort: graph %q: the session is closed", s.graph.Name)
	}
	if s.options.LowMemory { // trim gives back what the thread that evaluated holds
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
	}
	for {
		if err := s.settle(ctx, in); err != nil {
			return nil, err
		}
		out, err := s.now.evaluate(ctx, in)
		// What is small runs often, such as a step on a tile; the rest takes a tenth of a second
		// of an evaluation of seconds to come back.
		if s.options.LowMemory && s.now.device == "cpu" && wideBytes(s.graph) >= 64<<20 {
			s.runtime.Trim()
			trim()
		}
		if err == nil {
			s.note(in, out)
			return out, nil
		}
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		if errors.Is(err, errChanged) {
			return nil, err
		}
		if s.now.still != nil && !deviceLost(err) {
			s.plainly(&refusal{"a recorded evaluation failed", err})
			continue
		}
		if smaller := s.options.Smaller; smaller != nil && outOfMemory(err) && smaller(in) {
			return nil, &model.OutOfMemory{Device: s.now.device, Err: err}
		}
		if s.now.device == "cpu" {
			return nil, fmt.Errorf("ort: run graph %q: %w", s.graph.Name, err)
		}
		// A device that has run out of memory, or is lost: the next one takes over.
		failed := s.now.device
		s.now.close()
		s.now, s.stood = nil, stood{} // what has stood still did so there
		why := &refusal{"an evaluation on it failed", err}
		switch {
		case outOfMemory(err):
			why.why = "it ran out of memory"
		case deviceLost(err): // for everybody: the driver gives this process no other
			why.why = "the graphics card or its driver stopped"
			s.runtime.forbid(failed, why)
		}
		if err := s.place(ctx, failed, why); err != nil {
			s.closed = true
			return nil, err
		}
	}
}

// Close frees the session; it waits for a running evaluation, but not for one that was cancelled:
// then the session is freed after it. Closing twice is harmless.
func (s *session) Close() error {
	if begun.of(s) {
		begun.leave(s, s.end)
	} else {
		s.end()
	}
	return nil
}

func (s *session) end() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.now != nil {
		s.now.close()
		s.now = nil
	}
	s.closed = true
}

// Device is where the session runs now.
func (s *session) Device() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.now == nil {
		return ""
	}
	return s.now.device
}

// evaluate runs once, and refuses the result when the weights were not what they were.
func (l *loaded) evaluate(ctx context.Context, in map[string]*tensor.Tensor) (_ map[string]*tensor.Tensor, err error) {
	defer func() {
		if err != nil && l.device == "cpu" { // see pauses
			emptyArena()
		}
	}()
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	if err := l.watch.check(); err != nil {
		return nil, err
	}
	done, err := cards.take(ctx, l.device)
	if err != nil {
		return nil, err
	}
	defer done()
	stopper, err := newStopper(l.shrink)
	if err != nil {
		return nil, err
	}
	defer stopper.free()
	stop := watching(ctx, l.watch, stopper.stop)
	out, err := l.perform(stopper, in)
	stop()
	if broken := l.watch.check(); broken != nil {
		return nil, broken
	}
	return out, ended(ctx, err)
}

// watching calls end once when ctx ends or a mapped file was cut. The function it
// returns stops the watch and waits for it, so that what end acts on may be freed.
func watching(ctx context.Context, w *watch, end func()) func() {
	done, gone := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(gone)
		_ = fault.Guard("watch", func() {
			tick := time.NewTicker(20 * time.Millisecond)
			defer tick.Stop()
			for {
				select {
				case <-done:
					return
				case <-ctx.Done():
					end()
					<-done
					return
				case <-tick.C:
					if w.cut() {
						end()
						<-done
						return
					}
				}
			}
		})
	}()
	return func() { close(done); <-gone }
}

// outOfMemory recognises what the providers say when their device is full.
func outOfMemory(err error) bool {
	return says(err, "out of memory", "out_of_memory", "out_of_device_memory", "out_of_host_memory", "failed to allocate", "outofmemory", "device memory", "bad_alloc")
}

// deviceLost recognises that a driver was reset or a card is gone, in the words of WebGPU, Vulkan,
// Direct3D and CUDA.
func deviceLost(err error) bool {
	return says(err, "device lost", "device is lost", "device_lost", "device removed", "device_removed", "device hung", "device_hung", "device was lost", "illegal memory access", "unspecified launch failure")
}

func says(err error, any ...string) bool {
	t := strings.ToLower(err.Error())
	return slices.ContainsFunc(any, func(s string) bool { return strings.Contains(t, s) })
}
