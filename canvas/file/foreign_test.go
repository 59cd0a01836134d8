package file

import (
	"archive/zip"
	"bytes"
	"context"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"sync"
	"testing"

	"pentimento/canvas"
	"pentimento/canvas/blend"
	"pentimento/fault"
)

// oraMember is a member of an archive that a test builds.
type oraMember struct {
	name string
	data []byte
	pack bool // a PNG, too
}

func zipped(t testing.TB, members ...oraMember) []byte {
	t.Helper()
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for i, m := range members {
		method := zip.Deflate
		if i == 0 || bytes.HasPrefix(m.data, []byte(pngMagic)) && !m.pack {
			method = zip.Store
		}
		w, err := z.CreateHeader(&zip.FileHeader{Name: m.name, Method: method})
		if err == nil {
			_, err = w.Write(m.data)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// flatPNG is a picture of one colour, by the standard library.
func flatPNG(t testing.TB, w, h int, c color.Color) []byte {
	t.Helper()
	img := image.NewNRGBA(image.Rect(0, 0, w, h))
	for i := range w * h {
		img.Set(i%w, i/w, c)
	}
	var b bytes.Buffer
	if err := png.Encode(&b, img); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func mustRead(t testing.TB, data []byte) (*Project, *Stored) {
	t.Helper()
	p, s, err := ReadProject(context.Background(), data)
	if err != nil {
		t.Fatal(err)
	}
	return p, s
}

// rewritten opens a file, saves it again and gives back its members.
func rewritten(t *testing.T, data []byte) map[string][]byte {
	t.Helper()
	dir := t.TempDir()
	path := filepath.Join(dir, "in.ora")
	if err := os.WriteFile(path, data, 0o600); err != nil {
		t.Fatal(err)
	}
	p, stored := mustOpen(t, path)
	p.Flatten, p.Small = flattenPlain(p.State), func(int) *image.NRGBA { return nil }
	mustSave(t, path, p, stored)
	return membersOf(t, path)
}

func membersOf(t testing.TB, path string) map[string][]byte {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return membersOfBytes(t, data)
}

func membersOfBytes(t testing.TB, data []byte) map[string][]byte {
	t.Helper()
	zr, err := zip.NewReader(bytes.NewReader(data), int64(len(data)))
	if err != nil {
		t.Fatal(err)
	}
	out := map[string][]byte{}
	for i, f := range zr.File {
		r, err := f.Open()
		if err != nil {
			t.Fatal(err)
		}
		var b bytes.Buffer
		if _, err := b.ReadFrom(r); err != nil {
			t.Fatal(f.Name, err)
		}
		out[f.Name] = b.Bytes()
		if i == 0 && (f.Name != mimeMember || f.Method != zip.Store || b.String() != mimetype) {
			t.Errorf("the first member is %s, %q", f.Name, b.String())
		}
	}
	return out
}

var (
	red  = color.NRGBA{200, 10, 10, 255}
	blue = color.NRGBA{10, 10, 200, 128}
)

// groupedFile is a picture with nested groups, as Krita and GIMP write them.
func groupedFile(t testing.TB) []byte {
	const xml = `<?xml version="1.0" encoding="UTF-8"?>
<image w="100" h="80" version="0.0.5" xres="300" mypaint:eotf="2.2" xmlns:mypaint="http://mypaint.org/ns/openraster">
 <stack opacity="1" isolation="isolate">
  <stack name="Group &amp; co" x="10" y="5" opacity="0.5" visibility="visible" composite-op="svg:multiply">
   <stack name="Inner" x="1" visibility="hidden"><layer name="deep" src="data/a.png" x="2" y="-30" opacity="0.5"/></stack>
   <layer name="plain" src="data/b.png" composite-op="krita:dodge" edit-locked="true" mypaint:strokemap="data/map.dat"/>
   <text>hello</text>
  </stack>
  <layer name="ground" src="data/a.png" selected="true"/>
 </stack>
</image>`
	return zipped(t, oraMember{name: mimeMember, data: []byte(mimetype)}, oraMember{name: stackMember, data: []byte(xml)},
		oraMember{name: "data/a.png", data: flatPNG(t, 20, 70, red)}, oraMember{name: "data/b.png", data: flatPNG(t, 9, 9, blue)},
		oraMember{name: "data/map.dat", data: []byte("strokes")}, oraMember{name: mergedMember, data: flatPNG(t, 100, 80, red)}, oraMember{name: "settings.json", data: []byte("{}")})
}

func TestGroupsOfOthersOpenAsGroups(t *testing.T) {
	p, _ := mustRead(t, groupedFile(t))
	s := p.State
	want := []canvas.Layer{
		{Name: "ground", Visible: true, Opacity: 255},
		{Name: "plain", Visible: true, Opacity: 255, Offset: image.Pt(10, 5), Parent: 5, Lock: canvas.LockPixels},
		{Name: "deep", Visible: true, Opacity: 128, Offset: image.Pt(13, -25), Parent: 4},
		{Name: "Inner", Visible: false, Opacity: 255, Group: true, PassThrough: true, Parent: 5},
		{Name: "Group & co", Visible: true, Opacity: 128, Group: true, Blend: blend.Multiply},
	}
	if len(s.Layers) != len(want) {
		t.Fatalf("%d layers", len(s.Layers))
	}
	for i, w := range want {
		l := *s.Layers[i]
		w.ID, l.Tiles = canvas.LayerID(i+1), canvas.Grid[canvas.Tile]{}
		if !reflect.DeepEqual(l, w) {
			t.Errorf("layer %d is %+v, want %+v", i, l, w)
		}
	}
	if got := s.Layers[2].Used(); got != image.Rect(13, -25, 33, 45) {
		t.Errorf("the deep layer lies at %v", got)
	}
	if s.Active != s.Layers[0].ID {
		t.Error("the selected layer is not the active one")
	}
	all := strings.Join(p.Notices, "\n")
	for _, words := range []string{"krita:dodge", `"text"`} {
		if !strings.Contains(all, words) {
			t.Errorf("the notices do not say %q:\n%s", words, all)
		}
	}
	if strings.Contains(all, "roup") {
		t.Errorf("groups are kept, and the notices say:\n%s", all)
	}
}

func TestWhatIsNotOursSurvives(t *testing.T) {
	got := rewritten(t, groupedFile(t))
	if string(got["data/map.dat"]) != "strokes" || string(got["settings.json"]) != "{}" {
		t.Errorf("members of others are gone: %v", slices.Sorted(func(yield func(string) bool) {
			for k := range got {
				if !yield(k) {
					return
				}
			}
		}))
	}
	xml := string(got[stackMember])
	for _, words := range []string{`xres="300"`, `mypaint:eotf="2.2"`, `xmlns:mypaint=`, `isolation="isolate"`, `edit-locked="true"`, `mypaint:strokemap="data/map.dat"`, `composite-op="krita:dodge"`, `w="100" h="80"`} {
		if !strings.Contains(xml, words) {
			t.Errorf("stack.xml does not hold %s:\n%s", words, xml)
		}
	}
}

// TestANewerMinorVersionKeepsWhatIsNotKnown: what a later Pentimento adds comes through.
func TestANewerMinorVersionKeepsWhatIsNotKnown(t *testing.T) {
	data := edited(t, func(name string, b []byte) []byte {
		if name == docMember {
			return bytes.Replace(b, []byte(`"format": [`), []byte(`"new_thing": {"a": [1, 2]}, "format": [`), 1)
		}
		return b
	}, oraMember{name: ownFolder + "later.bin", data: []byte("from tomorrow")})
	got := rewritten(t, data)
	if !bytes.Contains(got[docMember], []byte("new_thing")) || string(got[ownFolder+"later.bin"]) != "from tomorrow" {
		t.Errorf("what is not known was lost:\n%s", got[docMember])
	}
}

func TestANewerMajorVersionIsRefusedByName(t *testing.T) {
	data := edited(t, func(name string, b []byte) []byte {
		if name == docMember {
			return bytes.Replace(b, fmt.Appendf(nil, "\"format\": [\n  %d,", FormatMajor), []byte("\"format\": [7,"), 1)
		}
		return b
	})
	_, _, err := ReadProject(context.Background(), data)
	if err == nil || !strings.Contains(err.Error(), "format 7.") || !strings.Contains(err.Error(), `"Test"`) || fault.Hint(err) == "" {
		t.Errorf("error %v, want the version and the program by name", err)
	}
}

// sampleFile is sampleProject as a file, saved once for all tests.
var sampleFile = sync.OnceValues(func() ([]byte, error) {
	dir, err := os.MkdirTemp("", "pentimento-test-")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir)
	path := filepath.Join(dir, "a.ora")
	if _, err := SaveProject(context.Background(), path, sampleProject(), nil); err != nil {
		return nil, err
	}
	return os.ReadFile(path)
})

// edited is a saved project whose members were changed, with more of them.
func edited(t testing.TB, change func(name string, b []byte) []byte, more ...oraMember) []byte {
	t.Helper()
	data, err := sampleFile()
	if err != nil {
		t.Fatal(err)
	}
	zr, err := zip.NewReader(bytes.NewReader(data), int64(len(data)))
	if err != nil {
		t.Fatal(err)
	}
	all := membersOfBytes(t, data)
	var members []oraMember
	for _, f := range zr.File {
		if b := change(f.Name, all[f.Name]); b != nil {
			members = append(members, oraMember{name: f.Name, data: b})
		}
	}
	return zipped(t, append(members, more...)...)
}
