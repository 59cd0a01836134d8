package editor

import (
	"fmt"
	"image/color"
	"slices"
	"strconv"
	"time"

	"pentimento/app/desk"
	"pentimento/app/settings"
	"pentimento/tools"
)

// colourActions choose colours and the brush's other properties by key. While a mask tool is
// chosen X has its older meaning.
var colourActions = slices.Concat(cropActions, workActions, writingActions, []Action{
	{ID: "colour.swap", Name: "Swap colours", Menu: "Tools", Icon: "swap", Gap: true, Keys: []string{"X"}, Run: (*Editor).SwapColours, Enabled: func(e *Editor) bool { return !paintsMask(e) }, Help: "Swap foreground and background colour"},
	{ID: "colour.default", Name: "Default colours", Menu: "Tools", Icon: "defaultcolours", Keys: []string{"D"}, Run: (*Editor).DefaultColours, Help: "Black as the foreground colour, white as the background colour"},
	{ID: "view.colour", Name: "Colour wheel", Run: unfolds("colour"), Checked: unfolded("colour"), Help: "Unfold or fold the colour wheel"},
	{ID: "brush.harder", Name: "Harder brush", Keys: []string{"Shift+]", "}"}, Run: func(e *Editor) { e.harden(0.1) }, Help: "Hardness + 10 %"},
	{ID: "brush.softer", Name: "Softer brush", Keys: []string{"Shift+[", "{"}, Run: func(e *Editor) { e.harden(-0.1) }, Help: "Hardness – 10 %"},
	{ID: "brush.opacity", Name: "Opacity of the brush by digits", Keys: []string{"1", "2", "3", "4", "5", "6", "7", "8", "9", "0"}, Run: (*Editor).typeOpacity, Enabled: func(e *Editor) bool { return hasOpacity[e.toolName] }, Help: "1 is 10 %, 0 is 100 %; two digits soon after each other are the per cent themselves"},
})

func paintsMask(e *Editor) bool { return e.toolName == "mask" || e.toolName == "mask-eraser" }

// usesColour are the tools that paint with the foreground colour.
var usesColour = map[string]bool{"brush": true, "bucket": true, "gradient": true}

// hasOpacity are the tools whose opacity a digit sets.
var hasOpacity = map[string]bool{"mask": true, "mask-eraser": true, "brush": true, "eraser": true, "stamp": true, "history": true, "bucket": true, "gradient": true}

// digit is an opacity being typed.
type digit struct {
	value int
	at    time.Time
}

// typeOpacity takes the digit that was typed: 1 is 10 %, 0 is 100 %; two of them soon after
// each other are the per cent themselves.
func (e *Editor) typeOpacity() {
	const soon = 800 * time.Millisecond
	n, err := strconv.Atoi(e.key)
	if err != nil {
		return // from the palette
	}
	per := 10 * n
	if per == 0 {
		per = 100
	}
	if last := e.digit; now().Sub(last.at) < soon {
		per = max(10*last.value+n, 1)
		e.digit = digit{}
	} else {
		e.digit = digit{n, now()}
	}
	b := e.Brush()
	if e.toolName == "mask" || e.toolName == "mask-eraser" {
		b.Area.Strength = float64(per) / 100
	} else {
		b.Opacity = float64(per) / 100
	}
	e.SetBrush(b)
}

func (e *Editor) harden(by float64) {
	b := e.brush
	b.Hardness += by
	e.SetBrush(b)
}

// SwapColours swaps foreground and background.
func (e *Editor) SwapColours() {
	b := e.brush
	b.Colour, b.Back = b.Back, b.Colour
	e.SetBrush(b)
}

// DefaultColours are black and white.
func (e *Editor) DefaultColours() {
	b := e.brush
	b.Colour, b.Back = color.NRGBA{A: 255}, color.NRGBA{R: 255, G: 255, B: 255, A: 255}
	e.SetBrush(b)
}

// SetColour chooses the foreground colour, sRGB.
func (e *Editor) SetColour(c color.NRGBA) {
	b := e.brush
	b.Colour = c
	e.SetBrush(b)
}

// maxColours is how many colours are remembered.
const maxColours = 20

// RememberColour puts a colour first among those painted with.
func (e *Editor) RememberColour(c color.NRGBA) {
	name := HexColour(c)
	if len(e.Settings.Colours) > 0 && e.Settings.Colours[0] == name {
		return
	}
	list := slices.DeleteFunc(slices.Clone(e.Settings.Colours), func(s string) bool { return s == name })
	list = append([]string{name}, list...)
	e.Settings.Colours = list[:min(len(list), maxColours)]
	e.Tell(desk.Change{What: desk.ToolChanged})
}

// HexColour is a colour as "#rrggbb".
func HexColour(c color.NRGBA) string { return fmt.Sprintf("#%02x%02x%02x", c.R, c.G, c.B) }

// ParseColour reads "#rrggbb", "rrggbb", "#rgb" or "rgb".
func ParseColour(s string) (color.NRGBA, bool) {
	if len(s) > 0 && s[0] == '#' {
		s = s[1:]
	}
	var v uint32
	for _, c := range []byte(s) {
		switch {
		case c >= '0' && c <= '9':
			c -= '0'
		case c|32 >= 'a' && c|32 <= 'f':
			c = c | 32 - 'a' + 10
		default:
			return color.NRGBA{}, false
		}
		v = v<<4 | uint32(c)
	}
	switch len(s) {
	case 3:
		return color.NRGBA{uint8(v>>8&15) * 17, uint8(v>>4&15) * 17, uint8(v&15) * 17, 255}, true
	case 6:
		return color.NRGBA{uint8(v >> 16), uint8(v >> 8), uint8(v), 255}, true
	}
	return color.NRGBA{}, false
}

// brushOf is what the settings remember of the tools; kept is the way back.
func brushOf(b settings.Brush) tools.BrushSettings {
	rgba := func(c [4]uint8) color.NRGBA { return color.NRGBA{c[0], c[1], c[2], c[3]} }
	return tools.BrushSettings{Size: b.Size, Hardness: b.Hardness, Opacity: b.Opacity, Smoothing: b.Smoothing,
		Colour: rgba(b.Colour), Back: rgba(b.Back), Mean: min(max(b.Mean, 1), maxMean), ThisLayer: b.ThisLayer,
		Tolerance: min(max(b.Tolerance, 0), 255), Apart: b.Apart, HardEdge: b.HardEdge, Radial: b.Radial, Fades: b.Fades, Loose: b.Loose,
		Pressure: tools.Pressure(b.Pressure) & (tools.PressureSize | tools.PressureOpacity), Gamma: min(max(b.Gamma, tools.MinGamma), tools.MaxGamma), Tilt: b.Tilt}
}

// maxMean is the widest square that the picker takes the mean of.
const maxMean = 101

func kept(b tools.BrushSettings) settings.Brush {
	return settings.Brush{Size: b.Size, Hardness: b.Hardness, Opacity: b.Opacity, Smoothing: b.Smoothing,
		Colour: [4]uint8{b.Colour.R, b.Colour.G, b.Colour.B, b.Colour.A}, Back: [4]uint8{b.Back.R, b.Back.G, b.Back.B, b.Back.A},
		Mean: b.Mean, ThisLayer: b.ThisLayer, Tolerance: b.Tolerance, Apart: b.Apart, HardEdge: b.HardEdge, Radial: b.Radial, Fades: b.Fades, Loose: b.Loose,
		Pressure: int(b.Pressure), Gamma: b.Gamma, Tilt: b.Tilt}
}
