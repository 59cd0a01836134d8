package file

import (
	"archive/zip"
	"bytes"
	"context"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"hash/crc32"
	"image"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"pentimento/canvas"
	"pentimento/canvas/blend"

	"github.com/klauspost/compress/flate"
)

// hugePNG says it is w×h and holds n bytes of rows that repeat a pattern, as small as
// deflate makes it: once the window is full of the pattern, every block is the same bytes.
func hugePNG(t testing.TB, w, h int, n int, pattern []byte) []byte {
	t.Helper()
	var z bytes.Buffer
	z.Write([]byte{0x78, 0x01})
	fw, _ := flate.NewWriter(&z, flate.BestCompression)
	chunk := bytes.Repeat(pattern, 1<<20/len(pattern)+1)
	block := []byte(nil)
	for range 3 {
		at := z.Len()
		if _, err := fw.Write(chunk); err != nil {
			t.Fatal(err)
		}
		if err := fw.Flush(); err != nil {
			t.Fatal(err)
		}
		block = z.Bytes()[at:]
	}
	all := append(bytes.Clone(z.Bytes()), bytes.Repeat(block, n/len(chunk))...)
	b := appendChunk(pngHead(raster{w, h, 4, nil}), "IDAT", all)
	return appendChunk(b, "IEND", nil)
}

func stackOf(layers int, src func(int) string) []byte {
	var b strings.Builder
	b.WriteString(`<image w="9" h="9"><stack>`)
	for i := range layers {
		fmt.Fprintf(&b, `<layer name="%d" src="%s" x="%d"/>`, i, src(i), i*3)
	}
	b.WriteString(`</stack></image>`)
	return []byte(b.String())
}

// bombs are files of at most a megabyte that would like to be gigabytes.
func bombs(t testing.TB) map[string][]byte {
	mime := oraMember{name: mimeMember, data: []byte(mimetype)}
	same := func(int) string { return "data/a.png" }
	noisy := make([]byte, 4*7500+1) // a row; by its filter (the mean of left and above) no two come out alike
	v := uint32(1)
	for i := range noisy {
		v = v*1664525 + 1013904223
		noisy[i] = byte(v >> 24)
	}
	noisy[0] = 3
	out := map[string][]byte{
		"a PNG of a billion pixels":                         zipped(t, mime, oraMember{name: stackMember, data: stackOf(1, same)}, oraMember{name: "data/a.png", data: hugePNG(t, 32000, 32000, 900<<20, []byte{0})}),
		"a PNG that unpacks to what has no two tiles alike": zipped(t, mime, oraMember{name: stackMember, data: stackOf(1, same)}, oraMember{name: "data/a.png", data: hugePNG(t, 7500, 4400, 127<<20, noisy)}),
		"one picture in ten thousand layers": zipped(t, mime, oraMember{name: stackMember, data: stackOf(10000, same)},
			oraMember{name: "data/a.png", data: hugePNG(t, 7500, 1000, 29<<20, noisy)}),
		"a thousand pictures in a thousand layers": func() []byte {
			members := []oraMember{mime, {name: stackMember, data: stackOf(1000, func(i int) string { return fmt.Sprintf("data/%d.png", i) })}}
			p := hugePNG(t, 4000, 4000, 64<<20, []byte{0, 1, 2, 3, 255, 7})
			for i := range 1000 {
				members = append(members, oraMember{fmt.Sprintf("data/%d.png", i), p, true})
			}
			return zipped(t, members...)
		}(),
		"XML of a million elements": zipped(t, mime, oraMember{name: stackMember, data: []byte(`<image><stack>` + strings.Repeat(`<layer src="a"/>`, 1<<20) + `</stack></image>`)}),
		"XML that nests deeply":     zipped(t, mime, oraMember{name: stackMember, data: []byte(`<image>` + strings.Repeat(`<stack>`, 1<<18))}),
		"XML of one long attribute": zipped(t, mime, oraMember{name: stackMember, data: []byte(`<image><stack name="` + strings.Repeat(`x`, 60<<20) + `"/></image>`)}),
		"XML entities that double": zipped(t, mime, oraMember{name: stackMember, data: []byte(`<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;">]><image><stack><layer name="&b;" src="data/a.png"/></stack></image>`)},
			oraMember{name: "data/a.png", data: flatPNG(t, 1, 1, red)}),
		"JSON of empty objects": zipped(t, mime, oraMember{name: stackMember, data: stackOf(1, same)}, oraMember{name: "data/a.png", data: flatPNG(t, 1, 1, red)},
			oraMember{name: docMember, data: []byte(`{"format":[1,0],"data":["candidates"],"layers":[` + strings.Repeat(`{},`, 1<<20) + `{}]}`)},
			oraMember{name: originMember, data: bytes.Repeat([]byte("{}\n"), 8<<20)}, oraMember{name: dataFolder + "candidates.jsonl", data: bytes.Repeat([]byte("{}\n"), 8<<20)}),
		"members that lie over each other": overlapping(t),
	}
	out["a transparent billion"] = zipped(t, mime, oraMember{name: stackMember, data: stackOf(1, same)}, oraMember{name: "data/a.png", data: hugePNG(t, 10000, 10000, 401<<20, []byte{0})})
	return out
}

// overlapping is an archive whose list names the same bytes a thousand times.
func overlapping(t testing.TB) []byte {
	t.Helper()
	p := hugePNG(t, 4000, 4000, 64<<20, []byte{0, 9, 8, 7, 255})
	b := zipped(t, oraMember{name: mimeMember, data: []byte(mimetype)}, oraMember{name: stackMember, data: stackOf(1000, func(i int) string { return fmt.Sprintf("data/%04d.png", i) })}, oraMember{name: "data/0000.png", data: p})
	end := bytes.LastIndex(b, []byte("PK\x05\x06"))
	dir := int(binary.LittleEndian.Uint32(b[end+16:]))
	entry := bytes.LastIndex(b[:end], []byte("PK\x01\x02"))
	list, one := bytes.Clone(b[dir:end]), bytes.Clone(b[entry:end])
	for i := 1; i < 1000; i++ {
		copy(one[46:], fmt.Sprintf("data/%04d.png", i))
		list = append(list, one...)
	}
	tail := bytes.Clone(b[end:])
	binary.LittleEndian.PutUint16(tail[8:], 1002)
	binary.LittleEndian.PutUint16(tail[10:], 1002)
	binary.LittleEndian.PutUint32(tail[12:], uint32(len(list)))
	return append(append(bytes.Clone(b[:dir]), list...), tail...)
}

// TestBombsAreDefused: none of them takes more than 512 MB or more than a while.
func TestBombsAreDefused(t *testing.T) {
	if testing.Short() {
		t.Skip("unpacks gigabytes: leave out -short")
	}
	for name, data := range bombs(t) {
		if len(data) > 1<<20 {
			t.Errorf("%s has %d bytes: not a small file any more", name, len(data))
		}
		began := time.Now()
		peak := watchHeap(func() {
			p, _, err := ReadProject(context.Background(), data)
			if harmless := strings.HasPrefix(name, "a transparent") || strings.HasPrefix(name, "XML entities") || strings.HasPrefix(name, "a PNG that"); err == nil && len(p.Notices) == 0 && !harmless {
				t.Errorf("%s: opened without a word", name)
			}
			_, _ = Decode(context.Background(), bytes.NewReader(data), nil)
		})
		t.Logf("%-50s %4d kB, %4d MB, %.1f s", name, len(data)>>10, peak>>20, time.Since(began).Seconds())
		if peak > 512<<20 {
			t.Errorf("%s took %d MB, want at most 512", name, peak>>20)
		}
	}
}

// TestWhatIsTooLargeIsNamed: a member that claims more than its bytes hold isn't called missing,
// and a size that no canvas has is said, though the PNG decoder does not.
func TestWhatIsTooLargeIsNamed(t *testing.T) {
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for name, text := range map[string]string{mimeMember: mimetype, stackMember: "<image><stack>" + strings.Repeat(" ", 8<<20)} {
		w, err := z.Create(name)
		if err == nil {
			_, err = io.WriteString(w, text)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	if _, _, err := ReadProject(context.Background(), b.Bytes()); err == nil || !strings.Contains(err.Error(), "claims more than") {
		t.Errorf("eight million spaces: error %v, want that the member claims more than it can hold", err)
	}
	p := flatPNG(t, 1, 1, red)
	binary.BigEndian.PutUint32(p[16:], 1<<31-1)
	binary.BigEndian.PutUint32(p[20:], 1<<31-1)
	binary.BigEndian.PutUint32(p[29:], crc32.ChecksumIEEE(p[12:29]))
	if _, err := Decode(context.Background(), bytes.NewReader(p), nil); err == nil || !strings.Contains(err.Error(), "2147483647×2147483647") {
		t.Errorf("a PNG of 2³¹−1 pixels a side: error %v, want one with its size", err)
	}
}

// watchHeap is the most memory in use while f runs, above what was in use before.
func watchHeap(f func()) uint64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	before, peak := m.HeapAlloc, m.HeapAlloc
	stop, done := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(done)
		for {
			select {
			case <-stop:
				return
			case <-time.After(20 * time.Millisecond):
				var m runtime.MemStats
				runtime.ReadMemStats(&m)
				peak = max(peak, m.HeapAlloc)
			}
		}
	}()
	f()
	close(stop)
	<-done
	return peak - before
}

// TestNamesThatLeaveTheArchiveAreNotMembers: nothing is ever read or written by such a name.
func TestNamesThatLeaveTheArchiveAreNotMembers(t *testing.T) {
	for _, name := range []string{"../a.png", "/etc/a.png", `..\a.png`, "C:a.png", "data/../../a.png", "a\x00.png"} {
		data := zipped(t, oraMember{name: mimeMember, data: []byte(mimetype)}, oraMember{name: stackMember, data: stackOf(1, func(int) string { return "x.png" })}, oraMember{name: "x.png", data: flatPNG(t, 1, 1, red)}, oraMember{name: name, data: []byte("evil")})
		p, s := mustRead(t, data)
		if len(s.others) > 0 || len(p.State.Layers) != 1 {
			t.Errorf("%q was kept as %v", name, s.others)
		}
	}
}

// TestTheCorpusOpensForEver: one file of every version of ours. A file is added when the
// format changes (PENTIMENTO_GOLDEN=1 writes it where it is missing) and none is ever
// changed.
func TestTheCorpusOpensForEver(t *testing.T) {
	path := filepath.Join("testdata", "corpus", "v1", "everything.ora")
	if _, err := os.Stat(path); err != nil && os.Getenv("PENTIMENTO_GOLDEN") == "1" {
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		mustSave(t, path, sampleProject(), nil)
	}
	p, stored := mustOpen(t, path)
	if len(p.Notices) > 0 || p.Lossy {
		t.Errorf("notices %q", p.Notices)
	}
	want := map[string]uint32{"pixels": 0x75d6c795, "mask": 0x0}
	s := p.State
	used := s.Used()
	got := map[string]uint32{"pixels": crc32.ChecksumIEEE(flattenPlain(s)(used).Pix), "mask": crc32.ChecksumIEEE(s.MaskImage(s.MaskUsed()).Pix)}
	for k, v := range want {
		if got[k] != v {
			t.Errorf("%s have the sum %#x, want %#x", k, got[k], v)
		}
	}
	names := ""
	for _, l := range s.Layers {
		names += fmt.Sprintf("%d %q %v %d %v %v; ", l.ID, l.Name, l.Visible, l.Opacity, l.Blend, l.Offset)
	}
	const layers = `1 "Layer 1" true 255 normal (0,0); 2 "random 0" true 255 screen (0,0); 3 "random 1" true 90 screen (0,0); ` +
		`4 "random 2" true 255 normal (-92,49); 5 "random 3" true 255 screen (0,0); 7 "placed \"x\"\t\n" true 255 normal (0,0); 8 "" true 255 normal (0,0); `
	if names != layers {
		t.Errorf("the layers are\n%s, want\n%s", names, layers)
	}
	if len(s.References) != 2 || len(s.Origins) != 2 || s.Frame != image.Rect(222, 283, 592, 702) || s.Active != 8 || len(p.Data["candidates"]) != 2 || len(p.Pictures) != 2 || len(p.Masks) != 1 {
		t.Errorf("%d references, %d origins, frame %v, active %d, %d candidates, %d pictures, %d masks",
			len(s.References), len(s.Origins), s.Frame, s.Active, len(p.Data["candidates"]), len(p.Pictures), len(p.Masks))
	}
	// and saved again it is the same
	p.Flatten, p.Small = flattenPlain(s), func(int) *image.NRGBA { return nil }
	again := filepath.Join(t.TempDir(), "again.ora")
	mustSave(t, again, p, stored)
	back, _ := mustOpen(t, again)
	if d := different(p, back); d != "" {
		t.Error(d)
	}
}

// TestGroupsOfTheCorpusOpenForEver: the same for the first format with groups.
func TestGroupsOfTheCorpusOpenForEver(t *testing.T) {
	path := filepath.Join("testdata", "corpus", "v1", "groups.ora")
	if _, err := os.Stat(path); err != nil && os.Getenv("PENTIMENTO_GOLDEN") == "1" {
		if err := os.WriteFile(path, tinyProject(t), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	p, _ := mustOpen(t, path)
	if len(p.Notices) > 0 || p.Lossy {
		t.Errorf("notices %q", p.Notices)
	}
	want, _, err := ReadProject(context.Background(), tinyProject(t))
	if err != nil {
		t.Fatal(err)
	}
	if d := different(want, p); d != "" {
		t.Error(d)
	}
}

// tinyProject is a saved project of a few hundred pixels with one of everything.
func tinyProject(t testing.TB) []byte {
	t.Helper()
	d := canvas.New()
	e := d.Begin("x")
	pic := image.NewNRGBA(image.Rect(-3, 2, 9, 8))
	for i := range pic.Pix {
		pic.Pix[i] = byte(i * 37)
	}
	e.Place(1, pic, pic)
	m := image.NewAlpha(image.Rect(1, 1, 4, 3))
	m.Pix[2] = 200
	e.SetMask(m)
	e.AddReference(&canvas.Reference{Name: "r", Image: pic})
	e.AddOrigin(&canvas.Origin{Rect: pic.Rect, Layer: 1, Recipe: []byte("{}")})
	e.Put(e.AddLayer("clipped", 1), pic, nil)
	e.SetLayer(2, func(l *canvas.Layer) {
		l.Clip, l.Blend, l.Lock = true, blend.SoftLight, canvas.LockAlpha|canvas.LockPixels
	})
	e.SetLayerMask(2, canvas.NewLayerMask(m, 255))
	g := e.Group("group", 2)
	e.Nest(1, g, 0)
	e.SetLayer(g, func(l *canvas.Layer) { l.Opacity, l.PassThrough, l.Collapsed = 90, true, true })
	e.SetLayerMask(g, &canvas.LayerMask{Off: true})
	e.Commit()
	path := filepath.Join(t.TempDir(), "tiny.ora")
	mustSave(t, path, &Project{State: d.State(), Flatten: flattenPlain(d.State()), Small: func(int) *image.NRGBA { return nil },
		Data: map[string][]json.RawMessage{"candidates": {json.RawMessage("{}")}}, Pictures: map[string]*image.NRGBA{"p": pic}, Masks: map[string]*image.Alpha{"m": m}}, nil)
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// FuzzProject: no bytes end the program, or open into a State that the program cannot use.
func FuzzProject(f *testing.F) {
	f.Add(groupedFile(f))
	f.Add(tinyProject(f))
	f.Fuzz(func(t *testing.T, data []byte) {
		if p, _, err := ReadProject(context.Background(), data); err == nil {
			usable(t, p)
		}
		_, _, _ = ReadContents(bytes.NewReader(data))
	})
}

// usable checks what every State must have.
func usable(t *testing.T, p *Project) {
	t.Helper()
	s := p.State
	if len(s.Layers) == 0 || s.Layer(s.Active) == nil {
		t.Fatal("a State without a layer or without an active one")
	}
	seen := map[canvas.LayerID]bool{}
	for _, l := range s.Layers {
		if l.ID == 0 || seen[l.ID] {
			t.Fatalf("two layers have the ID %d", l.ID)
		}
		seen[l.ID] = true
	}
	canvas.Open("fuzz", s)
}

// FuzzMembers puts documents into a sound archive, where the sums of FuzzProject keep a
// fuzzer from getting to: what opens can be saved and opened again as the same.
func FuzzMembers(f *testing.F) {
	m := membersOfBytes(f, tinyProject(f))
	f.Add(m[stackMember], m[docMember], m[originMember], m[dataFolder+"candidates.jsonl"], m["data/layer-1.png"])
	g := membersOfBytes(f, groupedFile(f))
	f.Add(g[stackMember], []byte("{"), []byte("\n"), []byte("[]\n"), g["data/a.png"])
	f.Fuzz(func(t *testing.T, stack, doc, origins, list, picture []byte) {
		data := zipped(t, oraMember{name: mimeMember, data: []byte(mimetype)}, oraMember{name: stackMember, data: stack}, oraMember{name: docMember, data: doc},
			oraMember{name: originMember, data: origins}, oraMember{name: dataFolder + "candidates.jsonl", data: list}, oraMember{name: "data/layer-1.png", data: picture},
			oraMember{name: maskMember, data: m[maskMember]}, oraMember{name: "pentimento/pictures/1.png", data: m["pentimento/pictures/1.png"]})
		p, stored, err := ReadProject(context.Background(), data)
		if err != nil {
			return
		}
		usable(t, p)
		if r := p.State.Content(); r.Dx() > 1<<11 || r.Dy() > 1<<11 || stored.page.Dx() > 1<<11 || stored.page.Dy() > 1<<11 {
			return // its flattened picture is not what is tested here
		}
		p.Flatten, p.Small = flattenPlain(p.State), func(int) *image.NRGBA { return nil }
		path := filepath.Join(t.TempDir(), "again.ora")
		mustSave(t, path, p, stored)
		again, _ := mustOpen(t, path)
		if d := different(p, again); d != "" {
			t.Fatal(d)
		}
	})
}

// FuzzStack: stack.xml by itself, which a fuzzer seldom reaches through deflate. What is
// read is written and read again as the same.
func FuzzStack(f *testing.F) {
	f.Add([]byte(`<image w="3" h="4" a:b="c"><stack x="1"><layer name="n" src="s" x="-5" opacity="0.25" visibility="hidden" composite-op="svg:plus"/><stack/></stack></image>`))
	f.Fuzz(func(t *testing.T, data []byte) {
		p, _, err := parseStack(data)
		if err != nil {
			return
		}
		again, _, err := parseStack(p.write())
		if err != nil {
			t.Fatalf("what was written cannot be read: %v\n%s", err, p.write())
		}
		if string(again.write()) != string(p.write()) {
			t.Fatalf("written again it differs:\n%s\n%s", p.write(), again.write())
		}
	})
}

// FuzzRows: PNG layers by themselves, against the standard decoder.
func FuzzRows(f *testing.F) {
	f.Add(flatPNG(f, 5, 4, blue))
	f.Add(flatPNG(f, 70, 3, red))
	f.Fuzz(func(t *testing.T, data []byte) {
		facts, err := readHead(bytes.NewReader(data))
		if err != nil || !facts.rows || facts.w*facts.h > 1<<20 {
			return
		}
		rows := 0
		_ = decodeRows(buffered(bytes.NewReader(data[pngHeader:])), facts, func(y int, row []byte) {
			if y != rows || len(row) != facts.w*facts.channels {
				t.Fatalf("row %d of %d bytes", y, len(row))
			}
			rows++
		})
	})
}
