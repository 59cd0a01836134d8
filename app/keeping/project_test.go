package keeping

import (
	"errors"
	"image"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"pentimento/app/fills"
	"pentimento/app/settings"
	"pentimento/canvas"
	"pentimento/canvas/canvastest"
	"pentimento/canvas/file"
	"pentimento/fault"
)

// saveTo saves and waits for the outcome.
func (b *bench) saveTo(path string) error {
	b.t.Helper()
	var err error
	ended := false
	b.SaveTo(path, func(e error) { err, ended = e, true })
	b.until("the end of the save", func() bool { return ended })
	return err
}

// opened is another editor that has opened path.
func opened(t *testing.T, path string) *bench {
	t.Helper()
	b := newBench(t)
	if err := b.open(path); err != nil {
		t.Fatal(err)
	}
	b.idle()
	if len(b.seen.Failed) > 0 {
		t.Fatal(b.seen.Failed)
	}
	return b
}

// worked is an editor with a picture, a mask, references and two candidates.
func worked(t *testing.T) *bench {
	b := newBench(t)
	b.put(texture(image.Rect(-40, -30, 80, 60), 1))
	b.AddReference("strip", texture(image.Rect(0, 0, 30, 20), 2))
	b.Fills.Attach(b.Committed().References[0], func(a *fills.Attachment) { a.On, a.Weight = true, 1.5 })
	b.followCanvas()
	b.maskRect(image.Rect(0, 0, 24, 20))
	b.paintRegions()
	b.SetFill(func(f *settings.Fill) { f.Prompt, f.Seed, f.LockSeed, f.Count = "a mossy gate", 11, true, 2 })
	b.Fills.Fill()
	b.idle()
	if s := b.Fills.Shown(); s == nil || len(s.Candidates) != 2 {
		t.Fatalf("no two candidates: %v", b.seen.Failed)
	}
	return b
}

func TestAProjectReopensWithEverything(t *testing.T) {
	b := worked(t)
	path := filepath.Join(t.TempDir(), "gate.ora")
	if !b.Unsaved() || !strings.HasSuffix(b.Title(), "•") {
		t.Error("work that is in no file must be unsaved")
	}
	if err := b.saveTo(path); err != nil {
		t.Fatal(err)
	}
	if b.Unsaved() || b.Title() != "gate.ora" || b.ProjectPath() != path || b.Settings.Recent[0] != path {
		t.Errorf("after saving: unsaved %v, title %q, path %q, recent %q", b.Unsaved(), b.Title(), b.ProjectPath(), b.Settings.Recent)
	}
	c := opened(t, path)
	for i, r := range b.Committed().References {
		if got, want := c.Fills.Attachment(c.Committed().References[i]), b.Fills.Attachment(r); got != want {
			t.Errorf("reference %d is attached as %+v, want %+v", i, got, want)
		}
	}
	if c.Unsaved() || c.ProjectPath() != path || len(c.seen.Told) > 0 {
		t.Errorf("just opened: unsaved %v, path %q, told %q", c.Unsaved(), c.ProjectPath(), c.seen.Told)
	}
	x, y := *b.Committed(), *c.Committed()
	if len(y.References) != 3 || y.References[1].Image != nil || y.GuideOf(y.References[2].Layer) == nil || y.References[0].Name != "strip" || c.Fills.Attachment(y.References[0]).Weight != 1.5 || len(c.Fills.Attached()) != 2 {
		t.Errorf("the strip is %v", y.References)
	}
	x.References, y.References = nil, nil
	if got, want := c.Fills.Regional(), b.Fills.Regional().In(b.Committed()); len(want.Regions) != 2 || !reflect.DeepEqual(got, want) {
		t.Errorf("the regions are %+v, want %+v", got, want)
	}
	if w := c.Fills.Waiting(); len(w) != 1 || w[0] != b.Fills.Waiting()[0] {
		t.Errorf("of what waits there is %+v", w)
	}
	if d := canvastest.Difference(&x, &y); d != "" {
		t.Error(d)
	}
	if f := c.Settings.Fill; !f.Equal(b.Settings.Fill) {
		t.Errorf("the panel is %+v, want %+v", f, b.Settings.Fill)
	}
	sameCandidates(t, b, c)
	// the stack goes on as it would have: the same next candidate
	for _, e := range []*bench{b, c} {
		e.Fills.OneMore()
		e.idle()
	}
	sameCandidates(t, b, c)
	c.Fills.Accept()
	if !c.Unsaved() {
		t.Error("accepting must leave unsaved work")
	}
	if c.Undo(); len(c.Fills.Stacks()) != 0 {
		t.Error("the stack came back by undo")
	}
}

func sameCandidates(t *testing.T, b, c *bench) {
	t.Helper()
	if len(c.Fills.Stacks()) != 1 || len(c.Fills.Stacks()[0].Candidates) != len(b.Fills.Stacks()[0].Candidates) {
		t.Fatalf("%d stacks", len(c.Fills.Stacks()))
	}
	for i, want := range b.Fills.Stacks()[0].Candidates {
		got := c.Fills.Stacks()[0].Candidates[i]
		if !reflect.DeepEqual(got.Result.Image, want.Result.Image) || !reflect.DeepEqual(got.Patch, want.Patch) || !reflect.DeepEqual(got.Result.Mask, want.Result.Mask) {
			t.Errorf("candidate %d has other pixels", i)
		}
		if !reflect.DeepEqual(got.Result.Request, want.Result.Request) {
			t.Errorf("candidate %d has the request %+v, want %+v", i, got.Result.Request, want.Result.Request)
		}
	}
}

// TestSavingGoesOnWhilePainting: the file holds the moment of the press, and what came
// after is unsaved.
func TestSavingGoesOnWhilePainting(t *testing.T) {
	b := worked(t)
	path := filepath.Join(t.TempDir(), "a.ora")
	want := canvastest.Copy(b.Committed())
	ended := 0
	b.SaveTo(path, func(error) { ended++ })
	for i := range 20 { // while it writes
		b.Edit("dab", func(e *canvas.Edit) {
			canvastest.Paint(e, e.State().Active, []canvastest.Sample{{X: float64(i * 5), Y: 3, Pressure: 1}}, 4, [4]uint8{200, 0, 0, 255})
		})
	}
	b.SetActive(b.Committed().Layers[0].ID)
	b.until("the end of the save", func() bool { return ended == 1 })
	if !b.Unsaved() {
		t.Error("what was painted during the save counts as saved")
	}
	got, _, err := file.OpenProject(t.Context(), path, nil)
	if err != nil {
		t.Fatal(err)
	}
	got.State.References, want.References = nil, nil
	if d := canvastest.Difference(want, got.State); d != "" {
		t.Error(d)
	}
	// several presses are one file that holds the last
	for range 5 {
		b.SaveTo(path, func(error) { ended++ })
	}
	b.until("the end of all saves", func() bool { return ended == 6 })
	if b.Unsaved() {
		t.Error("unsaved after the last save")
	}
}

func TestAFailedSaveKeepsTheFileAndTheWork(t *testing.T) {
	b := worked(t)
	dir := t.TempDir()
	path := filepath.Join(dir, "none", "a.ora")
	if err := b.saveTo(path); err == nil || len(b.seen.Failed) != 1 || fault.Hint(b.seen.Failed[0]) == "" {
		t.Errorf("error %v, told %v, want one message with advice", err, b.seen.Failed)
	}
	if b.ProjectPath() != "" || !b.Unsaved() {
		t.Error("a save that failed counts as one")
	}
	if _, err := os.Stat("/dev/full"); err == nil {
		if err := b.saveTo("/dev/full"); err == nil || !strings.Contains(err.Error(), "disk is full") {
			t.Errorf("a full disk says %v", err)
		}
	}
}

// TestLeavingOffersToSave: Save goes on only once the file holds everything.
func TestLeavingOffersToSave(t *testing.T) {
	b := worked(t)
	left := false
	b.Guard("quit", func() { left = true })
	if left || len(b.seen.Asked) != 1 {
		t.Fatalf("left %v, asked %q", left, b.seen.Asked)
	}
	b.seen.Saves, b.seen.Answer = true, filepath.Join(t.TempDir(), "new") // no ending: it gets ours
	b.Guard("quit", func() { left = true })
	b.until("leaving", func() bool { return left })
	if _, err := os.Stat(b.seen.Answer + ".ora"); err != nil || b.Unsaved() {
		t.Errorf("left without a file: %v", err)
	}
}

// TestASaveNeverLandsInAnotherDocumentsFile: what is open when a waiting save's turn comes
// is not what it was asked to write.
func TestASaveNeverLandsInAnotherDocumentsFile(t *testing.T) {
	b := worked(t)
	dir := t.TempDir()
	first, second := filepath.Join(dir, "1.ora"), filepath.Join(dir, "2.ora")
	ended := 0
	want := b.Committed()
	b.SaveTo(first, func(error) { ended++ })
	b.SaveTo(second, func(error) { ended++ })
	b.Reset(canvas.New(), "")
	b.until("the end of both saves", func() bool { return ended == 2 })
	if b.ProjectPath() != "" || b.Path() != "" {
		t.Errorf("the new document took the path %q", b.ProjectPath())
	}
	for _, path := range []string{first, second} {
		p, _, err := file.OpenProject(t.Context(), path, nil)
		if err != nil || len(p.State.Layers) != len(want.Layers) || p.State.Used() != want.Used() {
			t.Errorf("%s holds another document: %v", path, err)
		}
	}
}

func TestAMissingModelIsToldAndNothingIsLost(t *testing.T) {
	b := worked(t)
	gone := filepath.Join(t.TempDir(), "gone.safetensors")
	b.Settings.Fill.Model, b.Settings.Fill.Prompt = gone, "kept"
	path := filepath.Join(t.TempDir(), "a.ora")
	if err := b.saveTo(path); err != nil {
		t.Fatal(err)
	}
	c := opened(t, path)
	if len(c.seen.Told) != 1 || !strings.Contains(c.seen.Told[0], "gone.safetensors") {
		t.Errorf("told %q", c.seen.Told)
	}
	if c.Settings.Fill.Model != gone || c.Settings.Fill.Prompt != "kept" || len(c.Fills.Stacks()) != 1 {
		t.Errorf("the panel is %+v", c.Settings.Fill)
	}
}

func TestAFileThatIsNoProjectChangesNothing(t *testing.T) {
	b := worked(t)
	b.saved = b.Committed()
	path := filepath.Join(t.TempDir(), "broken.ora")
	if err := os.WriteFile(path, []byte("PK\x03\x04 and no more"), 0o600); err != nil {
		t.Fatal(err)
	}
	before := b.Committed()
	_ = b.open(path) // told below
	b.idle()
	if len(b.seen.Failed) != 1 || fault.Hint(b.seen.Failed[0]) == "" || b.Committed() != before || errors.Is(b.seen.Failed[0], os.ErrNotExist) {
		t.Errorf("failures %v", b.seen.Failed)
	}
}

// TestSavingAfterARecoveryAsksForNoName: a canvas that comes back after a crash is still its
// project's, so that it is saved there, unless the file has become something else since.
func TestSavingAfterARecoveryAsksForNoName(t *testing.T) {
	for name, meanwhile := range map[string]func(path string) error{
		"":          func(string) error { return nil },
		"gone":      os.Remove,
		"changed":   func(path string) error { return opened(t, path).edited().saveTo(path) },
		"destroyed": func(path string) error { return os.WriteFile(path, []byte("x"), 0o600) },
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			folder, path := filepath.Join(dir, "journals"), filepath.Join(dir, "work.ora")
			a := newKeptBench(t, folder, nil)
			a.put(texture(image.Rect(0, 0, 80, 60), 1))
			if err := a.saveTo(path); err != nil {
				t.Fatal(err)
			}
			a.edited().crash()
			if err := meanwhile(path); err != nil {
				t.Fatal(err)
			}
			b := newKeptBench(t, folder, nil)
			b.Recover(b.look()[0])
			b.until("the recovery", func() bool { return !b.Empty() })
			b.seen.Asked, b.seen.Answer = nil, filepath.Join(dir, "another.ora")
			ended := false
			b.save(func(err error) { ended = err == nil })
			b.until("the end of the save", func() bool { return ended })
			if asked, want := len(b.seen.Asked) > 0, name == "changed" || name == "destroyed"; asked != want {
				t.Errorf("asked %q, want that to be %v", b.seen.Asked, want)
			}
			if !canvas.Same(opened(t, b.ProjectPath()).doc.State(), b.doc.State()) {
				t.Error("the file does not hold what was recovered")
			}
		})
	}
}

// edited is the bench with one more step.
func (b *bench) edited() *bench {
	b.Edit("dot", func(ed *canvas.Edit) { ed.Tile(ed.State().Active, canvas.TileKey{}).Pix[2] ^= 0x55 })
	return b
}
