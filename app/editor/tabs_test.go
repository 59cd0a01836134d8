package editor

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"
	"weak"

	"pentimento/app/desk"
	"pentimento/app/keeping"
	"pentimento/app/settings"
	"pentimento/canvas"
	"pentimento/canvas/colour"
	"pentimento/pipeline"
	"pentimento/tools"
)

// newKeptBench is a bench whose documents are kept in a folder.
func newKeptBench(t testing.TB, folder string) *bench {
	t.Helper()
	store, err := settings.Open("")
	if err != nil {
		t.Fatal(err)
	}
	b := &bench{t: t, posted: make(chan func(), 1024)}
	store.Fill.Feather, store.Fill.Count = 0, 1
	b.Editor = New(Config{Pipeline: pipeline.New(nil), Settings: store, Window: b, Post: func(f func()) { b.posted <- f }, Version: "test", Folder: folder})
	t.Cleanup(func() { _ = b.Editor.Close() })
	return b
}

// TestEveryDocumentHasItsOwn history, view, words, mask, tool's past and last export.
func TestEveryDocumentHasItsOwn(t *testing.T) {
	b := newBench(t)
	b.Resize(400, 300)
	b.put(texture(image.Rect(0, 0, 64, 64), 1))
	b.SetFill(func(f *settings.Fill) { f.Prompt = "a boat" })
	b.maskRect(image.Rect(5, 5, 20, 20))
	b.SetView(tools.View{X: 3, Y: 4, Scale: 2, W: 400, H: 300})
	first := b.Committed()

	b.New()
	if len(b.Tabs()) != 2 || b.Tab() != 1 || !b.Empty() || b.Settings.Fill.Prompt != "" || b.CanUndo() {
		t.Fatalf("tab %d of %d, empty %v, prompt %q, undo %v", b.Tab(), len(b.Tabs()), b.Empty(), b.Settings.Fill.Prompt, b.CanUndo())
	}
	b.New()
	if len(b.Tabs()) != 2 {
		t.Error("a canvas with nothing on it was not used again")
	}
	b.put(texture(image.Rect(0, 0, 200, 200), 2))
	b.drag("brush", tools.Vec{X: 93, Y: 93}, tools.Vec{X: 120, Y: 120})
	b.SetFill(func(f *settings.Fill) { f.Prompt = "a barn" })
	b.Resize(500, 200)
	second := b.Committed()
	b.Do("tab.next")
	if b.Committed() != first || b.Settings.Fill.Prompt != "a boat" || b.View() != (tools.View{X: 3, Y: 4, Scale: 2, W: 500, H: 200}) {
		t.Errorf("back at the first: same picture %v, prompt %q, view %+v", b.Committed() == first, b.Settings.Fill.Prompt, b.View())
	}
	if b.Undo(); b.Committed().Mask.Len() != 0 || !b.CanUndo() {
		t.Error("undo took another step back than the mask")
	}
	if !b.Do("tab.previous") || b.Committed() != second || b.Settings.Fill.Prompt != "a barn" {
		t.Error("undo in one document changed the other")
	}
	if b.Undo(); b.Committed() == second || !b.CanUndo() {
		t.Error("the second document's own undo is gone")
	}
}

// held is a Runner that waits.
type held struct {
	pipeline.Runner
	begun, release chan struct{}
}

func (h held) Run(ctx context.Context, q pipeline.Request, report func(pipeline.Progress)) (*pipeline.Result, error) {
	h.begun <- struct{}{}
	select {
	case <-h.release:
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	return h.Runner.Run(ctx, q, report)
}

// TestAFillArrivesInItsOwnDocument though another is shown, which is painted on meanwhile; it is
// in that document's journal, and not a pixel beside the mask changes.
func TestAFillArrivesInItsOwnDocument(t *testing.T) {
	folder := t.TempDir()
	b := newKeptBench(t, folder)
	runner := held{pipeline.New(nil), make(chan struct{}, 8), make(chan struct{})}
	b.Fills.Runner = runner
	b.put(texture(image.Rect(0, 0, 96, 96), 1))
	b.maskRect(image.Rect(40, 40, 60, 60))
	mask, before, all := b.Committed().MaskImage(image.Rect(0, 0, 96, 96)), flatten(b.Committed(), image.Rect(0, 0, 96, 96)), image.Rect(0, 0, 96, 96)
	b.Fills.Fill()
	own := b.page
	<-runner.begun

	b.New()
	b.put(texture(image.Rect(0, 0, 96, 96), 2))
	b.maskRect(image.Rect(0, 0, 20, 20))
	b.Fills.Fill() // the same number among this document's places
	shown, other := b.Committed(), b.page
	b.SetTool("brush")
	b.Press(tools.Pointer{X: 3, Y: 3, Pressure: 1})
	runner.release <- struct{}{}
	b.until("the fill of the first", func() bool { return len(own.Fills.Stacks()[0].Candidates) == 1 })
	if !b.Pressed() || b.Committed() != shown || len(other.Fills.Stacks()[0].Candidates) != 0 {
		t.Errorf("stroke goes on %v, picture as it was %v, candidates of the other's fill %d", b.Pressed(), b.Committed() == shown, len(other.Fills.Stacks()[0].Candidates))
	}
	b.Release(tools.Pointer{X: 3, Y: 3, Pressure: 1})
	if own.Fills.Active(own.Fills.Stacks()[0]) != 0 || other.Fills.Active(other.Fills.Stacks()[0]) != 1 {
		t.Error("jobs of the two documents' places are mixed up")
	}
	b.ShowTab(0)
	if !hasCandidate(b.Editor) {
		t.Fatal("the first document shows no candidate")
	}
	b.Fills.Accept()
	if p, bad := changedOutside(before, flatten(b.Committed(), all), mask); bad {
		t.Errorf("pixel %v outside the mask changed", p)
	}
	<-runner.begun
	runner.release <- struct{}{}
	b.until("the other's fill", func() bool { return len(other.Fills.Stacks()[0].Candidates) == 1 })
	b.ShowTab(1)
	if b.CloseTab(1); b.asked != 0 || len(b.Tabs()) != 1 {
		t.Fatalf("closing asked %d times; %d tabs", b.asked, len(b.Tabs()))
	}
	found := b.found()
	if len(found) != 1 || found[0].Candidates != 1 {
		t.Errorf("of the closed document there is %+v", found)
	}
}

// found is what can be recovered now.
func (b *bench) found() (out []keeping.Found) {
	done := false
	b.Keeping.LookForRecovery(func(bool) { done = true })
	b.until("a look at the journals", func() bool { return done })
	return b.Keeping.Found()
}

// TestWhatWasMeantForADocumentLandsInIt: a picture that is placed and a flip, queued behind a
// fill, change their document and never another: the flip at once, the picture, which takes the
// tool that moves it, when its document is shown again.
func TestWhatWasMeantForADocumentLandsInIt(t *testing.T) {
	b := newBench(t)
	runner := held{pipeline.New(nil), make(chan struct{}, 8), make(chan struct{})}
	b.Fills.Runner = runner
	path := filepath.Join(t.TempDir(), "a.png")
	if err := os.WriteFile(path, pngOf(t, flat(image.Rect(0, 0, 8, 8), color.NRGBA{200, 0, 0, 255})), 0o600); err != nil {
		t.Fatal(err)
	}
	b.put(texture(image.Rect(0, 0, 64, 64), 1))
	b.New()
	b.put(texture(image.Rect(0, 0, 64, 64), 2))
	b.maskRect(image.Rect(0, 0, 20, 20))
	b.Fills.Fill()
	<-runner.begun
	b.ShowTab(0)
	b.PlaceFile(path, image.Pt(10, 10))
	b.Do("image.fliph")
	before := b.Committed()
	b.ShowTab(1)
	other := b.Committed()
	runner.release <- struct{}{}
	b.idle()
	if b.Committed() != other || b.pages[0].doc.State() == before || len(b.pages[0].later) != 1 {
		t.Errorf("the document that is shown is as it was %v, the other's flip is made %v, %d wait", b.Committed() == other, b.pages[0].doc.State() != before, len(b.pages[0].later))
	}
	b.ShowTab(0)
	b.idle()
	var labels []string
	steps, _ := b.History()
	for _, s := range steps {
		labels = append(labels, s.Label)
	}
	if got := strings.Join(labels, ", "); !strings.Contains(got, "Place a.png") || !strings.Contains(got, "Flip picture") {
		t.Errorf("after it is shown again: %s", got)
	}
}

func pngOf(t testing.TB, img image.Image) []byte {
	t.Helper()
	var buf bytes.Buffer
	if err := png.Encode(&buf, img); err != nil {
		t.Fatal(err)
	}
	return buf.Bytes()
}

// TestACopiedLayerIsTheSame in another document, pixel for pixel, and in its colours where they
// are others.
func TestACopiedLayerIsTheSame(t *testing.T) {
	b := newBench(t)
	b.put(texture(image.Rect(0, 0, 64, 64), 1))
	b.New()
	b.put(texture(image.Rect(0, 0, 250, 270), 2))
	b.AddLayer()
	b.drag("brush", tools.Vec{X: 93, Y: 93}, tools.Vec{X: 140, Y: 130})
	s := b.Committed()
	l := s.Layer(s.Active)
	b.SetOpacity(l.ID, 99)
	s, l = b.Committed(), b.Committed().Layer(l.ID)
	b.CopyLayerTo(0, l.ID)
	if b.Tab() != 0 {
		t.Fatal("the other document is not shown")
	}
	now := b.Committed()
	n := now.Layer(now.Active)
	if len(now.Layers) != 2 || n.Opacity != 99 || n.Name != l.Name || n.Used() != l.Used() || !bytes.Equal(flattenLayer(now, n).Pix, flattenLayer(s, l).Pix) {
		t.Errorf("copied as %+v, want %+v", n, l)
	}
	b.Undo()
	if len(b.Committed().Layers) != 1 {
		t.Error("copying is not one step")
	}
	b.Edit("colours", func(ed *canvas.Edit) { ed.SetSource(&canvas.Source{Profile: displayP3}) })
	b.ShowTab(1)
	b.CopyLayerTo(0, l.ID)
	b.until("the copy", func() bool { return len(b.Committed().Layers) == 2 })
	way, err := colour.Between(nil, b.Committed().Source.Space())
	if err != nil || way == nil {
		t.Fatal("no way to the other colours", err)
	}
	want := flattenLayer(s, l)
	way.Convert(want)
	now = b.Committed()
	if !bytes.Equal(flattenLayer(now, now.Layer(now.Active)).Pix, want.Pix) {
		t.Error("the copy is not in the other document's colours")
	}
}

// TestLeavingAsksForEveryDocument that is unsaved, and shows it.
func TestLeavingAsksForEveryDocument(t *testing.T) {
	b := newBench(t)
	dir := t.TempDir()
	for i := range 3 {
		b.put(texture(image.Rect(0, 0, 20, 20), uint64(i)))
		b.New()
	}
	left := false
	b.Leave(func() { left = true })
	if left || b.asked != 1 || b.Tab() != 0 {
		t.Fatalf("left %v, asked %d, shown %d", left, b.asked, b.Tab())
	}
	for i, discard := range []string{"Discard and go on", "Discard and go on", "Discard and quit"} {
		if q := b.question; q.discard != discard || !strings.Contains(q.text, b.pages[i].Keeping.Name()) || b.Tab() != i {
			t.Fatalf("question %d over tab %d: %q, %q", i, b.Tab(), q.text, q.discard)
		}
		if i < 2 {
			b.question.then()
		}
	}
	b.asked = 1
	saved := 0
	for i, p := range b.pages[:3] {
		p.Keeping.SaveTo(filepath.Join(dir, fmt.Sprint(i, ".ora")), func(error) { saved++ })
	}
	b.until("the saves", func() bool { return saved == 3 })
	if b.Leave(func() { left = true }); !left {
		t.Error("saved documents are asked about")
	}
	// A project that is open is shown and not opened again; nothing is saved over it from elsewhere.
	if b.Open(filepath.Join(dir, "1.ora")); b.Tab() != 1 || b.Jobs.Active(0) > 0 {
		t.Errorf("tab %d is shown, want that of the project", b.Tab())
	}
	b.Keeping.SaveTo(filepath.Join(dir, "0.ora"), nil)
	if len(b.failed) != 1 {
		t.Error("saved over a project that is open in another tab")
	}
	// Without a journal closing asks.
	b.put(texture(image.Rect(0, 0, 20, 20), 9))
	if b.CloseTab(1); b.asked != 2 || len(b.Tabs()) != 4 {
		t.Errorf("asked %d times; %d tabs", b.asked, len(b.Tabs()))
	}
}

// TestClosingLosesNothing: an unsaved project asks, since it is not among what is reopened, also
// where the change was computed while another document was shown, or still is.
func TestClosingLosesNothing(t *testing.T) {
	b := newKeptBench(t, t.TempDir())
	b.put(texture(image.Rect(0, 0, 64, 64), 1))
	done := false
	b.Keeping.SaveTo(filepath.Join(t.TempDir(), "a.ora"), func(error) { done = true })
	b.until("the save", func() bool { return done })
	b.Do("image.fliph")
	b.New()
	b.put(texture(image.Rect(0, 0, 64, 64), 2))
	b.idle()
	if !b.pages[0].Keeping.Unsaved() || b.Tab() != 1 {
		t.Fatal("the flip was not made while its document was not shown")
	}
	if b.Leave(func() { t.Error("left without a question") }); b.asked != 1 || b.Tab() != 0 || !b.Keeping.Unsaved() {
		t.Fatalf("leaving asked %d times; tab %d, unsaved %v", b.asked, b.Tab(), b.Keeping.Unsaved())
	}
	if b.CloseTab(0); b.asked != 2 || len(b.Tabs()) != 2 {
		t.Errorf("closing an unsaved project asked %d times; %d tabs", b.asked-1, len(b.Tabs()))
	}
}

// TestAnExportIsTold to what shows whether there is unsaved work; closing the document says that
// its layers, which the export has not, can be had back.
func TestAnExportIsTold(t *testing.T) {
	b := newKeptBench(t, t.TempDir())
	b.put(texture(image.Rect(0, 0, 64, 64), 1))
	b.Do("layer.add")
	unsaved := b.Keeping.Unsaved()
	b.Listen(func(c desk.Change) {
		if c.What&desk.ProjectChanged != 0 {
			unsaved = b.Keeping.Unsaved()
		}
	})
	if b.exportedAs(filepath.Join(t.TempDir(), "a.png")); unsaved {
		t.Error("the export was not told")
	}
	b.New()
	b.said, b.asked = nil, 0
	b.CloseTab(0)
	if b.until("the close", func() bool { return len(b.Tabs()) == 1 }); b.asked != 0 || !strings.Contains(strings.Join(b.said, " "), "Reopen") {
		t.Errorf("closing asked %d times and said %q", b.asked, b.said)
	}
}

// TestAClosedDocumentIsLetGo with all its history, though it was copied and stamped from.
func TestAClosedDocumentIsLetGo(t *testing.T) {
	b := newKeptBench(t, t.TempDir())
	b.put(texture(image.Rect(0, 0, 64, 64), 1))
	b.New()
	b.put(texture(image.Rect(0, 0, 64, 64), 2))
	b.SetTool("stamp")
	b.Press(tools.Pointer{X: 5, Y: 5, Mods: tools.Control, Pressure: 1})
	b.Release(tools.Pointer{X: 5, Y: 5, Mods: tools.Control})
	b.Do("edit.copy")
	b.until("the copy", func() bool { return !b.Editor.copied.busy })
	doc := weak.Make(b.doc)
	if b.Editor.copied.of != doc || b.stamp.doc != doc.Value() {
		t.Fatal("neither copied nor stamped from")
	}
	b.CloseTab(1)
	for range 100 {
		runtime.GC()
		b.idle()
		if doc.Value() == nil {
			return
		}
		time.Sleep(20 * time.Millisecond)
	}
	t.Error("the document is still held")
}

// tabsHome names, for the child of TestAllTabsComeBack, the folder it works in.
const tabsHome = "PENTIMENTO_TABS_HOME"

// TestAllTabsComeBack: this test binary started again works on three documents and is killed;
// all of them come back as they were. The last is closed and reopened.
func TestAllTabsComeBack(t *testing.T) {
	if dir := os.Getenv(tabsHome); dir != "" {
		b := newKeptBench(t, dir)
		for i := range 3 {
			b.New()
			b.put(texture(image.Rect(0, 0, 240+i, 230), uint64(i)))
			b.SetFill(func(f *settings.Fill) { f.Prompt = fmt.Sprint("number ", i) })
			b.drag("brush", tools.Vec{X: 93, Y: 93}, tools.Vec{X: 120, Y: 120})
		}
		b.MoveTab(2, 0)
		b.ShowTab(0)
		later := time.After(3 * time.Second) // the panel is noted soon after, steps sooner
		b.until("a while", func() bool {
			select {
			case <-later:
				return true
			case <-time.After(50 * time.Millisecond):
				b.Post(func() {})
				return false
			}
		})
		fmt.Println("\nworked")
		b.until("the end", func() bool { return false })
	}
	dir := t.TempDir()
	cmd := exec.Command(os.Args[0], "-test.run=^TestAllTabsComeBack$")
	cmd.Env = append(os.Environ(), tabsHome+"="+dir)
	out, err := cmd.StdoutPipe()
	if err == nil {
		err = cmd.Start()
	}
	if err != nil {
		t.Fatal(err)
	}
	for lines := bufio.NewScanner(out); lines.Scan() && lines.Text() != "worked"; {
	}
	if err := cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = cmd.Wait()
	b := newKeptBench(t, dir)
	if found := b.found(); len(found) != 3 || found[2].Why != keeping.Crashed {
		t.Fatalf("found %+v", found)
	}
	b.Keeping.RecoverCrashed()
	b.until("three documents", func() bool { return len(b.Tabs()) == 3 && len(b.Keeping.Found()) == 0 })
	for tab, i := range []int{2, 0, 1} { // the last was moved to the front
		b.ShowTab(tab)
		steps, at := b.History()
		got, want := fmt.Sprintf("%s, %d px, step %d of %d", b.Settings.Fill.Prompt, b.Used().Dx(), at, len(steps)), fmt.Sprintf("number %d, %d px, step 2 of 3", i, 240+i)
		if got != want {
			t.Errorf("tab %d has %s, want %s", tab, got, want)
		}
	}
	state := b.Committed()
	b.CloseTab(b.Tab())
	if b.asked != 0 || len(b.Tabs()) != 2 {
		t.Fatalf("asked %d times; %d tabs", b.asked, len(b.Tabs()))
	}
	b.Do("file.reopen")
	b.until("the last one", func() bool { return len(b.Tabs()) == 3 })
	if !canvas.Same(b.Committed(), state) || !b.CanUndo() {
		t.Error("reopened it is another picture, or without its history")
	}
}

// pictureFile is a picture in a folder of the test's.
func pictureFile(t *testing.T, name string) string {
	t.Helper()
	var buf bytes.Buffer
	if err := png.Encode(&buf, texture(image.Rect(0, 0, 64, 48), 1)); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, buf.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// TestAPictureThatWasOnlyOpenedIsNoWorkToRecover; it can be reopened as the last one all the same, and what is painted
// on it is work.
func TestAPictureThatWasOnlyOpenedIsNoWorkToRecover(t *testing.T) {
	b, path := newKeptBench(t, t.TempDir()), pictureFile(t, "harbour.png")
	old := time.Now().Add(-time.Hour)
	if err := os.Chtimes(path, old, old); err != nil {
		t.Fatal(err)
	}
	b.Open(path)
	b.until("the picture", func() bool { return b.Path() == path })
	b.CloseTab(0)
	if found := b.found(); len(found) != 0 {
		t.Errorf("offered: %+v", found)
	}
	b.Keeping.ReopenLast()
	b.until("the picture again", func() bool { return b.Path() == path })
	b.put(flat(image.Rect(3, 3, 9, 9), color.NRGBA{200, 0, 0, 255}))
	b.CloseTab(b.Tab())
	if found := b.found(); len(found) != 1 || found[0].Path != path {
		t.Errorf("of a painted picture there is %+v", found)
	}
}

// TestThePictureOfTheCommandLine opens on the canvas that the program began with. What was painted there before it was
// read stays, and it is told where the picture is.
func TestThePictureOfTheCommandLine(t *testing.T) {
	for _, painted := range []bool{false, true} {
		b, path := newBench(t), pictureFile(t, "late.png")
		b.OpenAll([]string{path})
		if painted {
			b.put(flat(image.Rect(3, 3, 9, 9), color.NRGBA{200, 0, 0, 255}))
		}
		b.until("the picture", func() bool { return b.Path() == path && len(b.posted) == 0 })
		told := strings.Contains(strings.Join(b.said, " "), "tab of its own")
		if n := len(b.Tabs()); told != painted || n != 1 && !painted || n != 2 && painted {
			t.Errorf("painted %v: %d tabs, told %v: %q", painted, n, told, b.said)
		}
		if painted {
			if b.ShowTab(0); b.Empty() {
				t.Error("what was painted is gone")
			}
		}
	}
}
