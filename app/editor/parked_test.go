package editor

import (
	"context"
	"image"
	"image/color"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"pentimento/app/desk"
	"pentimento/canvas"
	"pentimento/canvas/adjust"
	"pentimento/canvas/file"
	"pentimento/canvas/journal"
	"pentimento/tools"
)

// journaled is the picture that a journal in a folder would bring back as after a crash.
func journaled(t *testing.T, folder string) (states []*canvas.State) {
	t.Helper()
	files, _ := filepath.Glob(filepath.Join(folder, "*.journal"))
	for _, f := range files {
		c, err := journal.Read(journal.OS, f, 0)
		if err != nil {
			t.Fatal(err)
		}
		if !c.Clean {
			states = append(states, c.Moments[c.At].State)
		}
	}
	return states
}

// TestWhatWasComputedIsRecovered: the program is ended from outside after a change, a bucket fill
// and a placed picture were computed for a document that is not shown, before the window's
// goroutine took any of it.
func TestWhatWasComputedIsRecovered(t *testing.T) {
	for name, does := range map[string]func(*bench, *page){
		"change": func(b *bench, p *page) { b.Do("image.fliph") },
		"bucket": func(b *bench, p *page) {
			p.do(tools.Work{Label: "Bucket fill", Do: func(_ context.Context, s *canvas.State) (*canvas.State, error) {
				return s.Turned(canvas.FlipHorizontal, image.Rect(0, 0, 64, 64)), nil
			}})
		},
		"picture": func(b *bench, p *page) {
			path := filepath.Join(t.TempDir(), "a.png")
			if err := os.WriteFile(path, pngOf(t, flat(image.Rect(0, 0, 8, 8), color.NRGBA{200, 0, 0, 255})), 0o600); err != nil {
				t.Fatal(err)
			}
			b.PlaceFile(path, image.Pt(10, 10))
		},
	} {
		for _, late := range []bool{false, true} {
			folder := t.TempDir()
			b := newKeptBench(t, folder)
			b.put(texture(image.Rect(0, 0, 64, 64), 1))
			p, before := b.page, b.Committed()
			does(b, p)
			b.New()
			b.put(texture(image.Rect(0, 0, 64, 64), 2))
			handed := func() bool {
				p.computed.Lock()
				defer p.computed.Unlock()
				return len(p.computed.land) > 0
			}
			for end := time.Now().Add(time.Minute); name != "picture" && !handed() && time.Now().Before(end); {
				time.Sleep(time.Millisecond)
			}
			if name == "picture" || late { // it comes by the window's goroutine
				b.idle()
			}
			if err := b.Close(); err != nil {
				t.Fatal(err)
			}
			found := 0
			for _, s := range journaled(t, folder) {
				if canvas.Same(s, p.doc.State()) && !canvas.Same(s, before) {
					found++
				}
			}
			if found != 1 {
				t.Errorf("%s, taken before %v: %d journals hold what was computed, want 1", name, late, found)
			}
		}
	}
}

// TestAStrokeIsNotBrokenOff by what lands meanwhile: a change of the picture, and a picture that
// is placed.
func TestAStrokeIsNotBrokenOff(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a.png")
	if err := os.WriteFile(path, pngOf(t, flat(image.Rect(0, 0, 8, 8), color.NRGBA{200, 0, 0, 255})), 0o600); err != nil {
		t.Fatal(err)
	}
	b := newBench(t)
	b.put(texture(image.Rect(0, 0, 64, 64), 1))
	b.PlaceFile(path, image.Pt(10, 10))
	b.Do("image.fliph")
	b.SetTool("brush")
	b.Press(tools.Pointer{X: 30, Y: 30, Pressure: 1})
	later := time.After(300 * time.Millisecond)
	b.until("a while", func() bool {
		select {
		case <-later:
			return true
		case <-time.After(10 * time.Millisecond):
			b.Post(func() {})
			return false
		}
	})
	if !b.Pressed() || !b.Drawing() {
		t.Fatal("the stroke was broken off")
	}
	b.Release(tools.Pointer{X: 40, Y: 30, Pressure: 1})
	has := func(label string) bool {
		return slices.ContainsFunc(history(b), func(s canvas.Step) bool { return strings.HasPrefix(s.Label, label) })
	}
	b.until("all three", func() bool { return has("Brush") && has("Flip picture") && has("Place a.png") })
}

// TestAnExportIsOfTheDocumentItWasAskedFor, at once, though another is shown, or it is closed,
// when the answer comes.
func TestAnExportIsOfTheDocumentItWasAskedFor(t *testing.T) {
	for _, closes := range []bool{false, true} {
		for _, id := range []string{"file.export", "file.exportlayers"} {
			dir := t.TempDir()
			b := newKeptBench(t, t.TempDir())
			b.put(flat(image.Rect(0, 0, 12, 10), color.NRGBA{200, 0, 0, 255}))
			asks := &later{bench: b}
			b.Window = asks
			b.Do(id)
			b.Window = b
			b.New()
			b.put(flat(image.Rect(0, 0, 30, 30), color.NRGBA{0, 0, 200, 255}))
			if closes {
				b.CloseTab(0)
			}
			asks.answer(filepath.Join(dir, "a.png"))
			b.idle()
			files, _ := filepath.Glob(filepath.Join(dir, "*.png"))
			if len(files) != 1 {
				t.Errorf("%s, closed %v: files %v, want one; failures %v", id, closes, files, b.failed)
				continue
			}
			if got := decodedFile(t, files[0]); got.Bounds() != image.Rect(0, 0, 12, 10) {
				t.Errorf("%s, closed %v: the file is %v, want the picture of 12 x 10", id, closes, got.Bounds())
			}
		}
	}
}

// later is a window whose question for a file's name is answered later.
type later struct {
	*bench
	answer func(string)
}

func (l *later) AskSave(_ string, then func(string)) { l.answer = then }
func (l *later) AskFolder(_ string, then func(string)) {
	l.answer = func(path string) { then(filepath.Dir(path)) }
}

func decodedFile(t *testing.T, path string) image.Image {
	t.Helper()
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	img, _, err := image.Decode(f)
	if err != nil {
		t.Fatal(err)
	}
	return img
}

// TestNothingLandsOnTheNextCanvas: a picture that was being read for the last tab, which is closed,
// and a change that was being computed for it, end with it.
func TestNothingLandsOnTheNextCanvas(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a.png")
	if err := os.WriteFile(path, pngOf(t, flat(image.Rect(0, 0, 8, 8), color.NRGBA{200, 0, 0, 255})), 0o600); err != nil {
		t.Fatal(err)
	}
	b := newKeptBench(t, t.TempDir())
	b.put(texture(image.Rect(0, 0, 64, 64), 1))
	begun, ended := make(chan bool), make(chan error, 1)
	b.rework("Flip picture", func(ctx context.Context, _ func(float64), s *canvas.State) (*canvas.State, error) {
		begun <- true
		<-ctx.Done()
		ended <- ctx.Err()
		return nil, ctx.Err()
	}, func(bool) {})
	b.PlaceFile(path, image.Pt(10, 10))
	first := b.page
	<-begun
	b.CloseTab(0)
	select {
	case <-ended:
	case <-time.After(20 * time.Second):
		t.Fatal("what was computed for a closed document runs on")
	}
	b.idle()
	if len(b.Tabs()) != 1 || b.page == first || !b.Empty() || len(b.failed) > 0 {
		t.Errorf("%d tabs, empty %v, failures %v", len(b.Tabs()), b.Empty(), b.failed)
	}
}

// TestWhatIsTriedKeepsItsPage: a picture that is opened waits until the adjustment, or the crop,
// is applied or cancelled.
func TestWhatIsTriedKeepsItsPage(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a.png")
	if err := os.WriteFile(path, pngOf(t, flat(image.Rect(0, 0, 8, 8), color.NRGBA{200, 0, 0, 255})), 0o600); err != nil {
		t.Fatal(err)
	}
	tried := map[string][2]func(*bench){
		"adjustment": {
			func(b *bench) { b.BeginTrial("Invert colours", adjusting(adjust.Invert())) },
			func(b *bench) { b.Do("trial.cancel") },
		},
		"crop": {
			func(b *bench) {
				b.SetTool("crop")
				b.tool.(tools.Cropper).SetRect(b, image.Rect(4, 4, 20, 20))
			},
			func(b *bench) { b.Do("crop.leave") },
		},
	}
	for name, do := range tried {
		b := newBench(t)
		b.New()
		b.put(texture(image.Rect(0, 0, 64, 64), 1))
		b.read(path, 0, func(error) {}, nil, func(a *arrival) { b.openPicture(a, path, nil) }) // a file that was on its way
		do[0](b)
		b.idle()
		if len(b.Tabs()) != 1 || !b.unfinished() {
			t.Fatalf("%s: %d tabs, unfinished %v", name, len(b.Tabs()), b.unfinished())
		}
		if b.ShowTab(0); !b.unfinished() {
			t.Errorf("%s is gone", name)
		}
		do[1](b)
		b.until("the picture", func() bool { return len(b.Tabs()) == 2 && b.Path() == path })
	}
}

// asking is a window that keeps its questions.
type asking struct {
	*bench
	then []func()
}

func (a *asking) Confirm(_, _, _ string, then, _ func()) { a.then = append(a.then, then) }

// TestClosingOthersAsksOneByOne: the next question comes with the answer to the one before, and
// without an answer the rest stays.
func TestClosingOthersAsksOneByOne(t *testing.T) {
	b := newBench(t) // keeps no journal: every document asks
	for i := range 4 {
		b.New()
		b.put(texture(image.Rect(0, 0, 20, 20), uint64(i)))
	}
	window := &asking{bench: b}
	b.Window = window
	keeps := b.pages[1]
	b.CloseOthers(1)
	for i := range 2 {
		if len(window.then) != i+1 || len(b.Tabs()) != 4-i || b.page == keeps {
			t.Fatalf("after %d answers: %d questions, %d tabs, the one that stays is shown %v", i, len(window.then), len(b.Tabs()), b.page == keeps)
		}
		window.then[i]()
	}
	if len(window.then) != 3 || len(b.Tabs()) != 2 { // Cancel: nobody answers
		t.Errorf("%d questions and %d tabs, want 3 and 2", len(window.then), len(b.Tabs()))
	}
	window.then[2]()
	if len(b.Tabs()) != 1 || b.page != keeps {
		t.Errorf("%d tabs, the one that stays is shown %v", len(b.Tabs()), b.page == keeps)
	}
}

// TestSeveralFilesOpenAsOne document: the first is opened, however slowly, the others are layers
// of it; where it cannot be opened the next one takes its place.
func TestSeveralFilesOpenAsOne(t *testing.T) {
	dir := t.TempDir()
	in := func(name string) string { return filepath.Join(dir, name) }
	for i, name := range []string{"b.png", "c.png"} {
		if err := os.WriteFile(in(name), pngOf(t, flat(image.Rect(0, 0, 8, 8), color.NRGBA{uint8(200 + i), 0, 0, 255})), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	b := newKeptBench(t, t.TempDir())
	for i := range 6 { // a history that takes longer to read than the pictures
		b.put(texture(image.Rect(0, 0, 700, 700), uint64(i)))
	}
	saved := false
	b.Keeping.SaveTo(in("a.ora"), func(error) { saved = true })
	b.until("the save", func() bool { return saved })
	if err := b.Close(); err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		paths  []string
		first  string
		layers int
	}{
		"a project and pictures": {[]string{"a.ora", "b.png", "c.png"}, "a.ora", 3},
		"pictures":               {[]string{"b.png", "c.png"}, "b.png", 2},
		"one that is not there":  {[]string{"none.ora", "b.png", "c.png"}, "b.png", 2},
	} {
		b := newKeptBench(t, t.TempDir())
		var paths []string
		for _, p := range c.paths {
			paths = append(paths, in(p))
		}
		b.OpenAll(paths)
		b.until(name, func() bool { return len(b.Committed().Layers) == c.layers })
		b.idle()
		if len(b.Tabs()) != 1 || b.Path() != in(c.first) || len(b.Committed().Layers) != c.layers {
			t.Errorf("%s: %d tabs, %s with %d layers", name, len(b.Tabs()), b.Path(), len(b.Committed().Layers))
		}
	}
}

var _ desk.Window = (*asking)(nil)

// TestASaveOutlivesItsTab: both saves of a document that is closed are written, the second too,
// which waits for the first while the program ends.
func TestASaveOutlivesItsTab(t *testing.T) {
	dir := t.TempDir()
	b := newKeptBench(t, t.TempDir())
	b.put(texture(image.Rect(0, 0, 300, 200), 1))
	want := b.Committed()
	b.New()
	b.put(texture(image.Rect(0, 0, 20, 20), 2))
	saves := []string{filepath.Join(dir, "1.ora"), filepath.Join(dir, "2.ora")}
	for _, path := range saves {
		b.pages[0].Keeping.SaveTo(path, nil)
	}
	if b.CloseTab(0); len(b.Tabs()) != 1 {
		t.Fatal("the tab is not closed")
	}
	if err := b.Close(); err != nil {
		t.Fatal(err)
	}
	for _, path := range saves {
		p, _, err := file.OpenProject(t.Context(), path, nil)
		if err != nil || p.State.Used() != want.Used() {
			t.Errorf("%s: %v", filepath.Base(path), err)
		}
	}
}
