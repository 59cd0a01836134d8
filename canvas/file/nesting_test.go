package file

import (
	"context"
	"image"
	"path/filepath"
	"testing"

	"pentimento/canvas"
	"pentimento/canvas/canvastest"
	"pentimento/canvas/render"
)

// TestDeepGroupsComeBack: what was saved can be opened, however deep its groups are.
func TestDeepGroupsComeBack(t *testing.T) {
	d := canvas.New()
	e := d.Begin("deep")
	e.Put(1, canvastest.Texture(image.Rect(0, 0, 9, 9), 1), nil)
	for range 300 {
		e.Group("in", 1)
	}
	e.Commit()
	path := filepath.Join(t.TempDir(), "deep.ora")
	mustSave(t, path, &Project{State: d.State(), Flatten: flattenPlain(d.State()), Small: func(int) *image.NRGBA { return nil }}, nil)
	p, _, err := OpenProject(context.Background(), path, nil)
	if err != nil {
		t.Fatal(err)
	}
	if n := p.State.Depth(p.State.Layer(1)); n != 300 {
		t.Errorf("it is in %d groups, want 300", n)
	}
}

// TestAGroupFarAwayIsShown: a damaged file's group may lie anywhere.
func TestAGroupFarAwayIsShown(t *testing.T) {
	d := canvas.New()
	e := d.Begin("far")
	e.Put(1, canvastest.Texture(image.Rect(0, 0, 9, 9), 1), nil)
	g := e.Group("far", 1)
	e.SetLayerMask(g, canvas.NewLayerMask(image.NewAlpha(image.Rect(2, 2, 5, 5)), 255))
	e.SetLayer(g, func(l *canvas.Layer) { l.Offset = image.Pt(-1<<60, 1<<60) })
	e.Commit()
	path := filepath.Join(t.TempDir(), "far.ora")
	mustSave(t, path, &Project{State: d.State(), Flatten: func(r image.Rectangle) *image.NRGBA { return image.NewNRGBA(r) }, Small: func(int) *image.NRGBA { return nil }}, nil)
	p, _, err := OpenProject(context.Background(), path, nil)
	if err != nil {
		t.Fatal(err)
	}
	render.Flatten(p.State, image.Rect(0, 0, 9, 9), render.FlattenOptions{})
}
