package ui

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/dialog"
	"fyne.io/fyne/v2/widget"

	"pentimento/app/fetch"
	"pentimento/app/fills"
	"pentimento/app/words"
)

// modules are what can be made of the picture here; those whose networks can't be fetched are left out.
func (p *wayRows) modules() (out []fills.Module) {
	for _, m := range p.w.ed.Fills.Attachment(p.ref).Way().Modules {
		if len(m.Parts) == 0 || p.w.ed.Downloads != nil {
			out = append(out, m)
		}
	}
	return out
}

// moduleLabel is a row of the choice: one whose networks are not here says what they cost.
func (p *wayRows) moduleLabel(m fills.Module) string {
	text := m.Name + ": " + m.Short
	if d := p.w.ed.Downloads; d != nil && len(m.Parts) > 0 {
		if note := d.PartsNote(m.Parts); note != "" {
			text += " (" + note + ")"
		}
	}
	return text
}

// offerModules lists the preprocessors and shows the attachment's.
func (p *wayRows) offerModules(a fills.Attachment) {
	before := p.setting
	p.setting = true
	defer func() { p.setting = before }()
	var labels []string
	chosen := ""
	for i, m := range p.modules() {
		labels = append(labels, p.moduleLabel(m))
		if m.Name == a.Module || a.Module == "" && i == 0 {
			chosen = labels[i]
		}
	}
	p.module.offer(labels)
	p.module.SetSelected(chosen)
}

// choose takes a preprocessor, and asks before it fetches networks for it.
func (p *wayRows) choose(m fills.Module) {
	take := func() {
		p.w.ed.Fills.Attach(p.ref, func(a *fills.Attachment) {
			if a.Module == "" && a.Fidelity == 0 {
				a.Fidelity = 0.5
			}
			a.Module = m.Name
		})
	}
	d := p.w.ed.Downloads
	if len(m.Parts) == 0 || d.PartsNote(m.Parts) == "" {
		take()
		return
	}
	if _, ok := d.PartsComing(m.Parts); ok {
		take()
		return
	}
	p.w.askParts(m.Parts, func(yes bool) {
		if !yes {
			p.offerModules(p.w.ed.Fills.Attachment(p.ref))
			return
		}
		take()
		d.FetchParts(m.Parts, func() {
			if p.ref.Image != nil && p.w.ed.Fills.Attachment(p.ref).Module == m.Name {
				p.w.showMap(p.ref)
			}
		})
	})
}

// askParts asks once before networks are fetched.
func (w *window) askParts(names []string, then func(yes bool)) {
	q := w.ed.Downloads.PartsQuestion(names)
	body := container.NewVBox(spacer(460))
	for _, line := range q.Lines {
		body.Add(wrapped(line))
	}
	d := dialog.NewCustomWithoutButtons(q.Title, body, w.win)
	agreed := false
	start := func() { agreed = true; d.Hide() }
	yes := widget.NewButton(words.T("Fetch"), start)
	yes.Importance = widget.HighImportance
	d.SetButtons([]fyne.CanvasObject{widget.NewButton(words.T("Cancel"), d.Hide), yes})
	w.showSheetOver(d, start, func() { then(agreed) })
}

// newComing is the line that says how far the preprocessor's networks are.
func (p *wayRows) newComing() *fyne.Container {
	p.line, p.bar = small(""), widget.NewProgressBar()
	p.bar.TextFormatter = func() string { return "" }
	stop := newHintButton(p.w, icon("discardall"), words.T("Stop it; what has come is used the next time"), func() { p.w.ed.Downloads.StopParts() })
	row := container.NewBorder(nil, container.New(lowBar{}, p.bar), nil, stop, p.line)
	row.Hide()
	return row
}

// progress shows it.
func (p *wayRows) progress() {
	d := p.w.ed.Downloads
	if d == nil {
		return
	}
	var now fetch.Progress
	coming := false
	for _, m := range p.modules() {
		if m.Name == p.shown.Module {
			now, coming = d.PartsComing(m.Parts)
		}
	}
	if coming {
		p.line.SetText(words.T("Its networks: %s of %s", fetch.Bytes(now.Done), fetch.Bytes(now.Total)))
		p.bar.SetValue(now.Fraction())
	}
	showIf(p.coming, coming)
}
