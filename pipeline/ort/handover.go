package ort

import (
	"os"

	"pentimento/pipeline/graph"
)

// handOverFrom is the size from which a weight that lives in memory (a merged adapter, a
// value of our own) is handed over beside the model's bytes instead of inside them: a
// model's bytes may not exceed 2 GB, and would be copied once more.
const handOverFrom = 1 << 20

// handOver takes the large weights in memory out of g. What it returns is g with those
// weights declared to lie in the largest of the checkpoint's files (the runtime insists on
// a place, and replaces them before it reads anything), and the weights themselves. The
// runtime's other call, AddInitializer, must not be used: it folds constants with what
// is at the declared place, and computes wrong numbers silently.
func handOver(g *graph.Graph) (*graph.Graph, []*graph.Weight) {
	place, room := "", int64(0)
	for _, w := range g.Weights {
		if w.File == "" || w.File == place {
			continue
		}
		if info, err := os.Stat(w.File); err == nil && info.Size() > room {
			place, room = w.File, info.Size()
		}
	}
	var apart []*graph.Weight
	out := *g
	out.Weights = make([]*graph.Weight, len(g.Weights))
	for i, w := range g.Weights {
		out.Weights[i] = w
		n := int64(len(w.Data))
		if w.File != "" || n < handOverFrom || n > room {
			continue
		}
		apart = append(apart, w)
		there := *w
		there.Data, there.File, there.Offset, there.Length = nil, place, 0, n
		out.Weights[i] = &there
	}
	return &out, apart
}
