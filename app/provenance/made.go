package provenance

import (
	"encoding/json"
	"image"
	"slices"
	"strings"

	"pentimento/app/desk"
	"pentimento/app/words"
	"pentimento/canvas"
	"pentimento/pipeline/metadata"
)

// HowMade shows how a document pixel was made, latest fill first; where no fill
// shows there, those in the frame.
func (p *Provenance) HowMade(at image.Point) {
	state := p.picture.Committed()
	frame := state.Frame
	p.desk.Go(words.T("how it was made"), func() {
		made := p.madeAt(state, image.Rectangle{Min: at, Max: at.Add(image.Pt(1, 1))})
		if len(made) == 0 {
			made = p.madeAt(state, frame)
		}
		p.desk.Post(func() {
			p.made = made
			if len(made) == 0 {
				p.desk.Say(words.T("No fill is visible here or in the frame"))
				return
			}
			if len(made) == 1 {
				p.ShowMade(0)
				return
			}
			p.desk.Show("made")
		})
	}, nil)
}

// madeAt finds the fills with a pixel that shows in r, latest first.
func (p *Provenance) madeAt(s *canvas.State, r image.Rectangle) []metadata.Fill {
	var out []metadata.Fill
	for _, o := range slices.Backward(s.Origins) {
		var f metadata.Fill
		if n, _ := s.Shown(o, r, 0); n == 0 || json.Unmarshal(o.Recipe, &f) != nil {
			continue
		}
		by := s.Now(o).Min.Sub(o.Rect.Min)
		f.Rect.X, f.Rect.Y = f.Rect.X+by.X, f.Rect.Y+by.Y
		out = append(out, f)
	}
	return out
}

// Made are the fills that HowMade found, a line each.
func (p *Provenance) Made() []string {
	var out []string
	for _, f := range p.made {
		if f.Came() {
			out = append(out, words.T("The picture as opened, made with %s: %s", f.Engine, desk.Shorten(strings.Join(strings.Fields(f.Prompt), " "), 60)))
			continue
		}
		out = append(out, fillLine(f))
	}
	return out
}

// ShowMade shows the recipe of one of Made.
func (p *Provenance) ShowMade(i int) {
	if i >= 0 && i < len(p.made) {
		p.showCard(p.fillCard(words.T("this place"), p.made[i]))
	}
}

// fillCard lays out a fill of ours, or what stands for a recipe that came with a picture.
func (p *Provenance) fillCard(title string, f metadata.Fill) *Card {
	if f.Came() {
		r := metadata.ParseA1111(f.Text)
		r.Dialect = f.Engine
		return p.card(title, &Found{recipe: r})
	}
	r := f.Recipe(p.program)
	c := p.card(title, &Found{recipe: r})
	c.fill, c.Fills = &f, []string{fillLine(f)}
	return c
}
