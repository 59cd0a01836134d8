package editor

import (
	"encoding/json"
	"image"
	"slices"
	"strings"

	"pentimento/canvas"
	"pentimento/pipeline/metadata"
)

// HowMade shows how the place under the pointer was made, latest fill first; where no fill
// shows there, those in the frame.
func (e *Editor) HowMade() {
	state, at := e.doc.State(), e.pointer
	frame := state.Frame
	go func() {
		made := e.madeAt(state, image.Rectangle{Min: at, Max: at.Add(image.Pt(1, 1))})
		if len(made) == 0 {
			made = e.madeAt(state, frame)
		}
		e.Post(func() {
			e.made = made
			if len(made) == 0 {
				e.Say("Nothing here or in the frame was made by a fill that still shows")
				return
			}
			if len(made) == 1 {
				e.ShowMade(0)
				return
			}
			e.Desk.Show("made")
		})
	}()
}

// madeAt finds the fills with a pixel that shows in r, latest first.
func (e *Editor) madeAt(s *canvas.State, r image.Rectangle) []metadata.Fill {
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
func (e *Editor) Made() []string {
	var out []string
	for _, f := range e.made {
		if f.Came() {
			out = append(out, "The picture as it came, from "+f.Engine+": "+shorten(strings.Join(strings.Fields(f.Prompt), " "), 60))
			continue
		}
		out = append(out, fillLine(f))
	}
	return out
}

// ShowMade shows the recipe of one of Made.
func (e *Editor) ShowMade(i int) {
	if i >= 0 && i < len(e.made) {
		e.showCard(e.fillCard("this place", e.made[i]))
	}
}

// fillCard lays out a fill of ours, or what stands for a recipe that came with a picture.
func (e *Editor) fillCard(title string, f metadata.Fill) *Card {
	if f.Came() {
		r := metadata.ParseA1111(f.Text)
		r.Dialect = f.Engine
		return e.card(title, &found{recipe: r})
	}
	r := f.Recipe("Pentimento " + e.Version)
	c := e.card(title, &found{recipe: r})
	c.fill, c.Fills = &f, []string{fillLine(f)}
	return c
}
