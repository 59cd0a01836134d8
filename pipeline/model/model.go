// Package model says what a network run needs from the machine, without saying how:
// Runtime opens a graph as a Session, Spec is a row in the table of model families.
// pipeline/ort is the real Runtime, pipeline/pipelinetest a fake one.
package model

import (
	"context"

	"pentimento/pipeline/graph"
	"pentimento/pipeline/tensor"
)

// Runtime opens graphs on a device. It is safe for use by several goroutines.
type Runtime interface {
	// Open loads the graph. It ends early with ctx.Err() when ctx ends.
	Open(ctx context.Context, g *graph.Graph, o Options) (Session, error)
	// Devices lists what this machine and library offer, the preferred one first.
	Devices() []Device
}

// Session runs one opened graph. Run may be called by one goroutine at a time.
type Session interface {
	// Run evaluates the graph once. Cancelling ctx ends a running evaluation.
	Run(ctx context.Context, in map[string]*tensor.Tensor) (map[string]*tensor.Tensor, error)
	Close() error
}

// Options are choices that change speed and memory, never numbers beyond rounding.
type Options struct {
	Device  string // "" = the runtime's own choice, otherwise a Device.Name
	Threads int    // 0 = all cores
	// LowMemory asks for weights to stay in the mapped file and for memory to be
	// returned after each run, at some cost in speed.
	LowMemory bool
}

// Device is something a graph can run on, or could if what is Missing were there.
type Device struct {
	Name    string // "cuda", "tensorrt", "directml", "webgpu", "coreml", "cpu"
	Label   string // for people
	Ready   bool
	Missing string // why it is not ready; empty when it is
	Hint    string // how to get it
}
