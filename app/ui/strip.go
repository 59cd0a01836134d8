package ui

import (
	"image"
	"image/color"
	"slices"

	"fyne.io/fyne/v2"
	fynecanvas "fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/driver/desktop"
	"fyne.io/fyne/v2/layout"
	"fyne.io/fyne/v2/widget"

	"pentimento/app/desk"
	"pentimento/app/editor"
	"pentimento/app/provenance"
	"pentimento/app/words"
)

// resultStrip is the row below the canvas: the results of this canvas, latest first, and at
// its right end the queue. It is there while a picture is, unless it is hidden: one that came
// with the first result would move the picture while it is worked on.
type resultStrip struct {
	w       *window
	content *fyne.Container
	row     *fyne.Container
	none    *widget.Label
	back    *hintButton // brings the last deleted one back
	queue   *queueList
	rows    []provenance.ResultRow
	cards   map[string]*resultCard
	of      []string // Fills.Results that rows are of
	looked  string
	deleted string
	asked   int
}

// stripCards bounds the thumbnails of the strip; all others are in the library.
const stripCards = 60

func newResultStrip(w *window) *resultStrip {
	s := &resultStrip{w: w, row: container.NewHBox(), none: small(words.T("Results of this canvas appear here.")), cards: map[string]*resultCard{}, queue: newQueueList(w)}
	s.back = newHintButton(w, icon("undo"), words.T("Bring back the result that was deleted last"), func() {
		id := s.deleted
		s.deleted = ""
		w.ed.Provenance.RestoreResult(id, s.find)
	})
	all := newHintButton(w, icon("results"), w.hintOf(editor.Find("library.open")), func() { w.ed.Do("library.open") })
	s.back.Hide()
	body := container.NewBorder(nil, nil, container.NewHBox(container.NewCenter(all), container.NewCenter(s.back)), s.queue.content, container.New(&stripLayout{s}, container.NewHScroll(s.row), container.NewBorder(nil, nil, spacer(1), nil, container.NewVBox(layout.NewSpacer(), s.none, layout.NewSpacer()))))
	s.content = container.NewVBox(separator(), body)
	s.content.Hide()
	return s
}

// cardSize is a thumbnail's side: less where the window is low.
func (s *resultStrip) cardSize() float32 {
	if s.w.win.Canvas().Size().Height < 680 {
		return 44
	}
	return 60
}

func (s *resultStrip) update(c desk.Change) {
	if c.What&desk.DocumentOpened != 0 {
		s.deleted = ""
	}
	if c.What&(desk.CandidatesChanged|desk.DocumentOpened|desk.FillChanged) != 0 && !slices.Equal(s.of, s.w.ed.Fills.Results) {
		s.of = s.w.ed.Fills.Results
		s.find()
	}
	if c.What&desk.JobsChanged != 0 {
		s.queue.update()
	}
	if now := s.w.ed.LookedAt(); now != s.looked {
		s.looked = now
		s.mark()
	}
	if c.What&(desk.CandidatesChanged|desk.Picture|desk.DocumentOpened|desk.SettingsChanged) != 0 {
		s.show()
	}
}

// show shows the strip where there is something in it.
func (s *resultStrip) show() {
	showIf(s.none, len(s.rows) == 0)
	showIf(s.content, !s.w.ed.Welcoming() && !s.w.ed.Bare() && !slices.Contains(s.w.ed.Settings.Hidden, "strip"))
}

// find asks for what there is of the document's results.
func (s *resultStrip) find() {
	s.asked++
	n := s.asked
	s.w.ed.Provenance.ResultsOf(s.of, func(rows []provenance.ResultRow) {
		if n == s.asked {
			s.rows = rows[:min(len(rows), stripCards)]
			s.lay()
		}
	})
}

// lay makes the row of thumbnails; those that stay are kept.
func (s *resultStrip) lay() {
	cards := map[string]*resultCard{}
	s.row.Objects = nil
	for _, r := range s.rows {
		card := s.cards[r.ID]
		if card == nil {
			card = newResultCard(s, r)
		}
		card.result = r
		cards[r.ID] = card
		s.row.Objects = append(s.row.Objects, card)
	}
	s.cards = cards
	showIf(s.back, s.deleted != "")
	s.mark()
	s.row.Refresh()
	s.show()
}

// mark frames the result that is looked at, and shows which are favourites.
func (s *resultStrip) mark() {
	for id, c := range s.cards {
		c.mark(id == s.looked)
	}
}

// resultCard is one thumbnail of the strip: a click lays it over the picture, its star and
// its menu do more, and dragged onto the canvas it becomes a layer there.
type resultCard struct {
	widget.BaseWidget
	s      *resultStrip
	result provenance.ResultRow
	img    *fynecanvas.Image
	border *fynecanvas.Rectangle
	star   *fynecanvas.Image
	inside bool
	ghost  *fynecanvas.Image // follows a drag
	at     fyne.Position     // where that is, in the window
}

func newResultCard(s *resultStrip, r provenance.ResultRow) *resultCard {
	c := &resultCard{s: s, result: r, img: fynecanvas.NewImageFromImage(nil), border: fynecanvas.NewRectangle(color.Transparent), star: fynecanvas.NewImageFromResource(icon("star"))}
	c.img.FillMode, c.img.ScaleMode = fynecanvas.ImageFillContain, fynecanvas.ImageScaleFastest
	c.border.StrokeWidth, c.border.CornerRadius = 2, 3
	c.star.Hide()
	c.ExtendBaseWidget(c)
	s.w.ed.Provenance.ResultPicture(r.ID, func(p *image.NRGBA) {
		if p != nil {
			small := shrunk(p, 128)
			s.w.ed.Post(func() {
				c.img.Image = small
				c.img.Refresh()
			})
		}
	})
	return c
}

func (c *resultCard) mark(looked bool) {
	c.border.StrokeColor = noFill
	if looked {
		c.border.StrokeColor = accent
	}
	c.border.Refresh()
	c.star.Resource = icon(map[bool]string{true: "staron", false: "star"}[c.result.Favourite])
	showIf(c.star, c.result.Favourite || c.inside)
	c.star.Refresh()
}

// starSide is the corner of a thumbnail in which a click changes its star.
const starSide = 18

// Tapped implements fyne.Tappable.
func (c *resultCard) Tapped(ev *fyne.PointEvent) {
	if ev.Position.X > c.Size().Width-starSide && ev.Position.Y < starSide {
		c.favour()
		return
	}
	c.s.w.ed.LookAt(c.result.ID)
	c.s.w.focusCanvas()
}

func (c *resultCard) favour() {
	c.s.w.ed.Provenance.StarResult(c.result.ID, !c.result.Favourite, c.s.find)
}

// TappedSecondary implements fyne.SecondaryTappable.
func (c *resultCard) TappedSecondary(ev *fyne.PointEvent) {
	showMenu(c.s.w, fyne.NewMenu("", c.items()...), ev.AbsolutePosition)
}

func (c *resultCard) items() []*fyne.MenuItem {
	w, id, p := c.s.w, c.result.ID, c.s.w.ed.Provenance
	item := func(text, name string, do func()) *fyne.MenuItem {
		m := fyne.NewMenuItem(text, func() { do(); w.focusCanvas() })
		m.Icon = icon(name)
		return m
	}
	compare := item(words.T("Compare at its place"), "compare", func() { w.ed.LookAt(id) })
	compare.Checked = w.ed.LookedAt() == id
	split := item(words.T("Compare by a split line"), "split", func() {
		if w.ed.LookedAt() != id {
			w.ed.LookAt(id)
			p.ResultPixels(id, func(*image.NRGBA) { w.ed.Fills.Split(true) }) // once it lies there
			return
		}
		w.ed.Fills.Split(!w.ed.Fills.Splitting())
	})
	split.Checked = w.ed.LookedAt() == id && w.ed.Fills.Splitting()
	star := item(words.T("Favourite"), "star", c.favour)
	star.Checked = c.result.Favourite
	return []*fyne.MenuItem{compare, split,
		item(words.T("Put it in where it was made"), "accept", func() { w.ed.LookAway(); p.PutResult(id) }),
		fyne.NewMenuItemSeparator(),
		item(words.T("Use its prompt and numbers"), "back", func() { p.UseNumbers(id) }),
		item(words.T("Use its seed"), "seed", func() { p.UseSeedOf(id) }),
		item(words.T("Use its frame, mask and all settings again"), "frame", func() { p.UseResult(id) }),
		item(words.T("Keep as reference"), "reference", func() { p.ReferResult(id) }),
		item(words.T("How it was made…"), "recipe", func() { p.ShowResult(id) }),
		fyne.NewMenuItemSeparator(), star,
		item(words.T("Delete"), "layerremove", c.remove)}
}

// remove puts the result into the library's trash; the strip offers to bring it back.
func (c *resultCard) remove() {
	s, id := c.s, c.result.ID
	if s.w.ed.LookedAt() == id {
		s.w.ed.LookAway()
	}
	s.w.ed.Provenance.TrashResult(id, func() {
		s.deleted = id
		s.find()
	})
}

// Dragged implements fyne.Draggable.
func (c *resultCard) Dragged(ev *fyne.DragEvent) {
	layer := c.s.w.tips.layer
	if c.ghost == nil {
		c.ghost = fynecanvas.NewImageFromImage(c.img.Image)
		c.ghost.FillMode, c.ghost.Translucency = fynecanvas.ImageFillContain, 0.35
		c.ghost.Resize(fyne.NewSquareSize(64))
		layer.Add(c.ghost)
	}
	c.at = ev.AbsolutePosition
	c.s.w.tabs.aim(c.at)
	c.ghost.Move(c.at.SubtractXY(32, 32))
	layer.Refresh()
}

// DragEnd implements fyne.Draggable.
func (c *resultCard) DragEnd() {
	w := c.s.w
	if c.ghost == nil {
		return
	}
	w.tips.layer.Remove(c.ghost)
	c.ghost = nil
	tab := w.tabs.aim(c.at)
	w.tabs.aim(fyne.NewPos(-1, -1))
	if tab >= 0 {
		w.ed.ShowTab(tab)
		w.ed.Provenance.PlaceResult(c.result.ID)
		w.focusCanvas()
		return
	}
	at := c.at.Subtract(fyne.CurrentApp().Driver().AbsolutePositionForObject(w.view))
	if size := w.view.Size(); at.X < 0 || at.Y < 0 || at.X > size.Width || at.Y > size.Height {
		return
	}
	x, y := w.ed.View().ToDoc(w.view.device(at))
	w.ed.LookAway()
	w.ed.Provenance.PlaceResultAt(c.result.ID, image.Pt(int(x), int(y)))
	w.focusCanvas()
}

// MouseIn implements desktop.Hoverable.
func (c *resultCard) MouseIn(ev *desktop.MouseEvent) {
	c.inside = true
	c.mark(c.s.looked == c.result.ID)
	c.s.w.status.hint(c.result.Title + " · " + words.T("click compares, drag places, right click offers more"))
	c.s.w.tips.over(c.result.Title+"\n"+c.result.Detail, ev.AbsolutePosition)
}

// MouseMoved implements desktop.Hoverable.
func (c *resultCard) MouseMoved(*desktop.MouseEvent) {}

// MouseOut implements desktop.Hoverable.
func (c *resultCard) MouseOut() {
	c.inside = false
	c.mark(c.s.looked == c.result.ID)
	c.s.w.status.hint("")
	c.s.w.tips.over("", fyne.Position{})
}

// Cursor implements desktop.Cursorable.
func (c *resultCard) Cursor() desktop.Cursor { return desktop.PointerCursor }

// CreateRenderer implements fyne.Widget.
func (c *resultCard) CreateRenderer() fyne.WidgetRenderer { return &cardRenderer{c} }

type cardRenderer struct{ c *resultCard }

func (r *cardRenderer) Destroy() {}

func (r *cardRenderer) Objects() []fyne.CanvasObject {
	return []fyne.CanvasObject{r.c.img, r.c.border, r.c.star}
}

func (r *cardRenderer) MinSize() fyne.Size { return fyne.NewSquareSize(r.c.s.cardSize()) }

func (r *cardRenderer) Layout(size fyne.Size) {
	r.c.img.Move(fyne.NewPos(2, 2))
	r.c.img.Resize(size.SubtractWidthHeight(4, 4))
	r.c.border.Resize(size)
	r.c.star.Move(fyne.NewPos(size.Width-starSide, 2))
	r.c.star.Resize(fyne.NewSquareSize(starSide - 2))
}

func (r *cardRenderer) Refresh() {
	r.c.img.Refresh()
	r.c.mark(r.c.s.looked == r.c.result.ID)
}

// stripLayout gives its objects the whole room, which is as high as a thumbnail, whether there is
// one or not.
type stripLayout struct{ s *resultStrip }

// Layout implements fyne.Layout.
func (l *stripLayout) Layout(all []fyne.CanvasObject, size fyne.Size) {
	for _, o := range all {
		o.Move(fyne.Position{})
		o.Resize(size)
	}
}

// MinSize implements fyne.Layout.
func (l *stripLayout) MinSize([]fyne.CanvasObject) fyne.Size {
	return fyne.NewSize(80, l.s.cardSize()+4)
}
