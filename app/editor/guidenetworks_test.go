package editor

import (
	"context"
	"image"
	"image/color"
	"os"
	"path/filepath"
	"testing"

	"pentimento/app/fetch"
	"pentimento/app/fills"
	"pentimento/app/settings"
	"pentimento/canvas"
	"pentimento/canvas/figure"
	"pentimento/pipeline"
	"pentimento/pipeline/preprocess"
)

// drawer is a Runner that makes maps, and remembers of what.
type drawer struct {
	pipeline.Runner
	of    pipeline.Guide
	empty bool // nobody is found
}

func (d *drawer) Map(_ context.Context, g pipeline.Guide) (*image.NRGBA, error) {
	d.of = g
	out := image.NewNRGBA(image.Rect(0, 0, 4, 4))
	out.SetNRGBA(1, 1, color.NRGBA{9, 8, 7, 255})
	return out, nil
}

func (d *drawer) People(_ context.Context, g pipeline.Guide) ([]preprocess.Pose, error) {
	d.of = g
	if d.empty {
		return nil, nil
	}
	body := make([]*preprocess.Point, 18)
	body[0], body[1] = &preprocess.Point{X: 0.5, Y: 0.25}, &preprocess.Point{X: 0.5, Y: 0.5}
	return []preprocess.Pose{{Body: body}}, nil
}

// following is an editor with a picture in its strip, of which fills follow what a preprocessor makes.
func following(t *testing.T, run pipeline.Runner, data, module string) (*bench, *canvas.Reference) {
	t.Helper()
	store, err := settings.Open("")
	if err != nil {
		t.Fatal(err)
	}
	b := &bench{t: t, posted: make(chan func(), 1024)}
	b.Editor = New(Config{Pipeline: pipeline.New(nil), Runner: run, Settings: store, Window: b, Post: func(f func()) { b.posted <- f }, Fetch: fetch.New(filepath.Join(data, "downloads"), "test")})
	t.Cleanup(func() { b.Editor.Jobs.Close() })
	b.Edit("refer", func(ed *canvas.Edit) {
		ed.AddReference(&canvas.Reference{Name: "one", Image: image.NewNRGBA(image.Rect(0, 0, 64, 48))})
	})
	r := b.Committed().References[0]
	b.Fills.Follow(r, pipeline.GuideControl)
	b.Fills.Attach(r, func(a *fills.Attachment) { a.Module = module })
	return b, r
}

// laid lays a file of a network's length where it would be fetched to.
func laid(t *testing.T, data, name string) (path string) {
	t.Helper()
	folder := filepath.Join(data, "pentimento", "networks")
	for _, n := range fetch.Networks {
		if n.Name == name {
			path = filepath.Join(folder, name)
			if err := os.MkdirAll(folder, 0o700); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(path, make([]byte, n.Size), 0o600); err != nil {
				t.Fatal(err)
			}
		}
	}
	return path
}

// TestPeopleWhoWereFoundCanBePosed: the map of a preprocessor of poses becomes a layer whose joints can be dragged,
// where the people are; nobody makes no layer.
func TestPeopleWhoWereFoundCanBePosed(t *testing.T) {
	data := t.TempDir()
	t.Setenv("XDG_DATA_HOME", data)
	parts := []string{preprocess.PoseDetector, preprocess.PoseLandmarks}
	for _, name := range parts {
		laid(t, data, name)
	}
	run := &drawer{empty: true}
	b, r := following(t, run, data, "openpose")
	for b.Downloads.PartsNote(parts) != "" {
		(<-b.posted)()
	}
	before := len(b.Committed().Layers)
	b.MapLayer(r)
	for len(b.said) == 0 {
		(<-b.posted)()
	}
	if len(b.Committed().Layers) != before || !b.Fills.Attachment(r).On {
		t.Error("of nobody there is a layer")
	}
	run.empty = false
	b.MapLayer(r)
	for len(b.Committed().Layers) == before {
		(<-b.posted)()
	}
	s := b.Committed()
	l := s.Layer(s.Active)
	f, ok := figure.Decode(l.Text)
	if !ok || !l.Guide || len(f.People) != 1 || run.of.Preprocessor != "openpose" {
		t.Fatalf("the layer is %+v, of %+v", l, run.of)
	}
	at := covering(image.Pt(64, 48), s.Frame)
	if p := f.People[0].Body[0]; p.Hidden || p.X != float64(at.Min.X)+0.5*float64(at.Dx()) || p.Y != float64(at.Min.Y)+0.25*float64(at.Dy()) || !f.People[0].Body[4].Hidden {
		t.Errorf("the nose is at %+v in %v", p, at)
	}
	if a := b.Fills.Attachment(s.GuideOf(l.ID)); b.Fills.Attachment(r).On || !a.On || a.Kind != pipeline.GuideControl || a.Module != "none" {
		t.Errorf("followed is %+v", a)
	}
}

// TestFetchedNetworksMakeMaps: once a preprocessor's networks are here, its map is made by them in the engine's
// process and the request names them; before that no map is made and the fill says what it lacks.
func TestFetchedNetworksMakeMaps(t *testing.T) {
	data := t.TempDir()
	t.Setenv("XDG_DATA_HOME", data)
	run := &drawer{}
	open := func() (*bench, *canvas.Reference) { return following(t, run, data, "mlsd") }
	mapped := func(b *bench, r *canvas.Reference) (made *image.NRGBA, err error) {
		ended := false
		b.Fills.Map(r, func(m *image.NRGBA, e error) { made, err, ended = m, e, true })
		for !ended {
			(<-b.posted)()
		}
		return made, err
	}
	b, r := open()
	if made, err := mapped(b, r); err == nil || made != nil || run.of.Preprocessor != "" {
		t.Errorf("without its network the map is %v, %v", made, err)
	}
	path := laid(t, data, "mlsd_512x512_tiny.onnx")
	b, r = open()
	for b.Downloads.PartsNote([]string{"mlsd_512x512_tiny.onnx"}) != "" {
		(<-b.posted)()
	}
	made, err := mapped(b, r)
	if err != nil || made == nil || made.NRGBAAt(1, 1).R != 9 || run.of.Network != path || run.of.Preprocessor != "mlsd" || run.of.Image == nil {
		t.Errorf("the map is %v, %v, by %+v", made, err, run.of)
	}
}
