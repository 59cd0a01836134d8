package ui

import (
	"fmt"
	"image/color"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/theme"
)

// accent is the one colour of the program; all else is neutral grey, so that nothing
// beside a picture tints how it is seen.
var accent = color.NRGBA{0x3d, 0x9b, 0xe9, 0xff}

// look is the theme: neutral greys, dark or light, small type.
type look struct{ light bool }

type greys struct {
	background, panel, input, button, hover, pressed, border, text, faint, disabled, disabledButton color.NRGBA
}

func grey(v uint8) color.NRGBA { return color.NRGBA{v, v, v, 255} }

var dark = greys{grey(0x2b), grey(0x33), grey(0x22), grey(0x40), grey(0x4c), grey(0x58), grey(0x1c), grey(0xe2), grey(0xa8), grey(0x9c), grey(0x36)}
var light = greys{grey(0xd6), grey(0xe2), grey(0xf4), grey(0xc8), grey(0xbc), grey(0xac), grey(0xb4), grey(0x1a), grey(0x58), grey(0x58), grey(0xd2)}

func (l look) greys() greys {
	if l.light {
		return light
	}
	return dark
}

// Color implements fyne.Theme; the variant of the desktop is ignored on purpose.
func (l look) Color(name fyne.ThemeColorName, _ fyne.ThemeVariant) color.Color {
	g := l.greys()
	switch name {
	case theme.ColorNameBackground:
		return g.background
	case theme.ColorNameMenuBackground, theme.ColorNameOverlayBackground, theme.ColorNameHeaderBackground:
		return g.panel
	case theme.ColorNameInputBackground:
		return g.input
	case theme.ColorNameButton:
		return g.button
	case theme.ColorNameDisabledButton:
		return g.disabledButton
	case theme.ColorNameHover:
		return withAlpha(g.text, 26)
	case theme.ColorNamePressed:
		return withAlpha(g.text, 50)
	case theme.ColorNameForeground:
		return g.text
	case theme.ColorNamePlaceHolder:
		return g.faint
	case theme.ColorNameDisabled:
		return g.disabled
	case theme.ColorNameInputBorder, theme.ColorNameSeparator:
		return g.border
	case theme.ColorNamePrimary, theme.ColorNameHyperlink:
		return accent
	case theme.ColorNameFocus:
		return withAlpha(accent, 110)
	case theme.ColorNameSelection:
		return withAlpha(accent, 90)
	case theme.ColorNameForegroundOnPrimary:
		return grey(0xff)
	case theme.ColorNameScrollBar:
		return withAlpha(g.text, 90)
	case theme.ColorNameShadow:
		return color.NRGBA{0, 0, 0, 90}
	case theme.ColorNameWarning:
		if l.light { // the usual orange cannot be read on it
			return color.NRGBA{0x7a, 0x43, 0, 255}
		}
	case theme.ColorNameError:
		if l.light {
			return color.NRGBA{0xa8, 0x28, 0x1c, 255}
		}
		return color.NRGBA{0xf0, 0x6e, 0x62, 255}
	}
	variant := theme.VariantDark
	if l.light {
		variant = theme.VariantLight
	}
	return theme.DefaultTheme().Color(name, variant)
}

// Font implements fyne.Theme.
func (l look) Font(s fyne.TextStyle) fyne.Resource { return theme.DefaultTheme().Font(s) }

// Icon implements fyne.Theme.
func (l look) Icon(n fyne.ThemeIconName) fyne.Resource { return theme.DefaultTheme().Icon(n) }

// Size implements fyne.Theme: tighter than Fyne's default, as in other picture programs.
func (l look) Size(name fyne.ThemeSizeName) float32 {
	switch name {
	case theme.SizeNameText:
		return 12.5
	case theme.SizeNameCaptionText:
		return 10.5
	case theme.SizeNameHeadingText:
		return 20
	case theme.SizeNameSubHeadingText:
		return 14
	case theme.SizeNamePadding:
		return 3
	case theme.SizeNameInnerPadding:
		return 6
	case theme.SizeNameInlineIcon:
		return 17
	case theme.SizeNameScrollBar:
		return 10
	case theme.SizeNameInputBorder: // the ring of a field that has the keys
		return focusWidth
	case theme.SizeNameInputRadius, theme.SizeNameSelectionRadius:
		return 3
	}
	return theme.DefaultTheme().Size(name)
}

func withAlpha(c color.NRGBA, a uint8) color.NRGBA { c.A = a; return c }

// outsideColour surrounds the picture: neutral mid-grey in either theme.
func outsideColour(name string) color.NRGBA {
	if name == "light" {
		return grey(0x9b)
	}
	return grey(0x55)
}

// parseColour reads "#rrggbb"; anything else gives the mask's red.
func parseColour(s string) color.NRGBA {
	c := color.NRGBA{0xe5, 0x39, 0x35, 255}
	var r, g, b uint8
	if n, err := fmt.Sscanf(s, "#%02x%02x%02x", &r, &g, &b); err == nil && n == 3 {
		c.R, c.G, c.B = r, g, b
	}
	return c
}
