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
	past    int // the step that the history brush paints back
	setting bool
}

func newHistoryPanel(w *window) *historyPanel {
	p := &historyPanel{w: w}
	p.steps, p.at = w.ed.History()
	p.past = w.ed.PastStep()
	p.list = widget.NewList(func() int { return len(p.steps) },
		func() fyne.CanvasObject {
			return container.NewBorder(nil, nil, newHistoryMark(p), nil, widget.NewLabel("A step of some length"))
		},
		func(i widget.ListItemID, o fyne.CanvasObject) {
			row := o.(*fyne.Container)
			row.Objects[1].(*historyMark).set(i)
			l := row.Objects[0].(*widget.Label)
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
	if c.What&(desk.HistoryChanged|desk.DocumentOpened|desk.ToolChanged) == 0 {
		return
	}
	if past := p.w.ed.PastStep(); past != p.past {
		p.past = past
		p.list.Refresh()
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
