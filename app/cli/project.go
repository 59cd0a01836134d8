package cli

import (
	"fmt"
	"image"
	"io"
	"strings"

	"pentimento/canvas/file"
	"pentimento/pipeline/metadata"
)

// projectFacts is what info tells of a project file; fill and outpaint work on the
// flattened picture that every such file holds.
type projectFacts struct {
	Program    string         `json:"program,omitempty"`
	Format     string         `json:"format,omitempty"`
	Width      int            `json:"width"`
	Height     int            `json:"height"`
	Layers     []layerFacts   `json:"layers"` // bottom first
	Frame      *metadata.Rect `json:"frame,omitempty"`
	Mask       bool           `json:"mask"`
	References []string       `json:"references,omitempty"`
	Fills      int            `json:"fills"`
	Data       map[string]int `json:"data,omitempty"`
	Foreign    []string       `json:"foreign,omitempty"`
	Notices    []string       `json:"notices,omitempty"`
}

type layerFacts struct {
	Name    string        `json:"name"`
	Visible bool          `json:"visible"`
	Opacity float64       `json:"opacity"`
	Mode    string        `json:"mode"`
	Rect    metadata.Rect `json:"rect"`
}

// project reads what a project file holds; nil where r is none.
func project(r io.ReadSeeker) (*projectFacts, error) {
	c, is, err := file.ReadContents(r)
	if err != nil || !is {
		return nil, err
	}
	p := &projectFacts{Program: c.Program, Width: c.Width, Height: c.Height, Mask: c.Mask, References: c.References, Fills: c.Fills, Data: c.Data, Foreign: c.Foreign, Notices: c.Notices}
	if c.Format[0] > 0 {
		p.Format = fmt.Sprintf("%d.%d", c.Format[0], c.Format[1])
	}
	if c.Frame != (image.Rectangle{}) {
		f := metadata.RectOf(c.Frame)
		p.Frame = &f
	}
	for _, l := range c.Layers {
		p.Layers = append(p.Layers, layerFacts{l.Name, l.Visible, l.Opacity, l.Mode, metadata.RectOf(l.Rect)})
	}
	return p, nil
}

// print lists the project; the uppermost layer comes first, as in the window.
func (p *projectFacts) print(line func(label, value string)) {
	if p.Format != "" {
		line("Project", fmt.Sprintf("format %s, by %s", p.Format, p.Program))
	} else {
		line("Project", "OpenRaster of another program")
	}
	for i := len(p.Layers) - 1; i >= 0; i-- {
		l := p.Layers[i]
		s := fmt.Sprintf("%q, %d×%d at %d,%d, %s, %.0f %%", l.Name, l.Rect.Width, l.Rect.Height, l.Rect.X, l.Rect.Y, l.Mode, 100*l.Opacity)
		if !l.Visible {
			s += ", hidden"
		}
		line(fmt.Sprintf("Layer %d", i+1), s)
	}
	if f := p.Frame; f != nil {
		line("Frame", fmt.Sprintf("%d×%d at %d,%d", f.Width, f.Height, f.X, f.Y))
	}
	if p.Mask {
		line("Mask", "yes")
	}
	line("References", strings.Join(p.References, ", "))
	if p.Fills > 0 {
		line("Accepted fills", fmt.Sprint(p.Fills))
	}
	if n := p.Data["candidates"]; n > 0 {
		line("Candidates", fmt.Sprintf("%d records", n))
	}
	line("Other parts", strings.Join(p.Foreign, ", "))
	for _, s := range p.Notices {
		line("Note", s)
	}
}
