package main

import (
	"context"
	"sync/atomic"
	"syscall"
	"time"

	"pentimento/pipeline/graph"
	"pentimento/pipeline/model"
	"pentimento/pipeline/ort"
	"pentimento/pipeline/tensor"
)

// counting is a runtime that counts a denoiser's evaluations.
type counting struct {
	*ort.Runtime
	whole, shallow atomic.Int64
}

func (c *counting) Open(ctx context.Context, g *graph.Graph, o model.Options) (model.Session, error) {
	s, err := c.Runtime.Open(ctx, g, o)
	at := map[string]*atomic.Int64{"denoiser": &c.whole, "denoiser, shallow": &c.shallow}[g.Name]
	if err != nil || at == nil {
		return s, err
	}
	return counted{s, at}, nil
}

// counted is a session that counts its runs. It has the one form and place of a processor's.
type counted struct {
	model.Session
	runs *atomic.Int64
}

func (c counted) Run(ctx context.Context, in map[string]*tensor.Tensor) (map[string]*tensor.Tensor, error) {
	c.runs.Add(1)
	return c.Session.Run(ctx, in)
}

func (counted) Device() string { return "cpu" }

// processorTime is what this process has used of all processors.
func processorTime() time.Duration {
	var u syscall.Rusage
	_ = syscall.Getrusage(syscall.RUSAGE_SELF, &u)
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
