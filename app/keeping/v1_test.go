package keeping

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"image"
	"os"
	"path/filepath"
	"reflect"
	"testing"

	"pentimento/app/fills"
	"pentimento/app/settings"
	"pentimento/canvas/journal"
	"pentimento/pipeline"
)

// testdata/v1 holds one journal and one project as the first version of the
// program wrote them, and want.json what they held. They are kept for ever: whatever
// becomes of the formats, these open with all they have.

// v1 is what want.json says.
type v1 struct {
	Used, Frame       image.Rectangle
	Flat              string
	Layers, Steps, At int
	Fill              settings.Fill
	Stacks            []struct {
		Place      image.Rectangle
		Candidates []v1Candidate
	}
	References []struct {
		Name, Sum  string
		Attachment fills.Attachment
	}
}

type v1Candidate struct {
	Request                      pipeline.Request
	Image, Mask, Read, Selection string
	References                   []string
}

// sum is the first eight bytes of the SHA-256 of some pixels, in hexadecimal.
func sum(pix []byte) string {
	s := sha256.Sum256(pix)
	return hex.EncodeToString(s[:8])
}

func readV1(t *testing.T) (want v1) {
	t.Helper()
	data, err := os.ReadFile("testdata/v1/want.json")
	if err == nil {
		err = json.Unmarshal(data, &want)
	}
	if err != nil {
		t.Fatal(err)
	}
	return want
}

// holds compares an editor with what the first version had open.
func (want v1) holds(t *testing.T, b *bench, places int) {
	t.Helper()
	s := b.doc.State()
	if b.Used() != want.Used || s.Frame != want.Frame || len(s.Layers) != want.Layers || sum(flatten(s, b.Used()).Pix) != want.Flat {
		t.Errorf("the canvas covers %v in %d layers with frame %v, want %v, %d, %v and the same pixels", b.Used(), len(s.Layers), s.Frame, want.Used, want.Layers, want.Frame)
	}
	if len(s.References) != len(want.References) {
		t.Fatalf("%d references, want %d", len(s.References), len(want.References))
	}
	for i, r := range want.References {
		if got := s.References[i]; got.Name != r.Name || sum(got.Image.Pix) != r.Sum || b.Fills.Attachment(got) != r.Attachment {
			t.Errorf("reference %d is %s attached as %+v, want %+v", i, got.Name, b.Fills.Attachment(got), r)
		}
	}
	if len(b.Fills.Stacks()) != places {
		t.Fatalf("%d places, want %d", len(b.Fills.Stacks()), places)
	}
	got := b.Fills.Stacks()[0]
	if got.Place != want.Stacks[0].Place || len(got.Candidates) != len(want.Stacks[0].Candidates) {
		t.Fatalf("the place is %v with %d candidates", got.Place, len(got.Candidates))
	}
	for i, c := range want.Stacks[0].Candidates {
		c.matches(t, got.Candidates[i].Result)
	}
}

func (c v1Candidate) matches(t *testing.T, r *pipeline.Result) {
	t.Helper()
	q := r.Request
	if sum(r.Image.Pix) != c.Image || sum(r.Mask.Pix) != c.Mask || q.Image == nil || sum(q.Image.Pix) != c.Read || q.Mask == nil || sum(q.Mask.Pix) != c.Selection {
		t.Error("a candidate has other pixels")
	}
	if len(q.Guides) != len(c.References) {
		t.Fatalf("a candidate has %d references, want %d", len(q.Guides), len(c.References))
	}
	for i := range q.Guides {
		if img := q.Guides[i].Image; img == nil || sum(img.Pix) != c.References[i] {
			t.Errorf("the picture of reference %d is lost", i)
		}
		q.Guides[i].Image = nil
	}
	q.Image, q.Mask = nil, nil
	if !reflect.DeepEqual(q, c.Request) {
		t.Errorf("a candidate's request is\n%+v, want\n%+v", q, c.Request)
	}
}

func TestTheFirstVersionsJournalOpens(t *testing.T) {
	want := readV1(t)
	folder := t.TempDir()
	data, err := os.ReadFile("testdata/v1/canvas.journal")
	if err == nil {
		err = os.WriteFile(filepath.Join(folder, "canvas-20261127-093259-bcijhq.journal"), data, 0o600)
	}
	if err != nil {
		t.Fatal(err)
	}
	b := newKeptBench(t, folder, journal.OS)
	found := b.look()
	if len(found) != 1 || found[0].Err != nil {
		t.Fatalf("found %+v", found)
	}
	b.Recover(found[0])
	// the third fill was waiting for its turn when the program ended: it runs now
	b.until("the canvas", func() bool { return len(b.Fills.Stacks()) == 2 })
	b.idle()
	want.holds(t, b, 2)
	if last := b.Fills.Stacks()[1]; len(last.Candidates) != 1 {
		t.Errorf("the job that was queued has %d candidates; failures %v", len(last.Candidates), b.seen.Failed)
	}
	if steps, at := b.doc.History(); len(steps) != want.Steps+1 || at != want.At+1 { // one mask was painted after want.json
		t.Errorf("the history has %d steps at %d, want %d at %d", len(steps), at, want.Steps+1, want.At+1)
	}
}

func TestTheFirstVersionsProjectOpens(t *testing.T) {
	want := readV1(t)
	b := opened(t, "testdata/v1/work.ora")
	want.holds(t, b, 1)
	f := b.Settings.Fill
	f.Model, f.Count, f.Engine = want.Fill.Model, want.Fill.Count, want.Fill.Engine
	if !reflect.DeepEqual(f, want.Fill) {
		t.Errorf("the panel is %+v, want %+v", f, want.Fill)
	}
}
