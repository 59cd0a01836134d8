package file

import (
	"fmt"
	"image"
	"slices"

	"pentimento/canvas"
)

// covers writes the mask, the selection and the saved selections: grey pictures in our own
// folder, which other programs pass over.
func (s *saving) covers() error {
	var err error
	if s.doc.Mask, err = s.cover("mask", maskMember, s.state.Mask); err != nil {
		return err
	}
	if s.doc.Selection, err = s.cover("selection", selectMember, s.state.Selection); err != nil {
		return err
	}
	for i, c := range s.state.Channels {
		d, err := s.cover(channelKey(c.Name), fmt.Sprintf(channelName, i+1), c.Cover)
		if err != nil {
			return err
		}
		if d == nil {
			d = &partDoc{}
		}
		s.doc.Channels = append(s.doc.Channels, channelDoc{c.Name, *d})
	}
	return nil
}

func channelKey(name string) string { return "channel " + name }

// coverOf is the grid of a State that Stored.covers names so.
func coverOf(s *canvas.State, key string) (g canvas.Grid[canvas.MaskTile]) {
	switch key {
	case "mask":
		return s.Mask
	case "selection":
		return s.Selection
	}
	for _, c := range s.Channels {
		if channelKey(c.Name) == key {
			return c.Cover
		}
	}
	return g
}

// cover writes one, copying what the file holds already; nil where it is empty.
func (s *saving) cover(key, name string, g canvas.Grid[canvas.MaskTile]) (*partDoc, error) {
	used := canvas.CoverUsed(g)
	if used.Empty() {
		return nil, nil
	}
	var m member
	var err error
	was := s.last.covers[key]
	if f := s.old.find(was.member); f != nil && s.last.state != nil && !differ(coverOf(s.last.state, key), g) {
		used = was.at
		m, err = s.pack.copy(f, name)
	} else {
		m, err = s.encode(name, raster{used.Dx(), used.Dy(), 1, func(dst []byte, y0, y1 int) {
			canvas.ReadCover(g, dst, used.Dx(), image.Rect(used.Min.X, used.Min.Y+y0, used.Max.X, used.Min.Y+y1))
		}}, nil)
	}
	s.out.covers[key] = part{m, used}
	return &partDoc{name, used.Min}, err
}

// planCovers has the pictures of coverage read.
func (o *opening) planCovers(plan func(src string, run func(*sheet))) {
	d := o.doc
	if d.Mask != nil {
		plan(d.Mask.Src, func(f *sheet) { o.state.Mask = o.readCover("mask", "The mask", d.Mask.At, f) })
	}
	if d.Selection != nil {
		plan(d.Selection.Src, func(f *sheet) { o.state.Selection = o.readCover("selection", "The selection", d.Selection.At, f) })
	}
	d.Channels = d.Channels[:min(len(d.Channels), maxMembers)]
	o.saved = make([]canvas.Grid[canvas.MaskTile], len(d.Channels))
	for i, c := range d.Channels {
		first := slices.IndexFunc(d.Channels, func(o channelDoc) bool { return o.Name == c.Name })
		if c.Src != "" && first == i {
			plan(c.Src, func(f *sheet) {
				o.saved[i] = o.readCover(channelKey(c.Name), fmt.Sprintf("The saved selection %q", c.Name), c.At, f)
			})
		}
	}
}

func (o *opening) readCover(key, title string, at image.Point, f *sheet) (g canvas.Grid[canvas.MaskTile]) {
	if f == nil || !reasonable(image.Rectangle{Min: at, Max: at}) {
		o.note(true, "%s is missing", title)
		return g
	}
	m, err := f.alpha(image.Rectangle{Min: at}, true)
	if err != nil {
		o.note(true, "%s is damaged: %v", title, err)
	}
	if m == nil {
		return g
	}
	if err == nil {
		o.mu.Lock()
		o.out.covers[key] = part{memberOf(f.file), m.Rect}
		o.mu.Unlock()
	}
	return canvas.Cover(m)
}

// addChannels puts the saved selections into the State, each name once.
func (o *opening) addChannels() {
	for i, g := range o.saved {
		if name := o.doc.Channels[i].Name; o.state.Channel(name) < 0 {
			o.state.Channels = append(o.state.Channels, canvas.Channel{Name: name, Cover: g})
		}
	}
}
