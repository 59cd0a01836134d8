package provenance

import (
	"image"
	"slices"
	"strings"

	"pentimento/app/library"
	"pentimento/app/models"
	"pentimento/app/settings"
	"pentimento/app/words"
	"pentimento/pipeline"
	"pentimento/pipeline/metadata"
	"pentimento/pipeline/pixels"
)

// What the strip of a document's own results asks of the library.

// ResultsOf hands over those of some entries that are there and not in the trash, latest
// first, on the window's goroutine and after what is being kept now.
func (p *Provenance) ResultsOf(ids []string, then func([]ResultRow)) {
	if p.Library == nil || len(ids) == 0 {
		then(nil)
		return
	}
	wanted := map[string]bool{}
	for _, id := range ids {
		wanted[id] = true
	}
	p.keeper.add(func() {
		err := p.Library.Refresh()
		var rows []ResultRow
		for _, x := range p.Library.List(library.Query{}) {
			if wanted[x.ID] {
				rows = append(rows, resultRow(x))
			}
		}
		p.desk.Post(func() {
			if err != nil {
				p.libraryFailed(err)
			}
			then(rows)
		})
	})
}

// ResultPixels hands over an entry's pixels in the document's colours, on the window's
// goroutine.
func (p *Provenance) ResultPixels(id string, then func(*image.NRGBA)) {
	p.loadResult(id, func(_ *Card, r *library.Result) { then(p.inDocument(r.Patch)) })
}

// inDocument is an sRGB picture in the document's colours.
func (p *Provenance) inDocument(img *image.NRGBA) *image.NRGBA {
	if space := p.picture.Committed().Source.Space(); space != nil {
		img = pixels.Crop(img, img.Rect)
		space.FromSRGB(img)
	}
	return img
}

// PutResult lays an entry's pixels where they were made; PlaceResultAt around a document pixel.
func (p *Provenance) PutResult(id string) {
	p.loadResult(id, func(_ *Card, r *library.Result) { p.layResult(r, image.Point{}) })
}

// PlaceResultAt lays an entry's pixels around a document pixel.
func (p *Provenance) PlaceResultAt(id string, at image.Point) {
	p.loadResult(id, func(_ *Card, r *library.Result) { p.layResult(r, at.Sub(middle(r.Patch.Rect))) })
}

// UseNumbers takes prompt, model and all numbers of an entry; frame and mask stay.
func (p *Provenance) UseNumbers(id string) {
	p.loadResult(id, func(c *Card, _ *library.Result) {
		if replay, err := pipeline.ReadReplay(c.fill.Run); err == nil {
			p.useSettings(replay.Request, c)
		} else {
			p.desk.TakeFill(func(f *settings.Fill) { p.useRecipe(f, c) })
		}
		p.took(words.T("Took all settings of %s", c.Title), c)
	})
}

// UseSeedOf takes an entry's seed and locks it.
func (p *Provenance) UseSeedOf(id string) {
	p.loadResult(id, func(c *Card, _ *library.Result) {
		p.shown = c
		p.UseSeedOfRecipe()
	})
}

// ReferResult keeps an entry's pixels as a reference.
func (p *Provenance) ReferResult(id string) {
	p.loadResult(id, func(c *Card, _ *library.Result) { c.keep() })
}

// uses says whether a fill was made with a checkpoint of that name or hash, or an adapter or a VAE
// of that name.
func uses(f metadata.Fill, name, hash string) bool {
	named := func(file string) bool { return file != "" && strings.EqualFold(models.Name(file), name) }
	return named(f.Model) || named(f.VAE) || hash != "" && f.ModelHash == hash || slices.ContainsFunc(f.Addons, func(a metadata.Addon) bool { return named(a.Name) })
}

// MadeWith hands over the results that used a model by its name, or a checkpoint by its hash as
// recipes have it, latest first.
func (p *Provenance) MadeWith(name, hash string, then func([]ResultRow)) {
	if p.Library == nil || name == "" {
		then(nil)
		return
	}
	p.keeper.add(func() {
		err := p.Library.Refresh()
		var rows []ResultRow
		for _, x := range p.Library.List(library.Query{}) {
			if uses(x.Fill, name, hash) {
				rows = append(rows, resultRow(x))
			}
		}
		p.desk.Post(func() {
			if err != nil {
				p.libraryFailed(err)
			}
			then(rows)
		})
	})
}

// MadeBy hands over the pixels of the latest result of a model with that name, for its sign; where
// there is none then is never called. then is called on a goroutine of its own.
func (p *Provenance) MadeBy(name string, then func(*image.NRGBA)) {
	if p.Library == nil || name == "" {
		return
	}
	p.keeper.add(func() {
		if p.Library.Refresh() != nil {
			return // it will be told where results are asked for
		}
		for _, x := range p.Library.List(library.Query{}) {
			if uses(x.Fill, name, "") {
				p.ResultPicture(x.ID, func(img *image.NRGBA) {
					if img != nil {
						then(img)
					}
				})
				return
			}
		}
	})
}
