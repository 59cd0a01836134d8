package preprocess

import (
	"bytes"
	"context"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"image"
	"image/draw"
	"image/png"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"pentimento/canvas/canvastest"
)

// read is a recorded picture: grey ones have one channel.
func read(t *testing.T, name string) Picture {
	t.Helper()
	f, err := os.Open(filepath.Join("testdata", name+".png"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	img, err := png.Decode(f)
	if err != nil {
		t.Fatal(err)
	}
	if g, ok := img.(*image.Gray); ok {
		return Picture{g.Rect.Dx(), g.Rect.Dy(), 1, g.Pix}
	}
	out := image.NewNRGBA(img.Bounds())
	draw.Draw(out, out.Rect, img, image.Point{}, draw.Src)
	return Of(out)
}

// same wants a map equal to a recorded one; how many channels a grey one was stored with
// doesn't count.
func same(t *testing.T, name string, got Picture, err error) {
	t.Helper()
	if err != nil {
		t.Errorf("%s: %v", name, err)
		return
	}
	want := read(t, name)
	if got.W != want.W || got.H != want.H {
		t.Errorf("%s: %d × %d, want %d × %d", name, got.W, got.H, want.W, want.H)
		return
	}
	g, w, differ := got.rgb(), want.rgb(), 0
	for i, v := range g.Pix {
		if v != w.Pix[i] {
			differ++
		}
	}
	if differ > 0 {
		t.Errorf("%s: %d of %d values differ, want none", name, differ, len(g.Pix))
	}
}

type point = *[2]float64

// recorded are cases of the extension's own functions on OpenCV 4.6.
type recorded struct {
	Cases []struct {
		Case, Module, Picture string
		Res                   int
		A                     *float64 `json:"thr_a"`
		B                     *float64 `json:"thr_b"`
	}
	Poses []struct {
		Case            string
		H, W            int
		Keypoints, Hand []point
		Sum             int `json:"body_sum"`
		Painted         int `json:"body_nonzero"`
	}
	Maps []struct {
		Case, From, Mode string
		H, W             int
	}
	Perfect []struct {
		Raw, Target [2]int
		Mode        Fit
		Resolution  int
	} `json:"pixel_perfect"`
}

func cases(t *testing.T) (r recorded) {
	t.Helper()
	data, err := os.ReadFile("testdata/cases.json")
	if err == nil {
		err = json.Unmarshal(data, &r)
	}
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func TestMapsAreTheExtensions(t *testing.T) {
	for _, c := range cases(t).Cases {
		m, err := Find(c.Module)
		if err != nil {
			t.Fatal(err)
		}
		by := m.Defaults()
		by.Res = c.Res
		if c.A != nil {
			by.A = *c.A
		}
		if c.B != nil {
			by.B = *c.B
		}
		got, err := m.Run(t.Context(), read(t, c.Picture), by)
		same(t, c.Case, got, err)
	}
}

func TestNormalsAreTheExtensions(t *testing.T) {
	data, err := os.ReadFile("testdata/depth.1.f32")
	if err != nil {
		t.Fatal(err)
	}
	d := Depth{47, 33, make([]float32, 47*33)}
	if err := binary.Read(bytes.NewReader(data), binary.LittleEndian, d.Values); err != nil {
		t.Fatal(err)
	}
	got, err := d.Grey()
	same(t, "depth.1.depth", got, err)
	m, _ := Find("normal_map")
	for _, background := range []float64{0.1, 0.4} {
		got, err := m.RunDepth(t.Context(), d, Params{Res: 64, A: background})
		same(t, fmt.Sprintf("depth.1.normal%g", background), got, err)
	}
}

func places18(from []point) (out []*Point) {
	for _, p := range from {
		if p == nil {
			out = append(out, nil)
		} else {
			out = append(out, &Point{p[0], p[1]})
		}
	}
	return out
}

func TestPosesAreTheExtensions(t *testing.T) {
	for i, p := range cases(t).Poses {
		got, err := DrawPose(p.W, p.H, Pose{Body: places18(p.Keypoints)})
		if i < 2 {
			same(t, p.Case+".body", got, err)
		}
		sum, painted := 0, 0
		for i := 0; i < len(got.Pix); i += 3 {
			n := int(got.Pix[i]) + int(got.Pix[i+1]) + int(got.Pix[i+2])
			if sum += n; n > 0 {
				painted++
			}
		}
		if sum != p.Sum || painted != p.Painted {
			t.Errorf("%s: sum %d, %d pixels, want %d, %d", p.Case, sum, painted, p.Sum, p.Painted)
		}
		if p.Hand != nil {
			got, err = DrawPose(p.W, p.H, Pose{Hands: [][]*Point{places18(p.Hand)}})
			same(t, p.Case+".hand", got, err)
		}
	}
}

func TestMapsComeToSizeAsTheExtensions(t *testing.T) {
	all := cases(t)
	for _, c := range all.Maps {
		got, err := MapSize(t.Context(), read(t, c.From), Fit(c.Mode), c.W, c.H)
		same(t, c.Case, got, err)
	}
	for _, c := range all.Perfect {
		if n, err := PixelPerfect(c.Raw[1], c.Raw[0], c.Target[1], c.Target[0], c.Mode); err != nil || n != c.Resolution {
			t.Errorf("pixel perfect %v → %v, %s: %d, %v, want %d", c.Raw, c.Target, c.Mode, n, err, c.Resolution)
		}
	}
}

// random is a picture of noise, blocks or one colour.
func random(rng *rand.Rand, w, h int) Picture {
	p := newPicture(w, h, []int{1, 3, 4}[rng.IntN(3)])
	kind := rng.IntN(3)
	for i := range p.Pix {
		switch kind {
		case 0:
			p.Pix[i] = uint8(rng.Uint32())
		case 1:
			p.Pix[i] = uint8(i/p.Channels%w/3*80 + i/p.Channels/w/5*90)
		}
	}
	return p
}

var sizes = [][2]int{{1, 1}, {1, 2}, {2, 1}, {1, 30}, {30, 1}, {3, 7}, {63, 65}, {64, 64}, {31, 97}, {50, 9}}

// TestAnySize: every module makes of any picture a map of a size that follows from the
// module's row, or an error; never a panic, and of one picture twice the same.
func TestAnySize(t *testing.T) {
	rng := canvastest.Chance(t)
	for i := range Modules {
		m := &Modules[i]
		if m.Wants == OfPoints || m.Network != nil && m.Wants == OfPicture {
			continue
		}
		for _, s := range sizes {
			p := random(rng, s[0], s[1])
			if m.Wants == OfDepth {
				p = p.channel(0)
			}
			by := m.Defaults()
			by.Res = 1 + rng.IntN(40)
			if m.Name == "t2ia_color_grid" {
				by.Res = 64 + rng.IntN(40)
			}
			before := bytes.Clone(p.Pix)
			got, err := m.Run(t.Context(), p, by)
			if err != nil {
				t.Errorf("%s of %v, %+v: %v", m.Name, s, by, err)
				continue
			}
			if !bytes.Equal(before, p.Pix) {
				t.Errorf("%s changes what it was given", m.Name)
			}
			short := min(p.W, p.H)
			if m.Res != nil && m.Wants == OfPicture {
				short = by.Res
			}
			if err := got.check(); err != nil || min(got.W, got.H) != short {
				t.Errorf("%s of %v, %+v: %d × %d, %v, want a short side of %d", m.Name, s, by, got.W, got.H, err, short)
			}
			again, err := m.Run(t.Context(), p, by)
			if err != nil || !bytes.Equal(again.Pix, got.Pix) {
				t.Errorf("%s of %v, %+v: another map the second time, %v", m.Name, s, by, err)
			}
			w, h := 1+rng.IntN(130), 1+rng.IntN(130)
			for _, how := range []Fit{Stretch, Crop, Fill} {
				if sized, err := MapSize(t.Context(), got, how, w, h); err != nil || sized.W != w || sized.H != h {
					t.Errorf("%s, %s to %d × %d: %d × %d, %v", m.Name, how, w, h, sized.W, sized.H, err)
				}
			}
		}
	}
}

// TestNonsenseIsRefused: numbers that no map can be made with are errors that name the module.
func TestNonsenseIsRefused(t *testing.T) {
	p := newPicture(9, 9, 3)
	p.Pix[0] = 7 // in colour
	nan, big := math.NaN(), 1e300
	for _, c := range []struct {
		module string
		p      Picture
		by     Params
	}{
		{"canny", p, Params{Res: 0, A: 1, B: 2}}, {"canny", p, Params{Res: -5}}, {"canny", p, Params{Res: 64, A: nan}}, {"canny", p, Params{Res: 64, B: big}},
		{"canny", newPicture(1, 20000, 3), Params{Res: 2048}}, {"canny", Picture{}, Params{Res: 64}}, {"canny", Picture{3, 3, 3, nil}, Params{Res: 64}}, {"canny", Picture{3, 3, 2, make([]uint8, 18)}, Params{Res: 64}},
		{"blur_gaussian", p, Params{Res: 64}}, {"blur_gaussian", p, Params{Res: 64, A: -1}}, {"tile_resample", p, Params{A: 10}}, {"recolor_luminance", p, Params{A: 0}},
		{"t2ia_color_grid", p, Params{Res: 63}}, {"normal_midas", p, Params{}}, {"depth_midas", p, Params{}}, {"openpose_full", p, Params{}},
	} {
		m, err := Find(c.module)
		if err != nil {
			t.Fatal(err)
		}
		if got, err := m.Run(t.Context(), c.p, c.by); err == nil {
			t.Errorf("%s %+v: a map of %d × %d, want an error", c.module, c.by, got.W, got.H)
		}
	}
	if _, err := Find("cany"); err == nil {
		t.Error("cany is found")
	}
	if _, err := DrawPose(64, 64, Pose{Body: make([]*Point, 17)}); err == nil {
		t.Error("a body of 17 points is drawn")
	}
	if _, err := DrawPose(64, 64, Pose{Body: append(make([]*Point, 17), &Point{nan, 0})}); err == nil {
		t.Error("a point that is no number is drawn")
	}
	if _, err := (Depth{2, 1, []float32{1, float32(math.Inf(1))}}).Grey(); err == nil {
		t.Error("an endless depth is drawn")
	}
}

// TestPosesMayLieAnywhere: points outside the map are drawn as far as they reach in.
func TestPosesMayLieAnywhere(t *testing.T) {
	rng := canvastest.Chance(t)
	for range 200 {
		spread := []float64{0.01, 1, 3, 190}[rng.IntN(4)]
		some := func(n int) (out []*Point) {
			for range n {
				out = append(out, &Point{(rng.Float64() - 0.5) * spread, (rng.Float64() - 0.5) * spread})
				if rng.IntN(4) == 0 {
					out[len(out)-1] = nil
				}
			}
			return out
		}
		w, h := 1+rng.IntN(90), 1+rng.IntN(90)
		if _, err := DrawPose(w, h, Pose{Body: some(18), Hands: [][]*Point{some(21), nil}, Face: some(5)}); err != nil {
			t.Fatal(err)
		}
	}
}

// TestPosesAreReadFromJSON in pixels and in parts, alone and in a list; what is none is refused.
func TestPosesAreReadFromJSON(t *testing.T) {
	body := func(x, y float64) string {
		return fmt.Sprintf(`[%g,%g,1,0,0,0%s]`, x, y, strings.Repeat(",0,0,0", 16))
	}
	for _, text := range []string{
		`{"people":[{"pose_keypoints_2d":` + body(32, 16) + `,"hand_left_keypoints_2d":null}],"canvas_width":64,"canvas_height":64}`,
		`[{"people":[{"pose_keypoints_2d":` + body(0.5, 0.25) + `}],"canvas_width":64,"canvas_height":64}]`,
	} {
		people, w, h, err := ReadPoses(strings.NewReader(text))
		if err != nil || len(people) != 1 || w != 64 || h != 64 {
			t.Fatalf("%s: %v, %d × %d, %v", text, people, w, h, err)
		}
		if p := people[0].Body; *p[0] != (Point{0.5, 0.25}) || p[1] != nil || len(p) != 18 {
			t.Errorf("%s: first %v, second %v", text, p[0], p[1])
		}
	}
	for _, text := range []string{``, `{}`, `[]`, `{"people":[{"pose_keypoints_2d":[1,2]}]}`, `{"people":[{"pose_keypoints_2d":[1,2,3]}]}`, `{"people":[{"pose_keypoints_2d":` + body(1e9, 0) + `}]}`, `{"people":"x"}`} {
		if people, _, _, err := ReadPoses(strings.NewReader(text)); err == nil {
			t.Errorf("%s: %v, want an error", text, people)
		}
	}
}

// TestNamesOfTheExtension: its labels and its keys lead to one row.
func TestNamesOfTheExtension(t *testing.T) {
	for name, want := range map[string]string{"color": "t2ia_color_grid", "lineart_standard (from white bg & black line)": "lineart_standard", "Invert (from white bg & black line)": "invert", "depth": "depth_midas", "None": "none"} {
		if m, err := Find(name); err != nil || m.Name != want {
			t.Errorf("%q: %v, want %s", name, err, want)
		}
	}
}

// TestStops: a module whose context has ended gives no map, and soon.
func TestStops(t *testing.T) {
	p := newPicture(700, 500, 3)
	for i := range Modules {
		if Modules[i].Wants == OfPoints || Modules[i].Network != nil && Modules[i].Wants == OfPicture {
			continue
		}
		ctx, stop := context.WithCancel(t.Context())
		stop()
		by := Modules[i].Defaults()
		by.Res = 2048
		began := time.Now()
		if _, err := Modules[i].Run(ctx, p, by); !errors.Is(err, context.Canceled) {
			t.Errorf("%s: %v, want it stopped", Modules[i].Name, err)
		}
		if d := time.Since(began); d > 5*time.Second {
			t.Errorf("%s stops after %v", Modules[i].Name, d)
		}
	}
}

func BenchmarkCanny1024(b *testing.B) {
	rng := rand.New(rand.NewPCG(1, 2))
	p := newPicture(1024, 1024, 3)
	for i := range p.Pix {
		p.Pix[i] = uint8(i/3%1024/7*37 + i/3072/11*53 + rng.IntN(30))
	}
	for b.Loop() {
		if _, err := canny(b.Context(), p, Params{Res: 1024, A: 100, B: 200}); err != nil {
			b.Fatal(err)
		}
	}
}

// A window of a map is what the whole map has there, also where the whole would be far too large.
func TestAWindowOfAMap(t *testing.T) {
	photo := read(t, "picture.0")
	canny, err := Find("canny")
	if err != nil {
		t.Fatal(err)
	}
	drawing, err := canny.Run(t.Context(), photo, Params{Res: 64, A: 100, B: 200})
	if err != nil {
		t.Fatal(err)
	}
	for name, p := range map[string]Picture{"photo": photo, "drawing": drawing} {
		for _, how := range []Fit{Stretch, Crop, Fill} {
			const w, h = 3000, 2400 // its windows are made alone
			whole, err := MapSize(t.Context(), p, how, w, h)
			if err != nil {
				t.Fatal(err)
			}
			for _, at := range []image.Rectangle{image.Rect(0, 0, 100, 80), image.Rect(1500, 1100, 1756, 1356), image.Rect(2900, 2300, w, h), image.Rect(10, 1190, 2990, 1200)} {
				got, err := MapWindow(t.Context(), p, how, w, h, at)
				if err != nil {
					t.Fatal(err)
				}
				limit := map[string]float64{"photo": 0, "drawing": 8}[name] // a drawing's lines are as thick as where it is parted
				if off := distance(got, whole.cropped(at.Min.X, at.Min.Y, at.Dx(), at.Dy())); off > limit {
					t.Errorf("%s, %s, %v: it is %.1f levels off the whole map there", name, how, at, off)
				}
			}
		}
		if _, err := MapWindow(t.Context(), p, Crop, 400_000, 300_000, image.Rect(200_000, 100_000, 200_512, 100_512)); err != nil {
			t.Errorf("%s: a window of a huge canvas: %v", name, err)
		}
		same, err := MapWindow(t.Context(), p, Crop, 300, 200, image.Rect(10, 20, 110, 90))
		whole, err2 := MapSize(t.Context(), p, Crop, 300, 200)
		if err != nil || err2 != nil || distance(same, whole.cropped(10, 20, 100, 70)) != 0 {
			t.Errorf("%s: of a small canvas a window has other pixels", name)
		}
	}
	if _, err := MapWindow(t.Context(), photo, Crop, 300, 200, image.Rect(200, 100, 301, 200)); err == nil {
		t.Error("a window beyond the canvas was taken")
	}
}

// distance is the mean difference of two maps of one size, in levels.
func distance(a, b Picture) float64 {
	if a.W != b.W || a.H != b.H || len(a.Pix) != len(b.Pix) {
		return math.Inf(1)
	}
	sum := 0.0
	for i, v := range a.Pix {
		sum += math.Abs(float64(v) - float64(b.Pix[i]))
	}
	return sum / float64(len(a.Pix))
}

// channel is one of the picture's as a picture of its own.
func (p Picture) channel(c int) Picture {
	out := newPicture(p.W, p.H, 1)
	for i := range out.Pix {
		out.Pix[i] = p.Pix[i*p.Channels+c]
	}
	return out
}
