package adapter

import (
	"cmp"
	"context"
	"fmt"
	"runtime"
	"slices"
	"strings"
	"sync"

	"pentimento/fault"
	"pentimento/pipeline/checkpoint"
	"pentimento/pipeline/graph"
)

// Merger keeps what adapters make of a part's weights, so that another strength merges again
// what it concerns and no more. Its weights are loose (graph.Weight): all that any of its
// adapters speaks of, also while none changes them. One goroutine may use it at a time.
type Merger struct {
	part  *checkpoint.Part
	files []*File
	made  map[string]*made
	dirty map[string]graph.Weight // that nobody was told of yet
}

// made is a weight as it was merged.
type made struct {
	of     string // the changes in it
	weight graph.Weight
}

// NewMerger is a merger of some adapters, with nothing merged yet.
func NewMerger(part *checkpoint.Part, files ...*File) *Merger {
	return &Merger{part: part, files: files, made: map[string]*made{}, dirty: map[string]graph.Weight{}}
}

// Source gives the part's weights as they were merged last.
func (m *Merger) Source() graph.Source { return graph.Source(m.part.Weight).Over(m.Weights()) }

// Weights are the loose ones as they were merged last.
func (m *Merger) Weights() map[string]graph.Weight {
	all := map[string]graph.Weight{}
	for name, w := range m.made {
		all[name] = w.weight
	}
	return all
}

// LooseBytes is what the weights that files speak of take once they are merged.
func LooseBytes(part *checkpoint.Part, files ...*File) (n int64, err error) {
	m := NewMerger(part, files...)
	if err := m.find(); err != nil {
		return 0, err
	}
	for name := range m.made {
		n += 4 * part.Tensors[name].Count()
	}
	return n, nil
}

// Merge brings the weights to what uses of the merger's files say, on every processor core,
// and gives tell those that are others than it was told last, unless there are none. No
// session may read them meanwhile. It ends early with ctx.Err(); after an error Merge can be
// called again.
func (m *Merger) Merge(ctx context.Context, tell func(changed map[string]graph.Weight) error, uses ...Use) error {
	changes, err := changesOf(m.part, uses)
	if err != nil {
		return err
	}
	if len(m.made) == 0 {
		if err := m.find(); err != nil {
			return err
		}
	}
	var todo []string
	for name, w := range m.made {
		if w.of != described(changes[name]) {
			todo = append(todo, name)
		}
	}
	slices.SortFunc(todo, func(a, b string) int { // the largest first: no core waits for one at the end
		return cmp.Or(cmp.Compare(m.part.Tensors[b].Length, m.part.Tensors[a].Length), strings.Compare(a, b))
	})
	if err := m.mergeAll(ctx, todo, changes); err != nil || len(m.dirty) == 0 {
		return err
	}
	if err := tell(m.dirty); err != nil {
		return err
	}
	clear(m.dirty)
	return nil
}

// find lists the weights that the files speak of.
func (m *Merger) find() error {
	all := targetsOf(m.part)
	for _, f := range m.files {
		places, err := f.places(all)
		if err != nil {
			return err
		}
		for _, at := range places {
			m.made[at.weight] = &made{of: "not yet"}
		}
	}
	return nil
}

// described tells changes from others.
func described(changes []change) string {
	var b strings.Builder
	for _, c := range changes {
		fmt.Fprintf(&b, "%s\x00%s\x00%d\x00%v\x00", c.use.Key(), c.module.Name, c.use.Ranks, c.strength)
	}
	return b.String()
}

// mergeAll merges weights, up to the first that cannot be.
func (m *Merger) mergeAll(ctx context.Context, names []string, changes map[string][]change) error {
	ctx, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	var mu sync.Mutex
	todo := make(chan string, len(names))
	for _, name := range names {
		todo <- name
	}
	close(todo)
	var workers fault.Group
	for range runtime.GOMAXPROCS(0) {
		workers.Go(func() {
			var from checkpoint.Reader
			for name := range todo {
				if ctx.Err() != nil {
					return
				}
				w := m.made[name]
				w.of = "unfinished"
				if err := w.merge(m.part.Tensors[name], changes[name], &from); err != nil {
					stop(err)
					return
				}
				w.of = described(changes[name])
				mu.Lock()
				m.dirty[name] = w.weight
				mu.Unlock()
			}
		})
	}
	workers.Wait()
	return context.Cause(ctx)
}

// merge writes a weight with its changes into the memory that it has.
func (w *made) merge(t checkpoint.Tensor, changes []change, from *checkpoint.Reader) error {
	if w.weight.Data == nil {
		w.weight = graph.Weight{Type: graph.Float32, Shape: t.Shape, Data: make([]byte, 4*size(t.Shape)), Loose: true}
	}
	if err := from.Open(t); err != nil {
		return err
	}
	defer from.Close()
	to := w.weight.Floats()
	if sideways(t.Name) || slices.ContainsFunc(changes, change.looks) {
		if err := from.Read(to); err != nil {
			return err
		}
		_, err := add(to, to, t, changes)
		return err
	}
	return addByRows(to, from, t, changes)
}
