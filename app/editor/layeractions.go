package editor

import (
	"image"

	"pentimento/app/desk"
	"pentimento/app/words"
	"pentimento/canvas"
)

var groupActions = []Action{
	{ID: "layer.group", Name: "Group layer", Menu: "Layer", Icon: "group", Gap: true, Keys: []string{"Ctrl+G"}, Run: (*Editor).GroupLayer, Help: "Put the active layer into a new group; drag others into it"},
	{ID: "layer.ungroup", Name: "Ungroup", Menu: "Layer", Keys: []string{"Ctrl+Shift+G"}, Run: (*Editor).Ungroup, Enabled: onGroup, Help: "Take the group away and leave its layers where they are"},
	{ID: "layer.clip", Name: "Clip to the layer below", Menu: "Layer", Keys: []string{"Ctrl+Alt+G"}, Run: (*Editor).ClipLayer, Enabled: canClip, Why: "There is no layer below to clip it to", Checked: hasActive(func(l *canvas.Layer) bool { return l.Clip }), Help: "Show the layer only where the one below it is"},
	{ID: "layer.lockpixels", Name: "Lock pixels", Menu: "Layer", Gap: true, Run: lockLayer(canvas.LockPixels), Checked: hasLock(canvas.LockPixels), Help: "Nothing paints on the layer, or in the group"},
	{ID: "layer.lockposition", Name: "Lock position", Menu: "Layer", Run: lockLayer(canvas.LockPosition), Checked: hasLock(canvas.LockPosition), Help: "The layer cannot be moved"},
	{ID: "layer.lockalpha", Name: "Protect transparency", Menu: "Layer", Keys: []string{"/"}, Run: lockLayer(canvas.LockAlpha), Checked: hasLock(canvas.LockAlpha), Help: "Paint only where the layer has pixels already"},
}

var layerMaskActions = []Action{
	{ID: "layer.cutout", Name: "Cut out…", Menu: "Layer", Icon: "layermask", Gap: true, Run: func(e *Editor) { e.Desk.Show("cutout") }, Enabled: hasLayerPixels, Help: "Part the subject of the active layer from its background by a network: as a layer mask, as transparency or as a selection"},
	{ID: "layer.background", Name: "Replace the background…", Menu: "Layer", Run: asks("background"), Enabled: hasLayerPixels, Help: "Put something else behind the subject of the active layer: what a model paints of words, a picture, a colour, or what was there, blurred"},
	{ID: "layer.mask", Name: "Add layer mask", Menu: "Layer", Icon: "layermask", Run: (*Editor).AddLayerMask, Enabled: hasLayerMask(false), Help: "Hide parts of the layer without losing them: what is selected or masked stays visible, without either all of it"},
	{ID: "layer.maskpaint", Name: "Paint on the layer mask", Menu: "Layer", Run: func(e *Editor) { e.PaintLayerMask(e.doc.State().Active, !e.brush.LayerMask) }, Enabled: hasLayerMask(true), Checked: func(e *Editor) bool { return e.brush.LayerMask }, Help: "The brushes paint on the mask: black hides, white shows"},
	{ID: "layer.maskshow", Name: "Show the layer mask", Menu: "Layer", Run: func(e *Editor) { e.ShowLayerMask(e.doc.State().Active) }, Enabled: hasLayerMask(true), Checked: func(e *Editor) bool { return e.MaskSeen() != 0 }, Help: "Show the mask in grey instead of the picture"},
	{ID: "layer.maskoff", Name: "Disable the layer mask", Menu: "Layer", Run: (*Editor).SwitchLayerMask, Enabled: hasLayerMask(true), Checked: hasActive(func(l *canvas.Layer) bool { return l.Mask != nil && l.Mask.Off }), Help: "Keep the mask, but let it hide nothing"},
	{ID: "layer.maskapply", Name: "Apply the layer mask", Menu: "Layer", Run: (*Editor).ApplyLayerMask, Enabled: func(e *Editor) bool { return hasLayerMask(true)(e) && !onGroup(e) }, Help: "Take away for good what the mask hides"},
	{ID: "layer.maskdelete", Name: "Delete the layer mask", Menu: "Layer", Run: (*Editor).DeleteLayerMask, Enabled: hasLayerMask(true), Help: "Show all of the layer again"},
}

// hasActive asks something about the active layer.
func hasActive(is func(*canvas.Layer) bool) func(*Editor) bool {
	return func(e *Editor) bool {
		l := e.doc.State().Layer(e.doc.State().Active)
		return l != nil && is(l)
	}
}

func hasLayerMask(has bool) func(*Editor) bool {
	return hasActive(func(l *canvas.Layer) bool { return (l.Mask != nil) == has })
}

func hasLock(lock canvas.Lock) func(*Editor) bool {
	return hasActive(func(l *canvas.Layer) bool { return l.Lock&lock != 0 })
}

func onGroup(e *Editor) bool { return hasActive(func(l *canvas.Layer) bool { return l.Group })(e) }

// locked says, in words as well, whether a layer's locks, or that it is a group, keep what is
// needed from being done.
func (e *Editor) locked(id canvas.LayerID, needs canvas.Lock) bool {
	s := e.doc.State()
	l := s.Layer(id)
	if l == nil || needs == 0 {
		return false
	}
	switch locks := s.Locks(id) & needs; {
	case locks&canvas.LockPixels != 0:
		e.Say(words.T("“%s” is locked: unlock its pixels in the layers", l.Name))
	case locks&canvas.LockPosition != 0:
		e.Say(words.T("“%s” is locked: unlock its position in the layers", l.Name))
	case locks&canvas.LockAlpha != 0 && needs&canvas.LockAlpha != 0:
		e.Say(words.T("The transparency of “%s” is protected: switch that off in the layers", l.Name))
	default:
		return false
	}
	return true
}

// GroupLayer puts the active layer into a new group.
func (e *Editor) GroupLayer() {
	e.Edit("Group layer", func(ed *canvas.Edit) {
		n := 1
		for _, l := range ed.State().Layers {
			if l.Group {
				n++
			}
		}
		ed.Group(words.T("Group %d", n), ed.State().Active)
	})
}

// Ungroup takes the active group away.
func (e *Editor) Ungroup() {
	e.Edit("Ungroup", func(ed *canvas.Edit) { ed.Ungroup(ed.State().Active) })
}

// NestLayer moves a layer into a group (0: out of all), just above a layer there (0: to the bottom).
func (e *Editor) NestLayer(id, group, above canvas.LayerID) {
	e.Edit("Reorder layers", func(ed *canvas.Edit) {
		ed.Nest(id, group, above)
		ed.SetActive(id)
	})
}

// canClip says whether the active layer has a layer below, or is clipped.
func canClip(e *Editor) bool {
	s := e.doc.State()
	l := s.Layer(s.Active)
	return l != nil && (l.Clip || !l.Guide && s.ClipBase(l) != 0)
}

// ClipLayer clips the active layer to the one below, or no longer.
func (e *Editor) ClipLayer() {
	e.property("Clip layer", e.doc.State().Active, func(l *canvas.Layer) bool { l.Clip = !l.Clip; return true })
}

// CollapseGroup folds a group in the panel, or unfolds it.
func (e *Editor) CollapseGroup(id canvas.LayerID, collapsed bool) {
	e.property("Fold group", id, func(l *canvas.Layer) bool {
		old := l.Collapsed
		l.Collapsed = collapsed
		return old != collapsed
	})
}

// SetPassThrough lets what is in a group mix with what is below the group.
func (e *Editor) SetPassThrough(id canvas.LayerID) {
	e.property("Layer blend mode", id, func(l *canvas.Layer) bool {
		old := l.PassThrough
		l.PassThrough, l.Blend = l.Group, 0
		return old != l.PassThrough
	})
}

func lockLayer(lock canvas.Lock) func(*Editor) {
	return func(e *Editor) {
		e.property("Lock layer", e.doc.State().Active, func(l *canvas.Layer) bool { l.Lock ^= lock; return true })
	}
}

// AddLayerMask gives the active layer a mask: what is selected shows, else what the mask
// covers, else all. The brushes paint on it from then on.
func (e *Editor) AddLayerMask() {
	s := e.doc.State()
	l := s.Layer(s.Active)
	if l == nil {
		return
	}
	m := &canvas.LayerMask{Outside: 255}
	for _, g := range []canvas.Grid[canvas.MaskTile]{s.Selection, s.Mask} {
		if used := canvas.CoverUsed(g); !used.Empty() {
			shows := canvas.CoverImage(g, used)
			shows.Rect = shows.Rect.Sub(l.Offset)
			m = canvas.NewLayerMask(shows, 0)
			break
		}
	}
	e.Edit("Add layer mask", func(ed *canvas.Edit) { ed.SetLayerMask(l.ID, m) })
	e.PaintLayerMask(l.ID, true)
	e.Say(words.T("The brush paints on the layer mask: black hides, white shows"))
}

// PaintLayerMask makes a layer active and lets the brushes paint on its mask, or on it.
func (e *Editor) PaintLayerMask(id canvas.LayerID, on bool) {
	e.SetActive(id)
	e.brush.LayerMask = on
	e.Tell(desk.Change{What: desk.LayersChanged | desk.ToolChanged})
}

// SwitchLayerMask lets the active layer's mask hide or not.
func (e *Editor) SwitchLayerMask() {
	s := e.doc.State()
	if l := s.Layer(s.Active); l != nil && l.Mask != nil {
		e.Edit("Layer mask on or off", func(ed *canvas.Edit) { ed.SwitchLayerMask(l.ID, !l.Mask.Off) })
	}
}

// ApplyLayerMask takes away what the active layer's mask hides.
func (e *Editor) ApplyLayerMask() {
	s := e.doc.State()
	if e.locked(s.Active, canvas.LockPixels) {
		return
	}
	e.Edit("Apply layer mask", func(ed *canvas.Edit) { ed.ApplyLayerMask(s.Active) })
	e.PaintLayerMask(s.Active, false)
}

// DeleteLayerMask takes the active layer's mask away.
func (e *Editor) DeleteLayerMask() {
	s := e.doc.State()
	e.Edit("Delete layer mask", func(ed *canvas.Edit) { ed.SetLayerMask(s.Active, nil) })
	e.PaintLayerMask(s.Active, false)
}

// ShowLayerMask shows a layer's mask instead of the picture, or the picture again.
func (e *Editor) ShowLayerMask(id canvas.LayerID) {
	if e.maskSeen == id {
		id = 0
	}
	e.maskSeen = id
	e.Tell(desk.Change{What: desk.Picture | desk.LayersChanged, Dirty: image.Rectangle{}})
}

// MaskSeen is the layer whose mask is shown instead of the picture; 0: none.
func (e *Editor) MaskSeen() canvas.LayerID {
	if l := e.doc.State().Layer(e.maskSeen); l == nil || l.Mask == nil {
		return 0
	}
	return e.maskSeen
}
