package fills

import (
	"image"
	"slices"
	"time"

	"pentimento/app/desk"
	"pentimento/canvas"
)

// Maps are what the networks would get of the attached references that are taken of the canvas, kept
// as the canvas is while it is painted.
//
// 2026-11-28: a map is made beside the window's goroutine, one at a time for each reference: what changes
// meanwhile is looked at when it is done. Under a stroke that goes on, which no other goroutine may
// read, the picture is copied here, now and then, and only while that is quick. Preprocessors
// with a network wait for a pause.
type Maps struct {
	f    *Fills
	open bool
	over *canvas.Reference
	of   map[*canvas.Reference]*sight
}

// sight is one of them.
type sight struct {
	wanted sightKey
	stop   func() // ends the work; nil: none is done
	wait   *time.Timer
	due    time.Time     // for a preprocessor that waits for a pause
	drawn  time.Time     // when a stroke was copied last
	cost   time.Duration // of that

	made *image.NRGBA
	of   sightKey // what it was made of
	err  error
}

// sightKey is what a map follows from.
type sightKey struct {
	state  *canvas.State
	stroke time.Time // when it was copied from under a stroke
	guide  Attachment
	place  image.Rectangle
	tile   image.Rectangle // that repeats there; empty: none does

	network string // of the preprocessor; "" before it is here
}

// mapPause is for how long nothing may change before a preprocessor's network runs. A stroke is looked
// at every strokeEach at most, so that it takes one part in strokeShare of the window's time at most,
// and not at all at places of more than strokeMost pixels: of 1024 × 768 one look took about 1 ms.
const (
	mapPause    = 700 * time.Millisecond
	strokeEach  = 120 * time.Millisecond
	strokeShare = 20
	strokeMost  = 4 << 20
)

// Open says whether anybody sees them: nothing is made for nobody.
func (m *Maps) Open(open bool) {
	if m.open != open {
		m.open = open
		m.look()
	}
}

// Lay shows the map of an entry over the canvas, or no longer; nil: none.
func (m *Maps) Lay(r *canvas.Reference) {
	if m.over == r {
		r = nil
	}
	m.over = r
	m.look()
	m.f.desk.Tell(desk.Change{What: desk.OverlayChanged | desk.FillChanged})
}

// Over is the entry whose map is shown over the canvas; nil: none.
func (m *Maps) Over() *canvas.Reference { return m.over }

// Of is the map of an entry as it was made last, where on the canvas it lies, and why there is no newer
// one; nil before there was one.
func (m *Maps) Of(r *canvas.Reference) (*image.NRGBA, image.Rectangle, error) {
	if s := m.of[r]; s != nil {
		return s.made, s.of.place, s.err
	}
	return nil, image.Rectangle{}, nil
}

// follow hears every change.
func (m *Maps) follow(c desk.Change) {
	if c.What&(desk.Picture|desk.LayersChanged|desk.HistoryChanged|desk.FillChanged|desk.SettingsChanged|desk.DocumentOpened) != 0 {
		m.look()
	}
}

// rest drops all of them.
func (m *Maps) rest() {
	for r, s := range m.of {
		s.end()
		delete(m.of, r)
	}
}

func (s *sight) end() {
	if s.stop != nil {
		s.stop()
	}
	if s.wait != nil {
		s.wait.Stop()
	}
}

// look looks at what is to be made.
func (m *Maps) look() {
	state := m.f.canvas.Committed()
	var wanted []*canvas.Reference
	for _, r := range m.f.followed(state) {
		if way := m.f.links[r].Way(); r.Image == nil && (m.open || r == m.over) && len(way.Modules) > 0 && !way.Degrees {
			wanted = append(wanted, r)
		}
	}
	for r, s := range m.of {
		if !slices.Contains(wanted, r) {
			s.end()
			delete(m.of, r)
		}
	}
	if m.over != nil && !slices.Contains(wanted, m.over) {
		m.over = nil
	}
	if len(wanted) == 0 {
		return
	}
	place, tile := m.f.MapPlace(), m.f.mapTile()
	for _, r := range wanted {
		if m.of == nil {
			m.of = map[*canvas.Reference]*sight{}
		}
		if m.of[r] == nil {
			m.of[r] = &sight{}
		}
		m.want(r, m.of[r], sightKey{state: state, guide: m.f.links[r], place: place, tile: tile, network: m.f.models.NetworkOf(m.f.links[r].parts())})
	}
}

// want has a map made where it is none of what is wanted now, and no other is on the way.
func (m *Maps) want(r *canvas.Reference, s *sight, key sightKey) {
	drawing := m.f.canvas.Drawing() && m.f.canvas.State() != key.state
	if s.stop != nil || key == s.of && !drawing {
		return
	}
	if key.guide.slow() {
		if key != s.wanted {
			s.wanted, s.due = key, now().Add(mapPause)
		}
		if wait := s.due.Sub(now()); wait > 0 || drawing {
			m.later(s, max(wait, mapPause/4))
			return
		}
	} else if drawing {
		if now().Sub(s.drawn) < max(strokeEach, strokeShare*s.cost) || key.place.Dx()*key.place.Dy() > strokeMost {
			return
		}
		key.stroke = now()
		s.drawn = key.stroke
	}
	m.begin(r, s, key, drawing)
}

// later looks again after a while.
func (m *Maps) later(s *sight, wait time.Duration) {
	if s.wait != nil {
		s.wait.Stop()
	}
	s.wait = time.AfterFunc(wait, func() { m.f.desk.Post(m.look) })
}

// begin makes the map.
func (m *Maps) begin(r *canvas.Reference, s *sight, key sightKey, drawing bool) {
	g := m.f.guide(key.state, r, key.guide)
	take := func() *image.NRGBA { return taken(key.state, r, g, key.place, key.tile) }
	if drawing {
		began := now()
		img := taken(m.f.canvas.State(), r, g, key.place, key.tile)
		s.cost = now().Sub(began)
		take = func() *image.NRGBA { return img }
	}
	s.stop = m.f.mapOf(g, take, func(img *image.NRGBA, err error) {
		if m.of[r] != s {
			return
		}
		s.stop, s.of, s.err = nil, key, err
		if err == nil {
			s.made = img
		}
		m.f.desk.Tell(desk.Change{What: desk.OverlayChanged})
		m.look()
	})
}

// slow says that the attachment's preprocessor runs a network.
func (a Attachment) slow() bool {
	return a.module().Network
}
