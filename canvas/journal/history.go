package journal

import (
	"bytes"
	"image"
	"slices"

	"pentimento/canvas"
)

// Note is something that the caller keeps in the journal beside the history, such as a
// candidate: bytes that only the caller reads, and pictures (*image.NRGBA or *image.Alpha,
// never written). A later note with the same key takes an earlier one's place.
type Note struct {
	Key    string
	Data   []byte
	Images []image.Image
}

// history is what the file says when read from the front: the same in the writer, which
// follows the Document with it, and in the reader's result.
type history struct {
	moments []canvas.Moment
	sizes   []int64 // bytes of the file that came with each step
	at      int
	saved   int // the step that the project file holds; -1: none
	notes   []Note
	meta    []byte
	// base is how many of the oldest steps the file lacks; below 0 it holds older ones
	// than memory does.
	base int
}

func (h *history) clone() *history {
	c := *h
	c.moments, c.sizes, c.notes = slices.Clone(h.moments), slices.Clone(h.sizes), slices.Clone(h.notes)
	return &c
}

// present is the picture that the next step follows; nil before the first.
func (h *history) present() *canvas.State {
	if h.at < 0 || h.at >= len(h.moments) {
		return nil
	}
	return h.moments[h.at].State
}

// push adds a step of the given size; garbage is the size of the steps that it ended.
func (h *history) push(m canvas.Moment, dropped int, size int64) (garbage int64) {
	for _, n := range h.sizes[min(h.at+1, len(h.sizes)):] {
		garbage += n
	}
	keep := min(h.at+1, len(h.moments))
	if h.saved > h.at {
		h.saved = -1
	}
	h.moments = append(h.moments[:keep:keep], m)
	h.sizes = append(h.sizes[:keep:keep], size)
	h.at = keep
	if dropped = min(max(dropped, 0), h.at); dropped > 0 {
		h.moments = slices.Clone(h.moments[dropped:])
		h.sizes = slices.Clone(h.sizes[dropped:])
		h.at -= dropped
		h.base -= dropped
		if h.saved -= dropped; h.saved < 0 {
			h.saved = -1
		}
	}
	return garbage
}

func (h *history) activate(s *canvas.State) {
	if h.at >= 0 && h.at < len(h.moments) {
		h.moments[h.at].State = s
	}
}

func (h *history) note(n Note) {
	if i := h.find(n.Key); i >= 0 {
		h.notes[i] = n
		return
	}
	h.notes = append(h.notes, n)
}

func (h *history) drop(key string) {
	if i := h.find(key); i >= 0 {
		h.notes = slices.Delete(h.notes, i, i+1)
	}
}

func (h *history) find(key string) int {
	return slices.IndexFunc(h.notes, func(n Note) bool { return n.Key == key })
}

// event is one thing that the Document or the caller did.
type event struct {
	kind    kind
	moment  canvas.Moment // kindStep
	dropped int
	at      int           // kindMove
	state   *canvas.State // kindActivate, kindSaved
	note    Note          // kindNote, kindDrop: the key; kindMeta, kindSaved: Data
	places  []string      // Relocate
	before  func(path string) error
	moved   func(error)
	done    chan error // closed once the event, and all before it, is on the disk; may be nil
}

// kindNothing is an event that writes nothing and waits for the disk only.
const kindNothing kind = 0

// put writes an event as it follows h; h itself is not changed.
func (ev *event) put(l *log, h *history) error {
	var p pack
	switch ev.kind {
	case kindStep:
		if err := l.step(h.present(), ev.moment); err != nil {
			return err
		}
	case kindMove:
		p.uint(uint64(max(ev.at-h.base, 0)))
		l.add(kindMove, p.b)
	case kindActivate:
		p.uint(uint64(ev.state.Active))
		l.add(kindActivate, p.b)
	case kindNote:
		return l.note(ev.note)
	case kindDrop:
		p.string(ev.note.Key)
		l.add(kindDrop, p.b)
	case kindMeta:
		l.add(kindMeta, ev.note.Data)
	case kindSaved:
		at := ev.savedIn(h)
		if at >= 0 {
			at = max(at-h.base, -1)
		}
		p.int(int64(at))
		p.bytes(ev.note.Data)
		l.add(kindSaved, p.b)
	}
	return nil
}

func (ev *event) savedIn(h *history) int {
	return slices.IndexFunc(h.moments, func(m canvas.Moment) bool { return m.State == ev.state })
}

// apply makes h follow the event, which took size bytes of the file, and says how many
// bytes of the file nothing needs any longer.
func (ev *event) apply(h *history, size int64) (garbage int64) {
	switch ev.kind {
	case kindStep:
		return h.push(ev.moment, ev.dropped, size)
	case kindMove:
		h.at = min(max(ev.at, 0), max(len(h.moments)-1, 0))
	case kindActivate:
		h.activate(ev.state)
	case kindNote:
		h.note(ev.note)
	case kindDrop:
		if i := h.find(ev.note.Key); i >= 0 {
			for _, img := range h.notes[i].Images {
				garbage += int64(img.Bounds().Dx()*img.Bounds().Dy()) * 2
			}
		}
		h.drop(ev.note.Key)
	case kindMeta:
		h.meta = bytes.Clone(ev.note.Data)
	case kindSaved:
		h.saved, h.meta = ev.savedIn(h), bytes.Clone(ev.note.Data)
	}
	return garbage
}

func (l *log) note(n Note) error {
	var p pack
	p.string(n.Key)
	p.bytes(n.Data)
	for _, img := range n.Images {
		num, err := l.raster(img)
		if err != nil {
			return err
		}
		p.uint(uint64(num))
	}
	l.add(kindNote, p.b)
	return nil
}
