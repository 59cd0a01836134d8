package ui

import (
	"bytes"
	"fmt"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/theme"

	"pentimento/assets"
)

// svgIcon is one of the program's own line icons in the colour of the theme's text.
// Fyne's themed resources recolour fills only, and these icons are strokes.
type svgIcon struct {
	name string
	raw  []byte
}

// inkInFile is the stroke colour that the files are drawn with.
const inkInFile = "#808080"

func (s *svgIcon) colour() string {
	l, _ := fyne.CurrentApp().Settings().Theme().(look)
	c := l.greys().text
	return fmt.Sprintf("#%02x%02x%02x", c.R, c.G, c.B)
}

// Name differs by colour, because Fyne keeps rasterised icons by name.
func (s *svgIcon) Name() string { return s.name + s.colour() + ".svg" }

// Content is the file in the present colour.
func (s *svgIcon) Content() []byte {
	return bytes.ReplaceAll(s.raw, []byte(inkInFile), []byte(s.colour()))
}

var icons = map[string]fyne.Resource{}

// icon looks a name up among the program's own SVG files. An unknown name gives the
// question mark, so that a missing file is seen.
func icon(name string) fyne.Resource {
	if r := icons[name]; r != nil {
		return r
	}
	data, err := assets.Icons.ReadFile("icons/" + name + ".svg")
	if err != nil {
		return theme.QuestionIcon()
	}
	icons[name] = &svgIcon{name, data}
	return icons[name]
}
