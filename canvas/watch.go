package canvas

import (
	"errors"
	"fmt"
)

// Moment is one entry of the history with its picture: what a journal keeps of it.
type Moment struct {
	Step
	State *State
	// Next is the ID that the next new layer would have got at that moment.
	Next LayerID
}

// Watcher is told of everything that changes a Document's history, on the Document's
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

// Watch makes w the one that is told from now on; nil tells nobody.
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
		for _, l := range m.State.Layers {
			d.nextID = max(d.nextID, l.ID+1)
		}
		d.steps = append(d.steps, step{m.Label, m.State, m.Bytes, m.When})
	}
	return d, nil
}

func (d *Document) told(f func(Watcher)) {
	if d.watcher != nil {
		f(d.watcher)
	}
}
