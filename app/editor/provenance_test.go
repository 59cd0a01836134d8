package editor

import (
	"bytes"
	"context"
	"encoding/json"
	"image"
	"image/png"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"pentimento/app/fills"
	"pentimento/app/provenance"
	"pentimento/canvas"
	"pentimento/canvas/file"
	"pentimento/pipeline"
	"pentimento/pipeline/metadata"
	"pentimento/pipeline/pixels"
)

// accept lays a finished result of a request down, as if it had been computed.
func (b *bench) accept(r image.Rectangle, q pipeline.Request, seed uint64) {
	b.arriveAt(r, q, seed)
	b.Fills.Accept()
}

func (b *bench) arriveAt(r image.Rectangle, q pipeline.Request, seed uint64) {
	mask := image.NewAlpha(r)
	pixels.Fill(mask, r, 255)
	if q.Frame.Empty() {
		q.Frame = r
	}
	q.Mask = mask
	res := &pipeline.Result{Image: texture(r, seed), Mask: mask, Request: q}
	c := &fills.Candidate{Result: res, Patch: pixels.Visible(res.Image, mask), When: now()}
	s := &fills.Stack{Place: r, Request: q, Candidates: []*fills.Candidate{c}}
	b.Fills.Take(s, false)
	(*memory)(b.page).Arrived(s, c)
	b.Fills.Show(s.ID)
}

// exported writes a PNG of everything and reads what it carries.
func (b *bench) exported() ([]file.Text, *metadata.Recipe) {
	b.t.Helper()
	path := filepath.Join(b.t.TempDir(), "out.png")
	done := false
	b.ExportTo(path, Export{Rect: b.Used()}, func(error) { done = true })
	b.until("the export", func() bool { return done })
	texts, err := file.ReadTexts(path)
	if err != nil {
		b.t.Fatal(err)
	}
	var all []metadata.Text
	for _, t := range texts {
		all = append(all, metadata.Text(t))
	}
	r, _ := metadata.Read(all)
	return texts, r
}

func (b *bench) fills() []metadata.Fill {
	if _, r := b.exported(); r != nil && r.Document != nil {
		return r.Document.Fills
	}
	return nil
}

func diffusion(prompt string, seed int64) pipeline.Request {
	return pipeline.Request{Ask: pipeline.Ask{Engine: pipeline.Diffusion, Task: pipeline.Inpaint}, Text: pipeline.Text{Prompt: prompt}, Sampling: pipeline.Sampling{Seed: seed, Steps: 4, CFG: 2, Sampler: "Euler", Schedule: "Karras", Strength: 0.7, RNG: "cpu"}}
}

// TestExportTellsOfTheFillsThatStillShow paints over, hides and erases fills, and the export
// tells of the others; "parameters" is that of which most pixels show.
func TestExportTellsOfTheFillsThatStillShow(t *testing.T) {
	b := newBench(t)
	b.put(texture(image.Rect(0, 0, 300, 200), 1))
	b.accept(image.Rect(0, 0, 100, 100), diffusion("first", 1), 2)
	b.accept(image.Rect(150, 0, 250, 150), diffusion("second", 2), 3)
	first := b.State().Layers[1].ID
	texts, r := b.exported()
	if f := r.Document.Fills; len(f) != 2 || f[0].Shows != 100*100 || f[1].Shows != 100*150 {
		t.Fatalf("fills %+v", f)
	}
	if texts[0].Key != "parameters" || !strings.HasPrefix(texts[0].Text, "second\n") {
		t.Errorf("parameters %q, want the second fill's", texts[0].Text)
	}
	b.Edit("over", func(ed *canvas.Edit) {
		ed.Put(ed.AddLayer("over", ed.State().Active), texture(image.Rect(160, 0, 260, 160), 9), nil)
	})
	if f := b.fills(); len(f) != 2 || f[1].Shows != 10*150 {
		t.Errorf("after painting over most of the second: %+v", f)
	}
	if texts, _ = b.exported(); !strings.HasPrefix(texts[0].Text, "first\n") {
		t.Errorf("parameters %q, want the first fill's: more of it shows", texts[0].Text)
	}
	b.ShowLayer(first, false)
	if f := b.fills(); len(f) != 1 || f[0].Prompt != "second" {
		t.Errorf("after hiding the first: %+v", f)
	}
	b.ShowLayer(first, true)
	b.Edit("erase", func(ed *canvas.Edit) { ed.Put(first, image.NewNRGBA(image.Rect(0, 0, 100, 100)), nil) })
	if f := b.fills(); len(f) != 1 || f[0].Prompt != "second" {
		t.Errorf("after erasing the first: %+v", f)
	}
	b.Undo()
	if f := b.fills(); len(f) != 2 {
		t.Errorf("after undo: %+v", f)
	}
}

// TestThePreviewIsExactlyWhatIsWritten compares the two byte for byte.
func TestThePreviewIsExactlyWhatIsWritten(t *testing.T) {
	b := newBench(t)
	b.put(texture(image.Rect(0, 0, 200, 100), 1))
	b.accept(image.Rect(10, 10, 90, 90), diffusion("a \"quoted\", 漢字", 1), 2)
	var seen []provenance.Embedded
	b.Provenance.Embeds(func(e []provenance.Embedded) { seen = e })
	b.until("the preview", func() bool { return seen != nil })
	texts, _ := b.exported()
	if len(texts) != len(seen) {
		t.Fatalf("written are %d texts, shown %d", len(texts), len(seen))
	}
	for i, x := range texts {
		if provenance.Embedded(x) != seen[i] {
			t.Errorf("written is %q, shown %q", x, seen[i])
		}
	}
	b.Settings.Metadata = false
	if texts, _ := b.exported(); len(texts) != 0 {
		t.Errorf("with the switch off %q is written", texts)
	}
}

// TestNoFolderLeavesTheProgram: model, VAE and references lie in a home folder, and not a
// word of that is in an export, nor in a saved candidate.
func TestNoFolderLeavesTheProgram(t *testing.T) {
	b := newBench(t)
	b.put(texture(image.Rect(0, 0, 200, 100), 1))
	q := diffusion("a barn", 1)
	home := string(filepath.Separator) + filepath.Join("home", "someone", "pictures")
	q.Model, q.VAE = filepath.Join(home, "m.safetensors"), filepath.Join(home, "v.safetensors")
	q.Guides = []pipeline.Guide{{Kind: pipeline.GuideReference, Name: filepath.Join(home, "friend.png"), Image: texture(image.Rect(0, 0, 8, 8), 4)}}
	q.Device = "cuda"
	b.arriveAt(image.Rect(0, 0, 50, 50), q, 2)
	b.save = filepath.Join(t.TempDir(), "candidate.png")
	b.SaveCandidate()
	b.idle()
	b.Fills.Accept()
	data, err := os.ReadFile(b.save)
	if err != nil {
		t.Fatal(err)
	}
	texts, _ := b.exported()
	all, _ := json.Marshal(texts)
	for where, s := range map[string]string{"the export": string(all), "the candidate": string(data)} {
		for _, bad := range []string{"someone", "home", "pictures"} {
			if strings.Contains(s, bad) {
				t.Errorf("%s says %q", where, bad)
			}
		}
		if !strings.Contains(s, "Model: m") {
			t.Errorf("%s does not name the model", where)
		}
	}
}

const harbour = "lantern harbour, <lora:fog:0.7>\nNegative prompt: text\nSteps: 24, Sampler: DPM++ 2M Karras, CFG scale: 6.5, Seed: 90210, Size: 768x512, Model hash: 0a1b2c3d4e, Model: harbor-v3, Denoising strength: 0.4, Clip skip: 2, Version: v1.6.0"

// foreignPicture writes a picture with a text of another program.
func foreignPicture(t *testing.T, key, text string) string {
	t.Helper()
	var buf bytes.Buffer
	if err := file.EncodePNG(context.Background(), &buf, texture(image.Rect(0, 0, 200, 120), 5), []file.Text{{Key: key, Text: text}}, png.BestSpeed); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "harbour.png")
	if err := os.WriteFile(path, buf.Bytes(), 0o644); err != nil {
		t.Fatal(err)
	}
	return path
}

// TestAnOpenedPictureKeepsItsRecipe: the recipe it came with is shown, exported again, and
// gives way to a fill that shows more.
func TestAnOpenedPictureKeepsItsRecipe(t *testing.T) {
	b := newBench(t)
	b.Open(foreignPicture(t, "parameters", harbour))
	b.until("the picture", func() bool { return !b.Empty() })
	b.idle()
	if b.Provenance.OpenedRecipe(); b.Provenance.Card() == nil || b.Provenance.Card().Prompt != "lantern harbour, <lora:fog:0.7>" || b.Provenance.Card().CanPlace() {
		t.Fatalf("card %+v", b.Provenance.Card())
	}
	texts, r := b.exported()
	if len(texts) != 2 || texts[0].Text != harbour || r.Document.Origin != harbour || len(r.Document.Fills) != 0 {
		t.Errorf("exported untouched it carries %q", texts)
	}
	b.accept(image.Rect(0, 0, 50, 50), diffusion("small", 1), 2)
	if texts, _ := b.exported(); texts[0].Text != harbour {
		t.Errorf("after a small fill: %q", texts[0].Text)
	}
	b.accept(image.Rect(0, 0, 200, 100), diffusion("large", 1), 3)
	texts, r = b.exported()
	if !strings.HasPrefix(texts[0].Text, "large\n") || r.Document.Origin != harbour || len(r.Document.Fills) != 1 {
		t.Errorf("after a large fill over the small one: %q", texts)
	}
}

// TestFillsSurviveExportAndOpening: what one document tells, the next one tells.
func TestFillsSurviveExportAndOpening(t *testing.T) {
	b := newBench(t)
	b.put(texture(image.Rect(-50, -20, 200, 100), 1))
	b.accept(image.Rect(0, 0, 60, 60), diffusion("first", 1), 2)
	b.accept(image.Rect(100, 0, 160, 60), diffusion("second", 2), 3)
	path := filepath.Join(t.TempDir(), "out.png")
	done := false
	b.ExportTo(path, Export{Rect: b.Used()}, func(error) { done = true })
	b.until("the export", func() bool { return done })
	want := b.fills()
	b.Open(path)
	b.until("the picture", func() bool { return b.Path() == path })
	got := b.fills()
	if len(want) != 2 || !reflect.DeepEqual(got, want) {
		t.Errorf("after opening the export: %+v\nwant %+v", got, want)
	}
	b.pointer = image.Pt(160, 30) // in the second fill, which is at 150..210
	b.Provenance.HowMade(b.pointer)
	b.until("the answer", func() bool { return b.Provenance.Card() != nil })
	if b.Provenance.Card().Prompt != "second" {
		t.Errorf("that place is said to be made with %q", b.Provenance.Card().Prompt)
	}
	b.Provenance.UseAll()
	if f := b.Settings.Fill; f.Prompt != "second" || f.Seed != 2 || b.State().Frame != image.Rect(150, 20, 210, 80) {
		t.Errorf("used again: %q, seed %d, frame %v", f.Prompt, f.Seed, b.State().Frame)
	}
}

func TestHowMadeNamesTheLatestFirst(t *testing.T) {
	b := newBench(t)
	b.put(texture(image.Rect(0, 0, 300, 200), 1))
	b.accept(image.Rect(0, 0, 100, 100), diffusion("below", 1), 2)
	b.accept(image.Rect(50, 50, 150, 150), diffusion("above", 2), 3)
	b.Edit("frame", func(ed *canvas.Edit) { ed.SetFrame(image.Rect(0, 0, 300, 200)) })
	b.pointer = image.Pt(60, 60)
	b.Provenance.HowMade(b.pointer)
	b.until("the answer", func() bool { return b.Provenance.Card() != nil })
	if b.Provenance.Card().Prompt != "above" {
		t.Errorf("under the pointer: %q, want the fill that is seen there", b.Provenance.Card().Prompt)
	}
	b.pointer = image.Pt(1000, 1000)
	b.Provenance.HowMade(b.pointer)
	b.until("the list", func() bool { return len(b.Provenance.Made()) == 2 })
	if got := b.Provenance.Made(); len(got) != 2 || !strings.Contains(got[0], "above") || !strings.Contains(got[1], "below") {
		t.Errorf("in the frame: %q", got)
	}
}
