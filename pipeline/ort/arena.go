package ort

import (
	"sync"

	"pentimento/pipeline/graph"
	"pentimento/pipeline/tensor"
)

// nothing is a session that computes nothing, opened when it is first wanted and never closed.
var nothing struct {
	sync.Mutex
	h *handle
}

// emptyArena gives what no session works in of the arena on the processor back to the system.
// The library does so after a run that asks for it and in no other way: neither closing a session
// nor ending its evaluation early does, and all sessions share the arena, so that it would stay
// as large as the largest of them made it. Runs under way keep what they have.
func emptyArena() {
	nothing.Lock()
	defer nothing.Unlock()
	if nothing.h == nil {
		x := graph.Value{Name: "x", Type: graph.Float32, Shape: []graph.Dim{graph.Fixed(1)}}
		y := x
		y.Name = "y"
		g := &graph.Graph{Name: "nothing", Inputs: []graph.Value{x}, Outputs: []graph.Value{y},
			Nodes: []*graph.Node{{Op: "Identity", Name: "nothing", Inputs: []string{"x"}, Outputs: []string{"y"}}}}
		encoded, err := g.Encode("")
		if err != nil {
			return
		}
		o, err := newOptions(settings{level: levelExtended, threads: 1, arena: true})
		if err != nil {
			return
		}
		defer o.free()
		if nothing.h, err = newHandle(o, encoded, g); err != nil {
			return
		}
	}
	s, err := newStopper(true)
	if err != nil {
		return
	}
	defer s.free()
	_, _ = nothing.h.run(s, map[string]*tensor.Tensor{"x": tensor.New(1)}) // what it fails to give back does no harm
	trim()
}
