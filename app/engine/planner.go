package engine

import (
	"context"

	"pentimento/fault"
	"pentimento/pipeline/graph"
	"pentimento/pipeline/model"
)

// planner is the runtime of the pipeline that plans and checks in the window's process: it
// opens nothing, so that the native library is never loaded there.
type planner struct {
	*Client
	free func() uint64
}

// Planner returns a model.Runtime for the window's own pipeline. free is the machine's free
// memory in bytes, 0 if unknown.
func (c *Client) Planner(free func() uint64) model.Runtime { return planner{c, free} }

// Open refuses: networks run in the child.
func (planner) Open(context.Context, *graph.Graph, model.Options) (model.Session, error) {
	return nil, fault.New("engine: networks run in the engine, not in the window", "")
}

// Devices are those that a child has seen; none before one ran.
func (p planner) Devices() []model.Device {
	var out []model.Device
	for _, d := range p.Known() {
		out = append(out, model.Device(d))
	}
	return out
}

// FreeMemory is what the system could give without swapping, in bytes; 0 if unknown.
func (p planner) FreeMemory() uint64 { return p.free() }
