package ort

import (
	"context"
	"fmt"
	"os"
	"runtime"

	"pentimento/fault"
	"pentimento/pipeline/graph"
)

// handOverFrom is the size from which a weight that lives in memory (a merged adapter, a
// value of our own) is handed over beside the model's bytes instead of inside them: a
// model's bytes may not exceed 2 GB, and would be copied once more.
const handOverFrom = 1 << 20

// handOver takes the large weights in memory out of g, and those that are to be decoded. What it
// returns is g with those weights declared to lie in the largest of the checkpoint's files (the
// runtime insists on a place, and replaces them before it reads anything), and the weights
// themselves. The runtime's other call, AddInitializer, must not be used: it folds constants with
// what is at the declared place, and computes wrong numbers silently.
//
// 2026-11-28: the runtime copies what it is handed, so that decoded weights are there twice until
// the session is open.
func handOver(ctx context.Context, g *graph.Graph) (*graph.Graph, []*graph.Weight, error) {
	decoded, err := decode(ctx, g)
	if err != nil {
		return nil, nil, err
	}
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
	for i, w := range decoded {
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
	return &out, apart, nil
}

// decode gives g's weights with the values of those that are to be decoded, several at a time. It
// ends early with ctx.Err().
func decode(ctx context.Context, g *graph.Graph) ([]*graph.Weight, error) {
	ctx, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	out := make([]*graph.Weight, len(g.Weights))
	left := make(chan int, len(g.Weights))
	for i, w := range g.Weights {
		if out[i] = w; w.Decode != nil {
			left <- i
		}
	}
	close(left)
	var workers fault.Group
	for range min(runtime.GOMAXPROCS(0), len(left)) {
		workers.Go(func() {
			for i := range left {
				if ctx.Err() != nil {
					return
				}
				w := *g.Weights[i]
				data, err := w.Decode()
				if err != nil {
					stop(fmt.Errorf("weight %q: %w", w.Name, err))
					return
				}
				w.Data, w.File, w.Offset, w.Length, w.Decode = data, "", 0, 0, nil
				out[i] = &w
			}
		})
	}
	workers.Wait()
	return out, context.Cause(ctx)
}
