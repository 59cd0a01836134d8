package fetch

import (
	"context"
	"slices"
	"sync"
	"time"

	"pentimento/fault"
)

// State is where an Item stands.
type State int

// The states; Failed goes on with Continue like Paused.
const (
	Queued State = iota
	Running
	Paused
	Failed
	Done
)

// Item is a download of the queue as it was at one moment.
type Item struct {
	Number   int
	Want     Want
	Into     string
	State    State
	Progress Progress
	Notes    []string // told on the way
	Err      error    // of Failed
	Got      Got      // of Done
}

type item struct {
	Item
	cancel context.CancelFunc // of a running one
	pause  bool               // it is to stay, and not to go on by itself
	gone   bool               // it is to leave nothing
}

// Queue fetches one or two files at a time, in the order they came. What is not whole goes on after a
// restart: Resume takes it up. It is safe for several goroutines.
type Queue struct {
	c       *Client
	workers int
	changed func()
	mu      sync.Mutex
	items   []*item
	last    int
	closed  bool
	running fault.Group
	told    time.Time
}

// NewQueue returns an empty queue. changed is called from any goroutine after something changed, at most some times a
// second for progress; it must be quick and must not call the Queue.
func NewQueue(c *Client, workers int, changed func()) *Queue {
	return &Queue{c: c, workers: max(workers, 1), changed: changed}
}

// Resume takes up what an earlier run of the program left; go says whether it goes on by itself or waits for
// Continue.
func (q *Queue) Resume(goOn bool) {
	for _, r := range q.c.Unfinished() {
		state := Queued
		if r.Paused || !goOn {
			state = Paused
		}
		q.add(r.Want, r.Into, state, Progress{Done: r.Synced, Total: r.Total})
	}
	q.start()
}

// Add puts a file at the end. One that is in the queue already goes on where it stands.
func (q *Queue) Add(w Want, into string) {
	r := q.c.load(w, into)
	r.Paused = false
	_ = q.c.save(r) // without it a restart forgets what has not begun
	q.add(w, into, Queued, Progress{})
	q.start()
}

func (q *Queue) add(w Want, into string, state State, p Progress) {
	q.mu.Lock()
	defer q.mu.Unlock()
	for _, i := range q.items {
		if i.State != Done && i.Into == into && i.Want.same(w) {
			if i.State != Running {
				i.State, i.Err = state, nil
			}
			return
		}
	}
	q.last++
	q.items = append(q.items, &item{Item: Item{Number: q.last, Want: w, Into: into, State: state, Progress: p}})
}

// start begins what may run.
func (q *Queue) start() {
	q.mu.Lock()
	busy := 0
	for _, i := range q.items {
		if i.State == Running {
			busy++
		}
	}
	for _, i := range q.items {
		if i.State != Queued || busy >= q.workers || q.closed {
			continue
		}
		busy++
		ctx, cancel := context.WithCancel(context.Background())
		i.State, i.Err, i.Notes, i.cancel, i.pause, i.gone = Running, nil, nil, cancel, false, false
		q.running.Go(func() {
			defer cancel()
			q.fetch(ctx, i)
		})
	}
	q.mu.Unlock()
	q.changed()
}

func (q *Queue) fetch(ctx context.Context, i *item) {
	var got Got
	var err error
	if caught := fault.Guard("download", func() {
		got, err = q.c.Fetch(ctx, i.Want, Options{Into: i.Into, Report: func(p Progress) { q.report(i, p) }})
	}); caught != nil {
		err = caught
	}
	q.mu.Lock()
	i.cancel = nil
	after := func() {}
	switch {
	case err == nil:
		i.State, i.Got = Done, got
		after = func() { q.c.forget(&Record{Want: i.Want, Into: i.Into}) }
	case i.gone:
		q.items = slices.DeleteFunc(q.items, func(o *item) bool { return o == i })
		after = func() { q.drop(i) }
	case ctx.Err() != nil && i.pause:
		i.State = Paused
		after = func() { q.mark(i, true) }
	case ctx.Err() != nil: // the program ends
		i.State = Queued
	default:
		i.State, i.Err = Failed, err
		after = func() { q.mark(i, true) }
	}
	q.mu.Unlock()
	after()
	q.start()
}

// records are those that belong to an item: Civitai's begin without an address.
func (q *Queue) records(i *item) (out []Record) {
	for _, r := range q.c.Unfinished() {
		if r.Into == i.Into && r.Want.same(i.Want) {
			out = append(out, r)
		}
	}
	return out
}

func (q *Queue) mark(i *item, paused bool) {
	for _, r := range q.records(i) {
		r.Paused = paused
		_ = q.c.save(&r)
	}
}

func (q *Queue) drop(i *item) {
	for _, r := range q.records(i) {
		_ = q.c.Drop(r)
	}
}

func (q *Queue) report(i *item, p Progress) {
	q.mu.Lock()
	i.Progress = p
	if p.Note != "" && p.Stage != Waiting {
		i.Notes = append(i.Notes, p.Note)
	}
	tell := time.Since(q.told) > 150*time.Millisecond || p.Note != ""
	if tell {
		q.told = time.Now()
	}
	q.mu.Unlock()
	if tell {
		q.changed()
	}
}

// List is the queue as it is now.
func (q *Queue) List() []Item {
	q.mu.Lock()
	defer q.mu.Unlock()
	out := make([]Item, len(q.items))
	for n, i := range q.items {
		out[n] = i.Item
		out[n].Notes = slices.Clone(i.Notes)
	}
	return out
}

// with does something to an item under the lock, and then what it returns, which may be nil, without.
func (q *Queue) with(number int, do func(*item) func()) {
	after := func() {}
	q.mu.Lock()
	if n := slices.IndexFunc(q.items, func(i *item) bool { return i.Number == number }); n >= 0 {
		if f := do(q.items[n]); f != nil {
			after = f
		}
	}
	q.mu.Unlock()
	after()
	q.start()
}

// Pause keeps what has come, until Continue, also over a restart. It touches the disk, as Continue and Remove do.
func (q *Queue) Pause(number int) {
	q.with(number, func(i *item) func() {
		switch i.State {
		case Running:
			i.pause = true
			i.cancel()
		case Queued:
			i.State = Paused
			return func() { q.mark(i, true) }
		}
		return nil
	})
}

// Continue goes on with a paused or failed download.
func (q *Queue) Continue(number int) {
	q.with(number, func(i *item) func() {
		if i.State != Paused && i.State != Failed {
			return nil
		}
		i.State = Queued
		return func() { q.mark(i, false) }
	})
}

// Remove takes an item from the list; of a download that is not whole nothing stays.
func (q *Queue) Remove(number int) {
	q.with(number, func(i *item) func() {
		if i.State == Running {
			i.gone = true
			i.cancel()
			return nil
		}
		q.items = slices.DeleteFunc(q.items, func(o *item) bool { return o == i })
		if i.State == Done {
			return nil
		}
		return func() { q.drop(i) }
	})
}

// Close ends all downloads; they go on at the next Resume.
func (q *Queue) Close() {
	q.mu.Lock()
	q.closed = true
	for _, i := range q.items {
		if i.State == Running {
			i.cancel()
		}
	}
	q.mu.Unlock()
	q.running.Wait()
}
