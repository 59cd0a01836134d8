package ui

import (
	"context"
	"image"
	"sync"

	"fyne.io/fyne/v2"
	fynecanvas "fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/layout"
	"fyne.io/fyne/v2/widget"

	"pentimento/app/collection"
	"pentimento/app/models"
	"pentimento/app/words"
)

// coverSide is the side of a card's picture, in Fyne units; its pixels are twice as many.
const coverSide = 128

// maxCovers is how many pictures are kept in memory: 1/4 MB each.
const maxCovers = 300

// covers are the pictures of items, made when a card is first seen.
type covers struct {
	w        *window
	come     func(path string)
	pictures map[string]image.Image // nil while it is being made
	decoding sync.Mutex             // one at a time: a large picture takes every core
}

func newCovers(w *window, come func(path string)) *covers {
	return &covers{w: w, come: come, pictures: map[string]image.Image{}}
}

// of is an item's picture: the one beside it or in it, one that was made here with it, or a sign
// drawn of its name while there is none.
func (c *covers) of(item *collection.Item) image.Image {
	path := string(item.Path)
	key := path + "\n" + item.Beside
	if img, asked := c.pictures[key]; asked {
		return img
	}
	if len(c.pictures) >= maxCovers {
		clear(c.pictures)
	}
	sign := drawnSign(item.Name())
	c.pictures[key] = sign
	take := func(img *image.NRGBA) {
		small := shrunk(img, 2*coverSide)
		fyne.Do(func() {
			c.pictures[key] = small
			c.come(path)
		})
	}
	if item.Card.Picture == "" {
		c.w.ed.Provenance.MadeBy(item.Name(), take)
		return sign
	}
	own := *item
	c.w.ed.Go(words.T("picture of a model"), func() {
		c.decoding.Lock()
		defer c.decoding.Unlock()
		if img, err := own.Cover(context.Background()); err == nil && img != nil { // without one the sign stays
			take(img)
		}
	}, nil)
	return sign
}

// cardGrid is the grid of cards: the arrows choose, and the keys that move nothing are the sheet's, such
// as Enter, which uses what is chosen.
type cardGrid struct {
	widget.GridWrap
}

func (s *modelSheet) newGrid() *cardGrid {
	g := &cardGrid{}
	g.Length, g.CreateItem, g.UpdateItem = func() int { return len(s.rows) }, s.blank, s.fill
	g.ExtendBaseWidget(g)
	return g
}

// TypedKey implements fyne.Focusable.
func (g *cardGrid) TypedKey(k *fyne.KeyEvent) {
	switch k.Name {
	case fyne.KeyLeft, fyne.KeyRight, fyne.KeyUp, fyne.KeyDown:
		g.GridWrap.TypedKey(k)
		g.GridWrap.TypedKey(&fyne.KeyEvent{Name: fyne.KeySpace})
	case fyne.KeySpace:
		g.GridWrap.TypedKey(k)
	default:
		if c := fyne.CurrentApp().Driver().CanvasForObject(g); c != nil && c.OnTypedKey() != nil {
			c.OnTypedKey()(k)
		}
	}
}

// toCards brings the keys from the search to the cards.
func (s *modelSheet) toCards() {
	if s.searched(); len(s.rows) == 0 {
		return
	}
	s.w.win.Canvas().Focus(s.grid)
	s.grid.TypedKey(&fyne.KeyEvent{Name: fyne.KeySpace})
}

// takeFirst chooses the first of what was searched for, which the sheet's Enter then uses.
func (s *modelSheet) takeFirst() {
	if s.searched(); s.search.Text != "" && s.chosen == "" && len(s.rows) > 0 {
		s.grid.Select(0)
	}
}

// searched finds what was typed last, without waiting for more.
func (s *modelSheet) searched() {
	if s.typed != nil && s.typed.Stop() {
		s.find()
	}
}

// modelCard is one card as a widget, which Fyne reuses.
type modelCard struct {
	widget.BaseWidget
	picture     *fynecanvas.Image
	name, about *widget.Label
	content     fyne.CanvasObject
}

// CreateRenderer implements fyne.Widget.
func (c *modelCard) CreateRenderer() fyne.WidgetRenderer {
	return widget.NewSimpleRenderer(c.content)
}

func (s *modelSheet) blank() fyne.CanvasObject {
	c := &modelCard{picture: fynecanvas.NewImageFromImage(nil), name: widget.NewLabel(""), about: widget.NewLabel("")}
	c.picture.FillMode = fynecanvas.ImageFillContain
	c.picture.SetMinSize(fyne.NewSize(coverSide, coverSide))
	c.name.Truncation, c.about.Truncation = fyne.TextTruncateEllipsis, fyne.TextTruncateEllipsis
	c.name.Alignment, c.about.Alignment = fyne.TextAlignCenter, fyne.TextAlignCenter
	c.content = container.NewStack(sized(fyne.NewSize(coverSide+24, coverSide+64)), container.NewBorder(nil, container.New(layout.NewCustomPaddedVBoxLayout(-8), c.name, c.about), nil, nil, container.NewPadded(c.picture)))
	c.ExtendBaseWidget(c)
	return c
}

func (s *modelSheet) fill(i widget.GridWrapItemID, o fyne.CanvasObject) {
	if i >= len(s.rows) {
		return
	}
	r, c := &s.rows[i], o.(*modelCard)
	c.name.SetText(r.Name())
	c.about.Importance = widget.LowImportance
	if r.Kind == collection.Broken {
		c.about.Importance = widget.DangerImportance
	}
	c.about.SetText(inShort(r))
	c.picture.Image = s.covers.of(&r.Item)
	c.picture.Translucency = 0
	if r.Gone || r.Kind == collection.Broken {
		c.picture.Translucency = 0.7
	}
	c.picture.Refresh()
}

// inShort is the line below a card's name.
func inShort(r *collection.Row) string {
	switch {
	case r.Away:
		return words.T("its drive isn't there")
	case r.Gone:
		return words.T("missing")
	case r.Kind == collection.Broken:
		return r.Trouble()
	}
	text := models.KindLabel(r.Kind)
	if r.Adapter != "" {
		text = r.Adapter
	}
	if r.Family != "" {
		text += " · " + models.FamilyLabel(r.Family)
	}
	if r.Inpainting {
		text += " · " + words.T("inpainting")
	}
	if r.Doubles > 0 {
		text += " · " + words.T("doubled")
	}
	return text
}

func (s *modelSheet) refreshCard(path string) {
	for i := range s.rows {
		if string(s.rows[i].Path) == path {
			s.grid.RefreshItem(i)
		}
	}
	if path == s.chosen {
		s.detail.show()
	}
}
