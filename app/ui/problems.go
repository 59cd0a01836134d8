package ui

import (
	"errors"
	"slices"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/widget"

	"pentimento/app/fills"
	"pentimento/app/words"
)

// problemList names what stands against a fill, each with what to do about it.
type problemList struct {
	content *fyne.Container
	lines   []*widget.Label
}

func newProblemList() *problemList { return &problemList{content: container.NewVBox()} }

// show writes the list, without what stands below the prompt already; labels are reused.
func (p *problemList) show(all []fills.Problem) {
	all = slices.DeleteFunc(slices.Clone(all), func(p fills.Problem) bool { return p.Kind == fills.Wording || p.Kind == fills.Idle })
	for len(p.lines) < len(all) {
		l := small("")
		p.lines = append(p.lines, l)
		p.content.Add(l)
	}
	for i, l := range p.lines {
		if i >= len(all) {
			if l.Visible() {
				l.Hide()
			}
			continue
		}
		text, importance := problemText(all[i]), widget.WarningImportance
		if all[i].Blocks {
			importance = widget.DangerImportance
		}
		if l.Text != text || l.Importance != importance {
			l.Importance = importance
			l.SetText(text)
		}
		if !l.Visible() {
			l.Show()
		}
	}
}

func problemText(p fills.Problem) string {
	text := sentence(errors.New(words.Label(p.Text)))
	if p.Advice != "" {
		text += " " + sentence(errors.New(words.Label(p.Advice)))
	}
	return text
}
