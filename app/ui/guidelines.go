package ui

import (
	"math"
	"strconv"
	"strings"
	"time"

	"fyne.io/fyne/v2"
	fynecanvas "fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/dialog"
	"fyne.io/fyne/v2/driver/desktop"
	"fyne.io/fyne/v2/widget"

	"pentimento/app/editor"
	"pentimento/app/words"
	"pentimento/canvas"
)

// guideHand is the pointer that drags a guide line: a new one out of a ruler, or one that is
// there, where it crosses a ruler with any tool, and all along it with the move tool.
type guideHand struct {
	held  bool
	index int
	moved bool
	last  time.Time // of the click before, on line before
	line  canvas.GuideLine
}

// twice is how soon a second click makes a double click.
const twice = 400 * time.Millisecond

// rulerAt says which ruler a place is in: the left one, or the top one.
func (v *canvasView) rulerAt(pos fyne.Position) (left, ok bool) {
	if !v.ed.Aided("rulers") || v.ed.Welcoming() {
		return false, false
	}
	left, top := pos.X < rulerWidth, pos.Y < rulerWidth
	return left, left != top
}

// guideAt finds the guide line that a press at a place takes hold of; -1 is a new one.
func (v *canvasView) guideAt(pos fyne.Position) (index int, upright, ok bool) {
	left, ruler := v.rulerAt(pos)
	if !ruler {
		if v.ed.ToolName() != "move" || v.ed.Welcoming() {
			return -1, false, false
		}
		index = v.ed.GuideLineAt(v.pointerAt(pos))
		return index, false, index >= 0
	}
	upright = left != v.across()
	inner := fyne.NewPos(max(pos.X, rulerWidth), pos.Y)
	if !left {
		inner = fyne.NewPos(pos.X, max(pos.Y, rulerWidth))
	}
	if i := v.ed.GuideLineAt(v.pointerAt(inner)); i >= 0 && v.ed.State().GuideLines[i].Upright != upright {
		return i, !upright, true
	}
	return -1, upright, true
}

// takeGuideLine begins to drag a guide line; a second click on one asks for its place.
func (v *canvasView) takeGuideLine(pos fyne.Position) bool {
	i, upright, ok := v.guideAt(pos)
	if !ok || !v.ed.HoldGuideLine(i, upright) {
		return false
	}
	g := &v.guide
	again := i >= 0 && time.Since(g.last) < twice && v.ed.State().GuideLines[i] == g.line
	*g = guideHand{held: true, index: i, last: time.Now()}
	if i >= 0 {
		g.line = v.ed.State().GuideLines[i]
	}
	if again {
		g.held = false
		v.ed.DropGuideLine(false)
		v.onGuide(i)
	}
	return true
}

func (v *canvasView) dragGuideLine(pos fyne.Position) bool {
	if !v.guide.held {
		return false
	}
	v.guide.moved = true
	p := v.pointerAt(pos)
	l, _ := v.ed.HeldLine()
	size := v.Size()
	away := pos.X < 0 || pos.Y < 0 || pos.X > size.Width || pos.Y > size.Height
	if v.ed.Aided("rulers") { // back in the ruler that it lies along
		away = away || l.Upright != v.across() && pos.X < rulerWidth || l.Upright == v.across() && pos.Y < rulerWidth
	}
	v.ed.DragGuideLine(p, away)
	v.wake()
	return true
}

func (v *canvasView) dropGuideLine() {
	if v.guide.held {
		v.guide.held = false
		v.ed.DropGuideLine(v.guide.moved)
		v.wake()
	}
}

// guideCursor is the pointer's look where a guide line would be taken hold of.
func (v *canvasView) guideCursor() (desktop.Cursor, bool) {
	l, held := v.ed.HeldLine()
	if !held && !v.guide.held {
		i, upright, ok := v.guideAt(fyne.NewPos(float32(v.pointer.x)/v.scale, float32(v.pointer.y)/v.scale))
		if !ok {
			return nil, false
		}
		l.Upright = upright
		if i >= 0 {
			l = v.ed.State().GuideLines[i]
		}
	}
	if l.Upright != v.across() {
		return desktop.HResizeCursor, true
	}
	return desktop.VResizeCursor, true
}

// guideLines draws the guide lines, one device pixel wide, and says where the held one is.
func (o *overlay) guideLines() {
	view := o.v.ed.View()
	seen := view.Visible()
	square := math.Mod(view.Turn, 90) == 0
	for _, l := range o.v.ed.GuideLines() {
		at := float64(l.At)
		p, q := o.at(float64(seen.Min.X), at), o.at(float64(seen.Max.X), at)
		if l.Upright {
			p, q = o.at(at, float64(seen.Min.Y)), o.at(at, float64(seen.Max.Y))
		}
		if !square {
			o.segment(p, q, accent, 1/o.v.scale)
			continue
		}
		p, q = o.clip(fyne.NewPos(min(p.X, q.X), min(p.Y, q.Y)), fyne.NewPos(max(p.X, q.X), max(p.Y, q.Y)))
		b := o.boxes.next(o, func() *fynecanvas.Rectangle { return fynecanvas.NewRectangle(accent) })
		b.StrokeWidth, b.FillColor = 0, accent
		b.Move(fyne.NewPos(o.whole(p.X), o.whole(p.Y)))
		b.Resize(fyne.NewSize(max(q.X-p.X, 1/o.v.scale), max(q.Y-p.Y, 1/o.v.scale)))
	}
	if l, ok := o.v.ed.HeldLine(); ok {
		x, y := view.ToDoc(o.v.pointer.x, o.v.pointer.y)
		o.label(editor.GuideLineName(l), x, y, false)
	}
}

// whole is a position on the edge of a device pixel.
func (o *overlay) whole(at float32) float32 {
	return float32(math.Round(float64(at*o.v.scale))) / o.v.scale
}

// showGuideLine asks for the place of a guide line, with -1 of a new one.
func (w *window) showGuideLine(i int) {
	lines := w.ed.State().GuideLines
	if i >= len(lines) {
		return
	}
	var l canvas.GuideLine
	r := w.ed.PictureRect()
	title, at := words.T("New guide line"), newField()
	if i >= 0 {
		l = lines[i]
		title = words.T("Guide line")
		at.SetText(strconv.Itoa(l.At))
	} else {
		l.Upright = true
		at.SetText("50 %")
	}
	ways := []string{words.T("Upright"), words.T("Level")}
	way := widget.NewRadioGroup(ways, nil)
	way.Horizontal, way.Required = true, true
	way.SetSelected(ways[map[bool]int{true: 0, false: 1}[l.Upright]])
	rows := container.NewVBox(spacer(320), way, labelled(words.T("Place"), at),
		wrapped(words.T("In pixels of the picture, or as a share of it: 240, 50 %")))
	d := dialog.NewCustomWithoutButtons(title, rows, w.win)
	yes := func() {
		l.Upright = way.Selected == ways[0]
		lo, size := r.Min.Y, r.Dy()
		if l.Upright {
			lo, size = r.Min.X, r.Dx()
		}
		n, ok := place(at.Text, lo, size)
		if !ok {
			w.Say(words.T("“%s” is no place: type a number, or a share such as 50 %%", at.Text))
			return
		}
		d.Hide()
		l.At = n
		w.ed.SetGuideLine(i, &l)
	}
	buttons := []fyne.CanvasObject{widget.NewButton(words.T("Cancel"), d.Hide)}
	if i >= 0 {
		buttons = append(buttons, widget.NewButton(words.T("Remove"), func() { d.Hide(); w.ed.SetGuideLine(i, nil) }))
	}
	ok := widget.NewButton(words.T("OK"), yes)
	ok.Importance = widget.HighImportance
	d.SetButtons(append(buttons, ok))
	w.showSheetOver(d, yes, nil)
	w.win.Canvas().Focus(at)
}

// place reads "240", or "50 %" of a side that begins at lo.
func place(text string, lo, size int) (int, bool) {
	text, share := strings.CutSuffix(strings.TrimSpace(text), "%")
	v, err := strconv.ParseFloat(strings.Replace(strings.TrimSpace(text), ",", ".", 1), 64)
	if err != nil || math.IsNaN(v) || math.Abs(v) > 1<<24 {
		return 0, false
	}
	if share {
		return lo + int(math.Round(v*float64(size)/100)), true
	}
	return int(math.Round(v)), true
}
