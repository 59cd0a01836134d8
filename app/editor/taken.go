package editor

import (
	"cmp"
	"image"
	"slices"

	"golang.org/x/image/draw"

	"pentimento/app/desk"
	"pentimento/app/fills"
	"pentimento/app/words"
	"pentimento/canvas"
	"pentimento/pipeline/preprocess"
)

// takenActions are about what fills follow of the canvas itself.
var takenActions = []Action{
	{ID: "layer.guide", Name: "Use this layer as a guide", Menu: "Layer", Icon: "border", Run: (*Editor).GuideLayer, Enabled: func(e *Editor) bool { return !onGroup(e) }, Checked: hasActive(func(l *canvas.Layer) bool { return l.Guide }), Help: "Fills follow what is painted on it; it is no part of the picture and in no export"},
	{ID: "guide.paint", Name: "Paint a guide", Menu: "Layer", Icon: "brush", Run: (*Editor).PaintGuide, Help: "Add an empty guide layer, to paint a scribble, lines or a depth map that fills follow"},
	{ID: "guide.canvas", Name: "Follow what is under the frame", Menu: "Fill", Icon: "reference", Gap: true, Run: (*Editor).FollowCanvas, Enabled: hasContent, Why: "Open or paint a picture first", Help: "Each fill takes the picture under the frame, as it is then, for its look or its structure"},
}

// GuideLayer makes the active layer a guide that fills follow, or a layer of the picture again.
func (e *Editor) GuideLayer() {
	s := e.doc.State()
	l := s.Layer(s.Active)
	if l == nil || l.Group {
		return
	}
	if l.Guide {
		e.property("Layer of the picture", l.ID, func(l *canvas.Layer) bool { l.Guide = false; return true })
		return
	}
	e.property("Guide layer", l.ID, func(l *canvas.Layer) bool { l.Guide = true; return true })
	e.followGuide(l.ID)
}

// PaintGuide adds an empty guide layer, on which the brush paints.
func (e *Editor) PaintGuide() {
	var id canvas.LayerID
	e.Edit("Guide layer", func(ed *canvas.Edit) {
		layers := ed.State().Layers
		id = ed.AddLayer(words.T("Sketch %d", guides(ed.State())+1), layers[len(layers)-1].ID)
		ed.SetLayer(id, func(l *canvas.Layer) { l.Guide = true })
	})
	e.followGuide(id)
	e.SetTool("brush")
}

func guides(s *canvas.State) (n int) {
	for _, l := range s.Layers {
		if l.Guide {
			n++
		}
	}
	return n
}

// followGuide attaches a guide layer.
func (e *Editor) followGuide(id canvas.LayerID) {
	c := e.brush.Colour
	ink := int(c.R)+int(c.G)+int(c.B) < 3*128
	e.attachTaken(e.doc.State().GuideOf(id), fills.Dark(e.doc.State(), id, ink), "")
	e.Say(words.T("Fills follow what is painted on this layer; it is no part of the picture"))
}

// FollowCanvas adds what is under the frame to the strip, attached.
func (e *Editor) FollowCanvas() {
	r := &canvas.Reference{Name: words.T("What is under the frame")}
	e.Edit("Add reference", func(ed *canvas.Edit) { ed.AddReference(r) })
	e.attachTaken(r, false, "")
}

func (e *Editor) attachTaken(r *canvas.Reference, dark bool, like string) {
	if r == nil {
		return
	}
	e.Fills.FollowTaken(r, dark, like)
	if !slices.Contains(e.Settings.Open, "guides") {
		e.Unfold("guides") // how it is followed is chosen there
	}
}

// MapLayer makes the map of an attached entry a guide layer at the place that it is of, to be painted on, which
// is followed in the entry's stead.
func (e *Editor) MapLayer(r *canvas.Reference) {
	here, at, state := e.Here(), e.doc.State().Frame, e.doc.State()
	if r.Image == nil {
		at = e.Fills.MapPlace()
	}
	a := e.Fills.Attachment(r)
	name := words.T("Map (%s)", cmp.Or(a.Module, "none"))
	if e.Fills.Points(r) {
		e.Fills.People(r, func(people []preprocess.Pose, size image.Point, err error) {
			if !e.Fail(err) {
				here(func() { e.layPeople(r, a, name, people, covering(size, at)) })
			}
		})
		return
	}
	e.Fills.Map(r, func(made *image.NRGBA, err error) {
		if e.Fail(err) {
			return
		}
		e.Go(words.T("map"), func() {
			img := laidOver(made, at)
			state.Source.Space().FromSRGB(img)
			groundless(img, state.Source.Space() == nil)
			e.Post(func() { here(func() { e.layMap(r, a, name, img) }) })
		}, nil)
	})
}

// layPeople is layMap of people who were found: their joints can be dragged.
func (e *Editor) layPeople(r *canvas.Reference, a fills.Attachment, name string, people []preprocess.Pose, at image.Rectangle) {
	if len(people) == 0 {
		e.Say(words.T("No people were found in it"))
		return
	}
	e.LayPoses(name, people, at)
	e.followLayer(r, a, e.doc.State().Active)
}

// laidOver is a picture brought to a rectangle: its proportions are kept, what is beyond is cut off.
func laidOver(img *image.NRGBA, at image.Rectangle) *image.NRGBA {
	out := image.NewNRGBA(at)
	draw.CatmullRom.Scale(out, covering(img.Rect.Size(), at), img, img.Rect, draw.Src, nil)
	return out
}

// groundless takes the black ground from a map, on which a guide layer is laid again: the canvas is seen through it.
// With shades what is dark is seen through in part, and the map still comes back exactly; in other colours than
// sRGB, whose shades mix otherwise, black alone goes.
func groundless(img *image.NRGBA, shades bool) {
	for i := 0; i < len(img.Pix); i += 4 {
		p := img.Pix[i:][:4]
		if most := max(p[0], p[1], p[2]); shades || most == 0 {
			p[3] = most
			canvas.Unpremultiply(p, p)
		}
	}
}

func (e *Editor) layMap(r *canvas.Reference, a fills.Attachment, name string, img *image.NRGBA) {
	var id canvas.LayerID
	e.Edit("Make the map a layer", func(ed *canvas.Edit) {
		s := ed.State()
		id = ed.AddLayer(desk.Shorten(name, 24), s.Layers[len(s.Layers)-1].ID)
		ed.Put(id, img, nil)
		ed.SetLayer(id, func(l *canvas.Layer) { l.Guide = true })
	})
	e.followLayer(r, a, id)
	e.Say(words.T("The map is a guide layer now: paint on it"))
}

// followLayer has fills follow a guide layer as they followed an entry, which they let go of.
func (e *Editor) followLayer(r *canvas.Reference, a fills.Attachment, id canvas.LayerID) {
	e.Fills.FollowInstead(r, id, func(to *fills.Attachment) {
		*to = a
		to.On, to.Module, to.Crop, to.Type = true, "none", image.Rectangle{}, cmp.Or(a.Type, a.TypeOfModule())
	})
}
