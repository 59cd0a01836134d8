package keeping

import (
	"encoding/json"
	"image"
	"math/rand/v2"
	"reflect"
	"testing"
	"time"

	"pentimento/canvas/journal"
	"pentimento/pipeline"
	"pentimento/pipeline/pipelinetest"
)

// fullResult is a result whose request has something in every field and a picture in every
// place for one; places says how many that are.
func fullResult() (r *pipeline.Result, places int) {
	r = &pipeline.Result{}
	rng := rand.New(rand.NewPCG(5, 6))
	places = len(pipelinetest.Fill(rng, &r.Request, "ü"))
	pipelinetest.Fill(rng, &r.Image, "")
	pipelinetest.Fill(rng, &r.Mask, "")
	return r, places
}

// TestAJournalsNoteKeepsEveryPicture: what a Request may hold at any depth, a note brings
// back, with what is missing missing.
func TestAJournalsNoteKeepsEveryPicture(t *testing.T) {
	want, places := fullResult()
	for i := -1; i < places; i++ { // all of them, and all but one
		n := 0
		want := *want
		want.Request = want.Request.Clone()
		for _, p := range want.Request.Pictures() {
			if n == i {
				p.Set(nil)
			}
			n++
		}
		note, err := noteResult("candidate/1/1", &want, time.Unix(9, 0))
		if err != nil {
			t.Fatal(err)
		}
		got := restoreCandidate(note)
		if got == nil || !reflect.DeepEqual(got.Result.Request, want.Request) {
			t.Fatalf("without place %d the note gives %+v, want %+v", i, got, want.Request)
		}
	}
	note, _ := noteResult("candidate/1/1", want, time.Unix(9, 0))
	if len(note.Images) != 2+places {
		t.Errorf("a note of %d pictures, want %d", len(note.Images), 2+places)
	}
	for i := range note.Images {
		short := journal.Note{Key: note.Key, Data: note.Data, Images: note.Images[:i]}
		if restoreCandidate(short) != nil {
			t.Errorf("a note that has lost all but %d pictures gives a candidate", i)
		}
	}
}

// TestAProjectKeepsEveryPicture: the same through a project's documents; a picture that is
// at several places is there once.
func TestAProjectKeepsEveryPicture(t *testing.T) {
	r, places := fullResult()
	want := r.Request
	a := newAlbum()
	line, err := json.Marshal(a.request(want))
	if err != nil {
		t.Fatal(err)
	}
	var k keptRequest
	if err := json.Unmarshal(line, &k); err != nil {
		t.Fatal(err)
	}
	got, stale := (&album{pictures: a.pictures, masks: a.masks}).restored(k)
	if stale || !reflect.DeepEqual(got, want) || len(a.pictures)+len(a.masks) != places {
		t.Errorf("stale: %t, %d pictures of %d:\n%+v, want\n%+v", stale, len(a.pictures)+len(a.masks), places, got, want)
	}
	once := len(a.pictures) + len(a.masks)
	if a.request(want); len(a.pictures)+len(a.masks) != once {
		t.Error("the same pictures are kept twice")
	}
	for name := range a.pictures {
		less := map[string]*image.NRGBA{}
		for n, p := range a.pictures {
			if n != name {
				less[n] = p
			}
		}
		if _, stale := (&album{pictures: less, masks: a.masks}).restored(k); !stale {
			t.Errorf("nobody misses picture %s", name)
		}
	}
}
