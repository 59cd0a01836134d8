package ui

import (
	"slices"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/widget"

	"pentimento/app/fills"
	"pentimento/app/words"
)

// placeRow says where an attached picture acts: everywhere, or in a region alone. It is there while the picture has
// regions, or acts in one.
type placeRow struct {
	*choice
	areas   []string // what the choices mean; "" is everywhere
	content *fyne.Container
}

func (p *wayRows) newPlaceRow() *placeRow {
	row := &placeRow{}
	row.choice = newChoice(nil, func(label string) {
		if i := slices.Index(row.options, label); i >= 0 && !p.setting {
			p.w.ed.Fills.Attach(p.ref, func(a *fills.Attachment) { a.Region = row.areas[i] })
		}
	})
	row.content = container.NewBorder(nil, nil, widget.NewLabel(words.T("Acts in")), nil, row.choice)
	row.content.Hide()
	return row
}

// offer lists the regions, of which two may have one name, and shows the attachment's; setting is the rows'.
func (p *wayRows) offerPlaces(a fills.Attachment) {
	before := p.setting
	p.setting = true
	defer func() { p.setting = before }()
	labels, areas := []string{words.T("everywhere")}, []string{""}
	for _, r := range p.w.ed.Fills.Regions() {
		name := cut(r.Name, 22)
		for n := 2; slices.Contains(labels, name); n++ {
			name = words.T("%s, number %d", cut(r.Name, 22), n)
		}
		labels, areas = append(labels, name), append(areas, r.Area)
	}
	if a.Region != "" && !slices.Contains(areas, a.Region) {
		labels, areas = append(labels, words.T("a region that is gone: nowhere")), append(areas, a.Region)
	}
	at := slices.Index(areas, a.Region)
	if row := p.place; !slices.Equal(labels, row.options) || !slices.Equal(areas, row.areas) || row.chosen() != labels[at] {
		row.areas = areas
		row.choice.offer(labels)
		row.SetSelected(labels[at])
		row.Refresh()
	}
	showIf(p.place.content, a.Way().Places && len(areas) > 1)
}
