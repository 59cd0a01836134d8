package adapter

import (
	"context"

	"pentimento/pipeline/checkpoint"
	"pentimento/pipeline/graph"
)

// Over is a Merger's source after one merge.
func Over(ctx context.Context, part *checkpoint.Part, uses ...Use) (graph.Source, error) {
	var files []*File
	for _, u := range uses {
		files = append(files, u.File)
	}
	m := NewMerger(part, files...)
	err := m.Merge(ctx, func(map[string]graph.Weight) error { return nil }, uses...)
	return m.Source(), err
}
