package ui

import (
	"bytes"
	"hash/fnv"
	"image"
	"image/color"
	"image/png"
	"path/filepath"
	"strings"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/widget"

	"pentimento/app/models"
	"pentimento/app/settings"
	"pentimento/app/words"
)

// The chip at the head of the fill panel names what fills, and a tap chooses another: the
// engines and the models in one list, since to a painter they answer one question.

// showChip names the engine, or the model where it fills.
func (p *fillPanel) showChip(row models.EngineRow) {
	text, hint := words.Label(row.Name), words.Label(row.Help)
	if row.Network {
		name := p.w.ed.Models.Label()
		if text = name; p.w.ed.Models.UsesStarter() {
			text, _, _ = strings.Cut(name, " (")
		}
		text, hint = strings.TrimSuffix(text, filepath.Ext(text)), name+"\n"+hint
	}
	if text = cut(text, 28); p.chip.Text != text {
		p.chip.SetText(text)
	}
	p.sign(row)
	missing, detail := p.w.ed.Models.NoNetworks()
	if missing != "" {
		hint = missing + "\n" + detail
	}
	if ink := map[bool]widget.Importance{true: widget.WarningImportance, false: widget.MediumImportance}[missing != ""]; p.chip.Importance != ink {
		p.chip.Importance = ink
		p.chip.Refresh()
	}
	p.chip.hint = words.T("What fills. Choose another engine or model.") + "\n" + hint
	if p.model.Text != p.w.ed.Models.Label() {
		p.model.SetText(p.w.ed.Models.Label())
	}
}

// chooseEngine offers all that can fill.
func (p *fillPanel) chooseEngine() {
	menu := widget.NewPopUpMenu(fyne.NewMenu("", p.engineItems()...), p.w.win.Canvas())
	at := fyne.CurrentApp().Driver().AbsolutePositionForObject(p.chip)
	menu.ShowAtPosition(at.AddXY(0, p.chip.Size().Height))
}

func (p *fillPanel) engineItems() []*fyne.MenuItem {
	ed := p.w.ed
	item := func(text, name string, on bool, do func()) *fyne.MenuItem {
		m := fyne.NewMenuItem(cut(text, 40), func() { do(); p.w.focusCanvas() })
		m.Icon, m.Checked = icon(name), on
		return m
	}
	var copying, network, plain []*fyne.MenuItem
	now := ed.Models.Engine()
	for i, row := range models.Engines {
		one := item(words.Label(row.Name), "fill", row.ID == now.ID, func() {
			p.change(func(f *settings.Fill) { f.Engine = string(row.ID) })
		})
		switch {
		case row.Network:
		case i == 0:
			copying = append(copying, one)
		default:
			plain = append(plain, one)
		}
	}
	if ed.Models.Starter != nil {
		network = append(network, item(words.T("Starter (a toy to try the tools with)"), "model", now.Network && ed.Models.UsesStarter(), ed.Models.UseStarter))
	}
	const most = 8
	for i, path := range ed.Models.Opened() {
		if i == most {
			break
		}
		network = append(network, item(models.Title(path), "model", now.Network && ed.Settings.Fill.Model == path, func() { ed.Models.Open(path) }))
	}
	open := item(words.T("Open checkpoint…"), "open", false, func() { ed.Do("file.model") })
	all := item(words.T("All models…"), "model", false, func() { ed.Do("models.open") })
	get := item(words.T("Get a model…"), "download", false, func() { ed.Do("file.getmodel") })
	more := fyne.NewMenuItem(words.T("Plain fillings"), nil)
	more.ChildMenu = fyne.NewMenu("", plain...)
	out := append(copying, fyne.NewMenuItemSeparator())
	out = append(append(out, network...), all, open, get, fyne.NewMenuItemSeparator(), more)
	return out
}

// sign puts a thumbnail on the chip: a picture that the model has made here, and until there is
// one a sign drawn of its name. An engine without a model has its icon.
func (p *fillPanel) sign(row models.EngineRow) {
	name := ""
	if row.Network { // asking for the Starter's path lays it out as a file
		if path, err := p.w.ed.Models.Chosen(); err == nil {
			name = models.Name(path)
		}
	}
	if name == p.signed {
		return
	}
	p.signed = name
	if name == "" {
		p.chip.SetIcon(icon("model"))
		return
	}
	p.chip.SetIcon(signOf(name, drawnSign(name)))
	w := p.w
	w.ed.Provenance.MadeBy(name, func(img *image.NRGBA) {
		small := shrunk(img, signSide)
		w.ed.Post(func() {
			if p.signed == name {
				p.chip.SetIcon(signOf(name+"+", small))
			}
		})
	})
}

// signSide is a sign's side in pixels.
const signSide = 48

// signOf is a picture as an icon.
func signOf(name string, img image.Image) fyne.Resource {
	var out bytes.Buffer
	_ = png.Encode(&out, img) // to memory
	return fyne.NewStaticResource(name+".png", out.Bytes())
}

// drawnSign is a symmetric pattern of fields in a colour, both from the name, so that models are
// told apart.
func drawnSign(name string) image.Image {
	h := fnv.New64a()
	h.Write([]byte(name))
	bits := h.Sum64()
	ink := color.NRGBA{uint8(90 + bits>>40%150), uint8(90 + bits>>48%150), uint8(90 + bits>>56%150), 255}
	img := image.NewNRGBA(image.Rect(0, 0, signSide, signSide))
	const fields = 6
	for y := range signSide {
		for x := range signSide {
			i, j := x*fields/signSide, y*fields/signSide
			if i >= fields/2 {
				i = fields - 1 - i
			}
			if bits>>(i*fields+j)&1 == 1 {
				img.SetNRGBA(x, y, ink)
			}
		}
	}
	return img
}
