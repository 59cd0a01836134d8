package library

import (
	"bytes"
	"context"
	"fmt"
	"image"
	"image/color"
	"math/rand/v2"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"pentimento/canvas/file"
	"pentimento/pipeline/metadata"
)

func result(seed int64, words string) *Result {
	rng := rand.New(rand.NewPCG(uint64(seed), 1))
	r := image.Rect(-20, 30, 44, 78)
	p, m := image.NewNRGBA(r), image.NewAlpha(r.Inset(-8))
	for y := r.Min.Y; y < r.Max.Y; y++ {
		for x := r.Min.X; x < r.Max.X; x++ {
			if (x+y)%5 > 0 {
				p.SetNRGBA(x, y, color.NRGBA{uint8(rng.Uint32()), uint8(rng.Uint32()), uint8(rng.Uint32()), uint8(1 + rng.Uint32()%255)})
				m.SetAlpha(x, y, color.Alpha{uint8(rng.Uint32())})
			}
		}
	}
	return &Result{Patch: p, Mask: m, Frame: image.Rect(-64, 0, 448, 512), Program: "Pentimento test",
		Fill: metadata.Fill{Rect: metadata.RectOf(r), Task: "inpaint", Engine: "diffusion", Prompt: words, Seed: seed, Model: "harbour", ModelHash: "0a1b2c3d4e", Time: time.Unix(9, 0).UTC()}}
}

// save keeps n results, one a second, and returns their ids, oldest first.
func save(t *testing.T, s *Store, n int) []string {
	t.Helper()
	var ids []string
	for i := range n {
		id := NewID(time.Date(2026, 11, 20, 8, 0, i, 0, time.UTC))
		if err := s.Save(context.Background(), id, result(int64(100+i), fmt.Sprintf("picture %d", i))); err != nil {
			t.Fatal(err)
		}
		ids = append(ids, id)
	}
	return ids
}

func ids(list []Entry) []string {
	var out []string
	for _, e := range list {
		out = append(out, e.ID)
	}
	slices.Sort(out)
	return out
}

// TestResultsOfOneTimeSortAsTheyCame, and one of an earlier time before them.
func TestResultsOfOneTimeSortAsTheyCame(t *testing.T) {
	at, got := time.Unix(2000, 0), []string(nil)
	for range 20 {
		got = append(got, NewID(at))
	}
	if !slices.IsSorted(got) || !valid(got[19]) {
		t.Errorf("ids of one time in the order asked for: %q", got)
	}
	if id := NewID(at.Add(-time.Second)); id > got[0] {
		t.Errorf("%s is of an earlier time than %s", id, got[0])
	}
}

func TestAResultComesBackWithoutLoss(t *testing.T) {
	s := Open(t.TempDir(), 1<<30)
	want := result(7, "lantern, \"harbour\"\nat dusk 漢字")
	id := NewID(time.Now())
	if err := s.Save(context.Background(), id, want); err != nil {
		t.Fatal(err)
	}
	got, err := Open(s.dir, 0).Load(context.Background(), id)
	if err != nil || !reflect.DeepEqual(got, want) {
		t.Fatalf("%v: came back as %+v, want %+v", err, got.Fill, want.Fill)
	}
	texts, err := file.ReadTexts(s.path(id)) // for other programs
	if err != nil || texts[0].Key != "parameters" || !strings.Contains(texts[0].Text, "Seed: 7") {
		t.Errorf("the file says %v, %v", texts, err)
	}
}

// TestTheFolderIsTheIndex: another Store finds everything from the files alone.
func TestTheFolderIsTheIndex(t *testing.T) {
	s := Open(t.TempDir(), 1<<30)
	all := save(t, s, 5)
	if err := s.Star(all[1], true); err != nil {
		t.Fatal(err)
	}
	if err := s.Trash(all[2]); err != nil {
		t.Fatal(err)
	}
	o := Open(s.dir, 1<<30)
	if err := o.Refresh(); err != nil {
		t.Fatal(err)
	}
	for _, q := range []Query{{}, {Favourites: true}, {Trash: true}, {Words: "PICTURE 103"}, {Words: "harbour 0a1b"}, {Words: "2026-11-20 diffusion"}, {Words: "nothing"}} {
		if a, b := s.List(q), o.List(q); !reflect.DeepEqual(a, b) {
			t.Errorf("%+v: %v, want %v", q, ids(b), ids(a))
		}
	}
	if got := ids(o.List(Query{Words: "picture 103"})); !reflect.DeepEqual(got, all[3:4]) {
		t.Errorf("searching for a seed found %v, want %v", got, all[3:4])
	}
	if got := ids(o.List(Query{Favourites: true})); !reflect.DeepEqual(got, all[1:2]) {
		t.Errorf("favourites %v, want %v", got, all[1:2])
	}
	if err := o.Restore(all[2]); err != nil {
		t.Fatal(err)
	}
	if got := ids(o.List(Query{})); !reflect.DeepEqual(got, all) {
		t.Errorf("after restoring: %v, want %v", got, all)
	}
}

func TestTheBudgetTakesTheOldestThatNobodyWants(t *testing.T) {
	s := Open(t.TempDir(), 1<<30)
	all := save(t, s, 8)
	each := s.List(Query{})[0].Bytes
	for _, err := range []error{s.Star(all[0], true), s.Trash(all[7])} {
		if err != nil {
			t.Fatal(err)
		}
	}
	s.SetHeld(all[1:2])
	s.SetBudget(4*each + each/2)
	if err := s.Trim(); err != nil {
		t.Fatal(err)
	}
	want := []string{all[0], all[1], all[5], all[6]}
	o := Open(s.dir, 1<<30)
	if err := o.Refresh(); err != nil {
		t.Fatal(err)
	}
	if got := append(ids(o.List(Query{})), ids(o.List(Query{Trash: true}))...); !reflect.DeepEqual(got, want) {
		t.Errorf("left are %v, want %v: the favourite, the held one and the latest that fit", got, want)
	}
	s.SetHeld(nil)
	s.SetBudget(0)
	if err := s.Trim(); err != nil {
		t.Fatal(err)
	}
	if got := ids(s.List(Query{})); !reflect.DeepEqual(got, all[:1]) {
		t.Errorf("with no room %v is left, want the favourite alone", got)
	}
}

func TestADamagedFileCostsThatEntryOnly(t *testing.T) {
	s := Open(t.TempDir(), 1<<30)
	all := save(t, s, 4)
	for i, damage := range []func([]byte) []byte{
		func(b []byte) []byte { return b[:40] },                                                    // no texts any more
		func(b []byte) []byte { return append(b[:len(b)-200], make([]byte, 200)...) },              // pixels
		func(b []byte) []byte { return bytes.Replace(b, []byte("version"), []byte("nothing"), 9) }, // damaged chunk
	} {
		b, err := os.ReadFile(s.path(all[i]))
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(s.path(all[i]), damage(b), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	o := Open(s.dir, 1<<30)
	if err := o.Refresh(); err != nil {
		t.Fatal(err)
	}
	if got := ids(o.List(Query{})); !reflect.DeepEqual(got, []string{all[1], all[3]}) {
		t.Errorf("listed are %v, want those whose texts are whole", got)
	}
	if _, n := o.Usage(); n != 2 {
		t.Errorf("%d files are said to be damaged, want 2", n)
	}
	for i, id := range all {
		if _, err := o.Load(context.Background(), id); (err == nil) != (i == 3) {
			t.Errorf("entry %d: %v", i, err)
		}
	}
}

// TestTwoProgramsOnOneFolder save, star, delete and make room at once: nothing is torn,
// and what both leave alone is there for both.
func TestTwoProgramsOnOneFolder(t *testing.T) {
	dir := t.TempDir()
	stores := []*Store{Open(dir, 1<<30), Open(dir, 1<<30)}
	var kept [2][]string
	var wg sync.WaitGroup
	for p, s := range stores {
		wg.Go(func() {
			for i := range 20 {
				id := NewID(time.Now())
				if err := s.Save(context.Background(), id, result(int64(i), fmt.Sprint("program ", p))); err != nil {
					t.Error(err)
				}
				switch i % 3 {
				case 0:
					kept[p] = append(kept[p], id)
					if err := s.Star(id, true); err != nil {
						t.Error(err)
					}
				case 1:
					if err := s.Trash(id); err != nil {
						t.Error(err)
					}
				}
				for _, e := range s.List(Query{Words: "program"}) {
					if _, err := s.Load(context.Background(), e.ID); err != nil && !strings.Contains(err.Error(), "no such file") {
						t.Error(err)
					}
				}
			}
		})
	}
	wg.Wait()
	both := slices.Sorted(slices.Values(append(kept[0], kept[1]...)))
	for _, s := range stores {
		if err := s.Refresh(); err != nil {
			t.Fatal(err)
		}
		if got := ids(s.List(Query{Favourites: true})); !reflect.DeepEqual(got, both) {
			t.Errorf("%d favourites, want %d", len(got), len(both))
		}
		if _, n := s.Usage(); n != 0 {
			t.Errorf("%d damaged files", n)
		}
	}
	if left, _ := filepath.Glob(filepath.Join(dir, ".*")); len(left) > 0 {
		t.Errorf("left behind: %v", left)
	}
}

// FuzzEntry: a file of any content in the folder is an entry or is not; it ends nothing.
func FuzzEntry(f *testing.F) {
	dir := f.TempDir()
	id := NewID(time.Unix(0, 0))
	if err := write(context.Background(), filepath.Join(dir, "seed.png"), id, result(1, "seed")); err != nil {
		f.Fatal(err)
	}
	b, err := os.ReadFile(filepath.Join(dir, "seed.png"))
	if err != nil {
		f.Fatal(err)
	}
	f.Add(b)
	f.Add([]byte("\x89PNG\r\n\x1a\n"))
	s := Open(f.TempDir(), 1<<30)
	f.Fuzz(func(t *testing.T, b []byte) {
		if err := os.WriteFile(s.path(id), b, 0o644); err != nil {
			t.Fatal(err)
		}
		if e, err := inspect(s.path(id), id); err == nil && e.Size.X*e.Size.Y < 1<<20 {
			s.Load(context.Background(), id)
		}
	})
}
