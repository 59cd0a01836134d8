package journal

import "pentimento/canvas"

// later packs what the first versions did not know; a step ends where nothing more is said.
func (l *log) later(p *pack, base, s *canvas.State) error {
	selects := differ(base.Selection, s.Selection) || len(s.Channels) > 0 || len(s.GuideLines) > 0
	switch {
	case s.Source != nil:
		num, err := l.source(s.Source)
		if err != nil {
			return err
		}
		p.uint(uint64(num) + 1)
	case selects:
		p.uint(0)
	}
	if !selects {
		return nil
	}
	pix := func(t *canvas.MaskTile) []byte { return t.Pix[:] }
	if err := putGrid(l, p, base.Selection, s.Selection, pix); err != nil {
		return err
	}
	p.uint(uint64(len(s.Channels)))
	for _, c := range s.Channels {
		p.string(c.Name)
		var before canvas.Grid[canvas.MaskTile]
		if i := base.Channel(c.Name); i >= 0 {
			before = base.Channels[i].Cover
		}
		if err := putGrid(l, p, before, c.Cover, pix); err != nil {
			return err
		}
	}
	if len(s.GuideLines) > 0 {
		p.uint(uint64(len(s.GuideLines)))
	}
	for _, g := range s.GuideLines {
		upright := uint8(0)
		if g.Upright {
			upright = 1
		}
		p.byte(upright)
		p.int(int64(g.At))
	}
	return nil
}

func differ[T any](a, b canvas.Grid[T]) bool {
	found := false
	a.Diff(b, func(canvas.TileKey) { found = true })
	return found
}

// channel is a saved selection made of refs.
type channel struct {
	name  string
	cover canvas.Grid[ref]
}

// channel is what was saved under a name; nothing where there is no such.
func (s *sketch) channel(name string) canvas.Grid[ref] {
	for _, c := range s.channels {
		if c.name == name {
			return c.cover
		}
	}
	return canvas.Grid[ref]{}
}

// readLater reads what the first versions did not know. What a step does not speak of is as
// it was in the step before; saved selections and guide lines are listed in every step that has some.
func (r *reader) readLater(u *unpack, s, base *sketch) (err error) {
	s.selection = base.selection
	if len(u.b) == 0 {
		return nil
	}
	if s.source = uint32(u.uint()); s.source > 0 && r.sources[s.source-1] == nil {
		return &Error{Text: "a step names a missing source"}
	}
	if len(u.b) == 0 {
		return nil
	}
	if s.selection, err = r.readGrid(u, base.selection); err != nil {
		return err
	}
	for range u.count() {
		c := channel{name: u.string()}
		if u.bad || !r.take(int64(len(c.name))+32) {
			return errTooMuch
		}
		if c.cover, err = r.readGrid(u, base.channel(c.name)); err != nil {
			return err
		}
		s.channels = append(s.channels, c)
	}
	if len(u.b) == 0 {
		return nil
	}
	n := u.count()
	if !r.take(int64(n) * 16) {
		return errTooMuch
	}
	for range n {
		s.guideLines = append(s.guideLines, canvas.GuideLine{Upright: u.byte() != 0, At: u.coordinate()})
	}
	return nil
}

// selections makes the selection and the saved ones.
func (v *reviver) selections(out *canvas.State, s, old *sketch, before *canvas.State) {
	out.Selection = reviveGrid(s.selection, old.selection, before.Selection, v.masks)
	for _, c := range s.channels {
		var was canvas.Grid[canvas.MaskTile]
		if i := before.Channel(c.name); i >= 0 {
			was = before.Channels[i].Cover
		}
		out.Channels = append(out.Channels, canvas.Channel{Name: c.name, Cover: reviveGrid(c.cover, old.channel(c.name), was, v.masks)})
	}
}
