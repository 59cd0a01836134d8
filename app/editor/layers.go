package editor

import (
	"image"

	"pentimento/app/desk"
	"pentimento/app/words"
	"pentimento/canvas"
	"pentimento/canvas/blend"
	"pentimento/pipeline/pixels"
)

// AddLayer puts an empty layer above the active one.
func (e *Editor) AddLayer() {
	e.Edit("New layer", func(ed *canvas.Edit) {
		s := ed.State()
		group := s.Layer(s.Active)
		id := ed.AddLayer(words.T("Layer %d", len(s.Layers)+1), s.Active)
		if group != nil && group.Group && !group.Collapsed {
			ed.Nest(id, group.ID, s.Top(group.ID))
		}
	})
}

// RemoveLayer takes the active layer, with what is in it, out.
func (e *Editor) RemoveLayer() {
	s := e.doc.State()
	if e.waitsForTrial() || e.locked(s.Active, canvas.LockPixels) {
		return
	}
	if l := s.Layer(s.Active); l != nil && l.Guide {
		e.Say(words.T("Removed “%s”, which fills followed; undo brings it back", l.Name))
	}
	e.Edit("Remove layer", func(ed *canvas.Edit) { ed.RemoveLayer(ed.State().Active) })
}

// DuplicateLayer copies the active layer.
func (e *Editor) DuplicateLayer() {
	e.Edit("Duplicate layer", func(ed *canvas.Edit) { ed.Duplicate(ed.State().Active) })
}

// MergeDown lays the active layer onto the one below, or makes one layer of a group.
func (e *Editor) MergeDown() {
	s := e.doc.State()
	if low := s.Below(s.Active); e.locked(s.Active, canvas.LockPixels) || low != nil && !s.Layer(s.Active).Group && e.locked(low.ID, canvas.LockPixels) {
		return
	}
	e.Edit("Merge down", func(ed *canvas.Edit) { ed.MergeDown(ed.State().Active) })
}

// RaiseLayer moves the active layer by a place, up when positive, into open groups and out of
// them.
func (e *Editor) RaiseLayer(by int) {
	e.Edit("Reorder layers", func(ed *canvas.Edit) { ed.Raise(ed.State().Active, by > 0) })
}

// SetActive chooses the layer that tools work on. It leaves no step of history.
func (e *Editor) SetActive(id canvas.LayerID) {
	old := e.doc.State()
	if old.Active == id {
		return
	}
	e.CancelTool()
	e.brush.LayerMask = false
	e.Keeping.Activated(old, e.doc.Activate(id))
	e.Tell(desk.Change{What: desk.LayersChanged | desk.OverlayChanged})
}

// RenameLayer, ShowLayer, SetOpacity and SetBlend change one layer's properties.
func (e *Editor) RenameLayer(id canvas.LayerID, name string) {
	e.property("Rename layer", id, func(l *canvas.Layer) bool {
		old := l.Name
		l.Name = name
		return old != name && name != ""
	})
}

// ShowLayer shows or hides a layer.
func (e *Editor) ShowLayer(id canvas.LayerID, visible bool) {
	e.property("Layer visibility", id, func(l *canvas.Layer) bool {
		old := l.Visible
		l.Visible = visible
		return old != visible
	})
}

// SetOpacity sets a layer's opacity, 0..255.
func (e *Editor) SetOpacity(id canvas.LayerID, opacity uint8) {
	e.property("Layer opacity", id, func(l *canvas.Layer) bool {
		old := l.Opacity
		l.Opacity = opacity
		return old != opacity
	})
}

// SetBlend sets how a layer mixes with what is below.
func (e *Editor) SetBlend(id canvas.LayerID, mode blend.Mode) {
	e.property("Layer blend mode", id, func(l *canvas.Layer) bool {
		old := l.Blend
		l.Blend = mode
		return old != mode
	})
}

// property changes a layer only where change says that something is different.
func (e *Editor) property(label string, id canvas.LayerID, change func(*canvas.Layer) bool) {
	l := e.doc.State().Layer(id)
	if l == nil {
		return
	}
	probe := *l
	if !change(&probe) {
		return
	}
	e.Edit(label, func(ed *canvas.Edit) { ed.SetLayer(id, func(l *canvas.Layer) { change(l) }) })
}

// AddReference keeps a picture, in sRGB, in the strip beside the canvas.
func (e *Editor) AddReference(name string, img *image.NRGBA) {
	e.Edit("Add reference", func(ed *canvas.Edit) { ed.AddReference(&canvas.Reference{Name: name, Image: img}) })
	e.Say(words.T("“%s” is kept as a reference, in the panel References", name)) // which may be folded
}

// RemoveReference takes a picture out of the strip. A guide layer becomes one of the picture again.
func (e *Editor) RemoveReference(r *canvas.Reference) {
	if r.Layer != 0 {
		e.property("Layer of the picture", r.Layer, func(l *canvas.Layer) bool { l.Guide = false; return true })
		return
	}
	e.Edit("Remove reference", func(ed *canvas.Edit) { ed.RemoveReference(r) })
}

// PlaceReference lays a picture of the strip on the canvas as a layer.
func (e *Editor) PlaceReference(r *canvas.Reference) {
	e.place(r.Name, e.inDocument(r.Image), e.Centre(), true)
}

// inDocument is an sRGB picture in the document's colours.
func (e *Editor) inDocument(img *image.NRGBA) *image.NRGBA {
	if space := e.doc.State().Source.Space(); space != nil {
		img = pixels.Crop(img, img.Rect)
		space.FromSRGB(img)
	}
	return img
}

// inSRGB is a picture in the document's colours as sRGB.
func (e *Editor) inSRGB(img *image.NRGBA) *image.NRGBA {
	if space := e.doc.State().Source.Space(); space != nil {
		img = pixels.Crop(img, img.Rect)
		space.ToSRGB(img)
	}
	return img
}

// LayerToReference copies the active layer into the strip.
func (e *Editor) LayerToReference() {
	s := e.doc.State()
	if l := s.Layer(s.Active); l != nil && !l.Used().Empty() {
		e.AddReference(l.Name, e.inSRGB(flattenLayer(s, l)))
	}
}

func (e *Editor) Centre() image.Point {
	x, y := e.view.ToDoc(float64(e.view.W)/2, float64(e.view.H)/2)
	return image.Pt(int(x), int(y))
}

// place lays a picture on the canvas as a new layer centred at a document pixel. One that is
// larger than the view, or where it fits than the picture there, is scaled down, and stands
// between the transform tool's handles.
func (e *Editor) place(name string, img *image.NRGBA, at image.Point, fits bool) {
	size, f := img.Rect.Size(), 1.0
	if used := e.Used(); fits && !used.Empty() && (size.X > used.Dx() || size.Y > used.Dy()) {
		f, at = fitting(size, used), used.Min.Add(used.Size().Div(2))
	}
	if v := e.view.Visible(); !e.Empty() && (float64(size.X)*f > float64(v.Dx()) || float64(size.Y)*f > float64(v.Dy())) {
		f, at = 0.8*fitting(size, v), e.Centre()
	}
	size = image.Pt(max(int(float64(size.X)*f+0.5), 1), max(int(float64(size.Y)*f+0.5), 1))
	e.placeIn(name, img, image.Rectangle{Max: size}.Add(at).Sub(size.Div(2)))
	if f < 1 {
		e.TransformLayer()
		e.Say(words.T("“%s” was scaled to %d %% to fit. Drag the handles, then apply it (Enter)", name, int(100*f+0.5)))
	}
}

// fitting is the scale at which a size fits into a rectangle.
func fitting(size image.Point, r image.Rectangle) float64 {
	return min(float64(r.Dx())/float64(size.X), float64(r.Dy())/float64(size.Y))
}

// placeIn lays a picture on the canvas as a new layer that fills r.
func (e *Editor) placeIn(name string, img *image.NRGBA, r image.Rectangle) {
	e.Edit("Place "+name, func(ed *canvas.Edit) {
		s := ed.State()
		id := ed.AddLayer(desk.Shorten(name, 24), s.Layers[len(s.Layers)-1].ID)
		ed.Place(id, img, scaled(img, r))
	})
	e.SetTool("move")
}

// Visible is the part of the canvas that the window shows.
func (e *Editor) Visible() image.Rectangle { return e.view.Visible() }
