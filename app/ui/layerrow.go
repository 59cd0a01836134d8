package ui

import (
	"image/color"

	"fyne.io/fyne/v2"
	fynecanvas "fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/driver/desktop"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"pentimento/app/words"
	"pentimento/canvas"
)

// The measures of a layer's row, in Fyne units.
const (
	rowHeight = 34
	eyeWidth  = 30
	thumbRoom = 34
	foldWidth = 22
	stepWidth = 14 // for each group around
	lockWidth = 26
)

// layerRow is one layer or group of the list: eye, thumbnail, mask, name, lock. It is one
// widget, because what is pressed must be what is dragged.
type layerRow struct {
	widget.BaseWidget
	p       *layerPanel
	layer   *canvas.Layer
	depth   int
	active  bool
	locked  bool
	hovered bool
	mods    fyne.KeyModifier // at the last press

	back, edge, clip       *fynecanvas.Rectangle
	eye, fold, thumb, mask *fynecanvas.Image
	lock                   *fynecanvas.Image
	name                   *fynecanvas.Text
}

func newLayerRow(p *layerPanel) *layerRow {
	r := &layerRow{p: p}
	r.back, r.edge, r.clip = fynecanvas.NewRectangle(noFill), fynecanvas.NewRectangle(noFill), fynecanvas.NewRectangle(noFill)
	r.back.CornerRadius = 4
	r.edge.StrokeWidth, r.edge.CornerRadius = 2, 2
	for _, i := range []**fynecanvas.Image{&r.eye, &r.fold, &r.thumb, &r.mask, &r.lock} {
		*i = &fynecanvas.Image{FillMode: fynecanvas.ImageFillContain, ScaleMode: fynecanvas.ImageScaleFastest}
	}
	r.name = fynecanvas.NewText("", color.White)
	r.ExtendBaseWidget(r)
	return r
}

// set shows a layer of a State.
func (r *layerRow) set(s *canvas.State, l *canvas.Layer) {
	r.layer, r.depth, r.active, r.locked = l, s.Depth(l), l.ID == s.Active, l.Lock != 0
	r.eye.Resource = icon(map[bool]string{true: "eye", false: "eyeoff"}[l.Visible])
	r.eye.Translucency = 0
	if l.Visible && !s.Seen(l) {
		r.eye.Translucency = 0.6
	}
	r.lock.Resource = icon(map[bool]string{true: "lock", false: "unlock"}[r.locked])
	r.name.Text = r.title()
	if showIf(r.fold, l.Group); l.Group {
		r.fold.Resource = icon(map[bool]string{true: "next", false: "down"}[l.Collapsed])
		r.thumb.Resource, r.thumb.Image = icon("group"), nil
	} else {
		r.thumb.Resource = nil
		r.thumb.Image = r.p.thumbs.of(l)
	}
	if showIf(r.mask, l.Mask != nil); l.Mask != nil {
		r.mask.Image = r.p.thumbs.ofMask(l)
		r.mask.Translucency = 0
		if l.Mask.Off {
			r.mask.Translucency = 0.6
		}
	}
	showIf(r.clip, l.Clip)
	r.Refresh()
}

// title is what the row says of its layer.
func (r *layerRow) title() string {
	if r.layer.Guide {
		return words.T("%s (guide)", r.layer.Name)
	}
	return r.layer.Name
}

// look brings the colours to what is hovered and active.
func (r *layerRow) look() {
	th := fyne.CurrentApp().Settings().Theme()
	v := fyne.CurrentApp().Settings().ThemeVariant()
	r.name.Color, r.name.TextSize = th.Color(theme.ColorNameForeground, v), th.Size(theme.SizeNameText)
	r.name.TextStyle.Bold = r.active
	r.back.FillColor, r.clip.FillColor = noFill, accent
	switch {
	case r.active:
		r.back.FillColor = th.Color(theme.ColorNameSelection, v)
	case r.hovered:
		r.back.FillColor = th.Color(theme.ColorNameHover, v)
	}
	r.edge.StrokeColor = noFill
	if r.active && r.layer != nil && r.layer.Mask != nil { // what the brushes paint on
		r.edge.StrokeColor = accent
	}
	showIf(r.lock, r.locked || r.hovered)
}

// zone is a part of the row.
type zone int

const (
	onName zone = iota
	onEye
	onFold
	onThumb
	onMask
	onLock
)

// at is the zone at an x and where the zones begin.
func (r *layerRow) at(x float32) zone {
	w := r.Size().Width
	begin := float32(eyeWidth + r.depth*stepWidth)
	switch {
	case x < eyeWidth:
		return onEye
	case x > w-lockWidth:
		return onLock
	case x < begin:
		return onName
	case r.layer.Group && x < begin+foldWidth:
		return onFold
	}
	if begin += r.head(); x < begin {
		return onThumb
	}
	if r.layer.Mask != nil && x < begin+thumbRoom {
		return onMask
	}
	return onName
}

// head is the width of fold and thumbnail.
func (r *layerRow) head() float32 {
	if r.layer.Group {
		return foldWidth + thumbRoom - 8
	}
	return thumbRoom
}

var zoneHints = map[zone]func() string{
	onEye:   func() string { return words.T("Show or hide this layer") },
	onFold:  func() string { return words.T("Fold the group, or unfold it") },
	onThumb: func() string { return words.T("Paint on the layer; Ctrl+click: select what it holds") },
	onMask:  func() string { return words.T("Paint on the mask; Alt+click: show it; Shift+click: off or on") },
	onLock:  func() string { return words.T("Lock or unlock its pixels") },
	onName: func() string {
		return words.T("Work on this layer; twice: rename it; drag: order and groups; right click: more")
	},
}

// MouseDown implements desktop.Mouseable.
func (r *layerRow) MouseDown(ev *desktop.MouseEvent) { r.mods = ev.Modifier }

// MouseUp implements desktop.Mouseable.
func (r *layerRow) MouseUp(*desktop.MouseEvent) {}

// Tapped implements fyne.Tappable.
func (r *layerRow) Tapped(ev *fyne.PointEvent) {
	ed, id := r.p.w.ed, r.layer.ID
	switch z := r.at(ev.Position.X); {
	case z == onEye:
		ed.ShowLayer(id, !r.layer.Visible)
	case z == onFold:
		ed.CollapseGroup(id, !r.layer.Collapsed)
	case z == onLock:
		ed.SetActive(id)
		ed.Do("layer.lockpixels")
	case z == onMask && r.mods&fyne.KeyModifierAlt != 0:
		ed.SetActive(id)
		ed.Do("layer.maskshow")
	case z == onMask && r.mods&fyne.KeyModifierShift != 0:
		ed.SetActive(id)
		ed.Do("layer.maskoff")
	case z == onMask:
		ed.PaintLayerMask(id, true)
	case z == onThumb && r.mods&fyne.KeyModifierShortcutDefault != 0:
		ed.SetActive(id)
		ed.Do("select.alpha")
	case z == onThumb:
		ed.PaintLayerMask(id, false)
	default:
		r.p.tap(id)
	}
	r.p.w.focusCanvas()
}

// TappedSecondary implements fyne.SecondaryTappable.
func (r *layerRow) TappedSecondary(ev *fyne.PointEvent) {
	r.p.w.ed.SetActive(r.layer.ID)
	showMenu(r.p.w, fyne.NewMenu("", r.p.items()...), ev.AbsolutePosition)
}

// Dragged implements fyne.Draggable.
func (r *layerRow) Dragged(ev *fyne.DragEvent) {
	if i := r.p.w.tabs.aim(ev.AbsolutePosition); i >= 0 {
		id, ed := r.layer.ID, r.p.w.ed
		r.p.marker.Hide()
		r.p.drag, r.p.drop = r, func() { ed.CopyLayerTo(i, id) }
		return
	}
	r.p.dragged(r, r.Position().Y+ev.Position.Y)
}

// DragEnd implements fyne.Draggable.
func (r *layerRow) DragEnd() {
	r.p.w.tabs.aim(fyne.NewPos(-1, -1))
	r.p.dropped()
}

// MouseIn implements desktop.Hoverable.
func (r *layerRow) MouseIn(ev *desktop.MouseEvent) {
	r.hovered = true
	r.MouseMoved(ev)
	r.Refresh()
}

// MouseMoved implements desktop.Hoverable.
func (r *layerRow) MouseMoved(ev *desktop.MouseEvent) {
	hint := zoneHints[r.at(ev.Position.X)]()
	r.p.w.status.hint(hint)
	r.p.w.tips.over(hint, ev.AbsolutePosition)
}

// MouseOut implements desktop.Hoverable.
func (r *layerRow) MouseOut() {
	r.hovered = false
	r.p.w.status.hint("")
	r.p.w.tips.over("", fyne.Position{})
	r.Refresh()
}

// CreateRenderer implements fyne.Widget.
func (r *layerRow) CreateRenderer() fyne.WidgetRenderer { return &layerRowRenderer{r} }

type layerRowRenderer struct{ r *layerRow }

func (x *layerRowRenderer) Destroy() {}

func (x *layerRowRenderer) Objects() []fyne.CanvasObject {
	r := x.r
	return []fyne.CanvasObject{r.back, r.eye, r.fold, r.clip, r.thumb, r.mask, r.edge, r.name, r.lock}
}

func (x *layerRowRenderer) MinSize() fyne.Size { return fyne.NewSize(160, rowHeight) }

func (x *layerRowRenderer) Layout(size fyne.Size) {
	r := x.r
	if r.layer == nil {
		return
	}
	put := func(o fyne.CanvasObject, left, width float32) {
		side := min(width-4, rowHeight-6)
		o.Resize(fyne.NewSquareSize(side))
		o.Move(fyne.NewPos(left+(width-side)/2, (rowHeight-side)/2))
	}
	icon := func(o fyne.CanvasObject, left, width float32) {
		o.Resize(fyne.NewSquareSize(18))
		o.Move(fyne.NewPos(left+(width-18)/2, (rowHeight-18)/2))
	}
	r.back.Resize(size)
	icon(r.eye, 0, eyeWidth)
	left := float32(eyeWidth + r.depth*stepWidth)
	r.clip.Resize(fyne.NewSize(3, rowHeight-8))
	r.clip.Move(fyne.NewPos(left-4, 4))
	target := fyne.CanvasObject(r.thumb)
	if r.layer.Group {
		icon(r.fold, left, foldWidth)
		icon(r.thumb, left+foldWidth, thumbRoom-8)
	} else {
		put(r.thumb, left, thumbRoom)
	}
	left += r.head()
	if r.layer.Mask != nil {
		put(r.mask, left, thumbRoom)
		left += thumbRoom
		if r.p.w.ed.Brush().LayerMask {
			target = r.mask
		}
	}
	r.edge.Resize(target.Size().AddWidthHeight(4, 4))
	r.edge.Move(target.Position().SubtractXY(2, 2))
	room := size.Width - lockWidth - left - 8
	r.name.Text = fitted(r.title(), room, r.name)
	r.name.Move(fyne.NewPos(left+6, (rowHeight-r.name.MinSize().Height)/2))
	r.name.Resize(fyne.NewSize(room, r.name.MinSize().Height))
	icon(r.lock, size.Width-lockWidth, lockWidth)
}

// fitted is a text cut to a width.
func fitted(s string, width float32, like *fynecanvas.Text) string {
	wide := func(s string) float32 { return fyne.MeasureText(s, like.TextSize, like.TextStyle).Width }
	if wide(s) <= width {
		return s
	}
	letters := []rune(s)
	for len(letters) > 1 && wide(string(letters)+"…") > width {
		letters = letters[:len(letters)-1]
	}
	return string(letters) + "…"
}

func (x *layerRowRenderer) Refresh() {
	x.r.look()
	x.Layout(x.r.Size())
	for _, o := range x.Objects() {
		o.Refresh()
	}
}
