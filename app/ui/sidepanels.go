package ui

import (
	"fmt"
	"image"
	"image/color"

	"fyne.io/fyne/v2"
	fynecanvas "fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"
	"golang.org/x/image/draw"

	"pentimento/app/desk"
	"pentimento/app/editor"
	"pentimento/app/words"
	"pentimento/canvas"
)

// historyPanel lists the steps; a tap goes there.
type historyPanel struct {
	w       *window
	content fyne.CanvasObject
	list    *widget.List
	steps   []canvas.Step
	at      int
	setting bool
}

func newHistoryPanel(w *window) *historyPanel {
	p := &historyPanel{w: w}
	p.steps, p.at = w.ed.History()
	p.list = widget.NewList(func() int { return len(p.steps) },
		func() fyne.CanvasObject { return widget.NewLabel("A step of some length") },
		func(i widget.ListItemID, o fyne.CanvasObject) {
			l := o.(*widget.Label)
			l.Importance = widget.MediumImportance
			if i > p.at {
				l.Importance = widget.LowImportance
			}
			l.Truncation = fyne.TextTruncateEllipsis
			l.SetText(words.Label(p.steps[i].Label))
		})
	p.list.OnSelected = func(i widget.ListItemID) {
		if !p.setting {
			w.ed.GoTo(i)
			w.focusCanvas()
		}
	}
	p.content = container.NewStack(tall(170), p.list)
	return p
}

func tall(h float32) fyne.CanvasObject {
	r := fynecanvas.NewRectangle(color.Transparent)
	r.SetMinSize(fyne.NewSize(1, h))
	return r
}

func (p *historyPanel) update(c desk.Change) {
	if c.What&(desk.HistoryChanged|desk.DocumentOpened) == 0 {
		return
	}
	steps, at := p.w.ed.History()
	if at == p.at && len(steps) == len(p.steps) && steps[at] == p.steps[at] {
		return
	}
	p.setting = true
	p.steps, p.at = steps, at
	p.list.Refresh()
	p.list.Select(at)
	p.list.ScrollTo(at)
	p.setting = false
}

// startScreen is what an empty canvas offers.
type startScreen struct {
	w      *window
	layer  *fyne.Container
	recent *fyne.Container
}

func newStartScreen(w *window) *startScreen {
	s := &startScreen{w: w, recent: container.NewVBox()}
	head := widget.NewLabelWithStyle("Pentimento", fyne.TextAlignCenter, fyne.TextStyle{Bold: true})
	head.SizeName = "headingText"
	sub := widget.NewLabelWithStyle(words.T("Paint over something to fill it. Drag an edge to extend the picture."), fyne.TextAlignCenter, fyne.TextStyle{})
	toy := widget.NewLabelWithStyle(words.T("Until a checkpoint is open, words are painted by the Starter (a toy to try the tools with)."), fyne.TextAlignCenter, fyne.TextStyle{})
	sub.Importance, toy.Importance = widget.LowImportance, widget.LowImportance
	button := func(id, text string) fyne.CanvasObject {
		a := editor.Find(id)
		b := widget.NewButtonWithIcon(text+keysOf(a), icon(a.Icon), func() { w.ed.Do(id); w.focusCanvas() })
		if id == "file.open" {
			b.Importance = widget.HighImportance
		}
		return b
	}
	box := container.NewVBox(head, sub, container.NewGridWithColumns(2, button("file.open", words.T("Open a picture")), button("fill.describe", words.T("Describe a picture")),
		button("edit.paste", words.T("Paste")), button("file.sample", words.T("Try the sample"))),
		toy,
		widget.NewLabelWithStyle(words.T("… or drop a picture anywhere in this window"), fyne.TextAlignCenter, fyne.TextStyle{}), s.recent)
	card := &themedBack{}
	card.ExtendBaseWidget(card)
	s.layer = container.NewCenter(container.NewStack(card, container.NewPadded(container.NewPadded(container.NewPadded(box)))))
	s.show()
	return s
}

func (s *startScreen) show() {
	s.recent.RemoveAll()
	for i, path := range s.w.ed.Settings.Recent {
		if i == 5 {
			break
		}
		b := widget.NewButtonWithIcon(shortPath(path), icon("sample"), func() { s.w.ed.Open(path) })
		b.Alignment, b.Importance = widget.ButtonAlignLeading, widget.LowImportance
		s.recent.Add(b)
	}
	if s.w.ed.Welcoming() {
		s.layer.Show()
	} else {
		s.layer.Hide()
	}
}

func (s *startScreen) update(c desk.Change) {
	if c.What&(desk.HistoryChanged|desk.DocumentOpened|desk.FillChanged|desk.CandidatesChanged) != 0 && s.layer.Visible() != s.w.ed.Welcoming() {
		s.show()
	}
}

// themedBack is a rounded ground in the panels' colour.
type themedBack struct{ widget.BaseWidget }

// CreateRenderer implements fyne.Widget.
func (b *themedBack) CreateRenderer() fyne.WidgetRenderer {
	r := fynecanvas.NewRectangle(theme.Color(theme.ColorNameMenuBackground))
	r.CornerRadius = 8
	return &backRenderer{widget.NewSimpleRenderer(r), r}
}

type backRenderer struct {
	fyne.WidgetRenderer
	r *fynecanvas.Rectangle
}

func (b *backRenderer) Refresh() {
	b.r.FillColor = theme.Color(theme.ColorNameMenuBackground)
	b.r.Refresh()
}

// shortPath shows a path's end, which is what tells files apart.
func shortPath(p string) string {
	if r := []rune(p); len(r) > 56 {
		return "…" + string(r[len(r)-55:])
	}
	return p
}

// shrunk scales a picture so that its longest side is at most side pixels.
func shrunk(img *image.NRGBA, side int) image.Image {
	b := img.Rect
	f := min(float64(side)/float64(max(b.Dx(), b.Dy(), 1)), 1)
	out := image.NewRGBA(image.Rect(0, 0, max(int(float64(b.Dx())*f), 1), max(int(float64(b.Dy())*f), 1)))
	draw.ApproxBiLinear.Scale(out, out.Rect, img, b, draw.Src, nil)
	return out
}

// percent is how the status line writes a zoom.
func percent(scale float64) string { return fmt.Sprintf("%.4g %%", scale*100) }
