package pipeline

import (
	"image"

	"pentimento/pipeline/region"
)

// leastReach is what an outpaint reads at least of the old picture, canvas pixels.
const leastReach = 128

// planOutpaint plans an outpaint: an inpaint of blank canvas at full strength, since there is
// nothing to keep. How it joins the old picture says its Seam. What is longer than the model
// likes runs as overlapping tiles, outward, each seeing the ones before it.
func planOutpaint(out *Plan, q Request, s Scene, limits region.Limits) error {
	l := &out.Layout
	l.Selection = s.Selection
	out.Seam = &Seam{q.Reach()}
	room := s.Picture.Union(s.Selection)
	if !s.Bounds.Empty() {
		room = s.Bounds
	}
	l.Target = s.Selection.Inset(-out.Seam.Reach).Intersect(room)
	strips := outpaintStrips(s, room, limits)
	if q.Width > 0 { // a size of one's own: one run that reads everything
		strips = []region.Strip{{Target: s.Selection, Context: room}}
	} else if q.tiles() != nil {
		strips = []region.Strip{{Target: s.Selection, Context: around(s.Selection, room)}}
	}
	for _, t := range strips {
		// what the seam takes is not read as picture: read as much more of the old
		t.Context = t.Context.Union(t.Context.Inset(-out.Seam.Reach).Intersect(s.Old))
		l.Context = l.Context.Union(t.Context)
		out.Strips = append(out.Strips, Strip{t.Target, t.Context, q.passes(limits, t.Context.Size())})
	}
	l.Target = l.Target.Intersect(l.Context)
	return nil
}

// outpaintStrips cuts the area to paint into runs.
func outpaintStrips(s Scene, room image.Rectangle, limits region.Limits) []region.Strip {
	side := limits.MaxSide
	one := region.Strip{Target: s.Selection, Context: around(s.Selection, room)}
	w, h := s.Selection.Dx(), s.Selection.Dy()
	switch {
	case s.Old.Empty() && max(w, h) > side && max(w, h) >= 2*min(w, h):
		return along(s.Selection, room, side)
	case s.Old.Empty(), fits(one.Context.Size(), limits) && atOnce(s, side):
		return []region.Strip{one}
	}
	strips := region.Strips(s.Old, s.Selection.Union(s.Old), side)
	for i := range strips {
		strips[i].Context = strips[i].Context.Intersect(room)
	}
	return strips
}

// fits says whether a context can be worked in one run: at its own size, or drafted at half of
// it and refined.
func fits(size image.Point, limits region.Limits) bool {
	return max(size.X, size.Y) <= 2*limits.MaxSide && size.X*size.Y <= 4*limits.MaxArea*5/4
}

// atOnce says whether no side of the old rectangle grows by more than one step.
func atOnce(s Scene, side int) bool {
	a, b := s.Selection, s.Old
	return max(b.Min.X-a.Min.X, a.Max.X-b.Max.X) <= region.Step(b.Dx(), side) &&
		max(b.Min.Y-a.Min.Y, a.Max.Y-b.Max.Y) <= region.Step(b.Dy(), side)
}

// around is a rectangle and what is read around it: 128 pixels or half its lesser side,
// inside room.
func around(r, room image.Rectangle) image.Rectangle {
	return r.Inset(-max(leastReach, min(r.Dx(), r.Dy())/2)).Intersect(room.Union(r))
}

// along cuts a long selection into tiles that overlap by a quarter or more, from its upper
// or left end.
func along(r, room image.Rectangle, side int) []region.Strip {
	length, wide := r.Dx(), r.Dx() >= r.Dy()
	if !wide {
		length = r.Dy()
	}
	size := side
	n := 1 + (length-size+size*3/4-1)/max(size*3/4, 1)
	out := make([]region.Strip, n)
	for i := range out {
		at := 0
		if n > 1 {
			at = i * (length - size) / (n - 1)
		}
		t := r
		if wide {
			t.Min.X += at
			t.Max.X = t.Min.X + size
		} else {
			t.Min.Y += at
			t.Max.Y = t.Min.Y + size
		}
		out[i] = region.Strip{Target: t, Context: around(t, room)}
	}
	return out
}
