package ui

import (
	"image/color"

	"fyne.io/fyne/v2"
	fynecanvas "fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/driver/desktop"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"pentimento/app/desk"
	"pentimento/app/editor"
	"pentimento/app/words"
)

// tabRow is the thin row above the canvas with a tab for each open document. It is there while
// there are several.
type tabRow struct {
	w       *window
	content *fyne.Container
	row     *fyne.Container
	scroll  *container.Scroll
	aimed   int // the tab that something is dragged over, -1 for none
}

// The size of the row and its tabs, in Fyne units.
const (
	tabHeight           = 26
	tabWidth, tabLeast  = 200, 90
	closeRoom, markRoom = 24, 18
)

func newTabRow(w *window) *tabRow {
	r := &tabRow{w: w, aimed: -1}
	r.row = container.New(&tabLayout{r})
	r.scroll = container.NewHScroll(r.row)
	r.content = container.New(thin{}, r.scroll)
	r.content.Hide()
	return r
}

func (r *tabRow) update(c desk.Change) {
	if c.What&(desk.DocumentOpened|desk.ProjectChanged|desk.HistoryChanged|desk.CandidatesChanged|desk.JobsChanged|desk.SettingsChanged) == 0 {
		return
	}
	all, shown := r.w.ed.Tabs(), r.w.ed.Tab()
	showIf(r.content, len(all) > 1 && !r.w.ed.Bare())
	if len(all) < 2 && len(r.row.Objects) == 0 {
		return
	}
	many := len(r.row.Objects) != len(all)
	for len(r.row.Objects) < len(all) {
		r.row.Objects = append(r.row.Objects, newTab(r, len(r.row.Objects)))
	}
	r.row.Objects = r.row.Objects[:len(all)]
	moved := false
	for i, k := range all {
		t := r.row.Objects[i].(*tab)
		is := tabLook{name: k.Name(), path: k.Path(), title: k.Title(), unsaved: k.Unsaved(), shown: i == shown}
		if t.is != is {
			moved = moved || is.shown && !t.is.shown
			t.is = is
			t.Refresh()
		}
	}
	if many {
		r.row.Refresh()
		r.scroll.Refresh()
	}
	if many || moved {
		r.reveal(shown)
	}
}

// reveal scrolls until a tab is seen whole.
func (r *tabRow) reveal(i int) {
	if i < 0 || i >= len(r.row.Objects) {
		return
	}
	t := r.row.Objects[i]
	left, right, seen := t.Position().X, t.Position().X+t.Size().Width, r.scroll.Size().Width
	switch off := r.scroll.Offset.X; {
	case left < off:
		r.scroll.ScrollToOffset(fyne.NewPos(left, 0))
	case right > off+seen:
		r.scroll.ScrollToOffset(fyne.NewPos(right-seen, 0))
	}
}

// hit says whether a place of the window is on the row.
func (r *tabRow) hit(at fyne.Position) bool {
	if !r.content.Visible() {
		return false
	}
	at = at.Subtract(fyne.CurrentApp().Driver().AbsolutePositionForObject(r.content))
	size := r.content.Size()
	return at.X >= 0 && at.Y >= 0 && at.X < size.Width && at.Y < size.Height
}

// at is the tab at a place of the window, -1 for none.
func (r *tabRow) at(place fyne.Position) int {
	if r.hit(place) {
		x := place.X - fyne.CurrentApp().Driver().AbsolutePositionForObject(r.row).X
		for i, t := range r.row.Objects {
			if x >= t.Position().X && x < t.Position().X+t.Size().Width {
				return i
			}
		}
	}
	return -1
}

// aim frames the tab of another document at a place of the window, over which something is
// dragged, and returns it; -1 where there is none.
func (r *tabRow) aim(place fyne.Position) int {
	i := r.at(place)
	if i == r.w.ed.Tab() {
		i = -1
	}
	if i != r.aimed {
		r.aimed = i
		for _, t := range r.row.Objects {
			t.Refresh()
		}
	}
	return i
}

// tabLayout shares the row among the tabs; where they would be too narrow they are scrolled.
type tabLayout struct{ r *tabRow }

// Layout implements fyne.Layout.
func (l *tabLayout) Layout(all []fyne.CanvasObject, size fyne.Size) {
	width := min(size.Width/float32(max(len(all), 1)), tabWidth)
	for i, o := range all {
		o.Move(fyne.NewPos(float32(i)*width, 0))
		o.Resize(fyne.NewSize(width, size.Height))
	}
}

// MinSize implements fyne.Layout.
func (l *tabLayout) MinSize(all []fyne.CanvasObject) fyne.Size {
	return fyne.NewSize(tabLeast*float32(len(all)), tabHeight)
}

// thin is as high as a tab; a scroll alone would be higher.
type thin struct{}

// Layout implements fyne.Layout.
func (thin) Layout(all []fyne.CanvasObject, size fyne.Size) {
	for _, o := range all {
		o.Resize(size)
	}
}

// MinSize implements fyne.Layout.
func (thin) MinSize([]fyne.CanvasObject) fyne.Size { return fyne.NewSize(tabLeast, tabHeight) }

// tabLook is what a tab shows.
type tabLook struct {
	name, path, title string
	unsaved, shown    bool
}

// tab is the tab of one document: a click shows it, its cross or the middle button closes it,
// dragged it changes its place.
type tab struct {
	widget.BaseWidget
	r       *tabRow
	i       int
	is      tabLook
	hovered bool
	back    *fynecanvas.Rectangle
	line    *fynecanvas.Rectangle // above the one that is shown
	frame   *fynecanvas.Rectangle // around the one that something is dragged over
	mark    *fynecanvas.Circle
	name    *fynecanvas.Text
	cross   *fynecanvas.Image
	to      int // the place that it is dragged to
}

func newTab(r *tabRow, i int) *tab {
	t := &tab{r: r, i: i, to: -1, back: fynecanvas.NewRectangle(noFill), line: fynecanvas.NewRectangle(accent), frame: fynecanvas.NewRectangle(noFill),
		mark: fynecanvas.NewCircle(accent), name: fynecanvas.NewText("", noFill), cross: fynecanvas.NewImageFromResource(icon("discardall"))}
	t.frame.StrokeWidth = 2
	t.name.TextSize = (look{}).Size(theme.SizeNameText)
	t.ExtendBaseWidget(t)
	return t
}

// Tapped implements fyne.Tappable.
func (t *tab) Tapped(ev *fyne.PointEvent) {
	if ev.Position.X > t.Size().Width-closeRoom {
		t.r.w.ed.CloseTab(t.i)
	} else {
		t.r.w.ed.ShowTab(t.i)
	}
	t.r.w.focusCanvas()
}

// TappedSecondary implements fyne.SecondaryTappable.
func (t *tab) TappedSecondary(ev *fyne.PointEvent) {
	showMenu(t.r.w, fyne.NewMenu("", t.items()...), ev.AbsolutePosition)
}

func (t *tab) items() []*fyne.MenuItem {
	ed, i := t.r.w.ed, t.i
	item := func(text, name string, do func()) *fyne.MenuItem {
		m := fyne.NewMenuItem(text, func() { do(); t.r.w.focusCanvas() })
		m.Icon = icon(name)
		return m
	}
	copied := item(words.T("Copy the active layer here"), "layercopy", func() { ed.CopyLayerTo(i, ed.Committed().Active) })
	copied.Disabled = i == ed.Tab() || !editor.Find("layer.copyto").Can(ed)
	return []*fyne.MenuItem{copied, fyne.NewMenuItemSeparator(),
		item(words.T("Close"), "discardall", func() { ed.CloseTab(i) }),
		item(words.T("Close the others"), "none", func() { ed.CloseOthers(i) })}
}

// MouseDown implements desktop.Mouseable.
func (t *tab) MouseDown(ev *desktop.MouseEvent) {
	if ev.Button == desktop.MouseButtonTertiary {
		t.r.w.ed.CloseTab(t.i)
	}
}

// MouseUp implements desktop.Mouseable.
func (t *tab) MouseUp(*desktop.MouseEvent) {}

// Dragged implements fyne.Draggable.
func (t *tab) Dragged(ev *fyne.DragEvent) {
	if to := t.r.at(ev.AbsolutePosition); to >= 0 {
		t.to = to
	}
	t.r.w.status.hint(words.T("Moves the tab among the others"))
}

// DragEnd implements fyne.Draggable.
func (t *tab) DragEnd() {
	t.r.w.status.hint("")
	t.r.w.ed.MoveTab(t.i, t.to)
	t.to = -1
	t.r.w.focusCanvas()
}

// MouseIn implements desktop.Hoverable.
func (t *tab) MouseIn(ev *desktop.MouseEvent) {
	t.hovered = true
	t.MouseMoved(ev)
	t.Refresh()
}

// MouseMoved implements desktop.Hoverable.
func (t *tab) MouseMoved(ev *desktop.MouseEvent) {
	hint := t.is.title
	switch {
	case ev.Position.X > t.Size().Width-closeRoom:
		hint = words.T("Close: what is unsaved can be reopened, an unsaved project asks")
	case t.is.path != "":
		hint += "\n" + shortPath(t.is.path)
	}
	t.r.w.status.hint(words.T("Drag: order; middle click: close; right click: more"))
	t.r.w.tips.over(hint, ev.AbsolutePosition)
}

// MouseOut implements desktop.Hoverable.
func (t *tab) MouseOut() {
	t.hovered = false
	t.r.w.status.hint("")
	t.r.w.tips.over("", fyne.Position{})
	t.Refresh()
}

// CreateRenderer implements fyne.Widget.
func (t *tab) CreateRenderer() fyne.WidgetRenderer { return &tabRenderer{t} }

type tabRenderer struct{ t *tab }

func (x *tabRenderer) Destroy() {}

func (x *tabRenderer) Objects() []fyne.CanvasObject {
	t := x.t
	return []fyne.CanvasObject{t.back, t.line, t.mark, t.name, t.cross, t.frame}
}

func (x *tabRenderer) MinSize() fyne.Size { return fyne.NewSize(tabLeast, tabHeight) }

func (x *tabRenderer) Layout(size fyne.Size) {
	t := x.t
	t.back.Move(fyne.NewPos(0, 0))
	t.back.Resize(size.SubtractWidthHeight(1, 0))
	t.frame.Move(fyne.NewPos(1, 1))
	t.frame.Resize(size.SubtractWidthHeight(3, 2))
	t.line.Resize(fyne.NewSize(size.Width-1, 2))
	const side = 7
	t.mark.Move(fyne.NewPos(markRoom-side-3, (size.Height-side)/2))
	t.mark.Resize(fyne.NewSquareSize(side))
	room := size.Width - markRoom - closeRoom
	t.name.Text = fitted(t.is.name, room, t.name)
	t.name.Move(fyne.NewPos(markRoom, (size.Height-t.name.MinSize().Height)/2))
	t.name.Resize(fyne.NewSize(room, t.name.MinSize().Height))
	t.cross.Move(fyne.NewPos(size.Width-closeRoom+4, (size.Height-14)/2))
	t.cross.Resize(fyne.NewSquareSize(14))
}

func (x *tabRenderer) Refresh() {
	t := x.t
	app := fyne.CurrentApp().Settings()
	colour := func(n fyne.ThemeColorName) color.Color { return app.Theme().Color(n, app.ThemeVariant()) }
	t.back.FillColor = colour(theme.ColorNameDisabledButton)
	t.name.Color = colour(theme.ColorNamePlaceHolder)
	switch {
	case t.is.shown:
		t.back.FillColor, t.name.Color = colour(theme.ColorNameButton), colour(theme.ColorNameForeground)
	case t.hovered:
		t.back.FillColor, t.name.Color = colour(theme.ColorNameMenuBackground), colour(theme.ColorNameForeground)
	}
	t.frame.StrokeColor = noFill
	if t.r.aimed == t.i {
		t.frame.StrokeColor = accent
	}
	t.mark.FillColor = colour(theme.ColorNameForeground)
	t.cross.Resource = icon("discardall")
	showIf(t.line, t.is.shown)
	showIf(t.mark, t.is.unsaved)
	showIf(t.cross, t.is.shown || t.hovered)
	x.Layout(t.Size())
	for _, o := range x.Objects() {
		o.Refresh()
	}
}
