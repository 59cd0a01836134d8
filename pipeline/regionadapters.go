package pipeline

import (
	"slices"
	"strings"

	"pentimento/pipeline/adapter"
	"pentimento/pipeline/checkpoint"
)

// Regions with adapters of their own are read and evaluated, their negative text too, by networks that have
// those merged in besides the request's: one evaluation of each set of adapters, mixed in the latents as regions are.
//
// 2026-11-28: the sets share one session, which takes their weights in turns, in place of a session each: on a
// processor that exchanges pointers, and a second session would take the whole denoiser again. A card reads
// its weights anew at each turn.

// wanted are the region's own adapters, those of its list and then those that its prompt names.
func (r Region) wanted() []Adapter { return append(slices.Clone(r.Adapters), tagged(r.Prompt)...) }

// tagged is its prompt with a tag for each adapter of its list.
func (r Region) tagged() string {
	text := r.Prompt
	for _, a := range r.Adapters {
		text += " " + a.addon().Tag()
	}
	return strings.TrimSpace(text)
}

// prompts are the request's and its regions'.
func (q Request) prompts() []string {
	out := []string{q.Prompt}
	for _, g := range q.Regions {
		out = append(out, g.Prompt)
	}
	return out
}

// regionsAdapt says whether some region has adapters of its own.
func (q Request) regionsAdapt() bool {
	return slices.ContainsFunc(q.Regions, func(g Region) bool { return len(g.wanted()) > 0 })
}

// add makes a set of the request's adapters and some more, or finds it: what does nothing makes none.
func (s *source) add(own []adapted) int {
	set := slices.Clone(s.sets[0])
	for _, a := range own {
		if a.Weight != 0 || a.TextWeight != 0 {
			set = append(set, a)
			s.adapters = append(s.adapters[:len(s.adapters):len(s.adapters)], a)
		}
	}
	for i, other := range s.sets {
		if slices.EqualFunc(set, other, adapted.same) {
			return i
		}
	}
	s.sets = append(s.sets, set)
	return len(s.sets) - 1
}

// same says whether two adapters change weights alike.
func (a adapted) same(b adapted) bool {
	x, y := a.Adapter, b.Adapter
	x.File, y.File = a.file.Key(), b.file.Key()
	return x == y
}

// set are the adapters that act together for what has their number.
func (s source) set(i int) []adapted {
	if i >= len(s.sets) {
		return nil
	}
	return s.sets[i]
}

// held is how many sets of merged weights the denoiser's memory has beside each other.
func (o *opened) held() int {
	if o.turns {
		return 1
	}
	return max(1, len(o.source.sets))
}

// more is what sets beyond the first take of the denoiser's memory.
func (s source) more(p *checkpoint.Part) (int64, error) {
	if len(s.sets) < 2 {
		return 0, nil
	}
	var files []*adapter.File
	for _, a := range s.adapters {
		if a.Weight != 0 {
			files = append(files, a.file)
		}
	}
	n, err := adapter.LooseBytes(p, files...)
	return n * int64(len(s.sets)-1), err
}

// setsHeld is what the request's sets of adapters beyond the first take, as far as they are found.
func (q Request) setsHeld(ck *checkpoint.Checkpoint) int64 {
	if q.Where.LowMemory || !q.regionsAdapt() {
		return 0
	}
	open := func(wanted []Adapter) (out []adapted) {
		for _, a := range wanted {
			if f, _, err := a.find(q.Model, q.Where.AdapterFiles, ck); err == nil {
				out = append(out, adapted{file: f, Adapter: a})
			}
		}
		return out
	}
	base := open(q.wanted())
	s := source{adapters: base, sets: [][]adapted{base}}
	for _, g := range q.Regions {
		s.add(open(g.wanted()))
	}
	n, err := s.more(ck.Denoiser)
	if err != nil {
		return 0 // the run says what is wrong with them
	}
	return n
}
