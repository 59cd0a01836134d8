package unet

import (
	"fmt"
	"slices"

	"pentimento/pipeline/checkpoint"
	"pentimento/pipeline/graph"
)

// hooks shrink what a block of the way down makes, and enlarge again what the way up brings
// to the first skip connection above it that was not shrunk.
func (s Shrink) hooks(p *checkpoint.Part) ([]graph.Hook, error) {
	all := Skips(p) + 1
	if s.Block < 1 || s.Block >= all {
		return nil, fmt.Errorf("unet: deep shrink at block %d, want 1 to %d", s.Block, all-1)
	}
	for _, name := range []string{s.Down, s.Up} {
		if !slices.Contains(Resizes, name) {
			return nil, fmt.Errorf("unet: deep shrink resizes by %q, want one of %q", name, Resizes)
		}
	}
	by := &shared{}
	down := graph.Hook{At: fmt.Sprintf("input_blocks.%d", s.Block), Do: func(b *graph.Builder, at graph.Site, v graph.Value) graph.Value {
		b.Full(func() { v = b.Shrink(at.Name, v, by.in(b, shrinkInput, graph.Fixed(1)), s.Down) })
		return v
	}}
	kept := s.Block - 1 // the last block whose skip is not shrunk
	if s.AfterSkip {
		kept, down.At = s.Block, fmt.Sprintf("input_blocks.%d.after", s.Block)
	}
	up := graph.Hook{At: below(Skips(p) - kept), Do: func(b *graph.Builder, at graph.Site, v graph.Value) graph.Value {
		b.Full(func() { v = b.Resize(at.Name, v, *at.Beside, s.Up) })
		return v
	}}
	return []graph.Hook{down, up}, nil
}
