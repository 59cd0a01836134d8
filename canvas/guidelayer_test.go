package canvas_test

import (
	"image"
	"image/color"
	"testing"

	"pentimento/canvas"
)

// guided is a picture of 40 × 40 pixels with a guide layer of 90 × 90 over it.
func guided(t *testing.T) (*canvas.Document, canvas.LayerID) {
	t.Helper()
	d := canvas.New()
	e := d.Begin("picture")
	e.Put(1, full(image.Rect(0, 0, 40, 40)), nil)
	e.Commit()
	e = d.Begin("guide")
	id := e.AddLayer("lines", 1)
	e.Put(id, full(image.Rect(0, 0, 90, 90)), nil)
	e.SetLayer(id, func(l *canvas.Layer) { l.Guide = true })
	e.Commit()
	return d, id
}

func full(r image.Rectangle) *image.NRGBA {
	img := image.NewNRGBA(r)
	for y := r.Min.Y; y < r.Max.Y; y++ {
		for x := r.Min.X; x < r.Max.X; x++ {
			img.SetNRGBA(x, y, color.NRGBA{uint8(x), uint8(y), 9, 255})
		}
	}
	return img
}

// A guide layer doesn't count as the picture, and one entry of the strip stands for it as long as it is
// one: through undo, deletion and duplication.
func TestTheStripFollowsTheGuideLayers(t *testing.T) {
	d, id := guided(t)
	if s := d.State(); s.Used() != image.Rect(0, 0, 40, 40) || len(s.References) != 1 || s.GuideOf(id) == nil || !s.Seen(s.Layer(id)) {
		t.Fatalf("used %v, strip %v", s.Used(), s.References)
	}
	was := d.State().References[0]
	e := d.Begin("copy")
	e.Duplicate(id)
	e.Commit()
	if n := len(d.State().References); n != 2 || d.State().References[0] != was {
		t.Fatalf("a copy leaves %d entries, want two and the first as it was", n)
	}
	e = d.Begin("gone")
	e.RemoveLayer(id)
	e.Commit()
	if s := d.State(); len(s.References) != 1 || s.GuideOf(id) != nil {
		t.Errorf("the strip keeps a layer that is gone: %v", s.References)
	}
	d.Undo()
	d.Undo()
	if s := d.State(); len(s.References) != 1 || s.References[0] != was {
		t.Errorf("undo brings %v, want the entry of before", s.References)
	}
	e = d.Begin("a layer again")
	e.SetLayer(id, func(l *canvas.Layer) { l.Guide = false })
	e.Commit()
	if s := d.State(); len(s.References) != 0 || s.Used() != image.Rect(0, 0, 90, 90) {
		t.Errorf("as a layer of the picture it uses %v, strip %v", s.Used(), s.References)
	}
}

// Neither a merge nor a clipped layer mixes a guide layer with the picture.
func TestAGuideLayerStandsBesideThePicture(t *testing.T) {
	d, id := guided(t)
	if d.State().Merges(id) {
		t.Error("a guide is merged into the picture")
	}
	e := d.Begin("clipped")
	over := e.AddLayer("clipped", id)
	e.Put(over, full(image.Rect(20, 20, 60, 60)), nil)
	e.SetLayer(over, func(l *canvas.Layer) { l.Clip = true })
	e.Commit()
	buf := make([]uint8, 4*60*60)
	d.State().Stack().LayIn(buf, 4*60, image.Rect(0, 0, 60, 60))
	if at := buf[4*(60*30+30)+3]; at != 255 {
		t.Error("a layer clipped over a guide is lost: it belongs to what is below the guide")
	}
	if at := buf[4*(60*50+50)+3]; at != 0 {
		t.Error("a layer is clipped to a guide")
	}
}

// What is painted on a guide layer outlives its group, which becomes one layer of the picture.
func TestAGuideLayerOutlivesItsMergedGroup(t *testing.T) {
	d, id := guided(t)
	e := d.Begin("group")
	group := e.Group("all", 1)
	inner := e.Group("inner", id)
	e.Nest(inner, group, 1)
	e.Commit()
	was := d.State()
	e = d.Begin("merge")
	e.MergeDown(group)
	e.Commit()
	s := d.State()
	l := s.Layer(id)
	if len(s.Layers) != 2 || l == nil || !l.Guide || l.Parent != 0 || l.Tiles.Len() != was.Layer(id).Tiles.Len() || s.Layers[1] != l {
		t.Fatalf("the guide layer became %+v among %d layers", l, len(s.Layers))
	}
	if len(s.References) != 1 || s.References[0] != was.References[0] || s.Used() != was.Used() || s.Layer(group).Group {
		t.Errorf("strip %v, used %v, want what it was: %v", s.References, s.Used(), was.Used())
	}
}
