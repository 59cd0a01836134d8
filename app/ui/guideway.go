package ui

import (
	"image"
	"path/filepath"
	"slices"

	"fyne.io/fyne/v2"
	fynecanvas "fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/dialog"
	"fyne.io/fyne/v2/widget"

	"pentimento/app/fills"
	"pentimento/app/words"
	"pentimento/canvas"
)

// wayRows say in which way fills follow an attached picture: what is taken of it, by which file's
// network, made into which map, how closely.
type wayRows struct {
	w                       *window
	ref                     *canvas.Reference
	ways                    []fills.Way
	shown                   fills.Attachment
	way, file, module, mode *choice
	kind                    *choice  // of map, for a Union net
	kinds, types            []string // that it tells apart; what the choices mean
	files                   []string
	fidelity                *numberSlider
	fileRow, moduleRow      *fyne.Container
	kindRow                 *fyne.Container
	place                   *placeRow
	look, layer             *hintButton
	content, coming         *fyne.Container
	line                    *widget.Label
	bar                     *widget.ProgressBar
	setting                 bool // what is chosen is shown, not asked for
}

// guideModeIDs are fills.Attachment.Mode, guideModes what people read for them.
var guideModeIDs = []string{"", "prompt", "control"}

func guideModes() []string {
	return []string{words.T("Balanced"), words.T("The prompt counts more"), words.T("The picture counts more")}
}

func newWayRows(w *window, r *canvas.Reference) *wayRows {
	p := &wayRows{w: w, ref: r, ways: fills.Ways(), shown: fills.Attachment{Kind: "-"}}
	change := func(do func(a *fills.Attachment)) {
		if !p.setting {
			w.ed.Fills.Attach(r, do)
		}
	}
	var labels []string
	for _, way := range p.ways {
		labels = append(labels, way.Label)
	}
	p.way = newChoice(labels, func(label string) {
		if i := slices.Index(labels, label); i >= 0 && !p.setting {
			w.ed.Fills.Follow(r, p.ways[i].Kind)
		}
	})
	p.file = newChoice(nil, func(name string) {
		if i := slices.Index(p.file.options, name); i >= 0 {
			change(func(a *fills.Attachment) { a.Model = p.files[i] })
		}
	})
	p.file.PlaceHolder = words.T("(choose its file)")
	pick := newHintButton(w, icon("open"), words.T("Choose a file of a network that reads %s", r.Name), func() {
		w.AskOpen(words.T("Choose a file of a model"), func(path string) { w.ed.Fills.Attach(r, func(a *fills.Attachment) { a.Model = path }) })
	})
	p.module = newChoice(nil, func(name string) {
		for _, m := range p.modules() {
			if p.moduleLabel(m) == name && !p.setting {
				p.choose(m)
			}
		}
	})
	p.look = newHintButton(w, icon("compare"), words.T("See the map that the network gets of %s", r.Name), func() { w.showMap(r) })
	p.layer = newHintButton(w, icon("layeradd"), words.T("Make the map a guide layer, to paint on"), func() { w.ed.MapLayer(r); w.focusCanvas() })
	p.kind = newChoice(nil, func(label string) {
		if i := slices.Index(p.kind.options, label); i >= 0 {
			change(func(a *fills.Attachment) { a.Type = p.types[i] })
		}
	})
	p.kind.PlaceHolder = words.T("(say what this map is)")
	p.kindRow = container.NewBorder(nil, nil, widget.NewLabel(words.T("Its map is")), nil, p.kind)
	p.mode = newChoice(guideModes(), func(name string) {
		if i := slices.Index(guideModes(), name); i >= 0 {
			change(func(a *fills.Attachment) { a.Mode = guideModeIDs[i] })
		}
	})
	p.fidelity = newNumberSlider(words.T("Fidelity"), 0, 1, 0.05, "", func(v float64) {
		change(func(a *fills.Attachment) {
			if a.Module == "" {
				a.Module = a.Way().Modules[0].Name
			}
			a.Fidelity = v
		})
	}).column()
	p.fileRow = container.NewBorder(nil, nil, nil, pick, p.file)
	p.moduleRow = container.NewBorder(nil, nil, nil, container.NewHBox(p.look, p.layer), p.module)
	p.coming, p.place = p.newComing(), p.newPlaceRow()
	p.content = container.NewVBox(p.way, p.fileRow, p.moduleRow, p.coming, p.kindRow, p.mode, p.place.content, p.fidelity.content)
	return p
}

// offer lists the files that the attachment can choose among.
func (p *wayRows) offer(a fills.Attachment) {
	before := p.setting
	p.setting = true
	defer func() { p.setting = before }()
	var names []string
	p.files = p.w.ed.Fills.GuideFiles(a)
	for _, path := range p.files {
		name := filepath.Base(path)
		if slices.Contains(names, name) { // in another folder
			name += " — " + shortPath(filepath.Dir(path))
		}
		names = append(names, name)
	}
	p.file.offer(names)
	p.file.ClearSelected()
	if i := slices.Index(p.files, a.Model); i >= 0 {
		p.file.SetSelected(names[i])
	}
}

// offerKinds lists what a Union net can be told of the map; the first is what the preprocessor makes, where
// that is one of them.
func (p *wayRows) offerKinds(a fills.Attachment) {
	var labels []string
	chosen := ""
	if p.types = p.kinds; slices.Contains(p.kinds, a.TypeOfModule()) {
		chosen = words.T("as it is made: %s", fills.TypeLabel(a.TypeOfModule()))
		labels, p.types = []string{chosen}, append([]string{""}, p.kinds...)
	}
	for _, kind := range p.kinds {
		if labels = append(labels, fills.TypeLabel(kind)); kind == a.Type {
			chosen = labels[len(labels)-1]
		}
	}
	p.kind.offer(labels)
	if chosen == "" {
		p.kind.ClearSelected()
	} else {
		p.kind.SetSelected(chosen)
	}
	showIf(p.kindRow, len(p.kinds) > 0)
}

// set shows an attachment.
func (p *wayRows) set(a fills.Attachment) {
	if !a.On {
		return
	}
	p.offerPlaces(a)
	kinds, _ := p.w.ed.Fills.UnionTypes(a.Model)
	if a == p.shown && slices.Equal(kinds, p.kinds) {
		return
	}
	p.kinds = kinds
	p.setting = true
	defer func() { p.setting = false }()
	way := a.Way()
	p.way.SetSelected(way.Label)
	if len(way.Files) > 0 {
		p.offer(a)
	}
	p.offerModules(a)
	p.offerKinds(a)
	p.mode.SetSelected(guideModes()[max(slices.Index(guideModeIDs, a.Mode), 0)])
	fidelity := a.Fidelity
	if a.Module == "" {
		fidelity = 0.5
	}
	p.fidelity.set(fidelity)
	showIf(p.fileRow, len(way.Files) > 0)
	showIf(p.moduleRow, len(way.Modules) > 0)
	showIf(p.look, !way.Degrees)
	showIf(p.layer, !way.Degrees && !(a.Module == "none" && p.ref.Layer != 0))
	showIf(p.fidelity.content, way.Degrees)
	p.shown = a
	p.progress()
}

// showMap shows what the network gets of a reference.
func (w *window) showMap(r *canvas.Reference) {
	img := &fynecanvas.Image{}
	if r.Image != nil {
		img.Image = shrunk(r.Image, 512)
	}
	img.FillMode = fynecanvas.ImageFillContain
	img.SetMinSize(fyne.NewSize(360, 300))
	busy := widget.NewLabel(words.T("The map is being made…"))
	d := dialog.NewCustom(words.T("Map of %s", w.ed.Fills.Title(r)), words.T("Close"), container.NewVBox(img, busy), w.win)
	stop := w.ed.Fills.Map(r, func(made *image.NRGBA, err error) {
		if err != nil {
			busy.SetText(err.Error())
			return
		}
		busy.SetText(words.T("%d × %d pixels", made.Rect.Dx(), made.Rect.Dy()))
		img.Image = shrunk(made, 2048) // of a photo as it is, too
		img.Refresh()
	})
	w.showSheetOver(d, nil, stop)
}
