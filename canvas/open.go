package canvas

// Open returns a Document that begins with s, which is used as it is: a committed State
// with at least one layer, as a file or a journal hands it out. The IDs of new layers lie
// above all that s names, those of layers that are gone but still have Origins included.
func Open(label string, s *State) *Document {
	d := &Document{nextID: 2, Budget: DefaultBudget}
	d.reserve(s)
	d.steps = []step{{label: label, when: now(), state: inOrder(s)}}
	return d
}

// reserve keeps new layers from taking an ID that s names.
func (d *Document) reserve(s *State) {
	for _, l := range s.Layers {
		d.nextID = max(d.nextID, l.ID+1)
	}
	for _, o := range s.Origins {
		d.nextID = max(d.nextID, o.Layer+1)
	}
}

// inOrder is a State whose layers are Arranged.
func inOrder(s *State) *State {
	layers := Arranged(s.Layers)
	if len(layers) == len(s.Layers) && &layers[0] == &s.Layers[0] {
		return s
	}
	c := *s
	c.Layers = layers
	return &c
}
