package canvas

import (
	"image"
	"slices"
	"time"
)

// DefaultBudget is how many bytes of tiles the history may keep besides the current State.
const DefaultBudget = 1 << 30

// Document is the picture over time: a list of labelled States and a place in it.
// It belongs to one goroutine; hand a State, never the Document, to another.
type Document struct {
	steps   []step
	at      int // index of the present State in steps
	edit    *Edit
	nextID  LayerID
	watcher Watcher // nil: nobody
	// Budget bounds the bytes of history; the oldest steps go first. The present State
	// and the one before it always stay.
	Budget int64
}

type step struct {
	label string
	state *State
	bytes int64 // what this step replaced: freed when the step before it is dropped
	when  time.Time
}

// Step describes one entry of the history. Bytes is what the history keeps because of
// it: the tiles and pictures that this step replaced.
type Step struct {
	Label string
	When  time.Time
	Bytes int64
}

// now is a variable for the tests.
var now = time.Now

// New returns an empty Document with one empty layer and a 512-pixel frame.
func New() *Document {
	d := &Document{nextID: 2, Budget: DefaultBudget}
	first := &Layer{ID: 1, Name: "Layer 1", Visible: true, Opacity: 255}
	d.steps = []step{{label: "New", when: now(), state: &State{
		Layers: []*Layer{first}, Active: first.ID, Frame: image.Rect(0, 0, 512, 512),
	}}}
	return d
}

// State is the present picture, without any Edit in progress.
func (d *Document) State() *State { return d.steps[d.at].state }

// Visible is what the window shows: the Edit in progress where there is one. It may
// change under the reader and so belongs to the Document's goroutine, unlike State.
func (d *Document) Visible() *State {
	if d.edit != nil {
		return d.edit.State()
	}
	return d.State()
}

// Editing says whether an Edit is open.
func (d *Document) Editing() bool { return d.edit != nil }

// Undo goes one step back and returns what to repaint; false where there is none. An
// open Edit is rolled back first and counts as the step.
func (d *Document) Undo() (image.Rectangle, bool) {
	if d.edit != nil {
		return d.edit.Rollback(), true
	}
	return d.Go(d.at - 1)
}

// Redo goes one step forward.
func (d *Document) Redo() (image.Rectangle, bool) { return d.Go(d.at + 1) }

// Go makes step i of History the present one and returns what to repaint.
func (d *Document) Go(i int) (image.Rectangle, bool) {
	if i < 0 || i >= len(d.steps) || i == d.at {
		return image.Rectangle{}, false
	}
	var dirty image.Rectangle
	if d.edit != nil {
		dirty = d.edit.Rollback()
	}
	old := d.State()
	d.at = i
	d.told(func(w Watcher) { w.Moved(i) })
	return dirty.Union(Changed(old, d.State())), true
}

// History lists the steps, oldest first, and the index of the present one.
func (d *Document) History() ([]Step, int) {
	out := make([]Step, len(d.steps))
	for i, s := range d.steps {
		out[i] = Step{s.label, s.when, s.bytes}
	}
	return out, d.at
}

// Begin opens an Edit, the only way to change a Document. An Edit that was left open
// is rolled back: a press without a release must not leave half a stroke behind.
func (d *Document) Begin(label string) *Edit {
	if d.edit != nil {
		d.edit.Rollback()
	}
	d.edit = newEdit(d, label)
	return d.edit
}

// Activate makes a layer the one that tools work on. That is a choice and not a change of
// the picture, so it leaves no step: the present State is replaced by one that differs in
// Active only, which is returned.
func (d *Document) Activate(id LayerID) *State {
	s := *d.State()
	if s.Index(id) >= 0 && s.Active != id && d.edit == nil {
		s.Active = id
		d.steps[d.at].state = &s
		d.told(func(w Watcher) { w.Activated(&s) })
	}
	return d.State()
}

func (d *Document) push(label string, s *State, bytes int64) {
	// A journal knows a step by its time, and some systems' clocks stand still for 16 ms or are set back: each step
	// is later than all before it, those that were undone included.
	when := now().Round(0)
	if last := d.steps[len(d.steps)-1].when; !when.After(last) {
		when = last.Add(1)
	}
	d.steps = append(d.steps[:d.at+1:d.at+1], step{label, s, bytes, when})
	d.at++
	total := int64(0)
	for _, s := range d.steps[1:] {
		total += s.bytes
	}
	drop := 0
	for total > d.Budget && drop < d.at-1 {
		drop++
		total -= d.steps[drop].bytes
	}
	if drop > 0 {
		d.steps = append([]step(nil), d.steps[drop:]...)
		d.steps[0].bytes = 0
		d.at -= drop
	}
	now := d.steps[d.at]
	d.told(func(w Watcher) { w.Pushed(Moment{Step{now.label, now.when, now.bytes}, now.state, d.nextID}, drop) })
}

// Changed is a rectangle outside which two States look alike; a selection is no part of how
// the picture looks.
func Changed(a, b *State) image.Rectangle {
	r := changedTiles(a.Mask, b.Mask, image.Point{})
	var stay []LayerID // in the order of a
	for _, l := range a.Layers {
		if b.Layer(l.ID) == nil {
			r = r.Union(a.Extent(l))
		} else {
			stay = append(stay, l.ID)
		}
	}
	for _, l := range b.Layers {
		old := a.Layer(l.ID)
		if old == nil {
			r = r.Union(b.Extent(l))
			continue
		}
		if stay[0] != l.ID || l.Clip && a.ClipBase(old) != b.ClipBase(l) {
			r = r.Union(b.Extent(l)).Union(a.Extent(old))
		}
		stay = stay[1:]
		switch {
		case old == l:
		case !looksAlike(old, l):
			r = r.Union(b.Extent(l)).Union(a.Extent(old))
		default:
			r = r.Union(changedTiles(old.Tiles, l.Tiles, l.Offset))
			if l.Mask != old.Mask {
				r = r.Union(changedTiles(old.Mask.Tiles, l.Mask.Tiles, l.Offset))
			}
		}
	}
	return r
}

// looksAlike says whether two layers differ in single pixels of theirs or of their mask at most.
func looksAlike(a, b *Layer) bool {
	if (a.Mask == nil) != (b.Mask == nil) || a.Mask != nil && (a.Mask.Off != b.Mask.Off || a.Mask.Outside != b.Mask.Outside) {
		return false
	}
	x := *b
	x.Name, x.Collapsed, x.Lock = a.Name, a.Collapsed, a.Lock
	return sameProperties(a, &x)
}

// Extent is where a layer, with what is in it, may change how the picture looks.
func (s *State) Extent(l *Layer) image.Rectangle {
	if l.Blend.Clears() {
		return s.Content()
	}
	r := l.Bounds()
	if l.Group {
		for _, in := range s.Layers {
			if in.Parent == l.ID {
				r = r.Union(s.Extent(in))
			}
		}
	}
	return r
}

// ClipBase is the layer to which one is clipped, 0 for none: the lowest of siblings is nobody's.
func (s *State) ClipBase(l *Layer) (base LayerID) {
	for b := s.Below(l.ID); b != nil; b = s.Below(b.ID) {
		if b.Guide {
			continue
		}
		if base = b.ID; !b.Clip {
			break
		}
	}
	return base
}

// replaced is the bytes that only a holds and b no longer does.
func replaced(a, b *State) int64 {
	var n int64
	for _, l := range a.Layers {
		now := b.Layer(l.ID)
		if now == l {
			continue
		}
		if now == nil {
			now = &Layer{}
		}
		n += int64(gone(l.Tiles, now.Tiles) * len(Tile{}.Pix))
		if l.Placed != nil && (now.Placed == nil || now.Placed.Source != l.Placed.Source) {
			n += int64(len(l.Placed.Source.Pix))
		}
		if l.Mask != nil {
			var left Grid[MaskTile]
			if now.Mask != nil {
				left = now.Mask.Tiles
			}
			n += int64(gone(l.Mask.Tiles, left) * len(MaskTile{}.Pix))
		}
	}
	n += int64((gone(a.Mask, b.Mask) + gone(a.Selection, b.Selection)) * len(MaskTile{}.Pix))
	for _, c := range a.Channels {
		var now Grid[MaskTile]
		if i := b.Channel(c.Name); i >= 0 {
			now = b.Channels[i].Cover
		}
		n += int64(gone(c.Cover, now) * len(MaskTile{}.Pix))
	}
	if was := a.Source.backing(); was != nil && was != b.Source.backing() {
		pix, _ := samples(a.Source.Exact)
		n += int64(len(pix))
	}
	for _, r := range a.References {
		if r.Image != nil && !slices.Contains(b.References, r) {
			n += int64(len(r.Image.Pix))
		}
	}
	return n
}

// gone counts the tiles of a that b does not share.
func gone[T any](a, b Grid[T]) int {
	n := 0
	a.Diff(b, func(k TileKey) {
		if a.At(k) != nil {
			n++
		}
	})
	return n
}

func changedTiles[T any](a, b Grid[T], offset image.Point) image.Rectangle {
	var r image.Rectangle
	a.Diff(b, func(k TileKey) { r = r.Union(k.Rect()) })
	if r.Empty() {
		return r
	}
	return r.Add(offset)
}
