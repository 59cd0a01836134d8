package ui

import (
	"image/color"
	"strings"
	"time"

	"fyne.io/fyne/v2"
	fynecanvas "fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/dialog"
	"fyne.io/fyne/v2/widget"

	"pentimento/app/desk"
	"pentimento/app/editor"
	"pentimento/app/words"
	"pentimento/canvas"
	"pentimento/canvas/blend"
)

// passThrough is the choice of a group that lets its layers mix with what is below it.
func passThrough() string { return words.T("pass through") }

// layerPanel lists the layers, top first and groups with what is in them, and holds the active
// one's properties.
type layerPanel struct {
	w       *window
	content *fyne.Container
	rows    *fyne.Container
	scroll  *container.Scroll
	room    *fynecanvas.Rectangle // as high as the list may be
	marker  *fynecanvas.Rectangle // where what is dragged would go
	tapped  canvas.LayerID        // a second tap soon after renames
	when    time.Time
	opacity *numberSlider
	blend   *choice
	modes   []string
	buttons map[string]*hintButton
	shown   *canvas.State
	onMask  bool // shown with the brushes painting on the mask
	thumbs  *layerThumbs
	drag    *layerRow
	drop    func()
	setting bool
}

func newLayerPanel(w *window) *layerPanel {
	p := &layerPanel{w: w, rows: container.New(rowList{}), buttons: map[string]*hintButton{}}
	p.thumbs = newLayerThumbs(w.ed.Desk, p.show)
	bar := container.NewHBox()
	for _, id := range []string{"layer.add", "layer.group", "layer.mask", "layer.duplicate", "layer.remove", "layer.up", "layer.down"} {
		a := editor.Find(id)
		b := newActionButton(w, a)
		p.buttons[id] = b
		bar.Add(b)
	}
	for _, m := range blend.Modes {
		p.modes = append(p.modes, m.String())
	}
	p.blend = newChoice(p.modes, func(s string) {
		if p.setting {
			return
		}
		if m, ok := blend.Parse(s); ok {
			w.ed.SetBlend(w.ed.State().Active, m)
		} else if s == passThrough() {
			w.ed.SetPassThrough(w.ed.State().Active)
		}
	})
	p.opacity = newNumberSlider(words.T("Opacity"), 0, 100, 1, "%", func(v float64) {}).column()
	p.opacity.slider.OnChanged = func(v float64) {
		if !p.opacity.setting {
			p.opacity.show(v)
		}
	}
	commit := func(v float64) {
		if !p.setting {
			w.ed.SetOpacity(w.ed.State().Active, uint8(min(max(v, 0), 100)*255/100+0.5))
		}
	}
	p.opacity.slider.OnChangeEnded = commit // one step of history a drag, not one a pixel
	p.opacity.changed = commit
	p.room, p.marker = fynecanvas.NewRectangle(color.Transparent), fynecanvas.NewRectangle(noFill)
	p.marker.StrokeColor, p.marker.CornerRadius = accent, 3
	p.marker.Hide()
	p.scroll = container.NewVScroll(container.NewStack(p.rows, container.NewWithoutLayout(p.marker)))
	p.content = container.NewVBox(container.NewStack(p.room, p.scroll, newWheel(w, p.scroll)), p.opacity.content, container.NewBorder(nil, nil, container.NewStack(spacer(84), widget.NewLabel(words.T("Blend"))), nil, p.blend), bar)
	p.show()
	return p
}

func (p *layerPanel) update(c desk.Change) {
	if c.What&desk.DocumentOpened != 0 {
		p.thumbs.forget()
		p.shown = nil
	}
	if c.What&(desk.LayersChanged|desk.HistoryChanged|desk.DocumentOpened) != 0 && (p.shown != p.w.ed.Committed() || p.onMask != p.w.ed.Brush().LayerMask) {
		p.show()
	}
}

// show brings the list to the present State.
func (p *layerPanel) show() {
	s := p.w.ed.Committed()
	p.setting = true
	defer func() { p.setting = false }()
	var listed []*canvas.Layer
	for i := len(s.Layers) - 1; i >= 0; i-- {
		if l := s.Layers[i]; !folded(s, l) {
			listed = append(listed, l)
		}
	}
	for len(p.rows.Objects) < len(listed) {
		p.rows.Objects = append(p.rows.Objects, newLayerRow(p))
	}
	changed := p.shown == nil || len(p.rows.Objects) != len(listed)
	p.rows.Objects = p.rows.Objects[:len(listed)]
	for i, l := range listed {
		p.rows.Objects[i].(*layerRow).set(s, l)
	}
	if p.shown != s {
		p.thumbs.want(s)
	}
	p.shown, p.onMask = s, p.w.ed.Brush().LayerMask
	const most = 7 // rows to see at once; more are scrolled to
	p.room.SetMinSize(fyne.NewSize(1, rowHeight*float32(min(len(listed), most))))
	if changed {
		p.rows.Refresh()
		p.scroll.Refresh()
	}
	if l := s.Layer(s.Active); l != nil {
		p.opacity.set(float64(l.Opacity) * 100 / 255)
		p.offer(l)
	}
	for id, b := range p.buttons {
		b.enable(editor.Find(id).Can(p.w.ed))
	}
}

// offer shows a layer's mode; that of a group can be to have none.
func (p *layerPanel) offer(l *canvas.Layer) {
	modes, mode := p.modes, l.Blend.String()
	if l.Group {
		modes = append([]string{passThrough()}, modes...)
		if l.PassThrough {
			mode = passThrough()
		}
	}
	if len(modes) != len(p.blend.options) {
		p.blend.offer(modes)
	}
	p.blend.SetSelected(mode)
}

// folded says whether a group around a layer is folded.
func folded(s *canvas.State, l *canvas.Layer) bool {
	for up := s.Layer(l.Parent); up != nil; up = s.Layer(up.Parent) {
		if up.Collapsed {
			return true
		}
	}
	return false
}

// items is the menu of the active layer: rows of the table of actions.
func (p *layerPanel) items() (items []*fyne.MenuItem) {
	for _, id := range []string{"layer.rename", "layer.duplicate", "layer.copyto", "layer.merge", "layer.remove", "", "layer.group", "layer.ungroup", "layer.clip", "layer.guide", "",
		"layer.mask", "layer.maskpaint", "layer.maskshow", "layer.maskoff", "layer.maskapply", "layer.maskdelete", "", "layer.lockpixels", "layer.lockposition", "layer.lockalpha", "select.alpha"} {
		a := editor.Find(id)
		switch {
		case id == "":
			items = append(items, fyne.NewMenuItemSeparator())
		case a != nil && a.Can(p.w.ed):
			item := fyne.NewMenuItem(words.T(a.Name), func() { a.Run(p.w.ed); p.w.focusCanvas() })
			item.Checked = a.Checked != nil && a.Checked(p.w.ed)
			items = append(items, item)
		}
	}
	return items
}

// dragged marks where a row that is dragged would go: y is in the list.
func (p *layerPanel) dragged(r *layerRow, y float32) {
	n := len(p.rows.Objects)
	p.drag, p.drop = r, nil
	i := min(max(int(y/rowHeight), 0), n-1)
	over, within := p.rows.Objects[i].(*layerRow).layer, y/rowHeight-float32(i)
	s, ed, id := p.w.ed.Committed(), p.w.ed, r.layer.ID
	top, high, depth := float32(i)*rowHeight, float32(3), s.Depth(over)
	switch {
	case y < 0 && over.ID != id:
		p.drop = func() { ed.NestLayer(id, over.Parent, over.ID) }
	case over.ID == id || s.In(over.ID, id):
	case over.Group && within > 0.25 && (within < 0.75 || !over.Collapsed):
		high = rowHeight
		p.drop = func() { ed.NestLayer(id, over.ID, s.Top(over.ID)) }
	case within < 0.5:
		p.drop = func() { ed.NestLayer(id, over.Parent, over.ID) }
	default:
		top += rowHeight
		below, parent := s.Below(over.ID), over.Parent
		if i == n-1 && y > float32(n)*rowHeight { // under all
			below, parent, depth = nil, 0, 0
		}
		above := canvas.LayerID(0)
		if below != nil {
			above = below.ID
		}
		if above != id {
			p.drop = func() { ed.NestLayer(id, parent, above) }
		}
	}
	p.marker.StrokeWidth = 2
	p.marker.Resize(fyne.NewSize(p.rows.Size().Width-eyeWidth-float32(depth)*stepWidth, high))
	p.marker.Move(fyne.NewPos(eyeWidth+float32(depth)*stepWidth, min(top, float32(n)*rowHeight-high)))
	showIf(p.marker, p.drop != nil)
	p.marker.Refresh()
}

// dropped moves what was dragged.
func (p *layerPanel) dropped() {
	drop := p.drop
	p.drag, p.drop = nil, nil
	p.marker.Hide()
	if drop != nil {
		drop()
	}
	p.w.focusCanvas()
}

// rowList lays rows of one height below each other.
type rowList struct{}

// Layout implements fyne.Layout.
func (rowList) Layout(all []fyne.CanvasObject, size fyne.Size) {
	for i, o := range all {
		o.Move(fyne.NewPos(0, float32(i)*rowHeight))
		o.Resize(fyne.NewSize(size.Width, rowHeight))
	}
}

// MinSize implements fyne.Layout.
func (rowList) MinSize(all []fyne.CanvasObject) fyne.Size {
	return fyne.NewSize(160, rowHeight*float32(len(all)))
}

// tap makes a layer active; a second tap soon after renames it. (Fyne's own double tap
// would hold back every single one.)
func (p *layerPanel) tap(id canvas.LayerID) {
	again := id == p.tapped && time.Since(p.when) < 400*time.Millisecond
	p.tapped, p.when = id, time.Now()
	p.w.ed.SetActive(id)
	p.w.focusCanvas()
	if again {
		p.tapped = 0
		p.w.ed.Do("layer.rename")
	}
}

// rename asks for the active layer's name.
func (p *layerPanel) rename() {
	s := p.w.ed.State()
	l := s.Layer(s.Active)
	if l == nil {
		return
	}
	entry := newField()
	entry.SetText(l.Name)
	d := dialog.NewForm(words.T("Rename layer"), words.T("Rename"), words.T("Cancel"), []*widget.FormItem{widget.NewFormItem(words.T("Name"), entry)}, func(ok bool) {
		if ok {
			p.w.ed.RenameLayer(l.ID, strings.TrimSpace(entry.Text))
		}
	}, p.w.win)
	d.Resize(fyne.NewSize(360, 140))
	p.w.showSheetOver(d, d.Submit, nil)
	p.w.win.Canvas().Focus(entry)
	entry.TypedShortcut(&fyne.ShortcutSelectAll{})
}
