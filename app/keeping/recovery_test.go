package keeping

import (
	"encoding/json"
	"fmt"
	"image"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"pentimento/app/desk"
	"pentimento/app/fills"
	"pentimento/app/settings"
	"pentimento/canvas"
	"pentimento/canvas/canvastest"
	"pentimento/canvas/journal"
	"pentimento/pipeline"
)

// crash ends the journal as a killed process would, once what was done is on the disk.
func (b *bench) crash() {
	b.t.Helper()
	b.settle()
	b.doc.Watch(nil)
	_ = b.j.Close(nil)
	b.j = nil
}

// settle waits until everything is on the disk where it belongs.
func (b *bench) settle() {
	b.t.Helper()
	if b.last != nil {
		<-b.last
	}
	if err := b.j.Sync(); err != nil {
		b.t.Fatal(err)
	}
}

// look waits for what can be recovered.
func (b *bench) look() []Found {
	b.t.Helper()
	done := false
	b.LookForRecovery(func(bool) { done = true })
	b.until("a look at the journals", func() bool { return done })
	return b.Found()
}

// work paints, masks, fills and undoes, so that there is something of everything.
func (b *bench) work() {
	b.t.Helper()
	rng := rand.New(rand.NewPCG(5, 5))
	b.Fills.Photo = true
	b.Edit("open", func(ed *canvas.Edit) {
		ed.Put(ed.State().Active, texture(image.Rect(-40, -30, 200, 180), 1), nil)
		exact := image.NewNRGBA64(image.Rect(0, 0, 50, 40))
		for i := range exact.Pix {
			exact.Pix[i] = uint8(rng.Uint32())
		}
		ed.SetSource(&canvas.Source{Meaning: []byte(`{"density":"AAALEwAACxMB"}`), Exact: exact, Layer: ed.State().Active})
	})
	b.AddLayer()
	b.Edit("place", func(ed *canvas.Edit) {
		pic := canvastest.Picture(rng, image.Rect(10, 10, 60, 50), true)
		ed.Place(ed.State().Active, pic, pic)
	})
	b.Edit("hide", func(ed *canvas.Edit) {
		ed.SetLayer(ed.State().Active, func(l *canvas.Layer) { l.Visible, l.Opacity = false, 77 })
	})
	b.AddReference("bird", canvastest.Picture(rng, image.Rect(0, 0, 33, 21), false))
	b.maskRect(image.Rect(60, 60, 100, 90))
	b.paintRegions()
	b.SetFill(func(f *settings.Fill) { f.Count = 2 })
	b.Fills.Fill()
	b.idle()
	b.Fills.Accept()
	b.maskRect(image.Rect(0, 0, 30, 30))
	b.Fills.Fill()
	b.idle()
	b.Fills.NextCandidate(1)
	b.followCanvas()
	b.SetActive(b.doc.State().Layers[0].ID)
	for i := range 4 {
		b.Edit(fmt.Sprint("dot ", i), func(ed *canvas.Edit) { ed.Tile(ed.State().Active, canvas.TileKey{X: int32(i)}).Pix[7] ^= 9 })
	}
	b.Undo()
	b.Undo()
	b.SetFill(func(f *settings.Fill) { f.Prompt, f.Steps = "a heron, “grey”", 33 })
	b.Fills.Attach(b.doc.State().References[0], func(a *fills.Attachment) { a.On, a.Weight = true, 1.25 })
	b.until("the note of the panel", func() bool { return b.j == nil || strings.Contains(b.panel, "heron") })
}

// followCanvas attaches what is under the frame and a guide layer that is not shown.
func (b *bench) followCanvas() {
	b.Edit("guides", func(ed *canvas.Edit) {
		active := ed.State().Active
		ed.AddReference(&canvas.Reference{Name: "what is under the frame"})
		id := ed.AddLayer("lines", active)
		ed.Put(id, texture(image.Rect(4, 4, 40, 40), 5), nil)
		ed.SetLayer(id, func(l *canvas.Layer) { l.Guide, l.Visible = true, false })
		ed.SetActive(active)
	})
	for i, r := range b.Committed().References {
		if r.Image == nil {
			b.Fills.FollowTaken(r, i%2 == 0, "")
			b.Fills.Attach(r, func(a *fills.Attachment) { a.Weight = 0.1 * float64(i+1) })
		}
	}
	b.Fills.Await([]pipeline.Guide{{Kind: pipeline.GuideControl, Preprocessor: "canny", Model: "control_canny", Weight: 0.8, End: 0.6}}, nil)
}

// sameWork says how two editors differ in what must not be lost.
func sameWork(a, b *bench) string {
	if !a.Settings.Fill.Equal(b.Settings.Fill) {
		return fmt.Sprintf("the panel is %+v and %+v", a.Settings.Fill, b.Settings.Fill)
	}
	if a.Fills.Photo != b.Fills.Photo {
		return fmt.Sprintf("that it began as a photograph is %v and %v", a.Fills.Photo, b.Fills.Photo)
	}
	for i, r := range a.doc.State().References {
		if x, y := a.Fills.Attachment(r), b.Fills.Attachment(b.doc.State().References[i]); x != y {
			return fmt.Sprintf("reference %d is attached as %+v and %+v", i, x, y)
		}
	}
	if x, y := a.Fills.Regional(), b.Fills.Regional(); !reflect.DeepEqual(x, y) {
		return fmt.Sprintf("regions are %+v and %+v", x, y)
	}
	if x, y := a.Fills.Waiting(), b.Fills.Waiting(); !slices.Equal(x, y) {
		return fmt.Sprintf("there wait %+v and %+v", x, y)
	}
	return sameCanvas(a, b)
}

// sameCanvas leaves the panel out, which a project's own file holds.
func sameCanvas(a, b *bench) string {
	m, at := a.doc.Moments()
	n, now := b.doc.Moments()
	if len(m) != len(n) || at != now {
		return fmt.Sprintf("%d steps at %d and %d at %d", len(m), at, len(n), now)
	}
	for i := range m {
		if m[i].Label != n[i].Label || !m[i].When.Equal(n[i].When) {
			return fmt.Sprintf("step %d is %v and %v", i, m[i].Step, n[i].Step)
		}
		if d := canvastest.Alike(m[i].State, n[i].State); d != "" {
			return fmt.Sprintf("step %d: %s", i, d)
		}
		if !canvas.Same(m[i].State, n[i].State) {
			return fmt.Sprintf("step %d is not the same", i)
		}
	}
	if len(a.Fills.Stacks()) != len(b.Fills.Stacks()) {
		return fmt.Sprintf("%d places and %d", len(a.Fills.Stacks()), len(b.Fills.Stacks()))
	}
	for i, s := range a.Fills.Stacks() {
		r := b.Fills.Stacks()[i]
		if s.ID != r.ID || s.Place != r.Place || s.At != r.At || s.Queued != r.Queued || len(s.Candidates) != len(r.Candidates) {
			return fmt.Sprintf("place %d is %v at %d and %v at %d", i, s.Place, s.At, r.Place, r.At)
		}
		if !sameRequest(s.Request, r.Request) {
			return fmt.Sprintf("the request of place %d differs", i)
		}
		for k, c := range s.Candidates {
			d := r.Candidates[k]
			if !c.When.Equal(d.When) || !canvastest.SamePicture(c.Patch, d.Patch) || !sameResult(*c.Result, *d.Result) {
				return fmt.Sprintf("candidate %d of place %d differs", k, i)
			}
		}
	}
	return ""
}

// sameRequest compares all that determines a picture, and the pictures by their pixels.
func sameRequest(a, b pipeline.Request) bool {
	same := canvastest.SamePicture(a.Image, b.Image) && sameMask(a.Mask, b.Mask)
	a.Image, a.Mask = b.Image, b.Mask
	return same && reflect.DeepEqual(a, b)
}

func sameResult(a, b pipeline.Result) bool {
	same := canvastest.SamePicture(a.Image, b.Image) && sameMask(a.Mask, b.Mask) && sameRequest(a.Request, b.Request)
	a.Image, a.Mask, a.Request = b.Image, b.Mask, b.Request
	return same && reflect.DeepEqual(a, b)
}

func sameMask(a, b *image.Alpha) bool {
	if a == nil || b == nil || a.Rect != b.Rect {
		return a == b
	}
	for y := a.Rect.Min.Y; y < a.Rect.Max.Y; y++ {
		for x := a.Rect.Min.X; x < a.Rect.Max.X; x++ {
			if a.AlphaAt(x, y) != b.AlphaAt(x, y) {
				return false
			}
		}
	}
	return true
}

// TestRecoveryIsExact kills the program's journal after all kinds of work; the next one
// finds it, shows what it looked like, and brings everything back.
func TestRecoveryIsExact(t *testing.T) {
	folder := filepath.Join(t.TempDir(), "journals")
	a := newKeptBench(t, folder, nil)
	a.work()
	a.crash()

	b := newKeptBench(t, folder, nil)
	found := b.look()
	if len(found) != 1 || found[0].Why != Crashed || found[0].Candidates != 2 || found[0].Thumbnail == nil || time.Since(found[0].When) > time.Hour {
		t.Fatalf("found %+v", found)
	}
	if _, at := a.doc.Moments(); found[0].Steps != at {
		t.Errorf("found %d steps, want %d", found[0].Steps, at)
	}
	b.Recover(found[0])
	b.until("the recovery", func() bool { return !b.Empty() })
	if d := sameWork(a, b); d != "" {
		t.Fatal(d)
	}
	if !b.Unsaved() || len(b.Found()) != 0 {
		t.Error("a recovered canvas must count as unsaved and is found no longer")
	}
	b.Redo()
	b.Fills.Accept()
	b.crash()

	c := newKeptBench(t, folder, nil)
	c.Recover(c.look()[0])
	c.until("the second recovery", func() bool { return !c.Empty() })
	if d := sameWork(b, c); d != "" {
		t.Errorf("after going on: %s", d)
	}
}

// TestUndoSurvivesARestart closes a canvas well and opens it again.
func TestUndoSurvivesARestart(t *testing.T) {
	folder := filepath.Join(t.TempDir(), "journals")
	a := newKeptBench(t, folder, nil)
	a.work()
	a.Fills.DiscardAll()
	a.saved = a.doc.State() // as after an export
	a.end()
	b := newKeptBench(t, folder, nil)
	if found := b.look(); len(found) != 1 || found[0].Why != Closed {
		t.Fatalf("found %+v", found)
	}
	b.ReopenLast()
	b.until("the canvas of last time", func() bool { return !b.Empty() })
	if d := sameWork(a, b); d != "" {
		t.Fatal(d)
	}
	b.Redo()
	b.Undo()
	b.Undo()
	if !b.CanUndo() || !b.CanRedo() {
		t.Error("the history does not go on")
	}
	b.Fills.BringBack()
	if s := b.Fills.Shown(); s == nil || len(s.Candidates) != 2 {
		t.Error("discarded candidates cannot be brought back after a restart")
	}
}

// TestDiscardedWorkWaitsInTheTrash: what was left behind on purpose can be had back.
func TestDiscardedWorkWaitsInTheTrash(t *testing.T) {
	folder := filepath.Join(t.TempDir(), "journals")
	a := newKeptBench(t, folder, nil)
	a.work()
	a.Abandon()
	a.end()
	b := newKeptBench(t, folder, nil)
	found := b.look()
	if len(found) != 1 || found[0].Why != Discarded {
		t.Fatalf("found %+v", found)
	}
	b.Recover(found[0])
	b.until("the canvas from the trash", func() bool { return !b.Empty() })
	if d := sameWork(a, b); d != "" {
		t.Fatal(d)
	}
	b.crash()
	c := newKeptBench(t, folder, nil)
	found = c.look()
	c.Discard(found[0])
	if found = c.look(); len(found) != 1 || found[0].Why != Discarded {
		t.Fatalf("after discarding found %+v", found)
	}
	now = func() time.Time { return time.Now().Add(keepTrash + time.Hour) }
	defer func() { now = time.Now }()
	c.look()
	if found = c.look(); len(found) != 0 {
		t.Errorf("after thirty days found %+v", found)
	}
}

// TestAFinishedFillIsNotComputedAgain: a result that was on the disk before the window had heard
// of it is not queued again.
func TestAFinishedFillIsNotComputedAgain(t *testing.T) {
	folder := filepath.Join(t.TempDir(), "journals")
	a := newKeptBench(t, folder, nil)
	a.put(texture(image.Rect(0, 0, 200, 160), 1))
	a.maskRect(image.Rect(60, 60, 90, 90))
	a.SetFill(func(f *settings.Fill) { f.Count = 3 })
	a.Fills.Fill()
	a.until("the request", func() bool { return !a.Fills.Stacks()[0].Unmade() })
	for a.Fills.Jobs.Active(0) > 0 { // the window's goroutine hears nothing of it
		time.Sleep(5 * time.Millisecond)
	}
	a.crash()
	b := newKeptBench(t, folder, nil)
	b.Recover(b.look()[0])
	b.until("the candidates", func() bool { return len(b.Fills.Stacks()) == 1 })
	s := b.Fills.Stacks()[0]
	if n := b.Fills.Jobs.Active(0); n != 0 || len(s.Candidates) != 3 {
		t.Errorf("%d fills are computed again; %d candidates, want none and 3", n, len(s.Candidates))
	}
	b.idle()
	b.crash()
	c := newKeptBench(t, folder, nil)
	c.Recover(c.look()[0])
	c.until("the recovery", func() bool { return len(c.Fills.Stacks()) == 1 })
	if n := c.Fills.Jobs.Active(0); n != 0 || len(c.Fills.Stacks()[0].Candidates) != 3 {
		t.Errorf("a recovery later %d fills are computed again", n)
	}
}

// TestInterruptedFillsAreTakenUp: what was queued when the end came is computed after the
// recovery, but not for ever.
func TestInterruptedFillsAreTakenUp(t *testing.T) {
	folder := filepath.Join(t.TempDir(), "journals")
	a := newKeptBench(t, folder, nil)
	a.put(texture(image.Rect(0, 0, 200, 160), 1))
	a.maskRect(image.Rect(60, 60, 90, 90))
	a.SetFill(func(f *settings.Fill) { f.Count = 3 })
	a.Fills.Fill()
	a.until("the request", func() bool { return !a.Fills.Stacks()[0].Unmade() })
	a.crash()
	waiting := a.Fills.Jobs.Active(0)
	b := newKeptBench(t, folder, nil)
	b.Recover(b.look()[0])
	b.until("the fills", func() bool { return len(b.Fills.Stacks()) == 1 && len(b.Fills.Stacks()[0].Candidates) == 3 })
	if waiting == 0 {
		t.Log("the fills were through before the end came")
	}
	seeds := map[int64]bool{}
	for _, c := range b.Fills.Stacks()[0].Candidates {
		seeds[c.Result.Request.Seed] = true
	}
	if len(seeds) != 3 {
		t.Errorf("seeds %v, want three", seeds)
	}

	data, _ := json.Marshal(jobNote{Stack: b.Fills.Stacks()[0].ID, I: 7, Tries: 2})
	b.j.Set(journal.Note{Key: "job/1/7", Data: data})
	b.idle()
	b.crash()
	c := newKeptBench(t, folder, nil)
	c.Recover(c.look()[0])
	c.until("the recovery", func() bool { return len(c.Fills.Stacks()) == 1 })
	if c.Fills.Jobs.Active(0) != 0 || !strings.Contains(strings.Join(c.seen.Told, " "), "twice") {
		t.Errorf("%d jobs run, told %q", c.Fills.Jobs.Active(0), c.seen.Told)
	}
}

// TestAFillThatWasJustAskedForIsTakenUp: the end comes before the pictures of its request are made. It is completed of
// the picture as it was then, whatever was painted after, and is the fill that was asked for; so it is with what passes have found.
func TestAFillThatWasJustAskedForIsTakenUp(t *testing.T) {
	found := pipeline.UsualDetailing("face")
	found.Looked, found.Found = true, []pipeline.Found{{Box: image.Rect(20, 20, 40, 50), Score: 0.9}, {Box: image.Rect(100, 20, 130, 50), Off: true}}
	for name, ask := range map[string]func(*fills.Fills){
		"fill": (*fills.Fills).Fill,
		"redo": func(f *fills.Fills) { f.Redo([]pipeline.Detailing{found}) },
	} {
		t.Run(name, func(t *testing.T) { takenUp(t, ask) })
	}
}

func takenUp(t *testing.T, ask func(*fills.Fills)) {
	folder := filepath.Join(t.TempDir(), "journals")
	a := newKeptBench(t, folder, nil)
	a.put(texture(image.Rect(0, 0, 200, 160), 1))
	a.maskRect(image.Rect(60, 60, 90, 90))
	a.SetFill(func(f *settings.Fill) { f.Count = 2 })
	ask(a.Fills)
	if all := a.Fills.Stacks(); len(all) != 1 || !all[0].Unmade() {
		t.Fatalf("%d places, or the request is whole at once; failed %v", len(all), a.seen.Failed)
	}
	a.put(texture(image.Rect(50, 50, 120, 120), 7)) // the person goes on
	a.maskRect(image.Rect(0, 0, 10, 10))
	a.crash() // what was computed meanwhile never arrived
	a.idle()
	want := a.Fills.Stacks()[0]

	// What the end may have cut off: results, and the whole request.
	b := newKeptBench(t, folder, nil)
	b.Recover(b.look()[0])
	b.until("the fills", func() bool { return len(b.Fills.Stacks()) == 1 && len(b.Fills.Stacks()[0].Candidates) == 2 })
	got := b.Fills.Stacks()[0]
	if got.Unmade() || got.Place != want.Place || !reflect.DeepEqual(got.Request, want.Request) {
		t.Errorf("taken up as %+v at %v\nwant %+v at %v", got.Request, got.Place, want.Request, want.Place)
	}
	for i, c := range got.Candidates {
		if !reflect.DeepEqual(c.Result.Image, want.Candidates[i].Result.Image) {
			t.Errorf("candidate %d is another picture", i)
		}
	}
}

// TestAFillWhosePictureIsGoneIsTold and leaves nothing behind.
func TestAFillWhosePictureIsGoneIsTold(t *testing.T) {
	folder := filepath.Join(t.TempDir(), "journals")
	a := newKeptBench(t, folder, nil)
	a.put(texture(image.Rect(0, 0, 200, 160), 1))
	a.maskRect(image.Rect(60, 60, 90, 90))
	a.Fills.Fill()
	a.Undo()                          // with the next step, the one of the fill is gone
	time.Sleep(20 * time.Millisecond) // the clocks of some systems stand still so long, and steps are known by their times
	a.maskRect(image.Rect(0, 0, 10, 10))
	a.crash()
	b := newKeptBench(t, folder, nil)
	b.Recover(b.look()[0])
	b.until("the recovery", func() bool { return len(b.seen.Said) > 0 })
	if len(b.Fills.Stacks()) != 0 || !strings.Contains(strings.Join(b.seen.Told, " "), "once more") {
		t.Errorf("%d places, told %q", len(b.Fills.Stacks()), b.seen.Told)
	}
	b.crash()
	c := newKeptBench(t, folder, nil)
	c.Recover(c.look()[0])
	c.until("the recovery", func() bool { return len(c.seen.Said) > 0 })
	if strings.Contains(strings.Join(c.seen.Told, " "), "once more") {
		t.Error("it is told again")
	}
}

// fullDisk is the real disk until it is full.
type fullDisk struct {
	journal.Disk
	full atomic.Bool
}

func (d *fullDisk) Open(path string, create bool) (journal.File, error) {
	if create && d.full.Load() {
		return nil, &fs.PathError{Op: "open", Path: path, Err: syscall.ENOSPC}
	}
	f, err := d.Disk.Open(path, create)
	return fullFile{f, d}, err
}

type fullFile struct {
	journal.File
	d *fullDisk
}

func (f fullFile) WriteAt(p []byte, off int64) (int, error) {
	if f.d.full.Load() {
		return 0, &fs.PathError{Op: "write", Path: "disk", Err: syscall.ENOSPC}
	}
	return f.File.WriteAt(p, off)
}

// TestFullDiskStandsInTheWindow: a full disk is told for as long as it lasts, painting goes
// on, and then the journal holds everything.
func TestFullDiskStandsInTheWindow(t *testing.T) {
	folder := filepath.Join(t.TempDir(), "journals")
	disk := &fullDisk{Disk: journal.OS}
	a := newKeptBench(t, folder, disk)
	a.put(texture(image.Rect(0, 0, 100, 100), 1))
	disk.full.Store(true)
	told := 0
	a.d.Listen(func(c desk.Change) {
		if c.What&desk.NoticesChanged != 0 {
			told++
		}
	})
	for i := range 20 {
		a.Edit("dot", func(ed *canvas.Edit) { ed.Tile(1, canvas.TileKey{X: int32(i)}).Pix[3] = 8 })
	}
	a.until("the notice", func() bool { return len(a.Notices()) == 1 })
	if n := a.Notices()[0]; !strings.Contains(n.Text, "full") || n.Advice == "" {
		t.Errorf("the notice is %+v", n)
	}
	disk.full.Store(false)
	a.until("the end of the notice", func() bool { return len(a.Notices()) == 0 })
	if len(a.seen.Failed) > 0 {
		t.Errorf("told %v besides", a.seen.Failed)
	}
	a.crash()
	b := newKeptBench(t, folder, nil)
	b.Recover(b.look()[0])
	b.until("the recovery", func() bool { return !b.Empty() })
	if d := sameWork(a, b); d != "" {
		t.Error(d)
	}
}

// TestHistoryOfAProject follows a project through its file being opened, saved, opened
// again, changed by another program, and by a second window.
func TestHistoryOfAProject(t *testing.T) {
	dir := t.TempDir()
	folder, project := filepath.Join(dir, "journals"), filepath.Join(dir, "Bäume.ora")
	open := func(b *bench, s *canvas.State) (applied bool) {
		shown := false
		b.withPast(project, s, func(_ *Keeping, doc *canvas.Document) {
			applied = doc != nil
			if doc == nil {
				doc, _ = canvas.Restore([]canvas.Moment{{Step: canvas.Step{Label: "Open"}, State: s}}, 0)
			}
			b.Reset(doc, project)
			shown = true
		})
		b.until("the project", func() bool { return shown })
		return applied
	}
	a := newKeptBench(t, folder, nil)
	a.work()
	a.Fills.DiscardAll()
	a.path, a.saved = project, a.doc.State()
	a.projectSaved(a.saved)
	a.end()
	onFile := canvastest.Copy(a.doc.State())
	beside := places(folder, project)[0]
	if _, err := os.Stat(beside); err != nil || filepath.Dir(beside) != dir {
		t.Fatalf("the journal does not lie beside its project: %v", err)
	}
	if rest := journalsIn(folder); len(rest) != 0 {
		t.Errorf("the folder still holds %v", rest)
	}

	b := newKeptBench(t, folder, nil)
	if !open(b, onFile) || b.Unsaved() {
		t.Fatalf("the history was not applied: %q", b.seen.Said)
	}
	if d := sameCanvas(a, b); d != "" {
		t.Fatal(d)
	}
	second := newKeptBench(t, folder, nil)
	if open(second, onFile) || second.ReadOnly() == nil || len(second.Notices()) != 1 {
		t.Fatal("a second window opened it as if it were its own")
	}
	b.Reset(canvas.New(), "") // its tab is closed
	if !open(b, onFile) || b.ReadOnly() != nil {
		t.Fatalf("opening it again in the same window said %q", b.seen.Said)
	}
	b.Edit("unsaved", func(ed *canvas.Edit) { ed.Tile(1, canvas.TileKey{X: 40}).Pix[3] = 9 })
	b.crash()

	c := newKeptBench(t, folder, nil)
	if open(c, onFile) || !strings.Contains(strings.Join(c.seen.Said, " "), "newer work") {
		t.Fatalf("a crashed session's journal was applied, or nothing said: %q", c.seen.Said)
	}
	found := c.look()
	if len(found) != 1 || found[0].Why != Crashed || found[0].Title != "Bäume.ora" {
		t.Fatalf("found %+v", found)
	}
	c.Recover(found[0])
	c.until("the recovery", func() bool { return c.CanUndo() })
	if d := sameCanvas(b, c); d != "" {
		t.Fatal(d)
	}
	if c.Path() != project || !c.Unsaved() {
		t.Errorf("recovered as %q, unsaved %v", c.Path(), c.Unsaved())
	}
	c.saved = c.doc.State()
	c.projectSaved(c.saved)
	c.end()

	d := newKeptBench(t, folder, nil)
	if open(d, onFile) || !strings.Contains(strings.Join(d.seen.Said, " "), "another program") {
		t.Errorf("a changed file's history was applied, or nothing said: %q", d.seen.Said)
	}
}

// BenchmarkCommitWithJournal is what the journal costs the window's goroutine when a stroke
// of 40 tiles is committed: median, p99 and the longest, in microseconds.
func BenchmarkCommitWithJournal(b *testing.B) {
	e := newKeptBench(b, filepath.Join(b.TempDir(), "journals"), nil)
	e.put(texture(image.Rect(0, 0, 2048, 2048), 1))
	e.settle()
	watch := &stopwatch{Watcher: e.j}
	e.doc.Watch(watch)
	for i := 0; b.Loop(); i++ {
		ed := e.doc.Begin("stroke")
		for k := range 40 {
			ed.Tile(1, canvas.TileKey{X: int32(k % 32), Y: int32(i % 32)}).Pix[i%16000] ^= 1
		}
		ed.Commit()
		time.Sleep(2 * time.Millisecond) // faster than any hand
	}
	slices.Sort(watch.took)
	n := len(watch.took)
	b.ReportMetric(float64(watch.took[n/2].Nanoseconds())/1000, "µs-median")
	b.ReportMetric(float64(watch.took[n*99/100].Nanoseconds())/1000, "µs-p99")
	b.ReportMetric(float64(watch.took[n-1].Nanoseconds())/1000, "µs-max")
}

// stopwatch measures how long a Watcher holds the Document's goroutine.
type stopwatch struct {
	canvas.Watcher
	took []time.Duration
}

func (s *stopwatch) Pushed(m canvas.Moment, dropped int) {
	start := time.Now()
	s.Watcher.Pushed(m, dropped)
	s.took = append(s.took, time.Since(start))
}

// TestAProjectIsFoundWithoutOpeningIt: work on one that was only opened, never saved by this
// program, is offered at the next start; so is that on one whose history lay beside it already.
func TestAProjectIsFoundWithoutOpeningIt(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a.ora")
	first := newKeptBench(t, filepath.Join(t.TempDir(), "elsewhere"), nil)
	first.put(canvastest.Texture(image.Rect(0, 0, 40, 30), 1))
	if err := first.saveTo(path); err != nil {
		t.Fatal(err)
	}
	first.end()
	for _, beside := range []bool{true, false} {
		if !beside {
			if err := os.Remove(filepath.Join(filepath.Dir(path), ".a.ora.journal")); err != nil {
				t.Fatal(err)
			}
		}
		folder := filepath.Join(t.TempDir(), "journals")
		a := newKeptBench(t, folder, nil)
		if err := a.open(path); err != nil {
			t.Fatal(err)
		}
		a.until("the project", func() bool { return !a.Empty() })
		a.put(canvastest.Texture(image.Rect(0, 0, 40, 30), 2))
		want := a.doc.State()
		a.crash()
		b := newKeptBench(t, folder, nil)
		found := b.look()
		if len(found) != 1 || found[0].Why != Crashed || found[0].Path != path {
			t.Fatalf("with a journal beside it %v: found %+v", beside, found)
		}
		b.Recover(found[0])
		b.until("the recovery", func() bool { return !b.Empty() })
		if !canvas.Same(b.doc.State(), want) {
			t.Error("what comes back is not what was there")
		}
		b.end()
	}
}

// TestAPictureThatWasOnlyOpenedIsNotLostByACrash: nobody is asked about it, Reopen brings it back with its panel, and of many
// the older ones go to the trash, as closed ones do.
func TestAPictureThatWasOnlyOpenedIsNotLostByACrash(t *testing.T) {
	folder, path := filepath.Join(t.TempDir(), "journals"), filepath.Join(t.TempDir(), "a.png")
	if err := os.WriteFile(path, []byte("a picture"), 0o600); err != nil {
		t.Fatal(err)
	}
	past := time.Now().Add(-time.Hour)
	if err := os.Chtimes(path, past, past); err != nil {
		t.Fatal(err)
	}
	for range keepCanvases + 2 {
		a := newKeptBench(t, folder, nil)
		a.Reset(canvas.New(), path)
		a.put(texture(image.Rect(0, 0, 40, 30), 1))
		a.crash()
	}
	b := newKeptBench(t, folder, nil)
	if all := b.look(); len(all) != 0 {
		t.Errorf("%d canvases are offered", len(all))
	}
	if n := len(journalsIn(folder)); n > keepCanvases {
		t.Errorf("%d journals are kept, want %d", n, keepCanvases)
	}
	b.ReopenLast()
	b.until("the canvas", func() bool { return len(b.seen.Said) > 0 })
	if b.Used() != image.Rect(0, 0, 40, 30) {
		t.Errorf("reopened with %v, said %q", b.Used(), b.seen.Said)
	}
}
