package journal

import (
	"bytes"
	"errors"
	"fmt"
	"image"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"pentimento/canvas"
	"pentimento/canvas/canvastest"
)

// script does random things to a document and its journal, as a person does.
type script struct {
	rng   *rand.Rand
	doc   *canvas.Document
	j     *Journal
	notes []Note
	meta  []byte
}

func newScript(seed uint64, c Config) *script {
	s := &script{rng: rand.New(rand.NewPCG(seed, 7)), doc: canvas.New()}
	moments, at := s.doc.Moments()
	s.meta = []byte("the beginning")
	s.j = Create(c, moments, at, s.meta)
	s.doc.Watch(s.j)
	return s
}

func (s *script) step() {
	switch s.rng.IntN(14) {
	case 0:
		s.doc.Undo()
	case 1:
		s.doc.Redo()
	case 2:
		steps, _ := s.doc.History()
		s.doc.Go(s.rng.IntN(len(steps)))
	case 3:
		l := s.doc.State().Layers
		s.doc.Activate(l[s.rng.IntN(len(l))].ID)
	case 4:
		s.addNote()
	case 5:
		s.dropNote()
	case 6:
		e := s.doc.Begin("reference")
		r := image.Rect(0, 0, 1+s.rng.IntN(90), 1+s.rng.IntN(90))
		e.AddReference(&canvas.Reference{Name: "Vögel", Image: canvastest.Picture(s.rng, r, true)})
		e.Commit()
	case 8:
		e := s.doc.Begin("accept")
		l := s.doc.State().Layers[0]
		area := canvastest.Area(s.rng, 150)
		mask := canvastest.Blob(s.rng, area)
		e.Put(l.ID, canvastest.Picture(s.rng, area, true), mask)
		e.Witness(&canvas.Origin{Rect: area, Layer: l.ID, Recipe: []byte("{}")}, mask)
		e.Commit()
	case 7:
		s.meta = fmt.Appendf(nil, "meta %d", s.rng.IntN(100))
		s.j.Meta(s.meta)
	default:
		canvastest.Change(s.rng, s.doc).Commit()
	}
}

func (s *script) addNote() {
	r := canvastest.Area(s.rng, 80)
	n := Note{Key: fmt.Sprint("candidate ", s.rng.IntN(5)), Data: []byte(fmt.Sprint(s.rng.Uint64())),
		Images: []image.Image{canvastest.Picture(s.rng, r, false), canvastest.Blob(s.rng, r)}}
	if i := slices.IndexFunc(s.notes, func(o Note) bool { return o.Key == n.Key }); i >= 0 {
		s.notes[i] = n
	} else {
		s.notes = append(s.notes, n)
	}
	s.j.Set(n)
}

func (s *script) dropNote() {
	if len(s.notes) > 0 {
		i := s.rng.IntN(len(s.notes))
		s.j.Drop(s.notes[i].Key)
		s.notes = slices.Delete(s.notes, i, i+1)
	}
}

// differs says how a journal's content differs from what was done.
func (s *script) differs(c *Content) string {
	moments, at := s.doc.Moments()
	if d := differentHistory(moments, at, c.Moments, c.At); d != "" {
		return d
	}
	if !bytes.Equal(c.Meta, s.meta) {
		return fmt.Sprintf("meta is %q, want %q", c.Meta, s.meta)
	}
	return differentNotes(s.notes, c.Notes)
}

func differentHistory(want []canvas.Moment, wantAt int, got []canvas.Moment, at int) string {
	if len(got) != len(want) || at != wantAt {
		return fmt.Sprintf("history of %d at %d, want %d at %d", len(got), at, len(want), wantAt)
	}
	for i, m := range want {
		g := got[i]
		if g.Label != m.Label || !g.When.Equal(m.When) || i > 0 && g.Bytes != m.Bytes {
			return fmt.Sprintf("step %d is %v, want %v", i, g.Step, m.Step)
		}
		if d := canvastest.Alike(m.State, g.State); d != "" {
			return fmt.Sprintf("step %d %q: %s", i, m.Label, d)
		}
	}
	return ""
}

func differentNotes(want, got []Note) string {
	if len(got) != len(want) {
		return fmt.Sprintf("%d notes, want %d", len(got), len(want))
	}
	for i, n := range want {
		g := got[i]
		if g.Key != n.Key || !bytes.Equal(g.Data, n.Data) || len(g.Images) != len(n.Images) {
			return fmt.Sprintf("note %d is %q %q, want %q %q", i, g.Key, g.Data, n.Key, n.Data)
		}
		for k := range n.Images {
			if !samePixels(n.Images[k], g.Images[k]) {
				return fmt.Sprintf("picture %d of note %q differs", k, n.Key)
			}
		}
	}
	return ""
}

func samePixels(a, b image.Image) bool {
	switch x := a.(type) {
	case *image.NRGBA:
		y, ok := b.(*image.NRGBA)
		return ok && canvastest.SamePicture(x, y)
	case *image.Alpha:
		y, ok := b.(*image.Alpha)
		return ok && x.Rect == y.Rect && bytes.Equal(x.Pix, y.Pix)
	}
	return false
}

// TestJournalIsExact does many random things, closes, opens and goes on: what is read is
// what was done, to the bit, again and again.
func TestJournalIsExact(t *testing.T) {
	for seed := range uint64(6) {
		c := Config{Path: filepath.Join(t.TempDir(), "a.journal")}
		s := newScript(seed, c)
		for round := range 4 {
			for range 60 {
				s.step()
			}
			if err := s.j.Close([]byte("end")); err != nil {
				t.Fatal(err)
			}
			j, got, err := Open(c)
			if err != nil {
				t.Fatal(err)
			}
			if d := s.differs(got); d != "" {
				t.Fatalf("seed %d, round %d: %s", seed, round, d)
			}
			if !got.Clean || string(got.End) != "end" || got.Torn != 0 || got.Damaged != 0 {
				t.Fatalf("clean %v, end %q, torn %d, damaged %d", got.Clean, got.End, got.Torn, got.Damaged)
			}
			doc, err := canvas.Restore(got.Moments, got.At)
			if err != nil {
				t.Fatal(err)
			}
			doc.Watch(j)
			s.doc, s.j, s.notes = doc, j, got.Notes
		}
		s.j.Close(nil)
	}
}

// TestUnchangedTilesAreShared holds that a history read back takes no more memory than the
// one that was written.
func TestUnchangedTilesAreShared(t *testing.T) {
	c := Config{Path: filepath.Join(t.TempDir(), "a.journal")}
	s := newScript(1, c)
	e := s.doc.Begin("ground")
	e.Put(1, canvastest.Picture(s.rng, image.Rect(0, 0, 640, 640), false), nil)
	e.Commit()
	for i := range 20 {
		e := s.doc.Begin("dot")
		e.Tile(1, canvas.TileKey{X: int32(i % 10)}).Pix[0] ^= 1
		e.Commit()
	}
	s.j.Close([]byte{})
	got, err := Read(OS, c.Path, 0)
	if err != nil {
		t.Fatal(err)
	}
	for i, m := range got.Moments[2:] {
		n := 0
		got.Moments[i+1].State.Layers[0].Tiles.Diff(m.State.Layers[0].Tiles, func(canvas.TileKey) { n++ })
		if n != 1 {
			t.Fatalf("step %d holds %d tiles of its own, want 1", i+2, n)
		}
	}
	if st, _ := os.Stat(c.Path); st.Size() > 640*640*4+20*20000 {
		t.Errorf("the file has %d bytes: contents are there twice", st.Size())
	}
}

// TestNothingIsWrittenForAnEmptyCanvas: a window that was only looked at leaves no file.
func TestNothingIsWrittenForAnEmptyCanvas(t *testing.T) {
	c := Config{Path: filepath.Join(t.TempDir(), "a.journal")}
	s := newScript(1, c)
	if err := s.j.Sync(); err != nil {
		t.Fatal(err)
	}
	if err := s.j.Close([]byte{}); err != nil {
		t.Fatal(err)
	}
	if _, err := Read(OS, c.Path, 0); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("reading said %v, want that there is no file", err)
	}
}

// TestTornTailIsCut cuts the file at every kind of place: what is read is the whole history
// as it was after one of the steps.
func TestTornTailIsCut(t *testing.T) {
	dir := t.TempDir()
	c := Config{Path: filepath.Join(dir, "a.journal")}
	s := newScript(4, c)
	type history struct {
		moments []canvas.Moment
		at      int
	}
	var after []history // by the step's number
	note := func() {
		moments, at := s.doc.Moments()
		after = append(after, history{slices.Clone(moments), at})
	}
	note()
	for range 25 {
		s.step()
		note()
	}
	s.j.Close(nil)
	whole, err := os.ReadFile(c.Path)
	if err != nil {
		t.Fatal(err)
	}
	found := map[int]bool{}
	for n := range 60 {
		cut := len(whole)/2 + s.rng.IntN(len(whole)/2)
		torn := append(slices.Clone(whole[:cut]), make([]byte, n%3*7)...)
		path := filepath.Join(dir, "torn.journal")
		if err := os.WriteFile(path, torn, 0o600); err != nil {
			t.Fatal(err)
		}
		j, got, err := Open(Config{Path: path})
		if err != nil {
			t.Fatalf("cut at %d: %v", cut, err)
		}
		if got.Clean || got.Damaged != 0 {
			t.Fatalf("cut at %d: clean %v, damaged %d", cut, got.Clean, got.Damaged)
		}
		step := slices.IndexFunc(after, func(h history) bool { return differentHistory(h.moments, h.at, got.Moments, got.At) == "" })
		if step < 0 {
			t.Fatalf("cut at %d: %d steps, of which %d is present, were never there", cut, len(got.Moments), got.At)
		}
		found[step] = true
		j.Close([]byte{})
		if again, err := Read(OS, path, 0); err != nil || again.Torn != 0 || len(again.Moments) != len(got.Moments) {
			t.Fatalf("cut at %d and mended: %v", cut, err)
		}
	}
	if len(found) < 5 {
		t.Errorf("only the steps %v were found: the cuts prove little", found)
	}
}

// TestReshapedPicturesComeBack: pictures that were turned and cropped, with all their steps.
func TestReshapedPicturesComeBack(t *testing.T) {
	rng := canvastest.Chance(t)
	c := Config{Path: filepath.Join(t.TempDir(), "a.journal")}
	d := canvastest.Document(rng)
	moments, at := d.Moments()
	j := Create(c, moments, at, nil)
	d.Watch(j)
	for range 6 {
		canvastest.Change(rng, d).Commit()
		canvastest.Reshape(rng, d)
	}
	j.Close(nil)
	again, got, err := Open(c)
	if err != nil {
		t.Fatal(err)
	}
	defer again.Close(nil)
	moments, at = d.Moments()
	if diff := differentHistory(moments, at, got.Moments, got.At); diff != "" {
		t.Error(diff)
	}
}

// TestDamagedTileCostsItself flips a bit in a content that had been on the disk.
func TestDamagedTileCostsItself(t *testing.T) {
	c := Config{Path: filepath.Join(t.TempDir(), "a.journal")}
	s := newScript(4, c)
	for i := range 4 {
		e := s.doc.Begin("paint")
		e.Put(1, canvastest.Picture(s.rng, image.Rect(i*64, 0, i*64+64, 64), false), nil)
		e.Commit()
		if err := s.j.Sync(); err != nil {
			t.Fatal(err)
		}
	}
	s.j.Close([]byte{})
	r, err := open(OS, c.Path)
	if err != nil {
		t.Fatal(err)
	}
	var at int64
	for _, rec := range r.records {
		if rec.kind == kindContent {
			at = rec.at + recordSize + int64(rec.length)/2
			break
		}
	}
	b := []byte{0}
	r.log.file.ReadAt(b, at)
	r.log.file.WriteAt([]byte{b[0] ^ 4}, at)
	r.log.file.Close()
	got, err := Read(OS, c.Path, 0)
	if err != nil {
		t.Fatal(err)
	}
	if got.Damaged != 1 || got.Lost || len(got.Moments) != 5 {
		t.Fatalf("damaged %d, lost %v, %d steps", got.Damaged, got.Lost, len(got.Moments))
	}
	want, have := s.doc.State().Layers[0].Tiles, got.Moments[4].State.Layers[0].Tiles
	if have.At(canvas.TileKey{}) != nil {
		t.Error("the damaged tile is there")
	}
	for x := int32(1); x < 4; x++ {
		if k := (canvas.TileKey{X: x}); have.At(k) == nil || *have.At(k) != *want.At(k) {
			t.Errorf("tile %v suffered too", k)
		}
	}
}

// TestNewerVersionIsRefusedByName and an unknown kind of record is passed over.
func TestNewerVersionIsRefusedByName(t *testing.T) {
	c := Config{Path: filepath.Join(t.TempDir(), "a.journal")}
	s := newScript(5, c)
	for range 10 {
		s.step()
	}
	s.j.Close([]byte{})
	r, err := open(OS, c.Path)
	if err != nil {
		t.Fatal(err)
	}
	r.log.file.WriteAt(frame(nil, r.log.id, r.log.end, 0, 200, []byte("of a later time")), r.log.end)
	r.log.file.Close()
	if got, err := Read(OS, c.Path, 0); err != nil || s.differs(got) != "" {
		t.Fatalf("with an unknown record: %v", err)
	}
	b, _ := os.ReadFile(c.Path)
	b[8] = major + 1
	os.WriteFile(c.Path, b, 0o600)
	_, err = Read(OS, c.Path, 0)
	var e *Error
	if !errors.As(err, &e) || !e.Newer || e.Hint() == "" {
		t.Errorf("a newer version gave %v", err)
	}
}

// TestLockIsHeldByOneOnly and is free again when its holder lets go.
func TestLockIsHeldByOneOnly(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a.journal")
	l, err := TryLock(path)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := TryLock(path); !errors.Is(err, ErrLocked) {
		t.Errorf("a second lock gave %v", err)
	}
	l.Unlock()
	again, err := TryLock(path)
	if err != nil {
		t.Fatal(err)
	}
	again.Unlock()
}

// TestSyncIsNeverLate holds that what is written reaches the disk without being asked.
func TestSyncIsNeverLate(t *testing.T) {
	c := Config{Path: filepath.Join(t.TempDir(), "a.journal"), Delay: 20 * time.Millisecond}
	d := newSimDisk()
	c.Disk = d
	s := newScript(6, c)
	defer s.j.Close(nil)
	canvastest.Change(s.rng, s.doc).Commit()
	s.addNote()
	for end := time.Now().Add(20 * time.Second); ; time.Sleep(5 * time.Millisecond) {
		if d.unsynced() == 0 && d.writes() > 0 {
			if got, err := Read(d, c.Path, 0); err == nil && s.differs(got) == "" {
				return
			}
		}
		if time.Now().After(end) {
			t.Fatal("what was written was never synced")
		}
	}
}
