// Package pipeline fills a place on the canvas: it takes a Request (plain, complete
// data), runs an engine in the background and returns a Result that differs from what
// was read only inside the composite mask.
//
// Start reading at Run; one task a file. The contract with the canvas is image.NRGBA,
// image.Alpha, image.Rectangle and context.Context, nothing else.
package pipeline

import (
	"context"
	"fmt"

	"pentimento/pipeline/model"
)

// Pipeline runs requests. It is safe for use by several goroutines; runs that need a
// network take turns.
type Pipeline struct {
	runtime model.Runtime
}

// New returns a pipeline. runtime may be nil: then only the engines that need no
// network work.
func New(runtime model.Runtime) *Pipeline { return &Pipeline{runtime: runtime} }

// Run carries out one request. report may be nil. It returns ctx.Err() when ctx ends.
func (p *Pipeline) Run(ctx context.Context, req Request, report func(Progress)) (*Result, error) {
	if report == nil {
		report = func(Progress) {}
	}
	switch req.Engine {
	case Content, Edge, Neutral, Noise:
		return fill(ctx, req, report)
	}
	return nil, fmt.Errorf("pipeline: engine %q is not known", req.Engine)
}
