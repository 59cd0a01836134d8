package ui

import (
	"image"
	"path/filepath"
	"strings"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/layout"
	"fyne.io/fyne/v2/widget"

	"pentimento/app/desk"
	"pentimento/app/editor"
	"pentimento/app/fetch"
	"pentimento/app/models"
	"pentimento/app/words"
)

// startScreen is what every empty canvas offers: a picture, a prompt, what was open before,
// a model, and what a crash left.
type startScreen struct {
	w       *window
	layer   *fyne.Container
	recent  *fyne.Container
	models  *fyne.Container
	recover *hintButton
	get     *fyne.Container // models that can be downloaded, while none is there
	coming  *downloadList
	thumbs  map[string]image.Image // of recent files, as they come
	titles  []func()               // bring the buttons' texts up to date
	paints  *widget.Label          // what paints words
	missing *widget.Label          // why no model paints
	path    string                 // of the model that paints speaks of
}

// cardWidth leaves room for the panels in a window of 900.
const cardWidth = 440

const recentSide = 88

func newStartScreen(w *window) *startScreen {
	s := &startScreen{w: w, recent: container.NewHBox(), models: container.NewHBox(), thumbs: map[string]image.Image{}}
	head := widget.NewLabelWithStyle("Pentimento", fyne.TextAlignCenter, fyne.TextStyle{Bold: true})
	head.SizeName = "headingText"
	sub := widget.NewLabelWithStyle(words.T("Paint over something to fill it. Drag an edge to extend the picture."), fyne.TextAlignCenter, fyne.TextStyle{})
	s.paints = widget.NewLabelWithStyle("", fyne.TextAlignCenter, fyne.TextStyle{})
	s.missing = widget.NewLabelWithStyle("", fyne.TextAlignCenter, fyne.TextStyle{})
	sub.Wrapping, s.paints.Wrapping, s.missing.Wrapping = fyne.TextWrapWord, fyne.TextWrapWord, fyne.TextWrapWord
	sub.Importance, s.paints.Importance, s.missing.Importance = widget.LowImportance, widget.LowImportance, widget.WarningImportance
	button := func(id, text string) *hintButton {
		a := editor.Find(id)
		b := newHintButton(w, icon(a.Icon), words.T(a.Help), func() { w.ed.Do(id); w.focusCanvas() })
		b.Importance = widget.MediumImportance
		s.titles = append(s.titles, func() { b.SetText(text + w.keysOf(a)) })
		if id == "file.open" {
			b.Importance = widget.HighImportance
		}
		return b
	}
	s.coming = newDownloadList(w)
	s.get = container.NewVBox()
	if w.ed.Downloads != nil {
		s.offerDownloads(button)
	}
	s.recover = button("file.recover", words.T("Recover a canvas…"))
	library := button("models.open", words.T("My models…"))
	showIf(library, w.ed.Models.Library.Collection != nil)
	box := container.NewVBox(spacer(cardWidth), head, sub, container.NewGridWithColumns(2, button("file.open", words.T("Open a picture")), button("fill.describe", words.T("Describe a picture")),
		button("edit.paste", words.T("Paste")), button("file.sample", words.T("Try the sample")), button("file.model", words.T("Open a model…")), library, s.recover),
		s.models, s.missing, s.paints, s.get, s.coming.content,
		widget.NewLabelWithStyle(words.T("… or drop a picture anywhere in this window"), fyne.TextAlignCenter, fyne.TextStyle{}),
		container.NewHBox(layout.NewSpacer(), s.recent, layout.NewSpacer()))
	card := &themedBack{}
	card.ExtendBaseWidget(card)
	s.layer = container.NewCenter(container.NewStack(card, container.NewPadded(container.NewPadded(box))))
	s.show()
	return s
}

func (s *startScreen) show() {
	on := s.w.ed.Welcoming()
	if on {
		for _, title := range s.titles {
			title()
		}
		s.showRecent()
		s.showModels()
		showIf(s.get, s.w.ed.Downloads != nil && len(s.models.Objects) == 0 && s.w.ed.Settings.Fill.Model == "")
		showIf(s.coming.content, len(s.coming.order) > 0)
		s.showPaints(s.get.Visible())
		showIf(s.recover, len(s.w.ed.Keeping.Found()) > 0)
	}
	if !on && s.layer.Visible() {
		s.w.unexplain()
	}
	showIf(s.layer, on)
	if on {
		s.layer.Refresh()
	}
}

// showPaints says what paints words, and what stands against it.
func (s *startScreen) showPaints(offers bool) {
	s.path = s.w.ed.Settings.Fill.Model
	text := words.T("Until a checkpoint is open, words are painted by the Starter (a toy to try the tools with).")
	if s.path != "" {
		text = words.T("Words are painted by %s.", cut(models.Title(s.path), 48))
	} else if offers {
		text = words.T("Until a checkpoint is open, words are painted by the Starter (a toy to try the tools with). Models that paint real pictures are downloaded once:")
	}
	if s.paints.Text != text {
		s.paints.SetText(text)
	}
	missing, _ := s.w.ed.Models.NoNetworks()
	if s.missing.Text != missing {
		s.missing.SetText(missing)
	}
	showIf(s.missing, missing != "")
}

// showRecent shows the latest files as thumbnails with their names.
func (s *startScreen) showRecent() {
	s.recent.RemoveAll()
	const most = 4
	for i, path := range s.w.ed.Settings.Recent {
		if i == most {
			break
		}
		var pic fyne.CanvasObject = container.NewStack(sized(fyne.NewSquareSize(recentSide)), widget.NewIcon(icon("sample")))
		img, asked := s.thumbs[path]
		if img != nil {
			t := newTapImage(s.w, img, recentSide, func() { s.w.ed.Open(path) })
			t.hint = path
			pic = t
		} else if !asked {
			s.thumbs[path] = nil
			s.w.ed.Preview(path, 2*recentSide, func(small image.Image) {
				s.thumbs[path] = small
				s.show()
			})
		}
		name := newHintButton(s.w, nil, path, func() { s.w.ed.Open(path) })
		name.SetText(cut(filepath.Base(path), 12))
		s.recent.Add(container.NewVBox(pic, name))
	}
}

// showModels offers the models that were found, while none is open.
func (s *startScreen) showModels() {
	s.models.RemoveAll()
	if s.w.ed.Settings.Fill.Model == "" {
		for _, path := range s.w.ed.Models.Nearby(3) {
			b := newHintButton(s.w, icon("model"), path, func() { s.w.ed.Models.Open(path) })
			b.SetText(cut(strings.TrimSuffix(models.Title(path), filepath.Ext(path)), 20))
			s.models.Add(b)
		}
	}
	showIf(s.models, len(s.models.Objects) > 0)
}

// offerDownloads shows the models of the catalogue that one begins with, and the way to the others.
func (s *startScreen) offerDownloads(button func(id, text string) *hintButton) {
	row := container.NewGridWithColumns(2)
	for _, e := range fetch.Catalogue {
		if e.Short != "" {
			b := newHintButton(s.w, icon("download"), e.Title+" · "+fetch.Bytes(e.Bytes())+" · "+e.Licence+"\n"+words.Label(e.Help), func() { s.w.askDownload(e.ID) })
			b.SetText(e.Short + " · " + fetch.Bytes(e.Bytes()))
			b.Importance = widget.MediumImportance
			row.Add(b)
		}
	}
	row.Add(button("file.getmodel", words.T("More models…")))
	s.get.Add(row)
}

func (s *startScreen) update(c desk.Change) {
	if s.coming.update(c); c.What&desk.DownloadsChanged != 0 && s.layer.Visible() && (len(s.coming.order) > 0) != s.coming.content.Visible() {
		s.show()
	}
	missing, _ := s.w.ed.Models.NoNetworks()
	if s.layer.Visible() && (c.What&desk.SettingsChanged != 0 || s.path != s.w.ed.Settings.Fill.Model || s.missing.Text != missing) {
		s.show()
	}
	if c.What&(desk.HistoryChanged|desk.DocumentOpened|desk.FillChanged|desk.CandidatesChanged) != 0 && s.layer.Visible() != s.w.ed.Welcoming() {
		s.show()
	}
}
