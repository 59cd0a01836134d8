package ui

import (
	"image"
	"time"

	"fyne.io/fyne/v2"
	fynecanvas "fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/dialog"
	"fyne.io/fyne/v2/widget"

	"pentimento/app/provenance"
	"pentimento/app/words"
)

// pictureSide is the side of a thumbnail, in Fyne units; its pixels are twice as many.
const pictureSide = 72

// maxThumbs is how many thumbnails are kept in memory.
const maxThumbs = 300

// resultsSheet is the library: every result of before, with its picture, searched by what
// its recipe says. Thumbnails are made when a line is first seen, off the window's
// goroutine.
type resultsSheet struct {
	w      *window
	dialog *dialog.CustomDialog
	list   *widget.List
	usage  *widget.Label
	search *field
	stars  *tick
	trash  *tick
	rows   []provenance.ResultRow
	thumbs map[string]image.Image // nil while it is being made
	asked  int                    // searches so far: a late answer to an old one is dropped
	typed  *time.Timer
}

// showResults opens the library.
func (w *window) showResults() {
	s := &resultsSheet{w: w, thumbs: map[string]image.Image{}, usage: widget.NewLabel(words.T("Searching…")), search: newField()}
	s.usage.Importance = widget.LowImportance
	s.search.SetPlaceHolder(words.T("Search for words of a prompt, a model, a seed or a date such as 2026-11-25"))
	s.search.OnChanged = func(string) {
		if s.typed != nil {
			s.typed.Stop()
		}
		s.typed = time.AfterFunc(150*time.Millisecond, func() { fyne.Do(s.find) })
	}
	s.stars = newTick(words.T("Favourites"), func(bool) { s.find() })
	s.trash = newTick(words.T("Trash"), func(bool) { s.find() })
	s.list = widget.NewList(func() int { return len(s.rows) }, s.blank, s.fill)
	s.list.OnSelected = func(i widget.ListItemID) {
		s.list.Unselect(i)
		if i < len(s.rows) {
			s.dialog.Hide()
			s.w.ed.Provenance.ShowResult(s.rows[i].ID)
		}
	}
	size := w.win.Canvas().Size()
	room := fyne.NewSize(min(760, size.Width-80), min(560, size.Height-160))
	top := container.NewBorder(nil, nil, nil, container.NewHBox(s.stars, s.trash), s.search)
	body := container.NewStack(sized(room), container.NewBorder(top, s.usage, nil, nil, s.list))
	s.dialog = dialog.NewCustom(words.T("Results"), words.T("Close"), body, w.win)
	w.showSheetOver(s.dialog, nil, nil)
	w.win.Canvas().Focus(s.search)
	s.find()
}

// find asks the library; the answer comes later.
func (s *resultsSheet) find() {
	s.asked++
	n := s.asked
	s.w.ed.Provenance.Results(s.search.Text, s.stars.Checked, s.trash.Checked, func(rows []provenance.ResultRow, usage string) {
		if n != s.asked {
			return
		}
		s.rows = rows
		if len(rows) == 0 && s.search.Text == "" && !s.stars.Checked && !s.trash.Checked {
			usage = words.T("Nothing here yet. Every finished fill appears here, accepted or not.")
		}
		s.usage.SetText(usage)
		s.list.Refresh()
	})
}

// resultRow is the widgets of one line.
type resultRow struct {
	picture                         *fynecanvas.Image
	title, detail                   *widget.Label
	star, again, place, bin, revive *hintButton
}

// rowBox is one line as a widget, which Fyne reuses.
type rowBox struct {
	widget.BaseWidget
	resultRow
	content fyne.CanvasObject
}

// CreateRenderer implements fyne.Widget.
func (r *rowBox) CreateRenderer() fyne.WidgetRenderer { return widget.NewSimpleRenderer(r.content) }

func (s *resultsSheet) blank() fyne.CanvasObject {
	r := &rowBox{}
	r.picture = fynecanvas.NewImageFromImage(nil)
	r.picture.FillMode = fynecanvas.ImageFillContain
	r.picture.SetMinSize(fyne.NewSize(pictureSide, pictureSide))
	r.title, r.detail = widget.NewLabel(""), widget.NewLabel("")
	r.title.Truncation, r.detail.Truncation = fyne.TextTruncateEllipsis, fyne.TextTruncateEllipsis
	r.detail.Importance = widget.LowImportance
	r.star = newHintButton(s.w, icon("star"), words.T("Favourite: never deleted to make room"), nil)
	r.again = newHintButton(s.w, icon("back"), words.T("Use its frame, mask and all settings again"), nil)
	r.place = newHintButton(s.w, icon("place"), words.T("Place on the canvas as a layer"), nil)
	r.bin = newHintButton(s.w, icon("layerremove"), words.T("Move to the trash"), nil)
	r.revive = newHintButton(s.w, icon("undo"), words.T("Restore from the trash"), nil)
	buttons := container.NewHBox(r.star, r.again, r.place, r.bin, r.revive)
	r.content = container.NewBorder(nil, nil, r.picture, container.NewCenter(buttons), container.NewVBox(r.title, r.detail))
	r.ExtendBaseWidget(r)
	return r
}

func (s *resultsSheet) fill(i widget.ListItemID, o fyne.CanvasObject) {
	r := o.(*rowBox)
	if i >= len(s.rows) {
		return
	}
	row := s.rows[i]
	r.title.SetText(row.Title)
	r.detail.SetText(row.Detail)
	ed := s.w.ed
	away := func(do func(string)) func() { return func() { s.dialog.Hide(); do(row.ID) } }
	r.star.OnTapped = func() { ed.Provenance.StarResult(row.ID, !row.Favourite, s.find) }
	r.again.OnTapped, r.place.OnTapped = away(ed.Provenance.UseResult), away(ed.Provenance.PlaceResult)
	r.bin.OnTapped = func() { ed.Provenance.TrashResult(row.ID, s.find) }
	r.revive.OnTapped = func() { ed.Provenance.RestoreResult(row.ID, s.find) }
	name := "star"
	if row.Favourite {
		name = "staron"
	}
	r.star.SetIcon(icon(name))
	if row.Trashed {
		r.bin.Hide()
		r.star.Hide()
		r.revive.Show()
	} else {
		r.bin.Show()
		r.star.Show()
		r.revive.Hide()
	}
	r.picture.Image = s.thumb(row.ID)
	r.picture.Refresh()
}

// thumb is the thumbnail where it has been made; otherwise it has it made.
func (s *resultsSheet) thumb(id string) image.Image {
	img, asked := s.thumbs[id]
	if asked {
		return img
	}
	if len(s.thumbs) >= maxThumbs {
		clear(s.thumbs)
	}
	s.thumbs[id] = nil
	s.w.ed.Provenance.ResultPicture(id, func(picture *image.NRGBA) {
		if picture == nil {
			return
		}
		small := shrunk(picture, 2*pictureSide)
		fyne.Do(func() {
			s.thumbs[id] = small
			for i, row := range s.rows {
				if row.ID == id {
					s.list.RefreshItem(i)
				}
			}
		})
	})
	return nil
}
