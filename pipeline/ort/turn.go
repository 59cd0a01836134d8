package ort

import (
	"context"
	"io"
	"os"
	"sync"

	"pentimento/fault"
	"pentimento/pipeline/graph"
	"pentimento/pipeline/tensor"
)

// machine is a session of the library, or a stand-in of the tests.
type machine interface {
	run(s *stopper, in map[string]*tensor.Tensor) (map[string]*tensor.Tensor, error)
	free()
}

// maker makes native sessions: makeHandle, or a stand-in of the tests.
type maker func(ctx context.Context, how settings, encoded []byte, g *graph.Graph, w *watch) (machine, error)

// turns holds one turn for each device: sessions on it are made, run and freed one after another,
// in the order in which they ask. The processor needs none.
//
// 2026-11-27: a provider for a card keeps one device, queue and set of buffers for all its
// sessions of a process. WebGPU's is not made for two threads: opening the denoiser while the text
// encoder ran ended the process in most runs. A card does one thing at a time anyway.
type turns struct {
	mu sync.Mutex
	of map[string]chan struct{}
}

// cards are the turns at this process's devices, whatever Runtime asks.
var cards turns

// take waits for a device's turn and returns what ends it. A ctx that ends while others have
// the turn is its error; an evaluation under way isn't waited for.
func (t *turns) take(ctx context.Context, device string) (func(), error) {
	if device == "cpu" {
		return func() {}, ctx.Err()
	}
	t.mu.Lock()
	turn := t.of[device]
	if turn == nil {
		if t.of == nil {
			t.of = map[string]chan struct{}{}
		}
		turn = make(chan struct{}, 1)
		t.of[device] = turn
	}
	t.mu.Unlock()
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	select {
	case turn <- struct{}{}: // those who wait are served in their order
		return func() { <-turn }, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// takeReading is take for who is going to read g's weights from their files: it brings them
// into the system's cache while it waits, so that the turn is short.
func (t *turns) takeReading(ctx context.Context, device string, g *graph.Graph) (func(), error) {
	reading, stop := context.WithCancel(ctx)
	read := make(chan struct{})
	go func() {
		defer close(read)
		if device != "cpu" {
			_ = fault.Guard("reading ahead", func() { readAhead(reading, g) })
		}
	}()
	done, err := t.take(ctx, device)
	stop()
	<-read
	return done, err
}

// readAhead reads the files' parts that a graph wants, until ctx ends; errors are left to who
// needs the parts.
func readAhead(ctx context.Context, g *graph.Graph) {
	block := make([]byte, 1<<20)
	var file *os.File
	defer func() { _ = file.Close() }()
	for _, w := range g.Weights {
		if w.File == "" {
			continue
		}
		if file == nil || file.Name() != w.File {
			_ = file.Close()
			var err error
			if file, err = os.Open(w.File); err != nil {
				return
			}
		}
		part := io.NewSectionReader(file, w.Offset, w.Length)
		for {
			if ctx.Err() != nil {
				return
			}
			if _, err := part.Read(block); err != nil {
				break
			}
		}
	}
}
