package pipeline

import "slices"

// Clone is a copy with lists of its own. Pictures, and what else is behind pointers, are
// shared.
func (q Request) Clone() Request {
	q.Guides, q.Adapters, q.After, q.Packed = cloned(q.Guides), slices.Clone(q.Adapters), slices.Clone(q.After), slices.Clone(q.Packed)
	q.Adapted, q.Embedded, q.Separate = slices.Clone(q.Adapted), slices.Clone(q.Embedded), slices.Clone(q.Separate)
	q.Details, q.Parts = detailings(q.Details), slices.Clone(q.Parts)
	for i := range q.Parts {
		p := &q.Parts[i]
		p.Packed, p.Adapted, p.Embedded, p.Separate = slices.Clone(p.Packed), slices.Clone(p.Adapted), slices.Clone(p.Embedded), slices.Clone(p.Separate)
		p.Details = detailings(p.Details)
	}
	q.Enlarge, q.Hires, q.Inversion, q.Box = copied(q.Enlarge), copied(q.Hires), copied(q.Inversion), copied(q.Box)
	q.Restore, q.Swap, q.Cut = copied(q.Restore), copied(q.Swap), copied(q.Cut)
	q.Backdrop, q.Harmony = copied(q.Backdrop), copied(q.Harmony)
	if q.Pixels = copied(q.Pixels); q.Pixels != nil {
		q.Pixels.Colours = slices.Clone(q.Pixels.Colours)
	}
	q.Regions = slices.Clone(q.Regions)
	for i := range q.Regions {
		r := &q.Regions[i]
		r.Guides, r.Adapters, r.Shape = cloned(r.Guides), slices.Clone(r.Adapters), slices.Clone(r.Shape)
	}
	for i := range q.After {
		s := &q.After[i]
		s.Guides, s.Adapters, s.Details = cloned(s.Guides), slices.Clone(s.Adapters), detailings(s.Details)
		s.Restore = copied(s.Restore)
	}
	return q
}

// copied is a group of fields behind a pointer of its own; nil stays nil.
func copied[T any](group *T) *T {
	if group == nil {
		return nil
	}
	g := *group
	return &g
}

// cloned are guides with lists of their own.
func cloned(gs []Guide) []Guide {
	gs = slices.Clone(gs)
	for i := range gs {
		gs[i].Factors = slices.Clone(gs[i].Factors)
	}
	return gs
}
