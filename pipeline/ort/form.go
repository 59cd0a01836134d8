package ort

import (
	"context"
	"fmt"

	"pentimento/pipeline/graph"
	"pentimento/pipeline/model"
)

// Packed says whether the form that ran last has its weights packed; see model.Former.
func (s *session) Packed() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.now != nil && s.now.packed
}

// Use brings the session into one of its forms; see model.Former. Devices other than the
// processor have one form only.
func (s *session) Use(ctx context.Context, packed bool) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.use(ctx, packed)
}

// Usual brings the session back into the form that it opened in; see model.Former.
func (s *session) Usual(ctx context.Context) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.use(ctx, s.fast && !s.options.LowMemory)
}

// use is called with s.mu held.
func (s *session) use(ctx context.Context, packed bool) error {
	if s.closed {
		return fmt.Errorf("ort: graph %q: the session is closed", s.graph.Name)
	}
	if s.now == nil || s.now.device != "cpu" || s.now.packed == packed {
		return nil
	}
	l, err := s.runtime.openOn(ctx, s.graph, s.options, "cpu", packed)
	if err != nil {
		return err
	}
	s.now.close()
	s.now = l
	return nil
}

// maxTwice is the size of widened weights from which a graph isn't packed: the plain form holds
// them in memory of its own as well, and packing takes as much once more (9.9 GB for SD 1.5 in
// fp16, to save 15 %).
const maxTwice = 1 << 30

// packs says whether a graph's weights are to be packed where that is asked for. It follows
// from the machine, not from how busy it is, so that the same request always runs in the same
// form; only where memory is short right now is it the plain one, which the notice says.
//
// 2026-11-27: packing costs 2 s a gigabyte of float32 weights, twice that for float16, and
// saves 15 % of every evaluation. Before, a session opened plain and the packed form took over
// when it happened to be ready: six equal runs gave three pictures.
func packs(g *graph.Graph, o model.Options, notice func(string)) bool {
	wide := uint64(wideBytes(g))
	free, all := memory()
	switch {
	case !o.Fast || o.LowMemory, wide > maxTwice && widens(g):
		return false
	case all > 0 && all < wide*5/2:
		return false
	case free > 0 && free < wide*5/4:
		notice(fmt.Sprintf("Memory is short (%.1f GB free): network %q runs in its slower form, which can differ in rounding.", float64(free)/1e9, g.Name))
		return false
	}
	return true
}

// inPlace says whether narrow weights stay in their file and are widened where they are used, each
// for a moment, instead of all of them when the session opens. The numbers are the same, bit for
// bit, so that this may follow from how much memory is free.
//
// 2026-11-28, SD 1.5 in fp16 at 512×512: 2.2 GB at most, of which 1.7 are the file's, instead of
// 3.8; an evaluation takes 3 % more, in bf16 as much, in fp8 about 12 %.
func inPlace(g *graph.Graph, o model.Options) bool {
	free, _ := memory()
	return widens(g) && (o.LowMemory || free > 0 && free < uint64(wideBytes(g))*5/4)
}

// wideBytes is the size of a graph's weights once they are all fp32.
func wideBytes(g *graph.Graph) int64 {
	n := int64(0)
	for _, w := range g.Weights {
		size := w.Length
		switch {
		case w.File == "":
			size = int64(len(w.Data))
		case w.Decode != nil:
			size, _ = w.Type.Bytes(w.Shape) // checked where the graph was made
		}
		if s := w.Type.Size(); (s == 1 || s == 2) && w.Type != graph.UInt8 {
			size *= 4 / s
		}
		n += size
	}
	return n
}

// widens says whether weights are stored in fewer bits than the processor computes with.
func widens(g *graph.Graph) bool {
	for _, w := range g.Weights {
		if w.Decode != nil {
			return true
		}
		if size := w.Type.Size(); w.File != "" && (size == 1 || size == 2) && w.Type != graph.Bool {
			return true
		}
	}
	return false
}
