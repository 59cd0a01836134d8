package canvas

import (
	"bytes"
	"errors"
	"fmt"
	"image"
	"slices"
)

// Moment is one entry of the history with its picture: what a journal keeps of it.
type Moment struct {
	Step
	State *State
	// Next is the ID that the next new layer would have got at that moment.
	Next LayerID
}

// Watcher is notified of everything that changes a Document's history, on the Document's
// goroutine and before the call that caused it returns; it must only take a note. The
// States are immutable and may be handed on.
type Watcher interface {
	// Pushed says that m follows the present step, that all later steps are gone, and that
	// the oldest `dropped` steps were then forgotten.
	Pushed(m Moment, dropped int)
	// Moved says that step `at` of the history is the present one.
	Moved(at int)
	// Activated says that s takes the present State's place: only Active differs.
	Activated(s *State)
}

// Watch makes w the watcher from now on; nil means none.
func (d *Document) Watch(w Watcher) { d.watcher = w }

// Moments lists the whole history, oldest first, and the index of the present step.
func (d *Document) Moments() ([]Moment, int) {
	out := make([]Moment, len(d.steps))
	for i, s := range d.steps {
		out[i] = Moment{Step{s.label, s.when, s.bytes}, s.state, d.nextID}
	}
	return out, d.at
}

// Restore builds a Document whose history is the given one and whose present step is `at`.
// The States are used as they are. It fails where there is no step, `at` names none, or a
// State has no layer.
func Restore(moments []Moment, at int) (*Document, error) {
	if at < 0 || at >= len(moments) {
		return nil, fmt.Errorf("document: step %d of %d is not there", at, len(moments))
	}
	d := &Document{at: at, nextID: 2, Budget: DefaultBudget}
	for _, m := range moments {
		if m.State == nil || len(m.State.Layers) == 0 {
			return nil, errors.New("document: a step has no layer, want at least one")
		}
		d.nextID = max(d.nextID, m.Next)
		d.reserve(m.State)
		d.steps = append(d.steps, step{m.Label, inOrder(m.State), m.Bytes, m.When})
	}
	return d, nil
}

func (d *Document) told(f func(Watcher)) {
	if d.watcher != nil {
		f(d.watcher)
	}
}

// Same says whether two States hold the same picture, bit for bit, though they may share
// nothing: layers with their properties and pixels, mask, selections, frame, references, fills,
// source, guide lines.
func Same(a, b *State) bool {
	if a == b {
		return true
	}
	if a.Active != b.Active || a.Frame != b.Frame || len(a.Layers) != len(b.Layers) ||
		len(a.References) != len(b.References) || len(a.Origins) != len(b.Origins) || !a.Source.Equal(b.Source) {
		return false
	}
	if !slices.Equal(a.GuideLines, b.GuideLines) {
		return false
	}
	for i, l := range a.Layers {
		if !sameLayer(l, b.Layers[i]) {
			return false
		}
	}
	for i, r := range a.References {
		if o := b.References[i]; r != o && (r.Name != o.Name || r.Layer != o.Layer || !samePixels(r.Image, o.Image)) {
			return false
		}
	}
	for i, f := range a.Origins {
		if o := b.Origins[i]; f != o && (f.Rect != o.Rect || f.Layer != o.Layer || !bytes.Equal(f.Recipe, o.Recipe)) {
			return false
		}
	}
	same := func(a, b Grid[MaskTile]) bool {
		return sameGrid(a, b, func(t *MaskTile) []uint8 { return t.Pix[:] })
	}
	return same(a.Mask, b.Mask) && same(a.Selection, b.Selection) && sameChannels(a.Channels, b.Channels, same)
}

func sameLayer(l, m *Layer) bool {
	if l == m {
		return true
	}
	if !sameProperties(l, m) || !bytes.Equal(l.Text, m.Text) || !l.Mask.equal(m.Mask) {
		return false
	}
	if (l.Placed == nil) != (m.Placed == nil) ||
		l.Placed != nil && (l.Placed.Rect != m.Placed.Rect || !samePixels(l.Placed.Source, m.Placed.Source)) {
		return false
	}
	return sameGrid(l.Tiles, m.Tiles, func(t *Tile) []uint8 { return t.Pix[:] })
}

// equal says whether two masks hide alike, though they may share nothing.
func (m *LayerMask) equal(o *LayerMask) bool {
	if m == nil || o == nil || m == o {
		return m == o
	}
	return m.Outside == o.Outside && m.Off == o.Off && sameGrid(m.Tiles, o.Tiles, func(t *MaskTile) []uint8 { return t.Pix[:] })
}

// sameGrid takes a blank tile for none.
func sameGrid[T any](a, b Grid[T], pix func(*T) []uint8) bool {
	same, empty := true, new(T)
	a.Diff(b, func(k TileKey) {
		p, q := a.At(k), b.At(k)
		if p == nil {
			p = empty
		}
		if q == nil {
			q = empty
		}
		same = same && bytes.Equal(pix(p), pix(q))
	})
	return same
}

func samePixels(a, b *image.NRGBA) bool {
	if a == b || a == nil || b == nil || a.Rect != b.Rect {
		return a == b
	}
	for y := a.Rect.Min.Y; y < a.Rect.Max.Y; y++ {
		p, q := a.PixOffset(a.Rect.Min.X, y), b.PixOffset(b.Rect.Min.X, y)
		if n := a.Rect.Dx() * 4; !bytes.Equal(a.Pix[p:p+n], b.Pix[q:q+n]) {
			return false
		}
	}
	return true
}
