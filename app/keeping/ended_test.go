package keeping

import (
	"image"
	"path/filepath"
	"testing"

	"pentimento/app/settings"
	"pentimento/canvas"
)

// The system ends the program (a signal, the end of the session) while work is unsaved and
// nobody was asked: the next start offers it as after a crash.

// takeUp recovers the one canvas that is offered as after a crash.
func (b *bench) takeUp() {
	b.t.Helper()
	found := b.look()
	if len(found) != 1 || found[0].Why != Crashed {
		b.t.Fatalf("found %+v, want one as after a crash", found)
	}
	b.Recover(found[0])
	b.until("the recovery", func() bool { return !b.Empty() })
}

// TestAnEndFromOutsideIsOfferedAtTheNextStart, whole, of a canvas without a file and of a
// project: its unsaved steps are steps, and nothing that could be done again.
func TestAnEndFromOutsideIsOfferedAtTheNextStart(t *testing.T) {
	for _, project := range []bool{false, true} {
		dir := t.TempDir()
		folder := filepath.Join(dir, "journals")
		a := newKeptBench(t, folder, nil)
		a.work()
		if project {
			if err := a.saveTo(filepath.Join(dir, "work.ora")); err != nil {
				t.Fatal(err)
			}
			a.edited().edited()
		}
		a.end()

		b := newKeptBench(t, folder, nil)
		b.takeUp()
		if d := sameWork(a, b); d != "" {
			t.Fatalf("project %v: %s", project, d)
		}
		if !b.CanUndo() || b.CanRedo() != !project || !b.Unsaved() {
			t.Errorf("project %v: undo %v, redo %v, unsaved %v", project, b.CanUndo(), b.CanRedo(), b.Unsaved())
		}
	}
}

// TestAnEndFromOutsideDuringAFill: what was being computed is computed after the recovery, and
// that it was interrupted is no crash of its own, however often.
func TestAnEndFromOutsideDuringAFill(t *testing.T) {
	folder := filepath.Join(t.TempDir(), "journals")
	a := newKeptBench(t, folder, nil)
	a.put(texture(image.Rect(0, 0, 900, 900), 1))
	a.maskRect(image.Rect(100, 100, 300, 300))
	a.SetFill(func(f *settings.Fill) { f.Count = 2 })
	a.Fills.Fill()
	a.until("the request", func() bool { return !a.Fills.Stacks()[0].Unmade() })
	a.end()
	for range 4 {
		b := newKeptBench(t, folder, nil)
		b.takeUp()
		if n := b.Fills.Jobs.Active(0); n == 0 && len(b.Fills.Stacks()[0].Candidates) < 2 {
			t.Fatalf("nothing is computed, with %d candidates: %q", len(b.Fills.Stacks()[0].Candidates), b.seen.Said)
		}
		b.end()
	}
	b := newKeptBench(t, folder, nil)
	b.takeUp()
	b.until("both candidates", func() bool { return len(b.Fills.Stacks()) == 1 && len(b.Fills.Stacks()[0].Candidates) == 2 })
}

// TestAnEndFromOutsideDuringASave: the save is brought to its end, and then there is nothing
// to recover and the history goes on with the file.
func TestAnEndFromOutsideDuringASave(t *testing.T) {
	dir := t.TempDir()
	folder, path := filepath.Join(dir, "journals"), filepath.Join(dir, "work.ora")
	a := newKeptBench(t, folder, nil)
	a.put(texture(image.Rect(0, 0, 300, 200), 1))
	a.SaveTo(path, nil)
	a.edited()
	a.SaveTo(path, nil) // waits for the one before it
	a.end()

	b := newKeptBench(t, folder, nil)
	if found := b.look(); len(found) != 0 {
		t.Fatalf("found %+v, want nothing", found)
	}
	if err := b.open(path); err != nil {
		t.Fatal(err)
	}
	b.until("the project", func() bool { return !b.Empty() })
	if !canvas.Same(b.doc.State(), a.doc.State()) || !b.CanUndo() {
		t.Errorf("the file holds another picture, or undo does not go on: %v; said %q", b.CanUndo(), b.seen.Said)
	}
}
