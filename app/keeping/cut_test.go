package keeping

import (
	"context"
	"encoding/binary"
	"errors"
	"image"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"pentimento/app/jobs"
	"pentimento/app/settings"
	"pentimento/canvas"
	"pentimento/canvas/journal"
	"pentimento/pipeline/pixels"
)

// ends are the places in a journal at which a kill may have ended it: after each record that says something, which
// pixels by themselves do not (canvas/journal/record.go).
func ends(data []byte) (at []int) {
	for i := 32; i+24 <= len(data); {
		says := data[i+4] > 4
		if i += 24 + int(binary.LittleEndian.Uint32(data[i:])); says {
			at = append(at, i)
		}
	}
	return at
}

// TestAFillIsTakenUpWhereverAKillCutsItsJournal: from the first word of a fill on, all pictures that were asked for are
// there or computed again; before it the mask is there and nothing else. One that was accepted is in the picture.
func TestAFillIsTakenUpWhereverAKillCutsItsJournal(t *testing.T) {
	folder := filepath.Join(t.TempDir(), "journals")
	a := newKeptBench(t, folder, nil)
	a.put(texture(image.Rect(0, 0, 90, 70), 1))
	a.maskRect(image.Rect(30, 30, 50, 50))
	a.settle()
	before, err := os.ReadFile(a.j.Where())
	if err != nil {
		t.Fatal(err)
	}
	a.SetFill(func(f *settings.Fill) { f.Count = 2 })
	a.Fills.Fill()
	a.idle()
	a.settle()
	filled, err := os.ReadFile(a.j.Where())
	if err != nil {
		t.Fatal(err)
	}
	a.Fills.OneMore()
	a.idle()
	a.Fills.Accept()
	a.crash()
	file := journalsIn(folder)[0]
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	for _, at := range ends(data) {
		if at < len(before) {
			continue
		}
		cut := filepath.Join(t.TempDir(), filepath.Base(file))
		if err := os.WriteFile(cut, data[:at], 0o600); err != nil {
			t.Fatal(err)
		}
		c, err := journal.Read(journal.OS, cut, 1)
		if err != nil {
			t.Fatal(err)
		}
		begun := false
		for _, n := range c.Notes {
			begun = begun || !strings.HasPrefix(n.Key, panelKey)
		}
		b := newKeptBench(t, filepath.Dir(cut), nil)
		b.takeUp()
		b.idle()
		pictures := 0
		for _, s := range b.Fills.Stacks() {
			if pictures += len(s.Candidates); len(s.Candidates) == 0 {
				t.Errorf("cut at %d of %d: a place has nothing to show", at, len(data))
			}
		}
		accepted := len(b.doc.State().Layers) > 1
		switch {
		case accepted:
		case b.doc.State().Mask.Len() == 0:
			t.Errorf("cut at %d of %d: the mask is gone", at, len(data))
		case begun && pictures < 2, at >= len(filled) && pictures < 2, !begun && pictures > 0:
			t.Errorf("cut at %d of %d: %d pictures of the two that were asked for; noted before: %v", at, len(data), pictures, begun)
		}
		b.end()
	}
}

// TestWhatWasBeingMadeIsTold by the next start, once: where it is not in the picture, and nobody cancelled it.
func TestWhatWasBeingMadeIsTold(t *testing.T) {
	for _, c := range []struct {
		what string
		want int
		do   func(*bench, jobs.ID, func())
	}{
		{"killed", 1, func(*bench, jobs.ID, func()) {}},
		{"landed, and killed before that was noted", 0, func(b *bench, _ jobs.ID, _ func()) {
			b.Edit("Levels", func(ed *canvas.Edit) { ed.SetMask(pixels.Full(image.Rect(0, 0, 9, 9))) })
		}},
		{"killed, and one like it had just landed", 1, nil},
		{"through", 0, func(b *bench, _ jobs.ID, end func()) { end(); b.idle() }},
		{"cancelled", 0, func(b *bench, id jobs.ID, _ func()) { b.Fills.Jobs.Cancel(id); b.idle() }},
	} {
		folder, end := filepath.Join(t.TempDir(), "journals"), make(chan bool)
		a := newKeptBench(t, folder, nil)
		a.put(texture(image.Rect(0, 0, 40, 30), 1))
		if c.do == nil {
			c.do = func(*bench, jobs.ID, func()) {}
			a.Edit("Levels", func(ed *canvas.Edit) { ed.SetMask(pixels.Full(image.Rect(0, 0, 9, 9))) })
		}
		id := a.Fills.Jobs.Now("Levels", a.Fills.Group(), func(ctx context.Context, _ func(string, float64)) error {
			select {
			case <-ctx.Done():
			case <-end:
			}
			return ctx.Err()
		})
		a.Keeping.Making(id, "Levels")
		c.do(a, id, func() { close(end) })
		a.crash()
		for i := range 2 {
			b := newKeptBench(t, folder, nil)
			b.Recover(b.look()[0])
			b.until("the recovery", func() bool { return len(b.seen.Said) > 0 })
			if want := max(c.want-i, 0); len(b.seen.Told) != want || want > 0 && !strings.Contains(b.seen.Told[0], "Levels") {
				t.Errorf("%s: start %d told %q, want %d lines", c.what, i+1, b.seen.Told, want)
			}
			b.crash()
		}
	}
}

// TestWhatCannotBeReadOfAFillIsTold: what can be is shown, and the rest stays in the file.
func TestWhatCannotBeReadOfAFillIsTold(t *testing.T) {
	for _, c := range []struct {
		what             string
		broken           []string
		places, pictures int
		stays            string
		starts           int // how many tell it
	}{
		{"the request", []string{"stack/1"}, 1, 2, "candidate/1/1", 1},
		{"a picture", []string{"candidate/1/2"}, 1, 1, "candidate/1/2", 2},
		{"all", []string{"stack/1", "candidate/1/1", "candidate/1/2"}, 0, 0, "stack/1", 2},
	} {
		folder := filepath.Join(t.TempDir(), "journals")
		a := newKeptBench(t, folder, nil)
		a.put(texture(image.Rect(0, 0, 40, 30), 1))
		a.maskRect(image.Rect(20, 12, 26, 18))
		a.SetFill(func(f *settings.Fill) { f.Count = 2 })
		a.Fills.Fill()
		a.idle()
		for _, key := range c.broken {
			a.j.Set(journal.Note{Key: key, Data: []byte("{")})
		}
		a.crash()
		for i := range 2 {
			b := newKeptBench(t, folder, nil)
			b.Recover(b.look()[0])
			b.until("the recovery", func() bool { return len(b.seen.Said) > 0 })
			pictures := 0
			for _, s := range b.Fills.Stacks() {
				pictures += len(s.Candidates)
			}
			if told := len(b.seen.Told) > 0; told != (i < c.starts) || len(b.Fills.Stacks()) != c.places || pictures != c.pictures {
				t.Errorf("%s, start %d: told %q, %d places with %d pictures", c.what, i+1, b.seen.Told, len(b.Fills.Stacks()), pictures)
			}
			if i == 0 && c.places == 0 {
				b.maskRect(image.Rect(0, 0, 9, 9))
				b.Fills.Fill() // what is made next takes nobody's name
				b.idle()
				b.Fills.DiscardAll()
			}
			b.crash()
			kept, err := journal.Read(journal.OS, journalsIn(folder)[0], 1)
			if err != nil || !slices.ContainsFunc(kept.Notes, func(n journal.Note) bool { return n.Key == c.stays }) {
				t.Errorf("%s, start %d: %s is not in the file any more (%v)", c.what, i+1, c.stays, err)
			}
		}
	}
}

// TestAFileThatWasNotWrittenIsTold once: what was exported when the program was killed is there whole, or said.
func TestAFileThatWasNotWrittenIsTold(t *testing.T) {
	for _, there := range []bool{false, true} {
		folder, path := filepath.Join(t.TempDir(), "journals"), filepath.Join(t.TempDir(), "a.png")
		a := newKeptBench(t, folder, nil)
		a.put(texture(image.Rect(0, 0, 40, 30), 1))
		id := a.Fills.Jobs.Now("Export", 0, func(ctx context.Context, _ func(string, float64)) error {
			<-ctx.Done()
			return ctx.Err()
		})
		a.Keeping.Writing(id, path)
		if there {
			later := time.Now().Add(time.Hour)
			if err := errors.Join(os.WriteFile(path, nil, 0o600), os.Chtimes(path, later, later)); err != nil {
				t.Fatal(err)
			}
		}
		a.crash()
		for i := range 2 {
			b := newKeptBench(t, folder, nil)
			b.Recover(b.look()[0])
			b.until("the recovery", func() bool { return len(b.seen.Said) > 0 })
			if told := strings.Join(b.seen.Told, " "); strings.Contains(told, "a.png") != (!there && i == 0) || there && told != "" {
				t.Errorf("there %v: start %d told %q", there, i+1, told)
			}
			b.crash()
		}
	}
}

// TestWhatTheEndCutShortIsOfferedThoughAllIsSaved: what was still to come of a picture that was only opened is taken up
// by the next start, or told there; what was through by then is neither.
func TestWhatTheEndCutShortIsOfferedThoughAllIsSaved(t *testing.T) {
	for _, c := range []struct {
		what    string
		begin   func(*bench)
		offered bool
		fills   int
		told    int
	}{
		{"a fill", func(b *bench) {
			b.Fills.Jobs.Add("another document's", 99, untilCancelled)
			b.Fills.Fill()
		}, true, 1, 0},
		{"a change", func(b *bench) {
			b.Keeping.Making(b.Fills.Jobs.Now("Enlarge", b.Fills.Group(), untilCancelled), "Enlarge")
		}, true, 0, 1},
		{"a change that had nothing to change", func(b *bench) {
			b.Keeping.Making(b.Fills.Jobs.Now("Enlarge", b.Fills.Group(), func(context.Context, func(string, float64)) error { return nil }), "Enlarge")
			b.Keeping.Ending()
			b.idle()
		}, false, 0, 0},
	} {
		folder := filepath.Join(t.TempDir(), "journals")
		a := newKeptBench(t, folder, nil)
		a.put(texture(image.Rect(0, 0, 90, 70), 1))
		a.maskRect(image.Rect(30, 30, 50, 50))
		a.Exported(a.doc.State())
		c.begin(a)
		a.Ending()
		a.Fills.CancelPlaces() // before what they wait for
		a.Fills.CancelJobs()
		a.idle()
		a.end()
		b := newKeptBench(t, folder, nil)
		if found := b.look(); slices.ContainsFunc(found, func(f Found) bool { return f.Why == Crashed }) != c.offered {
			t.Errorf("%s: the next start offers %+v", c.what, found)
		} else if c.offered {
			b.takeUp()
			b.idle()
			if n := len(b.Fills.Stacks()); n != c.fills || len(b.seen.Told) != c.told {
				t.Errorf("%s: the next start has %d fills and tells %q", c.what, n, b.seen.Told)
			}
		}
		b.end()
	}
}

func untilCancelled(ctx context.Context, _ func(string, float64)) error {
	<-ctx.Done()
	return ctx.Err()
}
