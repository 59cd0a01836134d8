package journal

import (
	"bytes"
	"image"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime"
	"testing"

	"pentimento/canvas"
	"pentimento/canvas/canvastest"
)

// memFile is a journal in memory.
func memFile(data []byte) *simDisk {
	d := newSimDisk()
	d.names["/j"] = &inode{data}
	return d
}

// FuzzRead reads anything at all: it neither panics nor hangs nor fills the memory, and what
// it reads can be shown and written again. Checksums are made to fit, so that what is
// behind them is tried as well.
func FuzzRead(f *testing.F) {
	good := small()
	f.Add(good)
	f.Add(good[:len(good)/2])
	f.Add(bomb(2))
	f.Add(farOut(func(e *canvas.Edit) { moveTo(e, image.Pt(1<<30, -1<<30)) }))
	f.Add([]byte(magic))
	f.Fuzz(func(t *testing.T, data []byte) {
		if len(data) > 1<<20 {
			return
		}
		for _, in := range [][]byte{data, mended(data)} {
			j, c, err := Open(Config{Path: "/j", Disk: memFile(bytes.Clone(in))})
			if err != nil {
				continue
			}
			doc, err := canvas.Restore(c.Moments, c.At)
			if err != nil {
				t.Fatalf("what was read cannot be shown: %v", err)
			}
			doc.Watch(j)
			doc.Undo()
			if err := j.Close([]byte{}); err != nil {
				t.Fatalf("what was read cannot be gone on with: %v", err)
			}
		}
	})
}

func moveTo(e *canvas.Edit, p image.Point) {
	e.SetLayer(1, func(l *canvas.Layer) { l.Offset = p })
}

// farOut is a journal whose last step of three makes a change.
func farOut(change func(*canvas.Edit)) []byte {
	d := newSimDisk()
	s := newScript(3, Config{Path: "/j", Disk: d})
	e := s.doc.Begin("dot")
	e.Tile(1, canvas.TileKey{}).Pix[3] = 200
	e.Commit()
	e = s.doc.Begin("far out")
	change(e)
	e.Commit()
	s.j.Close(nil)
	return d.names["/j"].data
}

// TestAStepFarOutIsRefused: a crafted journal gives what was before the step that moves a layer,
// a tile or the frame to where numbers no longer fit.
func TestAStepFarOutIsRefused(t *testing.T) {
	for name, change := range map[string]func(*canvas.Edit){
		"layer": func(e *canvas.Edit) { moveTo(e, image.Pt(1<<30, -1<<30)) },
		"tile":  func(e *canvas.Edit) { e.Tile(1, canvas.TileKey{X: 1 << 26}).Pix[3] = 9 },
		"frame": func(e *canvas.Edit) { e.SetFrame(image.Rect(0, 0, 1<<30, 1<<30)) },
		"near":  func(e *canvas.Edit) { moveTo(e, image.Pt(1<<20, -1<<20)) },
	} {
		c, err := Read(memFile(farOut(change)), "/j", 0)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		want := 2
		if name == "near" {
			want = 3
		}
		if len(c.Moments) != want {
			t.Errorf("%s: %d steps, want %d", name, len(c.Moments), want)
		}
	}
}

// small is a journal of a few kilobytes with every kind of record in it.
func small() []byte {
	d := newSimDisk()
	s := newScript(3, Config{Path: "/j", Disk: d})
	dot := func(k canvas.TileKey) {
		e := s.doc.Begin("dot")
		e.Tile(1, k).Pix[3] = 200
		e.MaskTile(k).Pix[5] = 255
		e.Commit()
	}
	dot(canvas.TileKey{})
	dot(canvas.TileKey{X: -20, Y: 3})
	s.doc.Undo()
	dot(canvas.TileKey{X: 1})
	pic := image.NewNRGBA(image.Rect(2, 3, 12, 9))
	pic.Pix[0], pic.Pix[3] = 7, 255
	e := s.doc.Begin("more")
	id := e.AddLayer("above", 1)
	e.Place(id, pic, pic)
	e.AddReference(&canvas.Reference{Name: "bird", Image: pic})
	e.Witness(&canvas.Origin{Rect: pic.Rect, Layer: id, Recipe: []byte("{}")}, image.NewAlpha(pic.Rect))
	e.SetFrame(image.Rect(0, 0, 64, 64))
	e.Commit()
	s.doc.Activate(1)
	s.j.Set(Note{Key: "candidate", Data: []byte("{}"), Images: []image.Image{pic, image.NewAlpha(pic.Rect)}})
	s.j.Set(Note{Key: "gone"})
	s.j.Drop("gone")
	s.j.Saved(s.doc.State(), []byte("{}"))
	s.j.Close([]byte("{}"))
	return d.names["/j"].data
}

// mended gives every record the checksum that it should have.
func mended(data []byte) []byte {
	out := bytes.Clone(data)
	if len(out) < headSize {
		return out
	}
	var id [8]byte
	copy(id[:], out[16:24])
	copy(out, head(id))
	for at := headSize; at+recordSize <= len(out); {
		n := int(uint32(out[at]) | uint32(out[at+1])<<8 | uint32(out[at+2])<<16)
		n = min(n, len(out)-at-recordSize)
		rec := frame(nil, id, int64(at), 0, kind(out[at+4]), out[at+recordSize:at+recordSize+n])
		copy(out[at:], rec)
		at += recordSize + n
	}
	return out
}

// bomb is a small journal that claims n megabytes of blank picture in every step, all of
// them one content, and a step for each.
func bomb(n int) []byte {
	d := newSimDisk()
	f, _ := d.Open("/j", true)
	l := newLog(f)
	nums, _ := l.put([][]byte{make([]byte, chunk)})
	for i := range n {
		var p pack
		p.uint(uint64(i))
		p.byte(rasterNRGBA)
		p.rect(image.Rect(0, 0, 1024, 1024))
		for range 4 {
			p.uint(uint64(nums[0]))
		}
		l.add(kindRaster, p.b)
		p = pack{}
		p.uint(uint64(i))
		p.string("r")
		p.uint(uint64(i))
		l.add(kindReference, p.b)
	}
	l.step(nil, canvas.Moment{State: canvas.New().State()})
	l.flush()
	return d.names["/j"].data
}

// tileBomb is a small journal of steps whose tiles all lie in sectors of their own.
func tileBomb() []byte {
	d := newSimDisk()
	f, _ := d.Open("/j", true)
	l := newLog(f)
	nums, _ := l.put([][]byte{make([]byte, len(canvas.Tile{}.Pix))})
	for l.end+int64(len(l.out)) < 1<<20-80000 {
		var p pack
		p.string("")
		p.int(0)
		p.int(0)
		p.uint(2)
		p.uint(1)
		p.rect(image.Rectangle{})
		p.uint(1)
		p.uint(1)
		p.byte(layerChanged)
		p.string("")
		p.byte(1)
		p.byte(255)
		p.byte(0)
		p.point(image.Point{})
		p.uint(0)
		const tiles = 20000
		p.uint(tiles)
		for range tiles {
			p.int(17)
			p.int(0)
			p.uint(uint64(nums[0]) + 1)
		}
		p.uint(0)
		p.uint(0)
		p.uint(0)
		l.add(kindStep, p.b)
	}
	l.flush()
	return d.names["/j"].data
}

// TestBombsDoNotFillTheMemory reads files of up to a megabyte that claim to be gigabytes.
func TestBombsDoNotFillTheMemory(t *testing.T) {
	for name, data := range map[string][]byte{"pictures": bomb(15000), "tiles": tileBomb()} {
		if len(data) > 1<<20 {
			t.Fatalf("%s: the file has %d bytes", name, len(data))
		}
		runtime.GC()
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		_, err := Read(memFile(data), "/j", 0)
		runtime.ReadMemStats(&after)
		if err == nil {
			t.Errorf("%s: it was read without complaint", name)
		}
		if took := after.TotalAlloc - before.TotalAlloc; took > 480<<20 {
			t.Errorf("%s: reading took %d MB, want at most 480", name, took>>20)
		}
	}
}

// TestFlatPicturesAreNoBombs: what a person can make is read back, however well it packs.
func TestFlatPicturesAreNoBombs(t *testing.T) {
	c := Config{Path: filepath.Join(t.TempDir(), "a.journal")}
	s := newScript(1, c)
	white := image.NewNRGBA(image.Rect(0, 0, 6000, 6000))
	for i := range white.Pix {
		white.Pix[i] = 255
	}
	s.j.Set(Note{Key: "n", Images: []image.Image{white}})
	e := s.doc.Begin("reference")
	e.AddReference(&canvas.Reference{Name: "white", Image: white})
	e.Commit()
	if err := s.j.Close([]byte{}); err != nil {
		t.Fatal(err)
	}
	got, err := Read(OS, c.Path, 0)
	if err != nil {
		t.Fatal(err)
	}
	if !canvastest.SamePicture(got.Moments[1].State.References[0].Image, white) {
		t.Error("the white picture came back as another one")
	}
	if st, _ := os.Stat(c.Path); st.Size() > 2<<20 {
		t.Errorf("the file has %d bytes", st.Size())
	}
}

// TestFilesAreWrittenAnew lets a journal grow, with little of it needed: it is rewritten
// while things go on, keeps to its budget by leaving out the oldest steps, and a jump to a
// step that the file had left out brings it back.
func TestFilesAreWrittenAnew(t *testing.T) {
	d := newSimDisk()
	c := Config{Path: "/j", Disk: d, smallest: 1 << 20, Budget: 4 << 20}
	s := newScript(9, c)
	rng := rand.New(rand.NewPCG(2, 2))
	for range 40 {
		e := s.doc.Begin("noise")
		k := canvas.TileKey{X: int32(rng.IntN(3))}
		for range 12 {
			t := e.Tile(1, k)
			k.Y++
			for i := range t.Pix {
				t.Pix[i] = uint8(rng.Uint32())
			}
		}
		e.Commit()
		if err := s.j.Sync(); err != nil {
			t.Fatal(err)
		}
	}
	if renames, _ := d.tally("/j"); renames < 2 {
		t.Fatalf("the file was written anew %d times, want at least twice", renames)
	}
	got, err := Read(d, "/j", 0)
	if err != nil {
		t.Fatal(err)
	}
	if n := len(got.Moments); n >= 41 || n < 4 {
		t.Errorf("the file holds %d steps", n)
	}
	if _, size := d.tally("/j"); size > 7<<20 {
		t.Errorf("the file has %d bytes, its budget is %d", size, c.Budget)
	}
	s.doc.Go(1)
	if err := s.j.Sync(); err != nil {
		t.Fatal(err)
	}
	if got, err = Read(d, "/j", 0); err != nil || canvastest.Alike(s.doc.State(), got.Moments[got.At].State) != "" {
		t.Errorf("after a jump to an old step the file holds another picture (%v)", err)
	}
	s.j.Close([]byte{})
}

// TestRelocate moves a journal to another place while it is written to.
func TestRelocate(t *testing.T) {
	dir := t.TempDir()
	from, to := filepath.Join(dir, "a.journal"), filepath.Join(dir, "b.journal")
	s := newScript(4, Config{Path: from, Exclusive: true})
	for range 20 {
		s.step()
	}
	moved := make(chan error, 1)
	s.j.Relocate([]string{filepath.Join(dir, "missing", "c.journal"), to}, nil, func(err error) { moved <- err })
	for range 20 {
		s.step()
	}
	if err := <-moved; err != nil {
		t.Fatal(err)
	}
	if _, err := TryLock(to); err == nil {
		t.Error("the new place is not locked")
	}
	s.j.Saved(s.doc.State(), s.meta)
	s.j.Close([]byte{})
	got, err := Read(OS, to, 0)
	if err != nil {
		t.Fatal(err)
	}
	if diff := s.differs(got); diff != "" || got.Saved != got.At {
		t.Errorf("%s; saved is %d, want %d", diff, got.Saved, got.At)
	}
	if rest, _ := filepath.Glob(from + "*"); len(rest) > 0 {
		t.Errorf("%v are left", rest)
	}
}
