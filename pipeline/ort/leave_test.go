package ort

import (
	"context"
	"errors"
	"slices"
	"sync"
	"testing"
	"time"

	"pentimento/pipeline/graph"
	"pentimento/pipeline/model"
	"pentimento/pipeline/tensor"
)

// deaf is a library that hears of no end: what it has begun it finishes when the test says so.
type deaf struct {
	mu            sync.Mutex
	log           []string
	begun, finish chan struct{}
}

func (d *deaf) work(what string) {
	d.note(what)
	d.begun <- struct{}{}
	<-d.finish
	d.note(what + " ends")
}

func (d *deaf) note(what string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.log = append(d.log, what)
}

func (d *deaf) run(*stopper, map[string]*tensor.Tensor) (map[string]*tensor.Tensor, error) {
	d.work("run")
	return nil, nil
}

func (d *deaf) free() { d.note("free") }

// left calls do and ends its ctx once the library is at work, which must not keep do.
func (d *deaf) left(t *testing.T, do func(context.Context) error) {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	back := make(chan error)
	go func() { back <- do(ctx) }()
	<-d.begun
	cancel()
	select {
	case err := <-back:
		if !errors.Is(err, context.Canceled) {
			t.Errorf("the error is %v, want that it was cancelled", err)
		}
	case <-time.After(20 * time.Second):
		t.Fatal("it waits for the library")
	}
}

// TestWhoCancelsDoesNotWaitForTheLibrary, neither for an opening nor for an evaluation; who comes
// next does, what was opened for nobody is freed before, and what is closed is freed after its evaluation.
func TestWhoCancelsDoesNotWaitForTheLibrary(t *testing.T) {
	d := &deaf{begun: make(chan struct{}), finish: make(chan struct{})}
	r := New(Config{Device: "cpu"})
	r.make = func(context.Context, settings, []byte, *graph.Graph, *watch) (machine, error) {
		d.work("open")
		return d, nil
	}
	g, _, _ := chain(t, 4, 1)
	open := func(ctx context.Context) (model.Session, error) { return r.Open(ctx, g, model.Options{Device: "cpu"}) }
	d.left(t, func(ctx context.Context) error { _, err := open(ctx); return err })
	opened := make(chan model.Session)
	go func() { opened <- must(open(context.Background())) }()
	d.finish <- struct{}{}
	<-d.begun
	d.finish <- struct{}{}
	s := <-opened
	run := func(ctx context.Context) error {
		_, err := s.Run(ctx, map[string]*tensor.Tensor{"x": row(1, 4)})
		return err
	}
	d.left(t, run)
	ran := make(chan error)
	go func() { ran <- run(context.Background()) }()
	d.finish <- struct{}{}
	<-d.begun
	d.finish <- struct{}{}
	if err := <-ran; err != nil {
		t.Error(err)
	}
	d.left(t, run)
	_ = s.Close()
	d.note("closed")
	d.finish <- struct{}{}
	if err := begun.rest(context.Background()); err != nil {
		t.Error(err)
	}
	want := []string{"open", "open ends", "free", "open", "open ends", "run", "run ends", "run", "run ends", "run", "closed", "run ends", "free"}
	if !slices.Equal(d.log, want) {
		t.Errorf("the library has done %q, want %q", d.log, want)
	}
}

// TestWhoCancelsANetworkInPartsDoesNotWaitEither: nobody asks a part that is left where it runs.
func TestWhoCancelsANetworkInPartsDoesNotWaitEither(t *testing.T) {
	d := &deaf{begun: make(chan struct{}), finish: make(chan struct{})}
	r := New(Config{Device: "cpu"})
	r.make = func(context.Context, settings, []byte, *graph.Graph, *watch) (machine, error) { return d, nil }
	g, _, _ := chain(t, 4, 4)
	one := func(w *graph.Weight) int64 { return w.Length }
	s := must(model.InParts{Runtime: r, Most: 3 * one(g.Weights[0]), Size: one}.Open(context.Background(), g, model.Options{Device: "cpu"}))
	d.left(t, func(ctx context.Context) error {
		_, err := s.Run(ctx, map[string]*tensor.Tensor{"x": row(1, 4)})
		return err
	})
	d.finish <- struct{}{}
	_ = s.Close()
	_ = begun.rest(context.Background())
}

// TestOneThreadDoesWhatComesInTurn: another thread would take memory of its own for each.
func TestOneThreadDoesWhatComesInTurn(t *testing.T) {
	waiting := func() int {
		idle.mu.Lock()
		defer idle.mu.Unlock()
		return len(idle.hands)
	}
	_ = begun.rest(context.Background()) // of the tests before
	before := waiting()
	for range 200 {
		_, err := leaving(context.Background(), nil, func() (int, error) { return 0, nil }, func(int) {})
		if err != nil {
			t.Fatal(err)
		}
	}
	if now := waiting(); now != max(before, 1) {
		t.Errorf("%d threads wait for work, want %d", now, max(before, 1))
	}
}
