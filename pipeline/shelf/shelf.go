// Package shelf keeps opened networks between runs, whatever they are: denoisers, text
// encoders, the halves of an autoencoder, and later upscalers, detectors, segmenters.
// Start reading at Lease: a run takes one for what it is going to need, opens networks
// through it (open.go) and releases it at its end.
//
// One rule closes them. What a lease names is never closed while the lease is held, and
// what the last run named stays until the next one begins. All else stays while it fits
// the budget, the least recently used closed first. A network whose files changed is
// closed. In low-memory mode one network at a time is open, besides the small ones; a large
// network is closed when a run comes to its next stage in any mode.
//
// Decisions
//   - 2026-11-27: the shelf holds networks, not models: the key of each is what its graph
//     depends on, so another adapter strength or another VAE replaces what it concerns and
//     leaves the rest open. Opening a whole model under one key would reopen all of it.
//   - 2026-11-27: of a model in half precision the processor needs every weight as float32, in
//     memory of its own that nothing can take back (SD 1.5: 3.4 GB). Its networks are never used
//     at once, so each leaves for the next: 5.7 GB became 4.2, and opening again costs 2 s of a
//     run of minutes.
//   - 2026-11-27: a room of its own, below package pipeline: it knows no family, no task
//     and no runtime, and its rules are tested without any.
package shelf

import (
	"errors"
	"slices"
	"sync"
)

// Network is what a shelf keeps.
type Network interface{ Close() error }

// Item says what a network is kept as.
type Item struct {
	Key    string // everything its graph and its session depend on
	Bytes  int64  // of its weights, against the budget
	Beside bool   // small: it may stay open alongside others in low-memory mode
	// Stage is the part of a run that the network is for. One that is Large is closed as soon as
	// a run opens one of another stage; nil is not large.
	Stage string
	Large func(Network) bool
	// Changed is an error once the files are not those it was opened from; nil: never.
	Changed func() error
}

// Shelf keeps networks. The zero value is ready and keeps those of one run. SetBudget and
// Holds may be called from any goroutine; leases are for one goroutine at a time.
type Shelf struct {
	mu     sync.Mutex
	budget int64
	kept   []*entry       // most recently used first
	pins   map[string]int // leases that name a key
	last   *Lease         // of the last run or the one under way: its pins stay until the next
	depth  int            // leases held, one within the other

	telling sync.Mutex
	notices []func(string) // of the leases held, the innermost last
}

// entry is one network, open or on its way.
type entry struct {
	Item
	network Network
	coming  *arrival
}

// Lease is a run's claim on networks.
type Lease struct {
	shelf *Shelf
	alone bool
	keys  []string
}

// Lease claims items for a run, before any is opened: what is not among them and does not
// fit the budget is closed. alone is low-memory mode. notice hears what happens to the
// networks' devices until Release, or until a lease within this one is taken. It may be
// called from any goroutine.
func (s *Shelf) Lease(alone bool, notice func(string), items ...Item) *Lease {
	l := &Lease{shelf: s, alone: alone}
	s.telling.Lock()
	s.notices = append(s.notices, notice)
	s.telling.Unlock()
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.depth == 0 {
		if s.last != nil {
			s.unpin(s.last)
		}
		s.last = l
	}
	s.depth++
	_ = s.closeIf(func(e *entry) bool { return s.pins[e.Key] == 0 && e.Changed != nil && e.Changed() != nil })
	for _, it := range items {
		s.pin(l, it)
	}
	s.trim()
	return l
}

// Release ends a lease; leases are released in the reverse order of their taking.
func (l *Lease) Release() {
	s := l.shelf
	s.telling.Lock()
	s.notices = s.notices[:len(s.notices)-1]
	s.telling.Unlock()
	s.mu.Lock()
	defer s.mu.Unlock()
	if l != s.last {
		s.unpin(l)
	}
	if s.depth--; s.depth == 0 {
		s.trim()
	}
}

// SetBudget says how many bytes of weights may stay open besides those of the last run.
func (s *Shelf) SetBudget(bytes int64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.budget = bytes
	s.trim()
}

// Holds says whether a network is open, or being opened, whose key has such a form.
func (s *Shelf) Holds(key func(string) bool) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.ContainsFunc(s.kept, func(e *entry) bool { return key(e.Key) })
}

// Close closes every network; no lease may be held. The shelf can be used again.
func (s *Shelf) Close() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.closeIf(func(*entry) bool { return true })
}

func (s *Shelf) pin(l *Lease, it Item) {
	for _, e := range s.kept {
		if e.Key == it.Key {
			e.Item = it // as this run has it: what is large depends on what the run may take
		}
	}
	if slices.Contains(l.keys, it.Key) {
		return
	}
	if s.pins == nil {
		s.pins = map[string]int{}
	}
	l.keys = append(l.keys, it.Key)
	s.pins[it.Key]++
}

func (s *Shelf) unpin(l *Lease) {
	for _, k := range l.keys {
		if s.pins[k]--; s.pins[k] == 0 {
			delete(s.pins, k)
		}
	}
}

// trim closes what nobody claims beyond the budget, the least recently used first.
func (s *Shelf) trim() {
	left := s.budget
	_ = s.closeIf(func(e *entry) bool {
		if s.pins[e.Key] > 0 {
			return false
		}
		left -= e.Bytes
		return left < 0
	})
}

// closeIf closes the networks for which close says so, the most recently used first.
func (s *Shelf) closeIf(close func(*entry) bool) error {
	var err error
	s.kept = slices.DeleteFunc(s.kept, func(e *entry) bool {
		if !close(e) {
			return false
		}
		if e.coming != nil {
			<-e.coming.done
			e.network = e.coming.network
		}
		if e.network != nil {
			err = errors.Join(err, e.network.Close())
		}
		return true
	})
	return err
}

// tell passes a notice on to the run under way.
func (s *Shelf) tell(text string) {
	s.telling.Lock()
	defer s.telling.Unlock()
	if n := len(s.notices); n > 0 && s.notices[n-1] != nil {
		s.notices[n-1](text)
	}
}
