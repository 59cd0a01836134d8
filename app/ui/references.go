package ui

import (
	"image"
	"image/color"
	"slices"
	"strconv"

	"fyne.io/fyne/v2"
	fynecanvas "fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/dialog"
	"fyne.io/fyne/v2/widget"

	"pentimento/app/desk"
	"pentimento/app/editor"
	"pentimento/app/fills"
	"pentimento/app/words"
	"pentimento/canvas"
	"pentimento/tools"
)

// referencePanel is the strip of pictures kept as sources. Those that are attached to the
// next fill have a bright border, their own numbers below the strip, and a line to the
// frame on the canvas.
type referencePanel struct {
	w       *window
	content *fyne.Container
	row     *fyne.Container
	details *fyne.Container
	waiting *waitingCards
	empty   *widget.Label
	adds    []func()
	shown   []*canvas.Reference
	cards   map[*canvas.Reference]*referenceCard
}

// referenceCard is one picture of the strip and, where it is attached, its numbers.
type referenceCard struct {
	border             *fynecanvas.Rectangle
	attach             *hintButton
	details            *fyne.Container
	weight, start, end *numberSlider
	crop               *widget.Button
	way                *wayRows
	taken              *takenCard // of an entry that is taken of the canvas
}

func newReferencePanel(w *window) *referencePanel {
	p := &referencePanel{w: w, row: container.NewHBox(), details: container.NewVBox(), waiting: newWaitingCards(w)}
	p.empty = wrapped(words.T("Drop a picture here to keep it as a reference."))
	p.empty.Importance = widget.LowImportance
	strip := container.NewHScroll(p.row)
	add := func(id, text string) fyne.CanvasObject {
		a := editor.Find(id)
		b := newActionButton(w, a)
		b.Text = text
		p.adds = append(p.adds, func() { b.enable(a.Can(w.ed)) })
		return b
	}
	adds := container.NewGridWithColumns(2, add("guide.canvas", words.T("From the canvas")), add("guide.paint", words.T("Paint a guide")), add("guide.pose", words.T("Pose a figure")), add("guide.posefile", words.T("Open a pose…")))
	p.content = container.NewVBox(p.empty, container.NewStack(strip, newWheel(w, strip)), p.waiting.content, adds, p.details)
	p.show()
	return p
}

func (p *referencePanel) update(c desk.Change) {
	ed := p.w.ed
	p.waiting.update()
	ed.Fills.Maps.Open(!ed.Bare() && slices.Contains(ed.Settings.Open, "guides"))
	for _, enable := range p.adds {
		enable()
	}
	if !slices.Equal(ed.State().References, p.shown) {
		p.show()
		return
	}
	for _, card := range p.cards {
		if card.taken != nil {
			card.taken.follow(p.w)
		}
	}
	if c.What&desk.FillChanged != 0 {
		p.mark()
	}
	if c.What&desk.DownloadsChanged != 0 {
		for _, card := range p.cards {
			card.way.progress()
		}
	}
	if c.What&desk.ModelsChanged != 0 {
		for r, card := range p.cards {
			a := p.w.ed.Fills.Attachment(r)
			if len(a.Way().Files) > 0 {
				card.way.offer(a)
			}
			card.way.offerModules(a)
		}
	}
}

func (p *referencePanel) show() {
	p.shown, p.cards = p.w.ed.State().References, map[*canvas.Reference]*referenceCard{}
	p.row.RemoveAll()
	p.details.RemoveAll()
	for _, r := range p.shown {
		p.cards[r] = p.card(r)
	}
	if len(p.shown) == 0 {
		p.empty.Show()
	} else {
		p.empty.Hide()
	}
	p.mark()
	p.content.Refresh()
}

func (p *referencePanel) card(r *canvas.Reference) *referenceCard {
	c := &referenceCard{border: fynecanvas.NewRectangle(color.Transparent)}
	c.border.StrokeWidth = 2
	ed := p.w.ed
	set := func(change func(*fills.Attachment)) { ed.Fills.Attach(r, change) }
	c.attach = newHintButton(p.w, icon("reference"), words.T("Attach %s to fills, or detach it", r.Name), func() {
		set(func(a *fills.Attachment) { a.On = !a.On })
	})
	if r.Image == nil {
		p.row.Add(p.taken(r, c))
	} else {
		p.row.Add(p.kept(r, c))
	}
	p.numbers(r, c, set)
	p.details.Add(c.details)
	return c
}

// kept makes the picture and the buttons of an entry with a picture of its own.
func (p *referencePanel) kept(r *canvas.Reference, c *referenceCard) fyne.CanvasObject {
	ed := p.w.ed
	img := fynecanvas.NewImageFromImage(shrunk(r.Image, 144))
	img.FillMode, img.ScaleMode = fynecanvas.ImageFillContain, fynecanvas.ImageScaleFastest
	img.SetMinSize(fyne.NewSize(72, 72))
	start := newHintButton(p.w, icon("fill"), words.T("Start from %s: place it over the frame and refine it with Fill", r.Name), func() { ed.StartFrom(r); p.w.focusCanvas() })
	place := newHintButton(p.w, icon("place"), words.T("Place %s on the canvas", r.Name), func() { ed.PlaceReference(r) })
	remove := newHintButton(p.w, icon("layerremove"), words.T("Remove %s from the strip", r.Name), func() { ed.RemoveReference(r) })
	return container.NewVBox(container.NewStack(img, c.border), container.NewHBox(c.attach, start, place, remove))
}

// numbers makes the rows that say how an entry is followed.
func (p *referencePanel) numbers(r *canvas.Reference, c *referenceCard, set func(func(*fills.Attachment))) {
	c.weight = newNumberSlider(words.T("Weight"), 0, 2, 0.05, "", func(v float64) { set(func(a *fills.Attachment) { a.Weight = v }) }).column()
	c.start = newNumberSlider(words.T("From"), 0, 100, 1, "%", func(v float64) { set(func(a *fills.Attachment) { a.Start = v / 100 }) }).column()
	c.end = newNumberSlider(words.T("To"), 0, 100, 1, "%", func(v float64) { set(func(a *fills.Attachment) { a.End = v / 100 }) }).column()
	c.crop = widget.NewButton("", func() { p.w.cropReference(r) })
	name := widget.NewLabelWithStyle(r.Name, fyne.TextAlignLeading, fyne.TextStyle{Bold: true})
	name.Truncation = fyne.TextTruncateEllipsis
	c.way = newWayRows(p.w, r)
	c.details = container.NewVBox(name, c.way.content, c.weight.content, c.start.content, c.end.content)
	if t := c.taken; t != nil {
		t.title = name
		c.details.Add(t.note)
		t.follow(p.w)
	} else {
		c.details.Add(c.crop)
	}
}

// mark shows what is attached and how.
func (p *referencePanel) mark() {
	for r, c := range p.cards {
		a := p.w.ed.Fills.Attachment(r)
		ink, importance := noFill, widget.MediumImportance
		if a.On {
			ink, importance = accent, widget.HighImportance
			c.details.Show()
		} else {
			c.details.Hide()
		}
		if c.border.StrokeColor != ink {
			c.border.StrokeColor, c.attach.Importance = ink, importance
			c.border.Refresh()
			c.attach.Refresh()
		}
		c.way.set(a)
		c.weight.set(a.Weight)
		c.start.set(a.Start * 100)
		c.end.set(a.End * 100)
		text := words.T("Crop: whole picture")
		if !a.Crop.Empty() {
			text = words.T("Crop: %d × %d", a.Crop.Dx(), a.Crop.Dy())
		}
		if c.crop.Text != text {
			c.crop.SetText(text)
		}
	}
}

// cropReference asks for the part of a reference that counts.
func (w *window) cropReference(r *canvas.Reference) {
	now := w.ed.Fills.Attachment(r).Crop
	if now.Empty() {
		now = r.Image.Rect
	}
	now = now.Sub(r.Image.Rect.Min)
	var items []*widget.FormItem
	var fields []*field
	for _, part := range []struct {
		name string
		at   int
	}{{words.T("Left"), now.Min.X}, {words.T("Top"), now.Min.Y}, {words.T("Width"), now.Dx()}, {words.T("Height"), now.Dy()}} {
		f := newField()
		f.SetText(strconv.Itoa(part.at))
		f.Validator = func(s string) error { _, err := strconv.Atoi(s); return err }
		fields = append(fields, f)
		items = append(items, &widget.FormItem{Text: part.name, Widget: f})
	}
	items[3].HintText = words.T("of %d × %d pixels", r.Image.Rect.Dx(), r.Image.Rect.Dy())
	d := dialog.NewForm(words.T("Crop %s", r.Name), words.T("Crop"), words.T("Cancel"), items, func(ok bool) {
		if !ok {
			return
		}
		var v [4]int
		for i, f := range fields {
			v[i], _ = strconv.Atoi(f.Text) // held by the validator
		}
		w.ed.Fills.Attach(r, func(a *fills.Attachment) {
			a.Crop = image.Rect(v[0], v[1], v[0]+v[2], v[1]+v[3]).Add(r.Image.Rect.Min)
		})
	}, w.win)
	d.Resize(fyne.NewSize(320, 300))
	w.showSheetOver(d, d.Submit, nil)
}

// references draws a line from the frame to the strip at the right where any is attached:
// what counts in a fill is seen on the canvas.
func (o *overlay) references() {
	n := len(o.v.ed.Fills.Attached())
	if n == 0 {
		return
	}
	f, v := o.v.ed.State().Frame, o.v.ed.View()
	from := tools.Vec{X: float64(f.Max.X), Y: float64(f.Min.Y+f.Max.Y) / 2}
	if x, y := v.ToView(from.X, from.Y); x < float64(v.W) {
		x, y = v.ToDoc(float64(v.W), y)
		o.line(from, tools.Vec{X: x, Y: y}, false)
	}
	o.label(words.N(n, "%d reference", "%d references"), from.X, from.Y, false)
}
