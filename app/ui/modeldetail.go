package ui

import (
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"fyne.io/fyne/v2"
	fynecanvas "fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/dialog"
	"fyne.io/fyne/v2/widget"

	"pentimento/app/collection"
	"pentimento/app/models"
	"pentimento/app/provenance"
	"pentimento/app/words"
)

// detailWidth is what the chosen item takes beside the list.
const detailWidth = 320

// modelDetail says all there is of the chosen item, and does what can be done with it.
type modelDetail struct {
	s       *modelSheet
	content *fyne.Container
	body    *fyne.Container
	scroll  *container.Scroll
	shown   string // a word for what it shows
	of      string // path
	made    []provenance.ResultRow
	asked   string // path whose results were asked for
	civitai lookedUp
	typing  *field // the person's tags, of the file tagged, which had stored
	tagRow  *fyne.Container
	tagged  string
	stored  string
}

func newModelDetail(s *modelSheet) *modelDetail {
	d := &modelDetail{s: s, body: container.NewVBox()}
	d.scroll = container.NewVScroll(d.body)
	d.content = container.NewStack(spacer(detailWidth), d.scroll)
	return d
}

// show brings the pane up to date, where it would say something else.
func (d *modelDetail) show() {
	l := &d.s.w.ed.Models.Library
	item, ok := l.Get(d.s.chosen)
	if !ok {
		none := fmt.Sprint(len(d.s.rows) > 0)
		if d.shown != none {
			d.shown, d.of = none, ""
			if d.body.Objects = nil; len(d.s.rows) == 0 { // no card to choose
				d.body.Refresh()
				return
			}
			hint := wrapped(words.T("Choose a card to see what it is, and use it (Enter)."))
			hint.Importance = widget.LowImportance
			d.body.Objects = []fyne.CanvasObject{hint}
			d.body.Refresh()
		}
		return
	}
	if path := string(item.Path); d.asked != path {
		d.asked, d.made = path, nil
		d.s.w.ed.Provenance.MadeWith(item.Name(), models.ShortHash(item.Sums.SHA256), func(rows []provenance.ResultRow) {
			if d.asked == path && len(rows) > 0 {
				d.made = rows
				d.show()
			}
		})
	}
	tags, doubles := l.Tags(string(item.Path)), l.Doubles(string(item.Path))
	picture := d.s.covers.of(&item)
	d.civitai.follow(d.s.w, item.Sums.SHA256)
	state := fmt.Sprint(item.Path, item.Sums, item.Gone, item.Problem, item.Beside, tags, doubles, len(d.made), d.civitai.state(), fmt.Sprintf("%p", picture))
	if state == d.shown {
		return
	}
	d.shown = state
	cover := fynecanvas.NewImageFromImage(picture)
	cover.FillMode = fynecanvas.ImageFillContain
	cover.SetMinSize(fyne.NewSize(detailWidth-24, min(200, d.s.w.win.Canvas().Size().Height/5)))
	name := widget.NewLabelWithStyle(item.Name(), fyne.TextAlignLeading, fyne.TextStyle{Bold: true})
	name.Wrapping = fyne.TextWrapBreak
	d.body.Objects = []fyne.CanvasObject{cover, name}
	d.actions(&item)
	d.words(&item)
	d.facts(&item, doubles)
	d.lookup(&item)
	d.tags(&item, tags)
	d.results()
	d.body.Refresh()
	if d.of != string(item.Path) {
		d.of = string(item.Path)
		d.scroll.ScrollToTop()
	}
}

func (d *modelDetail) add(o fyne.CanvasObject) { d.body.Objects = append(d.body.Objects, o) }

// line adds a fact with its name.
func (d *modelDetail) line(name, text string) {
	if text == "" {
		return
	}
	label := wrapped(text)
	label.Wrapping = fyne.TextWrapBreak
	if strings.Contains(text, " ") {
		label.Wrapping = fyne.TextWrapWord
	}
	head := widget.NewLabel(name)
	head.Importance = widget.LowImportance
	d.add(container.NewBorder(nil, nil, container.NewStack(spacer(92), head), nil, label))
}

// actions are the buttons: what the item is there for first.
func (d *modelDetail) actions(item *collection.Item) {
	s, path := d.s, string(item.Path)
	if item.Gone {
		d.add(widget.NewButton(words.T("Forget it"), func() {
			s.w.ed.Models.Library.Change(func(c *collection.Collection) error { return c.Forget(path) }, nil)
		}))
		return
	}
	if s.w.ed.Models.Library.Usable(item) {
		label := map[string]string{"adapter": words.T("Add to the model"), "embedding": words.T("Put into the prompt"), "vae": words.T("Use as the model's VAE"), "text_encoder": words.T("Use as the model's text encoder")}[item.Kind]
		if label == "" {
			label = words.T("Fill with this model")
		}
		use := widget.NewButtonWithIcon(label, icon("accept"), s.use)
		use.Importance = widget.HighImportance
		d.add(use)
	}
	if trouble := item.Trouble(); trouble != "" {
		text := wrapped(words.T("This file can't be used: %s.", trouble))
		text.Importance = widget.DangerImportance
		d.add(text)
	}
	if item.Problem != "" {
		problem := wrapped(item.Problem)
		if item.Kind == collection.Broken {
			problem.Importance = widget.LowImportance // the technical text, for whoever asks
		}
		d.add(problem)
	}
	d.add(container.NewGridWithColumns(3, widget.NewButton(words.T("Rename…"), func() { s.rename(path) }), widget.NewButton(words.T("Move…"), func() { s.move(path) }), widget.NewButton(words.T("Delete…"), func() { s.trash(path) })))
}

// facts are what the file says of itself.
func (d *modelDetail) facts(item *collection.Item, doubles []string) {
	kind := models.KindLabel(item.Kind)
	if item.Adapter != "" {
		kind += " (" + item.Adapter + ")"
	}
	d.line(words.T("Kind"), kind)
	family := models.FamilyLabel(item.Family)
	if item.Inpainting {
		family += ", " + words.T("inpainting")
	}
	d.line(words.T("Family"), strings.TrimPrefix(family, ", "))
	if item.Card.Title != item.Name() {
		d.line(words.T("Title"), item.Card.Title)
	}
	d.line(words.T("Made from"), item.Card.Base)
	d.line(words.T("Merged"), item.Card.Merged)
	d.line(words.T("Author"), item.Card.Author)
	d.line(words.T("Licence"), item.Card.License)
	d.line(words.T("Size"), strings.TrimSuffix(sizeOf(item.Size)+", "+item.DType, ", "))
	d.line(words.T("Changed"), time.Unix(0, item.Time).Local().Format("2006-01-02 15:04"))
	if s := item.Sums; s.SHA256 != "" {
		hash := models.ShortHash(s.SHA256)
		if s.Data != "" && item.Kind != "checkpoint" {
			hash += "\n" + words.T("AutoV3 %s", s.Data[:min(12, len(s.Data))])
		}
		d.line(words.T("Hashes"), hash)
	}
	for _, other := range doubles {
		d.line(words.T("Same as"), filepath.Join(folderOf(other), filepath.Base(other)))
	}
	d.line(words.T("File"), string(item.Path))
}

// words are those that wake the model, with buttons that put them into the prompt.
func (d *modelDetail) words(item *collection.Item) {
	c, l := item.Card, &d.s.w.ed.Models.Library
	if len(c.Words) > 0 {
		head := widget.NewLabelWithStyle(words.T("Trigger words"), fyne.TextAlignLeading, fyne.TextStyle{Bold: true})
		d.add(head)
		for _, w := range c.Words[:min(len(c.Words), 8)] {
			b := newHintButton(d.s.w, icon("more"), words.T("Put into the prompt"), func() { l.AddWords(w) })
			text := wrapped(w)
			d.add(container.NewBorder(nil, nil, nil, container.NewVBox(b), text))
		}
	}
	if c.Weight != 0 {
		d.line(words.T("Weight"), fmt.Sprintf("%g", c.Weight))
	}
	d.line(words.T("Negative"), c.Negative)
	if len(c.Trained) > 0 {
		var all []string
		for _, t := range c.Trained[:min(len(c.Trained), 12)] {
			all = append(all, fmt.Sprintf("%s (%d)", t.Word, t.N))
		}
		d.line(words.T("Trained on"), strings.Join(all, ", "))
	}
	d.line(words.T("Notes"), c.Notes)
}

// tags are the person's own.
func (d *modelDetail) tags(item *collection.Item, tags []string) {
	if item.Gone {
		return
	}
	path, stored := string(item.Path), strings.Join(tags, ", ")
	if d.typing != nil && d.tagged == path && d.typing.Text != d.stored { // someone types in it
		d.add(d.tagRow)
		return
	}
	entry := newField()
	entry.own = true // the sheet would use the model
	d.typing, d.tagged, d.stored = entry, path, stored
	entry.SetText(stored)
	entry.SetPlaceHolder(words.T("Your own tags, with commas"))
	entry.OnSubmitted = func(text string) {
		d.typing = nil
		d.s.w.ed.Models.Library.Change(func(c *collection.Collection) error { return c.Tag(path, strings.Split(text, ",")) }, nil)
	}
	save := newHintButton(d.s.w, icon("accept"), words.T("Keep these tags; nothing is written beside the file"), func() { entry.OnSubmitted(entry.Text) })
	d.tagRow = container.NewBorder(nil, nil, nil, save, entry)
	d.add(d.tagRow)
}

// results are those that were made with the item.
func (d *modelDetail) results() {
	if len(d.made) == 0 {
		return
	}
	d.add(widget.NewLabelWithStyle(words.N(len(d.made), "%d result was made with it", "%d results were made with it"), fyne.TextAlignLeading, fyne.TextStyle{Bold: true}))
	for _, row := range d.made[:min(len(d.made), 5)] {
		b := widget.NewButton(cut(row.Title, 36), func() { d.s.dialog.Hide(); d.s.w.ed.Provenance.ShowResult(row.ID) })
		b.Alignment, b.Importance = widget.ButtonAlignLeading, widget.LowImportance
		d.add(b)
	}
}

// rename asks for another name.
func (s *modelSheet) rename(path string) {
	name := newField()
	name.SetText(strings.TrimSuffix(filepath.Base(path), filepath.Ext(path)))
	items := []*widget.FormItem{{Text: words.T("Name"), Widget: name, HintText: words.T("its pictures and notes are renamed with it")}}
	d := dialog.NewForm(words.T("Rename"), words.T("Rename"), words.T("Cancel"), items, func(ok bool) {
		if ok {
			s.change(func(c *collection.Collection) (string, error) { return c.Rename(path, strings.TrimSpace(name.Text)) })
		}
	}, s.w.win)
	d.Resize(fyne.NewSize(460, 0))
	s.w.showSheetOver(d, d.Submit, nil)
	s.w.win.Canvas().Focus(name)
}

// move asks for another folder.
func (s *modelSheet) move(path string) {
	s.w.AskFolder(words.T("Move to which folder?"), func(dir string) {
		s.change(func(c *collection.Collection) (string, error) { return c.Move(path, dir) })
	})
}

// trash asks before a model leaves its folder.
func (s *modelSheet) trash(path string) {
	text := wrapped(words.T("%s and its pictures and notes go into the folder %s beside it. They can be brought back with Undo; delete that folder to free the space.", filepath.Base(path), collection.TrashFolder))
	d := dialog.NewCustomConfirm(words.T("Delete this model?"), words.T("Delete"), words.T("Cancel"), container.NewStack(spacer(420), text), func(ok bool) {
		if ok {
			s.change(func(c *collection.Collection) (string, error) { return "", c.Trash(path) })
		}
	}, s.w.win)
	s.w.showSheetOver(d, nil, nil)
}

// change does something with a file and chooses what it is then.
func (s *modelSheet) change(work func(*collection.Collection) (string, error)) {
	to := ""
	s.w.ed.Models.Library.Change(func(c *collection.Collection) (err error) { to, err = work(c); return err }, func() { s.reveal(to) })
}

// reveal chooses a file that was changed, and has the search find it where it would hide it.
func (s *modelSheet) reveal(path string) {
	if s.find(); path != "" && !slices.ContainsFunc(s.rows, func(r collection.Row) bool { return string(r.Path) == path }) {
		s.search.SetText(collection.Name(path))
		s.searched()
	}
	s.choose(path)
}
