// Package journal keeps everything that happens to a picture in a file beside it, so that
// no crash, power cut or full disk costs more than the last second.
//
// A Journal watches a canvas.Document: every committed Edit, undo, redo and change of the
// active layer becomes a record, and the caller adds notes of its own (candidates, requests,
// the queue). The Document's goroutine only hands over pointers; States are immutable. A
// goroutine of the journal writes what is new in them, at once, and syncs the file at most
// Config.Delay later. Open reads such a file back: the whole history with its States, which
// share what they shared, bit for bit, and the notes. So the same file is crash recovery and
// the undo history that survives a restart.
//
// Start at Journal (this file), then record.go (the file's form), step.go (what a step is
// written as), loop.go (the goroutine), compact.go (the file rewritten), read.go.
//
// A Journal's methods may be called from any goroutine and, Close, Sync and Keep apart,
// return at once.
//
// 2026-11-25: github.com/klauspost/compress/zstd packs pixels: at its fastest level it takes
// about 50 µs for a tile where flate takes 400, and it is what the Go world maintains.
// github.com/gofrs/flock locks: one small API over flock and LockFileEx, released by the
// system when a process dies.
// 2026-11-25: contents (tiles, pieces of pictures) are named by their hash within one file,
// so each is there once; their numbers, not their order, bind them to steps, so that a
// damaged one costs itself only.
// 2026-11-27: a State's source is a record of its own, and its number the last of a step: a
// reader that does not know it passes over both.
// 2026-11-25: a write that fails is kept and tried again where it belongs; a sync that fails
// makes the file doubtful as a whole, so a new one is written from memory in its place.
package journal

import (
	"sync"
	"time"

	"pentimento/canvas"
)

// Config says where and how a journal is kept.
type Config struct {
	Path string
	Disk Disk // nil: OS
	// Budget is how many bytes the file may take; the oldest steps go first. 0: 2 GB.
	Budget int64
	// Memory is how many bytes of history are read back into memory. 0: DefaultBudget.
	Memory int64
	// Delay is how long after its write a record may wait for its sync. 0: half a second.
	Delay time.Duration
	// Retry is how long after a failure the next attempt is made. 0: two seconds.
	Retry time.Duration
	// Notice is called on the journal's goroutine with why writing fails, once, and nil when it
	// works again. May be nil.
	Notice func(error)
	// Exclusive holds the lock of the file (TryLock) from the first write, or from Open, to
	// the end of Close.
	Exclusive bool
	// Prepare is called on the journal's goroutine before a place is first written to, for
	// instance to make its folder. May be nil.
	Prepare func(path string) error
	Lock    *Lock // a lock that is held already; Close lets go of it

	smallest int64 // the size below which a file is not worth rewriting
}

func (c Config) filled() Config {
	if c.Disk == nil {
		c.Disk = OS
	}
	if c.Budget <= 0 {
		c.Budget = 2 << 30
	}
	if c.Memory <= 0 {
		c.Memory = canvas.DefaultBudget
	}
	if c.Delay <= 0 {
		c.Delay = 500 * time.Millisecond
	}
	if c.Retry <= 0 {
		c.Retry = 2 * time.Second
	}
	if c.smallest <= 0 {
		c.smallest = 64 << 20
	}
	if c.Notice == nil {
		c.Notice = func(error) {}
	}
	return c
}

// Journal is an open journal. Build it with Create or Open, end it with Close.
type Journal struct {
	mu      sync.Mutex
	c       Config // Path changes with Relocate, under mu
	queue   []event
	wake    chan struct{}
	trouble error // failed, for Trouble
	closing chan struct{}
	once    sync.Once // closes closing
	ended   chan struct{}
	result  error // of Close

	// The rest belongs to the journal's goroutine.
	log      *log // nil before the first record
	lock     *Lock
	hist     *history
	garbage  int64 // bytes of the file that nothing needs
	dense    int64 // the file's size when it was last rewritten
	due      time.Time
	failed   error
	doubtful bool // a sync failed: the file must be rewritten
	retryAt  time.Time
	pending  []event // not written because of failed, oldest first
	waiting  []chan error
	clean    []byte
}

// Create starts a journal of a Document whose history so far is moments, at being the
// present step. The file is made, in place of one that is there, with the first record
// that follows: a canvas on which nothing happens leaves none. meta is the caller's.
func Create(c Config, moments []canvas.Moment, at int, meta []byte) *Journal {
	return start(c.filled(), c.Lock, nil, &history{moments: moments, sizes: make([]int64, len(moments)), at: at, saved: -1, meta: meta})
}

func start(c Config, lock *Lock, l *log, h *history) *Journal {
	j := &Journal{c: c, lock: lock, log: l, hist: h, wake: make(chan struct{}, 1), closing: make(chan struct{}), ended: make(chan struct{})}
	if l != nil {
		j.dense = l.end
	}
	go j.run()
	return j
}

// send hands an event to the journal's goroutine.
func (j *Journal) send(ev event) {
	j.mu.Lock()
	j.queue = append(j.queue, ev)
	j.mu.Unlock()
	select {
	case j.wake <- struct{}{}:
	default:
	}
}

// Where is the file's path.
func (j *Journal) Where() string {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.c.Path
}

// Trouble says why the disk does not take what it is given just now; nil while it does.
func (j *Journal) Trouble() error {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.trouble
}

// Relocate moves the journal to another place, for instance because an unsaved picture has
// become a project: it is rewritten there, and the old file goes. The places are tried
// in turn; before (may be nil) is called on the journal's goroutine for a place before it is
// written. done is called there with the error because of which the journal has stayed
// where it was.
func (j *Journal) Relocate(places []string, before func(path string) error, done func(error)) {
	j.send(event{kind: kindNothing, places: places, before: before, moved: done})
}

// Pushed implements canvas.Watcher.
func (j *Journal) Pushed(m canvas.Moment, dropped int) {
	j.send(event{kind: kindStep, moment: m, dropped: dropped})
}

// Moved implements canvas.Watcher.
func (j *Journal) Moved(at int) { j.send(event{kind: kindMove, at: at}) }

// Activated implements canvas.Watcher.
func (j *Journal) Activated(s *canvas.State) { j.send(event{kind: kindActivate, state: s}) }

// Set keeps a note.
func (j *Journal) Set(n Note) { j.send(event{kind: kindNote, note: n}) }

// Drop ends a note.
func (j *Journal) Drop(key string) { j.send(event{kind: kindDrop, note: Note{Key: key}}) }

// Meta keeps what the caller says about the whole, in place of what it said before.
func (j *Journal) Meta(data []byte) { j.send(event{kind: kindMeta, note: Note{Data: data}}) }

// Saved says that a project file now holds the State s, and what Meta is from now on.
func (j *Journal) Saved(s *canvas.State, meta []byte) {
	j.send(event{kind: kindSaved, state: s, note: Note{Data: meta}})
}

// Keep is Set that waits until the note is on the disk. An error says that it is not,
// yet: the journal goes on trying.
func (j *Journal) Keep(n Note) error {
	done := make(chan error, 1)
	j.send(event{kind: kindNote, note: n, done: done})
	return j.await(done)
}

// Sync waits until everything handed over so far is on the disk, and says why it is not.
func (j *Journal) Sync() error {
	done := make(chan error, 1)
	j.send(event{done: done})
	return j.await(done)
}

func (j *Journal) await(done chan error) error {
	select {
	case err := <-done:
		return err
	case <-j.ended:
		select {
		case err := <-done:
			return err
		default:
			return &Error{Path: j.Where(), Text: "the journal has ended"}
		}
	}
}

// Close writes what is left, marks the end as clean and returns once it is on the disk, or
// the error because of which it is not. end is the caller's, for the next one who opens the file
// next; nil leaves the file without a clean end, as a crash would.
func (j *Journal) Close(end []byte) error {
	j.mu.Lock()
	if j.clean == nil {
		j.clean = end
	}
	j.mu.Unlock()
	j.once.Do(func() { close(j.closing) })
	<-j.ended
	return j.result
}
