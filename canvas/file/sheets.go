package file

import (
	"context"
	"image"

	"pentimento/canvas"
	"pentimento/canvas/render"
)

// Laid is a picture that lies in a project as a layer: all of it, or what a mask of its bounds shows.
type Laid struct {
	Name  string
	Image *image.NRGBA
	Shows *image.Alpha // nil: no layer mask

	Hidden bool
}

// SaveLaid writes a project of pictures that lie over one another, the lowest first, with what the opened
// picture says of its colours and itself and what is said of the making.
func SaveLaid(ctx context.Context, path string, laid []Laid, program string, m Meaning, texts []Text) error {
	doc := canvas.New()
	ed := doc.Begin("Layers")
	id := ed.State().Active
	for i, l := range laid {
		if i > 0 {
			id = ed.AddLayer(l.Name, id)
		}
		ed.SetLayer(id, func(now *canvas.Layer) { now.Name = l.Name })
		ed.Place(id, l.Image, l.Image)
		ed.SetLayer(id, func(now *canvas.Layer) { now.Placed, now.Visible = nil, !l.Hidden })
		if l.Shows != nil {
			ed.SetLayerMask(id, canvas.NewLayerMask(l.Shows, 0))
		}
		ed.SetFrame(l.Image.Rect)
	}
	ed.SetSource(newSourceOf(m, nil, id))
	ed.Commit()
	s := doc.State()
	p := &Project{State: s, Program: program, Texts: func(image.Rectangle) []Text { return texts },
		Flatten: func(r image.Rectangle) *image.NRGBA { return render.Flatten(s, r, render.FlattenOptions{}) },
		Small:   func(size int) *image.NRGBA { return render.Thumbnail(s, 0, size) }}
	_, err := SaveProject(ctx, path, p, nil)
	return err
}
