package journal

import (
	"errors"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"slices"
	"sync"
	"syscall"
	"testing"
	"time"

	"pentimento/canvas"
)

// moment is what was true at one step of a script.
type known struct {
	moments []canvas.Moment
	at      int
	notes   []Note
}

func (s *script) known() known {
	m, at := s.doc.Moments()
	return known{m, at, slices.Clone(s.notes)}
}

// TestPowerCutCostsNothingThatWasSynced records everything that a journal does to its disk
// and cuts the power after each of it, many times: what was not synced is there, or half
// there, or not, in any order. Each of the disks that this leaves opens, holds everything
// that was reported as synced, and holds a picture that there once was.
func TestPowerCutCostsNothingThatWasSynced(t *testing.T) {
	want := 6000
	if testing.Short() {
		want = 400
	}
	images, none := 0, 0
	const scripts = 12
	for seed := range uint64(scripts) {
		d := newSimDisk()
		c := Config{Path: "/p/a.journal", Disk: d, Delay: time.Millisecond, smallest: 40 << 10, Budget: 3 << 20}
		s := newScript(seed, c)
		truth := []known{s.known()}
		type mark struct{ ops, truth int }
		marks := []mark{{0, 0}}
		for range 45 {
			s.step()
			truth = append(truth, s.known())
			if s.rng.IntN(4) == 0 {
				if err := s.j.Sync(); err != nil {
					t.Fatal(err)
				}
				marks = append(marks, mark{d.count(), len(truth) - 1})
			}
		}
		if err := s.j.Close([]byte{}); err != nil {
			t.Fatal(err)
		}
		n := d.count()
		each := want/scripts/n + 1
		for k := 0; k <= n; k++ {
			var m mark
			for _, x := range marks {
				if x.ops <= k {
					m = x
				}
			}
			for i := range each {
				rng := rand.New(rand.NewPCG(seed, uint64(k*1000+i)))
				image := d.image(k, rng, []float64{0.5, 0, 0.9, 0.2, 1}[i%5])
				images++
				j, got, err := Open(Config{Path: c.Path, Disk: image})
				if errors.Is(err, fs.ErrNotExist) && m.ops == 0 {
					none++
					continue
				}
				if err != nil {
					t.Fatalf("script %d, cut after call %d of %d: %v", seed, k, n, err)
				}
				j.Close(nil)
				if d := oneOf(truth[m.truth:], got); d != "" {
					t.Fatalf("script %d, cut after call %d of %d, %d steps were synced: %s", seed, k, n, m.truth, d)
				}
			}
		}
	}
	t.Logf("power cut: %d disks, all open (%d before anything was synced held no file yet)", images, none)
	if images < want {
		t.Errorf("only %d disks were tried, want %d", images, want)
	}
}

// oneOf says why a content is none of the moments.
func oneOf(all []known, got *Content) string {
	why := "nothing fits"
	if got.Lost || got.Damaged > 0 {
		return fmt.Sprintf("lost %v, damaged %d", got.Lost, got.Damaged)
	}
	for i, k := range all {
		m, at := k.moments, k.at
		if n := len(m) - len(got.Moments); n > 0 && n <= at { // the file's budget left old steps out
			m, at = m[n:], at-n
		}
		d := differentHistory(m, at, got.Moments, got.At)
		if d == "" {
			d = differentNotes(k.notes, got.Notes)
		}
		if d == "" {
			return ""
		}
		if i == 0 {
			why = d
		}
	}
	return why
}

// notices gathers what a journal tells.
type notices struct {
	mu  sync.Mutex
	all []error
}

func (n *notices) tell(err error) {
	n.mu.Lock()
	n.all = append(n.all, err)
	n.mu.Unlock()
}

func (n *notices) list() []error {
	n.mu.Lock()
	defer n.mu.Unlock()
	return slices.Clone(n.all)
}

// TestDiskFaultsLoseNothing lets every single call fail in turn, for a while: painting goes
// on, one plain message is told, and when the disk works again everything is on it, also
// after a power cut.
func TestDiskFaultsLoseNothing(t *testing.T) {
	faults := map[string]error{"full": syscall.ENOSPC, "i/o error": syscall.EIO, "short write": shortWrite{syscall.ENOSPC}, "read-only": syscall.EROFS}
	run := func(name string, fault error, from, calls int) int {
		d := newSimDisk()
		var heard notices
		broken := 0
		d.fault = func(n int, o op) error {
			if n >= from && broken < calls {
				broken++
				return fault
			}
			return nil
		}
		s := newScript(11, Config{Path: "/p/a.journal", Disk: d, Delay: time.Microsecond, Retry: time.Millisecond, Notice: heard.tell})
		for i := range 16 {
			s.step()
			if i%3 == 0 {
				s.j.Sync() // its error is the same as the notice's
			}
		}
		for end := time.Now().Add(30 * time.Second); s.j.Sync() != nil; time.Sleep(time.Millisecond) {
			if time.Now().After(end) {
				t.Fatalf("%s at call %d: the journal never came back", name, from)
			}
		}
		n := d.count()
		got, err := Read(d.image(n, rand.New(rand.NewPCG(1, 1)), 0), s.j.Where(), 0)
		if err != nil {
			t.Fatalf("%s at call %d: %v", name, from, err)
		}
		if diff := s.differs(got); diff != "" {
			t.Fatalf("%s at call %d: %s", name, from, diff)
		}
		s.j.Close([]byte{})
		all := heard.list()
		for i, e := range all {
			if (e == nil) != (i%2 == 1) {
				t.Fatalf("%s at call %d: told %v, want a message and its end in turn", name, from, all)
			}
		}
		if broken > 0 && len(all) == 0 {
			t.Fatalf("%s at call %d: nothing was told", name, from)
		}
		if len(all) > 0 {
			if h, ok := all[0].(interface{ Hint() string }); !ok || h.Hint() == "" {
				t.Fatalf("%s: %v gives no advice", name, all[0])
			}
		}
		return n
	}
	for name, fault := range faults {
		calls := 1
		step := 1
		if testing.Short() {
			step = 5
		}
		for from := 0; from < run(name, fault, from, calls); from += step {
			calls = 1 + from%4
		}
	}
}

// TestPaintingGoesOnOnADeadDisk: a disk that never works costs nothing but the journal.
func TestPaintingGoesOnOnADeadDisk(t *testing.T) {
	d := newSimDisk()
	var heard notices
	d.fault = func(int, op) error { return syscall.EROFS }
	s := newScript(2, Config{Path: "/p/a.journal", Disk: d, Delay: time.Microsecond, Retry: time.Millisecond, Notice: heard.tell})
	for range 100 {
		s.step()
	}
	if err := s.j.Sync(); err == nil {
		t.Error("syncing to a dead disk gave no error")
	}
	if err := s.j.Close([]byte{}); err == nil {
		t.Error("closing on a dead disk gave no error")
	}
	if all := heard.list(); len(all) != 1 {
		t.Errorf("told %v, want one message", all)
	}
}

// TestManyEventsWaitInLittleMemory: a disk that fails for long is rewritten from what
// memory holds when it works again.
func TestManyEventsWaitInLittleMemory(t *testing.T) {
	d := newSimDisk()
	var dead sync.Map
	dead.Store("dead", true)
	d.fault = func(n int, _ op) error {
		if _, ok := dead.Load("dead"); ok && n > 6 {
			return syscall.ENOSPC
		}
		return nil
	}
	s := newScript(2, Config{Path: "/p/a.journal", Disk: d, Delay: time.Microsecond, Retry: time.Millisecond})
	for range 30 {
		s.step()
	}
	for i := range maxPending + 100 {
		s.meta = fmt.Append(nil, i)
		s.j.Meta(s.meta)
	}
	s.step()
	dead.Delete("dead")
	for end := time.Now().Add(30 * time.Second); s.j.Sync() != nil && time.Now().Before(end); time.Sleep(time.Millisecond) {
	}
	got, err := Read(d, s.j.Where(), 0)
	if err != nil {
		t.Fatal(err)
	}
	if diff := s.differs(got); diff != "" {
		t.Error(diff)
	}
	s.j.Close([]byte{})
}
