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
	"pentimento/canvas/render"
)

// layerPanel lists the layers, top first, and holds the active one's properties.
type layerPanel struct {
	w       *window
	content *fyne.Container
	rows    *fyne.Container
	room    *fynecanvas.Rectangle // as high as the list may be
	tapped  canvas.LayerID        // a second tap soon after renames
	when    time.Time
	opacity *numberSlider
	blend   *choice
	buttons map[string]*hintButton
	shown   *canvas.State
	thumbs  map[*canvas.Layer]*fynecanvas.Image
	setting bool
}

func newLayerPanel(w *window) *layerPanel {
	p := &layerPanel{w: w, rows: container.NewVBox(), buttons: map[string]*hintButton{}, thumbs: map[*canvas.Layer]*fynecanvas.Image{}}
	bar := container.NewHBox()
	for _, id := range []string{"layer.add", "layer.duplicate", "layer.remove", "layer.up", "layer.down", "layer.rename"} {
		a := editor.Find(id)
		b := newHintButton(w, icon(a.Icon), hintOf(a), func() { w.ed.Do(id); w.focusCanvas() })
		p.buttons[id] = b
		bar.Add(b)
	}
	var names []string
	for _, m := range blend.Modes {
		names = append(names, m.String())
	}
	p.blend = newChoice(names, func(s string) {
		if m, ok := blend.Parse(s); ok && !p.setting {
			w.ed.SetBlend(w.ed.State().Active, m)
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
	p.room = fynecanvas.NewRectangle(color.Transparent)
	p.content = container.NewVBox(container.NewStack(p.room, container.NewVScroll(p.rows)), p.opacity.content, container.NewBorder(nil, nil, container.NewStack(spacer(84), widget.NewLabel(words.T("Blend"))), nil, p.blend), bar)
	p.show()
	return p
}

func (p *layerPanel) update(c desk.Change) {
	if c.What&(desk.LayersChanged|desk.HistoryChanged|desk.DocumentOpened) != 0 && p.shown != p.w.ed.Committed() {
		p.show()
	}
}

func (p *layerPanel) show() {
	s := p.w.ed.Committed()
	p.shown, p.setting = s, true
	defer func() { p.setting = false }()
	keep := map[*canvas.Layer]*fynecanvas.Image{}
	p.rows.Objects = p.rows.Objects[:0]
	for i := len(s.Layers) - 1; i >= 0; i-- {
		l := s.Layers[i]
		keep[l] = p.thumb(s, l)
		p.rows.Add(p.row(l, l.ID == s.Active, keep[l]))
	}
	p.thumbs = keep
	p.rows.Refresh()
	const most = 7 // rows to see at once; more are scrolled to
	if high := p.rows.MinSize().Height; len(s.Layers) <= most {
		p.room.SetMinSize(fyne.NewSize(1, high))
	} else {
		p.room.SetMinSize(fyne.NewSize(1, high*most/float32(len(s.Layers))))
	}
	if l := s.Layer(s.Active); l != nil {
		p.opacity.set(float64(l.Opacity) * 100 / 255)
		p.blend.SetSelected(l.Blend.String())
	}
	for id, b := range p.buttons {
		b.enable(editor.Find(id).Can(p.w.ed))
	}
}

// thumbSide is a thumbnail's longest side in device pixels.
const thumbSide = 56

func (p *layerPanel) thumb(s *canvas.State, l *canvas.Layer) *fynecanvas.Image {
	if t := p.thumbs[l]; t != nil {
		return t
	}
	img := &fynecanvas.Image{}
	if t := render.Thumbnail(s, l.ID, thumbSide); t != nil { // nil: the layer is empty
		img.Image = t
	}
	img.FillMode = fynecanvas.ImageFillContain
	img.ScaleMode = fynecanvas.ImageScaleFastest
	img.SetMinSize(fyne.NewSize(28, 28))
	return img
}

func (p *layerPanel) row(l *canvas.Layer, active bool, thumb fyne.CanvasObject) fyne.CanvasObject {
	eye := icon("eye")
	if !l.Visible {
		eye = icon("eyeoff")
	}
	show := newHintButton(p.w, eye, words.T("Show or hide this layer"), func() { p.w.ed.ShowLayer(l.ID, !l.Visible); p.w.focusCanvas() })
	name := newHintButton(p.w, nil, words.T("Work on this layer; twice: rename it"), func() { p.tap(l.ID) })
	name.SetText(l.Name)
	name.Alignment = widget.ButtonAlignLeading
	if active {
		name.Importance = widget.HighImportance
	}
	return container.NewBorder(nil, nil, container.NewHBox(show, thumb), nil, name)
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
