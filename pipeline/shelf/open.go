package shelf

import (
	"context"
	"errors"
	"slices"
	"sync"

	"pentimento/fault"
)

// Opener opens a network. notice is where it tells a person of its devices, for as long
// as the network is open.
type Opener[T Network] func(ctx context.Context, notice func(string)) (T, error)

// Open returns the network of an item, opened if it was not; fresh says that it was. The
// lease claims the item from here on. In low-memory mode, and where it is large, the network is
// good until the next Open, which may close it: callers ask each time.
func Open[T Network](ctx context.Context, l *Lease, it Item, open Opener[T]) (n T, fresh bool, err error) {
	s := l.shelf
	s.mu.Lock()
	s.pin(l, it)
	e := s.find(it.Key)
	if !it.Beside {
		_ = s.closeIf(func(e *entry) bool {
			return e.Stage != it.Stage && e.Large != nil && e.coming == nil && e.Large(e.network)
		})
	}
	s.mu.Unlock()
	if e != nil && e.coming != nil {
		fresh = true
		if err := s.arrived(e, l); err != nil && ctx.Err() == nil {
			return n, false, err
		}
		if e.network == nil { // begun by a run that was cancelled, or put off
			e = nil
		}
	}
	if e != nil {
		return e.network.(T), fresh, nil
	}
	if l.alone && !it.Beside {
		s.mu.Lock()
		_ = s.closeIf(func(e *entry) bool { return !e.Beside })
		s.mu.Unlock()
	}
	if n, err = open(ctx, s.tell); err != nil {
		var none T
		return none, false, err
	}
	s.mu.Lock()
	s.kept = slices.Insert(s.kept, 0, &entry{Item: it, network: n})
	s.trim()
	s.mu.Unlock()
	return n, true, nil
}

// ErrLater ends an opening in the background that has to be one of the run itself: Open tries again.
var ErrLater = errors.New("the network is opened when it is asked for")

// Spare closes one open network besides that of a key, where there is one: of those that no lease
// names the least recently used, else of those that rest or are on their way. It is for the goroutine of the run, which
// must not hold a network that it closes.
func (l *Lease) Spare(key string) bool {
	s := l.shelf
	s.mu.Lock()
	defer s.mu.Unlock()
	var least *entry
	for _, e := range s.kept { // the least recently used last
		if e.Key != key && !e.Beside && (least == nil || s.pins[e.Key] == 0 || s.pins[least.Key] > 0) {
			least = e
		}
	}
	if least == nil {
		return false
	}
	_ = s.closeIf(func(e *entry) bool { return e == least })
	return true
}

// Drop closes a network that can no longer be used.
func (l *Lease) Drop(key string) {
	l.shelf.mu.Lock()
	defer l.shelf.mu.Unlock()
	_ = l.shelf.closeIf(func(e *entry) bool { return e.Key == key })
}

// Begin starts opening an item's network in the background, alongside what comes first in a
// run; Open waits for it. In low-memory mode, where one network is open at a time, it does
// nothing.
func Begin[T Network](ctx context.Context, l *Lease, it Item, open Opener[T]) {
	s := l.shelf
	s.mu.Lock()
	defer s.mu.Unlock()
	if l.alone || s.find(it.Key) != nil {
		return
	}
	s.pin(l, it)
	a := &arrival{done: make(chan struct{}), lease: l, tell: s.tell}
	s.kept = slices.Insert(s.kept, 0, &entry{Item: it, coming: a})
	go func() {
		defer close(a.done)
		if err := fault.Guard("opening "+it.Key, func() {
			n, err := open(ctx, a.notice)
			if a.err = err; err == nil {
				a.network = n
			}
		}); err != nil {
			a.err = err
		}
	}()
}

// Peek returns an item's network where it is open, without claiming or opening anything.
func Peek[T Network](l *Lease, key string) (n T, ok bool) {
	l.shelf.mu.Lock()
	defer l.shelf.mu.Unlock()
	for _, e := range l.shelf.kept {
		if e.Key == key && e.network != nil {
			n, ok = e.network.(T)
			return n, ok
		}
	}
	return n, false
}

// find returns the entry of a key as the most recently used one; nil where there is none.
func (s *Shelf) find(key string) *entry {
	i := slices.IndexFunc(s.kept, func(e *entry) bool { return e.Key == key })
	if i < 0 {
		return nil
	}
	e := s.kept[i]
	s.kept = slices.Insert(slices.Delete(s.kept, i, i+1), 0, e)
	return e
}

// arrival is a network that is being opened in the background.
type arrival struct {
	done    chan struct{}
	lease   *Lease // that it was begun under
	network Network
	err     error

	tell func(string)
	mu   sync.Mutex
	held []string // notices, until the run asks for the network
	here bool
}

// notice holds a notice back until the run asks: progress is reported from its goroutine.
func (a *arrival) notice(text string) {
	a.mu.Lock()
	here := a.here
	if !here {
		a.held = append(a.held, text)
	}
	a.mu.Unlock()
	if here {
		a.tell(text)
	}
}

// arrived waits for a network on its way and passes on what happened to its devices. One
// that failed leaves the shelf; that is an error only of the run that began it, and not
// where it was cancelled.
func (s *Shelf) arrived(e *entry, l *Lease) error {
	a := e.coming
	<-a.done
	s.mu.Lock()
	e.coming, e.network = nil, a.network
	if a.network == nil {
		s.kept = slices.DeleteFunc(s.kept, func(other *entry) bool { return other == e })
	}
	s.mu.Unlock()
	a.mu.Lock()
	held := a.held
	a.held, a.here = nil, true
	a.mu.Unlock()
	for _, text := range held {
		a.tell(text)
	}
	if a.lease != l || errors.Is(a.err, context.Canceled) || errors.Is(a.err, ErrLater) {
		return nil
	}
	return a.err
}
