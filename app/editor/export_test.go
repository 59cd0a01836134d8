package editor

import (
	"bytes"
	"context"
	"image"
	"image/png"
	"os"
	"path/filepath"
	"pentimento/app/desk"
	"pentimento/app/settings"
	"strings"
	"testing"

	"pentimento/canvas"
	"pentimento/canvas/file"
	"pentimento/pipeline/metadata"
)

// exportedAs exports everything under a name and returns what the file holds.
func (b *bench) exportedAs(path string) (*file.Picture, *metadata.Recipe) {
	b.t.Helper()
	b.save = path
	b.AskExport()
	b.idle()
	return b.readBack(path)
}

func (b *bench) readBack(path string) (*file.Picture, *metadata.Recipe) {
	b.t.Helper()
	if len(b.failed) > 0 {
		b.t.Fatal(b.failed)
	}
	p, err := file.Open(b.t.Context(), path, nil)
	if err != nil {
		b.t.Fatal(err)
	}
	found, err := file.ReadTexts(path)
	if err != nil {
		b.t.Fatal(err)
	}
	var texts []metadata.Text
	for _, t := range found {
		texts = append(texts, metadata.Text(t))
	}
	r, _ := metadata.Read(texts)
	return p, r
}

// TestExportsInEveryForm: the quality is asked for where there is one, what gets lost is said
// before, and all forms tell the same; only what holds every pixel counts as saved.
func TestExportsInEveryForm(t *testing.T) {
	dir := t.TempDir()
	b := newBench(t)
	b.put(texture(image.Rect(0, 0, 90, 70), 1))
	b.maskRect(image.Rect(20, 20, 40, 40))
	b.Fills.Fill()
	b.idle()
	b.Fills.Accept()
	want, told := b.exportedAs(filepath.Join(dir, "a.png"))
	if len(b.questions) > 0 || b.Keeping.Unsaved() {
		t.Errorf("a PNG asks %v; unsaved after it: %v", b.questions, b.Keeping.Unsaved())
	}
	for i, c := range []struct {
		name    string
		quality int
		exact   bool
	}{{"b.jpg", 95, false}, {"b.JPEG", 40, false}, {"c.webp", 0, true}, {"d.webp", 80, false}} {
		b.Edit("frame", func(ed *canvas.Edit) { ed.SetFrame(image.Rect(0, 0, 64+i, 64)) })
		b.quality, b.questions = c.quality, nil
		got, r := b.exportedAs(filepath.Join(dir, c.name))
		if len(b.questions) != 1 || (b.questions[0].Form == "JPEG") != (len(b.questions[0].Notes) > 0) {
			t.Errorf("%s: asked %+v", c.name, b.questions)
		}
		if got.Bounds() != want.Bounds() || bytes.Equal(got.NRGBA().Pix, want.NRGBA().Pix) != c.exact {
			t.Errorf("%s at quality %d: the same pixels: %v, want %v", c.name, c.quality, !c.exact, c.exact)
		}
		if r == nil || r.Document == nil || len(r.Document.Fills) != len(told.Document.Fills) || r.Value("Seed") != told.Value("Seed") {
			t.Errorf("%s tells %+v, want as the PNG", c.name, r)
		}
		if b.Keeping.Unsaved() == c.exact {
			t.Errorf("%s: unsaved after it: %v", c.name, b.Keeping.Unsaved())
		}
	}
	b.save = filepath.Join(dir, "x.gif")
	if b.AskExport(); len(b.failed) != 1 || !strings.Contains(b.failed[0].Error(), ".gif") {
		t.Errorf("a GIF: %v", b.failed)
	}
}

// TestExportAgainRepeatsTheLast: the same file, part and quality, without asking.
// TestAnExportDoesNotWaitForFills: what a person exports while the machine fills is written meanwhile,
// and of two to one file the later stays.
func TestAnExportDoesNotWaitForFills(t *testing.T) {
	b := newBench(t)
	b.put(texture(image.Rect(0, 0, 90, 70), 1))
	hold := make(chan struct{})
	b.Jobs.Add("a long fill", 0, func(ctx context.Context, _ func(string, float64)) error {
		<-hold
		return nil
	})
	path, written := filepath.Join(t.TempDir(), "a.png"), 0
	for i := range 5 {
		b.ExportTo(path, Export{Rect: image.Rect(0, 0, 10+i, 70)}, func(err error) {
			if err != nil {
				t.Error(err)
			}
			written++
		})
	}
	b.until("five exports beside a fill", func() bool { return written == 5 })
	close(hold)
	b.idle()
	if p, _ := b.readBack(path); p.Bounds().Dx() != 14 {
		t.Errorf("the file has the size %v, want that of the last export", p.Bounds().Size())
	}
}

func TestExportAgainRepeatsTheLast(t *testing.T) {
	b := newBench(t)
	b.put(texture(image.Rect(0, 0, 90, 70), 1))
	b.Edit("frame", func(ed *canvas.Edit) { ed.SetFrame(image.Rect(10, 10, 40, 30)) })
	path := filepath.Join(t.TempDir(), "frame.jpg")
	b.save, b.quality = path, 35
	b.AskExportFrame()
	b.idle()
	first, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	b.save, b.quality, b.questions = "", 100, nil
	b.ExportAgain()
	b.idle()
	if again, err := os.ReadFile(path); err != nil || !bytes.Equal(again, first) || len(b.questions) > 0 {
		t.Errorf("exported again it is another file, or something was asked: %v, %v", err, b.questions)
	}
	b.Edit("frame", func(ed *canvas.Edit) { ed.SetFrame(image.Rect(0, 0, 50, 50)) })
	b.ExportAgain()
	b.idle()
	if p, _ := b.readBack(path); p.Bounds().Size() != image.Pt(50, 50) {
		t.Errorf("after the frame moved it is %v", p.Bounds())
	}
	b.Reset(canvas.New(), "")
	b.put(texture(image.Rect(0, 0, 20, 20), 2))
	asked := b.asked
	if b.ExportAgain(); b.asked == asked {
		t.Error("another document's export went to the old file without asking")
	}
}

// TestQualitiesAreRemembered, each form's own, also by the next run.
func TestQualitiesAreRemembered(t *testing.T) {
	path := filepath.Join(t.TempDir(), "settings.json")
	run := func(name string, quality int) (asked desk.Quality) {
		store, err := settings.Open(path)
		if err != nil {
			t.Fatal(err)
		}
		b := newBench(t)
		b.Settings.Settings = store.Settings
		b.put(texture(image.Rect(0, 0, 20, 20), 1))
		b.save, b.quality = filepath.Join(t.TempDir(), name), quality
		b.AskExport()
		b.idle()
		store.Settings = b.Settings.Settings
		if err := store.Save(); err != nil {
			t.Fatal(err)
		}
		return b.questions[0]
	}
	run("a.jpg", 61)
	run("a.webp", 0)
	if q := run("b.jpg", 61); q.Quality != 61 {
		t.Errorf("a JPEG after one of 61: %d", q.Quality)
	}
	if q := run("b.webp", 80); q.Quality != 0 || !q.Exact {
		t.Errorf("a WebP after an exact one: %d", q.Quality)
	}
}

// TestAnotherPictureBeginsWithAnEmptyPrompt: that of the last one is among the earlier prompts;
// what was typed before any picture was there stays.
func TestAnotherPictureBeginsWithAnEmptyPrompt(t *testing.T) {
	b := newBench(t)
	open := func() {
		var data bytes.Buffer
		if err := png.Encode(&data, texture(image.Rect(0, 0, 30, 20), 3)); err != nil {
			t.Fatal(err)
		}
		p, err := file.Decode(context.Background(), bytes.NewReader(data.Bytes()), nil)
		if err != nil {
			t.Fatal(err)
		}
		b.openPicture(arrived(p, nil), "", nil)
	}
	b.SetFill(func(f *settings.Fill) { f.Prompt, f.Negative = "a boat", "blurry" })
	if open(); b.Settings.Fill.Prompt != "a boat" {
		t.Errorf("what was typed first is %q", b.Settings.Fill.Prompt)
	}
	if open(); b.Settings.Fill.Prompt != "" || b.Settings.Fill.Negative != "blurry" {
		t.Errorf("the next picture begins with %q, without %q", b.Settings.Fill.Prompt, b.Settings.Fill.Negative)
	}
	if b.ShowTab(0); b.Settings.Fill.Prompt != "a boat" {
		t.Errorf("back at the first picture the prompt is %q", b.Settings.Fill.Prompt)
	}
}
