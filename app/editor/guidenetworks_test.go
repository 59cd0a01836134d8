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
	"pentimento/pipeline"
)

// drawer is a Runner that makes maps, and remembers of what.
type drawer struct {
	pipeline.Runner
	of pipeline.Guide
}

func (d *drawer) Map(_ context.Context, g pipeline.Guide) (*image.NRGBA, error) {
	d.of = g
	out := image.NewNRGBA(image.Rect(0, 0, 4, 4))
	out.SetNRGBA(1, 1, color.NRGBA{9, 8, 7, 255})
	return out, nil
}

// TestFetchedNetworksMakeMaps: once a preprocessor's networks are here, its map is made by them in the engine's
// process and the request names them; before that no map is made and the fill says what it lacks.
func TestFetchedNetworksMakeMaps(t *testing.T) {
	data := t.TempDir()
	t.Setenv("XDG_DATA_HOME", data)
	store, err := settings.Open("")
	if err != nil {
		t.Fatal(err)
	}
	run := &drawer{}
	open := func() (*bench, *canvas.Reference) {
		b := &bench{t: t, posted: make(chan func(), 1024)}
		b.Editor = New(Config{Pipeline: pipeline.New(nil), Runner: run, Settings: store, Window: b, Post: func(f func()) { b.posted <- f }, Fetch: fetch.New(filepath.Join(data, "downloads"), "test")})
		t.Cleanup(func() { b.Editor.Jobs.Close() })
		b.Edit("refer", func(ed *canvas.Edit) {
			ed.AddReference(&canvas.Reference{Name: "one", Image: image.NewNRGBA(image.Rect(0, 0, 64, 48))})
		})
		r := b.Committed().References[0]
		b.Fills.Follow(r, pipeline.GuideControl)
		b.Fills.Attach(r, func(a *fills.Attachment) { a.Module = "mlsd" })
		return b, r
	}
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
	var lines fetch.Network
	for _, n := range fetch.Networks {
		if n.ID == "mlsd" {
			lines = n
		}
	}
	folder := filepath.Join(data, "pentimento", "networks")
	path := filepath.Join(folder, lines.Name)
	if err := os.MkdirAll(folder, 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, make([]byte, lines.Size), 0o600); err != nil {
		t.Fatal(err)
	}
	b, r = open()
	for b.Downloads.PartsNote([]string{lines.Name}) != "" {
		(<-b.posted)()
	}
	made, err := mapped(b, r)
	if err != nil || made == nil || made.NRGBAAt(1, 1).R != 9 || run.of.Network != path || run.of.Preprocessor != "mlsd" || run.of.Image == nil {
		t.Errorf("the map is %v, %v, by %+v", made, err, run.of)
	}
}
