package settings

import (
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"
)

// loop is a goroutine's queue in the test's hands.
type loop chan func()

// until runs what was posted until ok.
func (l loop) until(t *testing.T, what string, ok func() bool) {
	t.Helper()
	limit, look := time.After(time.Minute), time.NewTicker(5*time.Millisecond)
	defer look.Stop()
	for !ok() {
		select {
		case f := <-l:
			f()
		case <-look.C:
		case <-limit:
			t.Fatalf("%s never happened", what)
		}
	}
}

// TestAChangeIsWrittenSoonAndNothingElse: without a close, on the disk in the end, and
// never where nothing has changed.
func TestAChangeIsWrittenSoonAndNothingElse(t *testing.T) {
	path := filepath.Join(t.TempDir(), "settings.json")
	s, err := Open(path)
	if err != nil {
		t.Fatal(err)
	}
	posted, asked := make(loop, 64), 0
	k := NewKeeper(s, time.Millisecond, func(f func()) { posted <- f }, func() { asked++; s.Tool = "pan" })
	s.Tool = "pan"
	k.Touch()
	posted.until(t, "the first look", func() bool { _, err := os.Stat(path); return err == nil })
	written := func() *Store { t.Helper(); again, err := Open(path); must(t, err); return again }
	first, err := os.Stat(path)
	must(t, err)
	k.Touch() // nothing has changed
	was := asked
	posted.until(t, "the second look", func() bool { return asked > was })
	k.writing.Wait()
	if second, err := os.Stat(path); err != nil || !os.SameFile(first, second) {
		t.Errorf("%v: the file was written without a change", err)
	}
	for i := range 100 { // each is written or a later one is
		s.AddRecent(filepath.Join("/pictures", string(rune('a'+i%26))+".png"))
		s.Fill.Steps = i + 1
		k.Touch()
	}
	posted.until(t, "the last change on the disk", func() bool {
		again := written()
		return again.Fill.Steps == 100 && slices.Equal(again.Recent, s.Recent) && again.Tool == "pan"
	})
	s.Fill.Steps = 7
	k.Touch()
	must(t, k.Close())
	if again := written(); again.Fill.Steps != 7 {
		t.Errorf("closed with %d steps on the disk", again.Fill.Steps)
	}
}

// TestWhatCouldNotBeWrittenIsTriedAgain without another change.
func TestWhatCouldNotBeWrittenIsTriedAgain(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "a")
	path := filepath.Join(dir, "settings.json")
	s, err := Open(path)
	must(t, err)
	must(t, os.WriteFile(dir, nil, 0o600)) // no folder can be there
	posted, looks := make(loop, 64), 0
	k := NewKeeper(s, time.Millisecond, func(f func()) { posted <- f }, func() { looks++ })
	s.Tool = "pan"
	k.Touch()
	posted.until(t, "the second try", func() bool { return looks > 1 })
	must(t, os.Remove(dir))
	posted.until(t, "the file", func() bool { _, err := os.Stat(path); return err == nil })
	must(t, k.Close())
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
