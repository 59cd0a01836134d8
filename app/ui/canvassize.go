package ui

import (
	"image"
	"strconv"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/dialog"
	"fyne.io/fyne/v2/widget"

	"pentimento/app/words"
)

// canvasSize is the sheet for room at the picture's sides: width and height with an anchor, or
// what is added at each side; less than nothing is cut off.
type canvasSize struct {
	old    image.Rectangle
	fields [6]*field // width, height, left, right, top, bottom
	anchor image.Point
	marks  [9]*widget.Button
	busy   bool
}

func newCanvasSize(old image.Rectangle) *canvasSize {
	c := &canvasSize{old: old, anchor: image.Pt(1, 1)}
	for i := range c.fields {
		c.fields[i] = newField()
		c.fields[i].OnChanged = func(string) { c.follow(i < 2) }
	}
	for i := range c.marks {
		c.marks[i] = widget.NewButton("", func() {
			c.anchor = image.Pt(i%3, i/3)
			c.mark()
			c.follow(true)
		})
	}
	c.put(0, old.Dx())
	c.put(1, old.Dy())
	c.mark()
	c.follow(true)
	return c
}

// mark shows where the old picture stays.
func (c *canvasSize) mark() {
	for i, b := range c.marks {
		text := ""
		if i == 3*c.anchor.Y+c.anchor.X {
			text = "•"
		}
		b.SetText(text)
	}
}

func (c *canvasSize) put(i, v int) { c.fields[i].SetText(strconv.Itoa(v)) }

func (c *canvasSize) number(i int) int {
	v, err := strconv.Atoi(c.fields[i].Text)
	if err != nil {
		return 0
	}
	return min(max(v, -1<<16), 1<<16)
}

// follow brings the sides along with width and height, or these with the sides.
func (c *canvasSize) follow(size bool) {
	if c.busy {
		return
	}
	c.busy = true
	if size {
		dx, dy := c.number(0)-c.old.Dx(), c.number(1)-c.old.Dy()
		left, top := dx*c.anchor.X/2, dy*c.anchor.Y/2
		c.put(2, left)
		c.put(3, dx-left)
		c.put(4, top)
		c.put(5, dy-top)
	} else {
		c.put(0, c.old.Dx()+c.number(2)+c.number(3))
		c.put(1, c.old.Dy()+c.number(4)+c.number(5))
	}
	c.busy = false
}

// rect is what was chosen.
func (c *canvasSize) rect() image.Rectangle {
	r := c.old
	r.Min.X, r.Max.X, r.Min.Y, r.Max.Y = r.Min.X-c.number(2), r.Max.X+c.number(3), r.Min.Y-c.number(4), r.Max.Y+c.number(5)
	return r
}

// showCanvasSize asks for the canvas's size.
func (w *window) showCanvasSize() {
	c := newCanvasSize(w.ed.PictureRect())
	row := func(name string, i int) fyne.CanvasObject {
		return labelled(name, c.fields[i], container.NewStack(spacer(unitWidth), widget.NewLabel("px")))
	}
	grid := container.NewGridWithColumns(3)
	for _, b := range c.marks {
		grid.Add(b)
	}
	rows := container.NewVBox(spacer(340), row(words.T("Width"), 0), row(words.T("Height"), 1),
		labelled(words.T("Old picture"), container.NewHBox(grid)),
		row(words.T("Left"), 2), row(words.T("Right"), 3), row(words.T("Top"), 4), row(words.T("Bottom"), 5),
		wrapped(words.T("New room is transparent. A negative number cuts off.")))
	w.askWith(words.T("Canvas size"), words.T("Apply"), rows, func() { w.ed.SetCanvas(c.rect()) })
	w.win.Canvas().Focus(c.fields[0])
}

// showTurn asks for an angle.
func (w *window) showTurn() {
	angle := newField()
	angle.SetText("0")
	rows := container.NewVBox(spacer(320), labelled(words.T("Angle"), angle, container.NewStack(spacer(unitWidth), widget.NewLabel("°"))),
		wrapped(words.T("Clockwise. All layers are resampled (Lanczos). Undo brings the old picture back.")))
	w.askWith(words.T("Rotate by an angle"), words.T("Rotate"), rows, func() {
		if v, err := strconv.ParseFloat(angle.Text, 64); err == nil {
			w.ed.TurnPicture(v)
		}
	})
	w.win.Canvas().Focus(angle)
}

// askWith shows a sheet with Cancel and one way on, which Enter takes.
func (w *window) askWith(title, yes string, body fyne.CanvasObject, then func()) {
	d := dialog.NewCustomWithoutButtons(title, body, w.win)
	do := func() {
		d.Hide()
		then()
	}
	b := widget.NewButton(yes, do)
	b.Importance = widget.HighImportance
	d.SetButtons([]fyne.CanvasObject{widget.NewButton(words.T("Cancel"), d.Hide), b})
	w.showSheetOver(d, do, nil)
}
