package canvas

import "slices"

// 2026-11-27: groups are entries of the one list of layers, which name their parent: order,
// undo, journal and file need no second structure. Arranged keeps what is in a group just
// below it.

// Arranged is the list with what is in a group standing together just before it, the order
// of siblings kept. Parents that are no group here, or that lie in their own children, are
// forgotten. A list that is so already comes back as it is.
func Arranged(layers []*Layer) []*Layer {
	if !slices.ContainsFunc(layers, func(l *Layer) bool { return l.Group || l.Parent != 0 }) {
		return layers
	}
	kids := map[LayerID][]*Layer{}
	groups := map[LayerID]LayerID{} // to their parents
	for _, l := range layers {
		if l.Group {
			groups[l.ID] = l.Parent
		}
	}
	for id, up := range groups {
		for range len(groups) + 1 { // longer than any way up
			if next, ok := groups[up]; up != 0 && ok {
				up = next
				continue
			}
			up = 0
			break
		}
		if up != 0 {
			groups[id] = 0
		}
	}
	fixed := make([]*Layer, len(layers))
	for i, l := range layers {
		parent := l.Parent
		if _, ok := groups[parent]; !ok {
			parent = 0
		}
		if l.Group {
			if parent = groups[l.ID]; parent != 0 {
				if _, ok := groups[parent]; !ok {
					parent = 0
				}
			}
		}
		if fixed[i] = l; parent != l.Parent {
			c := *l
			c.Parent = parent
			fixed[i] = &c
		}
		kids[parent] = append(kids[parent], fixed[i])
	}
	out := make([]*Layer, 0, len(layers))
	var walk func(LayerID)
	walk = func(parent LayerID) {
		for _, l := range kids[parent] {
			if l.Group {
				walk(l.ID)
			}
			out = append(out, l)
		}
	}
	walk(0)
	if slices.Equal(out, layers) {
		return layers
	}
	return out
}

// In says whether a layer is in a group, at any depth.
func (s *State) In(id, group LayerID) bool {
	for l := s.Layer(id); l != nil && l.Parent != 0; l = s.Layer(l.Parent) {
		if l.Parent == group {
			return true
		}
	}
	return false
}

// Depth is how many groups a layer is in.
func (s *State) Depth(l *Layer) int {
	n := 0
	for up := s.Layer(l.Parent); l.Parent != 0 && up != nil; up = s.Layer(l.Parent) {
		l = up
		n++
	}
	return n
}

// Seen says whether a layer and all groups around it are visible and not clear.
func (s *State) Seen(l *Layer) bool {
	for l.Visible && l.Opacity > 0 {
		if l.Parent == 0 {
			return true
		}
		if l = s.Layer(l.Parent); l == nil {
			return true
		}
	}
	return false
}

// Counts says whether a layer is a part of the picture: it is seen, and no guide.
func (s *State) Counts(l *Layer) bool { return !l.Guide && s.Seen(l) }

// Locks are the locks of a layer and of the groups around it.
func (s *State) Locks(id LayerID) Lock {
	var lock Lock
	for l := s.Layer(id); l != nil; l = s.Layer(l.Parent) {
		lock |= l.Lock
	}
	return lock
}

// Takes says whether pixels may be laid on a layer: it is no group, and not locked.
func (s *State) Takes(id LayerID) bool {
	l := s.Layer(id)
	return l != nil && !l.Group && s.Locks(id)&LockPixels == 0
}

// whole is the layer and all that is in it, as they stand in the list: from index lo to hi.
func (s *State) whole(id LayerID) (lo, hi int) {
	hi = s.Index(id)
	for lo = hi; lo > 0 && s.In(s.Layers[lo-1].ID, id); lo-- {
	}
	return lo, hi
}

// Below is the sibling just below a layer, or nil.
func (s *State) Below(id LayerID) *Layer {
	l := s.Layer(id)
	if l == nil {
		return nil
	}
	if lo, _ := s.whole(id); lo > 0 && s.Layers[lo-1].Parent == l.Parent {
		return s.Layers[lo-1]
	}
	return nil
}

// Top is the uppermost layer in a group, 0 where it is empty.
func (s *State) Top(group LayerID) LayerID {
	if lo, hi := s.whole(group); lo < hi {
		return s.Layers[hi-1].ID
	}
	return 0
}

// AddGroup puts a new empty group just above a layer and in the same group as it, makes it
// active and returns its ID.
func (e *Edit) AddGroup(name string, above LayerID) LayerID {
	id := e.AddLayer(name, above)
	if le := e.layers[id]; le != nil {
		le.layer.Group = true
	}
	return id
}

// Group puts a layer, with what is in it, into a new group at its place and returns the
// group's ID; 0 where there is no such layer.
func (e *Edit) Group(name string, id LayerID) LayerID {
	if e.done || e.state.Index(id) < 0 {
		return 0
	}
	group := e.AddGroup(name, id)
	e.Nest(id, group, 0)
	return group
}

// Ungroup takes a group away; what was in it stays at its place. A mask of the group, its
// opacity and its mode are gone.
func (e *Edit) Ungroup(id LayerID) {
	g := e.state.Layer(id)
	if e.done || g == nil || !g.Group {
		return
	}
	e.dirty = e.dirty.Union(e.state.Extent(g))
	last := LayerID(0)
	for _, l := range slices.Clone(e.state.Layers) {
		if l.Parent == id {
			e.own(l.ID).layer.Parent = g.Parent
			last = l.ID
		}
	}
	if last == 0 {
		e.RemoveLayer(id)
		return
	}
	e.state.Layers = slices.DeleteFunc(e.state.Layers, func(l *Layer) bool { return l.ID == id })
	delete(e.layers, id)
	if e.state.Active == id {
		e.state.Active = last
	}
}

// Nest moves a layer, with what is in it, into a group (0: out of all groups), just above
// a layer there (0: to the bottom). Into itself nothing goes.
func (e *Edit) Nest(id, group, above LayerID) {
	l, g := e.state.Layer(id), e.state.Layer(group)
	if e.done || l == nil || id == group || id == above || group != 0 && (g == nil || !g.Group) || e.state.In(group, id) {
		return
	}
	if a := e.state.Layer(above); a != nil && a.Parent != group {
		return
	}
	e.dirty = e.dirty.Union(e.state.Extent(l))
	lo, hi := e.state.whole(id)
	moved := slices.Clone(e.state.Layers[lo : hi+1])
	e.state.Layers = slices.Delete(e.state.Layers, lo, hi+1)
	at := e.state.Index(above) + 1
	if at == 0 && group != 0 {
		at, _ = e.state.whole(group)
	}
	e.state.Layers = slices.Insert(e.state.Layers, at, moved...)
	if l.Parent != group {
		e.own(id).layer.Parent = group
	}
	e.dirty = e.dirty.Union(e.state.Extent(l))
}

// Raise moves a layer, with what is in it, one place up or down (up false), into open groups
// and out of them. It says whether there was a place.
func (e *Edit) Raise(id LayerID, up bool) bool {
	s := e.state
	l := s.Layer(id)
	if e.done || l == nil {
		return false
	}
	lo, hi := s.whole(id)
	next := hi + 1
	if !up {
		next = lo - 1
	}
	if next < 0 || next >= len(s.Layers) {
		if up || l.Parent == 0 {
			return false
		}
		e.Nest(id, s.Layer(l.Parent).Parent, 0) // it was the lowest of all
		return true
	}
	n := s.Layers[next]
	switch {
	case up && n.ID == l.Parent: // out of the group, above it
		e.Nest(id, n.Parent, n.ID)
	case up: // n is the next sibling, or the lowest inside it
		for n.Parent != l.Parent {
			n = s.Layer(n.Parent)
		}
		if n.Group && !n.Collapsed {
			e.Nest(id, n.ID, 0)
		} else {
			e.Nest(id, l.Parent, n.ID)
		}
	case n.Parent != l.Parent: // it was the lowest in its group: out, below it
		e.nestBelow(id, l.Parent)
	case n.Group && !n.Collapsed:
		e.Nest(id, n.ID, s.Top(n.ID))
	default:
		e.nestBelow(id, n.ID)
	}
	return true
}

// Raises says whether Raise has a place for a layer.
func (s *State) Raises(id LayerID, up bool) bool {
	l := s.Layer(id)
	if l == nil {
		return false
	}
	lo, hi := s.whole(id)
	return l.Parent != 0 || up && hi+1 < len(s.Layers) || !up && lo > 0
}

// nestBelow moves a layer just below a sibling to be.
func (e *Edit) nestBelow(id, sibling LayerID) {
	to, above := e.state.Layer(sibling), LayerID(0)
	if b := e.state.Below(sibling); b != nil {
		above = b.ID
	}
	if above != id {
		e.Nest(id, to.Parent, above)
	}
}
